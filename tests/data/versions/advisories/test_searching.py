"""Packages are found by what is known of their latest version, or by an advisory about any version."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tests.support.advisories import between, told_record
from tgtui.data.graph.comparison import compare
from tgtui.data.search.facets import search_facets
from tgtui.data.search.results import search_packages
from tgtui.data.versions.advisories.evaluating import evaluate
from tgtui.data.versions.advisories.naming import advisories_beginning
from tgtui.data.versions.advisories.storing import store_advisories
from tgtui.data.versions.listing import find_version
from tgtui.output.comparison import sides_in_words
from tgtui.syntax.query import parse_search


@pytest.fixture
def garden(connection: Connection) -> Connection:
    """clean; fixed, whose first version was affected; low and bad, whose latest ones are."""
    packages = [rows.add_release(connection, name)[0] for name in ("clean", "fixed", "low", "bad")]
    rows.add_version(connection, packages[1], "2.0.0")

    def words(severity: str) -> dict[str, object]:
        return {"database_specific": {"severity": severity}}

    told = [
        told_record("GHSA-aaaa", "fixed", *between("0", "2.0.0"), **words("HIGH")),
        told_record("GHSA-bbbb", "low", {"introduced": "0"}, aliases=["CVE-1"], **words("LOW")),
        told_record("GHSA-cccc", "bad", {"introduced": "0"}, **words("CRITICAL")),
        told_record("PYSEC-1", "bad", {"introduced": "0"}, aliases=["GHSA-cccc"]),
        told_record("GHSA-dddd", "bad", {"introduced": "0"}),
    ]
    store_advisories(connection, told, "dump:npm")
    evaluate(connection, packages)
    rows.count_all(connection)
    return connection


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("is:vulnerable", "bad low"),
        ("-is:vulnerable", "clean fixed"),
        ("severity:>=high", "bad"),
        ("severity:<critical", "low"),
        ("severity:low", "low"),
        ("severity:>critical", ""),
        ("advisory:ghsa-AAAA", "fixed"),
        ("advisory:cve-1", "low"),
        ("advisory:GHSA-cccc advisory:PYSEC-1", "bad"),
        ("-advisory:GHSA-cccc is:vulnerable", "low"),
        ("l is:vulnerable", "low"),
        ("is:vulnerable sort:name", "bad low"),
    ],
)
def test_found_by(garden: Connection, query: str, found: str) -> None:
    asked = parse_search(query)
    assert asked.problems == ()
    names = [row.name for row in search_packages(garden, asked).rows]
    assert sorted(names) == found.split()
    facets = search_facets(garden, asked)
    assert facets.matching == len(names)


@pytest.mark.parametrize("query", ["severity:awful", "severity:", "-severity:high", "severity:<unknown"])  # fmt: skip
def test_what_is_not_understood(query: str) -> None:
    (problem,) = parse_search(query).problems
    assert "severity:>=high" in problem


@pytest.mark.parametrize("query", ["severity:>=high", "severity:<=low", "severity:medium", "advisory:GHSA-aaaa"])  # fmt: skip
def test_written_as_it_is_read(query: str) -> None:
    assert str(parse_search(query)) == query


def test_rows_and_facets_tell_how_many(garden: Connection) -> None:
    found = {row.name: row.worst for row in search_packages(garden, parse_search("")).rows}
    worst = found["bad"]
    assert worst is not None
    assert (worst.count, worst.severity) == (2, 4)  # PYSEC-1 is GHSA-cccc
    assert found["clean"] is None
    states = {each.value: each.count for each in search_facets(garden, parse_search("")).states}
    assert states["vulnerable"] == 2


def test_an_upgrade_says_what_it_fixes_and_brings(garden: Connection) -> None:
    page = search_packages(garden, parse_search("fixed"))
    old, new = (find_version(garden, page.rows[0].id, each) for each in ("1.0.0", "2.0.0"))
    assert old is not None
    assert new is not None
    assert old.worst is not None
    up, down = compare(garden, old.id, new.id), compare(garden, new.id, old.id)
    assert up is not None
    assert down is not None
    assert "fixes 1 advisory, 1 high" in sides_in_words(up)
    assert "brings 1 advisory, 1 high" in sides_in_words(down)


@pytest.mark.parametrize(
    ("begun", "completed"),
    [("GHSA-aa", "GHSA-aaaa"), ("ghsa-AA", "ghsa-AAaa"), ("GHSA-zz", ""), ("", ""), ("%", "")],
)
def test_an_id_is_completed_in_the_case_it_was_begun_in(
    garden: Connection, begun: str, completed: str
) -> None:
    assert next(iter(advisories_beginning(garden, begun)), "") == completed
