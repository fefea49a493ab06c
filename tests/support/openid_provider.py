"""An OpenID provider to log in at. The protocol is Authlib's: device grant, refresh with rotation, revocation, id tokens.

What is ours is what Authlib leaves to a site: who there is, which codes were entered, and the HTTP around it.

`python -m tests.support.openid_provider` runs one to try a login by hand: whoever opens its page is let in.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

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
from joserfc.jwk import Key, KeySet, RSAKey

from tests.support.http_thread import HttpThread, Reply, Request

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


class Site:
    """A provider under way: start it as a context manager. Its clock is the test's."""

    def __init__(self, now: Any = time.time) -> None:
        self.now = now
        """Seconds since 1970."""
        self.key = _first_key()
        self.published: list[Key] = [self.key]
        self.credentials: dict[str, Any] = {}
        self.decisions: dict[str, tuple[User, bool]] = {}
        self.tokens: list[Token] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        """Path and form of every request, oldest first."""
        self.faults: deque[Reply] = deque()
        """Sent instead of the next answers."""
        self.lifetime = LIFETIME_S
        """Seconds that access and id tokens are good for."""
        self.is_down = False
        """Every connection is closed without an answer."""
        self.interval = 5
        """Seconds between two polls, as it asks for."""
        self.slow_down = 0
        """How many polls are told to slow down."""
        self.sends_id_token_on_refresh = True
        self.visitor: User | None = None
        """Who opens the page with the code in its address, and is let in by that."""
        self._http = HttpThread(self._reply)
        self._server = _Server(self)

    def __enter__(self) -> Self:
        self._http.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.stop()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._http.port}/realms/garden"

    def enter(self, user_code: str, user: User, *, approves: bool = True) -> None:
        """Somebody enters the code in their browser."""
        self.decisions[user_code] = (user, approves)

    def rotate_key(self) -> None:
        """From now on another key signs, and only that is published."""
        self.key = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
        self.published = [self.key]

    def asked(self, path: str) -> list[dict[str, str]]:
        """The forms that were sent there."""
        return [form for at, form in self.requests if at.endswith(path)]

    def _reply(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        self.requests.append((request.path, form))
        if self.is_down:
            return Reply(drop=True)
        if self.faults:
            return self.faults.popleft()
        path = request.path.removeprefix("/realms/garden")
        oauth = _OAuthRequest(request.method, self.issuer + path, form, request.headers)
        if path == "/.well-known/openid-configuration":
            return _json(self._configuration())
        if path == "/keys":
            return _json(KeySet(self.published).as_dict())
        if path == "/token":
            return self._answer(self._server.create_token_response(oauth))
        if path in {"/device", "/revoke"}:
            name = "device_authorization" if path == "/device" else "revocation"
            return self._answer(self._server.create_endpoint_response(name, oauth))
        if path.startswith("/enter?user_code=") and self.visitor is not None:
            self.enter(path.partition("=")[2], self.visitor)
            return Reply(200, b"You are logged in.", {"Content-Type": "text/plain"})
        return Reply(404)

    def _answer(self, answer: tuple[int, Any, list[tuple[str, str]]]) -> Reply:
        status, body, _headers = answer
        return _json(body, status)

    def _configuration(self) -> dict[str, str]:
        return {
            "issuer": self.issuer,
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "device_authorization_endpoint": f"{self.issuer}/device",
            "revocation_endpoint": f"{self.issuer}/revoke",
        }


class _OAuthRequest(OAuth2Request):  # type: ignore[misc]
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


class _Server(AuthorizationServer):  # type: ignore[misc]
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

    def create_oauth2_request(self, request: _OAuthRequest) -> _OAuthRequest:
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


@cache
def _first_key() -> RSAKey:
    """Shared: making a key takes longer than most tests."""
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


def _json(body: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def main() -> None:
    """Until Ctrl-C."""
    with Site() as site:
        site.visitor = User("ada", {"name": "Ada Lovelace", "roles": ["gardeners"]})
        print("[oidc]")
        print(f'issuer = "{site.issuer}"\nclient_id = "{CLIENT_ID}"\nroles = "gardeners=admin"')
        threading.Event().wait()


if __name__ == "__main__":
    main()
