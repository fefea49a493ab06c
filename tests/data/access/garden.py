"""A guarded catalogue with one of everything: what there is to be read, taken and forged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from psycopg import errors
from sqlalchemy import Connection, update

from tests.support import rows
from tests.support.team import LOGINS, Team
from tests.support.working import REQUESTS
from tgtui.basics import clock
from tgtui.data.access.guarded import ADMIN, MEMBER

REFUSED = errors.InsufficientPrivilege


@dataclass
class Garden:
    """Ada and Bob asked for a package each, which brought another."""

    team: Team
    accounts: dict[str, UUID]
    package: UUID
    version: UUID
    """Of the package; its dependencies are not stored."""
    tag: UUID
    requests: dict[str, UUID] = field(default_factory=dict)

    @property
    def adas(self) -> UUID:
        return self.requests["of-ada"]

    @property
    def adas_dependency(self) -> UUID:
        return self.requests["below-of-ada"]

    @property
    def bobs(self) -> UUID:
        return self.requests["of-bob"]

    @property
    def bobs_dependency(self) -> UUID:
        return self.requests["below-of-bob"]

    def account(self, login: str) -> UUID | None:
        """None for those who have none."""
        return self.accounts.get(login)

    def ask(
        self, login: str, name: str, *, registry: str = "npm", priority: int = 10
    ) -> UUID | None:
        """As the program does; the request, None where it was refused."""
        (request,) = self.team.read(
            login,
            f"SELECT request_id FROM tgtui_ask(ARRAY['{registry}'], ARRAY['{name}'], '{self.accounts[login]}',"
            f" false, {priority}, NULL, NULL)",
        )
        return request  # type: ignore[no-any-return]

    def wanting(self, login: str) -> str:
        """The call by which somebody opens the version."""
        return f"SELECT outcome FROM tgtui_want_version('{self.version}', '{self.accounts[login]}')"

    def status(self, request: UUID) -> str:
        """As it is stored."""
        (status,) = self.team.read(
            "owner", f"SELECT status FROM package_requests WHERE id = '{request}'"
        )
        return str(status)

    def share(self, name: str) -> UUID:
        """A pending request that the chains of both need."""
        database = self.team.open("owner")

        def add(connection: Connection) -> UUID:
            shared = rows.add_request(connection, name, chain=self.adas, is_auto_queued=True)
            rows.add_member(connection, self.bobs, shared)
            return shared

        try:
            return database.write_now(add)
        finally:
            database.close()

    def set(self, request: UUID, **values: Any) -> None:
        """As a worker would."""
        database = self.team.open("owner")
        statement = update(REQUESTS).where(REQUESTS.c.id == request).values(**values)
        try:
            database.write_now(lambda connection: connection.execute(statement))
        finally:
            database.close()


def refused(garden: Garden, login: str, *statements: str) -> None:
    """Each of them is, by the database."""
    for statement in statements:
        with pytest.raises(REFUSED):
            garden.team.run(login, statement)


def plant(team: Team) -> Garden:
    """Fill it, as its owner; everybody who may have an account has one."""
    accounts = {
        login: team.read(login, "SELECT tgtui_sign_in('postgresql', session_user, '')")[0]
        for login, group in LOGINS.items()
        if group in {MEMBER, ADMIN}
    }
    database = team.open("owner")
    try:
        return database.write_now(lambda connection: _plant(connection, team, accounts))
    finally:
        database.close()


def _plant(connection: Connection, team: Team, accounts: dict[str, UUID]) -> Garden:
    package = rows.add_package(connection, "thing")
    version = rows.add_version(connection, package, "1.0.0", dependencies_fetched_at=None)
    tag = rows.add_tag(connection, "shiny")
    rows.add_package_tag(connection, package, tag, accounts["cleo"])
    garden = Garden(team, accounts, package, version, tag)
    for login in ("ada", "bob"):
        name = f"of-{login}"
        root = rows.add_request(
            connection, name, requested_by=accounts[login], created_at=clock.now()
        )
        below = f"below-{name}"
        garden.requests[name] = root
        garden.requests[below] = rows.add_request(
            connection, below, is_auto_queued=True, chain=root, source_request_id=root
        )
    rows.follow(connection, garden.bobs, accounts["dora"])
    rows.add_interaction(connection, package, account_id=accounts["bob"])
    rows.add_saved_search(connection, accounts["bob"])
    return garden
