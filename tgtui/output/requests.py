"""The words for a request's state and progress, on the screens and on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from tgtui.basics.formatting import age, ago, counted, number, size, until
from tgtui.data.views.packages import PackageState
from tgtui.data.views.requests import (
    LIMITS,
    Cancelled,
    Chain,
    RequestRow,
    RequestStatus,
    Retried,
    Step,
)

ACTIVE: frozenset[RequestStatus] = frozenset({"pending", "fetching"})
"""Queued, or being worked on."""
RequestState = RequestStatus | Literal["working", "partial"]
"""Of a request with its chain. `working`: completed, but its chain is not. `partial`: part of its chain failed, was
cancelled, or was left out because of a limit."""
STATE_WORDS: dict[RequestState, str] = {
    "pending": "queued",
    "fetching": "fetching",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "working": "working",
    "partial": "partial",
}
"""The word people see, on the screens and on the command line."""
PACKAGE_STATES: dict[PackageState, str] = {
    "ready": "is in the catalogue",
    "queued": "is queued",
    "fetching": "is being fetched now",
    "failed": "could not be fetched",
    "unknown": "is known only by its name",
}
"""What follows a package's name."""
TEAMS_WORKER = "the team's worker fetches requests"
NO_OWN_WORKER = f"This login may not run a worker; {TEAMS_WORKER}."
LEFT = "You no longer wait for {package}; others need it, so it stays queued."
"""What is said of a request that another chain needs too."""
REFUSED_SHOWN = 5
"""Packages that a retry names, of those that are not tried again."""
NO_REASON = "the reason was not recorded"


def is_active(request: RequestRow | None) -> bool:
    """There is a request, and it is queued or being worked on."""
    return request is not None and request.status in ACTIVE


def state_of(root: RequestRow, chain: Chain | None) -> RequestState:
    """One word for a request and its chain, if it has one."""
    if chain is not None and chain.roots > 1:
        return _state_of_several(chain)
    if root.status == "completed" and chain is not None:
        if chain.open or not chain.is_settled:
            return "working"
        if chain.failed or chain.cancelled or chain.left_out:
            return "partial"
    return root.status


def _state_of_several(chain: Chain) -> RequestState:
    if chain.open == chain.total and chain.root.status == "pending":
        return "pending"
    if chain.open or not chain.is_settled:
        return "working"
    if chain.failed or chain.cancelled:
        return "partial" if chain.completed else "failed" if chain.failed else "cancelled"
    return "partial" if chain.left_out else "completed"


def chain_name(chain: Chain) -> str:
    """`npm:a`, or `npm:a and 199 more`; the name is hostile text."""
    name = f"{chain.root.registry}:{chain.root.name}"
    return name if chain.roots == 1 else f"{name} and {number(chain.roots - 1)} more"


def needed_by(chain: Chain) -> int:
    """Packages it needs as far as that is known, those that its limits left out included."""
    return chain.total + chain.left_out


def left_out_text(count: int) -> str:
    """What a limit kept from being queued, and how that is continued, without the last words and the full stop."""
    return f"{counted(count, 'package was', 'packages were')} not queued: {LIMITS}"


def retried_text(package: str, retried: Retried, *, are_several: bool = False) -> str:
    """What a retry of this package or chain did, as sentences; `package` is hostile text, of several roots."""
    if not retried.queued:
        told = f"{package} {'are' if are_several else 'is'} queued."
    elif retried.queued == 1 and not (retried.refused or are_several):
        told = f"{package} is queued."
    else:
        queued = counted(retried.queued, "request is", "requests are")
        told = f"{package}: {queued} queued again."
    for refused in retried.refused[:REFUSED_SHOWN]:
        told += f" Not {refused.registry}:{refused.name}: {refused.reason}"
    more = len(retried.refused) - REFUSED_SHOWN
    return f"{told} {counted(more, 'other')} not retried." if more > 0 else told


def cancelled_text(cancelled: Cancelled) -> str:
    """`12 requests cancelled, 120 left to others who need them`."""
    if not (cancelled.ended or cancelled.left):
        return "nothing of it was queued any more"
    if not cancelled.left:
        return f"{counted(cancelled.ended, 'request')} cancelled"
    needed = "others who need them" if cancelled.left > 1 else "others who need it"
    left = f"{number(cancelled.left)} left to {needed}"
    return f"{counted(cancelled.ended, 'request')} cancelled, {left}" if cancelled.ended else left


def request_text(request: RequestRow, now: datetime | None = None) -> str:
    """A request's state as a sentence, with `now` also how long it has lasted. The error in it is hostile text."""
    match request.status:
        case "fetching":
            return "It is being fetched now."
        case "pending":
            return _pending_text(request, now)
        case "failed":
            when = f" {ago(request.updated_at, now)}" if now is not None else ""
            return f"Fetching it failed{when}: {request.error_message or f'{NO_REASON}.'}"
        case _:
            return f"Its request was {STATE_WORDS[request.status]}."


def request_text_or(request: RequestRow | None, otherwise: str) -> str:
    """The same for a package that is not here yet; `otherwise` if no request will bring it."""
    if request is None or request.status in {"completed", "cancelled"}:
        return otherwise
    return request_text(request)


def _pending_text(request: RequestRow, now: datetime | None) -> str:
    if now is None:
        told = request.error_message
        return f"It is queued and will be tried again: {told}" if told else "It is queued."
    if request.retry_after is not None and request.retry_after > now:
        reason = f": {request.error_message}" if request.error_message else "."
        return f"It will be tried again {until(request.retry_after, now)}{reason}"
    waited = age(request.created_at, now)
    return f"It has been queued for {waited}." if waited != "now" else "It is queued."


def step_text(step: Step) -> str:
    """`fetching 3.1/8.4 MB`."""
    return f"{step.stage} {amount(step)}".rstrip()


def amount(step: Step) -> str:
    """`3.1/8.4 MB` of bytes, `12/30` of packages, empty if nothing is counted."""
    if step.stage != "fetching":
        return f"{step.done}/{step.total}" if step.total else str(step.done or "")
    if not step.total:
        return size(step.done) if step.done else ""
    done, unit = size(step.done).split()
    total, total_unit = size(step.total).split()
    return f"{done}/{total} {unit}" if unit == total_unit else f"{done} {unit}/{total} {total_unit}"


def progress_text(registry: str, name: str, step: Step) -> str:
    """`npm:webpack fetching 3.1/8.4 MB`; the name is hostile text."""
    return f"{registry}:{name} {step_text(step)}"


def cause_text(request: RequestRow) -> str:
    """`by Ada`, or `for body-parser`; the names are hostile text."""
    if request.source_name is not None:
        return f"for {request.source_name}"
    if request.requested_by:
        return f"by {request.requested_by}"
    if request.is_for_watchers:
        return "as someone watches it"
    return "for its chain" if request.is_auto_queued else "at the first start"
