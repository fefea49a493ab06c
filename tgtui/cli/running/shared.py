"""`tgtui db set`: settings that all workers of a catalogue follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tgtui.basics.errors import UsageError
from tgtui.cli.opening import Options, run
from tgtui.cli.output import emit, emit_json, fields

if TYPE_CHECKING:
    from collections.abc import Mapping

EPILOG = """\b
Examples:
  tgtui db set                       what is set
  tgtui db set pypi.python_version 3.12
  tgtui db set pypi.platform manylinux_2_28_x86_64
  tgtui db set pypi.platform --unset

\b
A worker follows these whatever its own settings are, and says so if they differ.
It reads them when it starts. On PostgreSQL the first worker of a catalogue stores
what it works for. Packages keep their trees until they are fetched again.
"""


@click.command("set", epilog=EPILOG, short_help="Set what all workers of the catalogue follow.")
@click.argument("name", required=False)
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Leave it to each worker again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def set_shared(
    options: Options, name: str | None, value: str | None, unset: bool, as_json: bool
) -> None:
    """Show or change the settings that all workers of the catalogue follow. To change them needs the role admin."""
    if unset and (name is None or value is not None):
        raise UsageError("--unset takes the name of a setting, and no value.")
    if name is not None and value is None and not unset:
        raise UsageError(f"To which value? tgtui db set {name} VALUE, or --unset.")
    did, now = run(_set(options, name, value))
    if as_json:
        emit_json(now)
        return
    if did is not None:
        emit([did])
        return
    emit(fields(sorted(now.items())) if now else ["Each worker follows its own settings."])


async def _set(
    options: Options, name: str | None, value: str | None
) -> tuple[str | None, Mapping[str, str]]:
    """(what was done, if anything was to be; what holds now)"""
    from tgtui.data.upkeep.shared_settings import shared_settings
    from tgtui.services.catalogue import Catalogue

    settings = options.settings()
    catalogue = await Catalogue.open(settings)
    try:
        did = None
        if name is not None:
            changed = await catalogue.curating.set_for_all(settings, name, value)
            new = f"is {value} for all workers" if value is not None else "is left to each worker"
            did = f"{name} {new}, when they start again." if changed else f"{name} {new} already."
        return did, await catalogue.database.read(shared_settings)
    finally:
        await catalogue.close()
