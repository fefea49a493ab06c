"""Far into a search at once: the same pages as reading on from its beginning gives, and how many match."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tests.data.search.test_ranking import EVERY_SEARCH, SEARCHES
from tests.support import rows
from tests.support.mass import mass
from tgtui.data.search import jumps
from tgtui.data.search.facets import search_facets
from tgtui.data.search.jumps import count_matches, search_cuts
from tgtui.data.search.results import search_packages
from tgtui.syntax.query import parse_search

FIRST, PAGE = 4, 7
"""Rows of the first page and of the others: small, so that pages end in the middle of ties."""


def cursors_read_on(connection: Connection, text: str) -> dict[int, str]:
    """Where each page begins, by the number of rows before it, from reading all of them in turn."""
    cursors: dict[int, str] = {}
    page = search_packages(connection, parse_search(text), limit=FIRST)
    offset = FIRST
    while page.next_cursor is not None:
        cursors[offset] = page.next_cursor
        page = search_packages(connection, parse_search(text), after=page.next_cursor, limit=PAGE)
        offset += PAGE
        assert offset < 1_000, "the pages do not end"
    return cursors


@pytest.mark.full_on("postgresql")
@pytest.mark.parametrize("step", mass(3, full=[1]))
def test_every_page_begins_where_reading_on_comes_to_it(
    garden: Connection, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(jumps, "TAIL", 30)
    for text in EVERY_SEARCH[::step]:
        query, expected = parse_search(text), cursors_read_on(garden, text)
        matching = search_facets(garden, query).matching
        for total in (None, matching):
            for offset in list(expected)[-1:] + list(expected)[:1]:
                found = search_cuts(garden, query, range(offset, offset + 1, PAGE), total=total)
                assert found.cursors[offset] == expected[offset], (text, offset, total)
            several = search_cuts(
                garden, query, range(FIRST, max(matching, FIRST + 1), PAGE), total=total
            )
            assert expected.items() <= several.cursors.items(), (text, total)


def test_one_look_that_sorts_tells_every_page_and_the_total(garden: Connection) -> None:
    for text in ("tool", "tool sort:name", "tag:web -is:deprecated", "to sort:updated"):
        query, expected = parse_search(text), cursors_read_on(garden, text)
        found = search_cuts(garden, query, range(FIRST, FIRST + 1, PAGE))
        assert expected.items() <= found.cursors.items()
        assert found.total == search_facets(garden, query).matching


def test_behind_the_last_match_nothing_begins(garden: Connection) -> None:
    assert search_cuts(garden, parse_search(""), range(61, 62, PAGE)).cursors == {}
    for text in ("", "brew:", "tool", "tool sort:name"):
        query = parse_search(text)
        total = search_facets(garden, query).matching
        far = FIRST + 100 * PAGE
        assert far not in search_cuts(garden, query, range(far, far + 1, PAGE)).cursors
        assert far not in search_cuts(garden, query, range(far, far + 1, PAGE), total=total).cursors
    nothing = search_cuts(garden, parse_search("no-such-thing"), range(FIRST, FIRST + 1, PAGE))
    assert (nothing.cursors, nothing.total) == ({}, 0)


def test_a_total_that_was_outgrown_gives_pages_that_follow_one_another(garden: Connection) -> None:
    """They are those nearest to the end: the last row is the last one."""
    for name in ("zz-new", "a-new"):
        rows.add_package(garden, name)
    for text in ("sort:name", "brew: sort:name", "sort:updated"):
        query = parse_search(text)
        total = search_facets(garden, query).matching - 1
        found = search_cuts(garden, query, range(total - 3, total, 1), total=total)
        last = search_packages(garden, query, after=found.cursors[total - 1])
        assert (len(last.rows), last.next_cursor) == (1, None)


def test_matches_are_counted_exactly_where_the_facets_stop_counting(
    garden: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in SEARCHES:
        query = parse_search(text)
        assert count_matches(garden, query) == search_facets(garden, query).matching, text
    monkeypatch.setattr("tgtui.data.search.pages.NEAR", 5)
    monkeypatch.setattr("tgtui.data.search.pages.LOOKED_AT", 5)
    exact = {text: search_facets(garden, parse_search(text)).matching for text in ("tool", "-tool")}
    for text in ("tool tag:web", "tool npm: jsr: -is:deprecated", "tag:web -is:deprecated"):
        listed = search_packages(garden, parse_search(text), limit=200)
        assert count_matches(garden, parse_search(text)) == len(listed.rows), text
    for text, matching in exact.items():
        assert count_matches(garden, parse_search(text)) == matching, text
