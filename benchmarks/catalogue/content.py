"""The rows of a catalogue, the same for the same size, with the skew that real registries have."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from uuid import UUID

from benchmarks.catalogue.rows import (
    NOW,
    Row,
    edge_row,
    numbered_id,
    package_id,
    package_row,
    version_id,
    version_row,
)
from benchmarks.catalogue.vocabulary import ABOUT_WORDS, FAMOUS, SYLLABLES, WORDS
from tgtui.data.models.search import NEVER
from tgtui.data.search.index import ABOUT_LENGTH, rank_of
from tgtui.data.versions.storing_facts import values_of
from tgtui.registries.base import Facts
from tgtui.syntax.licences import names_of, read_licence
from tgtui.syntax.names import fold, name_key, without_separators

SEED = 20_26
MANY_VERSIONS = 20_000
"""Of the package `many-versions`."""
TAGS = (
    ("frontend", 0.03),
    ("backend", 0.02),
    ("tooling", 0.02),
    ("testing", 0.01),
    ("database", 0.005),
    ("devops", 0.004),
    ("utility", 0.002),
    *((f"topic-{number}", 0.001 / number) for number in range(1, 21)),
)
"""Slug and the part of all packages that has it."""
REGISTRIES = (("npm", 0.93), ("apt", 0.99), ("brew", 0.997), ("jsr", 1.0))
"""With the upper end of each one's part."""
EDGES = (0, 0, 1, 1, 2, 3, 4, 8)
"""Dependencies of a package's latest version, each as likely as the others."""


LICENCES = {
    "MIT": 60,
    "ISC": 12,
    "Apache-2.0": 10,
    "BSD-3-Clause": 3,
    "": 8,
    "GPL-3.0-only": 2,
    "GPL-2.0-or-later": 1,
    "MPL-2.0": 1,
    "MIT OR Apache-2.0": 1,
    "UNLICENSED": 1,
    "Unlicense": 0.2,
    "SEE LICENSE IN LICENSE.md": 0.8,
}
"""As registries say it, with the percent of all packages that have each."""


class Catalogue:
    """The rows of one size, table by table, in the order they are inserted."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._random = random.Random(SEED)
        self._dependents: Counter[int] = Counter()
        self._uses: Counter[int] = Counter()
        self.names = list(islice(self._names(), size))
        self._of_registry = [self._registry(number) for number in range(size)]

    def packages(self) -> Iterator[Row]:
        for number, name in enumerate(self.names):
            failed = self._is_failed(number)
            fetched = None if failed else NOW
            row = package_row(
                package_id(number), name, self._of_registry[number], self._about(number)
            )
            yield {**row, "last_fetch_success": fetched}

    def versions(self) -> Iterator[Row]:
        for number in range(self.size):
            if self._is_failed(number):
                continue
            count = self._version_count(number)
            for sub in range(count):
                is_latest = sub == count - 1
                id = version_id(number) if is_latest else numbered_id(number, 2, sub)
                yield {
                    **version_row(id, package_id(number), sub),
                    "is_yanked": self._is_deprecated(number),
                    "published_at": self._released(number) - timedelta(days=count - 1 - sub),
                    "dependencies_fetched_at": NOW if is_latest else None,
                }

    def edges(self) -> Iterator[Row]:
        chance = random.Random(SEED + 1)
        for number in range(self.size):
            count = chance.choice(EDGES)
            targets = {self._popular(chance) for _ in range(count)} - {number}
            if self._is_failed(number):
                continue
            for sub, target in enumerate(sorted(targets)):
                is_failed = self._is_failed(target)
                self._dependents[target] += 1
                yield self._edge(number, sub, target, None if is_failed else version_id(target))
            if number % 17 == 3:
                yield self._edge(number, 99, None, None)

    def tags(self) -> Iterator[Row]:
        for place, (slug, _part) in enumerate(TAGS):
            yield {
                "id": numbered_id(place, 5),
                "name": slug.title(),
                "slug": slug,
                "created_at": NOW,
                "updated_at": NOW,
            }

    def package_tags(self, account: UUID) -> Iterator[Row]:
        chance = random.Random(SEED + 2)
        for place, (_slug, part) in enumerate(TAGS):
            for sub, number in enumerate(self._some(chance, part)):
                yield {
                    "id": numbered_id(place, 6, sub),
                    "package_id": package_id(number),
                    "tag_id": numbered_id(place, 5),
                    "created_by": account,
                    "created_at": NOW,
                }

    def interactions(self, account: UUID) -> Iterator[Row]:
        chance = random.Random(SEED + 3)
        seen = Counter(self._popular(chance) for _ in range(self.size // 20))
        for number, count in sorted(seen.items()):
            days = min(count, 400)
            self._uses[number] = days
            for day in range(days):
                yield {
                    "id": numbered_id(number, 7, day),
                    "package_id": package_id(number),
                    "account_id": account,
                    "kind": "view",
                    "day": (NOW - timedelta(days=day)).date(),
                    "created_at": NOW,
                }

    def requests(self) -> Iterator[Row]:
        for number in range(self.size):
            if self._is_failed(number):
                yield {
                    "id": numbered_id(number, 8),
                    "package_name": self.names[number],
                    "registry": self._of_registry[number],
                    "depth": 0,
                    "is_auto_queued": False,
                    "priority": 10,
                    "status": "failed",
                    "is_forced": False,
                    "error_code": "unreachable",
                    "error_message": "The registry did not answer.",
                    "attempt_count": 5,
                    "created_at": NOW,
                    "updated_at": NOW,
                }

    def search(self) -> Iterator[Row]:
        """After edges and interactions, which are counted while they are made."""
        for number, name in enumerate(self.names):
            folded, key = fold(name), name_key(name)
            words = folded
            for sign in "-_./@":
                words = words.replace(sign, "  ")
            dependents, uses = self._dependents[number], self._uses[number]
            failed = self._is_failed(number)
            yield {
                "id": number + 1,
                "package_id": package_id(number),
                "registry": self._of_registry[number],
                "name": folded,
                "key": key,
                "words": f"  {words}  {key}",
                "about": without_separators(self._about(number))[:ABOUT_LENGTH],
                "rank": rank_of(dependents, uses),
                "dependents": dependents,
                "optional_dependents": 0,
                "peer_dependents": 0,
                "suggested_dependents": 0,
                "dev_dependents": 0,
                "uses": uses,
                "released_at": NEVER if failed else self._released(number),
                "is_deprecated": not failed and self._is_deprecated(number),
                "is_incomplete": not failed and number % 17 == 3,
                "is_failed": failed,
                **self._facts(number, failed=failed),
            }

    def licences(self) -> Iterator[Row]:
        for number, words in enumerate(LICENCES):
            yield {"id": numbered_id(number, 11), "licence": _found_by(words)}

    def facts(self) -> Iterator[Row]:
        """Of the latest versions."""
        for number in range(self.size):
            if not self._is_failed(number):
                yield {"id": version_id(number), **values_of(_told(number))}

    def _facts(self, number: int, *, failed: bool) -> Row:
        """What a search finds of them."""
        if failed:
            return dict.fromkeys(("licence", "terms", "unpacked_size"))
        told = _told(number)
        keywords = (f"keyword:{each}" for each in told.keywords)
        people = (f"maintainer:{each}" for each in told.maintainers)
        return {
            "licence": _found_by(told.licence or ""),
            "terms": " ".join((*keywords, *people)),
            "unpacked_size": told.unpacked_size,
        }

    def _edge(self, number: int, sub: int, target: int | None, version: UUID | None) -> Row:
        row = edge_row(package_id(number), version_id(number), None)
        if target is None:
            return {**row, "id": numbered_id(number, 9, sub)}
        return {
            **row,
            "id": numbered_id(number, 9, sub),
            "dependency_registry": self._of_registry[target],
            "dependency_name": self.names[target],
            "dependency_package_id": package_id(target),
            "resolved_version": f"1.{self._version_count(target) - 1}.0",
            "resolved_version_id": version,
            # What could not be fetched makes others incomplete only by the one edge that is counted.
            "is_optional": version is None,
        }

    def _names(self) -> Iterator[str]:
        given = {*FAMOUS, "many-versions"}
        yield from FAMOUS
        yield "many-versions"
        rare = ["".join(self._random.choices(SYLLABLES, k=3)) for _ in range(30_000)]
        while True:
            name = self._name(rare)
            if name not in given:
                given.add(name)
                yield name

    def _name(self, rare: list[str]) -> str:
        chance = self._random
        words = [
            WORDS[int(len(WORDS) ** chance.random()) - 1]
            if chance.random() < 0.6
            else chance.choice(rare)
            for _ in range(chance.choice((1, 2, 2, 2, 3, 3)))
        ]
        if chance.random() < 0.3:
            return f"@{chance.choice(rare)}/{'-'.join(words)}"
        return chance.choice(("-", "-", "-", "_", ".", "")).join(words)

    def _registry(self, number: int) -> str:
        if number <= len(FAMOUS):
            return "npm"
        share = self._random.random()
        return next(name for name, end in REGISTRIES if share < end)

    def _about(self, number: int) -> str:
        chance = random.Random(number)
        count = len(ABOUT_WORDS)
        words = [ABOUT_WORDS[int(count ** chance.random()) - 1] for _ in range(8)]
        return " ".join(words).capitalize()

    def _popular(self, chance: random.Random) -> int:
        """A package by Zipf's law: the n-th is drawn 1/n as often as the first."""
        return int(float(self.size) ** chance.random()) - 1

    def _some(self, chance: random.Random, part: float) -> list[int]:
        """That part of all, the well known more often."""
        wanted = max(1, round(self.size * part))
        known = {self._popular(chance) for _ in range(wanted // 2)}
        return sorted(known | {chance.randrange(self.size) for _ in range(wanted - len(known))})

    def _version_count(self, number: int) -> int:
        if number == len(FAMOUS):
            return MANY_VERSIONS
        return 5 + number % 46 if number % 20 == 1 or number < len(FAMOUS) else 1

    def _is_failed(self, number: int) -> bool:
        return number % 1_000 == 999

    def _is_deprecated(self, number: int) -> bool:
        return number % 25 == 7

    def _released(self, number: int) -> datetime:
        """Half of them in the last year, a tenth in the last month."""
        days = int(3_000 ** ((number * 7_919 % 10_007) / 10_007))
        return NOW - timedelta(days=days, seconds=number % 80_000)


def _told(number: int) -> Facts:
    """Licences, keywords, people and sizes about as often as npm's packages have them."""
    draw = random.Random(number)
    (licence,) = draw.choices(list(LICENCES), list(LICENCES.values()))
    keywords = (f"topic-{int(1_000 * draw.random() ** 3)}" for _ in range(draw.randrange(8)))
    people = (f"person-{int(100_000 * draw.random() ** 2)}" for _ in range(2))
    return Facts(
        licence=licence or None,
        keywords=tuple(dict.fromkeys(keywords)),
        maintainers=tuple(dict.fromkeys(people)),
        unpacked_size=None if number % 9 == 0 else int(10 ** draw.uniform(2.5, 7.5)),
    )


@cache
def _found_by(words: str) -> str:
    """The names by which a search finds a licence."""
    return f" {' '.join(names_of(read_licence(words)))} "
