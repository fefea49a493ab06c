"""What the provider gave is kept before it is verified: no failure afterwards costs a login."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import keyring
import pytest

from tests.identity.conftest import NewSession
from tests.support.hostile_provider import HostileProvider, Signer, refusal, said
from tests.support.http_thread import Reply
from tests.support.logins import HandClock, JumpingClock, LockedKeyring, MemoryKeyring
from tests.support.mass import mass
from tgtui.identity.oidc.errors import LoginError, LoginOver, TokenRefused
from tgtui.identity.oidc.session import CONFIRM_SECONDS, LoginSession

FAILURES = {
    "cut": Reply(drop=True),
    "overloaded": Reply(503),
    "too many": Reply(429, b"{}", {"Retry-After": "1"}),
    "gone": Reply(404),
    "forbidden": said({"error": "invalid_token"}, 401),
    "a page": Reply(200, b"<!doctype html>"),
    "a list": said([]),
    "nothing": Reply(200),
    "empty": said({}),
    "no keys": said({"keys": [], "sub": "the-boss"}),
    "moved": Reply(302, b"", {"Location": "https://elsewhere.invalid/"}),
    "half": Reply(200, b'{"keys": [], "access_token": "x"}' + b" " * 999, send_only=20),
    "half, as it seems whole": Reply(200, b'{"keys": [', has_length=False),
    "deep": Reply(200, b"[" * 100_000),
    "huge": Reply(200, b" " * 65_536, repeat=200),
}
ENDPOINTS = ("/keys", "/userinfo")
PATIENCE_S = 20


@pytest.fixture
def hostile(clock: JumpingClock) -> Iterator[HostileProvider]:
    """Its refresh tokens are good once, and its roles are in userinfo."""
    with HostileProvider(clock.seconds) as provider:
        provider.rotates = True
        provider.claims = {"roles": None}
        provider.configuration = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
        let_go(provider)
        yield provider


def let_go(provider: HostileProvider) -> None:
    """From now on everything is answered as it should be."""
    provider.answers = {"/userinfo": said({"sub": "mallory", "roles": ["admins"]})}


@cache
def second() -> Signer:
    """Making a key takes longer than a test."""
    return Signer(kid="two")


def new_key(provider: HostileProvider) -> None:
    """The keys must be read again."""
    rotated = second()
    provider.keys, provider.make_token = [rotated.jwk], rotated.sign


def texts(folder: Path, pattern: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in folder.glob(pattern)]


def place_of(session: LoginSession) -> str:
    """Asked anew each time, which mypy does not expect of a property."""
    return session.place


def kept(system_keyring: MemoryKeyring) -> str:
    return "".join(system_keyring.entries.values())


@pytest.mark.parametrize("endpoint", mass(ENDPOINTS[0], full=ENDPOINTS[1:]))
@pytest.mark.parametrize("failure", FAILURES)
async def test_a_renewal_that_can_not_be_verified_loses_nothing(
    hostile: HostileProvider,
    new_session: NewSession,
    system_keyring: MemoryKeyring,
    endpoint: str,
    failure: str,
) -> None:
    session = new_session(hostile.issuer)
    before = await session.complete(await session.new_code())
    new_key(hostile)
    hostile.answers[endpoint] = FAILURES[failure]
    with pytest.raises(LoginError):
        await session.renew()
    assert hostile.newest == "refresh-token-2"
    assert hostile.newest in kept(system_keyring)
    assert session.person == before
    let_go(hostile)
    await session.renew()
    assert session.person == before
    assert hostile.asked("/token") == 2  # the tokens that were kept, and no others
    assert "unverified" not in kept(system_keyring)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("failure", FAILURES)
async def test_a_new_login_waits_until_it_can_be_verified(
    hostile: HostileProvider,
    new_session: NewSession,
    clock: JumpingClock,
    endpoint: str,
    failure: str,
) -> None:
    session = new_session(hostile.issuer)
    code = await session.new_code()
    hostile.answers[endpoint] = FAILURES[failure]
    told: list[str] = []

    def hear(sentence: str) -> None:
        told.append(sentence)
        assert (session.person.roles == {"anonymous"}) == bool(sentence)
        if len(told) == 2:
            let_go(hostile)

    assert "admin" in (await session.complete(code, hear)).roles
    assert "gives you no rights until it can" in told[0]
    assert told[-1] == ""
    assert hostile.asked("/token") == 1


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_login_that_was_never_verified_is_verified_by_the_next_program(
    hostile: HostileProvider, new_session: NewSession, clock: JumpingClock, endpoint: str
) -> None:
    first = new_session(hostile.issuer)
    code = await first.new_code()
    let_answers, hostile.answers[endpoint] = dict(hostile.answers), Reply(503)
    begun = clock.now()
    with pytest.raises(LoginError, match=r"503.*The login is kept"):
        await first.complete(code)
    assert (clock.now() - begun).total_seconds() >= CONFIRM_SECONDS
    second = new_session(hostile.issuer)
    await second.restore()
    assert second.person.identity is None
    assert "kept, but can't be verified yet" in second.notice
    assert "keeps trying" in second.notice
    hostile.answers = let_answers
    await second.restore()
    assert "admin" in second.person.roles
    assert second.notice == ""


@pytest.mark.parametrize("has_refresh_token", [True, False])
async def test_a_program_that_dies_before_it_verifies_leaves_the_login_to_the_next(
    hostile: HostileProvider, new_session: NewSession, has_refresh_token: bool
) -> None:
    if not has_refresh_token:
        hostile.rotates, hostile.token_body = False, {"refresh_token": None}
    first = new_session(hostile.issuer)
    tokens = await first._client.redeem(await first.new_code())
    await first._take_up(tokens)
    second = new_session(hostile.issuer)
    await second.restore()
    assert "admin" in second.person.roles


async def test_a_program_that_dies_after_an_exchange_leaves_the_token_to_the_next(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    first = new_session(hostile.issuer)
    before = await first.complete(await first.new_code())
    assert first.login is not None
    await first._exchange(first.login)
    second = new_session(hostile.issuer)
    await second.restore()
    assert second.person == before
    await second.renew()
    assert hostile.newest == "refresh-token-3"


async def test_two_programs_in_turn_lose_nothing_while_userinfo_fails(
    hostile: HostileProvider, new_session: NewSession, clock: JumpingClock
) -> None:
    programs = [new_session(hostile.issuer) for _ in range(2)]
    before = await programs[0].complete(await programs[0].new_code())
    await programs[1].restore()
    hostile.answers["/userinfo"] = Reply(503)
    for _ in range(5):
        for each in programs:
            with pytest.raises(LoginError, match="503"):
                await each.renew()
        await clock.wait(400)
    assert not any(form.get("error") for _path, form in hostile.requests)
    let_go(hostile)
    for each in programs:
        await each.renew()
        assert each.person == before


async def test_two_programs_at_once_exchange_each_token_once(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    programs = [new_session(hostile.issuer) for _ in range(2)]
    await programs[0].complete(await programs[0].new_code())
    await programs[1].restore()
    hostile.answers["/userinfo"] = Reply(drop=True)
    await asyncio.gather(*(each.renew() for each in programs), return_exceptions=True)
    let_go(hostile)
    await asyncio.gather(*(each.renew() for each in programs))
    sent = [form["refresh_token"] for _path, form in hostile.requests if "refresh_token" in form]
    assert len(sent) == len(set(sent))
    assert all("admin" in each.person.roles for each in programs)


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_token_endpoint_that_fails_costs_nothing(
    hostile: HostileProvider, new_session: NewSession, failure: str
) -> None:
    session = new_session(hostile.issuer)
    code = await session.new_code()
    hostile.polls.append(FAILURES[failure] if failure != "forbidden" else Reply(403))
    before = await session.complete(code)
    hostile.polls.append(FAILURES[failure] if failure != "forbidden" else Reply(403))
    with pytest.raises(LoginError) as caught:
        await session.renew()
    assert not isinstance(caught.value, LoginOver)
    await session.renew()
    assert session.person == before


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_configuration_that_fails_at_a_renewal_costs_nothing(
    hostile: HostileProvider, new_session: NewSession, clock: JumpingClock, failure: str
) -> None:
    first = new_session(hostile.issuer)
    before = await first.complete(await first.new_code())
    second = new_session(hostile.issuer)
    hostile.answers["openid-configuration"] = FAILURES[failure]
    await clock.wait(270)
    await second.restore()
    assert second.person == before
    assert "can't be renewed yet" in second.notice
    let_go(hostile)
    await second.renew()
    assert second.person == before
    assert hostile.newest == "refresh-token-2"


async def test_who_closes_the_dialog_is_logged_in_as_soon_as_it_can_be_verified(
    hostile: HostileProvider, new_session: NewSession, hand: HandClock
) -> None:
    hostile.now = hand.seconds
    session = new_session(hostile.issuer, time=hand)
    session.start()
    hostile.answers["/keys"] = Reply(503)
    told: list[str] = []
    completing = asyncio.create_task(session.complete(await session.new_code(), told.append))
    async with asyncio.timeout(PATIENCE_S):
        while not told:
            hand.move(seconds=1)
            await asyncio.sleep(0.001)
        completing.cancel()
        let_go(hostile)
        while session.person.identity is None:
            hand.move(seconds=1)
            await asyncio.sleep(0.001)
    assert "admin" in session.person.roles
    assert hostile.newest == "refresh-token-1"


@pytest.mark.parametrize(
    "error",
    [
        *("temporarily_unavailable", "server_error", "slow_down", "authorization_pending"),
        *("invalid_client", "unauthorized_client", "invalid_request", "invalid_scope"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
async def test_what_is_wrong_with_the_provider_does_not_end_a_login(
    hostile: HostileProvider, new_session: NewSession, error: str, status: int
) -> None:
    session = new_session(hostile.issuer)
    before = await session.complete(await session.new_code())
    hostile.polls.append(refusal(error, status))
    with pytest.raises(LoginError) as caught:
        await session.renew()
    assert not isinstance(caught.value, LoginOver)
    await session.renew()
    assert session.person == before


async def test_while_the_roles_last_a_command_says_that_the_renewal_fails(
    hostile: HostileProvider, new_session: NewSession, clock: JumpingClock
) -> None:
    first = new_session(hostile.issuer)
    await first.complete(await first.new_code())
    await clock.wait(270)
    hostile.answers["/token"] = Reply(503)
    second = new_session(hostile.issuer)
    await second.restore()
    assert "admin" in second.person.roles
    assert "can't be renewed yet, and lasts until" in second.notice
    assert "answered 503" in second.notice


async def test_when_the_roles_end_meanwhile_the_notice_says_that(
    hostile: HostileProvider, new_session: NewSession, clock: JumpingClock
) -> None:
    session = new_session(hostile.issuer)
    await session.complete(await session.new_code())
    await clock.wait(290)
    hostile.answers["/token"] = Reply(503)
    await session._renew_if_due()
    assert "lasts until" in session.notice
    session._retry_at = clock.now() + timedelta(hours=1)
    await clock.wait(60)
    await session._renew_if_due()
    assert "has expired and can't be renewed yet" in session.notice
    assert "answered 503" in session.notice


async def test_tokens_too_old_to_be_verified_are_exchanged(
    hostile: HostileProvider, new_session: NewSession, clock: JumpingClock
) -> None:
    session = new_session(hostile.issuer)
    await session.complete(await session.new_code())
    hostile.answers["/userinfo"] = Reply(503)
    with pytest.raises(LoginError):
        await session.renew()
    await clock.wait(3_600)
    assert session.person.identity is None
    let_go(hostile)
    await session.renew()
    assert "admin" in session.person.roles
    assert hostile.newest == "refresh-token-3"


async def test_a_refused_token_leaves_the_refresh_token_of_its_answer(
    hostile: HostileProvider, new_session: NewSession, system_keyring: MemoryKeyring
) -> None:
    session = new_session(hostile.issuer)
    before = await session.complete(await session.new_code())
    right, hostile.make_token = hostile.make_token, lambda _claims: "no token"
    with pytest.raises(TokenRefused):
        await session.renew()
    assert hostile.newest in kept(system_keyring)
    assert "unverified" not in kept(system_keyring)
    hostile.make_token = right
    await session.renew()
    assert session.person == before


async def test_a_new_login_that_is_refused_leaves_the_one_before(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    session = new_session(hostile.issuer)
    before = await session.complete(await session.new_code())
    hostile.rotates, hostile.claims = False, {"sub": "eve", "nonce": "of another login"}
    with pytest.raises(TokenRefused, match="nonce"):
        await session.complete(await session.new_code())
    assert session.person == before
    other = new_session(hostile.issuer)
    await other.restore()
    assert other.person == before


async def test_a_new_login_as_somebody_else_replaces_the_one_before_when_it_is_verified(
    hostile: HostileProvider, new_session: NewSession, system_keyring: MemoryKeyring
) -> None:
    session = new_session(hostile.issuer)
    before = await session.complete(await session.new_code())
    hostile.rotates, hostile.claims = False, {"sub": "eve", "roles": None}
    hostile.answers["/userinfo"] = Reply(503)
    seen = []

    def hear(_sentence: str) -> None:
        seen.append(session.person)
        hostile.answers["/userinfo"] = said({"sub": "eve", "roles": []})

    after = await session.complete(await session.new_code(), hear)
    assert seen[0] == before
    assert after.identity is not None
    assert after.identity.subject == "eve"
    assert "admin" not in after.roles
    assert "mallory" not in kept(system_keyring)


async def test_logging_out_before_it_is_verified_revokes_what_was_given(
    hostile: HostileProvider, new_session: NewSession, system_keyring: MemoryKeyring
) -> None:
    hostile.configuration["revocation_endpoint"] = f"{hostile.issuer}/revoke"
    session = new_session(hostile.issuer)
    await session._take_up(await session._client.redeem(await session.new_code()))
    hostile.answers["/revoke"] = said({})
    assert await session.log_out() == []
    assert [form["token"] for path, form in hostile.requests if path == "/revoke"] == [
        hostile.newest
    ]
    assert not system_keyring.entries


class TestKeyringThatTakesNothing:
    """After the login: what it gives back is old."""

    @pytest.fixture
    async def session(self, hostile: HostileProvider, new_session: NewSession) -> LoginSession:
        session = new_session(hostile.issuer)
        await session.complete(await session.new_code())
        return session

    @pytest.fixture
    def locked(self, session: LoginSession, system_keyring: MemoryKeyring) -> MemoryKeyring:
        locked = LockedKeyring()
        locked.entries = system_keyring.entries
        keyring.set_keyring(locked)
        return locked

    async def test_the_program_goes_on_with_the_new_token_and_stores_it_later(
        self,
        session: LoginSession,
        hostile: HostileProvider,
        system_keyring: MemoryKeyring,
        locked: MemoryKeyring,
        tmp_path: Path,
    ) -> None:
        await session.renew()
        await session.renew()
        assert hostile.newest == "refresh-token-3"
        assert place_of(session) == "memory"
        assert "keeps trying to store it" in session.notice
        keyring.set_keyring(system_keyring)
        await session._save_again()
        assert hostile.newest in kept(system_keyring)
        assert place_of(session) == "keyring"
        assert session.notice == ""
        assert not texts(tmp_path, "*.spent")

    async def test_another_program_does_not_send_the_old_token(
        self,
        session: LoginSession,
        hostile: HostileProvider,
        system_keyring: MemoryKeyring,
        locked: MemoryKeyring,
        new_session: NewSession,
    ) -> None:
        other = new_session(hostile.issuer)
        await other.restore()
        await session.renew()
        with pytest.raises(LoginError, match="Another tgtui renewed the login"):
            await other.renew()
        assert "admin" in other.person.roles
        keyring.set_keyring(system_keyring)
        await session.close()  # which tries once more
        await other.renew()
        assert hostile.newest == "refresh-token-3"

    async def test_a_login_in_another_program_is_not_replaced_by_the_older_one(
        self,
        session: LoginSession,
        hostile: HostileProvider,
        system_keyring: MemoryKeyring,
        locked: MemoryKeyring,
        new_session: NewSession,
        clock: JumpingClock,
    ) -> None:
        await session.renew()
        keyring.set_keyring(system_keyring)
        await clock.wait(5)
        hostile.rotates = False
        other = new_session(hostile.issuer)
        await other.complete(await other.new_code())
        await session._save_again()
        assert "the-refresh-token" in kept(system_keyring)
        await session._look_again()
        assert session.login == other.login


@pytest.mark.parametrize("place", ["keyring", "file"])
async def test_unverified_tokens_are_gone_from_where_they_were_kept(
    hostile: HostileProvider,
    new_session: NewSession,
    system_keyring: MemoryKeyring,
    tmp_path: Path,
    place: Any,
) -> None:
    session = new_session(hostile.issuer)
    await session.choose(place)
    await session.complete(await session.new_code())
    stored = kept(system_keyring) + "".join(texts(tmp_path, "*.json"))
    assert hostile.newest in stored
    assert "the-access-token" not in stored
    assert "eyJ" not in stored
