"""What a provider says of itself: OpenID Connect Discovery 1.0, and the keys it signs with."""

from __future__ import annotations

from typing import Any

import msgspec

from tgtui.basics.text import clean
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.errors import ProviderWrong
from tgtui.identity.oidc.protocol.http import ProviderHttp

MAX_KEYS = 1_000
WELL_KNOWN = "/.well-known/openid-configuration"


class Metadata(msgspec.Struct, frozen=True):
    """The part of the provider's configuration that is used."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    device_authorization_endpoint: str | None = None
    revocation_endpoint: str | None = None
    userinfo_endpoint: str | None = None


class Provider:
    """Read once, when it is first needed."""

    def __init__(self, config: OidcConfig, http: ProviderHttp) -> None:
        self.config = config
        self.http = http
        self._metadata: Metadata | None = None
        self._keys: list[dict[str, Any]] | None = None

    async def metadata(self) -> Metadata:
        """Its configuration. ProviderWrong if it is for another issuer, or has an address that may not be used."""
        if self._metadata is None:
            address = self.config.issuer.rstrip("/") + WELL_KNOWN
            document = await self.http.get(address, "configuration")
            self._metadata = self._checked(document)
        return self._metadata

    async def keys(self, *, again: bool = False) -> list[dict[str, Any]]:
        """Its public keys as JSON Web Keys (RFC 7517); `again` ignores fetched ones, as after a rotation."""
        if self._keys is None or again:
            metadata = await self.metadata()
            document = await self.http.get(metadata.jwks_uri, "list of keys")
            keys = document.get("keys")
            if not isinstance(keys, list):
                raise ProviderWrong(f"{self.config.host}: its list of keys has no keys.")
            self._keys = [key for key in keys[:MAX_KEYS] if isinstance(key, dict)]
        return self._keys

    @property
    def has_keys(self) -> bool:
        """Whether they were fetched already."""
        return self._keys is not None

    def _checked(self, document: dict[str, Any]) -> Metadata:
        host = self.config.host
        try:
            metadata = msgspec.convert(document, Metadata)
        except msgspec.ValidationError as error:
            raise ProviderWrong(
                f"{host}: its configuration is not an OpenID provider configuration: {clean(error, 200)}."
            ) from None
        if metadata.issuer != self.config.issuer:
            raise ProviderWrong(
                f"{host} calls itself {clean(metadata.issuer, 200)}, which is not oidc.issuer"
                f" ({self.config.issuer}); they must be exactly the same."
            )
        for name, address in msgspec.structs.asdict(metadata).items():
            if address is not None:
                self.http.check(address, name)
        return metadata
