"""`Brewfile`: Ruby that brew runs and we never do; lines of a plain form are read."""

from __future__ import annotations

import re

from tgtui.syntax.projects.graph import is_name
from tgtui.syntax.projects.text import SourceFile
from tgtui.syntax.projects.values import Declared, Manifest, Problem

LINE = re.compile(r"""(\w+)[ (]\s*(["'])([^"'#{]+)\2\s*(.*)""")
COMMENT = re.compile(r"""\s#(?![{'"]).*$""")
OPENING = re.compile(r"(if|unless|case|begin|while|until|for)\b|.*\bdo(\s*\|[^|]*\|)?$")
BEHIND = re.compile(r"(?:^|\s)(?:if|unless)\s+(.+)$")
PACKAGES = {
    "brew": "brew",
    "cask": "brew-cask",
    "vscode": "vscode",
    "mas": "mas",
    "go": "go",
    "cargo": "cargo",
    "uv": "pypi",
    "npm": "npm",
    "krew": "krew",
    "flatpak": "flatpak",
    "winget": "winget",
}
"""By brew's word, the registry that the name is of."""


def read_brewfile(file: SourceFile) -> Manifest:
    """What is in a condition is marked so, whether or not it holds here."""
    declared: list[Declared] = []
    problems: list[Problem] = []
    conditions: list[str] = []
    for number, raw in enumerate(file.text.split("\n"), 1):
        line = COMMENT.sub("", f" {raw}").strip()
        if not line or line.startswith("#"):
            continue
        if line == "end" or line.startswith("end "):
            del conditions[-1:]
        elif line.startswith(("else", "elsif", "when ")):
            conditions[-1:] = [line]
        elif (found := LINE.match(line)) is not None and found[1] in PACKAGES:
            name = found[3].strip()
            registry = PACKAGES[found[1]]
            if registry == "brew":
                name = _formula(name)
            if not is_name(name):
                problems.append(Problem(file.path, number, f"{found[1]} has no usable name."))
                continue
            behind = BEHIND.search(found[4])
            condition = behind[1] if behind else conditions[-1] if conditions else None
            declared.append(
                Declared(
                    registry, name, "", "runtime", found[1], file.path, number, condition=condition
                )
            )
        elif OPENING.match(line):
            conditions.append(line)
        elif found is None or found[1] not in ("tap", "cask_args"):
            problems.append(
                Problem(file.path, number, "The line is Ruby of its own, and is not read.")
            )
    return Manifest(file.path, "brew", declared=tuple(declared), problems=tuple(problems))


def _formula(name: str) -> str:
    """As brew calls it: without `homebrew-`, and the core tap's without the tap."""
    parts = name.lower().split("/")
    if len(parts) == 3:
        parts[1] = parts[1].removeprefix("homebrew-")
        if parts[:2] in (["homebrew", "core"], ["homebrew", "homebrew"]):
            parts = parts[2:]
    return "/".join(parts)
