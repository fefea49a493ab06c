"""What each role may not do with plain SQL, without the program: the database itself refuses, or shows nothing."""

from __future__ import annotations

import pytest
from psycopg import errors

from tests.grants.garden import Garden
from tests.support.team import LIMITS, LOGINS
from tgtui import clock

PEOPLE = ("guest", "ada", "cleo", "wren")
"""One of each role."""
REFUSED = errors.InsufficientPrivilege

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


def refused(garden: Garden, login: str, *statements: str) -> None:
    for statement in statements:
        with pytest.raises(REFUSED):
            garden.team.run(login, statement)


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
            f"SELECT * FROM {table} FOR UPDATE" if table != "packages" else f"TRUNCATE {table}",
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
            "INSERT INTO package_request_watchers SELECT * FROM package_request_watchers",
            "DELETE FROM package_request_watchers",
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
            "SELECT tgtui_queue('npm', 'x', NULL, true, 0, NULL, NULL)",
            "SELECT tgtui_refused('npm', 'x', NULL, NULL, NULL)",
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
        own = [garden.account(login)] if garden.account(login) else []
        assert garden.team.read(login, "SELECT id FROM account") == own

    def test_marks_packages_for_the_search(self, garden: Garden, login: str) -> None:
        if login != "wren":
            refused(garden, login, "INSERT INTO package_search_stale SELECT id, id FROM packages")


class TestAMember:
    def test_sees_nothing_of_others(self, garden: Garden) -> None:
        own = set(garden.team.read("ada", "SELECT id FROM package_requests"))
        assert own == {garden.adas, garden.adas_dependency}
        for statement in (
            "SELECT * FROM package_request_watchers",
            "SELECT * FROM package_interactions",
            "SELECT * FROM saved_searches",
            f"SELECT * FROM package_requests WHERE id = '{garden.bobs}'",
            "SELECT * FROM package_requests WHERE package_name = 'of-bob'",
            f"SELECT * FROM package_requests WHERE requested_by = '{garden.account('bob')}'",
        ):
            assert garden.team.read("ada", statement) == []

    def test_sees_no_others_through_a_function_of_its_own(self, garden: Garden) -> None:
        """A leaky condition is never asked about rows that are somebody else's."""
        with garden.team.connect("ada") as ada:
            ada.execute(
                "CREATE FUNCTION pg_temp.tell(name text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
                " $$ BEGIN RAISE NOTICE 'saw %', name; RETURN true; END $$"
            )
            told: list[str] = []
            ada.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
            ada.execute("SELECT count(*) FROM package_requests WHERE pg_temp.tell(package_name)")
        assert "saw of-ada" in told
        assert "saw of-bob" not in told

    def test_acts_for_nobody_else(self, garden: Garden) -> None:
        bob = garden.account("bob")
        refused(
            garden,
            "ada",
            f"SELECT tgtui_ask('npm', 'x', '{bob}', false, 10, NULL, NULL)",
            "SELECT tgtui_ask('npm', 'x', NULL, false, 10, NULL, NULL)",
            f"SELECT tgtui_retry('{garden.bobs}', '{bob}', false, false, NULL, NULL)",
            f"SELECT tgtui_cancel('{garden.bobs}', '{bob}', false)",
            f"SELECT tgtui_cancel('{garden.bobs}', NULL, false)",
            f"SELECT tgtui_cancel_chain('{garden.bobs}', '{bob}', false)",
            f"SELECT tgtui_cancel_chain('{garden.bobs}', NULL, false)",
            f"SELECT tgtui_want_version('{garden.version}', '{bob}')",
            f"SELECT tgtui_record(ARRAY['{garden.package}'::uuid], ARRAY['{bob}'::uuid],"
            " ARRAY['view'], ARRAY[current_date])",
            f"INSERT INTO saved_searches VALUES (gen_random_uuid(), '{bob}', 'x', 'y', now())",
            f"SELECT tgtui_sign_in('postgresql', '{garden.team.name('bob')}', 'Bob')",
            "SELECT tgtui_sign_in('https://id.example', 'ada', 'Ada')",
        )
        assert garden.status(garden.bobs) == "pending"

    def test_neither_retries_nor_cancels_what_is_somebody_elses(self, garden: Garden) -> None:
        ada = garden.account("ada")
        calls = {
            f"SELECT outcome FROM tgtui_retry('{garden.bobs}', '{ada}', false, true, NULL, NULL)": "gone",
            f"SELECT tgtui_cancel('{garden.bobs}', '{ada}', false)": "gone",
            f"SELECT tgtui_cancel_chain('{garden.bobs}', '{ada}', false)": None,
        }
        for call, outcome in calls.items():
            assert garden.team.read("ada", call) == [outcome]
        assert garden.status(garden.bobs) == "pending"

    def test_who_follows_ends_nothing_of_the_chain(self, garden: Garden) -> None:
        ada = garden.account("ada")
        garden.ask("ada", "of-bob")
        ended = f"SELECT tgtui_cancel_chain('{garden.bobs}', '{ada}', false)"
        assert garden.team.read("ada", ended) == [None]
        ended = f"SELECT tgtui_cancel('{garden.bobs_dependency}', '{ada}', false)"
        assert garden.team.read("ada", ended) == ["gone"]
        assert garden.status(garden.bobs_dependency) == "pending"

    def test_forces_nothing(self, garden: Garden) -> None:
        ada = garden.account("ada")
        refused(
            garden,
            "ada",
            f"SELECT tgtui_ask('npm', 'x', '{ada}', true, 10, NULL, NULL)",
        )
        garden.set(garden.adas, status="failed")
        refused(
            garden,
            "ada",
            f"SELECT tgtui_retry('{garden.adas}', '{ada}', false, true, NULL, NULL)",
        )

    def test_does_not_jump_the_queue_by_asking(self, garden: Garden) -> None:
        request = garden.ask("ada", "urgent", priority=-100)
        assert garden.team.read(
            "owner", f"SELECT priority FROM package_requests WHERE id = '{request}'"
        ) == [10]

    @pytest.mark.parametrize("per_hour", ["NULL", "1000000"])
    def test_raises_no_limit_of_its_own(self, garden: Garden, per_hour: str) -> None:
        ask = "SELECT outcome FROM tgtui_ask('npm', '{name}', '{ada}', false, 10, {per_hour}, NULL)"
        outcomes = [
            garden.team.read(
                "ada", ask.format(name=f"p{n}", ada=garden.account("ada"), per_hour=per_hour)
            )[0]
            for n in range(LIMITS.requests_per_hour)
        ]
        assert outcomes == ["new", "new", "limited"]  # it had asked for one before
        wanted = (
            f"SELECT outcome FROM tgtui_want_version('{garden.version}', '{garden.account('ada')}')"
        )
        assert garden.team.read("ada", wanted) == ["limited"]

    def test_does_not_ask_again_for_what_a_registry_refused(self, garden: Garden) -> None:
        refused = {"status": "failed", "error_code": "not_found", "attempt_count": 1}
        garden.set(garden.bobs, **refused, updated_at=clock.now())
        ask = f"SELECT outcome FROM tgtui_ask('npm', 'of-bob', '{garden.account('ada')}', false, 10, NULL, '0')"
        assert garden.team.read("ada", ask) == ["remembered"]

    @pytest.mark.parametrize("name", ["", "a b", "a\nb", "a" * 301])
    def test_asks_for_no_name_that_is_none(self, garden: Garden, name: str) -> None:
        quoted = name.replace("\n", "' || chr(10) || '")
        with pytest.raises(errors.InvalidParameterValue):
            garden.team.run(
                "ada",
                f"SELECT tgtui_ask('npm', '{quoted}', '{garden.account('ada')}', false, 10, NULL, NULL)",
            )
        with pytest.raises(errors.CheckViolation):
            garden.ask("ada", "x", registry="pip")

    def test_makes_nothing_popular_by_days_that_were_not(self, garden: Garden) -> None:
        refused(
            garden,
            "ada",
            f"SELECT tgtui_record(ARRAY['{garden.package}'::uuid], ARRAY['{garden.account('ada')}'::uuid],"
            " ARRAY['view'], ARRAY[current_date - 7])",
        )


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

    def test_ends_no_request_of_a_package_that_is_there(self, garden: Garden) -> None:
        ended = "UPDATE package_requests SET status = 'failed', error_code = 'removed_by_admin'"
        refused(garden, "cleo", ended, "UPDATE package_requests SET status = 'cancelled'")

    def test_sees_no_saved_searches_of_others(self, garden: Garden) -> None:
        assert garden.team.read("cleo", "SELECT * FROM saved_searches") == []


class TestAWorker:
    def test_asks_for_nothing_and_is_nobody(self, garden: Garden) -> None:
        refused(
            garden,
            "wren",
            f"SELECT tgtui_ask('npm', 'x', '{garden.account('ada')}', false, 10, NULL, NULL)",
            "SELECT tgtui_sign_in('postgresql', session_user, 'Wren')",
            "INSERT INTO account SELECT * FROM account",
            "UPDATE account SET display_name = 'x'",
            "SELECT * FROM saved_searches",
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
        for table in ("package_requests", "package_request_watchers", "account"):
            assert garden.team.read("guest", f"SELECT * FROM {table}") == []
        refused(
            garden,
            "guest",
            "SELECT * FROM package_interactions",
            "SELECT * FROM saved_searches",
            "SELECT tgtui_ask('npm', 'x', NULL, false, 10, NULL, NULL)",
            "SELECT tgtui_bring_to_front('npm', 'of-bob')",
            "SELECT tgtui_active_packages()",
            "SELECT tgtui_me()",
        )


def test_a_login_without_a_role_reads_nothing(garden: Garden) -> None:
    for table in (*TABLES_OF_THE_CATALOGUE, QUEUE, "account", "tags", "alembic_version"):
        refused(garden, "stranger", f"SELECT * FROM {table}")
    refused(garden, "stranger", "SELECT tgtui_me()")


@pytest.mark.parametrize("login", PEOPLE)
class TestNobody:
    def test_becomes_somebody_else(self, garden: Garden, login: str) -> None:
        name = garden.team.name
        others = [name(other) for other in LOGINS if other != login]
        refused(garden, login, *(f"SET ROLE {other}" for other in others))
        refused(garden, login, *(f"SET SESSION AUTHORIZATION {other}" for other in others))
        refused(
            garden,
            login,
            f"GRANT tgtui_admin TO {name('bob')}",
            f"ALTER ROLE {name(login)} CREATEROLE",
            f"ALTER ROLE {name('bob')} PASSWORD 'x'",
            f"ALTER ROLE {name('owner')} RENAME TO mine",
            "SET session_preload_libraries = 'x'",
        )

    def test_is_another_account_by_the_role_it_sets(self, garden: Garden, login: str) -> None:
        group = LOGINS[login]
        mine = garden.account(login)
        with garden.team.connect(login) as connection:
            connection.execute(f"SET ROLE {group}")
            if mine is not None:
                assert connection.execute("SELECT tgtui_me()").fetchone() == (mine,)
            rows = connection.execute("SELECT id FROM account").fetchall()
        assert rows == [] or login == "cleo" or rows == [(mine,)]

    def test_takes_the_guard_away(self, garden: Garden, login: str) -> None:
        refused(
            garden,
            login,
            "ALTER TABLE package_requests DISABLE ROW LEVEL SECURITY",
            "DROP POLICY tgtui_member_select ON package_requests",
            "CREATE POLICY mine ON package_requests USING (true)",
            "ALTER TABLE package_requests OWNER TO CURRENT_USER",
            "DROP TABLE package_requests",
            "DROP FUNCTION tgtui_me()",
            "CREATE OR REPLACE FUNCTION tgtui_me() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
            "CREATE FUNCTION public.pg_has_role(name, oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "ALTER FUNCTION tgtui_me() SECURITY INVOKER",
            "CREATE TABLE public.account (id uuid)",
            "CREATE TRIGGER mine BEFORE INSERT ON account EXECUTE FUNCTION packages_search()",
            "SET row_security = off; SELECT count(*) FROM package_requests"
            if login not in {"cleo", "wren"}
            else "SET session_replication_role = replica",
            "SET session_replication_role = replica",
            "UPDATE alembic_version SET version_num = '0001'",
        )

    def test_puts_tables_or_functions_of_its_own_before_ours(
        self, garden: Garden, login: str
    ) -> None:
        if garden.account(login) is None:
            refused(garden, login, "CREATE SCHEMA mine")
            return
        with garden.team.connect(login) as connection:
            connection.execute("CREATE TEMP TABLE account (id uuid, issuer text, subject text)")
            connection.execute("CREATE TEMP TABLE package_requests (LIKE public.package_requests)")
            connection.execute(
                f"INSERT INTO account VALUES ('{garden.account('bob')}', 'postgresql', session_user)"
            )
            connection.execute(
                "CREATE FUNCTION pg_temp.tgtui_is_restricted() RETURNS boolean LANGUAGE sql AS 'SELECT false'"
            )
            connection.execute(
                "CREATE FUNCTION pg_temp.tgtui_me() RETURNS uuid LANGUAGE sql AS"
                f" $$ SELECT '{garden.account('bob')}'::uuid $$"
            )
            connection.execute("SET search_path = pg_temp, public")
            assert connection.execute("SELECT public.tgtui_me()").fetchone() == (
                garden.account(login),
            )
            with pytest.raises(REFUSED):
                connection.execute(
                    f"SELECT public.tgtui_ask('npm', 'x', '{garden.account('bob')}', true, 0, NULL, NULL)"
                )
            rows = connection.execute("SELECT id FROM public.package_requests").fetchall()
        seen = {id for (id,) in rows}
        assert garden.bobs in seen or login == "ada"
        assert garden.adas in seen
