"""How the comparison of two versions is told, on the screen and on the command line."""

from __future__ import annotations

from tgtui.basics.formatting import counted, number
from tgtui.data.graph.comparison import Change, Comparison, Moved
from tgtui.data.views.edges import Edge
from tgtui.output.marks import Mark, advisories_in_short
from tgtui.output.ranges import before_range

OWN = "Its own dependencies"
INSTALLED = "Everything it installs"
SAME = "Nothing differs: the same dependencies, and the same below them."
GONE = "One of the versions is no longer in the catalogue"
MAX_VERSIONS = 8
"""Versions of one package that a line names."""


def own_groups(found: Comparison) -> list[tuple[str, str, tuple[Change, ...]]]:
    """What the two versions ask for themselves: sign, heading and changes of each group."""
    return [
        ("+", "Added", found.added),
        ("-", "Removed", found.removed),
        ("~", "Range changed", found.changed),
    ]


def install_groups(found: Comparison) -> list[tuple[str, str, tuple[Moved, ...]]]:
    """What their installs bring, in the same way."""
    return [
        ("+", "Gained", found.gained),
        ("-", "Lost", found.lost),
        ("~", "Version changed", found.moved),
    ]


def name_of_change(change: Change) -> str:
    """`debug`, or `alias = debug`."""
    edge = change.edge
    return (
        f"{edge.declared_name} {Mark.ALIAS.sign} {edge.name}" if edge.declared_name else edge.name
    )


def change_in_words(change: Change) -> str:
    """`debug 2.6.9 → ~4.3.1 = 4.3.7`; of one side only what that asks for. Hostile text."""
    before, after, name = change.before, change.after, name_of_change(change)
    if before is None or after is None:
        return f"{name} {asked(change.edge)}"
    sides = [asked(before), asked(after)]
    if before.name != after.name:
        sides = [f"{before.name} {sides[0]}", f"{after.name} {sides[1]}"]
    return f"{name} {sides[0]} → {sides[1]}"


def moved_in_words(moved: Moved) -> str:
    """`ms 2.0.0 → 2.1.3 (2.1.2 stays)`. Hostile text."""
    before, after = listed(moved.before), listed(moved.after)
    if not (before and after) and not moved.kept:
        return f"{moved.name} {before or after}"
    kept = f" ({listed(moved.kept)} stays)" if moved.kept else ""
    return f"{moved.name} {before or 'nothing'} → {after or 'nothing'}{kept}"


def sides_in_words(found: Comparison) -> str:
    """`65 packages → 68 packages · 5 gained · 2 lost`."""
    before, after = found.before, found.after
    sides = [
        counted(side.packages, "package") + ("" if side.is_whole else " so far")
        for side in (before, after)
    ]
    parts = [
        f"{number(count)} {word}"
        for count, word in (
            (len(found.gained), "gained"),
            (len(found.lost), "lost"),
            (len(found.moved), "changed"),
        )
        if count
    ]
    for word, ranks in (("fixes", found.mended), ("brings", found.brought)):
        if ranks:
            parts.append(f"{word} {advisories_in_short(ranks)}")
    return " · ".join([f"{sides[0]} → {sides[1]}", *parts])


def asked(edge: Edge) -> str:
    """`^2.0.0 = 2.1.3`: the range, and what was chosen if that says more."""
    chosen = "" if edge.resolved_version == edge.range else f" = {edge.resolved_version}"
    return f"{before_range(edge.type)}{edge.range or '*'}{chosen}"


def listed(versions: tuple[str, ...]) -> str:
    """`1.0.0, 2.1.3`"""
    shown = ", ".join(versions[:MAX_VERSIONS])
    left_out = len(versions) - MAX_VERSIONS
    return f"{shown} and {left_out} more" if left_out > 0 else shown
