"""Which parts of a changelog are about the versions between two others."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

MOST_LINE = 300
"""Characters of a line that may be a heading."""
VERSION = re.compile(
    r"(?<![\w.])[vV]?(\d{1,9}\.\d{1,9}(?:\.\d{1,9})?(?:[-+][0-9A-Za-z.+-]{1,100})?)(?!\w|\.\d)"
)
HEADING = re.compile(r" {0,3}(#{1,6})[ ]+(.*)")
RULE = re.compile(r" {0,3}(=+|-+)[ ]*")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
BARE = re.compile(r"[\[*_v]*\d+\.\d+\S*(?:\s*[-/(:–—].{0,80})?\s*")
"""A line of only a version and a date, as in old changelogs without markup."""
ONLY = re.compile(
    r" {0,3}#{1,6}[ ]+[\[*_v]*\d+\.\d+[^\s(\]]*\]?(?:\([^)\s]{0,200}\))?\s*(?:[-(/:–—].{0,80})?$"
)
"""A heading of a version and perhaps a date, and nothing else: some changelogs have patches below minor versions."""


class Section(Struct, frozen=True):
    """What a changelog says of one version."""

    version: str
    text: str
    """With its heading."""


def sections(text: str) -> list[Section]:
    """In the order of the text: each goes on to the next heading of a version that is not below it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found: list[Section] = []
    begin, version, depth = 0, "", 0
    fence = ""
    for place, line in enumerate(lines):
        opened = FENCE.match(line)
        if fence or opened:
            if fence and opened and opened[1].startswith(fence):
                fence = ""
            elif opened and not fence:
                fence = opened[1]
            continue
        level, named = _heading(lines, place)
        if not named or (version and level > depth and not ONLY.match(line)):
            continue
        if version:
            found.append(Section(version, "\n".join(lines[begin:place])))
        begin, version, depth = place, named, level
    if version:
        found.append(Section(version, "\n".join(lines[begin:])))
    return found


def between(text: str, is_between: Callable[[str], bool]) -> str:
    """The sections of the versions for which `is_between`; empty if there are none."""
    return "\n\n".join(
        section.text.strip("\n") for section in sections(text) if is_between(section.version)
    )


def _heading(lines: list[str], place: int) -> tuple[int, str]:
    """(level, version) of a line that is the heading of a version; (0, "") of any other."""
    line = lines[place]
    if len(line) > MOST_LINE or not any(character.isdigit() for character in line):
        return 0, ""
    below = lines[place + 1] if place + 1 < len(lines) else ""
    rule = RULE.fullmatch(below) if len(below) <= MOST_LINE else None
    heading = HEADING.match(line)
    if heading:
        level, title = len(heading[1]), heading[2]
    elif rule and line.strip() and len(rule[1]) > 1:
        level, title = (1 if rule[1][0] == "=" else 2), line
    elif BARE.fullmatch(line) and not line[0].isspace():
        level, title = 2, line
    else:
        return 0, ""
    match = VERSION.search(title)
    return (level, match[1]) if match else (0, "")
