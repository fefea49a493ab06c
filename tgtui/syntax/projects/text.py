"""Text of files that nobody vouches for: bounded, decoded, checked for what merges leave, parsed with typed errors."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, Protocol, cast

from msgspec import Struct

from tgtui.basics.formatting import number
from tgtui.syntax.projects.values import ProjectFileError

MAX_BYTES = 64 << 20
"""Of one file."""
CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
JSON_LINE = re.compile(r'"((?:[^"\\]|\\.)*)"|[{}\[\]:,\n]', re.DOTALL)
TOML_PLACE = re.compile(r"at line (\d+)")
LONG_LINE = re.compile(r"^([^\n\"'#=]{400,})", re.MULTILINE)
MAX_PARTS = 100
"""Of a dotted name in TOML."""
TOO_DEEP = "it is nested too deep."


class SourceFile(Struct, frozen=True):
    """A file of a project."""

    path: str
    """Relative to the project's folder, with slashes."""
    text: str

    @property
    def folder(self) -> str:
        """Relative to the project's; empty for that itself."""
        return self.path.rpartition("/")[0]

    def error(self, reason: str, line: int = 0) -> ProjectFileError:
        """An error in this file."""
        return ProjectFileError(self.path, reason, line)

    def line_at(self, position: int) -> int:
        """The line of a position in the text, from 1."""
        return self.text.count("\n", 0, position) + 1


def decoded(path: str, content: bytes) -> SourceFile:
    """ProjectFileError if it is too large, no text, or has marks of a merge."""
    if len(content) > MAX_BYTES:
        raise ProjectFileError(path, f"it is larger than {number(MAX_BYTES >> 20)} MB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProjectFileError(path, "it is not text in UTF-8.", line) from None
    text = text.replace("\r\n", "\n")
    if conflict := CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        raise ProjectFileError(path, "a merge conflict; resolve it first.", line)
    return SourceFile(path, text)


def json_object(file: SourceFile, *, has_comments: bool = False) -> dict[str, Any]:
    """ProjectFileError if it is no JSON object. With `has_comments` those and trailing commas are left out first."""
    text = without_comments(file.text) if has_comments else file.text
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        reason = error.msg.removesuffix(" starting at")
        raise file.error(f"it is not JSON: {reason}.", error.lineno) from None
    except RecursionError:
        raise file.error(TOO_DEEP) from None
    except ValueError:
        raise file.error("it has a number that is too long.") from None
    if not isinstance(value, dict):
        raise file.error("it is not a JSON object.", 1)
    return value


def without_comments(text: str) -> str:
    """JSON without comments and trailing commas; lines stay where they are."""
    bare = JSON_TOKEN.sub(_blank_comment, text)
    return TRAILING_COMMA.sub(lambda found: found[1] or "", bare)


def _blank_comment(found: re.Match[str]) -> str:
    token = found[0]
    return token if token[0] == '"' else "\n" * token.count("\n") or " "


def json_lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of each key of an object in the text, by the keys on the way to it. Of valid JSON."""
    found: dict[tuple[str, ...], int] = {}
    path: list[str] = []
    line, key, in_object = 1, None, [False]
    for token in JSON_LINE.finditer(JSON_TOKEN.sub(_blank_comment, text)):
        sign = token[0]
        if sign == "\n":
            line += 1
        elif sign == ":" and key is not None and in_object[-1]:
            path[len(in_object) - 2 :] = [key]
            found[tuple(path)] = line
            key = None
        elif sign == "{":
            in_object.append(True)
        elif sign == "[":
            path[len(in_object) - 1 :] = [""]
            in_object.append(False)
        elif sign in "}]":
            if len(in_object) > 1:
                in_object.pop()
            del path[max(len(in_object) - 1, 0) :]
        elif sign == ",":
            key = None
        else:
            key = token[1]
    return found


def toml_table(file: SourceFile) -> dict[str, Any]:
    """ProjectFileError if it is not TOML."""
    for found in LONG_LINE.finditer(file.text):
        # Python's reader takes a time for it that grows with the square.
        if found[1].count(".") > MAX_PARTS:
            raise file.error("it has a name of too many parts.", file.line_at(found.start()))
    try:
        return tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        place = TOML_PLACE.search(str(error))
        reason = str(error).partition(" (at ")[0]
        line = int(place[1]) if place else file.text.rstrip().count("\n") + 1
        raise file.error(f"it is not TOML: {reason}.", line) from None
    except RecursionError:
        raise file.error(TOO_DEEP) from None
    except ValueError:
        raise file.error("it has a value that TOML does not know.") from None


class _Mark(Protocol):
    line: int


def yaml_documents(file: SourceFile) -> list[dict[str, Any]]:
    """Every scalar stays text: `no`, `on`, `null` and `12` are names of packages too. ProjectFileError.

    The same value may stand in several places; whoever walks it must count.
    """
    import yaml

    base = cast("Any", getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    try:
        found = list(yaml.load_all(file.text, Loader=base))
    except RecursionError:
        raise file.error(TOO_DEEP) from None
    except yaml.YAMLError as error:
        mark = cast("_Mark | None", getattr(error, "problem_mark", None))
        reason = getattr(error, "problem", None) or "it can't be read"
        raise file.error(f"it is not YAML: {reason}.", mark.line + 1 if mark else 0) from None
    documents = [each for each in found if each not in (None, "")]
    if not all(isinstance(each, dict) for each in documents):
        raise file.error("it is not a table of names and values.", 1)
    return documents


def table(value: Any) -> dict[str, Any]:
    """The value if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def words(value: Any) -> dict[str, str]:
    """What of a table has text as its value."""
    return {key: each for key, each in table(value).items() if isinstance(each, str)}


def text_of(value: Any) -> str | None:
    """The value if it is a text that is not empty."""
    return value if isinstance(value, str) and value else None
