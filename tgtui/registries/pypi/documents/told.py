"""What an index says of files, in JSON (PEP 691) or HTML (PEP 503), before anything is made of it."""

from __future__ import annotations

import contextlib
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import msgspec
from msgspec import Struct
from packaging.utils import canonicalize_name

from tgtui.registries.base import Malformed
from tgtui.registries.documents import loose_json as loose

MAX_FILES = 200_000
MAX_SIZE = 1 << 50
"""Bytes: what an index tells of more is no size of a file."""


class Told(Struct, rename="kebab"):
    """A file as the JSON has it; PEP 714's older key too. Hostile."""

    filename: str
    url: str
    hashes: dict[str, str] = {}
    requires_python: str | None = None
    size: int | None = None
    upload_time: str | None = None
    yanked: bool | str | None = False
    core_metadata: bool | dict[str, str] | None = None
    dist_info_metadata: bool | dict[str, str] | None = None

    @property
    def is_yanked(self) -> bool:
        """An empty reason yanks, too (PEP 592)."""
        return self.yanked is True or isinstance(self.yanked, str)

    @property
    def known_size(self) -> int | None:
        """In bytes; None if it is not told, or no file can have it."""
        return self.size if self.size is not None and 0 <= self.size < MAX_SIZE else None


class _Status(Struct):
    status: str = ""
    reason: str | None = None


class _Answer(Struct, rename="kebab"):
    name: str = ""
    files: list[Told] = []
    versions: list[str] = []
    project_status: _Status | None = None


class _LooseAnswer(Struct, rename="kebab"):
    name: msgspec.Raw = msgspec.Raw()
    files: list[msgspec.Raw] = []
    versions: list[msgspec.Raw] = []


def told_by(
    body: bytes | bytearray, label: str, name: str, address: str
) -> tuple[list[Told], list[str], str]:
    """(files, versions, status) of a project's page at `address`, in whichever form it is. Raises Malformed."""
    start = bytes(body[:1_000]).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return from_json(body, label, name)
    if start.startswith(b"<"):
        return from_html(body, address), [], ""
    raise Malformed(f"{label}: the index's answer is no page of a project")


def from_json(body: bytes | bytearray, label: str, name: str) -> tuple[list[Told], list[str], str]:
    """(files, versions, status). Raises Malformed."""
    try:
        found = msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = _loosely(body, label)
    if found.name and canonicalize_name(found.name) != name:
        raise Malformed(f"{label}: the index's answer is the page of another project")
    status = found.project_status.status if found.project_status else ""
    return found.files, found.versions, loose.text(status, 40) or ""


def _loosely(body: bytes | bytearray, label: str) -> _Answer:
    """Without the files that can't be read."""
    try:
        found = loose.decode(body, _LooseAnswer)
    except loose.NotJson as error:
        raise Malformed(f"{label}: the index's answer is no page of a project") from error
    files = []
    for raw in found.files[: MAX_FILES + 1]:
        try:
            files.append(msgspec.json.decode(raw, type=Told))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    versions = [each for raw in found.versions if isinstance(each := loose.value(raw), str)]
    called = loose.value(found.name)
    return _Answer(called if isinstance(called, str) else "", files, versions)


class _Links(HTMLParser):
    """The anchors of a page, and its base."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.found: list[Told] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "base" and not self.base:
            self.base = given.get("href") or ""
        if tag != "a" or not given.get("href"):
            return
        try:
            address, fragment = urldefrag(given["href"] or "")
            filename = unquote(urlsplit(address).path.rpartition("/")[2])
        except ValueError:
            return
        algorithm, _sign, digest = fragment.partition("=")
        metadata = given.get("data-core-metadata", given.get("data-dist-info-metadata"))
        has_metadata = "data-core-metadata" in given or "data-dist-info-metadata" in given
        yanked: bool | str = "data-yanked" in given and (given["data-yanked"] or True)
        named, _equals, told = (metadata or "").partition("=")
        self.found.append(
            Told(
                filename,
                address,
                {algorithm: digest} if digest else {},
                given.get("data-requires-python"),
                yanked=yanked,
                core_metadata=({named: told} if told else True) if has_metadata else None,
            )
        )


def from_html(body: bytes | bytearray, address: str) -> list[Told]:
    """The files that a page at `address` links to, each with its absolute address."""
    parser = _Links()
    parser.feed(bytes(body).decode("utf-8", "replace"))
    parser.close()
    found = []
    for each in parser.found:
        with contextlib.suppress(ValueError):
            each.url = urljoin(urljoin(address, parser.base), each.url)
            found.append(each)
    return found
