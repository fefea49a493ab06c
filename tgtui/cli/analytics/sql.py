"""`tgtui analytics sql`: DuckDB over the tables, once or at a prompt."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import click

from tgtui.analytics.errors import require_extra
from tgtui.basics.errors import UsageError
from tgtui.basics.formatting import number
from tgtui.basics.text import clean
from tgtui.cli.opening import Options, complain
from tgtui.cli.output import emit, emit_table, is_terminal

if TYPE_CHECKING:
    import duckdb

Form = Literal["table", "json", "csv"]

ROWS_AT_ONCE = 1_000
ROWS_SHOWN = 1_000
"""Rows of a table on a terminal; the rest is counted."""
MAX_SAID = 500
PROMPT, MORE = "sql> ", "...> "
NONE_YET = "Nothing was exported yet, so every table is empty: run `tgtui analytics export`."
HELLO = "Tables of {day}: {names}. End a statement with ; and leave with Ctrl-D. \\d describes the tables."
DESCRIBE = ("\\d", ".tables", ".schema")
LEAVE = ("\\q", ".quit", ".exit", "exit", "quit")

EPILOG = """\b
Examples:
  tgtui analytics sql "SELECT registry, count(*) FROM packages GROUP BY registry"
  tgtui analytics sql --csv "SELECT * FROM results WHERE insight = 'heaviest'" > heaviest.csv
  tgtui analytics sql < report.sql          statements of a file
  tgtui analytics sql                       a prompt

\b
The dialect is DuckDB's. packages, versions and dependencies are of the newest
export; interactions and results have every day. docs/analytics.md has the columns.
People are pseudonyms. What you do with the views changes nothing of the tables.
Write "at" and "window" in quotes: they are words of SQL, too.

\b
Exit codes: 0 done; 1 the catalog can't be used; 2 the statement is wrong, the extra
is missing, or a setting is wrong; 130 Ctrl-C.
"""


@click.command(epilog=EPILOG, short_help="Ask the tables with SQL.")
@click.argument("statement", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a head.")
@click.pass_obj
def sql(options: Options, statement: str | None, as_json: bool, as_csv: bool) -> None:
    """Run STATEMENT on the tables; without one, open a prompt, or read statements from stdin."""
    if as_json and as_csv:
        raise UsageError("Choose one of --json and --csv.")
    require_extra()
    from tgtui.services.analytics import asking

    form: Form = "json" if as_json else "csv" if as_csv else "table"
    with asking(options.settings()) as (connection, newest):
        if newest is None:
            complain(NONE_YET)
        if statement is None and sys.stdin.isatty():
            _prompt(connection, form, str(newest.day) if newest is not None else "no day")
        else:
            text = statement if statement is not None else sys.stdin.read()
            for result in _run(connection, text):
                _print(result, form)


def _run(connection: duckdb.DuckDBPyConnection, text: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Each statement's result that has columns, before the next one runs. UsageError for a wrong one."""
    import duckdb

    try:
        statements = connection.extract_statements(text)
        if not statements:
            raise UsageError(
                'There is no statement: write one, as in "SELECT count(*) FROM packages".'
            )
        for each in statements:
            result = connection.execute(each)
            if result.description:
                yield result
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        raise UsageError(_told(error)) from None
    except RuntimeError as error:
        if "interrupt" in str(error).lower():
            raise KeyboardInterrupt from None
        raise


def _told(error: Exception) -> str:
    """What DuckDB says, without the picture of where it is wrong."""
    said = clean(str(error).partition("\n\nLINE")[0], MAX_SAID).rstrip(".")
    return f"The statement can't be run: {said}."


def _prompt(connection: duckdb.DuckDBPyConnection, form: Form, day: str) -> None:
    """Statements until Ctrl-D; a wrong one is told, and Ctrl-C drops what was typed."""
    import contextlib

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - the arrow keys, in `input`

    names = ", ".join(name for (name,) in _views(connection))
    complain(HELLO.format(day=day, names=names))
    typed = ""
    while True:
        try:
            line = input(MORE if typed else PROMPT)
        except EOFError:
            click.echo()
            return
        except KeyboardInterrupt:
            click.echo()
            typed = ""
            continue
        if not typed and line.strip() in LEAVE:
            return
        if not typed and line.strip() in DESCRIBE:
            _describe(connection)
            continue
        typed = f"{typed}{line}\n" if typed or line.strip() else ""
        if not typed.rstrip().endswith(";"):
            continue
        text, typed = typed, ""
        try:
            for result in _run(connection, text):
                _print(result, form)
        except UsageError as error:
            complain(str(error))
        except KeyboardInterrupt:
            complain("Interrupted.")


def _views(connection: duckdb.DuckDBPyConnection) -> list[tuple[str]]:
    return connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1"
    ).fetchall()


def _describe(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        "SELECT table_name, string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_index)"
        " FROM duckdb_columns() WHERE NOT internal GROUP BY 1 ORDER BY 1"
    ).fetchall()
    emit(f"{name}({columns})" for name, columns in rows)


def _print(result: duckdb.DuckDBPyConnection, form: Form) -> None:
    head = [str(column[0]) for column in result.description or ()]
    rows = _rows(result)
    if form == "json":
        emit(_json(head, rows))
    elif form == "csv":
        emit(_csv(head, rows))
    elif is_terminal():
        shown = list(islice(rows, ROWS_SHOWN))
        emit_table(head, shown)
        if left := sum(1 for _ in rows):
            complain(f"and {number(left)} more rows; add a LIMIT, or use --csv for all of them.")
    else:
        for some in _some(rows):
            emit_table(head, some)


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while some := result.fetchmany(ROWS_AT_ONCE):
        yield from some


def _some(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield some


def _json(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """One object a line, so that any number of them needs no memory."""
    before = "["
    for row in rows:
        found = {name: _plain(value) for name, value in zip(head, row, strict=True)}
        yield f"{before} {json.dumps(found, ensure_ascii=True, default=str)}"
        before = ","
    yield "]" if before == "," else "[]"


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield _csv_line(head)
    for row in rows:
        yield _csv_line(
            [clean(value) if isinstance(value, str) else _plain(value) for value in row]
        )


def _csv_line(row: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(["" if value is None else value for value in row])
    return line.getvalue()


def _plain(value: Any) -> Any:
    """As JSON has it: moments and days as ISO text, numbers that it can't hold as null."""
    import math
    from datetime import date, time
    from decimal import Decimal

    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
