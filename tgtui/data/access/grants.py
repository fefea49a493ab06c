"""The SQL that makes PostgreSQL restrict each login to its role, and whether a login may run it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct
from sqlalchemy import Connection, text

from tgtui.data.access.guarded import (
    CALLED_BY,
    HARMFUL,
    INHERITS,
    INTERNAL,
    LOCKS_OF,
    TABLES,
    TRIGGERED,
)
from tgtui.data.access.logins import GROUP_OF

GROUPS = tuple(GROUP_OF.values())
ALL_GROUPS = ", ".join(GROUPS)
AS_SUPERUSER = (
    "Only a superuser can do that, once:"
    " tgtui db grants | psql -X -v ON_ERROR_STOP=1 -U postgres -d DATABASE (docs/team.md)."
)
SERVER_ROLES = ("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files")
"""Roles of PostgreSQL whose members reach the server's files and programs."""
OWN_NAMES_ONLY = "SET LOCAL search_path = pg_catalog, pg_temp"
"""A superuser runs the statements in a database whose owner could put functions and operators beside PostgreSQL's."""


class PeopleLimits(Struct, frozen=True):
    """Limits of every restricted login, whatever its program's settings say."""

    requests_per_hour: int
    cooldown_minutes: int


class Standing(Struct, frozen=True):
    """The state of a database before grants, as the connected login sees it."""

    schema: str
    """Quoted if needed."""
    owner: str
    """The owner of the tables, quoted if needed."""
    login: str
    is_owner: bool
    is_owner_superuser: bool
    creators: tuple[str, ...]
    """Who else may create something in the schema, where functions with the owner's rights look names up: roles, or
    PUBLIC."""
    is_guarded: bool
    is_harm_open: bool
    """Every login may call functions that only a superuser can close: large objects, advisory locks."""
    missing_groups: tuple[str, ...]
    missing_memberships: tuple[tuple[str, str], ...]
    """(member, group)"""
    may_make_groups: bool
    may_join_groups: bool
    strangers: tuple[str, ...]
    """Roles with rights to the tables outside the groups."""
    powers: tuple[tuple[str, str], ...]
    """(role, power) of the owner, the groups and their members, by which they reach the server beyond this database:
    CREATEROLE before PostgreSQL 16, or a role of PostgreSQL's own for its files and programs."""
    members: dict[str, tuple[str, ...]]
    """Logins by the group they belong to, directly or through another; without superusers."""

    @property
    def obstacles(self) -> list[str]:
        """Why the login can't apply the grants; sentences with a remedy."""
        found = []
        if not self.is_owner:
            found.append(
                f"Only the owner of the tables, {self.owner}, or a superuser can apply this;"
                f" you are {self.login}."
            )
        if (self.missing_groups and not self.may_make_groups) or (
            self.missing_memberships and not self.may_join_groups
        ):
            found.append(f"The group roles are not there yet. {AS_SUPERUSER}")
        return found


def standing(connection: Connection) -> Standing:
    """Read it from a database at this program's schema."""
    guarded = connection.scalar(_GUARDED)
    given = {
        "guarded": guarded,
        "groups": list(GROUPS),
        "harmful": HARMFUL,
        "tables": list(TABLES),
        "server_roles": list(SERVER_ROLES),
    }
    with _own_names_only(connection):
        row = connection.execute(_STANDING, given).one()
        joined = {(member, group) for member, group in connection.execute(_MEMBERSHIPS)}
        return Standing(
            schema=row.schema,
            owner=row.owner,
            login=row.login,
            is_owner=row.is_owner,
            is_owner_superuser=row.is_owner_superuser,
            creators=tuple(connection.scalars(_CREATORS, given)),
            is_guarded=row.is_guarded,
            is_harm_open=row.is_harm_open,
            missing_groups=tuple(group for group in GROUPS if group not in row.groups),
            missing_memberships=tuple(each for each in INHERITS.items() if each not in joined),
            may_make_groups=row.may_make_groups,
            may_join_groups=row.may_join_groups,
            strangers=tuple(connection.scalars(_STRANGERS, given)),
            powers=tuple((role, power) for role, power in connection.execute(_POWERS, given)),
            members=_members(connection),
        )


def statements(found: Standing, limits: PeopleLimits) -> Iterator[str]:
    """All statements, for one transaction, with comments where needed; applied again they change nothing."""
    yield OWN_NAMES_ONLY
    yield from _groups()
    yield _schema(found)
    yield _database()
    yield _harmful(found.owner)
    # Policies name tables and functions of the schema; nothing of it is called any more.
    yield f"SET LOCAL search_path = pg_catalog, {found.schema}, pg_temp"
    for table in TABLES:
        yield from _table(f"{found.schema}.{table}", table)
    yield from _functions(found, limits)
    yield (
        "-- Functions of later schemas belong to no one until they are granted.\n"
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {found.owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"
    )


def apply(connection: Connection, found: Standing, limits: PeopleLimits) -> None:
    """Run them in the caller's transaction, so that the tables are guarded at every moment."""
    with _own_names_only(connection):
        for statement in statements(found, limits):
            connection.exec_driver_sql(statement.replace("%", "%%"))


def applied_limits(connection: Connection) -> PeopleLimits | None:
    """The limits of restricted logins now; None if grants were never applied."""
    row = connection.execute(_LIMITS).one()
    return PeopleLimits(row.per_hour, row.minutes) if row.per_hour is not None else None


@contextmanager
def _own_names_only(connection: Connection) -> Iterator[None]:
    """What is called meanwhile is PostgreSQL's own; afterwards names are found as before."""
    former = connection.scalar(_SEARCH_PATH)
    connection.exec_driver_sql(OWN_NAMES_ONLY)
    yield
    connection.execute(_SET_SEARCH_PATH, {"path": former})


def _do(body: str) -> str:
    """A block; no name in it can end it."""
    tag = "$tgtui$"
    while tag in body:
        tag = f"{tag[:-1]}_$"
    return f"DO {tag} BEGIN {body} END {tag}"


def _groups() -> Iterator[str]:
    for group in GROUPS:
        yield _do(
            f"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{group}') THEN"
            f" CREATE ROLE {group} NOLOGIN; END IF;"
        )
    for member, group in INHERITS.items():
        yield _do(
            f"IF NOT pg_has_role('{member}', '{group}', 'USAGE') THEN"
            f" GRANT {group} TO {member}; END IF;"
        )


def _schema(found: Standing) -> str:
    """Before PostgreSQL 15 the schema `public` belongs to a superuser, and anyone can create something in it."""
    owner_of_schema = (
        "(SELECT nspowner FROM pg_namespace"  # noqa: S608 - ours
        f" WHERE oid = {_literal(found.schema)}::regnamespace)"
    )
    return (
        "-- Who can create something in the schema can slip it under the functions with the owner's rights.\n"
        + _do(
            f"IF pg_has_role(current_user, {owner_of_schema}, 'USAGE') THEN"
            f" IF NOT pg_has_role({_literal(found.owner)}::regrole, {owner_of_schema}, 'USAGE') THEN"
            f" GRANT ALL ON SCHEMA {found.schema} TO {found.owner}; END IF;"
            f" REVOKE CREATE ON SCHEMA {found.schema} FROM PUBLIC;"
            f" GRANT USAGE ON SCHEMA {found.schema} TO {GROUP_OF['anonymous']}; END IF;"
        )
    )


def _database() -> str:
    return _do(
        "IF pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE')"
        " THEN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END IF;"
    )


def _table(qualified: str, table: str) -> Iterator[str]:
    guarded = TABLES[table]
    yield f"REVOKE ALL ON {qualified} FROM PUBLIC, {ALL_GROUPS}"
    for group, rights in guarded.rights.items():
        yield f"GRANT {rights} ON {qualified} TO {group}"
    if not guarded.policies:
        return
    yield f"ALTER TABLE {qualified} ENABLE ROW LEVEL SECURITY"
    for policy in guarded.policies:
        name = f"{policy.group}_{policy.command.lower()}"
        check = f" WITH CHECK ({policy.check})" if policy.check is not None else ""
        yield f"DROP POLICY IF EXISTS {name} ON {qualified}"
        yield (
            f"CREATE POLICY {name} ON {qualified} FOR {policy.command} TO {policy.group}"
            f" USING ({policy.using}){check}"
        )


def _functions(found: Standing, limits: PeopleLimits) -> Iterator[str]:
    schema = found.schema
    yield (
        f"CREATE OR REPLACE FUNCTION {schema}.tgtui_limits(OUT per_hour integer, OUT cooldown interval)"
        f" LANGUAGE sql STABLE AS $$ SELECT {limits.requests_per_hour},"
        f" interval '{limits.cooldown_minutes} minutes' $$"
    )
    # Names are looked up where the tables are, never first in objects that a login created.
    path = f"SET search_path = pg_catalog, {schema}, pg_temp"
    for name in (*CALLED_BY, *TRIGGERED, *INTERNAL, "tgtui_limits"):
        rights = "DEFINER" if name in CALLED_BY or name in TRIGGERED else "INVOKER"
        yield f"ALTER FUNCTION {schema}.{name} SECURITY {rights} {path}"
        # Never a superuser's, who migrated or applies this.
        yield f"ALTER FUNCTION {schema}.{name} OWNER TO {found.owner}"
        yield f"REVOKE ALL ON FUNCTION {schema}.{name} FROM PUBLIC, {ALL_GROUPS}"
    for name, group in CALLED_BY.items():
        yield f"GRANT EXECUTE ON FUNCTION {schema}.{name} TO {group}"


def _harmful(owner: str) -> str:
    """Close PostgreSQL's own functions that harm others, except to those who need them; only a superuser can."""
    granted = " ".join(
        f"GRANT EXECUTE ON FUNCTION pg_catalog.{', pg_catalog.'.join(functions)} TO {group}, {owner};"
        for group, functions in LOCKS_OF.items()
    )
    return (
        "-- Large objects, which any login could fill the disk with, and advisory locks, which workers wait for.\n"  # noqa: S608 - ours
        + _do(
            "DECLARE harmful text; BEGIN"  # noqa: S608 - ours
            " IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RETURN; END IF;"
            " FOR harmful IN SELECT oid::regprocedure::text FROM pg_proc"
            f" WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '{HARMFUL}' LOOP"
            " EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || harmful || ' FROM PUBLIC'; END LOOP;"
            f" {granted} END;"
        )
    )


def _literal(name: str) -> str:
    """A quoted name as a string for `::regrole` and the like."""
    text = name.replace("'", "''").replace("\\", "\\\\")
    return f"E'{text}'"


def _members(connection: Connection) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = dict.fromkeys(GROUPS, ())
    for group, login in connection.execute(_MEMBERS, {"groups": list(GROUPS)}):
        found[group] = (*found[group], login)
    return found


_GUARDED = text("SELECT pg_catalog.to_regclass('package_requests')::pg_catalog.oid")
_SEARCH_PATH = text("SELECT pg_catalog.current_setting('search_path')")
_SET_SEARCH_PATH = text("SELECT pg_catalog.set_config('search_path', :path, true)")
_STANDING = text(
    """
    SELECT quote_ident(namespace.nspname) AS schema,
           quote_ident(pg_get_userbyid(guarded.relowner)) AS owner,
           session_user::text AS login,
           pg_has_role(session_user, guarded.relowner, 'USAGE') AS is_owner,
           (SELECT rolsuper FROM pg_roles WHERE oid = guarded.relowner) AS is_owner_superuser,
           guarded.relrowsecurity AS is_guarded,
           EXISTS (SELECT FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS given
                   WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ :harmful
                     AND given.grantee = 0) AS is_harm_open,
           ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY (:groups)) AS groups,
           (SELECT rolsuper OR rolcreaterole FROM pg_roles
            WHERE rolname = session_user) AS may_make_groups,
           (SELECT bool_and(pg_has_role(session_user, oid, 'MEMBER WITH ADMIN OPTION'))
            FROM pg_roles WHERE rolname = ANY (:groups)) IS NOT FALSE AS may_join_groups
    FROM pg_class AS guarded JOIN pg_namespace AS namespace ON namespace.oid = guarded.relnamespace
    WHERE guarded.oid = :guarded
    """
)
_MEMBERSHIPS = text(
    """
    SELECT member.rolname, joined.rolname
    FROM pg_auth_members AS link
    JOIN pg_roles AS member ON member.oid = link.member
    JOIN pg_roles AS joined ON joined.oid = link.roleid
    """
)
_CREATORS = text(
    """
    SELECT DISTINCT coalesce(quote_ident(role.rolname), 'PUBLIC')
    FROM pg_class AS guarded
    JOIN pg_namespace AS namespace ON namespace.oid = guarded.relnamespace
    CROSS JOIN aclexplode(namespace.nspacl) AS given
    LEFT JOIN pg_roles AS role ON role.oid = given.grantee
    WHERE guarded.oid = :guarded AND given.privilege_type = 'CREATE'
      AND given.grantee NOT IN (guarded.relowner, namespace.nspowner)
    ORDER BY 1
    """
)
_STRANGERS = text(
    """
    SELECT DISTINCT quote_ident(coalesce(role.rolname, 'public'))
    FROM pg_class AS guarded
    CROSS JOIN aclexplode(guarded.relacl) AS given
    LEFT JOIN pg_roles AS role ON role.oid = given.grantee
    WHERE guarded.relname = ANY (:tables)
      AND guarded.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = :guarded)
      AND given.grantee <> guarded.relowner
      AND coalesce(role.rolname, 'public') <> ALL (:groups)
    ORDER BY 1
    """
)
_POWERS = text(
    """
    SELECT quote_ident(role.rolname), power
    FROM pg_class AS guarded
    CROSS JOIN pg_roles AS role
    CROSS JOIN LATERAL (
        SELECT 'CREATEROLE' AS power
        WHERE role.rolcreaterole AND current_setting('server_version_num')::integer < 160000
        UNION ALL
        SELECT reaching.rolname::text FROM pg_roles AS reaching
        WHERE reaching.rolname = ANY (:server_roles) AND pg_has_role(role.oid, reaching.oid, 'MEMBER')
    ) AS found
    WHERE guarded.oid = :guarded AND NOT role.rolsuper
      AND (role.oid = guarded.relowner
           OR EXISTS (SELECT FROM pg_roles AS joined WHERE joined.rolname = ANY (:groups)
                      AND pg_has_role(role.oid, joined.oid, 'MEMBER')))
    ORDER BY 1, 2
    """
)
_MEMBERS = text(
    """
    SELECT joined.rolname::text, login.rolname::text
    FROM pg_roles AS joined, pg_roles AS login
    WHERE joined.rolname = ANY (:groups) AND login.rolcanlogin AND NOT login.rolsuper
      AND pg_has_role(login.oid, joined.oid, 'USAGE')
    ORDER BY 1, 2
    """
)
_LIMITS = text(
    "SELECT per_hour, extract(epoch FROM cooldown)::integer / 60 AS minutes FROM tgtui_limits()"
)
