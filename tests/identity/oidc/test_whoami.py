"""Who somebody is told to be, and what becomes of a login next to what the database's own login may do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.identity.conftest import NewSession
from tests.support.logins import HandClock, JumpingClock, config_for
from tests.support.openid_provider import Site, User
from tests.support.team import Team
from tgtui.basics.errors import TgtuiError
from tgtui.basics.settings import OidcSettings, Settings
from tgtui.data.models.tables import accounts
from tgtui.identity.oidc.session import LoginSession
from tgtui.services.catalogue import Catalogue
from tgtui.services.login import who_am_i

PATIENCE_S = 20
ADA = User("ada-1815", {"name": "Ada", "roles": ["admins"]})


async def logged_in(session: LoginSession, site: Site) -> LoginSession:
    code = await session.new_code()
    site.enter(code.user_code, ADA)
    await session.complete(code)
    return session


@pytest.fixture
async def session(site: Site, new_session: NewSession) -> LoginSession:
    return await logged_in(new_session(site.issuer), site)


async def test_a_token_gives_no_more_than_the_databases_login_has(
    team: Team, session: LoginSession, tmp_path: Path
) -> None:
    """`ada` of the database is a member; the provider calls its Ada an admin."""
    settings = Settings(database_url=team.url("ada"), data_dir=str(tmp_path))
    catalogue = await Catalogue.open(settings, session=session)
    try:
        assert catalogue.principal.roles == {"anonymous", "authenticated"}
        who = who_am_i(catalogue.principal, session, is_sqlite=False)
        assert who.because[-1] == "the database's login does not allow admin"
        subject = select(accounts.c.subject).where(accounts.c.id == catalogue.principal.account_id)
        account = await catalogue.database.read(
            lambda connection: connection.execute(subject).scalar_one()
        )
        assert account == team.name("ada")  # and not the provider's
    finally:
        await catalogue.close()


async def test_where_a_login_would_give_nothing_none_is_proposed(
    team: Team, site: Site, new_session: NewSession, tmp_path: Path
) -> None:
    settings = Settings(database_url=team.url("guest"), data_dir=str(tmp_path))
    catalogue = await Catalogue.open(settings, session=new_session(site.issuer))
    try:
        assert catalogue.principal.hint == ""
    finally:
        await catalogue.close()


@pytest.mark.parametrize("is_service", [True, False])
async def test_a_service_is_the_databases_login_whoever_is_logged_in(
    database_url: str, session: LoginSession, tmp_path: Path, is_service: bool
) -> None:
    oidc = OidcSettings(issuer=session.config.issuer, client_id=session.config.client_id)
    settings = Settings(database_url=database_url, data_dir=str(tmp_path), oidc=oidc)
    catalogue = await Catalogue.open(settings, is_service=is_service)
    try:
        assert (catalogue.session is None) == is_service
        assert catalogue.principal.can("worker") == is_service
    finally:
        await catalogue.close()


@pytest.fixture
async def catalogue(
    database_url: str, site: Site, hand: HandClock, new_session: NewSession, tmp_path: Path
) -> AsyncIterator[Catalogue]:
    """Open, and nobody logged in yet; its session waits by the clock that a test moves."""
    settings = Settings(database_url=database_url, data_dir=str(tmp_path))
    opened = await Catalogue.open(settings, session=new_session(site.issuer, time=hand))
    yield opened
    await opened.close()


async def test_another_persons_login_takes_effect_without_a_restart(
    catalogue: Catalogue, site: Site, clock: JumpingClock, hand: HandClock, tmp_path: Path
) -> None:
    with pytest.raises(TgtuiError, match="tgtui login"):
        await catalogue.requesting.ask("npm:left-pad")
    hand.moment = clock.moment
    elsewhere = LoginSession(config_for(site.issuer), tmp_path, now=clock.now, wait=clock.wait)
    await logged_in(elsewhere, site)
    await elsewhere.close()
    assert catalogue.following is not None
    told: list[frozenset[str]] = []
    catalogue.following.people.add(lambda: told.append(catalogue.principal.roles))
    async with asyncio.timeout(PATIENCE_S):
        while not (told and "admin" in told[-1]):
            if hand.is_waited_for:
                hand.move(seconds=5)
            await asyncio.sleep(0.001)
    assert catalogue.principal.display_name == "Ada"
    assert (await catalogue.requesting.ask("npm:left-pad")).is_new
