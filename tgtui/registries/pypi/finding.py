"""What pip's and uv's `find-links` name: folders, files and pages, with files of any project.

Source: pip 26.3, `index/sources.py`. Of equal files that of an index is taken, then a page's, then a folder's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from msgspec import Struct

from tgtui.basics import clock
from tgtui.basics.files.trouble import why
from tgtui.registries.base import NotFound
from tgtui.registries.http.documents import DocumentSource, Wanted
from tgtui.registries.http.rules import shown_host
from tgtui.registries.pypi.documents.page import Page, page_of_links
from tgtui.registries.pypi.documents.told import Told, from_html
from tgtui.registries.pypi.target import Target

MAX_ENTRIES = 100_000
"""Of a folder."""
MAX_PAGE_BYTES = 32 << 20
TOLD_BYTES = 600
"""In memory, roughly."""
ACCEPT = "text/html"
ARCHIVES = (".whl", ".zip", ".gz", ".bz2", ".tgz", ".tbz", ".tar", ".xz", ".txz", ".tlz", ".lz", ".lzma")  # fmt: skip

log = logging.getLogger(__name__)


class Links(Struct, frozen=True):
    """The files that one of them has."""

    told: tuple[Told, ...]
    address: str
    """What their addresses are relative to."""

    @property
    def weight(self) -> int:
        """Bytes in memory, roughly."""
        return TOLD_BYTES * (1 + len(self.told))


class LinkSource:
    """All that `find-links` names, in its order."""

    def __init__(
        self, addresses: Sequence[str], documents: DocumentSource[Links], target: Target
    ) -> None:
        self._local = [each for each in addresses if each.startswith("file:")]
        self._remote = [each for each in addresses if not each.startswith("file:")]
        self._documents = documents
        self._target = target

    async def pages(self, name: str, max_age: float) -> list[tuple[str, Page, datetime, bool]]:
        """Its address, what it has of a project, when that was so, and whether no request went out. Raises RegistryError; a page
        or folder that is not there is left out, with a line in the log, as pip does."""
        if not self._local and not self._remote:
            return []
        found: list[tuple[str, Links, datetime, bool]] = []
        for address in self._local:
            here = await asyncio.to_thread(_read_local, address)
            found.append((address, here, clock.now(), True))
        for address in self._remote:
            try:
                found.append((address, *await self._fetched(address, max_age)))
            except NotFound:
                log.warning("find-links: nothing is at %s", shown_host(address))
        return [
            (address, page, when, is_cached)
            for address, links, when, is_cached in found
            if (page := page_of_links(links.told, name, links.address, self._target)) is not None
        ]

    async def aclose(self) -> None:
        await self._documents.aclose()

    async def _fetched(self, address: str, max_age: float) -> tuple[Links, datetime, bool]:
        if urlsplit(address).path.lower().endswith(ARCHIVES):
            return Links((_told(address),), address), clock.now(), True
        wanted: Wanted[Links] = Wanted(
            label=f"the page of find-links at {shown_host(address)}",
            url=address,
            accept=ACCEPT,
            decode=_decode,
            follows=True,
        )
        had, from_cache = await self._documents.get(wanted, max_age)
        return had.document, had.confirmed_at, from_cache


def path_of(url: str) -> Path | None:
    """The file of this machine that a file:// address names; None if it is not one."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(url2pathname(parts.path))


def _decode(body: bytes | bytearray, address: str) -> Links:
    return Links(tuple(from_html(body, address)), address)


def _told(address: str) -> Told:
    return Told(unquote(urlsplit(address).path.rpartition("/")[2]), address)


def _read_local(address: str) -> Links:
    path = path_of(address)
    found: list[Told] = []
    try:
        if path is not None and path.is_dir():
            for entry in sorted(path.iterdir(), reverse=True)[:MAX_ENTRIES]:
                if entry.name.lower().endswith(ARCHIVES):
                    found.append(Told(entry.name, entry.as_uri(), size=entry.stat().st_size))
                elif entry.suffix == ".html":
                    found += _of_page(entry)
        elif path is not None and path.suffix.lower() in (".html", ".htm"):
            found = _of_page(path)
        elif path is not None and path.exists():
            found = [_told(path.as_uri())]
        else:
            log.warning("find-links: there is no folder or file %s", path or address)
    except OSError as error:
        log.warning("find-links: %s can't be read: %s", path, why(error))
    return Links(tuple(found), address)


def _of_page(path: Path) -> list[Told]:
    if path.stat().st_size > MAX_PAGE_BYTES:
        return []
    return from_html(path.read_bytes(), path.as_uri())
