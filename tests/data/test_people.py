"""What people leave in a catalogue: interactions, tags of several packages, saved searches."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select

from tests.support import rows
from tgtui.basics.errors import UsageError
from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import package_interactions, package_tags
from tgtui.data.search.index import drain
from tgtui.data.search.results import search_packages
from tgtui.data.search.saved import MAX_SAVED, forget_search, save_search, saved_searches
from tgtui.data.tags.changes import change_tags
from tgtui.data.tags.reading import tag_choices, tags_of
from tgtui.data.upkeep.interactions import Interaction, record
from tgtui.data.versions.named import package_ids
from tgtui.syntax.query import parse_search

TODAY = date(2026, 1, 1)


class TestInteractions:
    def count(self, connection: Connection) -> int:
        return connection.scalar(select(func.count()).select_from(package_interactions)) or 0

    def test_one_a_day_for_each_account_package_and_kind(self, connection: Connection) -> None:
        package, ada = rows.add_package(connection, "x"), rows.add_account(connection)
        once = Interaction(package, ada, "view", TODAY)
        assert record(connection, [once, once]) == 1
        assert record(connection, [once]) == 0
        others = [
            Interaction(package, ada, "view", date(2026, 1, 2)),
            Interaction(package, ada, "search", TODAY),
            Interaction(package, rows.add_account(connection, "bob"), "view", TODAY),
        ]
        assert record(connection, others) == 3
        assert self.count(connection) == 4

    def test_a_package_that_is_gone_costs_nobody_elses_interaction(
        self, connection: Connection
    ) -> None:
        package, ada = rows.add_package(connection, "x"), rows.add_account(connection)
        both = [Interaction(id, ada, "view", TODAY) for id in (uuid7(), package)]
        assert record(connection, both) == 1

    def test_they_rank_whatever_the_registry(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        ids = [
            rows.add_package(connection, f"tool-{name}", name) for name in ("npm", "brew", "jsr")
        ]
        record(connection, [Interaction(ids[1], ada, "view", TODAY)])
        while drain(connection):
            pass
        for search in ("tool", "tool sort:popular"):
            first = search_packages(connection, parse_search(search)).rows[0]
            assert first.registry == "brew"

    def test_packages_are_found_by_registry_and_name(self, connection: Connection) -> None:
        package = rows.add_package(connection, "hono", "jsr")
        names = [("jsr", "hono"), ("npm", "hono")]
        assert package_ids(connection, names) == {("jsr", "hono"): package}


class TestTagging:
    def test_tags_are_given_and_taken_in_one_go(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        old, new = rows.add_tag(connection, "old"), rows.add_tag(connection, "new")
        packages = [rows.add_package(connection, name) for name in "ab"]
        for package in packages:
            rows.add_package_tag(connection, package, old, ada)
        rows.add_package_tag(connection, packages[0], new, ada)
        changed = change_tags(connection, packages, add={new}, remove={old}, account_id=ada)
        assert (changed.given, changed.taken) == (1, 2)
        assert [[tag.slug for tag in tags_of(connection, [p])[p]] for p in packages] == [
            ["new"]
        ] * 2

    def test_a_deleted_tag_and_a_deleted_package_take_part_in_nothing(
        self, connection: Connection
    ) -> None:
        ada = rows.add_account(connection)
        gone = rows.add_tag(connection, "gone", deleted_at=rows.DAY_ONE)
        tag = rows.add_tag(connection, "web")
        package = rows.add_package(connection, "a", deleted_at=rows.DAY_ONE)
        tagged = change_tags(connection, [package], add={gone, tag}, remove=(), account_id=ada)
        assert (tagged.changed, tagged.gone, tagged.missing) == (0, 1, 1)
        assert connection.scalar(select(func.count()).select_from(package_tags)) == 0

    def test_the_picker_sees_how_many_have_each(self, connection: Connection) -> None:
        ada = rows.add_account(connection)
        web, cli = rows.add_tag(connection, "web"), rows.add_tag(connection, "cli")
        rows.add_tag(connection, "gone", deleted_at=rows.DAY_ONE)
        packages = [rows.add_package(connection, name) for name in "ab"]
        rows.add_package_tag(connection, packages[0], web, ada)
        found = {choice.label.slug: choice.count for choice in tag_choices(connection, packages)}
        assert found == {"cli": 0, "web": 1}
        assert cli is not None


class TestSavedSearches:
    @pytest.fixture
    def ada(self, connection: Connection) -> UUID:
        return rows.add_account(connection)

    def kept(self, connection: Connection, account: UUID) -> list[tuple[str, str]]:
        return [(each.name, each.query) for each in saved_searches(connection, account)]

    def test_a_search_is_kept_replaced_and_forgotten(
        self, connection: Connection, ada: UUID
    ) -> None:
        save_search(connection, ada, "web", "tag:web")
        save_search(connection, ada, "Old", "updated:>1y")
        save_search(connection, ada, "web", "tag:web npm:")
        assert self.kept(connection, ada) == [("Old", "updated:>1y"), ("web", "tag:web npm:")]
        assert forget_search(connection, ada, "web")
        assert not forget_search(connection, ada, "web")
        assert self.kept(connection, ada) == [("Old", "updated:>1y")]

    def test_everybody_has_their_own(self, connection: Connection, ada: UUID) -> None:
        bob = rows.add_account(connection, "bob")
        save_search(connection, ada, "web", "tag:web")
        save_search(connection, bob, "web", "react")
        assert self.kept(connection, bob) == [("web", "react")]

    @pytest.mark.parametrize(("name", "query"), [("", "x"), (" ", "x"), ("a", ""), ("a", " ")])
    def test_what_can_not_be_kept_says_why(
        self, connection: Connection, ada: UUID, name: str, query: str
    ) -> None:
        with pytest.raises(UsageError):
            save_search(connection, ada, name, query)

    def test_there_is_an_end_to_them(self, connection: Connection, ada: UUID) -> None:
        for number in range(MAX_SAVED):
            save_search(connection, ada, f"n{number}", "x")
        save_search(connection, ada, "n0", "y")
        with pytest.raises(UsageError, match="remove one"):
            save_search(connection, ada, "one more", "x")
