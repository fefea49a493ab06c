"""A filter that promised "at least 5,000" shows no fewer once it is put on, whatever part is counted."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tgtui.basics.formatting import short_number
from tgtui.data.search import facets, pages
from tgtui.data.search.facets import search_facets
from tgtui.data.views.searches import SearchFacets
from tgtui.screens.search.promised import PromisedCounts, narrowed
from tgtui.syntax.query import SearchQuery, parse_search

pytestmark = pytest.mark.full_on("postgresql")

NOW = rows.DAY_ONE + timedelta(days=400)
WALKS = 12
STEPS = 6


@pytest.fixture
def crowd(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """300 packages, of which no search counts more than a few."""
    for module, name, few in (
        (facets, "BOUND", 15),
        (pages, "NEAR", 20),
        (pages, "LOOKED_AT", 25),
        (pages, "COMPARED", 60),
    ):
        monkeypatch.setattr(module, name, few)
    chance = random.Random(7)
    tags = [rows.add_tag(connection, f"tag-{number}") for number in range(4)]
    ada = rows.add_account(connection)
    for number in range(300):
        registry = chance.choice(["npm", "npm", "npm", "jsr", "brew"])
        package = rows.add_package(connection, f"package-{number}", registry)
        published = NOW - timedelta(days=chance.choice([2, 20, 200, 399]))
        yanked = {"is_yanked": chance.random() < 0.3, "yank_message": "No."}
        rows.add_version(connection, package, "1.0.0", published_at=published, **yanked)
        for tag in chance.sample(tags, chance.randint(0, 3)):
            rows.add_package_tag(connection, package, tag, ada)
    rows.count_all(connection)
    return connection


def promises(query: SearchQuery, shown: SearchFacets) -> list[tuple[SearchQuery, int]]:
    """Where each filter that can be put on leads, and how many it says are there."""
    return [
        (narrowed(query, kind, each.value), each.count)  # type: ignore[arg-type]
        for kind, chosen, group in (
            ("registry", query.registries, shown.registries),
            ("tag", query.tags, shown.tags),
            ("state", query.states, shown.states),
            ("age", (), () if query.newer_than or query.older_than else shown.ages),
        )
        for each in group
        if each.count and each.value not in chosen
    ]


def test_no_promise_is_broken_on_any_way_through_the_filters(crowd: Connection) -> None:
    chance, broken_without = random.Random(11), 0
    counts = PromisedCounts()
    for _ in range(WALKS):
        query = parse_search(chance.choice(["", "package", "tag:tag-1", "is:deprecated package"]))
        shown = counts.kept(query, search_facets(crowd, query, now=NOW))
        for _ in range(STEPS):
            query, promised = chance.choice(promises(query, shown) or [(query, 0)])
            counted = search_facets(crowd, query, now=NOW)
            broken_without += counted.is_bound and counted.matching < promised
            shown = counts.kept(query, counted)
            if shown.is_bound:
                assert shown.matching >= promised, str(query)
            assert counted.is_bound or shown == counted
    assert broken_without, "the parts that are counted agree anyway: this proves nothing"


def test_a_filter_taken_off_leaves_no_fewer(crowd: Connection) -> None:
    counts = PromisedCounts()
    narrow, wide = parse_search("package tag:tag-1"), parse_search("package")
    few = counts.kept(narrow, search_facets(crowd, narrow, now=NOW)).matching
    assert counts.kept(wide, search_facets(crowd, wide, now=NOW)).matching >= few


def test_what_is_chosen_has_as_many_as_the_whole_search(crowd: Connection) -> None:
    counts, query = PromisedCounts(), parse_search("package tag:tag-1 npm:")
    shown = counts.kept(query, search_facets(crowd, query, now=NOW))
    assert shown.is_bound
    (tag,) = (each for each in shown.tags if each.value == "tag-1")
    (npm,) = (each for each in shown.registries if each.value == "npm")
    assert (tag.count, npm.count) == (shown.matching, shown.matching)


@pytest.mark.parametrize(
    ("count", "written"),
    [(7, "7+"), (5_000, "5,000+"), (12_999, "12k+"), (999_999, "999k+"), (1_250_000, "1.2M+")],
)
def test_a_bound_is_written_as_one_and_never_rounded_up(count: int, written: str) -> None:
    assert short_number(count, is_bound=True) == written
