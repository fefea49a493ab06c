"""Search: what is found, in which order, in pages that neither repeat nor lose a row."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, update

from tests.support import rows
from tgtui.basics.errors import UsageError
from tgtui.data.models import tables
from tgtui.data.search.facets import search_facets
from tgtui.data.search.index import refresh
from tgtui.data.search.results import package_rows, search_packages
from tgtui.data.views.searches import Facet
from tgtui.syntax.query import SearchQuery, parse_search


def names(connection: Connection, text: str, limit: int = 100) -> list[str]:
    """The names of the first page, in order."""
    return [row.name for row in search_packages(connection, parse_search(text), limit=limit).rows]


def all_pages(connection: Connection, query: SearchQuery, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor = None
    while True:
        page = search_packages(connection, query, after=cursor, limit=limit)
        pages.append([row.name for row in page.rows])
        cursor = page.next_cursor
        if cursor is None:
            return pages
        assert len(pages) < 100, "the pages do not end"


def add_all(connection: Connection, *package_names: str) -> list[UUID]:
    return [rows.add_package(connection, name) for name in package_names]


class TestOrder:
    def test_exact_then_prefix_then_word_then_substring(self, connection: Connection) -> None:
        add_all(connection, "preact", "babel-react", "react-dom", "react")
        assert names(connection, "react") == ["react", "react-dom", "babel-react", "preact"]

    @pytest.mark.parametrize("start", ["-", "_", ".", "/", "@"])
    def test_a_word_begins_after_any_separator(self, connection: Connection, start: str) -> None:
        add_all(connection, "xreact", f"a-very-long-name{start}react")
        assert names(connection, "react") == [f"a-very-long-name{start}react", "xreact"]

    def test_what_is_used_alike_comes_by_name(self, connection: Connection) -> None:
        add_all(connection, "react-query", "react-z", "react-a", "react-ab")
        assert names(connection, "react") == ["react-a", "react-ab", "react-query", "react-z"]

    def test_one_name_in_two_registries_comes_twice(self, connection: Connection) -> None:
        rows.add_package(connection, "hono", "npm")
        rows.add_package(connection, "hono", "jsr")
        page = search_packages(connection, parse_search("hono"))
        assert [row.registry for row in page.rows] == ["npm", "jsr"]

    def test_without_words_what_is_used_most_comes_first(self, connection: Connection) -> None:
        *_, mango = add_all(connection, "zebra", "apple", "mango")
        rows.add_interaction(connection, mango)
        refresh(connection, [mango])
        assert names(connection, "") == ["mango", "apple", "zebra"]

    def test_case_is_folded_on_both_sides(self, connection: Connection) -> None:
        add_all(connection, "JSONStream", "jsonstream", "STRASSE", "straße", "ÉMILE")
        assert names(connection, "jsonSTREAM") == ["JSONStream", "jsonstream"]
        assert names(connection, "Straße") == ["STRASSE", "straße"]
        assert names(connection, "émile") == ["ÉMILE"]


class TestMatching:
    def test_every_word_is_in_the_name(self, connection: Connection) -> None:
        add_all(connection, "react-dom", "react", "dom-react", "dom")
        assert names(connection, "react dom") == ["react-dom", "dom-react"]

    def test_registries_narrow(self, connection: Connection) -> None:
        for registry in ("npm", "jsr", "brew", "apt"):
            rows.add_package(connection, f"{registry}-tool", registry)
        assert names(connection, "tool npm:") == ["npm-tool"]
        assert names(connection, "apt: npm: tool") == ["apt-tool", "npm-tool"]
        assert names(connection, "jsr:tool") == ["jsr-tool"]
        assert names(connection, "brew:") == ["brew-tool"]

    def test_tags_narrow_all_of_them_and_none_of_the_excluded(self, connection: Connection) -> None:
        account = rows.add_account(connection)
        web, old = rows.add_tag(connection, "web"), rows.add_tag(connection, "old")
        both, only_web, neither = add_all(connection, "both", "only-web", "neither")
        for package, tag in ((both, web), (both, old), (only_web, web)):
            rows.add_package_tag(connection, package, tag, account)
        assert names(connection, "tag:web") == ["both", "only-web"]
        assert names(connection, "tag:web tag:old") == ["both"]
        assert names(connection, "tag:web -tag:old") == ["only-web"]
        assert names(connection, "-tag:web") == ["neither"]
        assert names(connection, "tag:unknown") == []
        assert names(connection, "-tag:unknown") == ["both", "neither", "only-web"]
        assert neither is not None

    def test_deleted_packages_are_nowhere(self, connection: Connection) -> None:
        gone = rows.add_package(connection, "react", deleted_at=rows.DAY_ONE)
        rows.add_package(connection, "react-dom")
        assert names(connection, "react") == ["react-dom"]
        assert names(connection, "") == ["react-dom"]
        assert package_rows(connection, [gone]) == ()
        facets = search_facets(connection, parse_search("react"))
        assert (facets.matching, facets.catalogue) == (1, 1)
        assert facets.registries == (Facet("npm", "npm", 1),)

    def test_deleted_tags_are_nowhere(self, connection: Connection) -> None:
        account = rows.add_account(connection)
        gone = rows.add_tag(connection, "gone", deleted_at=rows.DAY_ONE)
        package = rows.add_package(connection, "react")
        rows.add_package_tag(connection, package, gone, account)
        assert names(connection, "tag:gone") == []
        assert names(connection, "-tag:gone") == ["react"]
        assert search_packages(connection, SearchQuery()).rows[0].tags == ()
        assert search_facets(connection, SearchQuery()).tags == ()


class TestHostileText:
    @pytest.mark.parametrize(
        "sign", ["%", "_", "\\", "'", '"', "\\%", "%%", "😀", ";--", "$1", "?", ":x"]
    )
    def test_signs_stand_for_themselves(self, connection: Connection, sign: str) -> None:
        rows.add_package(connection, "plain-name")
        assert names(connection, sign) == []
        assert names(connection, f"pl{sign}in") == []
        rows.add_package(connection, f"first{sign}second")
        assert names(connection, f"first{sign}second") == [f"first{sign}second"]
        assert names(connection, f"irst{sign}secon") == [f"first{sign}second"]

    def test_an_underscore_matches_no_other_character(self, connection: Connection) -> None:
        add_all(connection, "ab_cd", "abxcd")
        assert names(connection, "ab_cd") == ["ab_cd"]

    @pytest.mark.parametrize(
        "text",
        [
            '"',
            '""',
            "a AND b",
            "NOT react",
            "words : react",
            "react*",
            "^react",
            "NEAR(a b)",
            "(",
            "{a}:",
        ],
    )
    def test_the_language_of_the_full_text_index_is_text(
        self, connection: Connection, text: str
    ) -> None:
        rows.add_package(connection, "react")
        page = search_packages(connection, parse_search(text))
        assert all(row.id in page.similar for row in page.rows)
        assert search_facets(connection, parse_search(text)).matching == 0

    @pytest.mark.parametrize(
        ("text", "matching"),
        [
            ("re\0act", 1),  # two words, as any other unprintable character makes
            ("\x1b[31mreact", 0),
            ("\ud800", 1),  # nothing that could be typed is left
            ("😀" * 10_000, 0),
            ("%" * 10_000, 0),
            ("react " * 2_000, 0),  # too long: nothing of it is read
            ("a b " * 2_500, 0),
            ("tag:'; DROP TABLE packages", 0),
            ("tag:\0 -tag:\0x", 0),
        ],
    )
    def test_nothing_typed_breaks_the_search(
        self, connection: Connection, text: str, matching: int
    ) -> None:
        rows.add_package(connection, "react")
        query = parse_search(text)
        assert len(search_packages(connection, query).rows) == matching
        assert search_facets(connection, query).matching == matching
        assert names(connection, "react") == ["react"]

    @pytest.mark.parametrize("word", ["\0", "😀" * 10_000, "%" * 10_000, "\\" * 10_000])
    def test_words_that_no_parser_shortened_are_found_or_not(
        self, connection: Connection, word: str
    ) -> None:
        rows.add_package(connection, "react")
        expected = ["react"] if word == "\0" else []
        page = search_packages(connection, SearchQuery((word,)))
        assert [row.name for row in page.rows] == expected


class TestPages:
    @pytest.mark.parametrize("text", ["", "tool"])
    @pytest.mark.parametrize("limit", [1, 3, 7, 10, 11])
    def test_pages_are_complete_and_repeat_nothing(
        self, connection: Connection, text: str, limit: int
    ) -> None:
        rows.add_package(connection, "tool")
        rows.add_package(connection, "tool", "jsr")
        rows.add_package(connection, "tool", "apt")
        add_all(
            connection, *(f"{start}tool{end}" for start in ("x", "a-") for end in ("", "s", "ß"))
        )
        rows.add_package(connection, "my_tool's 😀")
        query = parse_search(text)
        pages = all_pages(connection, query, limit)
        whole = search_packages(connection, query, limit=100)
        assert [name for page in pages for name in page] == [row.name for row in whole.rows]
        assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
        assert len(whole.rows) == 10
        assert 1 <= len(pages[-1]) <= limit

    def test_rows_that_arrive_before_the_cursor_of_a_search_repeat_nothing(
        self, connection: Connection
    ) -> None:
        add_all(connection, "tool-b", "tool-c", "tool-d")
        query = parse_search("tool")
        first = search_packages(connection, query, limit=2)
        add_all(connection, "tool", "tool-a", "tool-e")
        second = search_packages(connection, query, after=first.next_cursor, limit=10)
        assert [row.name for row in second.rows] == ["tool-d", "tool-e"]

    def test_a_row_that_is_deleted_meanwhile_loses_no_other(self, connection: Connection) -> None:
        ids = add_all(connection, "a", "b", "c", "d")
        first = search_packages(connection, SearchQuery(), limit=2)
        connection.execute(delete(tables.packages).where(tables.packages.c.id == ids[1]))
        second = search_packages(connection, SearchQuery(), after=first.next_cursor, limit=2)
        assert [row.name for row in second.rows] == ["c", "d"]
        assert second.next_cursor is None

    def test_an_empty_catalogue_is_one_empty_page(self, connection: Connection) -> None:
        assert all_pages(connection, SearchQuery(), 10) == [[]]
        assert search_facets(connection, SearchQuery()).catalogue == 0

    @pytest.mark.parametrize(
        "cursor", ["", "x", "!!!!", "W10=", "WzFd", "bnVsbA==", "é", "W1tb" * 30_000]
    )
    def test_a_cursor_from_elsewhere_is_refused(self, connection: Connection, cursor: str) -> None:
        with pytest.raises(UsageError, match="not from this search"):
            search_packages(connection, parse_search("react"), after=cursor)

    def test_a_cursor_of_another_kind_of_search_is_refused(self, connection: Connection) -> None:
        add_all(connection, "a", "b")
        page = search_packages(connection, SearchQuery(), limit=1)
        with pytest.raises(UsageError, match="not from this search"):
            search_packages(connection, parse_search("a"), after=page.next_cursor)


class TestFacets:
    def test_a_registry_does_not_narrow_the_counts_of_registries(
        self, connection: Connection
    ) -> None:
        rows.add_package(connection, "tool-a")
        rows.add_package(connection, "tool-b")
        rows.add_package(connection, "tool-c", "jsr")
        rows.add_package(connection, "other", "apt")
        facets = search_facets(connection, parse_search("tool jsr:"))
        assert facets.registries == (Facet("npm", "npm", 2), Facet("jsr", "jsr", 1))
        assert (facets.matching, facets.catalogue) == (1, 4)

    def test_tags_are_counted_under_the_whole_search(self, connection: Connection) -> None:
        account = rows.add_account(connection)
        web = rows.add_tag(connection, "web", name="Web")
        database = rows.add_tag(connection, "database", name="Database")
        a, b, c = add_all(connection, "tool-a", "tool-b", "other")
        for package, tag in ((a, web), (b, web), (c, web), (a, database)):
            rows.add_package_tag(connection, package, tag, account)
        facets = search_facets(connection, parse_search("tool"))
        assert facets.tags == (Facet("web", "Web", 2), Facet("database", "Database", 1))
        narrowed = search_facets(connection, parse_search("tool tag:database"))
        assert narrowed.tags == (Facet("database", "Database", 1), Facet("web", "Web", 1))
        without = search_facets(connection, parse_search("tool -tag:database"))
        assert without.tags == (Facet("web", "Web", 1),)
        assert without.matching == 1


class TestRows:
    def test_a_row_says_all_a_list_shows(self, connection: Connection) -> None:
        package = rows.add_package(connection, "react", description="A library")
        rows.add_version(connection, package, "18.0.0")
        rows.add_version(connection, package, "19.0.0", is_yanked=True)
        rows.add_dist_tag(connection, package, "19.0.0")
        account = rows.add_account(connection)
        for slug in ("web", "database"):
            tag = rows.add_tag(connection, slug, color="#00ff00")
            rows.add_package_tag(connection, package, tag, account)
        (row,) = search_packages(connection, SearchQuery()).rows
        assert (row.id, row.registry, row.name) == (package, "npm", "react")
        assert (row.latest_version, row.is_yanked) == ("19.0.0", True)
        assert (row.published_at, row.description) == (rows.DAY_ONE, "A library")
        assert row.state == "ready"
        assert [(tag.name, tag.color) for tag in row.tags] == [
            ("Database", "#00ff00"),
            ("Web", "#00ff00"),
        ]

    @pytest.mark.parametrize(
        ("statuses", "state"),
        [
            ([], "unknown"),
            (["pending"], "queued"),
            (["failed", "fetching"], "fetching"),
            (["completed", "failed"], "failed"),
            (["failed", "cancelled"], "unknown"),
        ],
    )
    def test_a_package_known_by_name_shows_what_its_newest_request_does(
        self, connection: Connection, statuses: list[str], state: str
    ) -> None:
        rows.add_package(connection, "react", last_fetch_success=None)
        for status in statuses:
            rows.add_request(connection, "react", status=status)
        rows.add_request(connection, "react", registry="jsr")
        (row,) = search_packages(connection, SearchQuery()).rows
        assert row.state == state

    def test_a_fetched_package_is_ready_whatever_its_requests_do(
        self, connection: Connection
    ) -> None:
        rows.add_package(connection, "react")
        rows.add_request(connection, "react", status="failed")
        (row,) = search_packages(connection, SearchQuery()).rows
        assert (row.state, row.latest_version) == ("ready", None)

    def test_rows_keep_the_order_asked_for_and_leave_out_what_is_gone(
        self, connection: Connection
    ) -> None:
        a, b, c = add_all(connection, "a", "b", "c")
        connection.execute(
            update(tables.packages).where(tables.packages.c.id == b).values(deleted_at=rows.DAY_ONE)
        )
        assert [row.name for row in package_rows(connection, [c, b, a])] == ["c", "a"]
        assert package_rows(connection, []) == ()
