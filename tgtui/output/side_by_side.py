"""Packages side by side, as rows of a table: what each fact is called, and what each package says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from tgtui.basics.formatting import ago, number, size
from tgtui.data.views.comparing import Side, SideBySide
from tgtui.registries.registration import withdrawal

UNKNOWN = "unknown"
SHARED = "What at least two of them bring"
NOTHING_SHARED = "They share nothing that an install brings."
BROUGHT = "●"


class Cell(Struct, frozen=True):
    """What one package says. Hostile text."""

    text: str
    share: float | None = None
    """Of the largest number of its row, 0 to 1; None for what is no number."""
    is_muted: bool = False


class FactRow(Struct, frozen=True):
    """A fact of each package, or what they share."""

    label: str
    """Hostile text if it is a package."""
    cells: tuple[Cell, ...]
    package: tuple[str, str] | None = None
    """(registry, name) of one that is shared."""


def fact_rows(found: SideBySide, now: datetime) -> list[FactRow]:
    """What nothing is known of is left out."""
    return [row for row in _facts(found.sides, now) if any(cell.text for cell in row.cells)]


def shared_rows(found: SideBySide) -> list[FactRow]:
    """A row for each package that at least two of them bring."""
    return [
        FactRow(
            each.name,
            tuple(
                Cell(BROUGHT if place in each.brought_by else "")
                for place in range(len(found.sides))
            ),
            (each.registry, each.name),
        )
        for each in found.shared
    ]


def absence(side: Side) -> str:
    """Why there is nothing to show of a package; empty if there is."""
    if side.package_id is None:
        return "not in the catalogue"
    if side.version is None:
        return f"no version {side.wanted_version}" if side.wanted_version else "not fetched yet"
    return ""


def _facts(sides: Sequence[Side], now: datetime) -> Iterator[FactRow]:
    yield FactRow("version", tuple(Cell(absence(side) or _version(side)) for side in sides))
    yield _texts("latest", sides, _other_latest)
    yield _texts("published", sides, lambda side: ago(side.published_at, now))
    yield _texts("first release", sides, lambda side: ago(side.first_published_at, now))
    yield _numbers("versions", sides, lambda side: side.version_count)
    yield _numbers("releases/year", sides, lambda side: side.releases_last_year)
    yield _texts("licence", sides, lambda side: side.licence or "")
    yield _numbers("download", sides, lambda side: side.download_size, size)
    yield _numbers("unpacked", sides, lambda side: side.unpacked_size, size)
    yield _numbers("installed", sides, lambda side: side.install_size, size, _all_weighed)
    yield _numbers("dependencies", sides, lambda side: side.direct)
    yield _numbers("in all", sides, lambda side: side.packages, number, _is_whole)
    yield _numbers("depth", sides, lambda side: side.depth, number, _is_whole)
    yield _numbers("needed here", sides, lambda side: side.dependents)
    yield _numbers("needed in all", sides, lambda side: side.dependents_all)
    yield _numbers("used here", sides, lambda side: side.uses)


def _is_whole(side: Side) -> bool:
    return side.is_whole


def _all_weighed(side: Side) -> bool:
    return side.is_all_weighed


def _version(side: Side) -> str:
    word = f" {withdrawal(side.registry, None)[0]}" if side.is_deprecated else ""
    return f"{side.version}{word}"


def _other_latest(side: Side) -> str:
    return side.latest_version or "" if side.latest_version != side.version else ""


def _texts(label: str, sides: Sequence[Side], text: Callable[[Side], str]) -> FactRow:
    return FactRow(label, tuple(Cell(text(side)) for side in sides))


def _numbers(
    label: str,
    sides: Sequence[Side],
    value: Callable[[Side], int | None],
    told: Callable[[int], str] = number,
    is_exact: Callable[[Side], bool] = lambda side: True,
) -> FactRow:
    """Where it is not exact, the number is a lower bound."""
    values = [value(side) for side in sides]
    most = max((each for each in values if each is not None), default=0)
    if all(each is None for each in values):
        return FactRow(label, tuple(Cell("") for _side in sides))
    return FactRow(
        label,
        tuple(
            Cell(UNKNOWN if side.version else "", is_muted=True)
            if each is None
            else Cell(
                told(each) + ("" if is_exact(side) else "+"),
                each / most if most else 0.0,
            )
            for side, each in zip(sides, values, strict=True)
        ),
    )
