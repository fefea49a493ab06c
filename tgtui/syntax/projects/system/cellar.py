"""What Homebrew installed: its Cellar, listed as JSON of names, versions and receipts."""

from __future__ import annotations

from collections.abc import Sequence

from tgtui.syntax.projects.graph import Graph
from tgtui.syntax.projects.text import SourceFile, items, json_object, table, text_of
from tgtui.syntax.projects.values import Lock, Manifest


def read_cellar(file: SourceFile, manifests: Sequence[Manifest] = ()) -> Lock:
    """`{"jq": {"1.7.1": {receipt}}}`, as `services` lists the folder. Of several versions the last one is linked."""
    document = json_object(file)
    graph = Graph(file, "brew")
    machine = graph.workspace(file.path, "Homebrew here")
    newest: dict[str, int] = {}
    receipts = []
    for name, versions in document.items():
        for version, receipt in table(versions).items():
            tap = text_of(table(table(receipt).get("source")).get("tap"))
            full = name if tap in (None, "homebrew/core") else f"{tap}/{name}"
            position = graph.add((name, version), full, version)
            if position is not None:
                newest[name] = newest[full] = position
                receipts.append((position, table(receipt)))
    used: set[int] = set()
    for position, receipt in receipts:
        for each in map(table, items(receipt.get("runtime_dependencies"))):
            target = newest.get(text_of(each.get("full_name")) or "")
            if target is not None and target != position:
                used.add(target)
                graph.edge(position, target)
    for position, receipt in receipts:
        if receipt.get("installed_on_request") is True or position not in used:
            graph.edge(machine, position)
    return graph.lock("cellar")
