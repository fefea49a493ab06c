"""Everything in the schema has a decision of who may use it; what has none is nobody's."""

from __future__ import annotations

import pytest

from tests.support.team import GROUPS, Team
from tgtui.data.access.guarded import CALLED_BY, INTERNAL, TABLES, TRIGGERED
from tgtui.data.models import tables as models  # noqa: F401 - fill the metadata
from tgtui.data.models.base import METADATA

FUNCTIONS = (*CALLED_BY, *TRIGGERED, *INTERNAL, "tgtui_limits")
OURS = (
    "pronamespace = 'public'::regnamespace"
    " AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c')"
)
"""Not those that pg_trgm brings."""


def test_every_table_has_a_grant_decision() -> None:
    assert set(TABLES) == {*METADATA.tables, "alembic_version"}


def test_what_the_database_holds_is_what_was_decided(team: Team) -> None:
    tables = "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = 'public'::regnamespace"
    assert set(team.read("owner", tables)) == set(TABLES)
    ours = f"SELECT proname::text FROM pg_proc WHERE {OURS}"
    assert sorted(team.read("owner", ours)) == sorted(FUNCTIONS)


def test_functions_with_the_owners_rights_look_nowhere_else(team: Team) -> None:
    found = team.read(
        "owner", f"SELECT proname::text, prosecdef, proconfig FROM pg_proc WHERE {OURS}"
    )
    path = ["search_path=pg_catalog, public, pg_temp"]
    assert {name: config for name, _definer, config in found} == dict.fromkeys(FUNCTIONS, path)
    assert {name for name, is_definer, _config in found if is_definer} == {*CALLED_BY, *TRIGGERED}


def test_the_public_may_do_nothing(team: Team) -> None:
    given = (
        "SELECT relname::text FROM pg_class, aclexplode(relacl) WHERE grantee = 0"
        " AND relnamespace = 'public'::regnamespace"
    )
    assert team.read("owner", given) == []
    called = (
        f"SELECT proname::text FROM pg_proc WHERE {OURS}"
        " AND has_function_privilege('pg_monitor', oid, 'EXECUTE')"
    )
    assert team.read("owner", called) == []


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("right", ["TRUNCATE", "REFERENCES", "TRIGGER"])
def test_no_group_may_empty_a_table_or_hang_anything_on_it(
    team: Team, group: str, right: str
) -> None:
    for table in TABLES:
        allowed = f"SELECT has_table_privilege('{group}', '{table}', '{right}')"
        assert team.read("owner", allowed) == [False]


def test_what_later_schemas_add_is_nobodys(team: Team) -> None:
    with team.connect("owner") as owner:
        owner.execute("CREATE TABLE stars (id uuid)")
        owner.execute("CREATE FUNCTION shine() RETURNS void LANGUAGE sql AS ''")
    for group in GROUPS:
        rights = (
            f"SELECT has_table_privilege('{group}', 'stars', 'SELECT')"
            f" OR has_function_privilege('{group}', 'shine()', 'EXECUTE')"
        )
        assert team.read("owner", rights) == [False]
