"""`tgtui compare`: shows how the dependencies of a package change from one version to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from tgtui.basics.text import clean
from tgtui.cli.opening import NotInCatalogue, Options, complain, reading
from tgtui.cli.output import emit, emit_json
from tgtui.cli.reading.finding import called, find_version

if TYPE_CHECKING:
    from tgtui.data.graph.comparison import Comparison

EPILOG = """\b
Examples:
  tgtui compare npm:express@4.18.1 4.21.2
  tgtui compare npm:express@4.21.2 5.0.0 --json

\b
Its own dependencies come first, then everything it installs:
  +  added or gained    -  removed or lost    ~  changed
"""


@click.command(epilog=EPILOG, short_help="Show what changes between two versions of a package.")
@click.argument("package")
@click.argument("version")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def compare(options: Options, package: str, version: str, as_json: bool) -> None:
    """Compare the dependencies of PACKAGE, given with a version, with those of VERSION."""
    from msgspec.structs import replace

    from tgtui.data.graph.comparison import compare as compare_versions
    from tgtui.output.comparison import GONE
    from tgtui.syntax.reference import parse_reference

    first = called(parse_reference(package), options)
    second = replace(first, version=version.rpartition("@")[2])
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
