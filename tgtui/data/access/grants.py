"""The SQL that makes PostgreSQL restrict each login to its role, and whether a login may run it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Row, text

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


@dataclass(frozen=True, slots=True)
class PeopleLimits:
    """Limits of every restricted login, whatever its program's settings say."""

    requests_per_hour: int
    cooldown_minutes: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a database before grants, as the connected login sees it."""

    schema: str
    """The owner of the tables, quoted if needed."""
    owner: str
    login: str
    is_owner: bool
    is_owner_superuser: bool
    is_schema_owner: bool
    """Without it the schema's own grants are left as they are."""
    is_schema_open: bool
    """Anyone may create tables in it."""
    is_guarded: bool
    is_database_owner: bool
    """Without it the database's own grants are left as they are."""
    is_harm_open: bool
    """Every login may call functions that only a superuser can close: large objects, advisory locks."""
    missing_groups: tuple[str, ...]
    missing_memberships: tuple[tuple[str, str], ...]
    """(member, group)"""
    may_make_groups: bool
    may_join_groups: bool
    strangers: tuple[str, ...]
    """Roles with rights to the tables outside the groups."""
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
        if self.missing_groups and not self.may_make_groups:
            made = "; ".join(f"CREATE ROLE {group} NOLOGIN" for group in self.missing_groups)
            found.append(
                f"{self.login} may not create roles (CREATEROLE). A superuser must run: {made};"
            )
        if self.missing_memberships and not (self.may_join_groups or self.missing_groups):
            joined = "; ".join(
                f"GRANT {group} TO {role}" for role, group in self.missing_memberships
            )
            found.append(f"{self.login} may not grant these roles. A superuser must run: {joined};")
        return found


def standing(connection: Connection) -> Standing:
    """Read it from a database at this program's schema."""
    row = connection.execute(_STANDING, {"groups": list(GROUPS), "harmful": HARMFUL}).one()
    missing = tuple(group for group in GROUPS if group not in row.groups)
    joined = {(member, group) for member, group in connection.execute(_MEMBERSHIPS)}
    return Standing(
        schema=row.schema,
        owner=row.owner,
        login=row.login,
        is_owner=row.is_owner,
        is_owner_superuser=row.is_owner_superuser,
        is_schema_owner=row.is_schema_owner,
        is_schema_open=row.is_schema_open,
        is_guarded=row.is_guarded,
        is_database_owner=row.is_database_owner,
        is_harm_open=row.is_harm_open,
        missing_groups=missing,
        missing_memberships=tuple(each for each in INHERITS.items() if each not in joined),
        may_make_groups=row.may_make_groups,
        may_join_groups=row.may_join_groups,
        strangers=tuple(_strangers(connection, row)),
        members=_members(connection),
    )


def statements(found: Standing, limits: PeopleLimits) -> Iterator[str]:
    """All statements, with comments where needed; applied again they change nothing."""
    yield from _groups()
    if found.is_schema_owner:
        yield f"REVOKE CREATE ON SCHEMA {found.schema} FROM PUBLIC"
        yield f"GRANT USAGE ON SCHEMA {found.schema} TO {GROUP_OF['anonymous']}"
    for table in TABLES:
        yield from _table(f"{found.schema}.{table}", table)
    yield from _functions(found.schema, limits)
    if found.is_database_owner:
        yield (
            "DO $$ BEGIN EXECUTE 'REVOKE TEMPORARY ON DATABASE ' || quote_ident(current_database())"
            " || ' FROM PUBLIC'; END $$"
        )
    yield _harmful(found.owner)
    yield (
        "-- Functions of later schemas belong to no one until they are granted.\n"
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {found.owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"
    )


def apply(connection: Connection, found: Standing, limits: PeopleLimits) -> None:
    """Run them in the caller's transaction, so that the tables are guarded at every moment."""
    for statement in statements(found, limits):
        connection.exec_driver_sql(statement)


def applied_limits(connection: Connection) -> PeopleLimits | None:
    """The limits of restricted logins now; None if grants were never applied."""
    row = connection.execute(_LIMITS).one()
    return PeopleLimits(row.per_hour, row.minutes) if row.per_hour is not None else None


def _groups() -> Iterator[str]:
    for group in GROUPS:
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{group}') THEN"
            f" CREATE ROLE {group} NOLOGIN; END IF; END $$"
        )
    for member, group in INHERITS.items():
        yield (
            f"DO $$ BEGIN IF NOT pg_has_role('{member}', '{group}', 'USAGE') THEN"
            f" GRANT {group} TO {member}; END IF; END $$"
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


def _functions(schema: str, limits: PeopleLimits) -> Iterator[str]:
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
        "DO $$ DECLARE harmful text; BEGIN"
        " IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RETURN; END IF;"
        " FOR harmful IN SELECT oid::regprocedure::text FROM pg_proc"
        f" WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '{HARMFUL}' LOOP"
        " EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || harmful || ' FROM PUBLIC'; END LOOP;"
        f" {granted} END $$"
    )


def _strangers(connection: Connection, found: Row[*tuple[object, ...]]) -> Iterator[str]:
    rows = connection.execute(_STRANGERS, {"tables": list(TABLES), "groups": list(GROUPS)})
    yield from (name for (name,) in rows)


def _members(connection: Connection) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = dict.fromkeys(GROUPS, ())
    for group, login in connection.execute(_MEMBERS, {"groups": list(GROUPS)}):
        found[group] = (*found[group], login)
    return found


_STANDING = text(
    """
    SELECT quote_ident(namespace.nspname) AS schema,
           quote_ident(pg_get_userbyid(guarded.relowner)) AS owner,
           session_user AS login,
           pg_has_role(session_user, guarded.relowner, 'USAGE') AS is_owner,
           (SELECT rolsuper FROM pg_roles WHERE oid = guarded.relowner) AS is_owner_superuser,
           pg_has_role(session_user, namespace.nspowner, 'USAGE') AS is_schema_owner,
           EXISTS (SELECT FROM aclexplode(namespace.nspacl)
                   WHERE grantee = 0 AND privilege_type = 'CREATE') AS is_schema_open,
           guarded.relrowsecurity AS is_guarded,
           (SELECT pg_has_role(session_user, datdba, 'USAGE') FROM pg_database
            WHERE datname = current_database()) AS is_database_owner,
           EXISTS (SELECT FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS given
                   WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ :harmful
                     AND given.grantee = 0) AS is_harm_open,
           ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname = ANY (:groups)) AS groups,
           (SELECT rolsuper OR rolcreaterole FROM pg_roles
            WHERE rolname = session_user) AS may_make_groups,
           (SELECT bool_and(pg_has_role(session_user, oid, 'MEMBER WITH ADMIN OPTION'))
            FROM pg_roles WHERE rolname = ANY (:groups)) IS NOT FALSE AS may_join_groups
    FROM pg_class AS guarded JOIN pg_namespace AS namespace ON namespace.oid = guarded.relnamespace
    WHERE guarded.oid = to_regclass('package_requests')
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
_STRANGERS = text(
    """
    SELECT DISTINCT quote_ident(coalesce(role.rolname, 'public'))
    FROM pg_class AS guarded, aclexplode(guarded.relacl) AS given
    LEFT JOIN pg_roles AS role ON role.oid = given.grantee
    WHERE guarded.oid IN (SELECT to_regclass(name) FROM unnest(CAST(:tables AS text[])) AS name)
      AND given.grantee <> guarded.relowner
      AND coalesce(role.rolname, 'public') <> ALL (:groups)
    ORDER BY 1
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
