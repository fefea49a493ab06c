"""What the frame of every screen says about the worker and the person."""

from __future__ import annotations

from datetime import datetime
from math import inf
from typing import TYPE_CHECKING

from textual.content import Content

from tgtui.basics.formatting import until, until_lasts
from tgtui.basics.text import clean
from tgtui.output.requests import NO_OWN_WORKER, progress_text
from tgtui.widgets.content import safe
from tgtui.widgets.shell import QueueState

if TYPE_CHECKING:
    from tgtui.data.views.requests import QueueView, RegistryOutage
    from tgtui.services.catalogue import Catalogue


LOST = "The database has not answered since {}; what you see is from then. tgtui keeps trying to reach it."
NO_WORKER = "No worker is running here; start `tgtui worker` in another terminal."


def who_is_here(catalogue: Catalogue | None) -> Content:
    """`local · admin`; empty until the catalogue is open."""
    if catalogue is None:
        return Content("")
    who = catalogue.principal.display_name
    if catalogue.session is not None and catalogue.person is not None:
        identity = catalogue.person.identity
        who = identity.display_name if identity is not None else "not logged in"
    elif catalogue.database.is_sqlite:
        who = "local"
    can = catalogue.principal.can
    role = "admin" if can("admin") else "member" if can("authenticated") else ""
    return safe(f"{who} · {role or ('worker' if can('worker') else 'read only')}", 60)


def queue_state(catalogue: Catalogue, queue: QueueView | None, now: datetime) -> QueueState:
    """For the queue strip: what this program does, or else what other workers last reported."""
    activity = catalogue.activity
    at_hand = next(iter(activity.progress.values()), queue and queue.at_hand)
    outage = _outage(catalogue, queue)
    return QueueState(
        note=lost(catalogue) or catalogue.reads_only or activity.trouble,
        counts=queue.counts if queue is not None else None,
        current=progress_text(at_hand.registry, at_hand.name, at_hand.step) if at_hand else "",
        outage="" if outage is None else outage_text(outage, now),
        is_working=activity.is_running,
        may_work=catalogue.principal.can("worker"),
        whose=queue.whose if queue is not None else "everybody",
    )


def lasts(catalogue: Catalogue, queue: QueueView | None, now: datetime) -> float:
    """Seconds until time alone makes `queue_state` something else; infinite if it never does."""
    outage = _outage(catalogue, queue)
    return inf if outage is None else until_lasts(outage.until, now)


def _outage(catalogue: Catalogue, queue: QueueView | None) -> RegistryOutage | None:
    """The one that is told."""
    told = queue.outages if queue is not None else ()
    return next(iter(catalogue.activity.outages.values()), next(iter(told), None))


def lost(catalogue: Catalogue) -> str:
    """That the database's server does not answer now, and of when what is shown is; empty if it does."""
    since = catalogue.changes.lost_since
    return LOST.format(since.astimezone().strftime("%H:%M:%S")) if since is not None else ""


def unattended(catalogue: Catalogue, queue: QueueView | None, registry: str, now: datetime) -> str:
    """Why no worker fetches from a registry now, and what to do; empty if one does."""
    activity = catalogue.activity
    told = queue.outages if queue is not None else ()
    for outage in (*activity.outages.values(), *told):
        if outage.registry == registry:
            return f"{outage_text(outage, now)}."
    is_elsewhere = queue is not None and queue.counts.fetching > 0
    if activity.is_running or is_elsewhere:
        return ""
    if activity.trouble:
        return activity.trouble
    return NO_WORKER if catalogue.principal.can("worker") else NO_OWN_WORKER


def outage_text(outage: RegistryOutage, now: datetime) -> str:
    """`npm: the registry can't be reached, retry in 14 s; the catalogue still works`."""
    reason = clean(outage.reason).rstrip(".")
    if reason.startswith(f"{outage.registry}:"):  # whichever package found out
        reason = reason.partition(": ")[2]
    reason = reason.partition(";")[0]
    return (
        f"{outage.registry}: {reason}, retry {until(outage.until, now)}; the catalogue still works"
    )
