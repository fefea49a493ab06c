"""The lists of the package screen: versions, dependencies by type, dependents."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct
from textual.content import Content

from tgtui.basics.formatting import age, counted, number
from tgtui.data.views.edges import Dependent, Edge, UsedBy
from tgtui.data.views.versions import VersionRow
from tgtui.output.marks import Mark, Tone, is_placeholder, list_marks
from tgtui.output.ranges import type_title
from tgtui.output.uses import BY_OPERATOR, USE_WORDS, operator_of
from tgtui.registries.registration import HOLDS_A_NAME, heading, registration, withdrawal
from tgtui.syntax.advisories.ranks import severity_word
from tgtui.syntax.query import Operator
from tgtui.widgets.content import MAX_NAME, MAX_RANGE, MAX_VERSION, safe
from tgtui.widgets.flow import Flow
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED, registry_label, worst_label
from tgtui.widgets.lists.columns import Column


class EdgeRow(Struct, frozen=True):
    """A dependency, or the heading of a type."""

    edge: Edge | None
    heading: str = ""


DependentRow: TypeAlias = Dependent | str
"""A package that uses the one shown, or the heading of a group."""

MARKED = Content.styled("●", "bold $text-accent") + "  "
STYLES = {
    Tone.FAULT: "$text-error",
    Tone.ABSENT: "$text-accent",
    Tone.WARNING: "$text-warning",
    Tone.QUIET: MUTED,
}
"""Of marks."""


def version_columns(
    now: Callable[[], datetime], registry: Callable[[], str], marked: Container[UUID] = ()
) -> list[Column[VersionRow]]:
    """Version; a withdrawal in the registry's words, and dist-tags; age. `marked` ones are to be compared."""

    def version(row: VersionRow) -> Content:
        style = "$text-warning strike" if row.is_yanked else MUTED if row.is_prerelease else ""
        text = safe(row.version, MAX_VERSION, style=style)
        return MARKED + text if row.id in marked else text

    def notes(row: VersionRow) -> Flow:
        words = [safe(tag, 30, style="$text-accent") for tag in row.dist_tags]
        if row.worst is not None:
            words.insert(0, worst_label(row.worst))
        if registration(registry()).placeholder(row.version):
            words.insert(0, Content.styled(Mark.PLACEHOLDER.word, _style(Mark.PLACEHOLDER)))
        if row.is_yanked:
            word, _reason = withdrawal(registry(), row.yank_message)
            words.insert(0, Content.styled(word, "$text-warning"))
        return Flow(words, Content("  "))

    return [
        Column(version, share=3, tells=True),
        Column(notes, share=2, tells=True),
        Column(
            lambda row: Content.styled(age(row.published_at, now()), MUTED), width=6, align="right"
        ),
    ]


def edge_columns() -> list[Column[EdgeRow]]:
    """Sign, name, declared range, resolved version, and the signs in words where there is room."""
    return [
        Column(lambda row: _signs(row.edge), width=2),
        Column(lambda row: _edge_name(row.edge), share=6, at_most=50, tells=True),
        Column(lambda row: _range(row.edge), share=3, at_most=30, tells=True),
        Column(lambda row: _resolved(row.edge), share=3, at_most=30, tells=True, from_width=40),
        Column(lambda row: _words(row.edge), share=3, at_most=24, tells=True, from_width=74),
    ]


def dependent_columns() -> list[Column[DependentRow]]:
    """Name, its highest version that uses the package and how many more do; with room the range, and how it does."""

    def of(part: Callable[[Dependent], Content]) -> Callable[[DependentRow], Content]:
        return lambda row: Content("") if isinstance(row, str) else part(row)

    return [
        Column(of(lambda row: registry_label(row.registry)), width=4, from_width=50),
        Column(of(lambda row: safe(row.name, MAX_NAME)), share=5, tells=True),
        Column(of(_using), share=2, at_most=16, tells=True),
        Column(
            of(lambda row: safe(row.range or "*", MAX_RANGE, style=MUTED)),
            share=2,
            at_most=20,
            tells=True,
            from_width=40,
        ),
        Column(of(lambda row: Content.styled(USE_WORDS[row.use], MUTED)), width=8, from_width=50),
    ]


def dependent_rows(
    page: Sequence[Dependent], used: UsedBy, before: Operator | None
) -> list[DependentRow]:
    """With a heading before each group if an install does not bring it to all; `before` is the group of the row above."""
    if used.total == used.installed:
        return list(page)
    rows: list[DependentRow] = []
    for each in page:
        group = operator_of(each.use)
        if group != before:
            title, count = BY_OPERATOR[group]
            rows.append(f"{title} {number(count(used))}")
            before = group
        rows.append(each)
    return rows


def _using(row: Dependent) -> Content:
    version = safe(row.version, MAX_VERSION)
    if not row.other_versions:
        return version
    return Content.assemble(version, Content.styled(f" +{row.other_versions}", MUTED))


def edge_rows(edges: Sequence[Edge], registry: str) -> list[EdgeRow]:
    """With a heading before each group: a type, or what the package's registry calls it. Edges come ordered by type."""
    groups: dict[str, list[Edge]] = {}
    for edge in edges:
        title = heading(registry, edge.source_field) or type_title(edge.type)
        groups.setdefault(title, []).append(edge)
    rows: list[EdgeRow] = []
    for title, group in groups.items():
        rows.append(EdgeRow(None, f"{title} {number(len(group))}"))
        rows += [EdgeRow(edge) for edge in group]
    return rows


def edge_heading(row: EdgeRow) -> Content | None:
    """For the list: which rows are headings."""
    return safe(row.heading) if row.edge is None else None


def edge_note(edge: Edge, *, can_ask: bool) -> Content:
    """The marks of one dependency as sentences; `can_ask`: the person may ask for what is missing."""
    asks = f"; {key('app.ask')} asks for it." if can_ask else "."
    lines: list[Content] = []
    if edge.declared_name is not None:
        phrase = registration(edge.registry).alias_phrase.capitalize()
        lines.append(Content.assemble(f"{phrase} ", safe(edge.declared_name, 80, style="bold")))
    if edge.is_not_looked_up:
        lines.append(Content(f"An install doesn't include it, so it was not looked up{asks}"))
    elif edge.is_unresolved:
        reason = edge.resolution_error or "Not resolved to a version yet."
        mark = Mark.LEFT_OUT if edge.is_left_out else Mark.UNRESOLVED
        lines.append(safe(reason, style=_style(mark)))
    if edge.is_external:
        lines.append(Content("Not from a registry; the range says where it comes from."))
    if edge.is_missing:
        lines.append(Content.styled(f"Not in the catalogue yet{asks}", _style(Mark.MISSING)))
    if edge.worst is not None:
        known = counted(edge.worst.count, "advisory", "advisories")
        verb = "is" if edge.worst.count == 1 else "are"
        worst = severity_word(edge.worst.severity)
        told = f"{known} about the resolved version {verb} known; the worst: {worst}."
        lines.append(Content.styled(told, _style(Mark.VULNERABLE)))
    if edge.is_yanked:
        word = registration(edge.registry).withdrawn
        lines.append(Content.styled(f"The resolved version is {word}.", _style(Mark.DEPRECATED)))
    if is_placeholder(edge):
        lines.append(Content.styled(HOLDS_A_NAME, _style(Mark.PLACEHOLDER)))
    if edge.is_outdated:
        lines.append(Content.styled("A newer version is available.", _style(Mark.OUTDATED)))
    if edge.is_optional:
        lines.append(Content("Optional: not an error if it is missing."))
    return Content("\n").join(lines)


def _signs(edge: Edge | None) -> Content:
    marks = list_marks(edge)[:2] if edge else []
    return Content("").join([Content.styled(mark.sign, _style(mark)) for mark in marks])


def _words(edge: Edge | None) -> Content:
    if edge is None:
        return Content("")
    marks = list_marks(edge)
    words = [Content.styled(mark.word_in(edge.registry), _style(mark)) for mark in marks]
    return Content(" ").join(words)


def _edge_name(edge: Edge | None) -> Content:
    if edge is None:
        return Content("")
    if edge.declared_name is None:
        return safe(edge.name, MAX_NAME)
    return Content.assemble(
        safe(edge.declared_name, MAX_NAME), Content.styled(" = ", MUTED), safe(edge.name, MAX_NAME)
    )


def _range(edge: Edge | None) -> Content:
    return safe((edge.range or "*") if edge else "", MAX_RANGE, style=MUTED)


def _resolved(edge: Edge | None) -> Content:
    if edge is None:
        return Content("")
    if edge.is_not_looked_up:
        return Content.styled("-", MUTED)
    if edge.is_left_out:
        return Content.styled(Mark.LEFT_OUT.word, _style(Mark.LEFT_OUT))
    if edge.is_unresolved:
        return Content.styled(Mark.UNRESOLVED.word, _style(Mark.UNRESOLVED))
    worst = Mark.DEPRECATED if edge.is_yanked else Mark.MISSING if edge.is_missing else None
    return safe(edge.resolved_version, MAX_VERSION, style=_style(worst) if worst else "")


def _style(mark: Mark) -> str:
    return STYLES[mark.tone]
