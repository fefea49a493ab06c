"""How advisories are said: how bad they are, how fresh, and what an audit found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from tgtui.basics.formatting import counted
from tgtui.basics.text import clean
from tgtui.data.graph.audit import Audit, Threat
from tgtui.data.graph.dependents import Step
from tgtui.data.views.advisories import AffectedPackage, Standing, Worst
from tgtui.output.marks import NOT_CHECKED, SOURCELESS, advisories_in_short
from tgtui.output.ranges import asks
from tgtui.syntax.advisories.ranks import MALWARE, severity_word

NO_SOURCE = "nobody publishes advisories about its packages"
OTHERS_SHOWN = 4
FIXES_SHOWN = 8
MALWARE_SHOWN = 10
NEVER_READ = (
    "its advisories were never read here (set advisories.sources, or: tgtui advisories import)"
)


def as_of(moment: datetime) -> str:
    """`as of 2026-11-30 18:00 UTC`."""
    return f"as of {moment:%Y-%m-%d %H:%M} UTC"


def trust(standing: Standing) -> str:
    """How far no advisories mean anything: `as of …`, or that nobody looked, and why."""
    if not standing.has_source:
        return NO_SOURCE
    if standing.as_of is None:
        why = standing.problem or NEVER_READ
        return f"{NOT_CHECKED}: {clean(why, 200).rstrip('.')}"
    problem = f"; the last look failed: {clean(standing.problem, 200)}" if standing.problem else ""
    return f"{as_of(standing.as_of)}{problem}"


def none_known(standing: Standing) -> str:
    """Of a version without advisories, what that means: `no advisories, as of 2026-11-30`; that nobody looked."""
    if not standing.has_source:
        return SOURCELESS
    if standing.as_of is None:
        return NOT_CHECKED
    return f"no advisories, as of {standing.as_of:%Y-%m-%d}"


def known_of(worst: Worst | None, standing: Standing) -> str:
    """`3 advisories, the worst high (as of …)` about a version, or `none_known`."""
    if worst is None:
        return none_known(standing)
    count = counted(worst.count, "advisory", "advisories")
    return f"{count}, the worst {severity_word(worst.severity)} ({trust(standing)})"


def alarm(malware: Sequence[str]) -> str:
    """A sentence about versions that are an attack themselves; empty for none."""
    if not malware:
        return ""
    shown = ", ".join(clean(each, 200) for each in malware[:MALWARE_SHOWN])
    more = f" and {len(malware) - MALWARE_SHOWN:,} more" if len(malware) > MALWARE_SHOWN else ""
    return f"MALWARE in this catalogue: {shown}{more}. Who uses it: tgtui dependents PACKAGE"


def trust_of_audit(audit: Audit) -> str:
    """`as of …`; that nothing was checked."""
    return as_of(audit.as_of) if audit.as_of is not None else NOT_CHECKED


def heading(audit: Audit, threats: Collection[Threat]) -> str:
    """`npm:express@4.18.1 and the 57 packages it brings: 3 advisories, 1 critical (as of …)`."""
    others = audit.versions - 1
    brings = "it has locked" if audit.is_project else "it brings"
    below = f" and the {counted(others, 'package')} {brings}" if others else ""
    found = advisories_in_short([each.finding.severity for each in threats], paths_of(threats))
    if not found:
        found = "no advisories known" if audit.as_of is not None else NOT_CHECKED
    fresh = f" ({as_of(audit.as_of)})" if audit.as_of is not None else ""
    return f"{clean(str(audit.root), 400)}{below}: {found}{fresh}"


def paths_of(threats: Iterable[Threat]) -> tuple[int, bool]:
    """How many paths lead to all of them, and whether there are more."""
    by_place = {(each.name, each.file): each.paths for each in threats}.values()
    return sum(count for count, _is_more in by_place), any(is_more for _count, is_more in by_place)


def lines_of(threat: Threat, accepted: str = "") -> Iterator[str]:
    """A threat, with its paths."""
    finding = threat.finding
    alarm = "MALWARE" if finding.severity == MALWARE else severity_word(finding.severity)
    summary = f"  {clean(finding.summary, 200)}" if finding.summary else ""
    others = (*finding.names[1:], *finding.aliases)[:OTHERS_SHOWN]
    also = f" ({', '.join(clean(name, 80) for name in others)})" if others else ""
    yield f"{alarm:<9} {clean(str(threat.name), 400)}  {clean(finding.flaw, 80)}{also}{summary}"
    yield f"{'':<9} {mended(threat)}"
    if accepted:
        yield f"{'':<9} accepted: {clean(accepted, 300)}"
    for way in threat.ways:
        yield f"{'':<9} {path(way, threat.name.registry)}"
    if threat.has_more_ways:
        if threat.file is not None:
            yield f"{'':<9} and other paths in {clean(threat.file, 300)}; --paths shows more"
        else:
            yield f"{'':<9} and other paths: tgtui why {_root(threat)} {clean(str(threat.name), 400)}"


def affects_in_words(each: AffectedPackage) -> str:
    """`npm lodash: < 4.17.21; fixed in 4.17.21`."""
    listed = f"{counted(len(each.versions), 'version')} by name" if each.versions else "no version"
    told = f"{each.ecosystem} {each.name}: {'; '.join(each.ranges) or listed}"
    fixed = f"; fixed in {', '.join(each.fixed[:FIXES_SHOWN])}" if each.fixed else ""
    return clean(f"{told}{fixed}", 400)


def mended(threat: Threat) -> str:
    """The remedy."""
    if threat.finding.severity == MALWARE and threat.mended_in is None:
        return "remove it; no version of it is known to be clean"
    if threat.mended_in is None:
        return "no version here fixes it"
    return f"fixed in {clean(threat.mended_in, 100)}"


def gaps(audit: Audit) -> Iterator[str]:
    """What was not looked at, and what is not known of the tree; a sentence each."""
    for each in audit.unchecked:
        count = counted(each.versions, "package")
        yield f"{each.registry}, {count}: {trust(each.standing)}."
    absent = []
    if audit.totals.missing:
        absent.append(f"{counted(audit.totals.missing, 'dependency', 'dependencies')} missing")
    if audit.totals.not_loaded:
        absent.append(
            f"the dependencies of {counted(audit.totals.not_loaded, 'package')} not loaded"
        )
    if absent:
        yield (
            f"The tree is not whole yet: {', '.join(absent)}. "
            f"Fetch them: tgtui ask {clean(str(audit.root), 400)} --wait"
        )
    for problem in audit.problems:
        yield clean(problem, 300)


def path(way: Iterable[Step], registry: str) -> str:
    """`express@4.21.2 › debug@2.6.9 (2.6.9)`, with the range each is declared with."""
    words: list[str] = []
    asked = None
    for step in way:
        name = step.name
        label = f"{name.name}@{name.version}" if name.version else name.name
        label = label if name.registry == registry else f"{name.registry}:{label}"
        words.append(label if asked is None else f"{label} ({asks(asked)})")
        asked = step.link
    return " › ".join(clean(word, 400) for word in words)


def _root(threat: Threat) -> str:
    return clean(str(threat.ways[0][0].name), 400) if threat.ways else ""
