"""One request in detail: who, when, what went wrong, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from tgtui.basics.formatting import counted
from tgtui.data.views.requests import Chain
from tgtui.output.requests import cause_text, chain_name, left_out_text
from tgtui.widgets.content import safe
from tgtui.widgets.flow import ENDLESS
from tgtui.widgets.keys import key
from tgtui.widgets.lists.cutting import Part, cut_to_fit
from tgtui.widgets.requests.calm_text import CalmText
from tgtui.widgets.requests.line import state_label, what_happens
from tgtui.widgets.requests.model import RequestLine

LEAST_NAME = 24
"""Cells of a name that are shown, however much there is to say behind it."""
MAX_SENTENCE = 1_000
"""Characters of an error; the list shows what fits on a line."""

ADVICE = {
    "not_found": "The registry has no package with this name: check the spelling. It may have been"
    " unpublished, or be in a private registry.",
    "invalid_name": "No registry accepts this name, so trying again changes nothing.",
    "forbidden": "The registry refuses access. If it needs a login, put its token in .npmrc.",
    "unreachable": "Check the network, a proxy, or the registry's address in the settings.",
    "rate_limited": "The registry limits how often it is asked; just wait.",
    "server_error": "The registry has a problem, which usually passes.",
    "malformed": "A mirror or proxy may be answering instead of the registry: check its address in the"
    " settings.",
    "too_large": "The document is larger than tgtui accepts, so trying again changes nothing.",
    "removed_by_admin": "An admin removed it from the catalogue and can restore it.",
    "crashed": "Its document may crash the worker; the log from that time has the details.",
    "chain_cancelled": "Someone cancelled the whole chain.",
    "internal": "This is a bug in tgtui; the log has the details.",
}
"""The next step, by `error_code`."""
PERMANENT = frozenset({"invalid_name", "too_large", "removed_by_admin"})
"""Codes for which a retry is pointless."""


class RequestDetail(Vertical):
    """Three texts on the request under the cursor."""

    DEFAULT_CSS = "RequestDetail { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._head = CalmText(id="request-head")
        self._error = CalmText(id="request-error")
        self._advice = CalmText(id="request-advice")
        self._shown: tuple[RequestLine | None, bool, int] | None = None
        """The request, whether the person may act on it, and the cells of a line."""

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._error
        yield self._advice

    def show(self, line: RequestLine | None, *, can_act: bool) -> None:
        """Draw only what differs from what is shown. `can_act`: the person may retry."""
        empty, width = Content(""), self._head.content_size.width or ENDLESS
        if self._shown == (line, can_act, width):
            return
        self._shown = line, can_act, width
        self._head.say(headline(line, width) if line else empty)
        self._error.say(explanation(line) if line else empty)
        self._advice.say(advice(line, can_act=can_act) if line else empty)

    def on_resize(self) -> None:
        if self._shown is not None:
            line, can_act, _width = self._shown
            self.show(line, can_act=can_act)


def headline(line: RequestLine, width: int = ENDLESS) -> Content:
    """`npm:left-padd   ✗ failed · by Ada · 3 min old · attempt 2`; a name too long for this many cells is cut."""
    request = line.request
    if line.chain is not None and line.chain.roots > 1:
        facts = [cause_text(request), _age_text(line)]
        return _headline(chain_name(line.chain), line, facts, width)
    facts = [cause_text(request), _age_text(line)]
    if request.attempt_count > 1:
        facts.append(f"attempt {request.attempt_count}")
    if request.error_code:
        facts.append(request.error_code.replace("_", " "))
    return _headline(f"{request.registry}:{request.name}", line, facts, width)


def _age_text(line: RequestLine) -> str:
    return "new" if line.age == "now" else f"{line.age} old"


def _headline(name: str, line: RequestLine, facts: Sequence[str], width: int) -> Content:
    rest = Content.assemble(
        Content("   "),
        state_label(line),
        Content.styled(" · ", "$foreground-muted"),
        safe(" · ".join(facts), style="$foreground-muted"),
    )
    return cut_to_fit([Part(safe(name, style="bold"), LEAST_NAME), Part(rest)], width)


def explanation(line: RequestLine) -> Content:
    """The whole error, or the progress."""
    chain = line.chain
    is_single = (chain is None or chain.roots == 1) and not (chain and chain.left_out)
    if is_single and line.request.error_message and line.request.status != "fetching":
        return safe(line.request.error_message, MAX_SENTENCE)
    return what_happens(line)


def advice(line: RequestLine, *, can_act: bool = True) -> Content:
    """The next step, if there is one to take. Keys are named only if they work: `can_act`."""
    request, chain = line.request, line.chain
    retry, unfold, only = map(key, ("requests.retry", "requests.toggle", "requests.filter"))
    steps: list[str] = []
    if chain is not None and chain.roots > 1:
        if chain.failed or chain.cancelled:
            steps.append(
                f"{retry} retries what failed or was cancelled; {unfold} unfolds, {only} shows only those."
                if can_act
                else f"{unfold} unfolds, {only} shows only what failed or was cancelled."
            )
        steps += _left_out(chain, can_act=can_act)
        return safe(" ".join(steps), MAX_SENTENCE)
    if request.status in {"failed", "pending"} and request.error_code:
        steps.append(ADVICE.get(request.error_code, ""))
    if line.retry:
        next_try = f"Next try {line.retry}"
        waits_for_host = request.error_code in {"rate_limited", "unreachable"}
        is_left = waits_for_host or not can_act
        steps.append(f"{next_try}." if is_left else f"{next_try}; {retry} retries now.")
    elif can_act and request.status == "failed" and request.error_code not in PERMANENT:
        steps.append(f"{retry} retries.")
    elif can_act and request.status == "cancelled":
        steps.append(f"{retry} asks for it again.")
    if chain is not None and chain.failed > (request.status == "failed"):
        failed = counted(chain.failed, "package")
        retries = f"{retry} retries, " if can_act else ""
        steps.append(
            f"{failed} of its chain failed: {retries}{only} shows only those, {unfold} unfolds."
        )
    if chain is not None:
        steps += _left_out(chain, can_act=can_act)
    return safe(" ".join(step for step in steps if step), MAX_SENTENCE)


def _left_out(chain: Chain, *, can_act: bool) -> list[str]:
    if not chain.left_out:
        return []
    asks = f"; {key('requests.retry')} asks for the rest" if can_act else ""
    return [f"{left_out_text(chain.left_out)}{asks}."]
