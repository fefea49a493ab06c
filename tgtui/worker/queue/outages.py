"""Registries' hosts that are left alone, as found out by this program and others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tgtui.basics import clock
from tgtui.data.views.requests import RegistryOutage
from tgtui.registries.base import Lane
from tgtui.registries.http.gate import HostGate
from tgtui.worker.events import Activity

SAME = timedelta(seconds=1)
"""Ends of a wait that are no further apart are the same: clocks were read at different moments."""


class Outages:
    """Claims follow what `Activity` shows; the gate keeps running jobs from asking."""

    def __init__(self, activity: Activity, gate: HostGate) -> None:
        self._activity = activity
        self._gate = gate
        self._answered: set[str] = set()

    def leave_alone(self, lane: Lane, seconds: float, reason: str) -> None:
        """Leave the lane's host alone until then; a later time already set stands."""
        until = clock.now() + timedelta(seconds=seconds)
        self._put(RegistryOutage(lane.registry, lane.host, reason, until))
        self._activity.changed()

    def learn(self, outages: Iterable[RegistryOutage]) -> None:
        """Take over what the database has. A wait this program began is kept: it may not be recorded yet."""
        before = dict(self._activity.outages)
        told = [outage for outage in outages if outage.host not in self._answered]
        hosts = {outage.host for outage in told}
        for host in before:
            if host not in hosts and not self._gate.is_resting(host):
                del self._activity.outages[host]
        for outage in told:
            self._put(outage)
        if self._activity.outages != before:
            self._activity.changed()

    def answered(self, host: str) -> None:
        """The host answered. An answer during the wait was requested before it, and does not end it."""
        if host in self._activity.outages and not self._gate.is_resting(host):
            del self._activity.outages[host]
            self._answered.add(host)
            self._activity.changed()

    def take_answered(self) -> set[str]:
        """Hosts whose outages are over, for other programs; each is returned once."""
        answered, self._answered = self._answered, set()
        return answered

    def is_open(self, lane: Lane) -> bool:
        """Whether the host may be asked now. An outage is shown until its host answers."""
        return not self._gate.is_resting(lane.host)

    def is_tried(self, lane: Lane) -> bool:
        """The host may be asked again, and has not answered yet: one request finds out, others would fail with it."""
        return self.is_open(lane) and lane.host in self._activity.outages

    def _put(self, outage: RegistryOutage) -> None:
        known = self._activity.outages.get(outage.host)
        if known is not None and known.until + SAME >= outage.until:
            return
        self._activity.outages[outage.host] = outage
        left = (outage.until - clock.now()).total_seconds()
        if left > 0:
            self._gate.rest(outage.host, left, outage.reason.rstrip("."))
