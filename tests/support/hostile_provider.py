"""An OpenID provider that is wrong in one way a test names, and right in all others. Signs by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.http_thread import Reply, Request, Served

CLIENT_ID = "tgtui"
CODE = "WDJB-MJHT"


class Signer:
    """A key pair, and tokens signed with it or with what should not count."""

    def __init__(self, kid: str = "one", bits: int = 2048) -> None:
        self.kid = kid
        self._key = rsa.generate_private_key(65537, bits)

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "n": _b64(modulus), "e": "AQAB"}

    @property
    def pem(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """RS256, whatever the header says; None leaves a field of it out."""
        given = {"alg": "RS256", "kid": self.kid, **header}
        signed = _signing_input({k: v for k, v in given.items() if v is not None}, claims)
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_b64(signature)}"

    def unsigned(self, claims: dict[str, Any]) -> str:
        return f"{_signing_input({'alg': 'none'}, claims)}."

    def signed_with_public_key(self, claims: dict[str, Any]) -> str:
        """HS256 with the public key as its secret: the classic confusion."""
        signed = _signing_input({"alg": "HS256", "kid": self.kid}, claims)
        digest = hmac.new(self.pem, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_b64(digest)}"


class HostileProvider(Served):
    """Start it as a context manager; change what it says before or meanwhile."""

    def __init__(self, now: Callable[[], float], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.now = now
        self.signer = _signer()
        self.keys: list[dict[str, Any]] = [self.signer.jwk]
        self.configuration: dict[str, Any] = {}
        """What it says differently of itself."""
        self.device: dict[str, Any] = {}
        """What it says differently of a code."""
        self.claims: dict[str, Any] = {}
        """What the id token says differently; None leaves a claim out."""
        self.make_token: Callable[[dict[str, Any]], str] = self.signer.sign
        self.token_body: dict[str, Any] = {}
        """What the token response says differently."""
        self.polls: deque[Reply] = deque()
        """Answers to the next polls, before a token is given."""
        self.rotates = False
        """Each refresh token is good once; the next is `refresh-token-2`, and so on."""
        self.issued = 0
        """How many refresh tokens were given out, if it rotates."""
        self.answers: dict[str, Reply] = {}
        """Answers by the end of a path, instead of the right ones."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.headers: list[tuple[str, str]] = []
        """Path and Authorization header of every request."""

    @property
    def issuer(self) -> str:
        return self.url

    def asked(self, path: str) -> int:
        """How often."""
        return sum(at == path for at, _form in self.requests)

    def id_token(self) -> str:
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "mallory",
            "iat": now,
            "exp": now + 300,
            "roles": ["admins"],
            **self.claims,
        }
        return self.make_token({k: v for k, v in claims.items() if v is not None})

    def _reply(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        self.requests.append((request.path, form))
        self.headers.append((request.path, request.headers.get("authorization", "")))
        for ending, reply in self.answers.items():
            if request.path.endswith(ending):
                return reply
        if request.path == "/.well-known/openid-configuration":
            return said(self._configuration())
        if request.path == "/keys":
            return said({"keys": self.keys})
        if request.path == "/device":
            return said(self._code())
        if request.path == "/token" and self.rotates and not self.polls:
            return self._rotated(form)
        if request.path == "/token":
            return self.polls.popleft() if self.polls else said(self._tokens())
        return Reply(404)

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "device_authorization_endpoint": f"{self.issuer}/device",
            **self.configuration,
        }

    def _code(self) -> dict[str, Any]:
        return {
            "device_code": "the-device-code",
            "user_code": CODE,
            "verification_uri": f"{self.issuer}/enter",
            "expires_in": 600,
            "interval": 5,
            **self.device,
        }

    def _rotated(self, form: dict[str, str]) -> Reply:
        """The code and each refresh token are good once."""
        is_code = "device_code" in form
        if is_code != (self.issued == 0) or (not is_code and form["refresh_token"] != self.newest):
            return refusal("invalid_grant")
        self.issued += 1
        return said({**self._tokens(), "refresh_token": self.newest})

    @property
    def newest(self) -> str:
        """The refresh token that is good now."""
        return f"refresh-token-{self.issued}"

    def _tokens(self) -> dict[str, Any]:
        return {
            "access_token": "the-access-token",
            "refresh_token": "the-refresh-token",
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(),
            **self.token_body,
        }


@cache
def _signer() -> Signer:
    """Shared: making a key takes longer than most tests."""
    return Signer()


def said(body: Any, status: int = 200) -> Reply:
    """Any JSON."""
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def refusal(error: str, status: int = 400, **more: str) -> Reply:
    """RFC 6749, 5.2."""
    return said({"error": error, **more}, status)


def _signing_input(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
