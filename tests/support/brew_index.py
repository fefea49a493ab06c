"""Homebrew's signed index in small: signed with a key of the test's own."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class Signer:
    """A key pair, and documents signed as Homebrew signs."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)

    @property
    def public_key(self) -> bytes:
        """PEM."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(
        self, content: Any, *, kid: str = "homebrew-1", alg: str = "PS512", b64: bool = False
    ) -> bytes:
        """The signed document of a JSON value."""
        payload = json.dumps(content)
        header = json.dumps({"alg": alg, "b64": b64, "crit": ["b64"]}).encode()
        protected = _base64url(header)
        digest = hashes.SHA512()
        scheme = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
        signature = self._key.sign(f"{protected}.{payload}".encode(), scheme, digest)
        return json.dumps(
            {
                "payload": payload,
                "signatures": [
                    {
                        "protected": protected,
                        "header": {"kid": kid},
                        "signature": _base64url(signature),
                    }
                ],
            }
        ).encode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
