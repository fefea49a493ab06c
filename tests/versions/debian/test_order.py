"""Debian's version order as dpkg has it, its relations, and which version apt takes."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.mass import mass
from tests.support.places import RECORDINGS
from tgtui.versions.debian.order import (
    DebianRules,
    debian_name_problem,
    order_key,
    satisfies,
    sort_key,
)
from tgtui.versions.debian.relations import parse_group, split_field
from tgtui.versions.rules import NotPicked, Picked

PAIRS: list[tuple[str, str, int]] = json.loads((RECORDINGS / "apt" / "dpkg_pairs.json").read_text())
"""Versions of a whole release, neighbours in its order and made-up ones, with what dpkg said of each pair."""
VERSIONS = st.text("0129az.+~:-", min_size=1, max_size=12)


def compared(one: str, other: str) -> int:
    a, b = order_key(one), order_key(other)
    return (a > b) - (a < b)


def test_the_order_is_dpkgs_on_every_recorded_pair() -> None:
    assert len(PAIRS) >= 3_000
    wrong = [(one, other) for one, other, order in PAIRS if compared(one, other) != order]
    assert wrong == []
    assert all(compared(other, one) == -order for one, other, order in PAIRS)


@pytest.mark.parametrize("pairs", mass(200, full=[2_000]))
@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not on this machine")
def test_the_order_is_dpkgs_on_fresh_pairs(pairs: int) -> None:
    texts = sorted({version for one, other, _order in PAIRS for version in (one, other)})
    # Mixed anew: epochs, tildes and revisions meet upstream versions they never had.
    for _ in range(pairs):
        one, other = random.choice(texts).rpartition(":")[2], random.choice(texts)
        tail = "".join(character for character in other if character.isalnum())[:3]
        texts.append(
            random.choice([f"{random.randint(0, 2)}:{one}", f"{one}~{tail}", f"{one}+{tail}"])
        )
    lines = []
    for _ in range(pairs):
        one, other = random.choice(texts), random.choice(texts)
        relation = {-1: "lt", 0: "eq", 1: "gt"}[compared(one, other)]
        lines.append(
            f"dpkg --compare-versions '{one}' {relation} '{other}' || echo '{one} {relation} {other}'"
        )
    done = subprocess.run(
        ["sh"], input="\n".join(lines), text=True, capture_output=True, check=True
    )
    assert done.stdout == ""


@given(st.lists(VERSIONS, min_size=3, max_size=3))
def test_the_order_is_total(versions: list[str]) -> None:
    for one, other in pairwise(sorted(versions, key=sort_key)):
        assert order_key(one) <= order_key(other)
    assert len({sort_key(version) for version in versions}) == len(set(versions))


@pytest.mark.parametrize(
    ("version", "relation", "bound", "holds"),
    [
        ("1.0", "=", "1.0-0", True),
        ("1.0~rc1", "<<", "1.0", True),
        ("1:0.1", ">>", "9", True),
        ("1.0+b1", ">=", "1.0", True),
        ("1.0", "<<", "1.0", False),
        ("1.0", "<=", "1.0", True),
        ("1.0", "<", "1.0", True),
    ],
)
def test_relations(version: str, relation: str, bound: str, holds: bool) -> None:
    assert satisfies(version, relation, bound) is holds


def test_apt_takes_the_candidate_or_nothing() -> None:
    index = DebianRules().index(["1.0", "2.0"], {}, (), {})
    assert index.pick("", None) == Picked("2.0")
    assert index.pick(">= 1.5", None) == Picked("2.0")
    assert isinstance(index.pick("<< 2.0", None), NotPicked)
    held = DebianRules().index(["1.0", "2.0"], {"latest": "1.0"}, (), {})
    assert held.pick("<< 2.0", None) == Picked("1.0")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", [("a", None, "")]),
        ("a (>= 1:2-3)", [("a", None, ">= 1:2-3")]),
        ("a:any (<< 2)", [("a", "any", "<< 2")]),
        ("a | b(=1)", [("a", None, ""), ("b", None, "= 1")]),
        ("a [amd64 i386]", [("a", None, "")]),
        ("a [!amd64] | b", [("b", None, "")]),
        ("a [linux-any] <!nocheck>", [("a", None, "")]),
        ("a\n  (>= 2)", [("a", None, ">= 2")]),
    ],
)
def test_groups(text: str, expected: list[tuple[str, str | None, str]]) -> None:
    group = parse_group(text, "amd64")
    assert group.is_readable
    assert [(r.name, r.qualifier, r.constraint) for r in group.alternatives] == expected


@pytest.mark.parametrize(
    "text", ["a (>= 1", "(>= 1)", "a ((", "a (1.0)", "|", "a | | b", "a" * 5000]
)
def test_what_is_no_group_is_kept_and_said_so(text: str) -> None:
    group = parse_group(text, "amd64")
    assert not group.is_readable
    assert group.text


def test_fields_are_split_at_commas() -> None:
    assert split_field("a (>= 1), b | c ,d") == ["a (>= 1)", "b | c", "d"]


def test_names() -> None:
    assert debian_name_problem("libstdc++6") is None
    assert debian_name_problem("../x") is not None
    assert debian_name_problem("a" * 300) is not None
