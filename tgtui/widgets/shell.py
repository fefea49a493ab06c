"""The frame of every screen: its top line, its queue strip, its line of keys."""

from __future__ import annotations

from msgspec import Struct
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from tgtui.basics.formatting import number
from tgtui.data.views.requests import QueueCounts, Whose
from tgtui.output.requests import STATE_WORDS, TEAMS_WORKER
from tgtui.widgets.content import safe
from tgtui.widgets.flow import ENDLESS
from tgtui.widgets.labels import REQUEST_STYLES
from tgtui.widgets.lists.cutting import cut

IDLE: dict[Whose, str] = {
    "everybody": "The queue is empty",
    "own": "You have nothing queued",
    "nobody": "You can look around; members can ask for packages",
}
LEAST_CURRENT = 24
"""Cells that the queue strip keeps for what the worker is doing."""
KEY_GAP = 2
"""Cells between two keys of the key line."""


class QueueState(Struct, frozen=True):
    """Everything the queue strip shows."""

    counts: QueueCounts | None = None
    """None until the catalogue is open."""
    current: str = ""
    """What the worker is doing, such as `npm:webpack resolving 12/30`; hostile text."""
    outage: str = ""
    """A registry that can't be reached, as a sentence; replaces `current`."""
    note: str = ""
    """Shown instead of everything else: the catalogue is being opened, or can't be."""
    is_working: bool = True
    """False if this program runs no worker now."""
    may_work: bool = True
    """False if this program must not run one."""
    whose: Whose = "everybody"
    """Whose requests are counted."""


class KeyHint(Struct, frozen=True):
    """One entry of the key line."""

    key: str
    """As Textual names it; a click presses it."""
    display: str
    label: str


class TopLine(Static):
    """` TechGarden › react                local · admin`."""

    DEFAULT_CSS = """
    TopLine { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: clip; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._place = Content("")
        self._who = Content("")

    def show(self, place: Content, who: Content) -> None:
        """`place` is where people are, `who` uses the program."""
        if (place, who) != (self._place, self._who):
            self._place, self._who = place, who
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        left = Content.styled("TechGarden", "bold $primary")
        if self._place.plain:
            left = Content.assemble(left, Content.styled(" › ", "$foreground-muted"), self._place)
        who = self._who.stylize("$foreground-muted")
        room = max(0, self.content_size.width - who.cell_length - 1)
        left = cut(left, room)
        self.update(left + " " * (room - left.cell_length + 1) + who, layout=False)


class QueueStrip(Static):
    """One line on the queue: `2 fetching · 14 queued · 1 failed · npm:webpack resolving 12/30`."""

    DEFAULT_CSS = """
    QueueStrip {
        height: 1; width: 1fr; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis;
        color: $foreground-muted;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._state: QueueState | None = None

    def show(self, state: QueueState) -> None:
        """Draw the state, if it differs from the one shown."""
        if state != self._state:
            self._state = state
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        if self._state is not None:
            self.update(queue_line(self._state, self.content_size.width), layout=False)


class KeyLine(Static):
    """The keys that work where the focus is, as many as fit, and always help. A click presses one."""

    DEFAULT_CSS = """
    KeyLine {
        height: 1; width: 1fr; padding: 0 1; text-wrap: nowrap; text-overflow: clip;
        background: $footer-background;
    }
    """
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._hints: list[KeyHint] = []
        self._places: list[tuple[int, int, str]] = []

    def show(self, hints: list[KeyHint]) -> None:
        """The last hint stays when there is no room for all."""
        if hints != self._hints:
            self._hints = hints
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        for start, end, key in self._places:
            if offset is not None and start <= offset.x < end:
                self.app.simulate_key(key)

    def _draw(self) -> None:
        shown = hints_that_fit(self._hints, self.content_size.width)
        parts: list[Content] = []
        self._places = []
        x = 0
        for hint in shown:
            part = _hint(hint)
            self._places.append((x, x + part.cell_length, hint.key))
            x += part.cell_length + KEY_GAP
            parts.append(part)
        self.update(Content(" " * KEY_GAP).join(parts), layout=False)


def queue_line(state: QueueState, width: int = ENDLESS) -> Content:
    """The strip's text; where it is too long, the middle of what the worker is doing gives way."""
    line = _queue_line(state, safe(state.current))
    missing = line.cell_length - width
    if missing <= 0 or not state.current:
        return line
    current = safe(state.current)
    return _queue_line(state, cut(current, max(LEAST_CURRENT, current.cell_length - missing)))


def _queue_line(state: QueueState, current: Content) -> Content:
    if state.note:
        return safe(state.note)
    if state.counts is None:
        return Content("")
    counts = state.counts
    parts: list[Content] = []
    if state.outage:  # first, so that a narrow screen does not cut it
        parts.append(safe(state.outage, style="$text-warning"))
    if counts.fetching:
        parts.append(
            Content.styled(f"{number(counts.fetching)} fetching", REQUEST_STYLES["fetching"])
        )
    if counts.pending:
        waiting = f" ({number(counts.waiting)} to be retried)" if counts.waiting else ""
        parts.append(Content(f"{number(counts.pending)} {STATE_WORDS['pending']}{waiting}"))
    if counts.failed:
        parts.append(Content.styled(f"{number(counts.failed)} failed", REQUEST_STYLES["failed"]))
    if current and not state.outage:
        parts.append(current)
    elif (
        counts.pending
        and state.may_work
        and not (counts.fetching or state.is_working or state.outage)
    ):
        parts.append(Content("no worker is running in this program"))
    line = Content(" · ").join(parts) if parts else Content(IDLE[state.whose])
    if parts and state.whose == "own":
        line = Content("Yours: ") + line
    if not (state.may_work or state.outage or state.whose == "nobody"):
        line += Content(f" · {TEAMS_WORKER}")
    return line


def hints_that_fit(hints: list[KeyHint], width: int) -> list[KeyHint]:
    """The first ones that fit, and always the last one."""
    if not hints:
        return []
    lengths = [_hint(hint).cell_length + KEY_GAP for hint in hints]
    room = width - lengths[-1] + KEY_GAP
    shown: list[KeyHint] = []
    for hint, length in zip(hints[:-1], lengths, strict=False):
        if length > room:
            break
        shown.append(hint)
        room -= length
    return [*shown, hints[-1]]


def hint_of(binding: Binding, display: str) -> KeyHint:
    """A binding as the key line shows it."""
    return KeyHint(binding.key, display, binding.description)


def _hint(hint: KeyHint) -> Content:
    return Content.assemble(
        Content.styled(hint.display, "bold $text-accent"), " ", Content(hint.label)
    )
