"""What an OpenID provider says, by Authlib: device grant, refresh with rotation, revocation, id tokens.

What is ours is what Authlib leaves to a site: what it asks of `site`, and what is kept there.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc8628 import (
    DEVICE_CODE_GRANT_TYPE,
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialDict,
)
from authlib.oidc.core import OpenIDToken
from joserfc.jwk import RSAKey

if TYPE_CHECKING:
    from tests.support.openid_provider import Site

CLIENT_ID = "tgtui"
LIFETIME_S = 300
"""Of access and id tokens."""


@dataclass
class User:
    """Somebody at the provider; `claims` may change while they are logged in."""

    subject: str
    claims: dict[str, Any] = field(default_factory=dict)

    def get_user_id(self) -> str:
        return self.subject


class Client(ClientMixin):  # type: ignore[misc]
    """The one client: public, for devices."""

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return bool(method == "none")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {DEVICE_CODE_GRANT_TYPE, "refresh_token"}


@dataclass
class Token(TokenMixin):  # type: ignore[misc]
    """What was issued."""

    user: User
    access_token: str
    refresh_token: str
    scope: str
    is_revoked: bool = False

    def check_client(self, client: Client) -> bool:
        return True

    def get_scope(self) -> str:
        return self.scope

    def get_user(self) -> User:
        return self.user


class OAuthRequest(OAuth2Request):  # type: ignore[misc]
    def __init__(
        self, method: str, uri: str, form: dict[str, str], headers: Mapping[str, str]
    ) -> None:
        super().__init__(method, uri, headers=dict(headers))
        self._form = form
        self.payload = BasicOAuth2Payload(form)

    @property
    def args(self) -> dict[str, str]:
        return {}

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Server(AuthorizationServer):  # type: ignore[misc]
    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site
        generator = BearerTokenGenerator(
            lambda **_: secrets.token_urlsafe(24),
            lambda **_: secrets.token_urlsafe(24),
            lambda *_: site.lifetime,
        )
        self.register_token_generator("default", generator)
        id_token = _IdToken(site)
        for grant in (_DeviceGrant, _RefreshGrant):
            kind = type(grant.__name__, (grant,), {"site": site})
            self.register_grant(kind, [id_token])
        for endpoint in (_DeviceEndpoint, _Revocation):
            self.register_endpoint(type(endpoint.__name__, (endpoint,), {"site": site}))

    def query_client(self, client_id: str) -> Client | None:
        return Client() if client_id == CLIENT_ID else None

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        self._site.tokens.append(
            Token(request.user, token["access_token"], token["refresh_token"], token["scope"])
        )

    def create_oauth2_request(self, request: OAuthRequest) -> OAuthRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        return status, body, headers

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        pass


class _Credential(DeviceCredentialDict):  # type: ignore[misc]
    site: Site

    def is_expired(self) -> bool:
        return bool(self["expires_at"] <= self.site.now())


class _DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    site: Site

    @property
    def INTERVAL(self) -> int:
        return self.site.interval

    def get_verification_uri(self) -> str:
        return f"{self.site.issuer}/enter"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        expires_at = self.site.now() + data["expires_in"]
        credential = _Credential(data, client_id=client_id, scope=scope, expires_at=expires_at)
        credential.site = self.site
        self.site.credentials[data["device_code"]] = credential


class _DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]
    site: Site

    def query_device_credential(self, device_code: str) -> Any:
        return self.site.credentials.get(device_code)

    def query_user_grant(self, user_code: str) -> tuple[User, bool] | None:
        return self.site.decisions.get(user_code)

    def should_slow_down(self, credential: Any) -> bool:
        self.site.slow_down -= 1
        return self.site.slow_down >= 0


class _RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    site: Site
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        for token in self.site.tokens:
            if token.refresh_token == refresh_token and not token.is_revoked:
                return token
        return None

    def authenticate_user(self, token: Token) -> User:
        return token.user

    def revoke_old_credential(self, token: Token) -> None:
        token.is_revoked = True


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    site: Site
    CLIENT_AUTH_METHODS = ("none",)

    def query_token(self, token: str, token_type_hint: str | None) -> Token | None:
        return next((each for each in self.site.tokens if each.refresh_token == token), None)

    def revoke_token(self, token: Token, request: OAuth2Request) -> None:
        token.is_revoked = True


class _IdToken(OpenIDToken):  # type: ignore[misc]
    def __init__(self, site: Site) -> None:
        self._site = site

    def process_token(self, grant: Any, response: Any) -> Any:
        if isinstance(grant, _RefreshGrant) and not self._site.sends_id_token_on_refresh:
            return response[1]
        return super().process_token(grant, response)

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return self._site.key

    def get_encode_header(self, client: Client) -> dict[str, str]:
        kid: str = self._site.key.kid or ""
        return {"alg": "RS256", "kid": kid}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        now = int(self._site.now())
        return {
            "iss": self._site.issuer,
            "aud": [CLIENT_ID],
            "iat": now,
            "exp": now + self._site.lifetime,
        }

    def generate_user_info(self, user: User, scope: str) -> dict[str, Any]:
        return {"sub": user.subject, **user.claims}
