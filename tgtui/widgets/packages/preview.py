"""The package under the cursor, beside the results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from tgtui.basics.formatting import ago, as_of, counted, number
from tgtui.basics.links import shown_link
from tgtui.data.views.edges import Edge
from tgtui.data.views.packages import PackageDetail, PackageRow
from tgtui.data.views.tags import TagLabel
from tgtui.output.requests import request_text
from tgtui.output.uses import installed_by_use, others_in_words
from tgtui.registries.registration import HOLDS_A_NAME, registration, withdrawal
from tgtui.widgets.content import MAX_NAME, safe
from tgtui.widgets.flow import Flow, Page, PageText, Paragraph
from tgtui.widgets.labels import MUTED, TAG_GAP, finding_lines, registry_label, tag_label
from tgtui.widgets.lists.cutting import cut

FINDINGS_SHOWN = 3
"""Advisories about the latest version."""
DEPENDENCIES_SHOWN = 12
DESCRIPTION_LIMIT = 1_000
"""Characters of a description; registries admit any length."""
FACT_GAP = Content(" · ")
NOTHING, INDENT = Content(""), Content("  ")
MAX_SHOWN_RANGE = 100
"""Characters; a longer one fills the preview, and the package's screen shows it."""
BORDER = 2
"""Cells of the upper border beside its title, on top of those of the frame."""
BETWEEN = "\n\n"
"""Two paragraphs."""


class Preview(VerticalScroll, inherit_bindings=False):
    """Shows one package; `show(None)` empties it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Scroll up", show=False, id="preview.up"),
        Binding("down,j", "scroll_down", "Scroll down", show=False, id="preview.down"),
        Binding("pageup,ctrl+b", "page_up", "Page up", show=False, id="preview.page_up"),
        Binding("pagedown,ctrl+f", "page_down", "Page down", show=False, id="preview.page_down"),
    ]

    DEFAULT_CSS = """
    Preview { padding: 0 1; scrollbar-size-vertical: 1; }
    Preview > PageText { height: auto; min-height: 100%; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self._text = PageText()
        self._shown: Page | None = None
        self._body = Page([], "")
        """What is shown, without a name that is cut in the border."""
        self._fits = False
        self._name_shown = ""

    def compose(self) -> ComposeResult:
        yield self._text

    def show(
        self, detail: PackageDetail | None, edges: Sequence[Edge] | None, now: datetime
    ) -> None:
        """`edges` of the latest version, None if they are not loaded."""
        text = Page([], "") if detail is None else preview_text(detail, edges, now)
        self._draw(detail.name if detail else None, text)

    def show_row(self, row: PackageRow | None, now: datetime) -> None:
        """What its line in the list says, before `show` brings the rest."""
        if row is not None:
            self._draw(row.name, row_text(row, now))

    def _draw(self, name: str | None, body: Page) -> None:
        self._name_shown, self._body = name or "", body
        self._entitle()
        text = self._text_of(body)
        if self._shown is None or not text.is_same(self._shown):
            self._shown = text
            # A text that fits before and after needs no layout, which would draw the whole screen again.
            did_fit, self._fits = self._fits, self._is_fitting(text)
            self._text.update(text, layout=not (did_fit and self._fits))

    def on_resize(self) -> None:
        self._entitle()
        text = self._text_of(self._body)
        self._fits, self._shown = self._is_fitting(text), text
        self._text.update(text)

    def _entitle(self) -> None:
        """The name, cut where it tells least: a border would cut its end."""
        name = self._name_shown
        self.border_title = cut(safe(name, MAX_NAME), self._room) if name else None

    @property
    def _room(self) -> int:
        """Cells of the name in the border."""
        return max(1, self.size.width - BORDER)

    def _text_of(self, body: Page) -> Page:
        name = safe(self._name_shown, MAX_NAME, style="bold")
        is_cut = self.size.width > 0 and name.cell_length > self._room
        return body.below(Flow([name], NOTHING)) if is_cut else body

    def _is_fitting(self, text: Page) -> bool:
        width, height = self.scrollable_content_region.size
        return width > 0 and text.get_height({}, width) <= height


def row_text(row: PackageRow, now: datetime) -> Page:
    """The beginning of `preview_text`, as far as a row has it."""
    parts = [safe(row.latest_version, 40, style="bold")] if row.latest_version else []
    parts.append(registry_label(row.registry))
    if row.published_at is not None:
        parts.append(Content(f"published {ago(row.published_at, now)}"))
    paragraphs: list[Paragraph] = [Flow(parts, FACT_GAP)]
    if row.description:
        paragraphs.append(safe(row.description, DESCRIPTION_LIMIT))
    if row.tags:
        paragraphs.append(_tags(row.tags))
    return Page(paragraphs, BETWEEN)


def preview_text(detail: PackageDetail, edges: Sequence[Edge] | None, now: datetime) -> Page:
    """Everything the preview says, top to bottom."""
    paragraphs: list[Paragraph] = [_facts(detail, now)]
    if detail.latest is not None and detail.latest.is_yanked:
        word, reason = withdrawal(detail.registry, detail.latest.yank_message)
        paragraphs.append(safe(f"{word.capitalize()}: {reason}", 400, style="$text-warning"))
    if detail.latest is not None and registration(detail.registry).placeholder(
        detail.latest.version
    ):
        paragraphs.append(Content.styled(f"Placeholder: {HOLDS_A_NAME}", "$text-warning"))
    if detail.findings:
        paragraphs.append(finding_lines(detail.findings, FINDINGS_SHOWN))
    if detail.description:
        paragraphs.append(safe(detail.description, DESCRIPTION_LIMIT))
    if detail.tags:
        paragraphs.append(_tags(detail.tags))
    if detail.state == "ready":
        paragraphs.append(_relations(detail, edges))
    links = [
        Flow([safe(shown_link(address), 200)], NOTHING, _name(name))
        for name, address in (("Home", detail.homepage), ("Code", detail.repository))
        if address
    ]
    if links:
        paragraphs.append(links)
    paragraphs.append(Content.styled(freshness(detail, now), MUTED))
    return Page(paragraphs, BETWEEN)


def freshness(detail: PackageDetail, now: datetime) -> str:
    """How fresh this is, or why it is not here."""
    if detail.fetched_at is not None:
        return as_of(detail.fetched_at, now)
    told = request_text(detail.request, now) if detail.request is not None else ""
    return f"Only its name is known. {told}".rstrip()


def _facts(detail: PackageDetail, now: datetime) -> Flow:
    parts: list[Content] = []
    if detail.latest is not None:
        parts.append(safe(detail.latest.version, 40, style="bold"))
    parts.append(registry_label(detail.registry))
    if detail.latest is not None and detail.latest.published_at is not None:
        parts.append(Content(f"published {ago(detail.latest.published_at, now)}"))
    if detail.version_count:
        parts.append(Content(counted(detail.version_count, "version")))
    return Flow(parts, FACT_GAP)


def _tags(tags: Sequence[TagLabel]) -> Flow:
    return Flow([tag_label(tag) for tag in tags], TAG_GAP, _name("Tags"))


def _relations(detail: PackageDetail, edges: Sequence[Edge] | None) -> list[Content | Flow]:
    lines: list[Content | Flow] = []
    if edges is None:
        lines.append(_name("Dependencies") + Content.styled("not loaded yet", MUTED))
    elif not edges:
        lines.append(_name("Dependencies") + Content.styled("none", MUTED))
    else:
        lines.append(_name("Dependencies") + number(len(edges)))
        lines += map(_dependency, edges[:DEPENDENCIES_SHOWN])
        if len(edges) > DEPENDENCIES_SHOWN:
            lines.append(Content.styled(f"  and {len(edges) - DEPENDENCIES_SHOWN} more", MUTED))
    used = detail.used_by
    lines.append(_name("Used by") + f"{number(used.installed)} known here")
    lines += [
        Flow([Content(each)], NOTHING, INDENT)
        for each in (*installed_by_use(used), *others_in_words(used))
    ]
    return lines


def _dependency(edge: Edge) -> Flow:
    """Its range on a line of its own if both don't fit."""
    parts = [safe(edge.name, MAX_NAME), safe(edge.range, MAX_SHOWN_RANGE, style=MUTED)]
    return Flow(parts, Content(" "), INDENT, hang=2)


def _name(text: str) -> Content:
    return Content.assemble(Content.styled(text, MUTED), "  ")
