"""`tgtui timeline`: how a package changed over time, in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from tgtui.basics.text import clean
from tgtui.cli.opening import Options, reading
from tgtui.cli.output import emit, emit_json
from tgtui.cli.reading.finding import find

if TYPE_CHECKING:
    from tgtui.data.views.over_time import Picture

NAMES = ("releases", "size", "dependencies", "dependents")
SHOWN = 24
"""Numbers of each that are printed, the newest; --json has all."""

EPILOG = """\b
Examples:
  tgtui timeline npm:react                what the app shows as pictures
  tgtui timeline npm:react releases       by month
  tgtui timeline npm:react size --json    every number

\b
Sizes and dependencies are those of versions that are loaded here; dependents
are known since the first refresh of the insights. Prereleases are left out.
"""


@click.command(epilog=EPILOG, short_help="Show how a package changed over time.")
@click.argument("package")
@click.argument("what", type=click.Choice(NAMES), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def timeline(options: Options, package: str, what: str | None, as_json: bool) -> None:
    """Show releases of PACKAGE by month, size and dependencies by version, dependents here by day."""
    from datetime import UTC, datetime

    from tgtui.basics import clock
    from tgtui.data.insights.reading import package_insights
    from tgtui.data.versions.listing import releases_by_month
    from tgtui.data.versions.over_time import version_points
    from tgtui.output.over_time import as_data, pictures
    from tgtui.syntax.reference import parse_reference

    with reading(options) as database:
        detail, _version = find(database, parse_reference(package).package, options)
        points = database.read_now(version_points, detail.id)
        beginning = datetime(1970, 1, 1, tzinfo=UTC)
        months = database.read_now(releases_by_month, detail.id, beginning)
        insights = database.read_now(package_insights, detail.id)
    drawn = pictures(points, months, insights, clock.now())
    shown = [picture for picture in drawn if what in (None, picture.name)]
    if as_json:
        emit_json(as_data(f"{detail.registry}:{detail.name}", shown))
    else:
        emit(_lines(shown))


def _lines(shown: Sequence[Picture]) -> Iterator[str]:
    from tgtui.output.over_time import figure, in_words

    for place, picture in enumerate(shown):
        if place:
            yield ""
        yield f"{picture.title}: {clean(in_words(picture), 300)}"
        pairs = list(zip(picture.labels, picture.values, strict=True))
        for label, value in pairs[-SHOWN:]:
            yield f"  {clean(label, 40):<20}  {figure(picture, value):>10}"
