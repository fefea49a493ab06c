"""`poetry.lock`, from 1.1 to 2.1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from tgtui.syntax.projects.graph import Graph
from tgtui.syntax.projects.python.names import normalised
from tgtui.syntax.projects.text import SourceFile, items, table, text_of, toml_table
from tgtui.syntax.projects.values import PYPI, Declared, Lock, Manifest, Source

SOURCES: dict[str, Source] = {
    "git": "git",
    "url": "url",
    "file": "archive",
    "directory": "folder",
    "legacy": "registry",
}


def read_poetry(file: SourceFile, manifests: Sequence[Manifest]) -> Lock:
    """ProjectFileError if it is not TOML."""
    document = toml_table(file)
    graph = Graph(file, PYPI)
    by_name: dict[str, list[int]] = {}
    entries: list[tuple[int, dict[str, Any]]] = []
    for entry in map(table, items(document.get("package"))):
        written, version = text_of(entry.get("name")), text_of(entry.get("version"))
        if written is None:
            graph.problem("An entry has no name, and was left out.")
            continue
        name = normalised(written)
        where = table(entry.get("source"))
        source = SOURCES.get(str(where.get("type")), "registry")
        position = graph.add((name, version, str(where)), name, version, source=source)
        if position is not None:
            by_name.setdefault(name, []).append(position)
            entries.append((position, entry))
    for position, entry in entries:
        for key, value in table(entry.get("dependencies")).items():
            name = normalised(key)
            for each in value if isinstance(value, list) else [value]:
                range = each if isinstance(each, str) else text_of(table(each).get("version")) or ""
                is_optional = table(each).get("optional") is True
                targets = _fitting(graph, by_name.get(name, []), range)
                if not targets and not is_optional and "markers" not in table(each):
                    by = graph.packages[position].name
                    graph.problem(f"{by} needs {name}, which is not locked.")
                for target in targets:
                    plain = "" if range == "*" else range
                    kind = "optional" if is_optional else "runtime"
                    graph.edge(position, target, plain, kind)  # type: ignore[arg-type]
    manifest = next(
        (each for each in manifests if each.folder == file.folder and each.registry == PYPI), None
    )
    if manifest is None:
        graph.problem(
            "It does not say which packages are used directly: pyproject.toml is missing."
        )
    else:
        root = graph.workspace(file.folder, manifest.name, manifest.version)

        def direct(each: Declared) -> int | None:
            return next(iter(_fitting(graph, by_name.get(each.name, []), each.range)), None)

        graph.declared(manifest, root, direct)
    version = text_of(table(document.get("metadata")).get("lock-version"))
    return graph.lock(f"poetry {version or ''}".strip())


def _fitting(graph: Graph, positions: Sequence[int], range: str) -> list[int]:
    """Of one that is locked in several versions, those that the range admits."""
    if len(positions) < 2:
        return list(positions)
    fitting = [each for each in positions if _admits(range, graph.packages[each].version or "")]
    return fitting or list(positions)


def _admits(range: str, version: str) -> bool:
    try:
        return SpecifierSet(_standard(range)).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return False


def _standard(range: str) -> str:
    """Poetry's `^1.2` and `~1.2` as the standard writes them."""
    parts = []
    for part in filter(None, (each.strip() for each in range.split(","))):
        if part == "*":
            continue
        if part[0] in "^~" and not part.startswith("~="):
            parts += [f">={part[1:]}", f"<{_end(part[1:].strip(), is_caret=part[0] == '^')}"]
        else:
            parts.append(part if part[0] in "<>=!~" else f"=={part}")
    return ",".join(parts)


def _end(version: str, *, is_caret: bool) -> str:
    release = list(Version(version).release)
    if is_caret:
        at = next((at for at, each in enumerate(release) if each), len(release) - 1)
    else:
        at = 0 if len(release) == 1 else 1
    return ".".join(map(str, [*release[:at], release[at] + 1]))
