"""Registries that are left alone for a while: one shared not-before, so that forty jobs do not each find out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tgtui import clock
from tgtui.worker.events import Activity, RegistryOutage


class Outages:
    """What `Activity` shows of it is what claims go by."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity

    def leave_alone(self, registry: str, seconds: float, reason: str) -> None:
        """No claims for `registry` until then; a later time stands."""
        until = clock.now() + timedelta(seconds=seconds)
        known = self._activity.outages.get(registry)
        if known is None or known.until < until:
            self._activity.outages[registry] = RegistryOutage(registry, reason, until)
            self._activity.changed()

    def answered(self, registry: str) -> None:
        """It is there again. An answer within the time it is left alone was under way before, and ends nothing."""
        outage = self._activity.outages.get(registry)
        if outage is not None and outage.until <= clock.now():
            del self._activity.outages[registry]
            self._activity.changed()

    def reachable(self, registries: Iterable[str]) -> list[str]:
        """Those that may be asked now. An outage is shown until the registry answers."""
        now = clock.now()
        outages = self._activity.outages
        return [name for name in registries if name not in outages or outages[name].until <= now]
