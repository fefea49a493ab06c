"""`tgtui analytics`: tables for analytics, exported, described, asked and cleared."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tgtui.analytics.errors import Stopped, require_extra
from tgtui.basics.errors import UsageError
from tgtui.basics.formatting import number, size
from tgtui.basics.leaving import HANG_UP, INTERRUPT, TERMINATE, Left, leaving
from tgtui.cli.analytics.sql import sql
from tgtui.cli.opening import NOTHING_FOUND, Options, complain, run
from tgtui.cli.output import emit, emit_json, emit_table, fields, is_terminal
from tgtui.cli.running.bar import Bar

if TYPE_CHECKING:
    from tgtui.analytics.exporting.export import Exported
    from tgtui.analytics.steps import AnalyticsStep
    from tgtui.identity.people import Person
    from tgtui.services.analytics import Status

EPILOG = """\b
Examples:
  tgtui analytics status               what is where, how large, and of when
  tgtui analytics export               write the tables of today
  tgtui analytics export --to garden   plain Parquet files in a folder
  tgtui analytics refresh              export, and compute the answers
  tgtui analytics sql "SELECT registry, count(*) FROM packages GROUP BY 1"
  tgtui analytics clear                delete the tables

\b
The tables are Iceberg's: in the data folder, or at a REST catalog such as Apache
Polaris (analytics.catalog). docs/analytics.md has the columns, and how other
engines read them. It needs the extra: pip install 'tgtui[analytics]'.
"""
EXPORT_EPILOG = """\b
Examples:
  tgtui analytics export                     the tables of today, in place of an earlier export
  tgtui analytics export --to garden         packages.parquet, versions.parquet ... in a folder
  tgtui analytics export --to garden --force in place of older files

\b
It is one consistent read: programs go on writing meanwhile, and none waits. Two
exports on one machine wait for each other. Interrupted, the tables are as before
or as after. Days older than analytics.retention_days are removed.

\b
Exit codes: 0 exported; 1 the catalog, the store or the disk refused; 2 the extra is
missing, or a setting is wrong; 3 the database can't be used; 5 it needs the role
worker; 130 Ctrl-C.
"""
REFRESH_EPILOG = """\b
Examples:
  tgtui analytics refresh
  tgtui analytics refresh --if-older-than 24   for cron: nothing if the results are younger

\b
Exports as `tgtui analytics export` does, computes the answers that the Insights
screen and `tgtui insights` show, and stores them by day.

\b
Exit codes: as of `tgtui analytics export`.
"""
CLEAR_EPILOG = """\b
Examples:
  tgtui analytics clear          asks first
  tgtui analytics clear --yes

\b
Deletes the tables that tgtui made, with their files, and nothing of anyone else.
The catalogue and the results it keeps stay. The next export begins anew; days
before it can't be brought back.

\b
Exit codes: 0 deleted; 1 you said no, or it was refused; 2 the extra is missing, a
setting is wrong, or there is no terminal to ask on; 130 Ctrl-C.
"""
STATUS_EPILOG = """\b
Exit codes: 0 there is an export; 1 there is none, or the catalog can't be used;
2 the extra is missing, or a setting is wrong.
"""
NONE_YET = "Nothing was exported yet: run `tgtui analytics export`."
INTERRUPTED_EXPORT = "The last export was interrupted; the one before it is read. `tgtui analytics export` repeats it."
ASK = "Delete the tables in {where}?"


@click.group(epilog=EPILOG, short_help="Tables for analytics: export, ask, refresh, clear.")
def analytics() -> None:
    """Export the catalogue into tables for analytics, ask them with SQL, and compute the answers."""


analytics.add_command(sql)


@analytics.command(epilog=STATUS_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(options: Options, as_json: bool) -> None:
    """Show where the tables are, how large they are, and of when."""
    require_extra()
    from tgtui.services.analytics import status_of

    found = status_of(options.settings())
    if as_json:
        emit_json(_as_json(found))
    else:
        _show(found)
    if found.day is None:
        sys.exit(NOTHING_FOUND)


@analytics.command(epilog=EXPORT_EPILOG)
@click.option(
    "--to", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
    help="Write plain Parquet files into this folder instead.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="With --to: replace files that exist.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def export(options: Options, folder: Path | None, force: bool, quiet: bool, as_json: bool) -> None:
    """Write the catalogue as it is now into the tables of today."""
    require_extra()
    from tgtui.services.analytics import export_catalogue, export_to

    if force and folder is None:
        raise UsageError("--force is for --to; a day's tables are replaced anyway.")
    settings = options.settings()
    person = _person(options)
    with Bar("export", quiet) as bar, stoppable(bar) as tell:
        if folder is None:
            done = export_catalogue(settings, tell, person)
        else:
            done = export_to(settings, folder, tell, person, force=force)
    if as_json:
        emit_json(done.as_json())
    else:
        _say(done, folder)


@analytics.command(epilog=REFRESH_EPILOG)
@click.option(
    "--if-older-than", "hours", metavar="HOURS", type=click.IntRange(min=0),
    help="Do nothing if the newest results are younger.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def refresh(options: Options, hours: int | None, quiet: bool, as_json: bool) -> None:
    """Export, and compute the answers."""
    require_extra()
    from datetime import timedelta

    from tgtui.services import analytics as service

    older = timedelta(hours=hours) if hours is not None else None
    person = _person(options)
    with Bar("refresh", quiet) as bar, stoppable(bar) as tell:
        done = service.refresh(options.settings(), tell, person, older_than=older)
    if as_json:
        emit_json(
            {"refreshed": done is not None}
            | ({"day": done.day.isoformat(), "results": done.results} if done is not None else {})
        )
    elif done is None:
        emit([f"The newest results are younger than {hours} h."])
    else:
        if done.exported is not None:
            _say(done.exported, None)
        emit([f"{number(done.results)} results of {done.day} were computed."])


@analytics.command(epilog=CLEAR_EPILOG)
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_obj
def clear(options: Options, yes: bool) -> None:
    """Delete the tables and their files."""
    require_extra()
    from tgtui.services.analytics import clear_tables, place_for

    settings = options.settings()
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("This deletes the tables: repeat it with --yes.")
        question = ASK.format(where=place_for(settings).words)
        if not click.confirm(question, default=False, err=True):
            sys.exit(NOTHING_FOUND)
    with Bar("clear", quiet=False) as bar, stoppable(bar) as tell:
        freed = clear_tables(settings, tell)
    emit([f"The tables were deleted; {size(max(freed, 0))} of this machine's disk are free again."])


@contextmanager
def stoppable(bar: Bar) -> Iterator[Callable[[AnalyticsStep], None]]:
    """What tells the bar of a step, and ends the work after a signal to leave, cleaned up. A second Ctrl-C kills."""
    import signal

    left_by = 0

    def asked(number: int) -> None:
        nonlocal left_by
        if left_by and number == INTERRUPT:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)
        left_by = left_by or number

    def tell(step: AnalyticsStep) -> None:
        if left_by:
            raise Stopped
        bar.tell(step)

    with leaving(asked, INTERRUPT, TERMINATE, HANG_UP):
        try:
            yield tell
        except Stopped:
            if left_by == INTERRUPT:
                raise KeyboardInterrupt from None
            raise Left(left_by) from None


def _person(options: Options) -> Person | None:
    from tgtui.services.login import person_of

    return run(person_of(options.settings(), complain))


def _say(done: Exported, folder: Path | None) -> None:
    rows = ", ".join(f"{number(count)} {name}" for name, count in sorted(done.rows.items()))
    if folder is None:
        emit([f"The tables of {done.day} were written: {rows}."])
    else:
        emit([f"{folder} has the catalogue of {done.day}: {rows}."])


def _as_json(found: Status) -> dict[str, object]:
    import msgspec

    return msgspec.to_builtins(found)  # type: ignore[no-any-return]


def _show(found: Status) -> None:
    newest = f"{found.day}, read at {found.exported_at:%H:%M:%S} UTC" if found.day else None
    emit(
        fields(
            [
                ("catalog", found.catalog),
                ("where", found.where),
                ("namespace", found.namespace),
                ("newest export", newest),
                ("kept for", f"{found.retention_days} days"),
                ("tables", size(found.bytes)),
                ("on this disk", size(found.disk_bytes)),
            ]
        )
    )
    if found.tables:
        if is_terminal():
            emit([""])
        emit_table(
            ("TABLE", "ROWS", "SIZE", "DAYS", "FROM", "TO", "FILES", "SNAPSHOTS"),
            (
                (
                    each.table, number(each.rows), size(each.bytes), each.days, each.oldest, each.newest,
                    each.files, each.snapshots,
                )
                for each in found.tables
            ),
        )  # fmt: skip
    if found.is_interrupted:
        complain(INTERRUPTED_EXPORT)
    if found.day is None:
        complain(NONE_YET)
