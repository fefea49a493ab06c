"""A provider, a clock and a keyring for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hostile_provider import HostileProvider
from tests.support.logins import JumpingClock, MemoryKeyring, config_for
from tests.support.openid_provider import Site
from tgtui.identity.oidc.session import LoginSession

NewSession = Callable[..., LoginSession]


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def site(clock: JumpingClock) -> Iterator[Site]:
    """A real provider, on the jumping clock."""
    with Site(clock.seconds) as site:
        yield site


@pytest.fixture
def hostile(clock: JumpingClock) -> Iterator[HostileProvider]:
    with HostileProvider(clock.seconds) as provider:
        yield provider


@pytest.fixture
async def new_session(
    clock: JumpingClock, system_keyring: MemoryKeyring, tmp_path: Path
) -> AsyncIterator[NewSession]:
    """`new_session(issuer)`: one more program of the same person; `time` is another clock."""
    made: list[LoginSession] = []

    def make(issuer: str, *, time: Any = None, **settings: Any) -> LoginSession:
        given = time or clock
        config = config_for(issuer, **settings)
        made.append(LoginSession(config, tmp_path, now=given.now, wait=given.wait))
        return made[-1]

    yield make
    for session in made:
        await session.close()
