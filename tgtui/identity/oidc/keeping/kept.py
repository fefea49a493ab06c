"""A login as it is kept between runs of the program, and its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from tgtui.identity.oidc.protocol.client import Grant
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


@dataclass(frozen=True, slots=True)
class KeptLogin:
    grant: Grant
    obtained_at: datetime
    """When the provider last confirmed it."""
    roles_claim: str
    """The claim that the grant's values come from; with other settings they are void."""

    @property
    def renewal_at(self) -> datetime:
        """When the login is renewed, before it expires."""
        expires_at = self.grant.expires_at
        margin = min(MARGIN, MARGIN_SHARE * (expires_at - self.obtained_at))
        wanted = min(self.obtained_at + RENEWED_AFTER, expires_at - margin)
        return max(wanted, self.obtained_at + NOT_BEFORE)


class _Kept(msgspec.Struct, frozen=True):
    """The bytes to keep. Not to be stored in a variable: they print the secrets."""

    format: int
    issuer: str
    subject: str
    name: str
    values: list[str]
    expires_at: datetime
    nonce: str
    refresh_token: str | None
    obtained_at: datetime
    roles_claim: str
    by_userinfo: bool = False


def written(login: KeptLogin) -> bytes:
    grant = login.grant
    return msgspec.json.encode(
        _Kept(
            format=FORMAT,
            issuer=grant.identity.issuer,
            subject=grant.identity.subject,
            name=grant.identity.display_name,
            values=list(grant.values),
            expires_at=grant.expires_at,
            nonce=grant.nonce,
            refresh_token=grant.refresh_token.reveal() if grant.refresh_token else None,
            obtained_at=login.obtained_at,
            roles_claim=login.roles_claim,
            by_userinfo=grant.by_userinfo,
        )
    )


def read(text: bytes) -> KeptLogin | None:
    """None for bytes of another version or damaged ones: the person logs in again."""
    try:
        kept = msgspec.json.decode(text, type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if kept.format != FORMAT or None in (kept.expires_at.tzinfo, kept.obtained_at.tzinfo):
        return None
    grant = Grant(
        identity=Identity(kept.issuer, kept.subject, kept.name),
        values=tuple(kept.values),
        expires_at=kept.expires_at,
        nonce=kept.nonce,
        refresh_token=Secret(kept.refresh_token) if kept.refresh_token else None,
        by_userinfo=kept.by_userinfo,
    )
    return KeptLogin(grant, kept.obtained_at, kept.roles_claim)
