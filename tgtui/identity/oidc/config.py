"""The `[oidc]` settings, checked: the provider, the client, and which claim gives which role."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import expanded
from tgtui.basics.settings import OidcSettings
from tgtui.identity.oidc.errors import LoginNotOffered
from tgtui.registries.http.rules import is_allowed

ALGORITHMS = frozenset(
    [
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
    ]
)
"""Signatures that are checked with a public key. Never `none`, never HS*: a public client has no secret to share."""
ROLE_NAMES = {
    "anonymous": ("anonymous",),
    "member": ("anonymous", "authenticated"),
    "authenticated": ("anonymous", "authenticated"),
    "admin": ("anonymous", "authenticated", "admin"),
    "worker": ("anonymous", "worker"),
}
"""Names of roles in the settings, with all the roles they include."""
NOT_OFFERED = (
    "No OpenID provider is configured: set issuer and client_id under [oidc] in the"
    " settings file (or TGTUI_OIDC_ISSUER and TGTUI_OIDC_CLIENT_ID)."
)


class OidcConfig(Struct, frozen=True):
    """A provider, and the roles that its claims give."""

    issuer: str
    client_id: str
    scopes: tuple[str, ...]
    """Scopes, `openid` included."""
    roles_claim: str
    roles: dict[str, str]
    """From values of the claim to keys of ROLE_NAMES."""
    everyone: str
    """The role of anyone who can log in."""
    algorithms: frozenset[str]
    audience: str
    ca_file: Path | None

    @property
    def key(self) -> str:
        """Identifies this provider and client among kept logins; safe in a file name."""
        return hashlib.sha256(f"{self.issuer}\n{self.client_id}".encode()).hexdigest()[:16]

    @property
    def host(self) -> str:
        """The provider's name in sentences."""
        return urlsplit(self.issuer).netloc


def oidc_config(settings: OidcSettings) -> OidcConfig | None:
    """None if no provider is set. SettingsError names the wrong setting."""
    if not settings.issuer and not settings.client_id:
        return None
    if not settings.issuer or not settings.client_id:
        missing = "client_id" if settings.issuer else "issuer"
        raise SettingsError(f"oidc.{missing} is missing: a login needs both issuer and client_id.")
    return OidcConfig(
        issuer=_issuer(settings.issuer),
        client_id=settings.client_id,
        scopes=_scopes(settings.scopes),
        roles_claim=settings.roles_claim,
        roles=_mapping(settings.roles),
        everyone=_role("oidc.everyone", settings.everyone),
        algorithms=_algorithms(settings.algorithms),
        audience=settings.audience or settings.client_id,
        ca_file=_file(settings.ca_file) if settings.ca_file else None,
    )


def needed_config(settings: OidcSettings) -> OidcConfig:
    """As `oidc_config`; LoginNotOffered if no provider is set."""
    config = oidc_config(settings)
    if config is None:
        raise LoginNotOffered(NOT_OFFERED)
    return config


def _issuer(address: str) -> str:
    """OpenID Connect Discovery 1.0, 2: https, without query and fragment."""
    if not is_allowed(address):
        raise SettingsError(
            f"oidc.issuer is wrong: {address} is not https (plain http is for this machine only)."
        )
    parts = urlsplit(address)
    if parts.query or parts.fragment or parts.username or parts.password:
        raise SettingsError(
            "oidc.issuer is wrong: it has a query, a fragment or a user name; write it exactly as the provider does."
        )
    return address


def _file(name: str) -> Path:
    path = expanded(name)
    if not path.is_file():
        raise SettingsError(f"oidc.ca_file is wrong: there is no file {path}.")
    return path


def _words(text: str | list[str]) -> list[str]:
    return re.split(r"[\s,]+", text.strip()) if isinstance(text, str) else text


def _scopes(given: str | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(["openid", *filter(None, _words(given))]))


def _algorithms(given: str | list[str]) -> frozenset[str]:
    names = frozenset(filter(None, _words(given)))
    wrong = sorted(names - ALGORITHMS)
    if wrong or not names:
        raise SettingsError(
            f"oidc.algorithms is wrong: {', '.join(wrong) or 'none is named'};"
            f" known: {', '.join(sorted(ALGORITHMS))}."
        )
    return names


def _mapping(given: str | dict[str, str]) -> dict[str, str]:
    pairs: Iterable[tuple[str, str]]
    if isinstance(given, str):
        parts = [part.rpartition("=") for part in given.split(",") if part.strip()]
        if not all(equals and value.strip() for value, equals, _role in parts):
            raise SettingsError(
                "oidc.roles is wrong: write value=role, with commas between, as in staff=member, ops=admin."
            )
        pairs = [(value.strip(), role.strip()) for value, _equals, role in parts]
    else:
        pairs = given.items()
    return {value: _role(f"oidc.roles ({value})", role) for value, role in pairs}


def _role(setting: str, name: str) -> str:
    if name not in ROLE_NAMES:
        raise SettingsError(
            f"{setting} is wrong: there is no role {name!r}; known: {', '.join(ROLE_NAMES)}."
        )
    return name
