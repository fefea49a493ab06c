"""What the stored advisories say of versions by name, whether or not these are in the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from tgtui.data.models.advisories import advisories
from tgtui.data.storage.sql import slices
from tgtui.data.versions.advisories.evaluating import Advice, prepared_of, told_of
from tgtui.data.versions.advisories.here import APT
from tgtui.data.versions.advisories.reading import finding_from
from tgtui.data.versions.advisories.storing import Name
from tgtui.data.views.advisories import Judged
from tgtui.syntax.advisories.evaluation import fixes
from tgtui.syntax.advisories.grouping import by_preference
from tgtui.syntax.advisories.orders import ECOSYSTEMS, order_of, spelled

Test = Callable[[str], bool]
Entry = tuple[UUID, str, int, Test, tuple[str, ...]]
"""Advisory, flaw, severity, whether it affects a version, what it names as fixed."""


def judge_names(
    connection: Connection, versions: Mapping[Name, Collection[str]]
) -> dict[tuple[str, str, str], tuple[Judged, ...]]:
    """By (registry, name, version) of `versions`, the worst flaw first; those without a flaw have no key.

    apt's packages are not judged: advisories are about their source packages, which names do not tell.
    """
    keys = {
        (registry, name): (registry, spelled(ECOSYSTEMS[registry][0], name))
        for registry, name in versions
        if registry in ECOSYSTEMS and registry != APT
    }
    told = told_of(connection, set(keys.values()))
    hits: dict[tuple[str, str, str], list[Entry]] = {}
    entries = {key: _entries(advice) for key, advice in told.items()}
    for asked, key in keys.items():
        for version in versions[asked]:
            found = [entry for entry in entries.get(key, ()) if entry[3](version)]
            if found:
                hits[*asked, version] = found
    details = _details(connection, {entry[0] for found in hits.values() for entry in found})
    return {
        place: _judged(place[2], place[0], found, told[keys[place[:2]]], details)
        for place, found in hits.items()
    }


def _entries(advice: Advice) -> list[Entry]:
    return [
        (*prepared, fixes(ecosystem, said))
        for prepared, ((_id, ecosystem), said) in zip(
            prepared_of(advice), advice.entries.items(), strict=True
        )
    ]


def _judged(
    version: str,
    registry: str,
    found: list[Entry],
    advice: Advice,
    details: Mapping[UUID, Any],
) -> tuple[Judged, ...]:
    flaws: dict[str, list[Entry]] = {}
    for entry in found:
        if entry[0] in details:
            flaws.setdefault(entry[1], []).append(entry)
    judged = []
    for flaw, entries in flaws.items():
        rows = list({entry[0]: details[entry[0]] for entry in entries}.values())
        rows.sort(key=lambda row: (row.name != flaw, by_preference(row.name)))
        finding = finding_from(
            None,
            flaw,
            max(entry[2] for entry in entries),
            rows,
            [alias for row in rows for alias in advice.aliases.get(row.name, ())],
        )
        judged.append(Judged(finding, _nearest(version, registry, entries)))
    return tuple(sorted(judged, key=lambda each: (-each.finding.severity, each.finding.flaw)))


def _nearest(version: str, registry: str, entries: list[Entry]) -> str | None:
    """The lowest version that one of them names as fixed, above this one and affected by none of them."""
    order = order_of(ECOSYSTEMS[registry][0], "ECOSYSTEM")
    if order is None:
        return None
    here = order(version)
    named = {
        fix
        for entry in entries
        for fix in entry[4]
        if order(fix) > here and not any(other[3](fix) for other in entries)
    }
    return min(named, key=order, default=None)


def _details(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Any]:
    found: dict[UUID, Any] = {}
    for some in slices(list(ids)):
        found.update((row.id, row) for row in connection.execute(_told(), {"ids": some}))
    return found


@cache
def _told() -> Any:
    a = advisories.c
    return select(a.id, a.name, a.score, a.summary, a.details, a.is_malware).where(
        a.id.in_(bindparam("ids", expanding=True))
    )
