"""Answers of the analytics: what there is to ask, a row of an answer, and what screens and commands show of one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct

Period = Literal["", "week", "month", "year"]
PERIODS: tuple[Period, ...] = get_args(Period)[1:]
DAYS: dict[Period, int] = {"week": 7, "month": 30, "year": 365}
"""How far back each reaches."""

MEASURES = "measures"
"""The insight with every package's counts. Its keys are MEASURE_KEYS; kept by package, not as a list."""
MEASURE_KEYS = ("packages", "depth", "dependents", "dependents-all")
LISTED = 200
"""Rows of a ranking."""
USE_WEEKS = "use-weeks"
"""The insight with every package's uses; its key is the Monday of the week."""


class Result(Struct, frozen=True):
    """One row of an answer, as it is computed and exported."""

    insight: str
    registry: str
    """Empty for all of them."""
    window: Period
    """Empty if the answer has none."""
    rank: int
    """From 1; of a series the place in time."""
    package_id: str | None
    """A UUID in its canonical form."""
    name: str
    """Of the package; empty for people, whom only the operational database knows by name."""
    key: str
    """What the value is of: a registry, a day, a person's pseudonym."""
    value: float
    details: str = "{}"
    """JSON."""


class Insight(Struct, frozen=True):
    """A question that the analytics answers."""

    name: str
    """As in `tgtui insights NAME`."""
    title: str
    question: str
    """A sentence that says what is counted."""
    unit: str
    """Of the values: `packages`."""
    by_registry: bool = True
    by_window: bool = False
    is_series: bool = False
    """Ranks are places in time, and a chart is read from left to right."""
    columns: tuple[tuple[str, str], ...] = ()
    """Key and heading of further figures in the details."""


INSIGHTS: tuple[Insight, ...] = (
    Insight(
        "dependents-all", "Most needed", "How many packages have it in their tree?", "packages",
        columns=(("dependents", "direct"),),
    ),
    Insight(
        "dependents", "Most needed directly", "How many packages declare it themselves?", "packages",
        columns=(("dependents-all", "in all"),),
    ),
    Insight(
        "heaviest", "Heaviest", "How many packages does its latest version bring?", "packages",
        columns=(("depth", "depth"),),
    ),
    Insight(
        "heaviest-bytes", "Heaviest by size", "How many bytes does an install of its latest version"
        " put on the disk, as far as sizes are known?", "bytes",
        columns=(("packages", "packages"), ("known", "sizes known")),
    ),
    Insight(
        "deepest", "Deepest", "How many steps down does its tree reach?", "levels",
        columns=(("packages", "packages"),),
    ),
    Insight(
        "single-points", "Single points of failure",
        "Of all that need a package, how many have no other way to it than through this one?",
        "packages", columns=(("needs", "need it"), ("share", "share")),
    ),
    Insight(
        "popular", "Popular here", "Who opened, found, requested or tagged it? Each account counts"
        " once for each kind and day.", "uses", by_window=True,
        columns=(("people", "people"), ("view", "views"), ("search", "finds"),
                 ("request", "requests"), ("tag", "tags")),
    ),
    Insight(
        "activity", "Activity", "What was done here on each day?", "uses", by_window=True,
        is_series=True,
        columns=(("people", "people"), ("view", "views"), ("search", "finds"),
                 ("request", "requests"), ("tag", "tags")),
    ),
    Insight(
        "new-packages", "New packages", "How many packages came into the catalogue on each day?",
        "packages", by_window=True, is_series=True,
    ),
    Insight(
        "new-versions", "New versions", "How many versions were published on each day, of packages"
        " that are here?", "versions", by_window=True, is_series=True,
    ),
    Insight(
        "freshness", "Freshness", "How long ago was the latest version published?", "packages",
        columns=(("share", "share"),),
    ),
    Insight(
        "deprecated", "Deprecated", "How many packages are deprecated or withdrawn?", "packages",
        by_registry=False, columns=(("packages", "of"), ("share", "share")),
    ),
    Insight(
        "people", "People", "Who contributes most? Experience points for requests and tags.", "XP",
        by_registry=False, by_window=True,
        columns=(("level", "level"), ("request", "requests"), ("tag", "tags"), ("badges", "badges")),
    ),
)  # fmt: skip
"""What is listed by `tgtui insights` and on the Insights screen, in order."""
BY_NAME = {insight.name: insight for insight in INSIGHTS}


class InsightRow(Struct, frozen=True):
    """One row of an answer, as it is shown. Its text is hostile."""

    rank: int
    name: str
    """Of the package or the person; empty for neither."""
    key: str
    value: float
    package_id: UUID | None = None
    registry: str = ""
    """Of the package."""
    details: dict[str, object] = {}

    def __hash__(self) -> int:
        """Without the details, which have no hash."""
        return hash((self.rank, self.registry, self.key))


class Answer(Struct, frozen=True):
    """An insight's rows for one registry and window."""

    insight: Insight
    registry: str
    window: Period
    rows: tuple[InsightRow, ...]
    as_of: date | None
    """The day of the export it was computed from; None if nothing was computed yet."""
    stored_at: datetime | None


class Measure(Struct, frozen=True):
    """What a package brings and who needs it, from a day on."""

    day: date
    packages: int
    depth: int
    dependents: int
    dependents_all: int


class PackageInsights(Struct, frozen=True):
    """What the analytics knows of one package."""

    measures: tuple[Measure, ...]
    """Oldest first; the last is how it is now. Empty if no refresh has seen it."""
    uses: tuple[tuple[date, int], ...]
    """By week, oldest first, weeks without any use included; empty if there were none in a year."""
    as_of: date | None


class SharedPackage(Struct, frozen=True):
    """A package that several of a set bring. Its text is hostile."""

    registry: str
    name: str
    package_id: UUID
    versions: tuple[str, ...]
    """All that are brought; more than one costs the disk twice."""
    brought_by: tuple[int, ...]
    """Places in the set, from 0."""


class SharedBy(Struct, frozen=True):
    """What some packages bring together. Its text is hostile."""

    names: tuple[str, ...]
    """`npm:express`; `brought_by` counts these."""
    packages: tuple[SharedPackage, ...]


class RecordedOf(Struct, frozen=True):
    """What is recorded of a person for the insights."""

    name: str
    takes_part: bool
    interactions: int
