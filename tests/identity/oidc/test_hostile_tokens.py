"""Id tokens that must not count, from a provider that is right in everything else."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from authlib.oidc.core.grants.util import create_half_hash
from joserfc import jwt
from joserfc.jwk import JWKRegistry

from tests.identity.conftest import NewSession
from tests.support.hostile_provider import CLIENT_ID, HostileProvider, Signer
from tests.support.logins import MemoryKeyring
from tgtui.identity.oidc.errors import ProviderWrong
from tgtui.identity.people import Person


async def log_in(hostile: HostileProvider, new_session: NewSession, **settings: Any) -> Person:
    session = new_session(hostile.issuer, **settings)
    return await session.complete(await session.new_code())


async def test_a_right_token_is_taken(hostile: HostileProvider, new_session: NewSession) -> None:
    """What all others here differ from in one thing."""
    assert "admin" in (await log_in(hostile, new_session)).roles


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # of its name, where the test signs
@pytest.mark.parametrize(
    ("algorithm", "kind", "curve"),
    [
        ("RS256", "RSA", 2048),
        ("PS256", "RSA", 2048),
        ("ES256", "EC", "P-256"),
        ("EdDSA", "OKP", "Ed25519"),
    ],
)
async def test_every_algorithm_of_the_settings_is_taken_with_its_at_hash(
    hostile: HostileProvider, new_session: NewSession, algorithm: str, kind: str, curve: Any
) -> None:
    key = JWKRegistry.generate_key(kind, curve, {"kid": "k"})
    hostile.keys = [dict(key.as_dict(private=False))]
    hostile.claims = {"at_hash": create_half_hash("the-access-token", algorithm).decode()}
    hostile.make_token = lambda claims: jwt.encode(
        {"alg": algorithm, "kid": "k"}, claims, key, [algorithm]
    )
    assert (await log_in(hostile, new_session)).identity is not None


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"iss": "https://login.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another-client"}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": ["another-client", "a-third"]}, "aud"),
        ({"aud": [CLIENT_ID, "another-client"]}, "azp"),
        ({"azp": "another-client"}, "azp"),
        ({"exp": 0}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "9999999999"}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"iat": 4_000_000_000}, "future"),
        ({"iat": None}, "iat"),
        ({"nbf": 4_000_000_000}, "not yet valid"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "x" * 256}, "sub"),
        ({"sub": "a\x00b"}, "sub"),
        ({"sub": 7}, "sub"),
        ({"nonce": "of another login"}, "nonce"),
        ({"at_hash": "bm90IGl0"}, "at_hash"),
        ({"at_hash": 7}, "at_hash"),
    ],
)
async def test_a_claim_that_is_wrong_is_named(
    hostile: HostileProvider,
    new_session: NewSession,
    system_keyring: MemoryKeyring,
    claims: dict[str, Any],
    told: str,
) -> None:
    hostile.claims = claims
    with pytest.raises(ProviderWrong, match=told) as caught:
        await log_in(hostile, new_session)
    assert "\n" not in str(caught.value)
    assert not system_keyring.entries


async def test_clocks_may_be_a_minute_apart(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    now = int(hostile.now())
    hostile.claims = {"iat": now + 55, "nbf": now + 55, "exp": now + 300}
    assert (await log_in(hostile, new_session)).identity is not None


async def test_a_token_for_several_parties_names_this_client(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.claims = {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}
    assert (await log_in(hostile, new_session)).identity is not None


async def test_the_settings_may_name_another_audience(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.claims = {"aud": "garden-api", "azp": CLIENT_ID}
    assert (await log_in(hostile, new_session, audience="garden-api")).identity is not None


async def test_a_signature_by_another_key_does_not_count(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.make_token = Signer(kid="one").sign
    with pytest.raises(ProviderWrong, match="none of the provider's keys"):
        await log_in(hostile, new_session)


async def test_a_changed_payload_does_not_count(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    def changed(claims: dict[str, Any]) -> str:
        head, _payload, signature = hostile.signer.sign(claims).split(".")
        payload = json.dumps({**claims, "sub": "somebody-else"}).encode()
        return f"{head}.{base64.urlsafe_b64encode(payload).rstrip(b'=').decode()}.{signature}"

    hostile.make_token = changed
    with pytest.raises(ProviderWrong, match="none of the provider's keys"):
        await log_in(hostile, new_session)


async def test_alg_none_does_not_count(hostile: HostileProvider, new_session: NewSession) -> None:
    hostile.make_token = hostile.signer.unsigned
    with pytest.raises(ProviderWrong, match="signed with none"):
        await log_in(hostile, new_session)


async def test_the_public_key_is_no_shared_secret(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.make_token = hostile.signer.signed_with_public_key
    with pytest.raises(ProviderWrong, match="HS256"):
        await log_in(hostile, new_session)


async def test_a_symmetric_key_among_the_published_ones_is_no_key(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.keys = [{"kty": "oct", "kid": "one", "k": "c2VjcmV0"}]
    with pytest.raises(ProviderWrong, match="none of the provider's keys"):
        await log_in(hostile, new_session)


async def test_an_algorithm_that_the_settings_leave_out_does_not_count(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    with pytest.raises(ProviderWrong, match=r"RS256, which is not in oidc\.algorithms"):
        await log_in(hostile, new_session, algorithms="ES256")


async def test_a_short_rsa_key_does_not_count(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    weak = Signer(bits=1024)
    hostile.keys, hostile.make_token = [weak.jwk], weak.sign
    with pytest.raises(ProviderWrong, match="none of the provider's keys"):
        await log_in(hostile, new_session)


@pytest.mark.parametrize("use", [{"use": "enc"}, {"alg": "PS256"}, {"kty": "EC"}])
async def test_a_key_made_for_something_else_does_not_count(
    hostile: HostileProvider, new_session: NewSession, use: dict[str, str]
) -> None:
    hostile.keys = [{**hostile.signer.jwk, **use}]
    with pytest.raises(ProviderWrong, match="none of the provider's keys"):
        await log_in(hostile, new_session)


async def test_a_key_in_the_tokens_own_header_is_not_looked_at(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    mine = Signer(kid="mine")
    with HostileProvider(hostile.now) as elsewhere:
        elsewhere.keys = [mine.jwk]
        hostile.make_token = lambda claims: mine.sign(
            claims, jwk=mine.jwk, jku=f"{elsewhere.issuer}/keys", x5u=f"{elsewhere.issuer}/x"
        )
        with pytest.raises(ProviderWrong, match="none of the provider's keys"):
            await log_in(hostile, new_session)
        assert elsewhere.requests == []


async def test_a_token_whose_extensions_must_be_understood_is_refused(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.make_token = lambda claims: hostile.signer.sign(claims, crit=["odd"], odd=1)
    with pytest.raises(ProviderWrong, match="none of the provider's keys"):
        await log_in(hostile, new_session)


@pytest.mark.parametrize(
    "text", ["", "x", "a.b", "a.b.c.d", "..", "e30.e30.", "é.é.é", "A" * 300_000]
)
async def test_what_is_no_token_is_refused(
    hostile: HostileProvider, new_session: NewSession, text: str
) -> None:
    hostile.make_token = lambda _claims: text
    with pytest.raises(ProviderWrong, match="id token"):
        await log_in(hostile, new_session)


async def test_an_encrypted_token_is_called_what_it_is(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.make_token = lambda _claims: "e30.e30.e30.e30.e30"
    with pytest.raises(ProviderWrong, match="is encrypted"):
        await log_in(hostile, new_session)


async def test_a_header_that_is_too_long_is_called_that(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.make_token = lambda claims: hostile.signer.sign(claims, x5c=["A" * 20_000])
    with pytest.raises(ProviderWrong, match=r"its header has [\d,]+ characters, and 16,000 are"):
        await log_in(hostile, new_session)


async def test_a_token_without_a_key_id_is_tried_with_every_key(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.keys = [Signer(kid="two").jwk, hostile.signer.jwk]
    hostile.make_token = lambda claims: hostile.signer.sign(claims, kid=None)
    assert (await log_in(hostile, new_session)).identity is not None


async def test_keys_that_can_not_be_read_are_passed_over(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    odd: list[Any] = [{}, {"kty": "RSA", "n": 7}, {"kty": "RSA"}, {"kty": "new"}, "text", None]
    hostile.keys = [*odd, hostile.signer.jwk]
    assert (await log_in(hostile, new_session)).identity is not None


async def test_an_unknown_key_id_has_the_keys_read_again_once(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    session = new_session(hostile.issuer)
    await session.complete(await session.new_code())
    assert hostile.asked("/keys") == 1
    rotated = Signer(kid="two")
    hostile.make_token = rotated.sign
    with pytest.raises(ProviderWrong):
        await session.renew()
    assert hostile.asked("/keys") == 2
    hostile.keys = [rotated.jwk]
    await session.renew()
    assert hostile.asked("/keys") == 3
