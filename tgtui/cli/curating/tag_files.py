"""`tgtui tags export` and `import`: copy tags and their packages from one catalogue to another."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tgtui.basics.errors import UsageError
from tgtui.basics.files.trouble import why
from tgtui.cli.opening import Options, complain, on_catalogue, reading
from tgtui.cli.output import emit, emit_json

PART_FAILED = 1
SHOWN = 20
"""Problems printed one by one; --json has them all."""

IMPORT_EPILOG = """\b
Examples:
  tgtui tags export > tags.json && tgtui --database URL tags import tags.json
  tgtui tags import team.csv       columns: slug, name, description, color, package
  tgtui tags import - < tags.json

\b
A tag that is missing here is created, one with the same slug is changed to
match the file, and it is applied to its packages. Nothing is deleted or removed.
Problems are printed and the rest is imported; the exit code is 1 then.
Importing the same file again changes nothing.
"""


@click.command()
@click.option("--csv", "as_csv", is_flag=True, help="CSV instead of JSON, a line for each package.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file instead of stdout.",
)  # fmt: skip
@click.pass_obj
def export(options: Options, as_csv: bool, output: Path | None) -> None:
    """Export every tag with its packages, and who applied it when, as JSON or CSV."""
    from tgtui.basics.formatting import counted
    from tgtui.data.tags.files import export_tags
    from tgtui.output.replacing import NotReplaced, ReplacedFile
    from tgtui.syntax.tag_file import written_csv, written_json

    with reading(options) as database:
        file = database.read_now(export_tags)
    text = written_csv(file) if as_csv else written_json(file)
    if output is None:
        emit([text.rstrip("\n")])
        return
    written = ReplacedFile(output)
    try:
        written.write(text)
        written.finish()
    except NotReplaced as error:
        raise UsageError(str(error)) from None
    finally:
        written.discard()
    complain(f"{counted(len(file.tags), 'tag')} written to {output}")


@click.command("import", epilog=IMPORT_EPILOG)
@click.argument("file", metavar="FILE", type=click.Path(allow_dash=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(options: Options, file: Path, as_json: bool) -> None:
    """Import tags from a JSON or CSV file as `tgtui tags export` writes it; `-` is stdin."""
    from tgtui.basics.formatting import counted
    from tgtui.syntax.tag_file import read_file

    read = read_file(_text_of(file))
    done = on_catalogue(options, lambda catalogue: catalogue.curating.import_tags(read))
    if as_json:
        emit_json(done)
    else:
        emit(
            [
                f"{counted(done.tags, 'tag')} read: {done.created} created, {done.changed} changed;"
                f" applied to packages {counted(done.assigned, 'time')}."
            ]
        )
    for problem in done.problems[:SHOWN]:
        complain(problem)
    if len(done.problems) > SHOWN:
        complain(f"And {len(done.problems) - SHOWN} more; --json has them all.")
    if done.problems:
        sys.exit(PART_FAILED)


def _text_of(file: Path) -> str:
    """UsageError if it can't be read, is not text, or is larger than MAX_FILE."""
    from tgtui.syntax.tag_file import MAX_FILE

    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(MAX_FILE + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(MAX_FILE + 1)
    except OSError as error:
        raise UsageError(f"{file} can't be read: {why(error)}.") from None
    if len(content) > MAX_FILE:
        raise UsageError(
            f"{file} is larger than {MAX_FILE // 1_000_000} MB, the limit for a file of tags."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8 text.") from None
