"""`pyproject.toml`: what a project declares, by the standards (PEP 621, PEP 735) and as poetry and uv have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.graph import bounded, is_name
from tgtui.syntax.projects.python.names import normalised, parse_requirement
from tgtui.syntax.projects.text import SourceFile, items, table, text_of, toml_table
from tgtui.syntax.projects.values import PYPI, Declared, Manifest, Problem, Source


def read_pyproject(file: SourceFile) -> Manifest:
    """ProjectFileError if it is not TOML."""
    document = toml_table(file)
    project = table(document.get("project"))
    tool = table(document.get("tool"))
    poetry, uv = table(tool.get("poetry")), table(tool.get("uv"))
    reader = _Reader(file, table(uv.get("sources")))
    reader.listed(project.get("dependencies"), "runtime", "dependencies")
    for extra, values in table(project.get("optional-dependencies")).items():
        reader.listed(values, "optional", f"optional-dependencies.{extra}")
    groups = table(document.get("dependency-groups"))
    for group, values in groups.items():
        reader.listed(values, "dev", f"dependency-groups.{group}")
    reader.listed(uv.get("dev-dependencies"), "dev", "tool.uv.dev-dependencies")
    reader.poetry(poetry.get("dependencies"), "runtime", "tool.poetry.dependencies")
    reader.poetry(poetry.get("dev-dependencies"), "dev", "tool.poetry.dev-dependencies")
    for group, values in table(poetry.get("group")).items():
        field = f"tool.poetry.group.{group}.dependencies"
        reader.poetry(table(values).get("dependencies"), "dev", field)
    if "dependencies" in items(project.get("dynamic")):
        reader.problem("Its dependencies are dynamic: they are known only once it is built.")
    members = items(table(uv.get("workspace")).get("members"))
    return Manifest(
        file.path,
        PYPI,
        bounded(text_of(project.get("name")) or text_of(poetry.get("name"))),
        bounded(text_of(project.get("version")) or text_of(poetry.get("version"))),
        tuple(reader.declared),
        tuple(each for each in members if isinstance(each, str)),
        {},
        tuple(reader.problems),
    )


class _Reader:
    def __init__(self, file: SourceFile, sources: dict[str, Any]) -> None:
        self._file = file
        self._sources = {normalised(name): each for name, each in sources.items()}
        self.declared: list[Declared] = []
        self.problems: list[Problem] = []

    def problem(self, message: str, line: int = 0) -> None:
        self.problems.append(Problem(self._file.path, line, message))

    def listed(self, values: Any, type: DependencyType, field: str) -> None:
        for value in items(values):
            if not isinstance(value, str):
                continue  # include-group names a group that is read anyway
            found, line = parse_requirement(value), self._line(value)
            if found is None:
                self.problem(f"{field} has an entry that is no requirement.", line)
                continue
            source: Source = "registry"
            if found.url is not None:
                source = "git" if found.url.startswith("git+") else "url"
            named = self._sources.get(found.name)
            if named is not None:
                source = next(iter(_sources(named)), source)
            self._add(found.name, found.range, type, field, line, source, found.marker)

    def poetry(self, values: Any, type: DependencyType, field: str) -> None:
        for key, value in table(values).items():
            name = normalised(key)
            if name == "python":
                continue
            each = table(value[0] if isinstance(value, list) and value else value)
            range = value if isinstance(value, str) else text_of(each.get("version")) or ""
            source: Source = next(iter(_sources(each)), "registry")
            own: DependencyType = (
                "optional" if each.get("optional") is True and type == "runtime" else type
            )
            found = re.search(rf'^\s*"?{re.escape(key)}"?\s*[.=]', self._file.text, re.MULTILINE)
            line = self._file.line_at(found.end()) if found else 0
            marker = text_of(each.get("markers"))
            self._add(name, "" if range == "*" else range, own, field, line, source, marker)

    def _add(
        self,
        name: str,
        range: str,
        type: DependencyType,
        field: str,
        line: int,
        source: Source,
        marker: str | None,
    ) -> None:
        if not is_name(name):
            self.problem(f"{field} has an entry without a usable name.", line)
            return
        self.declared.append(
            Declared(
                PYPI,
                name,
                bounded(range) or "",
                type,
                field,
                self._file.path,
                line,
                source=source,
                condition=bounded(marker),
            )
        )

    def _line(self, text: str) -> int:
        for quote in ('"', "'"):
            at = self._file.text.find(f"{quote}{text}{quote}")
            if at >= 0:
                return self._file.line_at(at)
        return 0


def _sources(value: Any) -> Iterator[Source]:
    each = table(value[0] if isinstance(value, list) and value else value)
    if each.get("workspace") is True:
        yield "workspace"
    elif "git" in each:
        yield "git"
    elif "path" in each:
        yield "folder"
    elif "url" in each:
        yield "url"
