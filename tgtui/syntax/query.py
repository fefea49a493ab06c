"""The search box's language: words and operators, read from text and written back as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tgtui.basics.errors import UsageError
from tgtui.registries.base import REGISTRIES
from tgtui.syntax import measures
from tgtui.syntax.names import term_of
from tgtui.syntax.reference import parse_reference

MAX_QUERY = 500
"""Characters of a search that are read: more are never typed, but may be pasted."""

Sort = Literal[
    "relevance", "name", "updated", "dependents", "popular", "heaviest", "dependents-all", "size"
]
SORTS: tuple[Sort, ...] = get_args(Sort)
State = Literal["deprecated", "missing", "failed", "vulnerable"]
STATES: tuple[State, ...] = get_args(State)
WATCHED = "watched"
"""Beside the states: not what a package is, but what the person who searches does."""

MAX_DAYS = 36_500
RANGE = re.compile(r"[\^~<>=*].*|.*(\|\|.*|[.][*xX]|[*])|latest|next|[xX]")
"""A range or dist-tag in place of a version. A tilde inside is part of a version: 1.0~rc1."""
LICENCE = re.compile(r"\*?[^*\s]+\*?")
"""A name of a licence, or a part of one: `gpl-*`, `*bsd*`."""
Operator = Literal["dep", "sugdep", "devdep"]
"""How a package uses what it is found by: its install brings it; it only suggests it; for development only."""
OPERATORS: tuple[Operator, ...] = get_args(Operator)
EXAMPLES = {
    "tag": "tag:frontend",
    "dep": "dep:react or dep:express@4.18.1",
    "devdep": "devdep:jest",
    "sugdep": "sugdep:react",
    "updated": "updated:<30d or updated:>1y",
    "license": "license:mit, license:gpl-* or license:copyleft",
    "keyword": "keyword:cli",
    "maintainer": "maintainer:ada",
    "size": "size:>1mb or size:<100kb",
    "severity": "severity:>=high or severity:critical",
    "advisory": "advisory:GHSA-cxjh-pqwp-8mfp or advisory:CVE-2024-28849",
    "in": "in:web, the name of a project",
    "is": f"is:{', '.join(STATES)} or {WATCHED}",
    "sort": f"sort:{', '.join(SORTS[:-1])} or {SORTS[-1]}",
}
"""Every operator except the registries', and how it is written."""
NEEDS_LOGIN = (
    f"is:{WATCHED} and in: need a login: they find what you watch, and what your projects have."
)
WRITTEN = {**EXAMPLES, **{registry: f"{registry}:" for registry in REGISTRIES}}
"""The same with those."""


class Dependency(Struct, frozen=True, order=True):
    """`dep:react`: a dependency that an install follows; with a version, resolved to exactly that."""

    name: str
    """As its registry spells it."""
    version: str = ""
    registry: str = ""
    """Empty for any."""
    operator: Operator = "dep"

    @property
    def named(self) -> str:
        """Without the operator."""
        registry = f"{self.registry}:" if self.registry else ""
        return f"{registry}{self.name}" + (f"@{self.version}" if self.version else "")

    def __str__(self) -> str:
        return f"{self.operator}:{self.named}"


class SearchQuery(Struct, frozen=True):
    """A search. Empty means everything."""

    words: tuple[str, ...] = ()
    """All of them are in the name, or in the description; case and `-`, `_`, `.` do not matter."""
    without_words: tuple[str, ...] = ()
    """None of them is in the name."""
    registries: frozenset[str] = frozenset()
    """Any of these; empty means all."""
    without_registries: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    """Slugs; a package has all of them."""
    without_tags: frozenset[str] = frozenset()
    """Slugs; a package has none of them."""
    dependencies: frozenset[Dependency] = frozenset()
    """A package has an edge to each of them."""
    without_dependencies: frozenset[Dependency] = frozenset()
    newer_than: int | None = None
    """Days: its latest version was published since."""
    older_than: int | None = None
    """Days: its latest version was published before, at a time that is known."""
    licences: frozenset[str] = frozenset()
    """Names as `syntax/licences.py: names_of` has them, or parts with a * at an end; a package's licence has all of them."""
    without_licences: frozenset[str] = frozenset()
    keywords: frozenset[str] = frozenset()
    """Terms (`names.py: term_of`), like the maintainers; a package has all of them."""
    without_keywords: frozenset[str] = frozenset()
    maintainers: frozenset[str] = frozenset()
    without_maintainers: frozenset[str] = frozenset()
    larger_than: int | None = None
    """Bytes: its latest version, unpacked, has at least as many."""
    smaller_than: int | None = None
    """Bytes: it has fewer, and its size is known."""
    mildest: int | None = None
    """A place in SEVERITIES: the worst advisory about its latest version is as bad, or worse."""
    worst: int | None = None
    """It is as bad, or milder."""
    advisories: frozenset[str] = frozenset()
    """Ids as they are published: any of its versions here is affected by each of them."""
    without_advisories: frozenset[str] = frozenset()
    states: frozenset[State] = frozenset()
    """A package is in all of these."""
    without_states: frozenset[State] = frozenset()
    is_watched: bool | None = None
    """Whether the person watches it; None if that does not matter."""
    projects: frozenset[str] = frozenset()
    """Names of projects; a package is in all of them."""
    without_projects: frozenset[str] = frozenset()
    watcher: UUID | None = None
    """The account that the last three are about; `asked_by` sets it. Without one nothing is watched."""
    sort: Sort = "relevance"
    problems: tuple[str, ...] = ()
    """A sentence for each part that could not be read; the search ignores those."""

    @property
    def text(self) -> str:
        """The words as typed, without operators."""
        return " ".join(self.words)

    @property
    def is_narrowed(self) -> bool:
        """Whether it has anything but words and a sort."""
        return replace(self, words=(), sort="relevance", problems=()) != SearchQuery()

    @property
    def is_personal(self) -> bool:
        """Whether it finds what belongs to whoever searches."""
        return self.is_watched is not None or bool(self.projects | self.without_projects)

    @property
    def is_filtered(self) -> bool:
        """Whether it has anything but words, a sort and registries: filters that may hide a package of this name."""
        return replace(self, registries=frozenset()).is_narrowed

    def toggled_registry(self, registry: str) -> SearchQuery:
        """The search with or without `registry`."""
        return replace(
            self,
            registries=self.registries ^ {registry},
            without_registries=self.without_registries - {registry},
        )

    def toggled_tag(self, slug: str) -> SearchQuery:
        """The search with or without the tag."""
        return replace(self, tags=self.tags ^ {slug}, without_tags=self.without_tags - {slug})

    def toggled_state(self, state: State) -> SearchQuery:
        """The search with or without the state."""
        return replace(
            self, states=self.states ^ {state}, without_states=self.without_states - {state}
        )

    def toggled_watched(self) -> SearchQuery:
        """The search with or without `is:watched`."""
        return replace(self, is_watched=None if self.is_watched else True)

    def asked_by(self, account_id: UUID | None) -> SearchQuery:
        """The search as this account's, None for no one's, who is told if it needs a login."""
        if not self.is_personal:
            return self
        problems = tuple(each for each in self.problems if each != NEEDS_LOGIN)
        if account_id is None:
            problems = (*problems, NEEDS_LOGIN)
        return replace(self, watcher=account_id, problems=problems)

    def toggled_age(self, newer_than: int | None, older_than: int | None) -> SearchQuery:
        """The search with these ages, in days, in place of others; or without them."""
        if (self.newer_than, self.older_than) == (newer_than, older_than):
            newer_than = older_than = None
        return replace(self, newer_than=newer_than, older_than=older_than)

    def toggled_licence(self, name: str) -> SearchQuery:
        """The search with or without the licence."""
        return replace(
            self,
            licences=self.licences ^ {name},
            without_licences=self.without_licences - {name},
        )

    def sorted_by(self, sort: Sort) -> SearchQuery:
        """The search in another order."""
        return replace(self, sort=sort)

    def __str__(self) -> str:
        """The search as it could be typed."""
        ages = (("<", self.newer_than), (">", self.older_than))
        sizes = ((">", self.larger_than), ("<", self.smaller_than))
        terms = (
            ("license", self.licences, self.without_licences),
            ("keyword", self.keywords, self.without_keywords),
            ("maintainer", self.maintainers, self.without_maintainers),
            ("advisory", self.advisories, self.without_advisories),
        )
        return " ".join(
            [
                *self.words,
                *(f"-{word}" for word in self.without_words),
                *(f"tag:{slug}" for slug in sorted(self.tags)),
                *(f"-tag:{slug}" for slug in sorted(self.without_tags)),
                *(f"{dependency}" for dependency in sorted(self.dependencies)),
                *(f"-{dependency}" for dependency in sorted(self.without_dependencies)),
                *(
                    f"updated:{sign}{measures.written_age(days)}"
                    for sign, days in ages
                    if days is not None
                ),
                *(
                    f"{minus}{operator}:{value}"
                    for operator, wanted, unwanted in terms
                    for minus, values in (("", wanted), ("-", unwanted))
                    for value in sorted(values)
                ),
                *(
                    f"size:{sign}{measures.written_size(size)}"
                    for sign, size in sizes
                    if size is not None
                ),
                *measures.written_severities(self.mildest, self.worst),
                *(f"is:{state}" for state in sorted(self.states)),
                *(f"-is:{state}" for state in sorted(self.without_states)),
                *(
                    [f"{'' if self.is_watched else '-'}is:{WATCHED}"]
                    if self.is_watched is not None
                    else []
                ),
                *(f"in:{name}" for name in sorted(self.projects)),
                *(f"-in:{name}" for name in sorted(self.without_projects)),
                *(f"{registry}:" for registry in sorted(self.registries)),
                *(f"-{registry}:" for registry in sorted(self.without_registries)),
                *([f"sort:{self.sort}"] if self.sort != "relevance" else []),
            ]
        )


def parse_search(text: str) -> SearchQuery:
    """Never fails: anything but an operator is a word, and wrong operators are explained in `problems`.

    `npm:react` is the registry and the word; a leading minus excludes a word or operator. Packages written in other
    ways, `npm:react@19.2.0` and `pkg:npm/react`, are found by their names.
    """
    read = _Reading()
    text = "".join(c if c.isprintable() else " " for c in text)
    if len(text) > MAX_QUERY:
        read.problems.append(f"The search is too long: {MAX_QUERY} characters at most.")
        read.words[True].append(text[: MAX_QUERY + 1].replace(" ", "_"))  # longer than any match
        return read.query()
    for part in text.split():
        read.part(part)
    return read.query()


def unknown_operator(query: SearchQuery, *, is_empty: bool) -> str | None:
    """A sentence about the first word that may be meant as an operator and is none, such as `updatd:<30d`.

    A word like `node:fs`, which is similar to none, counts as one if it excludes, or if nothing is found: `is_empty`.
    """
    excluded = [f"-{word}" for word in query.without_words]
    words = [*query.words, *excluded]
    if (near := next(filter(None, map(_mistyped, words)), None)) is not None:
        return near
    return next(filter(None, map(_foreign, words if is_empty else excluded)), None)


def _mistyped(word: str) -> str | None:
    """None if it is similar to no operator."""
    if (begun := _begun(word)) is None:
        return None
    near = get_close_matches(begun.casefold(), WRITTEN, n=1)
    return f"There is no operator `{begun}:`. Did you mean {WRITTEN[near[0]]}?" if near else None


def _foreign(word: str) -> str | None:
    if (begun := _begun(word)) is None:
        return None
    return (
        f"There is no operator `{begun}:`; there are {', '.join(f'{each}:' for each in WRITTEN)}."
    )


def _begun(word: str) -> str | None:
    """What stands before the colon, as before that of an operator. Not `https` of an address, nor `std` of `std::string`."""
    begun, colon, value = word.removeprefix("-").partition(":")
    is_one = bool(colon) and begun.isalpha() and not value.startswith((":", "//"))
    return begun if is_one else None


def without_version(word: str) -> str:
    """`express` of `express@4.18.1`: names have an @ only as the first character of a scope."""
    at = word.find("@", 1)
    return word if at < 0 else word[:at]


class _Reading:
    """Collects the fields of a query part by part."""

    def __init__(self) -> None:
        self.words: dict[bool, list[str]] = {True: [], False: []}
        self.sets: dict[tuple[str, bool], set[str]] = {}
        self.dependencies: dict[bool, set[Dependency]] = {True: set(), False: set()}
        self.ages: dict[str, int | None] = {"<": None, ">": None}
        self.is_watched: bool | None = None
        self.sizes: dict[str, int | None] = {"<": None, ">": None}
        self.mildest: int | None = None
        self.worst: int | None = None
        self.sort: Sort = "relevance"
        self.problems: list[str] = []
        self._readers: dict[str, Callable[[str, bool], bool]] = {
            "tag": self._tag,
            **{operator: partial(self._dependency, operator) for operator in OPERATORS},
            "updated": self._age,
            "license": self._licence,
            "keyword": partial(self._term, "keyword"),
            "maintainer": partial(self._term, "maintainer"),
            "size": self._size,
            "severity": self._severity,
            "advisory": self._advisory,
            "in": self._project,
            "is": self._state,
            "sort": self._order,
        }
        """One for each of EXAMPLES: takes the value and whether it is wanted; False if it is not understood."""

    def part(self, part: str) -> None:
        """Read one word, or one operator with its value."""
        is_wanted = not (part.startswith("-") and len(part) > 1)
        operator, colon, value = (part if is_wanted else part[1:]).partition(":")
        operator = operator.casefold()
        if colon and operator in REGISTRIES:
            self._registry(operator, value, is_wanted)
        elif colon and operator == "pkg" and is_wanted:
            self._package_url(part)
        elif colon and operator in EXAMPLES:
            self._operator(operator, value, is_wanted)
        elif part.strip("-_."):
            self.words[is_wanted].append(without_version(part) if is_wanted else part[1:])
        else:
            self.words[True].append(part)

    def query(self) -> SearchQuery:
        """The query of all parts."""

        def of(operator: str, is_wanted: bool) -> frozenset[str]:
            return frozenset(self.sets.get((operator, is_wanted), ()))

        return SearchQuery(
            words=tuple(dict.fromkeys(self.words[True])),
            without_words=tuple(dict.fromkeys(self.words[False])),
            registries=of("registry", True),
            without_registries=of("registry", False),
            tags=of("tag", True),
            without_tags=of("tag", False),
            dependencies=frozenset(self.dependencies[True]),
            without_dependencies=frozenset(self.dependencies[False]),
            newer_than=self.ages["<"],
            older_than=self.ages[">"],
            licences=of("license", True),
            without_licences=of("license", False),
            keywords=of("keyword", True),
            without_keywords=of("keyword", False),
            maintainers=of("maintainer", True),
            without_maintainers=of("maintainer", False),
            larger_than=self.sizes[">"],
            smaller_than=self.sizes["<"],
            mildest=self.mildest,
            worst=self.worst,
            advisories=of("advisory", True),
            without_advisories=of("advisory", False),
            states=frozenset(state for state in STATES if state in of("is", True)),
            without_states=frozenset(state for state in STATES if state in of("is", False)),
            is_watched=self.is_watched,
            projects=of("in", True),
            without_projects=of("in", False),
            sort=self.sort,
            problems=tuple(self.problems),
        )

    def _registry(self, registry: str, word: str, is_wanted: bool) -> None:
        if is_wanted or not word:
            self.sets.setdefault(("registry", is_wanted), set()).add(registry)
        if word and is_wanted:
            self.words[True].append(without_version(word))
        elif word:
            self.problems.append(f"-{registry}:{word} is not understood: write -{registry}: alone.")

    def _package_url(self, text: str) -> None:
        try:
            package = parse_reference(text)
        except UsageError as error:
            self.problems.append(str(error))
        else:
            self._registry(package.registry, package.name, is_wanted=True)

    def _operator(self, operator: str, value: str, is_wanted: bool) -> None:
        if not self._readers[operator](value, is_wanted):
            said = f"{'' if is_wanted else '-'}{operator}:{value}"
            wrong = "is not understood" if value else "is not complete"
            self.problems.append(f"{said} {wrong}: write {EXAMPLES[operator]}.")

    def _tag(self, value: str, is_wanted: bool) -> bool:
        if value:
            self.sets.setdefault(("tag", is_wanted), set()).add(value.casefold())
        return bool(value)

    def _dependency(self, operator: Operator, value: str, is_wanted: bool) -> bool:
        registry, colon, rest = value.partition(":")
        registry, rest = (registry, rest) if colon and registry in REGISTRIES else ("", value)
        at = rest.find("@", 1)  # a scope's own @ is the first character
        if at < 0:
            at = rest.find("=")  # apt's way of writing it
        name, version = (rest, "") if at < 0 else (rest[:at], rest[at + 1 :])
        if name and RANGE.fullmatch(version):
            said = f"{'' if is_wanted else '-'}{operator}:{value}"
            example = f"{operator}:express@4.18.1"
            self.problems.append(f"{said}: write an exact version, as in {example}.")
            version = ""
        if name:
            self.dependencies[is_wanted].add(Dependency(name, version, registry, operator))
        return bool(name)

    def _age(self, value: str, is_wanted: bool) -> bool:
        found = measures.read_age(value)
        if found is None or found[1] > MAX_DAYS:
            return False
        self.ages[measures.turned(found[0], is_wanted)] = found[1]
        return True

    def _licence(self, value: str, is_wanted: bool) -> bool:
        return bool(LICENCE.fullmatch(value)) and self._term("license", value, is_wanted)

    def _term(self, operator: str, value: str, is_wanted: bool) -> bool:
        term = term_of(value)
        if term:
            self.sets.setdefault((operator, is_wanted), set()).add(term)
        return bool(term)

    def _size(self, value: str, is_wanted: bool) -> bool:
        found = measures.read_size(value)
        if found is not None:
            self.sizes[measures.turned(found[0], is_wanted)] = found[1]
        return found is not None

    def _severity(self, value: str, is_wanted: bool) -> bool:
        found = measures.read_severities(value)
        if found is None or not is_wanted:
            return False
        mildest, worst = found
        self.mildest = self.mildest if mildest is None else mildest
        self.worst = self.worst if worst is None else worst
        return True

    def _advisory(self, value: str, is_wanted: bool) -> bool:
        id = measures.read_advisory(value)
        if id:
            self.sets.setdefault(("advisory", is_wanted), set()).add(id)
        return bool(id)

    def _project(self, value: str, is_wanted: bool) -> bool:
        if value:
            self.sets.setdefault(("in", is_wanted), set()).add(value)
        return bool(value)

    def _state(self, value: str, is_wanted: bool) -> bool:
        value = value.casefold()
        if value == WATCHED:
            self.is_watched = is_wanted
            return True
        if value in STATES:
            self.sets.setdefault(("is", is_wanted), set()).add(value)
        return value in STATES

    def _order(self, value: str, is_wanted: bool) -> bool:
        for sort in SORTS:
            if sort == value.casefold() and is_wanted:
                self.sort = sort
                return True
        return False
