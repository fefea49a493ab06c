"""Logins of PostgreSQL for tests, made once in a run: roles belong to the server, not to one database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import make_url

from tests.support.postgres import Databases

PASSWORD = "tgtui"
"""Of all of them; our own server trusts everybody who reaches its socket."""


class Logins:
    """Named for the run, so that a server somebody else uses too keeps theirs."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    def make(self, groups: Mapping[str, Sequence[str]], logins: Mapping[str, str]) -> None:
        """Group roles, each with those it is a member of, and logins with their group or ''; those that are missing."""
        run = self._databases
        with run.lock("logins"):
            for group, inherited in groups.items():
                if not run.has_role(group):
                    run.execute("CREATE ROLE {} NOLOGIN", group)
                    for other in inherited:
                        run.execute("GRANT {} TO {}", other, group)
            for login, group in logins.items():
                role = self.role(login)
                if not run.has_role(role):
                    run.execute(f"CREATE ROLE {{}} LOGIN PASSWORD '{PASSWORD}'", role)
                    if group:
                        run.execute("GRANT {} TO {}", group, role)

    def role(self, login: str) -> str:
        """As the server knows it."""
        return f"{self._databases.prefix}_{login}"

    def url(self, url: str, login: str) -> str:
        """The same database for that login."""
        address = make_url(url).set(username=self.role(login), password=PASSWORD)
        return address.render_as_string(hide_password=False)

    def give(self, url: str, login: str) -> None:
        """Make it the owner of the database at `url`."""
        database = str(make_url(url).database)
        self._databases.execute("ALTER DATABASE {} OWNER TO {}", database, self.role(login))
