"""What is said of the node under the cursor: the path to it, what its marks mean here, and what to do."""

from __future__ import annotations

from msgspec import Struct
from textual.content import Content

from tgtui.basics.formatting import counted, size
from tgtui.basics.text import clean
from tgtui.data.views.facts import Less, VersionFacts
from tgtui.data.views.requests import RequestRow
from tgtui.output.facts import less_in_words, licence_in_words
from tgtui.output.marks import is_placeholder
from tgtui.output.ranges import type_noun
from tgtui.output.requests import request_text_or
from tgtui.registries.registration import HOLDS_A_NAME, registration
from tgtui.widgets.content import MAX_NAME, safe
from tgtui.widgets.keys import key
from tgtui.widgets.lists.cutting import cut
from tgtui.widgets.tree.model import TreeModel
from tgtui.widgets.tree.node import TreeNode

MAX_STEPS, MIN_STEPS = 6, 3
"""Names of a path that are written out; the middle of a longer one is left out."""
MAX_SENTENCE = 400


class Spot(Struct, frozen=True):
    """The node under the cursor, as the tree shows it this moment."""

    node: TreeNode
    model: TreeModel
    root: str
    """What the root is called."""
    brings: int
    """Packages the node brings in total, 0 while that is not known."""
    is_first_place: bool
    """The cursor came here from a repeat, and can go back."""


class NodeFacts(Struct, frozen=True):
    """What is looked up for one node only."""

    request: RequestRow | None = None
    """The newest of its package."""
    brings_alone: int | None = None
    """Packages that removing it would remove."""
    can_ask: bool = False
    """The person may ask for what is missing."""
    its: VersionFacts | None = None
    """Licence and size of the version."""
    less: Less | None = None
    """What would not be installed without it."""


def way_to(spot: Spot, width: int) -> Content:
    """`express@4.21.2 › body-parser › debug › ms` in at most this many cells; upwards from the dependent down to the
    root. What is near the root is left out first."""
    for steps in range(MAX_STEPS, MIN_STEPS, -1):
        way = _way_to(spot, steps)
        if way.cell_length <= width:
            return way
    return cut(_way_to(spot, MIN_STEPS), width)


def _way_to(spot: Spot, steps: int) -> Content:
    path = spot.node.path()
    names = [spot.root, *(step.edge.declared_name or step.edge.name for step in path)]
    if spot.model.is_upwards:
        names = [*(step.edge.name for step in reversed(path)), spot.root]
    names = [clean(name, MAX_NAME) for name in names]
    if len(names) > steps:
        left_out = len(names) - steps + 1
        names = [names[0], f"… {left_out} more …", *names[2 - steps :]]
    return safe(" › ".join(names), steps * (MAX_NAME + 3))


def explain(spot: Spot, facts: NodeFacts) -> Content:
    """What the node's marks mean here, and what to do."""
    return safe(_sentence(spot, facts), MAX_SENTENCE)


def _sentence(spot: Spot, facts: NodeFacts) -> str:
    opens = key("tree.open")
    model, node, edge, request = spot.model, spot.node, spot.node.edge, facts.request
    if edge.is_unresolved:
        reason = edge.resolution_error or "No version has been chosen yet."
        return reason if request is None else f"{reason} {request_text_or(request, '')}".strip()
    if edge.is_missing:
        version = f"{edge.name}@{edge.resolved_version} is not in the catalogue yet."
        how = f"{key('tree.ask')} asks for it." if facts.can_ask else ""
        return f"{version} {request_text_or(request, how)}".rstrip()
    if edge.is_external:
        return f"Not from a registry: {edge.resolved_version}"
    if node.is_waiting:
        return f"Its dependencies are being loaded. {request_text_or(request, '')}".strip()
    if spot.is_first_place:
        told = " · ".join(_facts(spot, facts))
        return f"This is where it is unfolded; {key('tree.open')} goes back to the repeat. {told}"
    if node.is_cycle:
        where = "is the root itself" if model.first_place(node) is None else "is already above"
        return (
            f"A cycle: {edge.name}@{edge.resolved_version} {where}; {key('tree.open')} goes there."
        )
    place = model.first_place(node)
    if place is not None and place is not node:
        above = place.parent
        where = "in the first level" if above is None else f"below {above.edge.name}"
        return (
            f"The same version is shown {where}; {opens} goes there, and {opens} again comes back."
        )
    return " · ".join(_facts(spot, facts))


def _facts(spot: Spot, facts: NodeFacts) -> list[str]:
    edge, is_upwards = spot.node.edge, spot.model.is_upwards
    known = registration(edge.registry)
    kind = type_noun(edge.type)
    if is_upwards and not edge.source_field:
        told = [counted(edge.child_count, "version depends", "versions depend") + " on it directly"]
    elif is_upwards:
        article = "an" if kind.startswith("o") else "a"
        told = [
            f"needs {edge.range or '*'} as {article} {kind}",
            counted(edge.child_count, "direct dependent")
            if edge.child_count
            else "no known package installs it",
        ]
    else:
        told = [kind]
        if edge.declared_name is not None:
            told.append(f"{edge.name}, {known.alias_phrase} {edge.declared_name}")
        if not edge.is_loaded:
            told.append("its dependencies are not loaded yet, unfold it to load them")
        elif edge.child_count:
            told.append(
                counted(edge.child_count, "dependency of its own", "dependencies of its own")
            )
        else:
            told.append("no dependencies of its own")
    told += _counts(spot, facts)
    if facts.its is not None and not is_upwards:
        told.append(
            licence_in_words(facts.its.licence) if facts.its.licence.shown else "licence unknown"
        )
        if facts.its.unpacked_size is not None:
            told.append(size(facts.its.unpacked_size))
    if edge.is_yanked:
        told.append(f"this version is {known.withdrawn}")
    if is_placeholder(edge):
        told.append(HOLDS_A_NAME[0].lower() + HOLDS_A_NAME[1:].rstrip("."))
    if edge.is_outdated:
        told.append("a newer version exists")
    return told


def _counts(spot: Spot, facts: NodeFacts) -> list[str]:
    brings = spot.brings
    if spot.model.is_upwards:
        is_more = brings > spot.node.edge.child_count
        return [f"{counted(brings, 'version')} in total"] if is_more else []
    told = [f"brings {counted(brings, 'package')} in total"] if brings else []
    if facts.brings_alone is not None:
        gone = facts.brings_alone + 1
        told.append(
            f"removing it would remove {counted(gone, 'package')}"
            if gone > 1
            else "removing it would remove only itself"
        )
    if facts.less is not None and (less := less_in_words(facts.less)):
        told.append(less)
    return told
