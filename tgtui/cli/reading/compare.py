"""`tgtui compare`: two versions of a package, or two to four packages side by side, and those that were saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from tgtui.basics.text import clean
from tgtui.cli.opening import NotInCatalogue, Options, complain, on_catalogue, reading
from tgtui.cli.output import GAP, cells, emit, emit_json, emit_table
from tgtui.cli.reading.finding import called, find, find_version

if TYPE_CHECKING:
    from tgtui.data.graph.comparison import Comparison
    from tgtui.data.storage.database import Database
    from tgtui.data.views.comparing import SideBySide
    from tgtui.services.personal.comparing import SavedComparisons
    from tgtui.syntax.reference import PackageReference

SHARED_PRINTED = 20
"""Shared packages that are named for people; trees may share thousands."""
EPILOG = """\b
Examples:
  tgtui compare npm:express@4.18.1 4.21.2      two versions: what changes
  tgtui compare npm:express@4.21.2 5.0.0 --json
  tgtui compare npm:react npm:preact           packages side by side, two to four
  tgtui compare npm:jquery@3.7.1 jsr:@std/fs brew:jq
  tgtui compare npm:react npm:vue --save ui    and save them under a name
  tgtui compare --saved ui                     as they are today
  tgtui compare --list                         what you saved
  tgtui compare --rename ui views              another name
  tgtui compare --delete views

\b
What has a registry is a package; a bare version, or a dist-tag, is one of the first package.
Of two versions its own dependencies come first, then everything it installs:
  +  added or gained    -  removed or lost    ~  changed
Side by side a number with a + is a lower bound: not all of that tree is here yet.
"""


@click.command(epilog=EPILOG, short_help="Compare two versions, or packages side by side.")
@click.argument("packages", metavar="[PACKAGE]...", nargs=-1)
@click.option("--save", metavar="NAME", help="Save the packages under a name.")
@click.option("--saved", metavar="NAME", help="Compare the packages you saved under a name.")
@click.option("--list", "lists", is_flag=True, help="List the comparisons you saved.")
@click.option("--rename", nargs=2, metavar="NAME NEW", help="Rename a saved comparison.")
@click.option("--delete", metavar="NAME", help="Delete a saved comparison.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def compare(
    options: Options,
    packages: tuple[str, ...],
    save: str | None,
    saved: str | None,
    lists: bool,
    rename: tuple[str, str] | None,
    delete: str | None,
    as_json: bool,
) -> None:
    """Compare PACKAGE, given with a version, with another of its versions; or two to four packages."""
    from tgtui.basics.errors import UsageError

    chosen = [bool(packages), saved is not None, lists, bool(rename), delete is not None]
    if sum(chosen) != 1:
        raise UsageError(
            "Name a package and a version, or two to four packages; or give one of --saved,"
            " --list, --rename and --delete. --help has examples."
        )
    if save is not None and not packages:
        raise UsageError("Name the packages to save.")
    if lists:
        _list(options, as_json)
    elif rename:
        _change(options, lambda own: own.rename(*rename), rename[0], f"is now {rename[1]}")
    elif delete is not None:
        _change(options, lambda own: own.delete(delete), delete, "is deleted")
    elif saved is not None:
        _show(options, _saved(options, saved), as_json)
    else:
        wanted = _wanted(options, packages)
        if len(wanted) == 2 and wanted[0].package == wanted[1].package and save is None:
            _compare_versions(options, wanted[0], wanted[1], as_json)
            return
        _show(options, _that_are_here(options, wanted), as_json)
        if save is not None:
            on_catalogue(options, lambda catalogue: catalogue.comparisons.save(save, wanted))
            complain(f"Saved as {save}. Compare them again: tgtui compare --saved {save}")


def _wanted(options: Options, packages: Sequence[str]) -> list[PackageReference]:
    """What each argument means. UsageError."""
    from msgspec.structs import replace

    from tgtui.basics.errors import UsageError
    from tgtui.syntax.reference import parse_reference

    first = called(parse_reference(packages[0]), options)
    if len(packages) == 1:
        raise UsageError("Name a second package, or another version of this one.")
    found = [first]
    for text in packages[1:]:
        version = _version_of(options, first, text)
        if version is not None:
            found.append(replace(first, version=version))
        else:
            found.append(called(parse_reference(text), options))
    return found


def _version_of(options: Options, first: PackageReference, text: str) -> str | None:
    """The version of the first package that is meant; None for another package."""
    from tgtui.registries.base import REGISTRIES

    before, colon, _rest = text.partition(":")
    if colon and (before in REGISTRIES or before.casefold() == "pkg"):
        return None
    name, at, version = text.rpartition("@")
    if at and name:  # a scope's own @ is the first character
        return version if name == first.name else None
    if text[:1].isdigit():
        return text
    with reading(options) as database:
        return text if _has_version(database, first, text) else None


def _has_version(database: Database, package: PackageReference, version: str) -> bool:
    from tgtui.data.packages.by_name import find_package
    from tgtui.data.versions.listing import find_version as find_in_catalogue

    package_id = database.read_now(find_package, package.registry, package.name)
    return (
        package_id is not None
        and database.read_now(find_in_catalogue, package_id, version) is not None
    )


def _that_are_here(options: Options, wanted: list[PackageReference]) -> list[PackageReference]:
    """The same. NotInCatalogue for the first that is not, UsageError for too few or too many."""
    from tgtui.services.personal.comparing import comparable

    with reading(options) as database:
        for reference in comparable(wanted):
            find(database, reference, options)
    return wanted


def _compare_versions(
    options: Options, first: PackageReference, second: PackageReference, as_json: bool
) -> None:
    from tgtui.data.graph.comparison import compare as compare_versions
    from tgtui.output.comparison import GONE

    with reading(options) as database:
        found = [find_version(database, reference, options) for reference in (first, second)]
        for detail, row in found:
            if not row.dependencies_loaded:
                wanted = f"{detail.registry}:{detail.name}@{row.version}"
                raise NotInCatalogue(
                    f"The dependencies of {wanted} are not loaded yet: tgtui ask {wanted} --wait"
                )
        result = database.read_now(compare_versions, found[0][1].id, found[1][1].id)
    if result is None:
        raise NotInCatalogue(f"{GONE}; try again.")
    if as_json:
        emit_json(result)
    else:
        emit(_as_text(found[0][0].name, result))
    if not (result.before.is_whole and result.after.is_whole):
        complain("Not all dependencies are loaded yet, so there may be more changes.")


def _show(options: Options, wanted: Sequence[PackageReference], as_json: bool) -> None:
    from tgtui.basics import clock
    from tgtui.data.insights.comparing.side_by_side import side_by_side
    from tgtui.output.side_by_side import absence
    from tgtui.versions.npm.platform import Platform

    with reading(options) as database:
        platform = Platform.of(options.settings().npm.platform)
        found = database.read_now(side_by_side, wanted, clock.now(), platform)
    if as_json:
        emit_json(found)
    else:
        emit(_side_by_side(wanted, found))
    for side in found.sides:
        if why := absence(side):
            complain(f"{side.package}: {why}. Ask for it: tgtui ask {side.package} --wait")
        elif side.direct is None:
            named = f"{side.package}@{side.version}"
            complain(f"The dependencies of {named} are not loaded yet: tgtui ask {named} --wait")


def _side_by_side(wanted: Sequence[PackageReference], found: SideBySide) -> Iterator[str]:
    from tgtui.basics import clock
    from tgtui.basics.formatting import number
    from tgtui.output.side_by_side import NOTHING_SHARED, SHARED, fact_rows, shared_rows

    rows = [["", *(clean(each) for each in wanted)]]
    rows += [
        [row.label, *(clean(cell.text) for cell in row.cells)]
        for row in fact_rows(found, clock.now())
    ]
    yield from _in_columns(rows)
    shared = [[clean(row.label), *(cell.text for cell in row.cells)] for row in shared_rows(found)]
    yield ""
    yield SHARED if shared else NOTHING_SHARED
    yield from _in_columns(shared[:SHARED_PRINTED])
    if len(shared) > SHARED_PRINTED:
        yield f"and {number(len(shared) - SHARED_PRINTED)} more: --json has all"


def _in_columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (text + " " * (wide - cells(text)) for text, wide in zip(row, widths, strict=True))
        yield GAP.join(padded).rstrip()


def _saved(options: Options, name: str) -> list[PackageReference]:
    from tgtui.basics.errors import UsageError
    from tgtui.services.personal.comparing import compared_in

    kept = on_catalogue(options, lambda catalogue: catalogue.comparisons.own())
    for each in kept:
        if each.name == name:
            return compared_in(each.packages)
    known = ", ".join(each.name for each in kept) or "none"
    raise UsageError(f"You have no saved comparison {name!r}. Saved: {known}.")


def _list(options: Options, as_json: bool) -> None:
    kept = on_catalogue(options, lambda catalogue: catalogue.comparisons.own())
    if as_json:
        emit_json(kept)
    elif kept:
        emit_table(("NAME", "PACKAGES"), ((each.name, each.packages) for each in kept))
    else:
        complain("You saved no comparisons. --save NAME saves one.")


def _change(
    options: Options,
    change: Callable[[SavedComparisons], Awaitable[bool]],
    name: str,
    done: str,
) -> None:
    from tgtui.basics.errors import UsageError

    if not on_catalogue(options, lambda catalogue: change(catalogue.comparisons)):
        raise UsageError(f"You have no saved comparison {name!r}; --list lists them.")
    emit([clean(f"{name} {done}.")])


def _as_text(name: str, found: Comparison) -> Iterator[str]:
    from tgtui.output.comparison import (
        INSTALLED,
        OWN,
        SAME,
        change_in_words,
        install_groups,
        moved_in_words,
        own_groups,
        sides_in_words,
    )

    yield clean(f"{name} {found.before.version.version} → {found.after.version.version}")
    yield sides_in_words(found)
    if found.is_same:
        yield ""
        yield SAME
        return
    own = own_groups(found)
    changes = [f"{sign} {change_in_words(c)}" for sign, _, cs in own for c in cs]
    yield from _section(OWN, changes)
    brought = install_groups(found)
    moves = [f"{sign} {moved_in_words(m)}" for sign, _, ms in brought for m in ms]
    yield from _section(INSTALLED, moves)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield title if lines else f"{title}: no change"
    for line in lines:
        yield f"  {clean(line)}"
