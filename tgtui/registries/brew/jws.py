"""Homebrew's signed indexes: a payload is not read before its signature is verified.

Source: Homebrew/brew, `Homebrew::API.verify_and_parse_jws`: a JSON web signature with a detached header, `alg` PS512
and `b64` false (RFC 7515, 7797): RSA-PSS with SHA-512, the salt as long as the digest.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from tgtui.registries.base import BadSignature, Malformed
from tgtui.registries.documents import loose_json as loose

KEY_ID = "homebrew-1"
PUBLIC_KEY = b"""-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAyKoOYzp1rhwXISRi61BY
XBEr2PalSK8lEVOL2USy7mpy0OubOlFyujawyQcBcCn+uPOJ/WaK+POhNWcLLoiK
L2m8GViaQm7SMwdLKUXFgKSPHcG/1m6Vu+TNBKTfQqT60PjEYIrn5NW9ZrM0cUhK
REmsbeAMBevdSaW9UwY9iIhprrgovvT8SzKhF8ZOIZKXfJX4VNk0y/7VJYNuGGqH
3npxV7OKd4yTGRGqFcC9kJ84me3thiu0yqlOjASmfWIwIwcfp4j6BEM2LuqKd7yX
h51/O+MTthkuxV36moDKfdgdOFsvlCFkziaYLScCX9lOlmZHtOfJTAOXxTmM7qGr
wTGK0vhvTi8k9dBmH/dccredQBtPOfM/FEdeyakGLoTcDguiBS/4El3I2KtF6B2h
OGoBumR915/cI4drr5yPMduZ7gjs7ZEZnVkeVzic24TfUHpnOYzrhucNJtHMBDj9
6d1Gk82AhtuF9KlusLmCb6qXCWQSp/A4RZpN37E/p9q8rLp/7B/zp8X2TVvecPNy
BdMagdktdEqK7WPlYMcUp56JaOph8vqYoU+oGyCpWoLvcXFb75o4eefuu6Rs5SyM
c9JCCJ0DDFPjCRFnGPkvsKxFCzMFqH1jpWH0RQIrgmNVM5PO84iRH9YJsSPQzpMj
KvK/ZH4YgR9wNkBNagFo7lsCAwEAAQ==
-----END PUBLIC KEY-----
"""
"""Homebrew's `homebrew-1.pem`, the key that brew itself uses."""


class _Header(msgspec.Struct):
    kid: str = ""


class _Signature(msgspec.Struct):
    protected: str = ""
    header: _Header = msgspec.field(default_factory=_Header)
    signature: str = ""


class _Signed(msgspec.Struct):
    payload: str
    signatures: list[_Signature]


class _Protected(msgspec.Struct):
    alg: str = ""
    b64: bool = True


def verified_payload(body: bytes | bytearray, public_key: bytes, label: str) -> bytes:
    """The payload's JSON. Malformed if it is not a signed document, BadSignature if the signature is wrong."""
    try:
        signed = loose.decode(body, _Signed)
    except loose.NotJson as error:
        raise Malformed(f"{label}: the answer is no signed index") from error
    signature = next((s for s in signed.signatures if s.header.kid == KEY_ID), None)
    if signature is None:
        raise BadSignature(
            f"{label}: it has no signature of the key {KEY_ID}; nothing of it is used"
        )
    protected = signature.protected
    try:
        header = loose.decode(_from_base64url(protected), _Protected)
    except (loose.NotJson, ValueError) as error:
        raise BadSignature(f"{label}: the signature's header can't be read") from error
    if header.alg != "PS512" or header.b64:
        raise BadSignature(
            f"{label}: the signature is not of the kind PS512 over the plain payload"
        )
    payload = signed.payload.encode("utf-8", "surrogatepass")
    _verify(signature, protected.encode("ascii", "replace") + b"." + payload, public_key, label)
    return payload


def _verify(signature: _Signature, message: bytes, public_key: bytes, label: str) -> None:
    # Imported here, so that only reading a signed index waits for this library.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(public_key)
    except ValueError as error:
        raise BadSignature(f"{label}: the public key to check it with can't be read") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadSignature(f"{label}: the public key to check it with is no RSA key")
    sha512 = hashes.SHA512()
    scheme = padding.PSS(mgf=padding.MGF1(sha512), salt_length=sha512.digest_size)
    try:
        key.verify(_from_base64url(signature.signature), message, scheme, sha512)
    except (InvalidSignature, ValueError) as error:
        raise BadSignature(f"{label}: the signature is wrong; nothing of it is used") from error


def _from_base64url(text: str) -> bytes:
    """ValueError if it is not valid."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from error
