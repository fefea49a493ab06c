"""Every specifier of a published document leads where npm leads it: its recorded answers, and those of the npm that is here."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.oracle import generate
from tests.oracle.answers import ask_npm, missing_npm
from tests.support.mass import mass
from tests.support.places import RECORDINGS
from tgtui.registries.documents.loose_json import storable
from tgtui.registries.npm.dependencies import DependencyMaps, declared
from tgtui.versions.npm.names import check_npm_name
from tgtui.versions.npm.pick import PickIndex
from tgtui.versions.npm.rules import NpmRules
from tgtui.versions.npm.specifier import parse_specifier
from tgtui.versions.rules import NotPicked

REFUSED = [
    "workspace:*",
    "workspace:^",
    "workspace:^1.2.3",
    "WORKSPACE:*",
    "workspace:packages/a",
    "workspace:other@*",
    "catalog:",
    "catalog:react18",
    "link:../a",
    "portal:../a",
    "patch:a@npm%3A1.0.0#./a.patch",
    "exec:./a",
    "jsr:@std/path@^1",
    "jsr:^1",
    "node:fs",
    "svn://host/a",
    "ftp://host/a.tgz",
    " npm:x@1",
    "\tnpm:x@1",
    "npm:x@workspace:*",
    "npm:x@catalog:",
    "npm:npm:x@1",
    "npm:",
    "npm:@",
    "npm:@1",
    "npm: x@1",
    "npm:x@a b@c",
    "npm:../x",
    "npm:x@../y",
    "npm:x@user/repo",
    " workspace:*",
    " catalog:",
]
"""npm refuses each; `test_npm_refuses_these` asks it."""


def edge_of(name: str, raw: str) -> tuple[str, str, str | NotPicked | None]:
    """(package, range, where it leads outside of the registry)."""
    spec = json.dumps({name: raw}).encode()
    (edge,) = declared(DependencyMaps(spec, b"", b"", b"", b""))
    elsewhere = NpmRules().elsewhere(edge.declared_name or edge.name, edge.range)
    return edge.name, edge.range, elsewhere


def differences(
    questions: list[tuple[str, str]], answers: list[dict[str, Any]]
) -> Iterator[tuple[object, ...]]:
    for (name, raw), answer in zip(questions, answers, strict=True):
        target, wanted, elsewhere = edge_of(name, raw)
        kind = answer.get("kind")
        if kind is None:
            is_right = target == storable(name) and isinstance(elsewhere, NotPicked)
        elif kind == "alias":
            package, *asked = answer["target"]
            read = parse_specifier(package, wanted)
            is_right = (
                elsewhere is None
                and target == package
                and [read.kind, read.wanted or "*"] == [asked[0], asked[1] or "*"]
            )
        elif kind in ("version", "range", "tag"):
            is_right = (target, wanted, elsewhere) == (name, raw, None)
        else:
            is_right = target == name and isinstance(elsewhere, str)
        if not is_right:
            yield name, raw, answer, target, wanted, elsewhere


def test_every_recorded_answer_of_npm_is_followed() -> None:
    cases = json.loads(gzip.decompress((RECORDINGS / "npm_cases.json.gz").read_bytes()))
    asked = [
        (tuple(question), answer)
        for question, answer in zip(
            cases["questions"]["specifiers"], cases["answers"]["specifiers"], strict=True
        )
        if 0 < len(question[0]) <= 214 and question[1].isprintable()
    ]
    assert len(asked) > 1_500
    assert list(differences([q for q, _ in asked], [a for _, a in asked])) == []


@pytest.mark.parametrize("seed", mass(0, full=[1, 2, 3, 4]))
def test_the_npm_that_is_here_is_followed(seed: int) -> None:
    if reason := missing_npm():
        pytest.skip(reason)
    rng = random.Random(seed)
    blanks = ("", "", "", " ", "\t", "\u00a0", "\n")
    questions = [
        ("x", f"{rng.choice(blanks)}{generate.specifier(rng)}{rng.choice(blanks)}")
        for _ in range(1_500)
    ]
    answers = ask_npm({"specifiers": [list(question) for question in questions]})
    assert list(differences(questions, answers["specifiers"])) == []


def test_npm_refuses_these() -> None:
    if reason := missing_npm():
        pytest.skip(reason)
    answers = ask_npm({"specifiers": [["x", raw] for raw in REFUSED]})["specifiers"]
    assert [
        raw for raw, answer in zip(REFUSED, answers, strict=True) if "error" not in answer
    ] == []


@pytest.mark.parametrize("raw", REFUSED)
def test_what_npm_refuses_leads_nowhere_and_says_why(raw: str) -> None:
    target, _wanted, elsewhere = edge_of("x", raw)
    assert target == "x"
    assert isinstance(elsewhere, NotPicked)
    assert elsewhere.reason.endswith(".")


def test_the_reason_is_npms_own() -> None:
    _target, _wanted, elsewhere = edge_of("x", "workspace:^1")
    assert isinstance(elsewhere, NotPicked)
    assert 'Unsupported URL Type "workspace:"' in elsewhere.reason
    assert "'workspace:^1'" in elsewhere.reason


@pytest.mark.parametrize("alternatives", [200, 400, 800])
def test_a_long_range_is_read_whole(alternatives: int) -> None:
    long = "1.0.0" + " || 9.9.9" * alternatives + " || 2.0.0"
    index = PickIndex(["1.0.0", "2.0.0"], {})
    _target, wanted, elsewhere = edge_of("x", long)
    if len(long) <= 4_096:
        assert (wanted, elsewhere) == (long, None)
        assert index.pick(wanted, None) == index.pick("1 || 2", None)
        return
    assert isinstance(elsewhere, NotPicked)
    assert "too long" in elsewhere.reason
    # What is stored is as long, and refused whenever it is read again.
    assert isinstance(index.pick(wanted, None), NotPicked)


@pytest.mark.parametrize("size", [4_097, 300_000])
def test_a_specifier_of_any_length_is_an_edge_that_says_it_is_too_long(size: int) -> None:
    for raw in ("1.0.0 || " + "2" * size, "npm:y@" + "1" * size, "https://host/" + "a" * size):
        target, wanted, elsewhere = edge_of("x", raw)
        assert target == "x"
        assert len(wanted) == 4_097
        assert isinstance(elsewhere, NotPicked)
        assert "too long" in elsewhere.reason


def test_names_that_begin_alike_stay_apart_and_are_refused() -> None:
    names = ["a" * 300 + end for end in ("b", "c")]
    maps = DependencyMaps(
        json.dumps(dict.fromkeys(names, "1") | {"y": f"npm:{names[0]}@1"}).encode(),
        b"",
        b"",
        b"",
        b"",
    )
    *long, alias = declared(maps)
    assert len(long) == 2
    for edge in (*long, alias):
        assert len(edge.name) == 215
        assert not check_npm_name(edge.name).valid_for_new_packages
    assert (alias.declared_name, alias.range) == ("y", "1")
