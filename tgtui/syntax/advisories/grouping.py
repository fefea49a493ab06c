"""Which records are about one flaw: those with a name in common, whoever published them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

PREFERRED = ("MAL-", "GHSA-", "CVE-", "PYSEC-", "DSA-", "DLA-", "DEBIAN-CVE-")
"""By which of its records a flaw is called, the best first."""


def grouped(names: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """From the id of each record to that of the record its flaw is called by.

    `names` has the other names of each record. Aliases hold in both directions and through others (GHSA-1 = CVE-1 =
    PYSEC-1), also through a name that has no record here.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for id, others in names.items():
        for other in others:
            parent[root(other)] = root(id)
    members: dict[str, list[str]] = {}
    for id in names:
        members.setdefault(root(id), []).append(id)
    return {id: min(ids, key=by_preference) for ids in members.values() for id in ids}


def same_flaw(aliases: Iterable[str], upstream: Iterable[str]) -> tuple[str, ...]:
    """The other names of a record. Distributions name the flaw they mend as `upstream`; one that mends several is about
    none of them alone."""
    above = tuple(upstream)
    return (*aliases, *(above if len(above) == 1 else ()))


def by_preference(id: str) -> tuple[int, str]:
    """Sorts records by how well they are known, the best first."""
    places = (place for place, prefix in enumerate(PREFERRED) if id.startswith(prefix))
    return next(places, len(PREFERRED)), id
