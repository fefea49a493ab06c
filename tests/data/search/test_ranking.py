"""Which package a search finds before which, however the rows were found, and names that were mistyped."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tests.support.mass import mass
from tgtui.data.search import facets, pages, walk
from tgtui.data.search.facets import search_facets
from tgtui.data.search.index import refresh
from tgtui.data.search.jumps import search_cuts
from tgtui.data.search.results import search_packages
from tgtui.syntax.query import SORTS, parse_search

pytestmark = pytest.mark.full_on("postgresql")

LIMIT = 11
"""Rows of a page: small, so that pages end in the middle of ties."""


def names(connection: Connection, text: str) -> list[str]:
    return [row.name for row in search_packages(connection, parse_search(text)).rows]


def every_page(connection: Connection, text: str) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = search_packages(connection, parse_search(text), after=cursor, limit=LIMIT)
        found += [row.name for row in page.rows if row.id not in page.similar]
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert len(found) < 1_000, "the pages do not end"


def use(connection: Connection, package: UUID, times: int) -> None:
    for _ in range(times):
        rows.add_interaction(connection, package)
    refresh(connection, [package])


class TestKindsOfMatch:
    def test_each_kind_before_the_next_however_much_it_is_used(
        self, connection: Connection
    ) -> None:
        for times, name in enumerate(("query", "query-string", "use-query", "jqueryish")):
            use(connection, rows.add_package(connection, name), times * 5)
        described = rows.add_package(connection, "orm", description="A query builder")
        use(connection, described, 50)
        expected = ["query", "query-string", "use-query", "jqueryish", "orm"]
        assert names(connection, "query") == expected

    def test_within_a_kind_what_is_used_more_comes_first(self, connection: Connection) -> None:
        for times, name in enumerate(("react-a", "react-b", "react-c")):
            use(connection, rows.add_package(connection, name), times)
        assert names(connection, "react") == ["react-c", "react-b", "react-a"]

    def test_dependents_count_as_use_does(self, connection: Connection) -> None:
        quiet = rows.add_release(connection, "react-quiet")
        needed = rows.add_release(connection, "react-needed")
        for number in range(3):
            source = rows.add_release(connection, f"source-{number}")
            rows.add_edge(connection, source, "react-needed", needed)
        refresh(connection, [quiet[0], needed[0]])
        assert names(connection, "react") == ["react-needed", "react-quiet"]

    @pytest.mark.parametrize(
        "typed", ["react-router", "react_router", "reactrouter", "React.Router"]
    )
    def test_separators_and_case_are_folded(self, connection: Connection, typed: str) -> None:
        rows.add_package(connection, "react-router")
        rows.add_package(connection, "react-router-dom")
        assert names(connection, typed) == ["react-router", "react-router-dom"]

    def test_a_name_spelt_as_typed_comes_before_one_that_is_only_folded_alike(
        self, connection: Connection
    ) -> None:
        use(connection, rows.add_package(connection, "reactrouter"), 9)
        rows.add_package(connection, "react_router")
        assert names(connection, "react_router") == ["react_router", "reactrouter"]

    @pytest.mark.parametrize(("rare", "near"), [(5_000, 10_000), (-1, 60), (1, 1)])
    @pytest.mark.parametrize("also", ["", " npm:", " -tag:web"])
    def test_of_names_that_differ_in_case_the_one_as_typed_comes_first(
        self,
        connection: Connection,
        monkeypatch: pytest.MonkeyPatch,
        rare: int,
        near: int,
        also: str,
    ) -> None:
        monkeypatch.setattr(pages, "RARE", rare)
        monkeypatch.setattr(pages, "NEAR", near)
        for name, times in {
            "CaseTwin": 1,
            "casetwin": 9,
            "case-twin": 20,
            "CaseTwin-x": 30,
        }.items():
            use(connection, rows.add_package(connection, name), times)
        rest = ["case-twin", "CaseTwin-x"]
        for typed, first in {
            "CaseTwin": ["CaseTwin", "casetwin"],
            "casetwin": ["casetwin", "CaseTwin"],
            "CASETWIN": ["casetwin", "CaseTwin"],
        }.items():
            assert names(connection, typed + also) == first + rest
            query, cursor, paged = parse_search(typed + also), None, []
            for _page in range(4):
                page = search_packages(connection, query, after=cursor, limit=1)
                paged += [row.name for row in page.rows]
                cursor = page.next_cursor
            assert (paged, cursor) == (first + rest, None)
            cuts = search_cuts(connection, query, range(1, 4))
            for number in (1, 2, 3):
                after = cuts.cursors[number]
                row = search_packages(connection, query, after=after, limit=1).rows[0]
                assert row.name == (first + rest)[number]

    def test_several_words_are_one_name_too(self, connection: Connection) -> None:
        for name in ("router-for-react", "react-router", "react"):
            rows.add_package(connection, name)
        assert names(connection, "react router") == ["react-router", "router-for-react"]

    def test_scopes(self, connection: Connection) -> None:
        for name in ("@babel/core", "@babel/preset-env", "babel", "core-js"):
            rows.add_package(connection, name, description="for @babel/core")
        assert names(connection, "@babel/") == ["@babel/core", "@babel/preset-env"]
        assert names(connection, "@babel/co") == ["@babel/core"]
        assert names(connection, "core")[:2] == ["@babel/core", "core-js"]

    def test_a_scope_is_one_word_of_several(self, connection: Connection) -> None:
        for name in ("@babel/core", "@babel/preset-env", "core-js", "python@3.11", "@b/core"):
            rows.add_package(connection, name)
        assert names(connection, "@babel core") == ["@babel/core"]
        assert names(connection, "core @babel/") == ["@babel/core"]
        assert names(connection, "@b core") == ["@b/core", "@babel/core"]
        assert names(connection, "thon @311") == ["python@3.11"]

    def test_short_words_begin_a_word(self, connection: Connection) -> None:
        for name in ("d3", "d3-array", "use-d3", "add3"):
            rows.add_package(connection, name)
        assert names(connection, "d3") == ["d3", "d3-array", "use-d3"]
        assert names(connection, "d") == ["d3", "d3-array", "use-d3"]


class TestTypos:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [("raect", "react"), ("lodahs", "lodash"), ("typscript", "typescript")],
    )
    def test_a_mistyped_name_is_found(self, connection: Connection, typed: str, meant: str) -> None:
        for name in ("react", "lodash", "typescript", "express"):
            rows.add_package(connection, name)
        page = search_packages(connection, parse_search(typed))
        assert [row.name for row in page.rows] == [meant]
        assert page.similar == {page.rows[0].id}

    def test_names_that_were_meant_come_last_and_best_known_first(
        self, connection: Connection
    ) -> None:
        for times, name in enumerate(("raect-native", "reacts", "react")):
            use(connection, rows.add_package(connection, name), times)
        page = search_packages(connection, parse_search("raect"))
        assert [row.name for row in page.rows] == ["raect-native", "react"]
        assert len(page.similar) == 1

    def test_who_typed_a_name_that_exists_is_offered_no_other(self, connection: Connection) -> None:
        for name in ("preact", "react"):
            rows.add_package(connection, name)
        assert not search_packages(connection, parse_search("preact")).similar

    def test_filters_hold_for_them_too(self, connection: Connection) -> None:
        rows.add_package(connection, "react")
        assert names(connection, "raect npm:") == ["react"]
        assert names(connection, "raect brew:") == []

    def test_they_are_not_counted_as_matches(self, connection: Connection) -> None:
        rows.add_package(connection, "react")
        assert search_facets(connection, parse_search("raect")).matching == 0


SEARCHES = ["", "tool", "to", "tool a", "tool tag:web", "-tool", "tool -tag:web", "brew: tool", "is:deprecated",
            "tag:web", "-npm:", "updated:>1d tool", "tool npm: jsr: -is:deprecated",
            "brew: is:deprecated", "tool is:deprecated npm:"]  # fmt: skip
EVERY_SEARCH = [f"{text} sort:{sort}" for text in SEARCHES for sort in SORTS]


class TestScopes:
    @pytest.mark.parametrize("rare", [pages.RARE, -1])
    def test_a_name_behind_a_scope_stands_among_those_that_begin_so(
        self, connection: Connection, monkeypatch: pytest.MonkeyPatch, rare: int
    ) -> None:
        monkeypatch.setattr(pages, "RARE", rare)
        for times, name in enumerate(
            ("core", "core-js", "@babel/core", "@x/core-ui", "vendor/core", "hardcore")
        ):
            use(connection, rows.add_package(connection, name), 5 - times)
        expected = ["core", "core-js", "@babel/core", "vendor/core", "@x/core-ui", "hardcore"]
        assert names(connection, "core") == expected
        assert every_page(connection, "core") == expected

    def test_a_scope_named_as_what_is_behind_it_stands_there_once(
        self, connection: Connection
    ) -> None:
        rows.add_package(connection, "core/core")
        assert names(connection, "core") == ["core/core"]

    def test_a_percent_sign_is_a_letter(self, connection: Connection) -> None:
        rows.add_package(connection, "@x/a_b%c")
        rows.add_package(connection, "@x/anything")
        assert names(connection, "%") == []
        assert names(connection, "a_b%c") == ["@x/a_b%c"]


@pytest.mark.full_on("postgresql")
class TestHoweverItIsFound:
    """Gathering from an index and walking down the order are two ways to the same list."""

    @pytest.mark.parametrize("step", mass(3, full=[1]))
    @pytest.mark.parametrize(("rare", "near"), [(-1, 60), (10, 10)])
    def test_pages_of_every_way_are_the_same_list(
        self, garden: Connection, monkeypatch: pytest.MonkeyPatch, rare: int, near: int, step: int
    ) -> None:
        searches = EVERY_SEARCH[::step]
        gathered = {text: every_page(garden, text) for text in searches}
        monkeypatch.setattr(pages, "RARE", rare)
        monkeypatch.setattr(pages, "NEAR", near)
        monkeypatch.setattr(pages, "MERGED", near)
        monkeypatch.setattr(walk, "FIRST_SLICE", 3)
        monkeypatch.setattr(walk, "MAX_SLICE", 12)
        monkeypatch.setattr(walk, "IN_INDEX", 1)
        for text in searches:
            assert every_page(garden, text) == gathered[text], text

    def test_as_many_are_listed_as_are_counted(self, garden: Connection) -> None:
        for text in SEARCHES:
            listed = every_page(garden, text)
            assert listed, text
            assert len(listed) == search_facets(garden, parse_search(text)).matching, text

    def test_sorts_are_what_they_say(self, garden: Connection) -> None:
        def values(sort: str, attribute: str) -> list[object]:
            page = search_packages(garden, parse_search(f"sort:{sort}"))
            return [getattr(row, attribute) for row in page.rows]

        published = values("updated", "published_at")
        assert published == sorted(published, reverse=True)  # type: ignore[type-var]
        by_name = [str(name).casefold() for name in values("name", "name")]
        assert by_name == sorted(by_name)


class TestBounds:
    def test_more_matches_than_are_counted_are_said_to_be_more(
        self, garden: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exact = search_facets(garden, parse_search("tool"))
        assert not exact.is_bound
        monkeypatch.setattr(facets, "BOUND", 5)
        found = search_facets(garden, parse_search("tool"))
        assert (found.matching, found.is_bound) == (5, True)
        assert all(facet.is_bound for facet in found.registries)

    def test_of_two_frequent_things_a_part_is_looked_at(
        self, garden: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exact = search_facets(garden, parse_search("tool tag:web"))
        assert not exact.is_bound
        monkeypatch.setattr(pages, "NEAR", 10)
        monkeypatch.setattr(pages, "LOOKED_AT", 20)
        found = search_facets(garden, parse_search("tool tag:web"))
        assert found.is_bound
        assert 0 < found.matching < exact.matching

    def test_a_chosen_registry_is_counted_as_far_as_the_search_is(
        self, garden: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exact = search_facets(garden, parse_search("tool brew:"))
        monkeypatch.setattr(facets, "BOUND", exact.matching)
        found = {
            facet.value: facet
            for facet in search_facets(garden, parse_search("tool brew:")).registries
        }
        assert (found["brew"].count, found["brew"].is_bound) == (exact.matching, False)
        assert found["npm"].is_bound

    def test_the_whole_catalogue_is_counted_exactly(
        self, garden: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(facets, "BOUND", 5)
        found = search_facets(garden, parse_search(""))
        assert (found.matching, found.catalogue, found.is_bound) == (60, 60, False)
        assert {facet.value: facet.count for facet in found.registries} == {
            "npm": 20, "jsr": 20, "brew": 20,
        }  # fmt: skip
        assert [(facet.value, facet.count) for facet in found.states] == [
            ("deprecated", 12), ("missing", 0), ("failed", 0),
        ]  # fmt: skip
