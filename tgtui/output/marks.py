"""The marks of dependencies, the same in trees, lists, exports and on the command line; and totals in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from enum import Enum, auto
from typing import Protocol

from tgtui.basics.formatting import counted, number
from tgtui.basics.text import clean
from tgtui.data.views.advisories import Trust, Worst
from tgtui.data.views.edges import Edge, TreeTotals
from tgtui.data.views.versions import EnvironmentInfo
from tgtui.registries.registration import registration
from tgtui.syntax.advisories.ranks import severity_word

NOT_CHECKED = "not checked for advisories"
SOURCELESS = "no source of advisories"


def doubts_in_words(registry: str, environment: EnvironmentInfo) -> list[str]:
    """Why a tree is not what the registry's client would install, or may not be, or not elsewhere, a sentence each."""
    client = registration(registry).client
    told = [f"{client} can't install it. {environment.error}"] if environment.error else []
    return [clean(each) for each in (*told, *environment.notes)]


class Tone(Enum):
    """How much a mark matters. Whatever draws marks has a style for each."""

    FAULT = auto()
    ABSENT = auto()
    WARNING = auto()
    QUIET = auto()


class Mark(Enum):
    """Something worth knowing of a dependency: sign, word, meaning, tone. In the order of a legend."""

    REPEATED = "(*)", "repeated", "shown elsewhere", Tone.QUIET
    CYCLE = "(cycle)", "cycle", "back to an ancestor", Tone.WARNING
    MISSING = "?", "missing", "not in the catalogue yet", Tone.ABSENT
    UNRESOLVED = "!", "unresolved", "unresolved", Tone.FAULT
    LEFT_OUT = "-", "left out", "left out beside the rest", Tone.QUIET
    NOT_LOADED = "…", "not loaded", "its dependencies are not loaded yet", Tone.QUIET
    OPTIONAL = "~", "optional", "optional", Tone.QUIET
    ALIAS = "=", "alias", "under another name", Tone.QUIET
    EXTERNAL = "external", "external", "git, file or address", Tone.QUIET
    PEER = "", "peer", "", Tone.QUIET
    DEV = "", "dev", "", Tone.QUIET
    VULNERABLE = "▲", "vulnerable", "advisories are known", Tone.FAULT
    DEPRECATED = "✗", "deprecated", "", Tone.WARNING
    PLACEHOLDER = "⊘", "placeholder", "", Tone.WARNING
    OUTDATED = "↑", "outdated", "", Tone.WARNING
    NOT_LOOKED_UP = "·", "not looked up", "", Tone.QUIET

    def __init__(self, sign: str, word: str, meaning: str, tone: Tone) -> None:
        self.sign = sign
        """Told apart from the others without colour; empty if it is only ever written as its word."""
        self.word = word
        self.meaning = meaning
        """For a legend; empty for those that a tree writes as their word."""
        self.tone = tone

    def word_in(self, registry: str) -> str:
        """The word; a registry may have its own for a withdrawn version: `yanked`."""
        return registration(registry).withdrawn if self is Mark.DEPRECATED else self.word

    def behind(self, registry: str) -> str:
        """What stands behind a node of that registry in a tree: the sign that a legend explains, or the word."""
        return self.sign if self.meaning else self.word_in(registry)


class MarkedEdge(Protocol):
    """What the marks of a node depend on, whatever the edge was read as."""

    @property
    def registry(self) -> str: ...
    @property
    def resolved_version(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def is_unresolved(self) -> bool: ...
    @property
    def is_left_out(self) -> bool: ...
    @property
    def is_missing(self) -> bool: ...
    @property
    def is_external(self) -> bool: ...
    @property
    def is_optional(self) -> bool: ...
    @property
    def is_yanked(self) -> bool: ...
    @property
    def declared_name(self) -> str | None: ...
    @property
    def worst(self) -> Worst | None: ...


def tree_marks(edge: MarkedEdge, place: Mark | None) -> list[Mark]:
    """Of a node, the most important first. `place` is the mark for where it stands, if any."""
    marks: list[Mark] = []
    if edge.is_left_out:
        marks.append(Mark.LEFT_OUT)
    elif edge.is_unresolved:
        marks.append(Mark.UNRESOLVED)
    elif edge.is_missing:
        marks.append(Mark.MISSING)
    elif edge.is_external:
        marks.append(Mark.EXTERNAL)
    elif place is not None:
        marks.append(place)
    if edge.is_optional or edge.type == "optional":
        marks.append(Mark.OPTIONAL)
    if edge.type == "peer":
        marks.append(Mark.PEER)
    if edge.type == "dev":
        marks.append(Mark.DEV)
    if edge.worst is not None:
        marks.append(Mark.VULNERABLE)
    if edge.is_yanked:
        marks.append(Mark.DEPRECATED)
    if is_placeholder(edge):
        marks.append(Mark.PLACEHOLDER)
    return marks


def list_marks(edge: Edge) -> list[Mark]:
    """In a list that is grouped by type, the worst first."""
    return [
        mark
        for mark, holds in (
            (
                Mark.UNRESOLVED,
                edge.is_unresolved and not (edge.is_not_looked_up or edge.is_left_out),
            ),
            (Mark.LEFT_OUT, edge.is_left_out),
            (Mark.VULNERABLE, edge.worst is not None),
            (Mark.DEPRECATED, edge.is_yanked),
            (Mark.PLACEHOLDER, is_placeholder(edge)),
            (Mark.MISSING, edge.is_missing),
            (Mark.OUTDATED, edge.is_outdated),
            (Mark.NOT_LOOKED_UP, edge.is_not_looked_up),
            (Mark.OPTIONAL, edge.is_optional),
        )
        if holds
    ]


def is_placeholder(edge: MarkedEdge) -> bool:
    """Whether the chosen version only holds the name of a removed package."""
    return registration(edge.registry).placeholder(edge.resolved_version)


def marks_explained(edge: MarkedEdge, marks: Iterable[Mark]) -> set[Mark]:
    """What a legend has to explain of a line: its marks, and the sign between an alias and its target."""
    return {*marks, Mark.ALIAS} if edge.declared_name is not None else {*marks}


def in_legend(marks: Collection[Mark]) -> list[Mark]:
    """Those that need explaining, in order; marks that are words explain themselves."""
    return [mark for mark in Mark if mark.meaning and mark in marks]


def totals_in_words(totals: TreeTotals, registry: str, trust: Trust | None = None) -> list[str]:
    """`65 packages`, `depth 7`, ...; a closure that is not whole yet says so. `registry` is the root's; `trust` says how
    fresh what is known of advisories is."""
    so_far = " so far" if totals.not_loaded or totals.missing else ""
    words = [counted(totals.packages, "package") + so_far, f"depth {number(totals.depth)}"]
    for count, word in (
        (totals.repeated, Mark.REPEATED.word),
        (totals.unresolved, Mark.UNRESOLVED.word),
        (totals.deprecated, Mark.DEPRECATED.word_in(registry)),
        (totals.missing, Mark.MISSING.word),
        (totals.not_loaded, "not loaded yet"),
    ):
        if count:
            words.append(f"{number(count)} {word}")
    words += _advisories(advisories_in_short(totals.severities, totals.threatening), trust)
    if totals.clashes:
        client = registration(registry).client
        words.append(f"{counted(totals.clashes, 'conflict')}: {client} would choose differently")
    return words


def advisories_in_short(ranks: Collection[int], paths: tuple[int, bool] = (0, False)) -> str:
    """`3 advisories, 1 critical, 2 high, through 5 paths`; empty for none. Of paths also whether there are more."""
    if not ranks:
        return ""
    counts = sorted(Counter(ranks).items(), reverse=True)
    by_severity = [
        f"{number(count)} {severity_word(rank) if rank else 'of unknown severity'}"
        for rank, count in counts
    ]
    count, is_more = paths
    through = [through_in_words(count, is_more=is_more)] if count else []
    return ", ".join([counted(len(ranks), "advisory", "advisories"), *by_severity, *through])


def _advisories(found: str, trust: Trust | None) -> list[str]:
    """What was found, and how far that can be trusted: `no advisories, as of 2026-11-30`."""
    if trust is None:
        return [found] if found else []
    if trust.as_of is None:
        has_source = any(each.standing.has_source for each in trust.unchecked)
        doubt = NOT_CHECKED if has_source else SOURCELESS
        return [found, doubt] if found else [doubt]
    fresh = f"as of {trust.as_of:%Y-%m-%d}"
    words = [f"{found} ({fresh})" if found else f"no advisories, {fresh}"]
    if trust.not_checked:
        words.append(f"{number(trust.not_checked)} {NOT_CHECKED}")
    return words


def through_in_words(count: int, *, is_more: bool) -> str:
    """`through 5 paths`."""
    return f"through {'more than ' if is_more else ''}{counted(count, 'path')}"


def dependents_in_words(levels: Sequence[int], roots: int) -> list[str]:
    """`12 dependents known here`, `4 directly`, `depth 3`; `levels` are those of the closure, upwards."""
    total, direct = len(levels) - roots, sum(level == 1 for level in levels)
    if not total:
        return ["no known package installs it"]
    return [
        counted(total, "dependent") + " known here",
        f"{number(direct)} directly",
        f"depth {number(max(levels))}",
    ]
