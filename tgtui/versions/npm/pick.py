"""Which version npm would choose from a packument for a specifier.

Source: the behaviour of npm-pick-manifest. An explicit tag or version is that version or nothing. For a
range `latest` wins if the range admits it and it is neither deprecated nor refused by its engines;
else the best of what the range admits: engines first, then not deprecated, then the highest.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping

from tgtui.versions.npm.ranges import Interval, Range, compile_range, satisfies
from tgtui.versions.npm.semver import Key, Version, is_prerelease, parse_version, sort_key
from tgtui.versions.npm.specifier import Specifier, parse_specifier
from tgtui.versions.rules import LATEST, NotPicked, Picked

_Rank = tuple[int, Key]
"""Quality of a candidate, greater is better: 2 for engines, 1 for not deprecated, then precedence."""


class PickIndex:
    """A packument's versions, parsed and ordered once for many picks; never changes, threads may share it."""

    __slots__ = (
        "_deprecated",
        "_engines",
        "_latest",
        "_prereleases",
        "_stable",
        "dist_tags",
        "versions",
    )

    def __init__(
        self,
        versions: Iterable[str],
        dist_tags: Mapping[str, str],
        deprecated: Collection[str] = (),
        engines_node: Mapping[str, str] | None = None,
    ) -> None:
        """`versions` in the document's order, which decides between spellings of one version.

        `deprecated` names those with a deprecation message, `engines_node` the `engines.node` ranges.
        """
        self.versions = dict.fromkeys(versions)
        """As an ordered set."""
        self.dist_tags = dict(dist_tags)
        self._deprecated = frozenset(deprecated)
        self._engines = {v: text for v, text in (engines_node or {}).items() if text}
        parsed = [version for text in self.versions if (version := parse_version(text))]
        # Backwards and stable: of two spellings with one precedence the document's first comes last.
        parsed.reverse()
        parsed.sort(key=lambda version: version.key)
        self._stable = _Ladder([version for version in parsed if not version.is_prerelease])
        self._prereleases = _Ladder([version for version in parsed if version.is_prerelease])
        latest = self.dist_tags.get(LATEST)
        self._latest = parse_version(latest) if latest in self.versions and latest else None

    def __len__(self) -> int:
        return len(self.versions)

    def latest(self) -> str | None:
        """See `latest_version`."""
        return latest_version(self)

    def pick(self, wanted: str, node_version: str | None) -> Picked | NotPicked:
        """See the function `pick`."""
        return pick(self, wanted, node_version=node_version)


class _Ladder:
    """Versions from the lowest to the highest, as two parallel lists."""

    __slots__ = ("keys", "texts")

    def __init__(self, versions: list[Version]) -> None:
        self.keys = [version.key for version in versions]
        self.texts = [version.text for version in versions]

    def between(self, interval: Interval) -> range:
        """Positions inside the interval, from the highest down."""
        find_low = bisect_right if interval.low_open else bisect_left
        low = find_low(self.keys, interval.low)
        high = len(self.keys)
        if interval.high is not None:
            find_high = bisect_left if interval.high_open else bisect_right
            high = find_high(self.keys, interval.high)
        return range(high - 1, low - 1, -1)


def pick(
    index: PickIndex, specifier: str | Specifier, *, node_version: str | None = None
) -> Picked | NotPicked:
    """npm's choice for a specifier; an alias is replaced by its target.

    `node_version` such as `20.1.0` makes `engines.node` count; None ignores it.
    """
    parsed = parse_specifier("", specifier) if isinstance(specifier, str) else specifier
    asked = parsed.registry
    if asked is None:
        reason = parsed.error or f"A {parsed.kind} specifier does not come from the registry."
        return NotPicked(reason, "UNSUPPORTED")
    wanted = asked.wanted
    if wanted.startswith("."):
        # npm looks at the specifier once more without its blanks, and then it is a path.
        return NotPicked(f"{wanted[:80]!r} is a path, not a range.", "UNSUPPORTED")
    if asked.kind == "range":
        return _pick_range(index, wanted or "*", node_version)
    if asked.kind == "tag":
        found = index.dist_tags.get(wanted)
        reason = f"There is no tag {wanted[:80]!r}."
    else:
        exact = parse_version(wanted)
        found = exact.normal if exact else None
        reason = f"Version {wanted[:80]} was never published, or was removed."
    if found is not None and found in index.versions:
        return Picked(found)
    return NotPicked(reason, "ETARGET")


def latest_version(index: PickIndex) -> str | None:
    """The version used by default: dist-tag `latest`, else the highest release that is not deprecated,
    else the highest version; None if there is none at all."""
    latest = index.dist_tags.get(LATEST)
    if latest is not None and latest in index.versions:
        return latest
    steady = [v for v in index.versions if v not in index._deprecated and not is_prerelease(v)]
    return max(steady or index.versions, key=sort_key, default=None)


def _pick_range(index: PickIndex, wanted: str, node_version: str | None) -> Picked | NotPicked:
    range_ = compile_range(wanted)
    node = parse_version(node_version, loose=False) if node_version else None
    engines = _Engines(index._engines, node_version, node)
    latest = index._latest
    latest_text = index.dist_tags.get(LATEST)
    if (
        latest_text in index.versions
        and latest_text is not None
        and (wanted == "*" or (latest is not None and range_.admits(latest)))
        and latest_text not in index._deprecated
        and engines.admit(latest_text)
    ):
        return Picked(latest_text)
    if not index.versions:
        return NotPicked("The package has no published versions.", "ENOVERSIONS")
    best: _Rank = (-1, ())
    text = ""
    for interval in range_.intervals:
        for ladder in (index._stable, index._prereleases):
            rank, candidate = _best(index, ladder, interval, range_, engines)
            if rank > best:
                best, text = rank, candidate
    if not text:
        return NotPicked(f"No published version matches {wanted[:80]!r}.", "ETARGET")
    return Picked(text)


def _best(
    index: PickIndex, ladder: _Ladder, interval: Interval, range_: Range, engines: _Engines
) -> tuple[_Rank, str]:
    """The best candidate on one ladder; rank -1 if there is none."""
    best: _Rank = (-1, ())
    text = ""
    only = None
    if ladder is index._prereleases:
        only = interval.prereleases_of
        if not only:
            return best, text
    for position in ladder.between(interval):
        key = ladder.keys[position]
        if only is not None and key[:3] not in only:
            continue
        candidate = ladder.texts[position]
        score = 2 * engines.admit(candidate) + (candidate not in index._deprecated)
        if score > best[0]:
            best, text = (score, key), candidate
            if score == 3:
                break
    return best, text


class _Engines:
    """Whether the node version suits a version's engines."""

    __slots__ = ("_node", "_ranges", "_skip")

    def __init__(self, ranges: dict[str, str], text: str | None, node: Version | None) -> None:
        self._skip = not text or not ranges
        self._ranges = ranges
        self._node = node

    def admit(self, version: str) -> bool:
        range_ = None if self._skip else self._ranges.get(version)
        if range_ is None:
            return True
        # npm reads engines strictly, and lets a prerelease of node pass.
        return self._node is not None and satisfies(
            self._node, range_, loose=False, include_prerelease=True
        )
