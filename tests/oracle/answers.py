"""tgtui's answers in the shape npm's oracle gives, and what differs between two sets of answers."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tgtui.versions.npm.names import check_npm_name
from tgtui.versions.npm.pick import PickIndex, pick
from tgtui.versions.npm.ranges import InvalidRange, compile_range, satisfies
from tgtui.versions.npm.semver import parse_version
from tgtui.versions.npm.specifier import parse_specifier
from tgtui.versions.rules import Picked

ORACLE = Path(__file__).with_name("npm_oracle.js")
EMPTY: dict[str, Any] = {
    "parse": [], "compare": [], "satisfies": {"ranges": [], "versions": []}, "engines": {"ranges": [], "versions": []},
    "pairs": [], "specifiers": [], "names": [], "picks": [],
}  # fmt: skip


def missing_npm() -> str | None:
    """Why npm's modules cannot be asked here, None where they can."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    try:
        ask_npm({})
    except subprocess.CalledProcessError as error:
        return f"npm's modules cannot be loaded: {error.stderr.decode()[-200:]}"
    return None


def ask_npm(questions: dict[str, Any]) -> dict[str, Any]:
    """npm's answers, live."""
    asked = json.dumps(EMPTY | questions).encode()
    done = subprocess.run(["node", str(ORACLE)], input=asked, capture_output=True, check=True)
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def differences(
    questions: dict[str, Any], npm: dict[str, Any]
) -> Iterator[tuple[str, object, object, object]]:
    """(part, question, ours, npm's) for every answer that is not npm's."""
    asked = EMPTY | questions
    answering: dict[str, Callable[[Any], object]] = {
        "parse": parse,
        "specifiers": specifier,
        "names": name,
    }
    for part, answer in answering.items():
        for question, npm_answer in zip(asked[part], npm[part], strict=True):
            if (own := answer(question)) != npm_answer:
                yield part, question, own, npm_answer
    for (a, b), theirs in zip(asked["compare"], npm["compare"], strict=True):
        if (order := compare(a, b)) != theirs:
            yield "compare", (a, b), order, theirs
    for part in ("satisfies", "engines"):
        yield from _matrix_differences(part, asked[part], npm[part])
    bits = unhex(npm["pairs"], len(asked["pairs"]))
    for (version, range_), theirs in zip(asked["pairs"], bits, strict=True):
        if (admitted := satisfies(version, range_)) != theirs:
            yield "pairs", (version, range_), admitted, theirs
    for question, rows in zip(asked["picks"], npm["picks"], strict=True):
        index = PickIndex(
            question["versions"], question["tags"], question["deprecated"], question["engines"]
        )
        for spec, row in zip(question["specs"], rows, strict=True):
            for node, theirs in zip(question["nodes"], row, strict=True):
                if (choice := picked(index, spec, node)) != theirs:
                    yield "picks", (question, spec, node), choice, theirs


def parse(text: str) -> list[str | None]:
    return [
        v.normal if (v := parse_version(text, loose=loose)) else None for loose in (False, True)
    ]


def compare(a: str, b: str) -> str:
    one, other = parse_version(a), parse_version(b)
    assert one
    assert other
    return "<" if one < other else "=" if one == other else ">"


def specifier(question: list[str]) -> dict[str, Any]:
    spec = parse_specifier(*question)
    if spec.error_code:
        return {"error": spec.error_code}
    if spec.target:
        return {"kind": "alias", "target": [spec.target.name, spec.target.kind, spec.target.wanted]}
    if spec.kind == "git":
        return {"kind": "git", "committish": spec.git_committish, "range": spec.git_range}
    return {"kind": spec.kind, "wanted": spec.wanted} if spec.registry else {"kind": spec.kind}


def name(text: str) -> str:
    check = check_npm_name(text)
    return (
        "new"
        if check.valid_for_new_packages
        else "old"
        if check.valid_for_old_packages
        else "invalid"
    )


def picked(index: PickIndex, spec: str, node: str | None) -> dict[str, str]:
    choice = pick(index, spec, node_version=node)
    return {"version": choice.version} if isinstance(choice, Picked) else {"code": choice.code}


def unhex(text: str, count: int) -> list[bool]:
    """The oracle's rows of bits."""
    return [char == "1" for digit in text for char in f"{int(digit, 16):04b}"][:count]


def _matrix_differences(
    part: str, asked: dict[str, list[str]], rows: list[str | None]
) -> Iterator[tuple[str, object, object, object]]:
    loose = part == "satisfies"
    versions = [(text, parse_version(text, loose=loose)) for text in asked["versions"]]
    for range_, row in zip(asked["ranges"], rows, strict=True):
        try:
            compiled = compile_range(range_, loose=loose, include_prerelease=not loose)
        except InvalidRange:
            compiled = None
        if (compiled is None) != (row is None):
            yield part, range_, compiled is not None, row is not None
        if compiled is None or row is None:
            continue
        for (text, version), theirs in zip(versions, unhex(row, len(versions)), strict=True):
            ours = version is not None and compiled.admits(version)
            if ours != theirs:
                yield part, (text, range_), ours, theirs
