"""`tgtui packages`: lets admins delete packages from the catalogue and restore them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tgtui.basics.text import clean
from tgtui.cli.curating.opening import packages_named
from tgtui.cli.opening import (
    NOTHING_FOUND,
    NotInCatalogue,
    Options,
    complain,
    on_catalogue,
    reading,
)
from tgtui.cli.output import emit, emit_json, emit_table, is_terminal

if TYPE_CHECKING:
    from tgtui.data.storage.database import Database
    from tgtui.data.views.packages import DeletedPackage, Removal, Restored
    from tgtui.services.catalogue import Catalogue

EPILOG = """\b
Examples:
  tgtui packages delete npm:left-pad     out of every list; cancels its requests
  tgtui packages deleted                 what can be restored, and who deleted it when
  tgtui packages restore npm:left-pad    as it was

\b
A deleted package is not fetched again, for anyone, until an admin restores it.
Only admins can delete and restore packages.
"""


@click.group(epilog=EPILOG, short_help="Delete packages from the catalogue and restore them.")
def packages() -> None:
    """Delete packages from the catalogue, list deleted ones, restore them."""


@packages.command()
@click.argument("packages", metavar="PACKAGE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def delete(options: Options, packages: tuple[str, ...], as_json: bool) -> None:
    """Remove packages from every list. Their data is kept and can be restored."""
    from tgtui.basics.formatting import counted

    async def work(catalogue: Catalogue) -> list[Removal]:
        ids = dict.fromkeys(await packages_named(catalogue, packages))
        return [await catalogue.curating.delete_package(id) for id in ids]

    removed = on_catalogue(options, work)
    if as_json:
        emit_json(removed)
        return
    for each in removed:
        package = f"{each.package.registry}:{each.package.name}"
        ended = f"; {counted(each.requests, 'request')} cancelled" if each.requests else ""
        emit([clean(f"{package} is deleted{ended}.")])
        complain(f"Restore it: tgtui packages restore {package}")


@packages.command()
@click.argument("packages", metavar="PACKAGE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def restore(options: Options, packages: tuple[str, ...], as_json: bool) -> None:
    """Restore deleted packages as they were."""

    async def work(catalogue: Catalogue) -> list[Restored]:
        found = await _deleted_named(catalogue, packages)
        return [await catalogue.curating.restore_package(each.id) for each in found]

    restored = on_catalogue(options, work)
    if as_json:
        emit_json(restored)
        return
    for each in restored:
        again = "; it is queued again" if each.is_queued else ""
        emit([clean(f"{each.package.registry}:{each.package.name} is restored{again}.")])


@packages.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def deleted(options: Options, as_json: bool) -> None:
    """List deleted packages, newest deletion first."""
    from tgtui.basics import clock
    from tgtui.basics.formatting import ago

    with reading(options) as database:
        found = _read(database)
    now = clock.now()
    if as_json:
        emit_json(found)
    elif found:
        emit_table(
            ("PACKAGE", "DELETED", "BY", "DESCRIPTION"),
            (
                (
                    f"{each.registry}:{each.name}",
                    ago(each.deleted_at, now) if is_terminal() else each.deleted_at.isoformat(),
                    each.deleted_by,
                    each.description,
                )
                for each in found
            ),
        )
    if not found:
        complain("There are no deleted packages.")
        raise SystemExit(NOTHING_FOUND)


def _read(database: Database) -> list[DeletedPackage]:
    from tgtui.data.packages.removal import deleted_page

    found: list[DeletedPackage] = []
    cursor = None
    while True:
        page = database.read_now(deleted_page, after=cursor)
        found += page.rows
        cursor = page.next_cursor
        if cursor is None:
            return found


async def _deleted_named(catalogue: Catalogue, names: Sequence[str]) -> list[DeletedPackage]:
    from tgtui.data.packages.removal import find_deleted
    from tgtui.syntax.reference import parse_reference

    found: dict[object, DeletedPackage] = {}
    for reference in [parse_reference(name).package for name in names]:
        package = await catalogue.database.read(find_deleted, reference.registry, reference.name)
        if package is None:
            raise NotInCatalogue(
                f"{reference} is not deleted; `tgtui packages deleted` lists what can be restored."
            )
        found[package.id] = package
    return list(found.values())
