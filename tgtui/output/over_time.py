"""Pictures of how a package changed: releases by month, sizes and dependencies by version, dependents by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tgtui.basics.formatting import counted, number, size
from tgtui.data.views.insights import PackageInsights
from tgtui.data.views.over_time import Picture, PictureName, VersionPoint

NO_DATES = "The registry does not say when versions were released."
NO_SIZES = (
    "No sizes are known: they come when the package is fetched again, if its registry has them."
)
NOT_LOADED = "The dependencies of no version are loaded yet."
NO_MEASURES = "No refresh of the insights has seen it yet: tgtui analytics refresh"


def pictures(
    points: Sequence[VersionPoint],
    months: Mapping[str, int],
    insights: PackageInsights,
    now: datetime,
) -> list[Picture]:
    """`months` has the releases of each month that has any."""
    days = [measure.day for measure in insights.measures]
    needed = [measure.dependents_all for measure in insights.measures]
    if insights.as_of is not None and days and days[-1] < insights.as_of:
        days, needed = [*days, insights.as_of], [*needed, needed[-1]]
    return [
        _releases(months, now),
        _by_version("size", "Unpacked size by version", points, NO_SIZES),
        _by_version("dependencies", "Dependencies by version", points, NOT_LOADED),
        Picture(
            "dependents",
            "Packages here that need it",
            tuple(map(str, days)),
            tuple(needed),
            tuple(float(day.toordinal()) for day in days),
            why_empty=NO_MEASURES,
        ),
    ]


def figure(picture: Picture, value: int) -> str:
    """`3.1 MB`, `1,204`."""
    return size(value) if picture.are_bytes else number(value)


def in_words(picture: Picture) -> str:
    """`0 to 7 · 7 in 2026-03 · now 2`. Hostile text."""
    if not picture.values:
        return picture.why_empty
    most = max(picture.values)
    place = picture.values.index(most)
    parts = [f"most {figure(picture, most)} ({picture.labels[place]})"]
    if picture.are_counts:
        parts.insert(0, f"{number(sum(picture.values))} in {counted(len(picture.values), 'month')}")
    else:
        parts.append(f"last {figure(picture, picture.values[-1])} ({picture.labels[-1]})")
    if picture.lacking:
        parts.append(f"unknown of {counted(picture.lacking, 'version')}")
    return " · ".join(parts)


def as_data(package: str, drawn: Sequence[Picture]) -> dict[str, Any]:
    """For JSON."""
    return {
        "package": package,
        **{
            picture.name: [
                {"at": label, "value": value}
                for label, value in zip(picture.labels, picture.values, strict=True)
            ]
            for picture in drawn
        },
        "versions_lacking": {picture.name: picture.lacking for picture in drawn},
    }


def _releases(months: Mapping[str, int], now: datetime) -> Picture:
    """From the first month with a release to this one, empty ones included."""
    labels: list[str] = []
    last = f"{now.year}-{now.month:02}"
    if months:
        year, month = map(int, min(months).split("-"))
        while (label := f"{year:04}-{month:02}") <= max(last, max(months)):
            labels.append(label)
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    values = tuple(months.get(label, 0) for label in labels)
    places = tuple(map(float, range(len(labels))))
    return Picture(
        "releases", "Releases by month", tuple(labels), values, places, why_empty=NO_DATES
    )


def _by_version(
    name: PictureName, title: str, points: Sequence[VersionPoint], why_empty: str
) -> Picture:
    known = [
        (point.version, value)
        for point in points
        if (value := point.unpacked_size if name == "size" else point.direct) is not None
    ]
    return Picture(
        name,
        title,
        tuple(version for version, _value in known),
        tuple(value for _version, value in known),
        tuple(map(float, range(len(known)))),
        len(points) - len(known),
        why_empty,
    )
