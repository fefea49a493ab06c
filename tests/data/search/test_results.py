"""Search: what is found, in which order, in pages that neither repeat nor lose a row."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from tests.support import rows
from tgtui.basics.errors import UsageError
from tgtui.data.models import tables
from tgtui.data.search.facets import search_facets
from tgtui.data.search.index import refresh
from tgtui.data.search.results import package_rows, search_packages
from tgtui.data.views.searches import Facet
from tgtui.syntax.query import SearchQuery, parse_search


def names(session: Session, text: str, limit: int = 100) -> list[str]:
    """The names of the first page, in order."""
    return [row.name for row in search_packages(session, parse_search(text), limit=limit).rows]


def all_pages(session: Session, query: SearchQuery, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor = None
    while True:
        page = search_packages(session, query, after=cursor, limit=limit)
        pages.append([row.name for row in page.rows])
        cursor = page.next_cursor
        if cursor is None:
            return pages
        assert len(pages) < 100, "the pages do not end"


def add_all(session: Session, *package_names: str) -> list[UUID]:
    return [rows.add_package(session, name) for name in package_names]


class TestOrder:
    def test_exact_then_prefix_then_word_then_substring(self, session: Session) -> None:
        add_all(session, "preact", "babel-react", "react-dom", "react")
        assert names(session, "react") == ["react", "react-dom", "babel-react", "preact"]

    @pytest.mark.parametrize("start", ["-", "_", ".", "/", "@"])
    def test_a_word_begins_after_any_separator(self, session: Session, start: str) -> None:
        add_all(session, "xreact", f"a-very-long-name{start}react")
        assert names(session, "react") == [f"a-very-long-name{start}react", "xreact"]

    def test_what_is_used_alike_comes_by_name(self, session: Session) -> None:
        add_all(session, "react-query", "react-z", "react-a", "react-ab")
        assert names(session, "react") == ["react-a", "react-ab", "react-query", "react-z"]

    def test_one_name_in_two_registries_comes_twice(self, session: Session) -> None:
        rows.add_package(session, "hono", "npm")
        rows.add_package(session, "hono", "jsr")
        page = search_packages(session, parse_search("hono"))
        assert [row.registry for row in page.rows] == ["npm", "jsr"]

    def test_without_words_what_is_used_most_comes_first(self, session: Session) -> None:
        *_, mango = add_all(session, "zebra", "apple", "mango")
        rows.add_interaction(session, mango)
        refresh(session, [mango])
        assert names(session, "") == ["mango", "apple", "zebra"]

    def test_case_is_folded_on_both_sides(self, session: Session) -> None:
        add_all(session, "JSONStream", "jsonstream", "STRASSE", "straße", "ÉMILE")
        assert names(session, "jsonSTREAM") == ["JSONStream", "jsonstream"]
        assert names(session, "Straße") == ["STRASSE", "straße"]
        assert names(session, "émile") == ["ÉMILE"]


class TestMatching:
    def test_every_word_is_in_the_name(self, session: Session) -> None:
        add_all(session, "react-dom", "react", "dom-react", "dom")
        assert names(session, "react dom") == ["react-dom", "dom-react"]

    def test_registries_narrow(self, session: Session) -> None:
        for registry in ("npm", "jsr", "brew", "apt"):
            rows.add_package(session, f"{registry}-tool", registry)
        assert names(session, "tool npm:") == ["npm-tool"]
        assert names(session, "apt: npm: tool") == ["apt-tool", "npm-tool"]
        assert names(session, "jsr:tool") == ["jsr-tool"]
        assert names(session, "brew:") == ["brew-tool"]

    def test_tags_narrow_all_of_them_and_none_of_the_excluded(self, session: Session) -> None:
        account = rows.add_account(session)
        web, old = rows.add_tag(session, "web"), rows.add_tag(session, "old")
        both, only_web, neither = add_all(session, "both", "only-web", "neither")
        for package, tag in ((both, web), (both, old), (only_web, web)):
            rows.add_package_tag(session, package, tag, account)
        assert names(session, "tag:web") == ["both", "only-web"]
        assert names(session, "tag:web tag:old") == ["both"]
        assert names(session, "tag:web -tag:old") == ["only-web"]
        assert names(session, "-tag:web") == ["neither"]
        assert names(session, "tag:unknown") == []
        assert names(session, "-tag:unknown") == ["both", "neither", "only-web"]
        assert neither is not None

    def test_deleted_packages_are_nowhere(self, session: Session) -> None:
        gone = rows.add_package(session, "react", deleted_at=rows.DAY_ONE)
        rows.add_package(session, "react-dom")
        assert names(session, "react") == ["react-dom"]
        assert names(session, "") == ["react-dom"]
        assert package_rows(session, [gone]) == ()
        facets = search_facets(session, parse_search("react"))
        assert (facets.matching, facets.catalogue) == (1, 1)
        assert facets.registries == (Facet("npm", "npm", 1),)

    def test_deleted_tags_are_nowhere(self, session: Session) -> None:
        account = rows.add_account(session)
        gone = rows.add_tag(session, "gone", deleted_at=rows.DAY_ONE)
        package = rows.add_package(session, "react")
        rows.add_package_tag(session, package, gone, account)
        assert names(session, "tag:gone") == []
        assert names(session, "-tag:gone") == ["react"]
        assert search_packages(session, SearchQuery()).rows[0].tags == ()
        assert search_facets(session, SearchQuery()).tags == ()


class TestHostileText:
    @pytest.mark.parametrize(
        "sign", ["%", "_", "\\", "'", '"', "\\%", "%%", "😀", ";--", "$1", "?", ":x"]
    )
    def test_signs_stand_for_themselves(self, session: Session, sign: str) -> None:
        rows.add_package(session, "plain-name")
        assert names(session, sign) == []
        assert names(session, f"pl{sign}in") == []
        rows.add_package(session, f"first{sign}second")
        assert names(session, f"first{sign}second") == [f"first{sign}second"]
        assert names(session, f"irst{sign}secon") == [f"first{sign}second"]

    def test_an_underscore_matches_no_other_character(self, session: Session) -> None:
        add_all(session, "ab_cd", "abxcd")
        assert names(session, "ab_cd") == ["ab_cd"]

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
    def test_the_language_of_the_full_text_index_is_text(self, session: Session, text: str) -> None:
        rows.add_package(session, "react")
        page = search_packages(session, parse_search(text))
        assert all(row.id in page.similar for row in page.rows)
        assert search_facets(session, parse_search(text)).matching == 0

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
        self, session: Session, text: str, matching: int
    ) -> None:
        rows.add_package(session, "react")
        query = parse_search(text)
        assert len(search_packages(session, query).rows) == matching
        assert search_facets(session, query).matching == matching
        assert names(session, "react") == ["react"]

    @pytest.mark.parametrize("word", ["\0", "😀" * 10_000, "%" * 10_000, "\\" * 10_000])
    def test_words_that_no_parser_shortened_are_found_or_not(
        self, session: Session, word: str
    ) -> None:
        rows.add_package(session, "react")
        expected = ["react"] if word == "\0" else []
        page = search_packages(session, SearchQuery((word,)))
        assert [row.name for row in page.rows] == expected


class TestPages:
    @pytest.mark.parametrize("text", ["", "tool"])
    @pytest.mark.parametrize("limit", [1, 3, 7, 10, 11])
    def test_pages_are_complete_and_repeat_nothing(
        self, session: Session, text: str, limit: int
    ) -> None:
        rows.add_package(session, "tool")
        rows.add_package(session, "tool", "jsr")
        rows.add_package(session, "tool", "apt")
        add_all(session, *(f"{start}tool{end}" for start in ("x", "a-") for end in ("", "s", "ß")))
        rows.add_package(session, "my_tool's 😀")
        query = parse_search(text)
        pages = all_pages(session, query, limit)
        whole = search_packages(session, query, limit=100)
        assert [name for page in pages for name in page] == [row.name for row in whole.rows]
        assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
        assert len(whole.rows) == 10
        assert 1 <= len(pages[-1]) <= limit

    def test_rows_that_arrive_before_the_cursor_of_a_search_repeat_nothing(
        self, session: Session
    ) -> None:
        add_all(session, "tool-b", "tool-c", "tool-d")
        query = parse_search("tool")
        first = search_packages(session, query, limit=2)
        add_all(session, "tool", "tool-a", "tool-e")
        second = search_packages(session, query, after=first.next_cursor, limit=10)
        assert [row.name for row in second.rows] == ["tool-d", "tool-e"]

    def test_a_row_that_is_deleted_meanwhile_loses_no_other(self, session: Session) -> None:
        ids = add_all(session, "a", "b", "c", "d")
        first = search_packages(session, SearchQuery(), limit=2)
        session.execute(delete(tables.Package).where(tables.Package.id == ids[1]))
        second = search_packages(session, SearchQuery(), after=first.next_cursor, limit=2)
        assert [row.name for row in second.rows] == ["c", "d"]
        assert second.next_cursor is None

    def test_an_empty_catalogue_is_one_empty_page(self, session: Session) -> None:
        assert all_pages(session, SearchQuery(), 10) == [[]]
        assert search_facets(session, SearchQuery()).catalogue == 0

    @pytest.mark.parametrize(
        "cursor", ["", "x", "!!!!", "W10=", "WzFd", "bnVsbA==", "é", "W1tb" * 30_000]
    )
    def test_a_cursor_from_elsewhere_is_refused(self, session: Session, cursor: str) -> None:
        with pytest.raises(UsageError, match="not from this search"):
            search_packages(session, parse_search("react"), after=cursor)

    def test_a_cursor_of_another_kind_of_search_is_refused(self, session: Session) -> None:
        add_all(session, "a", "b")
        page = search_packages(session, SearchQuery(), limit=1)
        with pytest.raises(UsageError, match="not from this search"):
            search_packages(session, parse_search("a"), after=page.next_cursor)


class TestFacets:
    def test_a_registry_does_not_narrow_the_counts_of_registries(self, session: Session) -> None:
        rows.add_package(session, "tool-a")
        rows.add_package(session, "tool-b")
        rows.add_package(session, "tool-c", "jsr")
        rows.add_package(session, "other", "apt")
        facets = search_facets(session, parse_search("tool jsr:"))
        assert facets.registries == (Facet("npm", "npm", 2), Facet("jsr", "jsr", 1))
        assert (facets.matching, facets.catalogue) == (1, 4)

    def test_tags_are_counted_under_the_whole_search(self, session: Session) -> None:
        account = rows.add_account(session)
        web = rows.add_tag(session, "web", name="Web")
        database = rows.add_tag(session, "database", name="Database")
        a, b, c = add_all(session, "tool-a", "tool-b", "other")
        for package, tag in ((a, web), (b, web), (c, web), (a, database)):
            rows.add_package_tag(session, package, tag, account)
        facets = search_facets(session, parse_search("tool"))
        assert facets.tags == (Facet("web", "Web", 2), Facet("database", "Database", 1))
        narrowed = search_facets(session, parse_search("tool tag:database"))
        assert narrowed.tags == (Facet("database", "Database", 1), Facet("web", "Web", 1))
        without = search_facets(session, parse_search("tool -tag:database"))
        assert without.tags == (Facet("web", "Web", 1),)
        assert without.matching == 1


class TestRows:
    def test_a_row_says_all_a_list_shows(self, session: Session) -> None:
        package = rows.add_package(session, "react", description="A library")
        rows.add_version(session, package, "18.0.0")
        rows.add_version(session, package, "19.0.0", is_yanked=True)
        rows.add_dist_tag(session, package, "19.0.0")
        account = rows.add_account(session)
        for slug in ("web", "database"):
            tag = rows.add_tag(session, slug, color="#00ff00")
            rows.add_package_tag(session, package, tag, account)
        (row,) = search_packages(session, SearchQuery()).rows
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
        self, session: Session, statuses: list[str], state: str
    ) -> None:
        rows.add_package(session, "react", last_fetch_success=None)
        for status in statuses:
            rows.add_request(session, "react", status=status)
        rows.add_request(session, "react", registry="jsr")
        (row,) = search_packages(session, SearchQuery()).rows
        assert row.state == state

    def test_a_fetched_package_is_ready_whatever_its_requests_do(self, session: Session) -> None:
        rows.add_package(session, "react")
        rows.add_request(session, "react", status="failed")
        (row,) = search_packages(session, SearchQuery()).rows
        assert (row.state, row.latest_version) == ("ready", None)

    def test_rows_keep_the_order_asked_for_and_leave_out_what_is_gone(
        self, session: Session
    ) -> None:
        a, b, c = add_all(session, "a", "b", "c")
        session.execute(
            update(tables.Package).where(tables.Package.id == b).values(deleted_at=rows.DAY_ONE)
        )
        assert [row.name for row in package_rows(session, [c, b, a])] == ["c", "a"]
        assert package_rows(session, []) == ()
