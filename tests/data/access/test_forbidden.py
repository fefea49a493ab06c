"""What each role may not do with plain SQL, without the program: the database itself refuses, or shows nothing."""

from __future__ import annotations

import pytest

from tests.data.access.garden import REFUSED, Garden, refused

TABLES_OF_THE_CATALOGUE = (
    "packages",
    "package_versions",
    "package_dist_tags",
    "package_dependencies",
    "package_search",
    "cross_registry_links",
    "registry_imports",
    "registry_outages",
)
QUEUE = "package_requests"


@pytest.mark.parametrize("login", ["guest", "ada", "cleo"])
class TestNobodyButAWorker:
    @pytest.mark.parametrize("table", TABLES_OF_THE_CATALOGUE)
    def test_writes_the_catalogue(self, garden: Garden, login: str, table: str) -> None:
        refused(
            garden,
            login,
            f"INSERT INTO {table} SELECT * FROM {table}",
            f"UPDATE {table} SET id = id",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"COPY {table} FROM STDIN",
        )

    def test_renames_a_package_or_says_it_was_read(self, garden: Garden, login: str) -> None:
        refused(
            garden,
            login,
            "UPDATE packages SET name = 'evil'",
            "UPDATE packages SET last_fetch_success = now()",
            "UPDATE packages SET description = 'forged', updated_at = now()",
        )

    def test_makes_or_changes_a_request_by_hand(self, garden: Garden, login: str) -> None:
        forged = (
            "INSERT INTO package_requests (id, package_name, registry, requested_by, depth,"
            " is_auto_queued, priority, status, is_forced, attempt_count, created_at, updated_at)"
            " VALUES (gen_random_uuid(), 'x', 'npm', {by}, 0, false, {priority}, 'pending', {forced},"
            " 0, now(), now())"
        )
        me = f"'{garden.account(login)}'" if garden.account(login) else "NULL"
        other = f"'{garden.account('bob')}'"
        refused(
            garden,
            login,
            forged.format(by=me, priority=10, forced="false"),
            forged.format(by=other, priority=10, forced="false"),
            forged.format(by=me, priority=0, forced="true"),
            "UPDATE package_requests SET priority = 0",
            "UPDATE package_requests SET requested_by = NULL",
            "UPDATE package_requests SET is_forced = true",
            "UPDATE package_requests SET attempt_count = 0",
            "DELETE FROM package_requests",
            "INSERT INTO package_request_chains SELECT * FROM package_request_chains",
            "UPDATE package_request_chains SET requested_by = NULL",
            "UPDATE package_request_chains SET charges = 0",
            "UPDATE package_request_chains SET cancelled_at = now()",
            "DELETE FROM package_request_chains",
            "INSERT INTO package_request_members SELECT * FROM package_request_members",
            "UPDATE package_request_members SET cancelled_at = now()",
            "DELETE FROM package_request_members",
        )

    def test_completes_a_request(self, garden: Garden, login: str) -> None:
        done = "UPDATE package_requests SET status = 'completed'"
        with pytest.raises(REFUSED):
            garden.team.run(login, done)
        assert garden.status(garden.bobs) == "pending"

    def test_takes_what_a_worker_holds(self, garden: Garden, login: str) -> None:
        garden.set(garden.bobs, status="fetching", lease_token=garden.bobs, locked_by="wren")
        with pytest.raises(REFUSED):
            garden.team.run(
                login, "UPDATE package_requests SET lease_token = NULL, status = 'pending'"
            )
        assert garden.status(garden.bobs) == "fetching"

    def test_calls_what_believes_anybody(self, garden: Garden, login: str) -> None:
        refused(
            garden,
            login,
            "SELECT tgtui_queue(ARRAY['npm'], ARRAY['x'], NULL, true, 0, NULL, NULL)",
            "SELECT tgtui_renew(NULL, NULL, false)",
            "SELECT tgtui_limits()",
            "SELECT tgtui_may('tgtui_admin')",
            "SELECT tgtui_uuid7()",
        )


@pytest.mark.parametrize("login", ["guest", "ada", "wren"])
class TestNobodyButAnAdmin:
    def test_curates_tags(self, garden: Garden, login: str) -> None:
        refused(
            garden,
            login,
            "INSERT INTO tags SELECT * FROM tags",
            "UPDATE tags SET name = 'mine'",
            "DELETE FROM tags",
            "INSERT INTO package_tags SELECT * FROM package_tags",
            "UPDATE package_tags SET tag_id = tag_id",
            "DELETE FROM package_tags",
        )

    def test_deletes_or_restores_a_package(self, garden: Garden, login: str) -> None:
        refused(
            garden,
            login,
            "UPDATE packages SET deleted_at = now()",
            "UPDATE packages SET deleted_at = NULL, deleted_by = NULL",
            "DELETE FROM packages",
        )

    def test_reads_accounts(self, garden: Garden, login: str) -> None:
        mine = garden.account(login)
        own = {mine} if mine is not None else set()
        if login == "wren":  # who stores the names of people who take part in the insights
            garden.team.run(
                "owner", "UPDATE account SET stays_out_since = now() WHERE subject LIKE '%bob%'"
            )
            own = {*garden.accounts.values()} - {garden.accounts["bob"]}
        assert set(garden.team.read(login, "SELECT id FROM account")) == own

    def test_writes_who_takes_part_in_the_insights(self, garden: Garden, login: str) -> None:
        refused(
            garden,
            login,
            "UPDATE account SET stays_out_since = NULL",
            "DELETE FROM package_interactions",
            f"SELECT tgtui_forget('{garden.account('bob')}')",
            f"SELECT tgtui_take_part('{garden.account('bob')}', false)",
        )

    def test_marks_packages_for_the_search(self, garden: Garden, login: str) -> None:
        if login != "wren":
            refused(garden, login, "INSERT INTO package_search_stale SELECT id, id FROM packages")


class TestAnAdmin:
    def test_says_nobody_else_did_it(self, garden: Garden) -> None:
        dora, cleo = garden.account("dora"), garden.account("cleo")
        refused(
            garden,
            "cleo",
            f"UPDATE packages SET deleted_at = now(), deleted_by = '{dora}'",
            "UPDATE packages SET deleted_at = now(), deleted_by = NULL",
            f"UPDATE tags SET deleted_at = now(), deleted_by = '{dora}'",
            "INSERT INTO tags VALUES (gen_random_uuid(), 'y', 'y', NULL, NULL, now(), NULL, now(), now())",
            f"INSERT INTO package_tags VALUES (gen_random_uuid(), '{garden.package}', '{garden.tag}', '{dora}', now())",
            f"UPDATE package_tags SET created_by = '{cleo}'",
            "UPDATE package_tags SET created_at = now()",
            "DELETE FROM tags",
        )

    def test_ends_a_request_by_hand_only_as_that_of_a_removed_package(self, garden: Garden) -> None:
        refused(
            garden,
            "cleo",
            "UPDATE package_requests SET status = 'failed', error_code = 'not_found'",
            "UPDATE package_requests SET status = 'cancelled'",
            "UPDATE package_requests SET status = 'fetching', locked_by = 'cleo'",
        )
        garden.set(garden.adas, status="completed")
        ended = "UPDATE package_requests SET status = 'failed', error_code = 'removed_by_admin'"
        assert garden.team.run("cleo", ended) == len(garden.requests) - 1
        assert garden.status(garden.adas) == "completed"

    def test_sees_nothing_that_others_keep_for_themselves(self, garden: Garden) -> None:
        for table in (
            "saved_searches",
            "package_watches",
            "package_comparisons",
            "projects",
            "project_packages",
        ):
            assert garden.team.read("cleo", f"SELECT * FROM {table}") == []


class TestAWorker:
    def test_asks_for_nothing_and_is_nobody(self, garden: Garden) -> None:
        refused(
            garden,
            "wren",
            f"SELECT tgtui_ask(ARRAY['npm'], ARRAY['x'], '{garden.account('ada')}', false, 10, NULL, NULL)",
            "SELECT tgtui_sign_in('postgresql', session_user, 'Wren')",
            "INSERT INTO account SELECT * FROM account",
            "UPDATE account SET display_name = 'x'",
            "SELECT * FROM saved_searches",
            "SELECT * FROM package_comparisons",
            "SELECT * FROM projects",
            "SELECT * FROM project_packages",
            "INSERT INTO package_watches SELECT * FROM package_watches",
            "DELETE FROM package_watches",
            "UPDATE package_watches SET account_id = account_id",
            "INSERT INTO package_interactions SELECT * FROM package_interactions",
        )

    def test_deletes_no_package(self, garden: Garden) -> None:
        refused(garden, "wren", "UPDATE packages SET deleted_by = NULL", "DELETE FROM packages")
        with pytest.raises(REFUSED, match="deleted_by must be"):
            garden.team.run(
                "wren",
                "INSERT INTO packages (id, name, search_name, registry, deleted_at, created_at, updated_at)"
                " VALUES (gen_random_uuid(), 'y', 'y', 'npm', now(), now(), now())",
            )


class TestAGuest:
    def test_sees_no_requests_and_asks_for_nothing(self, garden: Garden) -> None:
        for table in (
            "package_requests",
            "package_request_chains",
            "package_request_members",
            "account",
        ):
            assert garden.team.read("guest", f"SELECT * FROM {table}") == []
        refused(
            garden,
            "guest",
            "SELECT * FROM package_interactions",
            "SELECT * FROM saved_searches",
            "SELECT * FROM package_watches",
            "SELECT * FROM package_comparisons",
            "SELECT * FROM projects",
            "SELECT * FROM project_edges",
            "SELECT tgtui_ask(ARRAY['npm'], ARRAY['x'], NULL, false, 10, NULL, NULL)",
            "SELECT tgtui_bring_to_front('npm', 'of-bob')",
            "SELECT tgtui_active_packages()",
            "SELECT tgtui_me()",
        )


def test_a_login_without_a_role_reads_nothing(garden: Garden) -> None:
    for table in (*TABLES_OF_THE_CATALOGUE, QUEUE, "account", "tags", "alembic_version"):
        refused(garden, "stranger", f"SELECT * FROM {table}")
    refused(garden, "stranger", "SELECT tgtui_me()")
