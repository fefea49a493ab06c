"""apt's choice for each or-group of a dependency.

Source: apt's depcache and its CompareProviders. The first alternative of a group that can be satisfied is taken;
within it the package itself before those that provide its name, then Essential, Important, native
architecture, priority. Only candidate versions are looked at. What is installed on a machine plays no part.
"""

from __future__ import annotations

from dataclasses import dataclass

from tgtui.registries.apt.archive.stanzas import PRIORITIES, Candidate
from tgtui.registries.apt.index.candidates import Candidates
from tgtui.versions.debian.order import HOLDS, order_key
from tgtui.versions.debian.relations import Group, Relation

ANY = "any"


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice for a group."""

    name: str
    declared_name: str | None
    range: str
    version: str | None
    error: str | None = None


class Chooser:
    """Chooses among the candidates of an index."""

    def __init__(self, architecture: str, candidates: Candidates) -> None:
        self._architecture = architecture
        self._candidates = candidates

    def choose(self, group: Group) -> Choice:
        """The first alternative that can be satisfied, else why none can."""
        if not group.is_readable:
            return Choice(
                group.first_name, group.text, "", None, f"apt can't read {group.text[:80]!r}."
            )
        if not group.alternatives:
            return Choice(
                group.first_name, group.text, "", None, "It is for other architectures only."
            )
        is_alone = len(group.alternatives) == 1
        for relation in group.alternatives:
            real = self._real(relation)
            if real is not None:
                is_plain = is_alone and relation.qualifier is None
                declared = (
                    None if is_plain else group.text if not is_alone else _qualified(relation)
                )
                return Choice(real.name, declared, relation.constraint, real.version)
            provider = self._provider(relation)
            if provider is not None:
                return Choice(provider.name, group.text, "", provider.version)
        return self._nothing(group)

    def _real(self, relation: Relation) -> Candidate | None:
        """The candidate of that name, if it satisfies the relation."""
        for stanza in self._candidates.of(relation.name):
            if self._is_of_architecture(stanza, relation.qualifier) and _holds(
                relation, stanza.version
            ):
                return stanza
        return None

    def _provider(self, relation: Relation) -> Candidate | None:
        """The best package that provides the name. A versioned relation needs a versioned Provides (policy 7.5)."""
        if relation.qualifier == ANY:
            return None
        fitting = [
            stanza
            for stanza, version in self._candidates.providers_of(relation.name)
            if (relation.operator is None or (version is not None and _holds(relation, version)))
            and self._is_of_architecture(stanza, relation.qualifier)
        ]
        return max(fitting, key=self._preference, default=None)

    def _preference(self, stanza: Candidate) -> tuple[bool, bool, bool, int]:
        return (
            stanza.is_essential,
            stanza.is_important,
            self._candidates.is_native(stanza),
            stanza.priority or PRIORITIES["extra"],
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
        error = f"{first.name} is in none of the suites, and nothing provides it."
        candidates = self._candidates.of(first.name)
        if candidates and first.operator:
            error = f"The candidate version {candidates[0].version} is not {first.constraint}."
        elif candidates:
            error = f"{first.name} is not there for the architecture {first.qualifier}."
        elif self._candidates.providers_of(first.name):
            error = f"Nothing provides {first.name} in a version {first.constraint}."
        is_plain = len(group.alternatives) == 1 and first.qualifier is None
        return Choice(first.name, None if is_plain else group.text, first.constraint, None, error)


def _holds(relation: Relation, version: str) -> bool:
    if relation.operator is None or relation.version is None:
        return True
    return HOLDS[relation.operator](order_key(version), order_key(relation.version))


def _qualified(relation: Relation) -> str:
    return f"{relation.name}:{relation.qualifier}"
