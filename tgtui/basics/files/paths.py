"""Paths as people and URLs write them. Whatever a system allows in a name stays in it: `?`, `%41`, `#`, any byte."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

_PLAIN = "/:"
"""Signs of paths that mean nothing else behind the authority of a URL."""


def expanded(text: str) -> Path:
    """`~` and `~name` at its start as a shell reads them; if no one has that name it is part of the path."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - pathlib raises for a name that no one has


def working_folder() -> Path:
    """The working directory; the home folder if it was deleted meanwhile."""
    try:
        return Path.cwd()
    except OSError:
        return Path.home()


def sqlite_url(path: Path) -> str:
    """The address of an SQLite file, as TGTUI_DATABASE_URL has it."""
    text = quote(os.fsencode(path), safe=_PLAIN)
    # `~` at the start of an address is a home folder.
    return f"sqlite:///{f'%7E{text[1:]}' if text.startswith('~') else text}"


def unquoted(text: str) -> str:
    """The path that a URL writes, whatever its bytes are: `/a%3Fb` is `/a?b`."""
    return os.fsdecode(unquote_to_bytes(os.fsencode(text)))


def local_path(url: str) -> Path:
    """The path of `file:/srv/debian` or `file:///srv/debian`. `?` and `#` belong to it, as apt reads them."""
    rest = url.partition(":")[2]
    if rest.startswith("//"):
        rest = f"/{rest[2:].partition('/')[2]}"
    return Path(unquoted(rest))
