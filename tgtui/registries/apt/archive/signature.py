"""Checks the signature of a Release file with gpgv, and judges gpgv's verdicts as apt does.

Source: apt-secure(8), and apt's own gpgv method. Only text that gpgv gives back as signed is ever parsed.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tgtui.basics.files.paths import expanded
from tgtui.basics.files.trouble import why
from tgtui.registries.apt.configuration.sources import APT_FOLDER, AptSource
from tgtui.registries.base import BadSignature

GPGV_SECONDS = 60.0
FINGERPRINT = re.compile(r"(?:0x)?([0-9A-Fa-f]{16,40}!?)")
"""With `!` it means exactly this key, not a subkey of it."""
KEY_ID_DIGITS = 16
"""Last digits of a fingerprint, by which GOODSIG names a key."""
PATHS = ("/", "~/")
ARMORED = b"-----BEGIN PGP SIGNATURE-----"
ARMOR = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\s*?\n(.*?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL
)
STRONG_DIGESTS = frozenset({"8", "9", "10", "11"})
"""SHA-256, 384, 512 and 224 (RFC 9580, 9.5). apt refuses signatures over any other digest."""
REASONS = {
    "EXPKEYSIG": "the key it was signed with has expired",
    "EXPSIG": "the signature has expired",
    "REVKEYSIG": "the key it was signed with was revoked",
}
"""By gpgv's words for signatures that count for nothing."""
NO_GPGV = (
    "the signature can't be checked: gpgv is not on this machine."
    " Install it (Debian, Ubuntu: sudo apt install gpgv; macOS: brew install gnupg)"
)


def verified_text(
    body: bytes, source: AptSource, folder: Path = APT_FOLDER, *, signature: bytes | None = None
) -> str:
    """The signed text of an InRelease file, or of a Release file with its `signature`.

    BadSignature, with a remedy, if it is not trusted. Blocks.
    """
    if source.is_trusted:
        return unsigned_text(body)
    if signature is not None and not signature.lstrip().startswith(ARMORED):
        raise BadSignature(
            f"apt: {source.label}: its Release.gpg is not in the text form that apt requires (gpg --armor)"
        )
    gpgv = shutil.which("gpgv") or shutil.which("gpgv2")
    if gpgv is None:
        raise BadSignature(f"apt: {source.label}: {NO_GPGV}")
    with tempfile.TemporaryDirectory(prefix="tgtui-apt-") as name:
        work = Path(name)
        keyring, signers = _keyring(source, folder, work)
        signed = work / "signed"
        command = [gpgv, "--homedir", str(work), "--ignore-time-conflict", "--status-fd", "1"]
        command += ["--keyring", str(keyring)]
        if signature is None:
            (work / "InRelease").write_bytes(body)
            command += ["--output", str(signed), str(work / "InRelease")]
        else:
            signed.write_bytes(body)
            (work / "Release.gpg").write_bytes(signature)
            command += [str(work / "Release.gpg"), str(signed)]
        _judge(_run(command, source), signers, source)
        return signed.read_bytes().decode("utf-8", "replace")


def unsigned_text(body: bytes) -> str:
    """The text of a file without checking its signature, for a source that says so (trusted=yes)."""
    text = body.decode("utf-8", "replace").replace("\r\n", "\n")
    match = re.search(
        r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[^\n]+\n)*\n(.*?)\n-----BEGIN PGP SIGNATURE",
        text,
        re.DOTALL,
    )
    return re.sub(r"(?m)^- ", "", match[1]) if match else text


def _run(command: Sequence[str], source: AptSource) -> list[list[str]]:
    """gpgv's status lines, each as words."""
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, our own paths
            command,
            capture_output=True,
            timeout=GPGV_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadSignature(f"apt: {source.label}: gpgv can't be run: {error}") from error
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return [line.split()[1:] for line in lines if line.startswith("[GNUPG:] ")]


def _judge(status: list[list[str]], signers: frozenset[str], source: AptSource) -> None:
    """Require one good signature of a trusted key and no wrong one. Others that count for nothing do no harm."""
    good: list[str] = []
    valid: dict[str, str] = {}
    is_weak = False
    for kind, *words in filter(None, status):
        if kind == "BADSIG":
            raise BadSignature(
                f"apt: {source.label}: the signature is wrong; the source is not used"
            )
        if kind == "GOODSIG":
            good.append(words[0][-KEY_ID_DIGITS:])
        elif kind == "VALIDSIG":
            valid[words[0]] = words[9]
            if words[7] not in STRONG_DIGESTS:
                is_weak = True
                good = [key for key in good if not words[0].endswith(key)]
    made_by = [(key, primary) for key, primary in valid.items() if key[-KEY_ID_DIGITS:] in good]
    if made_by and (not signers or any(_is_of(*pair, signers) for pair in made_by)):
        return
    kinds = {words[0] for words in status if words}
    reasons = [reason for kind, reason in REASONS.items() if kind in kinds]
    if is_weak:
        reasons.append("its signature uses a weak digest, such as SHA-1")
    if reasons and not made_by:
        raise BadSignature(f"apt: {source.label}: {reasons[0]}; the source is not used")
    if "NO_PUBKEY" in kinds:
        wanted = next(words[1] for words in status if words[:1] == ["NO_PUBKEY"])
        raise BadSignature(
            f"apt: {source.label}: it is signed with the key {wanted}, which"
            f" {'the keyring of its source' if source.signed_by else 'no keyring of apt'} does not have"
        )
    raise BadSignature(
        f"apt: {source.label}: it has no signature that is trusted; the source is not used"
    )


def _is_of(key: str, primary: str, signers: frozenset[str]) -> bool:
    """`key` made the signature, and belongs to `primary`."""
    return any(
        key.endswith(signer.rstrip("!")) or (signer[-1] != "!" and primary.endswith(signer))
        for signer in signers
    )


def _keyring(source: AptSource, folder: Path, work: Path) -> tuple[Path, frozenset[str]]:
    """A keyring of all keys trusted for the source, and the fingerprints it narrows them to."""
    signed_by = source.signed_by
    signers: set[str] = set()
    if signed_by is not None and "BEGIN PGP" in signed_by:
        keys = _dearmored(signed_by, source)
    else:
        parts = [part for part in re.split(r"[\s,]+", signed_by or "") if part]
        files = [expanded(part) for part in parts if part.startswith(PATHS)]
        for part in parts:
            match = FINGERPRINT.fullmatch(part)
            if match:
                signers.add(match[1].upper())
            elif not part.startswith(PATHS):
                raise BadSignature(
                    f"apt: {source.label}: its signed-by is neither a file nor a key's fingerprint"
                )
        keys = b"".join(_read_key(file, source) for file in files or _trusted(folder))
    if not keys:
        raise BadSignature(
            f"apt: {source.label}: there is no key to check its signature with;"
            " name a keyring in its source (signed-by)"
        )
    keyring = work / "keyring.gpg"
    keyring.write_bytes(keys)
    return keyring, frozenset(signers)


def _trusted(folder: Path) -> list[Path]:
    """The keys that apt trusts for sources without signed-by."""
    parts = folder / "trusted.gpg.d"
    found = (
        sorted(p for p in parts.iterdir() if p.suffix in (".gpg", ".asc")) if parts.is_dir() else []
    )
    main = folder / "trusted.gpg"
    return [path for path in (main, *found) if path.is_file() and path.stat().st_size]


def _read_key(file: Path, source: AptSource) -> bytes:
    try:
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        reason = why(error) if isinstance(error, OSError) else "no file can have that name"
        raise BadSignature(
            f"apt: {source.label}: the keyring {str(file)!r} can't be read: {reason}"
        ) from error
    if b"-----BEGIN PGP" in data:
        return _dearmored(data.decode("ascii", "replace"), source)
    return data


def _dearmored(text: str, source: AptSource) -> bytes:
    """gpgv reads binary keys only (RFC 9580, 6.2 describes the armor)."""
    found = b""
    for match in ARMOR.finditer(text.replace("\r\n", "\n") + "\n"):
        body = match[1].partition("\n\n")[2] if ":" in match[1].split("\n\n")[0] else match[1]
        lines = [line for line in body.split("\n") if line.strip() and not line.startswith("=")]
        try:
            found += base64.b64decode("".join(lines), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadSignature(f"apt: {source.label}: a key of its keyring is damaged") from error
    return found
