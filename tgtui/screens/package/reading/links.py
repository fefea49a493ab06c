"""Where a link in a text leads: to a heading, to another file of the version, or to a page on the web."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from tgtui.basics.links import plain_host, shown_link, web_address
from tgtui.basics.text import clean
from tgtui.registries.archives.files import PackageText

MOST = 2_000
"""Characters of an address that can be opened."""
HOSTS = ("github.com", "gitlab.com", "codeberg.org")
"""Where a file's page is `/blob/COMMIT/path` below the repository."""
Kind = Literal["heading", "file", "page", "none"]


class Target(Struct, frozen=True):
    """What a link does. Everything in it is clean."""

    text: str
    kind: Kind
    address: str
    """As it is shown, and opened: a heading's anchor, a path, a web address."""
    warning: str = ""
    """What is wrong with it; then it should be looked at twice, or can't be opened."""


def target_of(
    text: str,
    link: str,
    *,
    within: PackageText,
    files: Collection[str] | None,
    repository: str | None,
) -> Target:
    """`within` is what the link stands in; `files` are those of the version, None if they are not known."""
    path = within.path
    words = clean(text, 120)
    if link.startswith("#"):
        return Target(words, "heading", clean(unquote(link[1:]), MOST))
    try:
        parts = urlsplit(link)
    except ValueError:
        return Target(words, "none", shown_link(link, MOST), "not a web address")
    if parts.scheme or link.startswith("//"):
        return _page(words, f"https:{link}" if link.startswith("//") else link)
    place = unquote(parts.path)
    from_root = place.startswith("/")
    folder = "" if from_root else posixpath.dirname(path)
    found = posixpath.normpath(posixpath.join(folder, place.lstrip("/"))) if place else path
    if files is None or found in files:
        return Target(words, "file", clean(found, MOST))
    # What is not published may be in the repository; `/x` is at its root, on every host.
    there = found if from_root else posixpath.normpath(posixpath.join(within.folder, found))
    if there.startswith(".."):
        return Target(words, "none", clean(link, MOST), "leads out of the package")
    base = web_address(repository, MOST) if repository else None
    if base is None or (urlsplit(base).hostname or "") not in HOSTS:
        return Target(words, "none", clean(found, MOST), "not among the version's files")
    commit = within.commit or "HEAD"
    return _page(words, f"{base.split('#')[0].rstrip('/')}/blob/{commit}/{quote(there)}")


def _page(words: str, link: str) -> Target:
    address = web_address(link, MOST)
    if address is None:
        scheme = link.partition(":")[0].lower()
        why = "not opened from here" if scheme == "mailto" else "not a web address"
        return Target(words, "none", shown_link(link, MOST), why)
    return Target(words, "page", address, _warning(words, address))


def _warning(words: str, address: str) -> str:
    host = urlsplit(address).hostname or ""
    if not host.isascii() or "xn--" in plain_host(host):
        return "the host has letters that are not ASCII"
    named = words.strip().split(" ")[0]
    if "://" in named or named.lower().startswith("www."):
        try:
            other = urlsplit(named if "://" in named else f"https://{named}").hostname or ""
        except ValueError:
            other = ""
        if other.removeprefix("www.") != host.removeprefix("www."):
            return "the text names another address"
    return ""
