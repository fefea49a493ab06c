"""The columns of the list of requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from tgtui.basics.formatting import counted, number
from tgtui.data.views.requests import Chain, Step
from tgtui.output.requests import (
    STATE_WORDS,
    RequestState,
    cause_text,
    needed_by,
    state_of,
    step_text,
)
from tgtui.widgets.content import MAX_NAME, MAX_RANGE, safe
from tgtui.widgets.labels import MUTED, REQUEST_STYLES
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.requests.model import Line, MoreLine, RequestLine

SIGNS: dict[RequestState, str] = {
    "pending": "○",
    "fetching": "◐",
    "completed": "✓",
    "failed": "✗",
    "cancelled": "–",
    "working": "◐",
    "partial": "!",
}
"""Tells the states apart without colour."""
BAR = 10
"""Cells of a progress bar."""
MEMBER_INDENT = "  "


def request_columns() -> Sequence[Column[Line]]:
    """A narrow screen leaves out who asked and the attempt, which the detail shows."""
    return (
        Column(_of(_state), width=13),
        Column(_of(_package), share=5, at_most=48, tells=True),
        Column(_of(what_happens), share=7, at_least=20),
        Column(_of(_cause), share=3, at_most=30, tells=True, from_width=100),
        Column(_of(_attempt), width=5, from_width=110, align="right"),
        Column(_of(_age), width=6, align="right"),
    )


def more_line(line: Line) -> Content | None:
    """The line after the members loaded so far; None for a request."""
    if not isinstance(line, MoreLine):
        return None
    if line.total is None or not line.shown:
        return Content(f"{' ' * 16}loading more…")
    return Content(f"{' ' * 16}{number(max(0, line.total - line.shown))} more")


def what_happens(line: RequestLine) -> Content:
    """Progress, the chain's count, the error, or the next try: whichever matters most."""
    request, chain = line.request, line.chain
    if chain is not None and chain.roots > 1:
        return chain_content(chain)
    if line.step is not None and (chain is None or request.status == "fetching"):
        return step_content(line.step)
    if request.status == "failed":
        return safe(request.error_message or "Failed.", style=REQUEST_STYLES["failed"])
    if line.retry:
        return safe(f"next try {line.retry} · {request.error_message or ''}", style="$text-warning")
    if chain is not None and needed_by(chain) > 1:
        return chain_content(chain)
    if request.status == "completed" and request.error_message:
        return safe(request.error_message, style="$text-warning")
    return Content("")


def step_content(step: Step) -> Content:
    """`━━━━────── fetching 3.1/8.4 MB`."""
    words = step_text(step)
    if not step.total:
        return safe(words)
    return bar(step.done / step.total) + " " + safe(words)


def chain_content(chain: Chain) -> Content:
    """`━━━━────── 12 of 65 completed · 1 failed`, `65 packages` when all is well."""
    if chain.completed == chain.total and not chain.left_out:
        return Content(counted(chain.total, "package"))
    count = f"{number(chain.completed)} of {number(needed_by(chain))}"
    parts = [Content(f"{count} {STATE_WORDS['completed']}")]
    if chain.failed:
        parts.append(Content.styled(f"{number(chain.failed)} failed", REQUEST_STYLES["failed"]))
    if chain.cancelled:
        parts.append(Content(f"{number(chain.cancelled)} cancelled"))
    if chain.left_out:
        left_out = f"{number(chain.left_out)} left out"
        parts.append(Content.styled(left_out, REQUEST_STYLES["partial"]))
    words = Content(" · ").join(parts)
    return bar((chain.total - chain.open) / chain.total) + " " + words if chain.open else words


def bar(part: float) -> Content:
    """Full and empty cells differ in shape, not in colour alone."""
    full = max(0, min(BAR, int(part * BAR)))
    return Content.assemble(("━" * full, "$text-primary"), ("─" * (BAR - full), MUTED))


def state_label(line: RequestLine) -> Content:
    """`✓ completed`."""
    state = state_of(line.request, line.chain)
    return Content.styled(f"{SIGNS[state]} {STATE_WORDS[state]}", REQUEST_STYLES[state])


def _of(cell: Callable[[RequestLine], Content]) -> Callable[[Line], Content]:
    """For a column. A line that says "more" is drawn as a heading and has no cells."""
    return lambda line: cell(line) if isinstance(line, RequestLine) else Content("")


def _state(line: RequestLine) -> Content:
    fold = "  "
    if line.chain is not None and line.chain.total > 1:
        fold = "▼ " if line.is_open else "▶ "
    return Content.assemble((fold, "$text-accent"), state_label(line))


def _package(line: RequestLine) -> Content:
    request = line.request
    registry = Content.styled(f"{request.registry}:", MUTED)
    name = safe(request.name, MAX_NAME, style="" if line.is_member else "bold")
    more = ""
    if line.chain is not None and line.chain.roots > 1:
        more = f" and {number(line.chain.roots - 1)} more"
    return Content(MEMBER_INDENT if line.is_member else "") + registry + name + more


def _cause(line: RequestLine) -> Content:
    return safe(cause_text(line.request), MAX_RANGE, style=MUTED)


def _attempt(line: RequestLine) -> Content:
    count = line.request.attempt_count
    return Content.styled(f"try {count}" if count > 1 else "", MUTED)


def _age(line: RequestLine) -> Content:
    return Content.styled(line.age, MUTED)
