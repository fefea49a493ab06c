"""Lines of projects: one for each project, and one for each package of a project."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime

from msgspec import Struct
from textual.content import Content

from tgtui.basics.formatting import age, number
from tgtui.data.views.projects import ProjectCounts, ProjectRow
from tgtui.output.marks import Mark
from tgtui.output.trees.projects import worst_in_words
from tgtui.widgets.content import MAX_NAME, MAX_RANGE, MAX_VERSION, safe
from tgtui.widgets.labels import MUTED, registry_label
from tgtui.widgets.lists.columns import Column

WARNING, FAULT, ABSENT = "$text-warning", "$text-error", "$text-accent"
CLOSED, OPEN, LEAF = "▸ ", "▾ ", "  "
INDENT = 2
"""Cells of a level."""
MAX_LEVELS = 40
LICENCES_FROM, READ_FROM = 100, 70
"""Cells of the list of all projects that has room for these columns."""
WANTED_FROM = 90
"""Cells of a list that has room for what an update would bring; in any other the line's note says it."""


class ProjectSummary(Struct, frozen=True):
    """A project in the list of all."""

    row: ProjectRow
    counts: ProjectCounts
    folder: str | None
    """Where it lies here; None if it lies on another machine."""


class ProjectLine(Struct, frozen=True):
    """A package of a project, or a heading."""

    key: Hashable
    heading: str = ""
    level: int = 0
    fold: str = ""
    """Whether what is below is shown, in a tree."""
    registry: str = ""
    name: str = ""
    asked: str = ""
    """The declared range, or what uses it."""
    locked: str = ""
    wanted: str = ""
    latest: str = ""
    published_at: datetime | None = None
    licence: str = ""
    is_outdated: bool = False
    is_within: bool = False
    """An update within the range would raise it."""
    is_deprecated: bool = False
    marks: tuple[tuple[str, str], ...] = ()
    """Words and their styles."""
    note: str = ""
    """Sentences for the line under the cursor."""
    position: int = -1
    """Of the locked package."""
    other: tuple[str, str] | None = None
    """Locked version, and the one that an update brings."""


def summary_columns(now: Callable[[], datetime]) -> list[Column[ProjectSummary]]:
    """Of the list of all projects."""
    return [
        Column(lambda each: safe(each.row.full_name, MAX_NAME), share=3, at_most=40, tells=True),
        Column(lambda each: _count(each.counts.packages, ""), width=7, align="right"),
        Column(_outdated, share=2, at_least=10, at_most=26),
        Column(_faults, share=2, at_least=10, at_most=34),
        Column(_licences, share=2, at_most=36, from_width=LICENCES_FROM),
        Column(
            lambda each: safe(age(each.row.read_at, now()), style=MUTED),
            width=8,
            align="right",
            from_width=READ_FROM,
        ),
    ]


def package_columns(now: Callable[[], datetime]) -> list[Column[ProjectLine]]:
    """Of one project: declared, locked, wanted, latest, age, licence, marks."""
    return [
        Column(lambda line: registry_label(line.registry), width=4, from_width=60),
        Column(_name, share=5, at_least=12, tells=True),
        Column(lambda line: safe(line.asked, MAX_RANGE, style=MUTED), share=4, at_most=24),
        Column(_locked, at_least=9, at_most=14),
        Column(
            lambda line: safe(line.wanted, MAX_VERSION, style=WARNING if line.is_within else MUTED),
            share=3,
            at_most=14,
            from_width=WANTED_FROM,
        ),
        Column(_latest, at_least=8, at_most=14, from_width=60),
        Column(
            lambda line: safe(age(line.published_at, now()), style=MUTED),
            width=6,
            align="right",
            from_width=100,
        ),
        Column(
            lambda line: safe(line.licence, 100, style=MUTED), share=2, at_most=16, from_width=110
        ),
        Column(_marks, share=3, at_least=10, at_most=34, from_width=70),
    ]


def heading_of(line: ProjectLine) -> Content | None:
    """For the list: which lines are headings."""
    return safe(line.heading) if line.heading else None


def _count(count: int, word: str, style: str = "") -> Content:
    text = f"{number(count)} {word}".rstrip()
    return Content.styled(text, style) if style else Content(text)


def _joined(parts: list[Content]) -> Content:
    return Content(" · ").join(parts)


def _outdated(each: ProjectSummary) -> Content:
    counts = each.counts
    if not counts.outdated_within and not counts.outdated_beyond:
        return Content.styled("up to date" if counts.declared and not counts.missing else "", MUTED)
    parts = []
    if counts.outdated_within:
        parts.append(_count(counts.outdated_within, "within", WARNING))
    if counts.outdated_beyond:
        parts.append(_count(counts.outdated_beyond, "beyond"))
    return _joined(parts)


def _faults(each: ProjectSummary) -> Content:
    counts = each.counts
    parts = []
    if each.row.problems:
        parts.append(_count(len(each.row.problems), "unread", FAULT))
    if counts.severities:
        told = f"{Mark.VULNERABLE.sign} {worst_in_words(counts)}"
        parts.append(Content.styled(told, FAULT))
    if counts.deprecated:
        parts.append(_count(counts.deprecated, "deprecated", WARNING))
    if counts.missing:
        parts.append(_count(counts.missing, "missing", ABSENT))
    if counts.not_locked:
        parts.append(_count(counts.not_locked, "not locked", WARNING))
    return _joined(parts)


def _licences(each: ProjectSummary) -> Content:
    kinds = dict(each.counts.licences)
    shown = [
        f"{number(kinds[kind])} {kind}"
        for kind in ("strong", "restricted", "weak")
        if kinds.get(kind)
    ]
    if not shown and kinds.get("permissive"):
        shown = [f"{number(kinds['permissive'])} permissive"]
    if kinds.get("unknown"):
        shown.append(f"{number(kinds['unknown'])} unknown")
    return Content.styled(" · ".join(shown), MUTED)


def _name(line: ProjectLine) -> Content:
    shift = " " * (INDENT * min(line.level, MAX_LEVELS))
    style = f"{WARNING} strike" if line.is_deprecated else ""
    return Content.assemble(shift, line.fold, safe(line.name, MAX_NAME, style=style))


def _locked(line: ProjectLine) -> Content:
    return safe(line.locked, MAX_VERSION, style=f"{WARNING} strike" if line.is_deprecated else "")


def _latest(line: ProjectLine) -> Content:
    return safe(line.latest, MAX_VERSION, style="" if line.is_outdated else MUTED)


def _marks(line: ProjectLine) -> Content:
    return Content("  ").join([safe(word, 60, style=style) for word, style in line.marks])
