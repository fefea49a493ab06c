"""Verifies id tokens: OpenID Connect Core 1.0, 3.1.3.7, only with the provider's keys, never ones that the token names."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import ModuleType
from typing import Any

from tgtui.basics.text import clean
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.errors import LoginNotOffered, ProviderWrong, TokenExpired, TokenRefused
from tgtui.identity.oidc.protocol.http import MAX_CLAIMS_BYTES
from tgtui.identity.oidc.protocol.provider import Provider
from tgtui.identity.oidc.secrets import Secret

LEEWAY_SECONDS = 60
"""Seconds that the provider's clock may differ from this machine's."""
MAX_TOKEN = MAX_CLAIMS_BYTES
"""Characters, which are bytes: as long as an answer can be."""
MAX_HEADER = 16_000
"""Characters; a certificate chain may stand in it."""
MAX_SUBJECT = 255
"""Characters, all ASCII: OpenID Connect Core 1.0, 2."""
MIN_RSA_BITS = 2_048
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
NOT_INSTALLED = (
    "A login needs tgtui's extra `oidc`, which is not installed: pip install 'tgtui[oidc]'."
)


async def verified_claims(
    token: Secret,
    provider: Provider,
    *,
    now: datetime,
    nonce: str,
    access_token: Secret | None,
) -> dict[str, Any]:
    """The claims of an id token that is the provider's, for this client, and valid now. TokenRefused says why not.

    ProviderWrong if the provider does not publish the key that it names, which it may still do.

    `nonce` is the login's; RFC 8628 has none, so a token may lack it, but must not have another one.
    """
    config = provider.config
    algorithm = _algorithm(token, config)
    was_read = provider.has_keys
    candidates = _candidates(token, algorithm, await provider.keys())
    claims = _signed(token, algorithm, candidates)
    if claims is None and was_read:  # the provider may have changed its keys since
        candidates = _candidates(token, algorithm, await provider.keys(again=True))
        claims = _signed(token, algorithm, candidates)
    if claims is None:
        kind = TokenRefused if candidates else ProviderWrong
        raise kind(_refused(config, "its signature is by none of the provider's keys"))
    _check_claims(claims, config, now)
    _check_binding(claims, config, algorithm, nonce, access_token)
    return claims


def require_library() -> None:
    """Raise LoginNotOffered if the extra is not installed, before a code is entered."""
    _library("jwt")


def _library(name: str) -> ModuleType:
    try:
        from joserfc import errors, jwk, jws, jwt
    except ImportError:
        raise LoginNotOffered(NOT_INSTALLED) from None
    return {"errors": errors, "jwk": jwk, "jws": jws, "jwt": jwt}[name]


def _refused(config: OidcConfig, reason: str) -> str:
    return f"The id token of {config.host} is refused: {reason}."


def _algorithm(token: Secret, config: OidcConfig) -> str:
    """The token's declared algorithm, if the settings allow it."""
    text = token.reveal()
    head, dot, _rest = text.partition(".")
    if len(text) > MAX_TOKEN or len(head) > MAX_HEADER:
        what = "it" if len(text) > MAX_TOKEN else "its header"
        size, most = (len(text), MAX_TOKEN) if len(text) > MAX_TOKEN else (len(head), MAX_HEADER)
        raise TokenRefused(
            _refused(config, f"{what} has {size:,} characters, and {most:,} are the limit")
        )
    if text.count(".") == 4:
        raise TokenRefused(_refused(config, "it is encrypted, which tgtui can't read (JWE)"))
    if text.count(".") != 2 or not dot:
        raise TokenRefused(_refused(config, "it is not a signed token"))
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        algorithm = header["alg"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise TokenRefused(_refused(config, "its header can't be read")) from None
    if not isinstance(algorithm, str) or algorithm not in config.algorithms:
        raise TokenRefused(
            _refused(
                config, f"it is signed with {clean(algorithm, 40)}, which is not in oidc.algorithms"
            )
        )
    return algorithm


def _signed(token: Secret, algorithm: str, keys: Iterable[Any]) -> dict[str, Any] | None:
    """The claims, if one of the keys signed them. A key is never taken from the token."""
    errors, jws, jwt = _library("errors"), _library("jws"), _library("jwt")
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length, registry.max_payload_length = MAX_HEADER, MAX_TOKEN
    with _without_warnings():
        for key in keys:
            try:
                claims: dict[str, Any] = jwt.decode(token.reveal(), key, registry=registry).claims
            except (errors.JoseError, ValueError, TypeError, RecursionError):
                continue
            return claims
    return None


@contextmanager
def _without_warnings() -> Iterator[None]:
    """About EdDSA, whose name RFC 9864 replaces, and about short keys, which are not accepted anyway."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", _library("errors").SecurityWarning)
        yield


def _candidates(token: Secret, algorithm: str, keys: Iterable[dict[str, Any]]) -> list[Any]:
    """Keys that may have signed it: of its id, and made for this algorithm."""
    head = token.reveal().partition(".")[0]
    kid = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))).get("kid")
    errors, jwk = _library("errors"), _library("jwk")
    found = []
    for data in keys:
        if (kid is not None and data.get("kid") != kid) or not _fits(data, algorithm):
            continue
        try:
            with _without_warnings():
                key = jwk.import_key(data)
            if data["kty"] == "RSA" and key.public_key.key_size < MIN_RSA_BITS:
                continue
        except (errors.JoseError, ValueError, TypeError, KeyError):
            continue
        found.append(key)
    return found


def _fits(data: dict[str, Any], algorithm: str) -> bool:
    """The key's type, curve and declared use are those of the algorithm; a symmetric key fits none."""
    if data.get("use", "sig") != "sig" or data.get("alg", algorithm) != algorithm:
        return False
    if algorithm in CURVES:
        return data.get("kty") == "EC" and data.get("crv") == CURVES[algorithm]
    if algorithm in {"EdDSA", "Ed25519"}:
        return data.get("kty") == "OKP" and data.get("crv") == "Ed25519"
    return data.get("kty") == "RSA"


def _check_claims(claims: dict[str, Any], config: OidcConfig, now: datetime) -> None:
    errors, jwt = _library("errors"), _library("jwt")
    needed = {"essential": True}
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={**needed, "value": config.issuer},
        aud={**needed, "value": config.audience},
        sub=needed,
        exp=needed,
        iat=needed,
    )
    try:
        registry.validate(claims)
    except errors.ExpiredTokenError:
        raise TokenExpired(
            _refused(config, "it has expired; is this machine's clock right?")
        ) from None
    except (errors.JoseError, ValueError, TypeError, OverflowError) as error:
        raise TokenRefused(_refused(config, clean(error, 120).rstrip("."))) from None
    subject = claims["sub"]
    if not (1 <= len(subject) <= MAX_SUBJECT and subject.isascii() and subject.isprintable()):
        raise TokenRefused(_refused(config, "its subject is not valid (sub)"))


def _check_binding(
    claims: dict[str, Any],
    config: OidcConfig,
    algorithm: str,
    nonce: str,
    access_token: Secret | None,
) -> None:
    """azp, nonce, at_hash: that the token was made for this client, this login and this answer."""
    party = claims.get("azp")
    audience = claims["aud"]
    if party is None and isinstance(audience, list) and len(audience) > 1:
        raise TokenRefused(
            _refused(config, "it is for several parties and does not name one (azp)")
        )
    if party is not None and party != config.client_id:
        raise TokenRefused(_refused(config, "it was made for another client (azp)"))
    given = claims.get("nonce")
    if given is not None and given != nonce:
        raise TokenRefused(_refused(config, "it is from another login (nonce)"))
    expected = claims.get("at_hash")
    if expected is not None and not (
        access_token is not None
        and isinstance(expected, str)
        and expected.isascii()
        and hmac.compare_digest(expected.encode(), _half_hash(access_token, algorithm))
    ):
        raise TokenRefused(_refused(config, "it does not belong to its access token (at_hash)"))


def _half_hash(access_token: Secret, algorithm: str) -> bytes:
    """OpenID Connect Core 1.0, 3.1.3.6: the left half of the hash that the signature uses."""
    name = f"sha{algorithm[2:]}" if algorithm[2:] in {"256", "384", "512"} else "sha512"
    digest = hashlib.new(name, access_token.reveal().encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
