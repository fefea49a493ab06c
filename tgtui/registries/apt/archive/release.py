"""InRelease: checks its signature with gpgv, then reads the list of the suite's indexes.

Source: apt-secure(8), the repository format of Debian, and how apt's own gpgv method reads gpgv's status. Only
text that gpgv gives back as signed is ever parsed.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from tgtui.registries.apt.configuration.sources import APT_FOLDER, AptSource
from tgtui.registries.apt.configuration.words import YES
from tgtui.registries.base import BadSignature, Malformed

GPGV_SECONDS = 60.0
MAX_RELEASE_BYTES = 8 << 20
"""Bytes of a Release file; Debian's largest have 200 KB."""
HASH_LINE = re.compile(r" ([0-9a-fA-F]{64}) +([0-9]{1,15}) +(\S+)")
FINGERPRINT = re.compile(r"(?:0x)?([0-9A-Fa-f]{16,40}!?)")
"""With `!` it means exactly this key, not a subkey of it."""
ARMOR = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----\s*?\n(.*?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL
)
REFUSED = ("BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG")
"""gpgv's words for a signature that must not be trusted, even beside good ones."""
NO_GPGV = (
    "the signature can't be checked: gpgv is not on this machine."
    " Install it (Debian, Ubuntu: sudo apt install gpgv; macOS: brew install gnupg)"
)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One file a Release lists."""

    sha256: str
    """Hexadecimal, lower case."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Release:
    """The contents of a verified Release file."""

    date: datetime | None
    """When it was made, UTC."""
    valid_until: datetime | None
    origin: str
    label: str
    version: str
    codename: str
    suite: str
    architectures: tuple[str, ...]
    by_hash: bool
    """Indexes are also available by hash."""
    has_all_apart: bool
    """Packages of architecture `all` have their own index, and are not in the others."""
    pin: int
    """apt's priority of its versions: 500; 100 or 1 if the suite asks not to be preferred."""
    files: Mapping[str, IndexEntry]
    """By path below the suite's folder."""


def verified_text(body: bytes, source: AptSource, folder: Path = APT_FOLDER) -> str:
    """The signed text of an InRelease file. BadSignature, with a remedy, if it is not trusted. Blocks."""
    if source.is_trusted:
        return _unsigned(body.decode("utf-8", "replace"))
    gpgv = shutil.which("gpgv") or shutil.which("gpgv2")
    if gpgv is None:
        raise BadSignature(f"apt: {source.label}: {NO_GPGV}")
    with tempfile.TemporaryDirectory(prefix="tgtui-apt-") as name:
        work = Path(name)
        keyring, signers = _keyring(source, folder, work)
        (work / "InRelease").write_bytes(body)
        status = _run_gpgv(gpgv, keyring, work, source)
        _judge(status, signers, source, keyring)
        return (work / "signed").read_bytes().decode("utf-8", "replace")


def _run_gpgv(gpgv: str, keyring: Path, work: Path, source: AptSource) -> list[list[str]]:
    """gpgv's status lines, each as words."""
    command = [gpgv, "--homedir", str(work), "--status-fd", "1", "--keyring", str(keyring)]
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, our own paths
            [*command, "--output", str(work / "signed"), str(work / "InRelease")],
            capture_output=True,
            timeout=GPGV_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadSignature(f"apt: {source.label}: gpgv can't be run: {error}") from error
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return [line.split()[1:] for line in lines if line.startswith("[GNUPG:] ")]


def _judge(
    status: list[list[str]], signers: frozenset[str], source: AptSource, keyring: Path
) -> None:
    """Require at least one good signature of a trusted key, and no bad one."""
    kinds = {words[0] for words in status if words}
    refused = [kind for kind in REFUSED if kind in kinds]
    if refused:
        reason = {
            "BADSIG": "the signature is wrong",
            "EXPSIG": "the signature has expired",
            "EXPKEYSIG": "the key it was signed with has expired",
            "REVKEYSIG": "the key it was signed with was revoked",
        }[refused[0]]
        raise BadSignature(f"apt: {source.label}: {reason}; nothing of it is used")
    valid = [words for words in status if words[:1] == ["VALIDSIG"]]
    keys = [(words[1], words[-1]) for words in valid]
    if "GOODSIG" in kinds and (not signers or any(_is_of(*pair, signers) for pair in keys)):
        return
    if "NO_PUBKEY" in kinds:
        wanted = next(words[1] for words in status if words[:1] == ["NO_PUBKEY"])
        raise BadSignature(
            f"apt: {source.label}: it is signed with the key {wanted}, which"
            f" {'the keyring of its source' if source.signed_by else 'no keyring of apt'} does not have"
        )
    raise BadSignature(
        f"apt: {source.label}: it has no signature that is trusted; nothing of it is used"
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
        files = [Path(part).expanduser() for part in parts if part.startswith(("/", "~"))]
        for part in parts:
            match = FINGERPRINT.fullmatch(part)
            if match:
                signers.add(match[1].upper())
            elif not part.startswith(("/", "~")):
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
    except OSError as error:
        raise BadSignature(
            f"apt: {source.label}: the keyring {file} can't be read: {error.strerror}"
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


def _unsigned(text: str) -> str:
    """The text of a clear-signed file without checking it, for a source that says so (trusted=yes)."""
    match = re.search(
        r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[^\n]+\n)*\n(.*?)\n-----BEGIN PGP SIGNATURE",
        text,
        re.DOTALL,
    )
    return re.sub(r"(?m)^- ", "", match[1]) if match else text


def parse_release(text: str, label: str) -> Release:
    """Malformed if it lists no SHA-256 hashes."""
    fields: dict[str, str] = {}
    files: dict[str, IndexEntry] = {}
    key = ""
    for line in text.splitlines():
        if line[:1] == " ":
            match = HASH_LINE.fullmatch(line.rstrip()) if key == "sha256" else None
            if match:
                files[match[3]] = IndexEntry(match[1].lower(), int(match[2]))
            continue
        key, _, value = line.partition(":")
        key = key.strip().lower()
        fields[key] = value.strip()
    if not files:
        raise Malformed(f"{label}: its Release file lists no indexes with SHA-256 hashes")
    is_held_back = fields.get("notautomatic", "").lower() in YES
    upgrades = fields.get("butautomaticupgrades", "").lower() in YES
    return Release(
        date=_moment(fields.get("date")),
        valid_until=_moment(fields.get("valid-until")),
        origin=fields.get("origin", ""),
        label=fields.get("label", ""),
        version=fields.get("version", ""),
        codename=fields.get("codename", "") or fields.get("suite", ""),
        suite=fields.get("suite", ""),
        architectures=tuple(fields.get("architectures", "").split()),
        by_hash=fields.get("acquire-by-hash", "").lower() == "yes",
        has_all_apart=(
            "all" in fields.get("architectures", "").split()
            and fields.get("no-support-for-architecture-all", "").lower() != "packages"
        ),
        pin=100 if upgrades else 1 if is_held_back else 500,
        files=files,
    )


def _moment(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, IndexError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
