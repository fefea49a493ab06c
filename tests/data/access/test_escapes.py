"""What nobody with a role may do: become somebody else, take the guard away, slip something under the functions."""

from __future__ import annotations

import pytest

from tests.data.access.garden import REFUSED, Garden, refused
from tests.support.team import LOGINS
from tgtui.data.access.guarded import TRIGGERED

PEOPLE = ("guest", "ada", "cleo", "wren")
"""One of each role."""


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
        # Who all may be read by: an admin, and a worker, who stores the names of who takes part.
        assert rows == [] or login in ("cleo", "wren") or rows == [(mine,)]

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

    def test_runs_the_functions_of_triggers_on_a_table_of_its_own(
        self, garden: Garden, login: str
    ) -> None:
        garden.team.reopen()
        with garden.team.connect(login) as connection:
            connection.execute("CREATE TEMP TABLE packages (LIKE public.packages)")
            for function in TRIGGERED:
                with pytest.raises(REFUSED):
                    connection.execute(
                        "CREATE TRIGGER mine AFTER INSERT ON pg_temp.packages FOR EACH ROW"
                        f" EXECUTE FUNCTION public.{function}()"
                    )

    def test_puts_tables_or_functions_of_its_own_before_ours(
        self, garden: Garden, login: str
    ) -> None:
        if garden.account(login) is None:
            refused(garden, login, "CREATE SCHEMA mine")
            return
        garden.team.reopen()
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
                    f"SELECT public.tgtui_ask(ARRAY['npm'], ARRAY['x'], '{garden.account('bob')}', true, 0, NULL, NULL)"
                )
            rows = connection.execute("SELECT id FROM public.package_requests").fetchall()
        seen = {id for (id,) in rows}
        assert garden.bobs in seen or login == "ada"
        assert garden.adas in seen
