"""A login with a device code, at a provider whose protocol is Authlib's."""

from __future__ import annotations

import pytest

from tests.identity.conftest import NewSession
from tests.support.http_thread import Reply
from tests.support.logins import JumpingClock, MemoryKeyring
from tests.support.openid_provider import Site, User
from tgtui.identity.oidc.errors import CodeExpired, LoginDenied, ProviderTrouble
from tgtui.identity.people import Identity

ADA = User("ada-1815", {"name": "Ada Lovelace", "roles": ["admins"]})


async def test_whoever_enters_the_code_is_logged_in_with_their_roles(
    site: Site, clock: JumpingClock, new_session: NewSession
) -> None:
    session = new_session(site.issuer)
    code = await session.new_code()
    assert code.address == f"{site.issuer}/enter"
    assert code.full_address == f"{site.issuer}/enter?user_code={code.user_code}"
    clock.after(12, lambda: site.enter(code.user_code, ADA))
    person = await session.complete(code)
    assert person.identity == Identity(site.issuer, "ada-1815", "Ada Lovelace")
    assert person.roles == {"anonymous", "authenticated", "admin"}
    assert clock.waits == [5, 5, 5]  # RFC 8628: not before the interval, and not more often


async def test_what_is_asked_for_is_what_a_public_client_may_send(
    site: Site, new_session: NewSession
) -> None:
    session = new_session(site.issuer, scopes="profile offline_access")
    code = await session.new_code()
    site.enter(code.user_code, ADA)
    await session.complete(code)
    (asked,) = site.asked("/device")
    assert asked["scope"] == "openid profile offline_access"
    (polled,) = site.asked("/token")
    assert polled.keys() == {"grant_type", "device_code", "client_id"}


async def test_slow_down_makes_every_later_pause_longer(
    site: Site, clock: JumpingClock, new_session: NewSession
) -> None:
    session = new_session(site.issuer)
    code = await session.new_code()
    site.slow_down = 2
    clock.after(40, lambda: site.enter(code.user_code, ADA))
    await session.complete(code)
    assert clock.waits == [5, 10, 15, 15]


async def test_who_declines_is_not_logged_in(site: Site, new_session: NewSession) -> None:
    session = new_session(site.issuer)
    code = await session.new_code()
    site.enter(code.user_code, ADA, approves=False)
    with pytest.raises(LoginDenied, match="declined"):
        await session.complete(code)
    assert session.person.identity is None


async def test_a_code_that_nobody_enters_expires_and_a_new_one_works(
    site: Site, clock: JumpingClock, new_session: NewSession
) -> None:
    session = new_session(site.issuer)
    with pytest.raises(CodeExpired, match="new one"):
        await session.complete(await session.new_code())
    assert sum(clock.waits) == 1_800  # as long as the provider said, and no longer
    code = await session.new_code()
    site.enter(code.user_code, ADA)
    assert (await session.complete(code)).identity is not None


async def test_while_the_provider_is_away_it_is_asked_less_often_and_the_login_goes_on(
    site: Site, clock: JumpingClock, new_session: NewSession
) -> None:
    session = new_session(site.issuer)
    code = await session.new_code()
    site.faults.extend([Reply(drop=True), Reply(503), Reply(drop=True)])
    site.enter(code.user_code, ADA)
    told: list[str] = []
    await session.complete(code, told.append)
    assert clock.waits == [5, 10, 20, 40]
    assert all("code stays valid" in sentence for sentence in told)


async def test_the_login_is_kept_in_the_keyring_and_taken_up_by_the_next_program(
    site: Site, new_session: NewSession, system_keyring: MemoryKeyring
) -> None:
    first = new_session(site.issuer)
    code = await first.new_code()
    site.enter(code.user_code, ADA)
    await first.complete(code)
    second = new_session(site.issuer)
    await second.restore()
    assert second.person == first.person
    assert second.place == "keyring"
    assert len(system_keyring.entries) == 1


async def test_a_login_at_another_provider_or_client_is_not_taken_up(
    site: Site, new_session: NewSession
) -> None:
    first = new_session(site.issuer)
    code = await first.new_code()
    site.enter(code.user_code, ADA)
    await first.complete(code)
    other = new_session("https://login.example")
    await other.restore()
    assert other.person.identity is None


async def test_logging_out_ends_it_here_and_at_the_provider(
    site: Site, new_session: NewSession, system_keyring: MemoryKeyring
) -> None:
    session = new_session(site.issuer)
    code = await session.new_code()
    site.enter(code.user_code, ADA)
    await session.complete(code)
    assert await session.log_out() == []
    assert session.person.identity is None
    assert not system_keyring.entries
    assert site.tokens[-1].is_revoked


async def test_a_provider_that_is_away_does_not_hinder_logging_out_here(
    site: Site, new_session: NewSession, system_keyring: MemoryKeyring
) -> None:
    session = new_session(site.issuer)
    code = await session.new_code()
    site.enter(code.user_code, ADA)
    await session.complete(code)
    site.faults.append(Reply(drop=True))
    (problem,) = await session.log_out()
    assert "at the provider could not be revoked" in problem
    assert not system_keyring.entries


async def test_without_a_claim_whoever_logs_in_is_what_everyone_is(
    site: Site, new_session: NewSession
) -> None:
    session = new_session(site.issuer)
    code = await session.new_code()
    site.enter(code.user_code, User("bo"))
    person = await session.complete(code)
    assert person.roles == {"anonymous", "authenticated"}
    assert person.identity == Identity(site.issuer, "bo", "bo")


async def test_a_provider_that_can_not_be_reached_is_named(
    site: Site, new_session: NewSession
) -> None:
    session = new_session(site.issuer)
    site.faults.append(Reply(drop=True))
    with pytest.raises(ProviderTrouble, match=r"127\.0\.0\.1:\d+ can't be reached"):
        await session.new_code()
