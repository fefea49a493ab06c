"""How requests are written: the columns of their list, and the words for states and stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from tgtui.basics.formatting import number, size
from tgtui.data.views.requests import Chain, Step
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED
from tgtui.widgets.lists.columns import Column
from tgtui.widgets.requests.model import Line, MoreLine, RequestLine

STATES = {
    "pending": ("○", "pending", "$foreground"),
    "fetching": ("◐", "fetching", "$text-primary"),
    "completed": ("✓", "done", "$text-success"),
    "failed": ("✗", "failed", "$text-error"),
    "cancelled": ("–", "cancelled", MUTED),
}
"""Sign, word and colour of each status."""
WORKING = ("◐", "working", "$text-primary")
"""A root that is done, while its chain is not."""
IN_PART = ("!", "in part", "$text-warning")
"""A root that is done, of whose chain something failed or was cancelled."""
BAR = 10
"""Cells of a progress bar."""
MEMBER_INDENT = "  "
MAX_NAME = 100


def request_columns() -> Sequence[Column[Line]]:
    """Who asked and the attempt give way on a narrow screen; the detail says them there."""
    return (
        Column(_of(_state), width=13),
        Column(_of(_package), share=5, at_most=48),
        Column(_of(what_happens), share=7),
        Column(_of(_cause), share=3, at_most=30, from_width=100),
        Column(_of(_attempt), width=5, from_width=110, align="right"),
        Column(_of(_age), width=6, align="right"),
    )


def more_line(line: Line) -> Content | None:
    """What ends the members read so far; None for a request."""
    if not isinstance(line, MoreLine):
        return None
    if line.total is None or not line.shown:
        return Content(f"{' ' * 16}reading more…")
    return Content(f"{' ' * 16}{number(max(0, line.total - line.shown))} more")


def what_happens(line: RequestLine) -> Content:
    """Progress, the chain's count, the error, or when it is tried again: whichever matters most."""
    request, chain = line.request, line.chain
    if line.step is not None and (chain is None or request.status == "fetching"):
        return step_content(line.step)
    if request.status == "failed":
        return safe(request.error_message or "Failed.", style="$text-error")
    if line.retry:
        return safe(f"next try {line.retry} · {request.error_message or ''}", style="$text-warning")
    if chain is not None and chain.total > 1:
        return chain_content(chain)
    if request.status == "completed" and request.error_message:
        return safe(request.error_message, style="$text-warning")
    return Content("")


def step_content(step: Step) -> Content:
    """`━━━━────── fetching 3.1/8.4 MB`."""
    words = f"{step.stage} {amount(step)}".rstrip()
    if not step.total:
        return safe(words)
    return bar(step.done / step.total) + " " + safe(words)


def chain_content(chain: Chain) -> Content:
    """`━━━━────── 12 of 65 done · 1 failed`, `65 packages` when all is well."""
    if chain.completed == chain.total:
        return Content(f"{number(chain.total)} packages")
    parts = [Content(f"{number(chain.completed)} of {number(chain.total)} done")]
    if chain.failed:
        parts.append(Content.styled(f"{number(chain.failed)} failed", "$text-error"))
    if chain.cancelled:
        parts.append(Content(f"{number(chain.cancelled)} cancelled"))
    words = Content(" · ").join(parts)
    return bar((chain.total - chain.open) / chain.total) + " " + words if chain.open else words


def amount(step: Step) -> str:
    """`3.1/8.4 MB` of bytes, `12/30` of packages, empty where nothing is counted."""
    if step.stage != "fetching":
        return f"{step.done}/{step.total}" if step.total else ""
    if not step.total:
        return size(step.done) if step.done else ""
    done, unit = size(step.done).split()
    total, total_unit = size(step.total).split()
    return f"{done}/{total} {unit}" if unit == total_unit else f"{done} {unit}/{total} {total_unit}"


def bar(part: float) -> Content:
    """Full and empty cells differ in shape, not in colour alone."""
    full = max(0, min(BAR, int(part * BAR)))
    return Content.assemble(("━" * full, "$text-primary"), ("─" * (BAR - full), MUTED))


def state_words(line: RequestLine) -> tuple[str, str, str]:
    """Sign, word, colour."""
    status, chain = line.request.status, line.chain
    if status == "completed" and chain is not None:
        if chain.open:
            return WORKING
        if chain.failed or chain.cancelled:
            return IN_PART
    return STATES[status]


def cause_words(line: RequestLine) -> str:
    """`asked by Ada`, or `for body-parser`; names are foreign text."""
    request = line.request
    if request.source_name is not None:
        return f"for {request.source_name}"
    if request.requested_by:
        return f"by {request.requested_by}"
    return "for its chain" if request.is_auto_queued else "at the first start"


def _of(cell: Callable[[RequestLine], Content]) -> Callable[[Line], Content]:
    """For a column; a line that says "more" is drawn as a heading and has no cells."""
    return lambda line: cell(line) if isinstance(line, RequestLine) else Content("")


def _state(line: RequestLine) -> Content:
    sign, word, color = state_words(line)
    fold = "  "
    if line.chain is not None and line.chain.total > 1:
        fold = "▼ " if line.is_open else "▶ "
    return Content.assemble((fold, "$text-accent"), (f"{sign} {word}", color))


def _package(line: RequestLine) -> Content:
    request = line.request
    registry = Content.styled(f"{request.registry}:", MUTED)
    name = safe(request.name, MAX_NAME, style="" if line.is_member else "bold")
    return Content(MEMBER_INDENT if line.is_member else "") + registry + name


def _cause(line: RequestLine) -> Content:
    return safe(cause_words(line), MAX_NAME, style=MUTED)


def _attempt(line: RequestLine) -> Content:
    count = line.request.attempt_count
    return Content.styled(f"try {count}" if count > 1 else "", MUTED)


def _age(line: RequestLine) -> Content:
    return Content.styled(line.age, MUTED)
