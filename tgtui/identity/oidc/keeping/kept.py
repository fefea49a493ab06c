"""A login as it is kept between runs of the program, and its bytes."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from tgtui.identity.oidc.protocol.client import Grant, Tokens
from tgtui.identity.oidc.secrets import Secret
from tgtui.identity.people import Identity

FORMAT = 1
RENEWED_AFTER = timedelta(hours=1)
"""The provider's claims are confirmed at least this often, because roles may change."""
NOT_BEFORE = timedelta(seconds=5)
"""A login is never renewed sooner, however short its life."""
MARGIN_SHARE = 0.2
"""Part of a login's life: it is renewed this long before its end, if that is less than MARGIN."""
MARGIN = timedelta(minutes=2)


class KeptLogin(Struct, frozen=True):
    grant: Grant | None
    """What was verified last; None after a login that was not verified yet."""
    obtained_at: datetime
    """When the provider last confirmed it."""
    roles_claim: str
    """The claim that the grant's values come from; with other settings they are void."""
    unverified: Tokens | None = None
    """The provider's newest answer until it is verified. They give no rights."""

    @property
    def issuer(self) -> str:
        if self.unverified is not None:
            return self.unverified.issuer
        return self.grant.identity.issuer if self.grant is not None else ""

    @property
    def refresh_token(self) -> Secret | None:
        """The one that counts now."""
        newest = self.unverified or self.grant
        return newest.refresh_token if newest is not None else None

    @property
    def changed_at(self) -> datetime:
        """When the provider answered last."""
        return self.unverified.received_at if self.unverified is not None else self.obtained_at

    @property
    def renewal_at(self) -> datetime:
        """When the login is renewed, before it expires, or when its tokens are verified."""
        if self.grant is None or self.unverified is not None:
            return self.changed_at
        expires_at = self.grant.expires_at
        margin = min(MARGIN, MARGIN_SHARE * (expires_at - self.obtained_at))
        wanted = min(self.obtained_at + RENEWED_AFTER, expires_at - margin)
        return max(wanted, self.obtained_at + NOT_BEFORE)


class _Tokens(msgspec.Struct, frozen=True):
    """As `Tokens`."""

    nonce: str
    received_at: datetime
    lifetime: float
    is_new: bool
    refresh_token: str | None
    access_token: str | None
    id_token: str | None


class _Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """The bytes to keep. Not to be stored in a variable: they print the secrets."""

    format: int
    issuer: str
    subject: str
    """Empty if nothing was verified yet."""
    name: str
    values: list[str]
    expires_at: datetime
    nonce: str
    refresh_token: str | None
    obtained_at: datetime
    roles_claim: str
    by_userinfo: bool = False
    unverified: _Tokens | None = None


def written(login: KeptLogin) -> bytes:
    grant, tokens = login.grant, login.unverified
    return msgspec.json.encode(
        _Kept(
            format=FORMAT,
            issuer=login.issuer,
            subject=grant.identity.subject if grant else "",
            name=grant.identity.display_name if grant else "",
            values=list(grant.values) if grant else [],
            expires_at=grant.expires_at if grant else login.changed_at,
            nonce=grant.nonce if grant else "",
            refresh_token=_text(grant.refresh_token) if grant else None,
            obtained_at=login.obtained_at,
            roles_claim=login.roles_claim,
            by_userinfo=grant.by_userinfo if grant else False,
            unverified=_Tokens(
                nonce=tokens.nonce,
                received_at=tokens.received_at,
                lifetime=tokens.lifetime,
                is_new=tokens.is_new,
                refresh_token=_text(tokens.refresh_token),
                access_token=_text(tokens.access_token),
                id_token=_text(tokens.id_token),
            )
            if tokens
            else None,
        )
    )


def read(text: bytes) -> KeptLogin | None:
    """None for bytes of another version or damaged ones: the person logs in again."""
    try:
        kept = msgspec.json.decode(text, type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    moments = [kept.expires_at, kept.obtained_at]
    if kept.unverified is not None:
        moments.append(kept.unverified.received_at)
    if kept.format != FORMAT or any(moment.tzinfo is None for moment in moments):
        return None
    if not kept.subject and kept.unverified is None:
        return None
    return KeptLogin(_grant(kept), kept.obtained_at, kept.roles_claim, _tokens(kept))


def _grant(kept: _Kept) -> Grant | None:
    if not kept.subject:
        return None
    return Grant(
        identity=Identity(kept.issuer, kept.subject, kept.name),
        values=tuple(kept.values),
        expires_at=kept.expires_at,
        nonce=kept.nonce,
        refresh_token=_secret(kept.refresh_token),
        by_userinfo=kept.by_userinfo,
    )


def _tokens(kept: _Kept) -> Tokens | None:
    told = kept.unverified
    if told is None:
        return None
    return Tokens(
        issuer=kept.issuer,
        nonce=told.nonce,
        received_at=told.received_at,
        lifetime=told.lifetime,
        is_new=told.is_new,
        refresh_token=_secret(told.refresh_token),
        access_token=_secret(told.access_token),
        id_token=_secret(told.id_token),
    )


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def _text(secret: Secret | None) -> str | None:
    return secret.reveal() if secret is not None else None
