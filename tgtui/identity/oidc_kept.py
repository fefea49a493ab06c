"""A login as it is kept between two programs, and its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from tgtui.identity import Identity
from tgtui.identity.oidc_client import Grant
from tgtui.identity.secrets import Secret

FORMAT = 1


@dataclass(frozen=True, slots=True)
class KeptLogin:
    """A login as it is kept."""

    grant: Grant
    obtained_at: datetime
    """When the provider last confirmed it."""
    roles_claim: str
    """Where the grant's values were found; under other settings they mean nothing."""


class _Kept(msgspec.Struct, frozen=True):
    """The bytes that are kept. Lives for the time of one call only: it prints what it holds."""

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
        )
    )


def read(text: bytes) -> KeptLogin | None:
    """None for what another version wrote, or nobody: the person logs in again."""
    try:
        kept = msgspec.json.decode(text, type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if kept.format != FORMAT or None in (kept.expires_at.tzinfo, kept.obtained_at.tzinfo):
        return None
    grant = Grant(
        identity=Identity(kept.issuer, kept.subject, kept.name),
        values=tuple(kept.values),
        expires_at=kept.expires_at,
        nonce=kept.nonce,
        refresh_token=Secret(kept.refresh_token) if kept.refresh_token else None,
    )
    return KeptLogin(grant, kept.obtained_at, kept.roles_claim)
