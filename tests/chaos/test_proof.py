"""The proof itself can fail: each thing a broken queue might do to a request is seen in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.chaos import audit, whole
from tests.chaos.audit import Change
from tests.chaos.closure import Closure, pick, text
from tests.chaos.stores import PostgresStore, SqliteStore, Store
from tests.chaos.verdict import Verdict, judge
from tests.support.databases import migrate
from tests.support.fake_registry import FakeRegistry
from tests.support.rows import DAY_ONE, add_package, add_request
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.versions.npm.pick import PickIndex
from tgtui.versions.npm.pick import pick as npm_pick
from tgtui.versions.rules import Picked

NOON = DAY_ONE.replace(tzinfo=None)
PENDING: dict[str, Any] = {
    "id": "1",
    "registry": "npm",
    "package_name": "a",
    "status": "pending",
    "attempt_count": 0,
    "lease_token": None,
    "lease_expires_at": None,
    "locked_by": None,
    "alone_count": None,
    "retry_after": None,
    "error_code": None,
}


def claimed(
    by: str, attempt: int, expires_in: float = 30, alone: int | None = None
) -> dict[str, Any]:
    return {
        **PENDING,
        "status": "fetching",
        "attempt_count": attempt,
        "lease_token": by,
        "lease_expires_at": (NOON + timedelta(seconds=expires_in)).isoformat(),
        "locked_by": by,
        "alone_count": alone,
    }


def ended(status: str, attempt: int) -> dict[str, Any]:
    return {**PENDING, "status": status, "attempt_count": attempt}


def story(*rows: dict[str, Any], **values: Any) -> Verdict:
    """The verdict on one request that was inserted and then had these states, all at noon."""
    usual = {"at": NOON, "kind": "request", "writer": None, "xid": None, **values}
    states = [None, PENDING, *rows]
    return judge(
        Change(seq=seq, old=old, new=new, **usual)
        for seq, (old, new) in enumerate(pairwise(states))
    )


def test_a_right_story_has_no_problem() -> None:
    verdict = story(
        claimed("a", 1),
        claimed("a", 1, expires_in=-1),
        claimed("b", 1, alone=1),
        claimed("b", 1, alone=1, expires_in=-1),
        claimed("c", 2, alone=2),
        ended("pending", 2),
        {**PENDING, "attempt_count": 2, "retry_after": NOON.isoformat()},
        claimed("d", 3),
        ended("completed", 3),
    )
    assert verdict.problems == []
    assert (verdict.figures["taken over"], verdict.figures["taken over again"]) == (1, 1)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([claimed("a", 0)], "counted 0"),
        ([claimed("a", 2)], "counted 2"),
        ([claimed("a", 1), claimed("b", 1, alone=1)], "before it ran out"),
        ([claimed("a", 1, alone=1)], "what waited runs alone"),
        ([claimed("a", 1, -1), claimed("b", 2, alone=1)], "takeover counted 1"),
        ([claimed("a", 1, -1), claimed("b", 1)], "does not run alone"),
        ([claimed("a", 1), {**ended("failed", 1), "error_code": "crashed"}], "innocent"),
        ([claimed("a", 1), claimed("a", 2)], "without a claim"),
        ([claimed("a", 1), ended("completed", 0)], "changed at its end"),
        ([claimed("a", 1), ended("failed", 2)], "counts an attempt"),
        ([claimed("a", 1), ended("pending", -1)], "more than one"),
        ([claimed("a", 1), ended("cancelled", 1)], "no such step"),
        ([ended("completed", 0)], "no such step"),
        ([claimed("a", 1), {**claimed("a", 1), "status": "completed"}], "outlives"),
        ([claimed("a", 1), ended("completed", 1), ended("pending", 1)], "has ended"),
        ([{**PENDING, "retry_after": "2027-01-01T00:00:00"}, claimed("a", 1)], "before its time"),
        ([claimed("a", 1, expires_in=-1)], "has run out already"),
        ([claimed("a", 1)], "a is fetching at the end"),
        ([], "a is pending at the end"),
    ],
)
def test_a_wrong_story_is_seen(rows: list[dict[str, Any]], sentence: str) -> None:
    assert any(sentence in problem for problem in story(*rows).problems)


def changes(*steps: tuple[str, dict[str, Any] | None, dict[str, Any] | None, str, str]) -> Verdict:
    """Of (kind, old, new, writer, transaction)."""
    return judge(
        (
            Change(seq, NOON, kind, old, new, writer, xid)
            for seq, (kind, old, new, writer, xid) in enumerate(steps)
        ),
        frozenset({"first", "second"}),
    )


def test_who_ends_what_another_holds_is_seen() -> None:
    begin = [
        ("request", None, PENDING, "first", "1"),
        ("request", PENDING, claimed("a", 1), "first", "2"),
    ]
    end = (claimed("a", 1), ended("completed", 1))
    assert changes(*begin, ("request", *end, "first", "3")).problems == []
    (problem,) = changes(*begin, ("request", *end, "second", "3")).problems
    assert "second ended what first held" in problem


def test_a_package_written_without_its_request_is_seen() -> None:
    package = {"name": "a", "last_fetch_success": "2026-01-01T12:00:00"}
    steps = [
        ("request", None, PENDING, "first", "1"),
        ("request", PENDING, claimed("a", 1), "first", "2"),
        ("package", None, package, "first", "3"),
    ]
    end = (claimed("a", 1), ended("completed", 1))
    assert changes(*steps, ("request", *end, "first", "3")).problems == []
    assert changes(*steps, ("request", *end, "first", "4")).problems
    other = {**package, "name": "b"}
    steps[2] = ("package", None, other, "first", "3")
    assert changes(*steps, ("request", *end, "first", "3")).problems


def test_several_written_together_end_together() -> None:
    """As SQLite tells it, which does not tell transactions apart."""
    other = {**PENDING, "id": "2", "package_name": "b"}
    held = {**claimed("b", 1), "id": "2", "package_name": "b"}
    done = {**ended("completed", 1), "id": "2", "package_name": "b"}
    steps: list[tuple[str, Any, Any]] = [
        ("request", None, PENDING),
        ("request", None, other),
        ("request", PENDING, claimed("a", 1)),
        ("request", other, held),
        *(
            ("package", None, {"name": name, "last_fetch_success": "2026-01-01T12:00:00"})
            for name in "ab"
        ),
        ("request", claimed("a", 1), ended("completed", 1)),
        ("request", held, done),
    ]

    def verdict(steps: list[tuple[str, Any, Any]]) -> Verdict:
        return judge(
            Change(seq, NOON, kind, old, new, None, None)
            for seq, (kind, old, new) in enumerate(steps)
        )

    assert verdict(steps).problems == []
    between = ("request", None, {**PENDING, "id": "3", "package_name": "c"})
    (problem, *_rest) = verdict([*steps[:-1], between, steps[-1]]).problems
    assert "b was written in the transaction of another request" in problem


def test_a_second_active_request_is_seen() -> None:
    (problem, *_rest) = changes(
        ("request", None, PENDING, "first", "1"),
        ("request", None, {**PENDING, "id": "2"}, "first", "2"),
    ).problems
    assert "second active request" in problem


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A migrated catalogue with its audit."""
    made: Store
    if request.param == "sqlite":
        made = SqliteStore(tmp_path)
    else:
        made = PostgresStore(request.getfixturevalue("postgres_url"))
    migrate(made.url())
    audit.install(made)
    yield made
    made.close()


def test_the_audit_records_what_was_before_and_after(store: Store) -> None:
    database = Database(open_engine(parse_url(store.url())))
    database.write_now(add_request, "a")
    database.close()
    store.change("UPDATE package_requests SET priority = 7")
    store.change("DELETE FROM package_requests")
    inserted, updated, deleted = audit.read(store)
    assert (inserted.old, deleted.new) == (None, None)
    assert inserted.new == updated.old
    assert updated.new == deleted.old
    assert updated.old is not None
    assert updated.new is not None
    assert {**updated.old, "priority": 7} == updated.new
    assert updated.old["package_name"] == "a"
    assert abs(updated.at - datetime.now(UTC).replace(tzinfo=None)) < timedelta(hours=1)


def test_what_is_missing_and_what_is_too_much_is_told(store: Store) -> None:
    closure = Closure(Random(1), 8)
    closure.asked.update(closure.roots)
    database = Database(open_engine(parse_url(store.url())))
    database.write_now(add_package, "intruder")
    database.close()
    problems = whole.differences(store, closure)
    assert "package too much: ('intruder',)" in problems
    for what in ("package", "version", "loaded version", "tag", "edge"):
        assert any(problem.startswith(f"{what} missing") for problem in problems)
    assert set(whole.absent(store, closure)) == {name for name, _version in closure.loaded()}
    assert store.damage() == []


def test_the_closure_is_the_same_for_the_same_seed_and_reaches_every_package() -> None:
    one, two = Closure(Random(5), 200), Closure(Random(5), 200)
    assert one.needs == two.needs
    one.asked.update(one.roots)
    assert {name for name, _version in one.loaded()} == one.versions.keys()
    with FakeRegistry() as registry:
        one.publish(registry)
        body, _headers = registry.document_body("p0000", wants_gzip=False)
    assert b'"p0000"' in body


def test_the_closure_picks_as_npm_does() -> None:
    closure = Closure(Random(6), 100)
    for declared in closure.needs.values():
        for name, (_kind, wanted) in declared.items():
            versions = closure.versions[name]
            texts = [text(version) for version in versions]
            index = PickIndex(texts, {"latest": texts[-1]}, set())
            picked = npm_pick(index, wanted, node_version=None)
            assert isinstance(picked, Picked)
            assert picked.version == text(pick(versions, wanted))
