"""The provider over https: its certificate counts, and from https nothing leads to plain http."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.identity.conftest import NewSession
from tests.support.certificates import private_certificate
from tests.support.hostile_provider import HostileProvider
from tests.support.logins import JumpingClock
from tgtui.identity.oidc.errors import ProviderWrong


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    return tmp_path / "ca.pem"


@pytest.fixture
def secure(tmp_path: Path, ca_file: Path, clock: JumpingClock) -> Iterator[HostileProvider]:
    """With a certificate that only `ca_file` vouches for."""
    context, _pem = private_certificate(tmp_path)
    with HostileProvider(clock.seconds, context) as provider:
        yield provider


async def test_a_private_certificate_counts_once_its_authority_is_named(
    secure: HostileProvider, new_session: NewSession, ca_file: Path
) -> None:
    with pytest.raises(ProviderWrong, match=r"not trusted on this machine; oidc\.ca_file"):
        await new_session(secure.issuer).new_code()
    assert secure.requests == []
    session = new_session(secure.issuer, ca_file=str(ca_file))
    assert (await session.complete(await session.new_code())).identity is not None


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "device_authorization_endpoint"])
async def test_an_https_provider_has_no_plain_http_address_not_even_on_this_machine(
    secure: HostileProvider, new_session: NewSession, ca_file: Path, name: str
) -> None:
    with HostileProvider(secure.now) as plain:
        secure.configuration = {name: f"{plain.issuer}/x"}
        with pytest.raises(ProviderWrong, match="not https"):
            await new_session(secure.issuer, ca_file=str(ca_file)).new_code()
        assert plain.requests == []


async def test_keys_and_endpoints_may_be_on_other_hosts_over_https(
    secure: HostileProvider, new_session: NewSession, ca_file: Path, clock: JumpingClock
) -> None:
    """As with large providers, whose configuration is what names them."""
    with HostileProvider(clock.seconds, private_again(ca_file)) as keys:
        secure.configuration = {"jwks_uri": f"{keys.issuer}/keys"}
        session = new_session(secure.issuer, ca_file=str(ca_file))
        assert (await session.complete(await session.new_code())).identity is not None
        assert keys.asked("/keys") == 1


def private_again(ca_file: Path) -> ssl.SSLContext:
    """The same certificate, for another server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, ca_file.with_name("key.pem"))
    return context
