"""Two lines on the node under the cursor: the way to it, and what there is to say of it."""

from __future__ import annotations

from textual.content import Content

from tgtui.data.views import RequestRow
from tgtui.formatting import counted
from tgtui.text import clean
from tgtui.widgets.content import safe
from tgtui.widgets.tree_model import TreeModel, TreeNode

MAX_STEPS = 6
"""Names of a way that are written out; the middle of a longer one is left out."""
MAX_NAME = 60
MAX_SENTENCE = 400


def way_to(node: TreeNode) -> Content:
    """`body-parser › debug › ms`."""
    names = [clean(step.edge.declared_name or step.edge.name, MAX_NAME) for step in node.path()]
    if len(names) > MAX_STEPS:
        left_out = len(names) - MAX_STEPS + 1
        names = [names[0], f"… {left_out} more …", *names[2 - MAX_STEPS :]]
    return safe(" › ".join(names), MAX_STEPS * (MAX_NAME + 3))


def explain(model: TreeModel, node: TreeNode, request: RequestRow | None) -> Content:
    """What the node's marks mean here, and what to do. `request` is its package's newest."""
    return safe(_sentence(model, node, request), MAX_SENTENCE)


def queue_sentence(request: RequestRow | None, what_to_do: str) -> str:
    """How far the queue is with a package that is not here yet."""
    if request is None or request.status in {"completed", "cancelled"}:
        return what_to_do
    if request.status == "failed":
        return f"Fetching it failed: {request.error_message or 'nobody knows why'}"
    if request.status == "fetching":
        return "It is being fetched this moment."
    if request.error_message:
        return f"It is queued and will be tried again: {request.error_message}"
    return "It is queued."


def _sentence(model: TreeModel, node: TreeNode, request: RequestRow | None) -> str:
    edge = node.edge
    if edge.is_unresolved:
        reason = edge.resolution_error or "No version has been chosen yet."
        return reason if request is None else f"{reason} {queue_sentence(request, '')}".strip()
    if edge.is_missing:
        version = f"{edge.name}@{edge.resolved_version} is not in the catalogue yet."
        return f"{version} {queue_sentence(request, 'Press a to ask for it.')}"
    if edge.is_external:
        return f"Not from a registry: {edge.resolved_version}"
    if node.is_waiting:
        return f"Its dependencies are being loaded. {queue_sentence(request, '')}".strip()
    if node.is_cycle:
        return f"{edge.name}@{edge.resolved_version} stands above already; enter goes there."
    place = model.first_place(node)
    if place is not None and place is not node:
        above = place.parent
        where = "in the first level" if above is None else f"below {above.edge.name}"
        return f"The same version is shown {where}; enter goes there."
    return " · ".join(_facts(node))


def _facts(node: TreeNode) -> list[str]:
    edge = node.edge
    kind = {"runtime": "dependency", "peer": "peer dependency", "optional": "optional dependency"}
    facts = [kind.get(edge.type, f"{edge.type} dependency")]
    if edge.declared_name is not None:
        facts.append(f"{edge.name}, installed as {edge.declared_name}")
    if not edge.is_loaded:
        facts.append("its dependencies are not loaded yet, unfold it to load them")
    else:
        facts.append(
            counted(edge.child_count, "dependency of its own", "dependencies of its own")
            if edge.child_count
            else "no dependencies of its own"
        )
    if edge.is_yanked:
        facts.append("this version is deprecated")
    if edge.is_outdated:
        facts.append("a newer version exists")
    return facts
