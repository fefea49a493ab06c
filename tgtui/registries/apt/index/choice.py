"""What apt can take for each or-group of a dependency, in the order in which it tries.

Source: apt's depcache, its CompareProviders and its reading of relations. Of each alternative in turn, the package
itself comes before those that provide its name, then Essential, Important, native architecture, priority,
and what the indexes named last. What else is being installed plays no part here: see `data/graph/choosing/marking.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from tgtui.registries.apt.archive.stanzas import PRIORITIES, Candidate
from tgtui.registries.apt.index.candidates import Candidates
from tgtui.versions.debian.order import HOLDS, order_key
from tgtui.versions.debian.relations import Group, Relation

ANY = "any"


class Choice(Struct, frozen=True):
    """The choice for a group."""

    name: str
    declared_name: str | None
    range: str
    version: str | None
    error: str | None = None
    others: Sequence[tuple[str, str, bool]] = ()
    """(name, version, is a candidate) of what else satisfies the group, in the order in which apt tries."""


class Chooser:
    """Chooses among the candidates of an index."""

    def __init__(self, architecture: str, candidates: Candidates) -> None:
        self._architecture = architecture
        self._candidates = candidates

    def choose(self, group: Group) -> Choice:
        """What apt takes if nothing that satisfies the group is installed already, else why nothing can be had."""
        if not group.is_readable:
            return Choice(
                group.first_name, group.text, "", None, f"apt can't read {group.text[:80]!r}."
            )
        if not group.alternatives:
            return Choice(
                group.first_name, group.text, "", None, "It is for other architectures only."
            )
        found: dict[str, tuple[Candidate, Relation]] = {}
        for relation in group.alternatives:
            for stanza in self._candidates_for(relation):
                found.setdefault(stanza.name, (stanza, relation))
        others = list(dict.fromkeys((s.name, s.version) for s in self._not_chosen_for(group)))
        if not found:
            none = self._nothing(group)
            return Choice(
                none.name, none.declared_name, none.range, None, none.error,
                [(name, version, False) for name, version in others],
            )  # fmt: skip
        (chosen, relation), *rest = found.values()
        declared, constraint = _declared(group, relation, chosen)
        return Choice(
            chosen.name, declared, constraint, chosen.version, None,
            [
                *((stanza.name, stanza.version, True) for stanza, _relation in rest),
                *((name, version, False) for name, version in others),
            ],
        )  # fmt: skip

    def conflicting(self, group: Group) -> list[Candidate]:
        """What a group of Conflicts or Breaks rules out: versions in the index, candidates or not."""
        found: list[Candidate] = []
        for relation in group.alternatives:
            found += self._candidates_for(relation)
        return [*found, *self._not_chosen_for(group)]

    def _candidates_for(self, relation: Relation) -> list[Candidate]:
        """The candidates that satisfy a relation, best first."""
        real = [
            stanza
            for stanza in self._candidates.of(relation.name).candidates
            if self._satisfies(stanza, relation)
        ][:1]
        provided = [
            provider.stanza
            for name, needs_allowed in self._provided_names(relation)
            for provider in self._candidates.providers_of(name).candidates
            if self._provides(provider.stanza, provider.version, relation, needs_allowed)
        ]
        if not provided:
            return real
        return [*real, *sorted(provided, key=self._preference, reverse=True)]

    def _not_chosen_for(self, group: Group) -> Iterator[Candidate]:
        """Versions that satisfy the group and are not candidates."""
        for relation in group.alternatives:
            for stanza in self._candidates.of(relation.name).others:
                if self._satisfies(stanza, relation):
                    yield stanza
            for name, needs_allowed in self._provided_names(relation):
                for provider in self._candidates.providers_of(name).others:
                    if self._provides(provider.stanza, provider.version, relation, needs_allowed):
                        yield provider.stanza

    def _satisfies(self, stanza: Candidate, relation: Relation) -> bool:
        return self._is_of_architecture(stanza, relation.qualifier) and _holds(
            relation, stanza.version
        )

    def _provided_names(self, relation: Relation) -> list[tuple[str, bool]]:
        """Under which names a Provides may serve, and whether its package must be `Multi-Arch: allowed` for that."""
        if relation.qualifier is None:
            return [(relation.name, False)]
        qualified = _qualified(relation)
        return [(qualified, False), (relation.name, relation.qualifier == ANY)]

    def _provides(
        self, stanza: Candidate, version: str | None, relation: Relation, needs_allowed: bool
    ) -> bool:
        """A versioned relation needs a versioned Provides (policy 7.5)."""
        if relation.operator is not None and (version is None or not _holds(relation, version)):
            return False
        if relation.qualifier == ANY:
            return not needs_allowed or stanza.multi_arch == "allowed"
        return self._is_of_architecture(stanza, relation.qualifier)

    def _preference(self, stanza: Candidate) -> tuple[bool, bool, bool, int, int]:
        return (
            stanza.is_essential,
            stanza.is_important,
            self._candidates.is_native(stanza),
            stanza.priority or PRIORITIES["extra"],
            stanza.rank,
        )

    def _is_of_architecture(self, stanza: Candidate, qualifier: str | None) -> bool:
        """A plain name is of the native architecture, or of one that serves foreign ones; `:any` needs `allowed`."""
        if qualifier == ANY:
            return stanza.multi_arch == "allowed"
        if qualifier in (None, "native", self._architecture):
            return self._candidates.is_native(stanza) or (
                qualifier is None and stanza.multi_arch == "foreign"
            )
        return stanza.architecture == qualifier

    def _nothing(self, group: Group) -> Choice:
        """Why the first alternative can't be satisfied."""
        first = group.alternatives[0]
        is_plain = len(group.alternatives) == 1 and first.qualifier is None
        return Choice(
            first.name,
            None if is_plain else group.text,
            first.constraint,
            None,
            self._reason(first),
        )

    def _reason(self, relation: Relation) -> str:
        name, qualifier = relation.name, relation.qualifier
        known = self._candidates.of(name)
        provided = [
            provider
            for each, _ in self._provided_names(relation)
            for provider in self._candidates.providers_of(each).candidates
        ]
        if known.candidates:
            fitting = [s for s in known.candidates if self._is_of_architecture(s, qualifier)]
            if fitting:
                return f"The candidate version {fitting[0].version} is not {relation.constraint}."
            if qualifier == ANY:
                return f"{name} is not Multi-Arch: allowed, which {name}:any needs."
            return f"There is no {name} for the architecture {qualifier or self._architecture}."
        if not provided:
            if known.others:
                return f"apt's preferences admit no version of {name}."
            return f"{name} is in none of the suites, and nothing provides it."
        serving = [p for p in provided if qualifier != ANY or p.stanza.multi_arch == "allowed"]
        if not serving:
            return (
                f"{name} is only provided by other packages, and none of them is Multi-Arch: allowed,"
                f" which {name}:any needs."
            )
        if relation.constraint:
            return f"Nothing provides {name} in a version {relation.constraint}."
        return f"Nothing provides {name} for the architecture {qualifier or self._architecture}."


def _declared(group: Group, relation: Relation, chosen: Candidate) -> tuple[str | None, str]:
    """(declared name, constraint) of an edge to what was chosen for the group."""
    if chosen.name != relation.name:
        return group.text, ""
    if len(group.alternatives) > 1:
        return group.text, relation.constraint
    return None if relation.qualifier is None else _qualified(relation), relation.constraint


def _holds(relation: Relation, version: str) -> bool:
    if relation.operator is None or relation.version is None:
        return True
    return HOLDS[relation.operator](order_key(version), order_key(relation.version))


def _qualified(relation: Relation) -> str:
    return f"{relation.name}:{relation.qualifier}"
