"""The roles of the login that a program connected with. SQLite has no logins: anyone who opens the file owns it."""

from __future__ import annotations

from sqlalchemy import Connection, text

from tgtui.data.views.logins import ROLES, Login, Role

GROUP_OF: dict[Role, str] = {
    "anonymous": "tgtui_anonymous",
    "authenticated": "tgtui_member",
    "admin": "tgtui_admin",
    "worker": "tgtui_worker",
}
"""PostgreSQL's group role for each role."""

_IMPLIED = {"admin": "authenticated", "authenticated": "anonymous", "worker": "anonymous"}
"""The role that each role includes, as the group roles are members of each other."""

_LOGIN = text(
    """
    SELECT session_user AS name,
           guarded.relrowsecurity AS is_guarded,
           pg_has_role(session_user, guarded.relowner, 'USAGE') AS is_owner,
           ARRAY(SELECT rolname::text FROM pg_roles
                 WHERE rolname = ANY (:groups) AND pg_has_role(session_user, oid, 'USAGE')) AS groups
    FROM pg_class AS guarded
    WHERE guarded.oid = to_regclass('package_requests')
    """
)


def with_implied(roles: frozenset[str]) -> frozenset[str]:
    """The roles with those they include: an admin is authenticated, and anyone is anonymous."""
    lesser = {_IMPLIED[role] for role in roles if role in _IMPLIED} - roles
    return with_implied(roles | lesser) if lesser else roles


def login_of(connection: Connection) -> Login:
    """The connected login; every role for the owner of the tables, and if `tgtui db grants` was never applied."""
    if connection.dialect.name == "sqlite":
        return Login(None, ROLES, is_restricted=False)
    row = connection.execute(_LOGIN, {"groups": list(GROUP_OF.values())}).one()
    if row.is_owner or not row.is_guarded:
        return Login(row.name, ROLES, is_restricted=False)
    roles = frozenset(role for role, group in GROUP_OF.items() if group in row.groups)
    return Login(row.name, roles, is_restricted=True)
