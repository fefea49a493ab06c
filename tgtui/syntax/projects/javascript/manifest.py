"""`package.json`, with `pnpm-workspace.yaml`: what is declared, and which folders are workspaces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tgtui.registries.base import DependencyType
from tgtui.syntax.projects.graph import bounded, is_name
from tgtui.syntax.projects.text import (
    SourceFile,
    items,
    json_lines,
    json_object,
    table,
    text_of,
    words,
    yaml_documents,
)
from tgtui.syntax.projects.values import Declared, Manifest, Problem, Source

FIELDS: dict[str, DependencyType] = {
    "peerDependencies": "peer",
    "devDependencies": "dev",
    "optionalDependencies": "optional",
    "dependencies": "runtime",
}
"""In the order in which a later one replaces an earlier one of the same name, but that optional ones replace runtime."""
ORDER = ("peerDependencies", "devDependencies", "dependencies", "optionalDependencies")
SHOWN = ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies")
"""In the order in which they are listed."""
ALIAS = re.compile(r"npm:((?:@[^/@]+/)?[^/@]+)(?:@(.*))?")
JSR = re.compile(r"jsr:(?:(@[^/@]+/[^/@]+)(?:@(.*))?|([^@/]*))")
FOLDERS = ("file:", "link:", "portal:", "./", "../", "~/", "/")
GIT = re.compile(
    r"git(\+\w+)?:|github:|gitlab:|bitbucket:|gist:|git@|[^/@:]+/[^/@:]+$|https?://[^#]*\.git(#|$)"
)


def source_of(range: str) -> Source:
    """Where a package with this range comes from."""
    if range.startswith("workspace:"):
        return "workspace"
    if range.startswith(FOLDERS):
        return "archive" if range.endswith((".tgz", ".tar.gz", ".tar")) else "folder"
    if GIT.match(range):
        return "git"
    if range.startswith(("http://", "https://")):
        return "url"
    return "registry"


def target(name: str, range: str) -> tuple[str, str, str]:
    """(registry, name, range) of what a dependency stands for, if it may be an alias."""
    if (alias := ALIAS.fullmatch(range)) is not None:
        return "npm", alias[1], alias[2] or ""
    if range.startswith("npm:"):  # a range of yarn's
        return "npm", name, range[4:]
    if (jsr := JSR.fullmatch(range)) is not None:
        return ("jsr", jsr[1], jsr[2] or "") if jsr[1] else ("jsr", name, jsr[3] or "")
    return "npm", name, range


def read_package_json(file: SourceFile, workspaces: SourceFile | None = None) -> Manifest:
    """`workspaces` is the pnpm-workspace.yaml beside it. ProjectFileError."""
    document = json_object(file)
    lines = json_lines(file.text)
    found: dict[str, Declared] = {}
    problems: list[Problem] = []
    for field in ORDER:
        for key, value in table(document.get(field)).items():
            line = lines.get((field, key), 0)
            if not isinstance(value, str) or not is_name(key):
                problems.append(Problem(file.path, line, f"{field} has an entry that is no range."))
                continue
            optional = field == "peerDependencies" and _is_optional_peer(document, key)
            type = "optional" if optional else FIELDS[field]
            if type in ("peer", "optional") and optional and key in found:
                continue
            registry, name, range = target(key, value)
            alias = key if key != name else None
            found[key] = Declared(
                registry if is_name(name) else "npm",
                name if is_name(name) else key,
                bounded(range) or "",
                type,
                field,
                file.path,
                line,
                alias,
                source_of(value),
            )
    patterns = document.get("workspaces")
    folders = [*items(patterns), *items(table(patterns).get("packages"))]
    if workspaces is not None:
        for each in yaml_documents(workspaces):
            folders += items(each.get("packages"))
    return Manifest(
        file.path,
        "npm",
        bounded(text_of(document.get("name"))),
        bounded(text_of(document.get("version"))),
        tuple(sorted(found.values(), key=lambda each: SHOWN.index(each.field))),
        tuple(each for each in folders if isinstance(each, str)),
        words(document.get("resolutions")),
        tuple(problems),
    )


def _is_optional_peer(document: dict[str, object], name: str) -> bool:
    return table(table(document.get("peerDependenciesMeta")).get(name)).get("optional") is True


def is_workspace(folder: str, patterns: Sequence[str]) -> bool:
    """Whether a folder, relative to that of the manifest, is one of its workspaces."""
    is_one = False
    for pattern in patterns:
        excludes = pattern.startswith("!")
        if _pattern(pattern.removeprefix("!")).fullmatch(folder):
            is_one = not excludes
    return is_one


@lru_cache(256)
def _pattern(glob: str) -> re.Pattern[str]:
    written = re.sub(r"\*{3,}", "**", glob.removeprefix("./").rstrip("/"))
    parts: list[str] = []
    for part in written.split("/"):
        if part == "**":
            parts.append(r"(?:[^/]+/)*" if not parts or parts[-1] != r"(?:[^/]+/)*" else "")
        else:
            escaped = (
                re.escape(re.sub(r"\*+", "*", part)).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
            )
            parts.append(re.sub(r"\\\{([^{}]*)\\\}", _choice, escaped) + "/")
    expression = "".join(parts)
    if expression.endswith("*") and expression.endswith("/)*"):
        expression += "[^/]+/"
    return re.compile(expression.removesuffix("/"))


def _choice(found: re.Match[str]) -> str:
    return f"(?:{'|'.join(found[1].split(','))})"
