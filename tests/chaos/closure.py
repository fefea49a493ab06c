"""A made-up registry whose right catalogue is known without the program: plain versions, simple ranges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support.fake_registry import FakeRegistry

Numbers = tuple[int, int, int]

ROOTS = 4
"""Packages that nothing needs: those that are asked for."""
REACH = 40
"""A package is needed by one at most so far before it, which keeps chains long."""
FIELDS = {
    "dependencies": "runtime",
    "optionalDependencies": "optional",
    "devDependencies": "dev",
}
"""Of a version's manifest, with the type their edges have."""
INSTALLED = frozenset({"runtime", "optional"})


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """What one version declares about one package, and the version that is right for it."""

    name: str
    range: str
    type: str
    picked: str


@dataclass(slots=True)
class Closure:
    """Made from a seed and a size; the same for the same."""

    random: Random
    size: int
    versions: dict[str, list[Numbers]] = field(default_factory=dict)
    """Of each package, lowest first; the last one is latest."""
    needs: dict[tuple[str, str], dict[str, tuple[str, str]]] = field(default_factory=dict)
    """Of (package, version): name to (manifest field, range)."""
    asked: set[str] = field(default_factory=set)
    """Packages somebody asked for, whose latest version is wanted with all it brings."""

    def __post_init__(self) -> None:
        names = [_name(number) for number in range(self.size)]
        for name in names:
            self.versions[name] = _some_versions(self.random)
            for version in self.versions[name]:
                self.needs[name, text(version)] = {}
        for number, name in enumerate(names[ROOTS:], ROOTS):
            # Every version of one earlier package needs it, so that it is reached for certain.
            parent = names[self.random.randrange(max(0, number - REACH), number)]
            for version in self.versions[parent]:
                self._need(parent, version, name, "dependencies")
        for name in names:
            for version in self.versions[name]:
                for other in self.random.sample(names, self.random.randrange(3)):
                    kind = self.random.choice([*FIELDS, "dependencies", "dependencies"])
                    self._need(name, version, other, kind)

    @property
    def roots(self) -> list[str]:
        return [_name(number) for number in range(min(ROOTS, self.size))]

    def publish(self, registry: FakeRegistry) -> None:
        """Serve every package."""
        for name, versions in self.versions.items():
            manifests: dict[str, dict[str, Any]] = {}
            for version in versions:
                manifest = manifests[text(version)] = {}
                for other, (kind, wanted) in self.needs[name, text(version)].items():
                    manifest.setdefault(kind, {})[other] = wanted
            registry.add_package(name, manifests, description=f"The package {name}.")

    def loaded(self) -> dict[tuple[str, str], list[Edge]]:
        """The versions that installing what was asked for reaches, each with every edge it has."""
        found: dict[tuple[str, str], list[Edge]] = {}
        ahead = [(root, text(self.versions[root][-1])) for root in self.asked]
        while ahead:
            version = ahead.pop()
            if version not in found:
                found[version] = list(self._edges(version))
                ahead += [
                    (edge.name, edge.picked) for edge in found[version] if edge.type in INSTALLED
                ]
        return found

    def _edges(self, version: tuple[str, str]) -> Iterator[Edge]:
        for name, (kind, wanted) in self.needs[version].items():
            yield Edge(name, wanted, FIELDS[kind], text(pick(self.versions[name], wanted)))

    def _need(self, name: str, version: Numbers, other: str, kind: str) -> None:
        if other != name:
            wanted = _some_range(self.random, self.random.choice(self.versions[other]))
            self.needs[name, text(version)].setdefault(other, (kind, wanted))


def text(version: Numbers) -> str:
    return ".".join(map(str, version))


def pick(versions: list[Numbers], wanted: str) -> Numbers:
    """The highest that fits. It is latest where latest fits, so npm's first rule says the same."""
    return max(version for version in versions if _fits(version, wanted))


def _fits(version: Numbers, wanted: str) -> bool:
    if wanted == "*":
        return True
    sign = wanted.rstrip("0123456789.")
    least = tuple(int(part) for part in wanted.removeprefix(sign).split("."))
    if not sign:
        return version == least
    same = {">=": 0, "^": 1, "~": 2}[sign]
    return version >= least and version[:same] == least[:same]


def _name(number: int) -> str:
    """Some are scoped, whose names are escaped in addresses."""
    return f"@chaos/p{number:04}" if number % 7 == 3 else f"p{number:04}"


def _some_versions(random: Random) -> list[Numbers]:
    return sorted(
        {
            (random.randint(1, 3), random.randint(0, 3), random.randint(0, 3))
            for _ in range(random.randint(2, 6))
        }
    )


def _some_range(random: Random, version: Numbers) -> str:
    """One that this version fits."""
    return random.choice(
        ["*", text(version), f"^{text(version)}", f"~{text(version)}", f">={text(version)}"]
    )
