"""A login while programs run: renewed in time, by one of several, with the roles of now; and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.identity.conftest import NewSession
from tests.support.hostile_provider import HostileProvider, refusal
from tests.support.http_thread import Reply
from tests.support.logins import HandClock, MemoryKeyring
from tests.support.openid_provider import LIFETIME_S, Site, User
from tgtui.identity.oidc.errors import LoginOver
from tgtui.identity.oidc.session import LoginSession

PATIENCE_S = 20


@pytest.fixture
def site(hand: HandClock) -> Iterator[Site]:
    """On the clock that the test moves."""
    with Site(hand.seconds) as site:
        yield site


@pytest.fixture
def ada() -> User:
    return User("ada", {"name": "Ada", "roles": ["admins"]})


@pytest.fixture
async def session(site: Site, ada: User, hand: HandClock, new_session: NewSession) -> LoginSession:
    """Ada's, under way."""
    session = new_session(site.issuer, time=hand)
    await log_in(session, site, ada, hand)
    session.start()
    return session


async def log_in(session: LoginSession, site: Site, user: User, hand: HandClock) -> None:
    code = await session.new_code()
    site.enter(code.user_code, user)
    waiting = asyncio.create_task(session.complete(code))
    await until(waiting.done, hand, moves=1)
    await waiting


async def until(holds: Callable[[], bool], hand: HandClock, *, moves: float = 0.0) -> None:
    """Give the session its turns until this holds; whenever it waits for the clock, that moves by so many seconds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            if hand.is_waited_for:
                hand.move(seconds=moves)
            await asyncio.sleep(0.001)


def renewals(site: Site) -> int:
    return sum(form.get("grant_type") == "refresh_token" for form in site.asked("/token"))


async def test_it_is_renewed_before_it_runs_out_and_nobody_notices(
    session: LoginSession, site: Site, hand: HandClock
) -> None:
    told: list[None] = []
    session.subscribe(lambda: told.append(None))
    begun = hand.now()
    await until(lambda: renewals(site) == 1, hand, moves=5)
    assert (hand.now() - begun).total_seconds() < LIFETIME_S
    await until(lambda: hand.is_waited_for, hand)
    hand.move(seconds=LIFETIME_S * 0.5)  # past the end of the first one
    assert session.person.identity is not None
    assert not told


async def test_other_roles_at_the_provider_arrive_with_the_renewal(
    session: LoginSession, site: Site, ada: User, hand: HandClock
) -> None:
    told: list[frozenset[str]] = []
    session.subscribe(lambda: told.append(session.person.roles))
    ada.claims["roles"] = []
    await until(lambda: bool(told), hand, moves=5)
    assert told == [frozenset({"anonymous", "authenticated"})]


async def test_each_refresh_token_is_used_once_and_the_new_one_is_kept(
    session: LoginSession, site: Site, system_keyring: MemoryKeyring
) -> None:
    for _ in range(3):
        await session.renew()
    sent = [f["refresh_token"] for f in site.asked("/token") if "refresh_token" in f]
    assert len(set(sent)) == 3
    (kept,) = system_keyring.entries.values()
    assert site.tokens[-1].refresh_token in kept


async def test_what_one_program_renewed_the_other_takes_up(
    session: LoginSession, site: Site, hand: HandClock, new_session: NewSession
) -> None:
    other = new_session(site.issuer, time=hand)
    await other.restore()
    hand.move(seconds=LIFETIME_S * 0.9)
    await session.renew()
    await other.renew()
    assert renewals(site) == 1
    assert session.login == other.login


async def test_who_logs_out_in_one_program_is_logged_out_in_the_other(
    session: LoginSession, site: Site, hand: HandClock, new_session: NewSession
) -> None:
    other = new_session(site.issuer, time=hand)
    await other.restore()
    await other.log_out()
    await until(lambda: session.person.identity is None, hand, moves=30)
    assert "Another program" in session.notice
    assert renewals(site) == 0


async def test_a_login_that_the_provider_ended_takes_the_roles_away_at_once(
    session: LoginSession, site: Site, hand: HandClock, system_keyring: MemoryKeyring
) -> None:
    told: list[None] = []
    session.subscribe(lambda: told.append(None))
    site.tokens[-1].is_revoked = True
    await until(lambda: bool(told), hand, moves=5)
    assert session.person.identity is None
    assert "log in again" in session.notice
    assert not system_keyring.entries


async def test_while_the_provider_is_away_the_roles_last_until_they_run_out_and_come_back_with_it(
    session: LoginSession, site: Site, hand: HandClock
) -> None:
    told: list[bool] = []
    session.subscribe(lambda: told.append(session.person.identity is not None))
    site.is_down = True
    await until(lambda: len(site.asked("/token")) >= 2, hand, moves=1)  # the login, and a try
    assert session.person.identity is not None
    await until(lambda: told == [False], hand, moves=5)
    assert "keeps trying" in session.notice
    site.is_down = False
    await until(lambda: told == [False, True], hand, moves=5)
    assert session.notice == ""


async def test_without_a_refresh_token_it_runs_out_and_says_so(
    hostile: HostileProvider, hand: HandClock, new_session: NewSession
) -> None:
    hostile.now = hand.seconds
    hostile.token_body = {"refresh_token": None}
    session = new_session(hostile.issuer, time=hand)
    waiting = asyncio.create_task(session.complete(await session.new_code()))
    await until(waiting.done, hand, moves=1)
    session.start()
    await until(lambda: session.person.identity is None, hand, moves=20)
    await until(lambda: "expired" in session.notice, hand)
    assert session.login is None


async def test_an_hour_is_the_longest_between_two_looks_at_the_roles(
    hostile: HostileProvider, hand: HandClock, new_session: NewSession
) -> None:
    hostile.now = hand.seconds
    hostile.token_body = {"expires_in": 10**9}
    session = new_session(hostile.issuer, time=hand)
    waiting = asyncio.create_task(session.complete(await session.new_code()))
    await until(waiting.done, hand, moves=1)
    session.start()
    begun = hand.now()
    await until(lambda: hostile.asked("/token") == 2, hand, moves=20)
    assert timedelta(minutes=59) < hand.now() - begun < timedelta(minutes=62)


async def test_a_renewal_without_an_id_token_leaves_the_roles_as_they_were(
    session: LoginSession, site: Site
) -> None:
    site.sends_id_token_on_refresh = False
    before = session.person
    await session.renew()
    assert session.person == before
    assert renewals(site) == 1


async def test_a_renewal_that_answers_with_somebody_else_changes_nothing(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    session = new_session(hostile.issuer)
    before = await session.complete(await session.new_code())
    hostile.claims = {"sub": "the-boss"}
    with pytest.raises(Exception, match="another person"):
        await session.renew()
    assert session.person == before


async def test_a_rotated_key_is_read_when_it_is_needed(session: LoginSession, site: Site) -> None:
    site.rotate_key()
    await session.renew()
    assert len(site.asked("/keys")) == 2


async def test_a_new_token_is_kept_though_the_program_ends_meanwhile(
    session: LoginSession, site: Site, hand: HandClock, system_keyring: MemoryKeyring
) -> None:
    renewing = asyncio.create_task(session.renew())
    await until(lambda: renewals(site) == 1, hand)
    renewing.cancel()
    await session.close()
    (kept,) = system_keyring.entries.values()
    assert site.tokens[-1].refresh_token in kept


async def test_an_error_code_the_provider_makes_up_ends_the_login_in_a_clean_sentence(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    session = new_session(hostile.issuer)
    await session.complete(await session.new_code())
    hostile.polls.append(refusal("\x1b[2Jinvalid", error_description="the-refresh-token"))
    with pytest.raises(LoginOver) as caught:
        await session.renew()
    assert str(caught.value).isprintable()
    assert "the-refresh-token" not in str(caught.value)


async def test_a_busy_provider_does_not_end_the_login(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    session = new_session(hostile.issuer)
    before = await session.complete(await session.new_code())
    for reply in (refusal("temporarily_unavailable"), Reply(503), Reply(429)):
        hostile.polls.append(reply)
        with pytest.raises(Exception, match=r"busy|answered"):
            await session.renew()
    assert session.person == before


async def test_a_login_in_another_program_arrives_in_this_one(
    site: Site, ada: User, hand: HandClock, new_session: NewSession
) -> None:
    here, there = new_session(site.issuer, time=hand), new_session(site.issuer, time=hand)
    await here.restore()
    here.start()
    await log_in(there, site, ada, hand)
    await until(lambda: here.person == there.person, hand, moves=5)
    await there.log_out()
    await until(lambda: here.person.identity is None, hand, moves=5)
    assert "Another program" in here.notice


async def test_who_logs_out_while_it_is_renewed_stays_logged_out(
    session: LoginSession, site: Site, system_keyring: MemoryKeyring
) -> None:
    renewing = asyncio.create_task(session.renew())
    await asyncio.sleep(0)
    await session.log_out()
    await asyncio.wait([renewing])
    assert session.login is None
    assert not system_keyring.entries
    assert all(token.is_revoked for token in site.tokens)


async def test_a_life_of_nothing_is_no_storm_of_renewals(
    session: LoginSession, site: Site, hand: HandClock
) -> None:
    site.lifetime = 1
    await session.renew()
    begun = hand.now()
    await until(lambda: renewals(site) == 4, hand, moves=0.5)
    assert (hand.now() - begun).total_seconds() >= 3 * 5


async def test_a_provider_that_stays_away_is_asked_less_and_less_often(
    session: LoginSession, site: Site, hand: HandClock
) -> None:
    site.is_down = True
    moments: list[float] = []

    def tried(times: int) -> bool:
        if len(site.asked("/token")) > 1 + len(moments):
            moments.append(hand.seconds())
        return len(moments) == times

    await until(lambda: tried(4), hand, moves=1)
    first, second, third = (b - a for a, b in pairwise(moments))
    assert first < second < third
