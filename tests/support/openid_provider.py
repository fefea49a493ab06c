"""An OpenID provider to log in at: who there is, which codes were entered, and the HTTP around Authlib's protocol.

`python -m tests.support.openid_provider` runs one to try a login by hand: whoever opens its page is let in.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from joserfc.jwk import Key, KeySet, RSAKey

from tests.support.http_thread import Reply, Request, Served
from tests.support.openid_protocol import CLIENT_ID, LIFETIME_S, OAuthRequest, Server, Token, User

__all__ = ["CLIENT_ID", "LIFETIME_S", "Site", "User"]


class Site(Served):
    """A provider under way: start it as a context manager. Its clock is the test's."""

    def __init__(self, now: Any = time.time) -> None:
        super().__init__()
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
        self._server = Server(self)

    @property
    def issuer(self) -> str:
        return f"{self.url}/realms/garden"

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
        oauth = OAuthRequest(request.method, self.issuer + path, form, request.headers)
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
