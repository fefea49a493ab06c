"""The requests of a login: device code (RFC 8628), tokens, refresh (RFC 6749, 6), revocation (RFC 7009)."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from tgtui.basics import clock
from tgtui.basics.links import web_address
from tgtui.basics.text import clean
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.errors import (
    CodeExpired,
    LoginDenied,
    LoginError,
    LoginOver,
    ProviderTrouble,
    ProviderWrong,
    TokenRefused,
)
from tgtui.identity.oidc.protocol.http import SECRETS, Answer, ProviderHttp
from tgtui.identity.oidc.protocol.provider import Provider
from tgtui.identity.oidc.protocol.token import verified_claims
from tgtui.identity.oidc.protocol.words import (
    BUSY,
    DECLINED,
    NOT_ENTERED,
    PASSING,
    meaning,
    seconds_in,
)
from tgtui.identity.oidc.roles import claim_at, values_of
from tgtui.identity.oidc.secrets import Secret
from tgtui.identity.people import Identity

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
LONGEST_CODE = timedelta(hours=1)
"""A code with a longer life is given up after this time."""
LONGEST_LOGIN = timedelta(hours=24)
"""Longest time before the claims must be confirmed again, whatever the provider says."""
INTERVAL_SECONDS = 5.0
"""RFC 8628, 3.2: the default if the provider names none."""
LONGEST_INTERVAL_SECONDS = 60.0
"""With a longer one the code would be looked at too rarely before it expires."""
MAX_MOMENT = 1e12
"""Seconds since 1970; a later expiry makes no sense, and is bounded anyway."""
MAX_NAME = 80
MAX_ADDRESS = 2_000
"""Characters of the login page's address."""


class _Code(msgspec.Struct, frozen=True):
    user_code: str
    expires_in: Any = None
    verification_uri: str | None = None
    verification_url: str | None = None
    """Google's spelling."""
    verification_uri_complete: str | None = None
    interval: Any = None


class DeviceCode(Struct, frozen=True):
    """What a person needs to log in with a browser, on any machine."""

    user_code: str
    address: str
    """Where the code is entered."""
    full_address: str | None
    """The same with the code in it, if the provider offers that."""
    expires_at: datetime
    interval: float
    """Seconds between two polls."""
    device_code: Secret
    nonce: str


class Tokens(Struct, frozen=True):
    """The provider's answer to a code or a refresh token: worth keeping at once, but not verified, and good for no right."""

    issuer: str
    nonce: str
    received_at: datetime
    lifetime: float
    """Seconds, bounded; 0 if the answer does not say."""
    is_new: bool
    """Of a login with a code, not of a renewal: they may be another person's than before."""
    refresh_token: Secret | None = None
    """The one that counts now: the answer's, else the one that was sent."""
    access_token: Secret | None = None
    id_token: Secret | None = None


class Grant(Struct, frozen=True):
    """The provider's verified claims about a person."""

    identity: Identity
    values: tuple[str, ...]
    """Values of the claim with the roles."""
    expires_at: datetime
    nonce: str
    refresh_token: Secret | None = None
    by_userinfo: bool = False
    """The values came from the userinfo endpoint, not from the id token."""


class Pending(Exception):
    """The code was not entered yet; `slow_down` asks for longer pauses."""

    def __init__(self, *, slow_down: bool = False) -> None:
        super().__init__("slow_down" if slow_down else "authorization_pending")
        self.slow_down = slow_down


class OidcClient:
    """A public client of one provider."""

    def __init__(
        self, config: OidcConfig, http: ProviderHttp, now: Callable[[], datetime] = clock.now
    ) -> None:
        self.config = config
        self._http = http
        self._provider = Provider(config, http)
        self._now = now

    async def new_code(self) -> DeviceCode:
        """Begin a login. LoginError says why the provider refuses."""
        metadata = await self._provider.metadata()
        address, host = metadata.device_authorization_endpoint, self.config.host
        if address is None:
            raise ProviderWrong(
                f"{host} does not offer device authorization (RFC 8628), which tgtui needs to log in;"
                " its administrator may have to enable it."
            )
        nonce = secrets.token_urlsafe(24)
        form = {
            "client_id": self.config.client_id,
            "scope": " ".join(self.config.scopes),
            "nonce": nonce,
        }
        answer = await self._http.post(address, "device authorization", form)
        if answer.status != 200:
            raise LoginDenied(_refusal(host, answer))
        try:
            code = msgspec.convert(answer.body, _Code, strict=False)
        except msgspec.ValidationError as error:
            raise ProviderWrong(f"{host}: its device code can't be read: {clean(error)}.") from None
        shown = code.verification_uri or code.verification_url
        device_code: Secret | None = answer.body.get("device_code")
        lifetime = seconds_in(code.expires_in)
        if lifetime is None or lifetime <= 0:
            raise ProviderWrong(
                f"{host}: its device code can't be used, because it does not say how long it is valid (expires_in)."
            )
        if not shown or device_code is None or not code.user_code:
            raise ProviderWrong(f"{host}: its device code can't be used.")
        address, full_address = self._page(shown), code.verification_uri_complete
        return DeviceCode(
            user_code=clean(code.user_code, 60),
            address=address,
            full_address=self._page(full_address) if full_address else None,
            expires_at=self._now() + _seconds(lifetime, LONGEST_CODE),
            interval=_interval(code.interval),
            device_code=device_code,
            nonce=nonce,
        )

    def _page(self, address: str) -> str:
        """Where a person enters the code, as it may be shown and opened. ProviderWrong if it may not."""
        self._http.check(address, "login page")
        shown = web_address(address, MAX_ADDRESS)
        if shown is None:
            raise ProviderWrong(
                f"{self.config.host}: the address of its login page can't be shown."
            )
        return shown

    async def redeem(self, code: DeviceCode) -> Tokens:
        """Ask once whether the code was entered. Pending, LoginDenied, CodeExpired, ProviderTrouble, ProviderWrong."""
        answer = await self._tokens(
            {
                "grant_type": DEVICE_GRANT,
                "device_code": code.device_code,
                "client_id": self.config.client_id,
            }
        )
        if _gives_tokens(answer):
            return self._received(answer.body, code.nonce, is_new=True)
        host = self.config.host
        if answer.error in NOT_ENTERED:
            raise Pending(slow_down=answer.error == "slow_down")
        if answer.error == "expired_token":
            raise CodeExpired(
                f"The code expired before it was entered; request a new one ({answer.error})."
            )
        if answer.error in DECLINED:
            raise LoginDenied(f"{host}: the login was declined ({answer.error}).")
        if answer.error in BUSY:
            raise ProviderTrouble(f"{host} is busy: {meaning(answer.error, answer.status)}.")
        raise LoginDenied(_refusal(host, answer))

    async def refresh(self, refresh_token: Secret, nonce: str, *, is_new: bool) -> Tokens:
        """Exchange the refresh token. LoginOver if the provider no longer accepts it.

        `is_new` as in Tokens: of a login that was not verified yet.
        """
        answer = await self._tokens(
            {
                "grant_type": "refresh_token",
                "refresh_token": refresh_token,
                "client_id": self.config.client_id,
            }
        )
        if not _gives_tokens(answer):
            host, reason = self.config.host, meaning(answer.error, answer.status)
            if answer.error in BUSY:
                raise ProviderTrouble(f"{host} is busy: {reason}.")
            if answer.error in PASSING:
                raise ProviderTrouble(f"{host} does not renew the login now: {reason}.")
            raise LoginOver(f"{host} ended the login: {reason}; log in again.")
        return self._received(answer.body, nonce, is_new=is_new, sent=refresh_token)

    async def revoke(self, refresh_token: Secret) -> bool:
        """Revoke the login at the provider; False if it does not offer that."""
        address = (await self._provider.metadata()).revocation_endpoint
        if address is None:
            return False
        form: dict[str, str | Secret] = {
            "token": refresh_token,
            "token_type_hint": "refresh_token",
            "client_id": self.config.client_id,
        }
        answer = await self._http.post(address, "revocation", form)
        if answer.status != 200:
            raise LoginError(
                f"{self.config.host} did not revoke it: {meaning(answer.error, answer.status)}."
            )
        return True

    async def _tokens(self, form: Mapping[str, str | Secret]) -> Answer:
        address = (await self._provider.metadata()).token_endpoint
        answer = await self._http.post(address, "tokens", form)
        if answer.status == 200 and not answer.error and not _gives_tokens(answer):
            raise ProviderWrong(f"{self.config.host}: its answer has no token.")
        return answer

    def _received(
        self, body: dict[str, Any], nonce: str, *, is_new: bool, sent: Secret | None = None
    ) -> Tokens:
        """From a token response. A refresh may leave out the id token and the refresh token (Core 1.0, 12.2)."""
        lifetime = seconds_in(body.get("expires_in")) or 0.0
        return Tokens(
            issuer=self.config.issuer,
            nonce=nonce,
            received_at=self._now(),
            lifetime=min(max(0.0, lifetime), LONGEST_LOGIN.total_seconds()),
            is_new=is_new,
            refresh_token=body.get("refresh_token") or sent,
            access_token=body.get("access_token"),
            id_token=body.get("id_token"),
        )

    async def confirmed(self, tokens: Tokens, before: Grant | None) -> Grant:
        """What the tokens say of a person; `before` is what is renewed. TokenRefused, or another LoginError: try again."""
        access_token, id_token, nonce = tokens.access_token, tokens.id_token, tokens.nonce
        signed: dict[str, Any] = {}
        if id_token is not None:
            signed = await verified_claims(
                id_token, self._provider, now=self._now(), nonce=nonce, access_token=access_token
            )
            if before is not None and signed["sub"] != before.identity.subject:
                raise TokenRefused(f"{self.config.host} answered with another person's login.")
        elif before is None:
            raise TokenRefused(
                f"{self.config.host} sent no id token; is `openid` among its scopes for this client?"
            )
        elif access_token is None:
            raise TokenRefused(f"{self.config.host} answered without a token.")
        subject: str = signed["sub"] if before is None else before.identity.subject
        told = await self._userinfo(signed, subject, access_token, before)
        claims = {**told, **signed}
        claim = claim_at(claims, self.config.roles_claim)
        is_silent = before is not None and not signed and not told
        name = _name(claims) or (before.identity.display_name if before else "")
        return Grant(
            identity=Identity(self.config.issuer, subject, name or clean(subject, MAX_NAME)),
            values=before.values if before is not None and is_silent else values_of(claim),
            expires_at=_expiry(tokens, signed),
            nonce=nonce,
            refresh_token=tokens.refresh_token,
            by_userinfo=bool(told),
        )

    async def _userinfo(
        self,
        signed: dict[str, Any],
        subject: str,
        access_token: Secret | None,
        before: Grant | None,
    ) -> dict[str, Any]:
        """The claims of the userinfo endpoint (Core 1.0, 5.3); empty if it is not asked.

        It is asked if the roles are not in the id token; after a renewal without one, if they came from it before.
        """
        address = (await self._provider.metadata()).userinfo_endpoint
        is_there = claim_at(signed, self.config.roles_claim) is not None
        is_needed = before.by_userinfo if before is not None and not signed else not is_there
        if not (self.config.roles and is_needed) or address is None or access_token is None:
            return {}
        told = await self._http.get(address, "userinfo", bearer=access_token)
        if told.get("sub") != subject:
            raise ProviderWrong(f"{self.config.host}: its userinfo is about another person.")
        return told


def _gives_tokens(answer: Answer) -> bool:
    """A refusal has none; its status is 200 at some providers."""
    return any(name in answer.body for name in SECRETS)


def _seconds(number: float, most: timedelta) -> timedelta:
    return timedelta(seconds=min(number, most.total_seconds()))


def _interval(value: Any) -> float:
    """Seconds between two polls, whatever the provider writes."""
    wanted = seconds_in(value)
    if wanted is None or wanted == math.inf:
        return INTERVAL_SECONDS
    return min(max(1.0, wanted), LONGEST_INTERVAL_SECONDS)


def _expiry(tokens: Tokens, claims: dict[str, Any]) -> datetime:
    """When these claims expire: with the id token or the access token, whichever lives longer."""
    begun = tokens.received_at
    by_token = min(claims["exp"], MAX_MOMENT) - begun.timestamp() if "exp" in claims else 0.0
    return begun + _seconds(max(1.0, tokens.lifetime, by_token), LONGEST_LOGIN)


def _name(claims: dict[str, Any]) -> str:
    """The person's display name; untrusted text."""
    for claim in ("name", "preferred_username", "email"):
        value = claims.get(claim)
        if isinstance(value, str) and (shown := clean(value, MAX_NAME)):
            return shown
    return ""


def _refusal(host: str, answer: Answer) -> str:
    """`login.example refuses the login: it does not know tgtui ... (invalid_client).` Never quotes what was sent."""
    said = answer.body.get("error_description")
    more = f": {clean(said, 200).rstrip('.')}" if isinstance(said, str) and said.strip() else ""
    return f"{host} refuses the login: {meaning(answer.error, answer.status)}{more}."
