"""Which software a package is, to find the same software in several registries.

Two packages are the same software if they share an address (repository or homepage) and a name. The address
alone would link every package of a monorepo, the name alone everything called `utils`. `Registration.counterparts`
has the names that count with a version in place of an address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from tgtui.registries.registration import registration

FORGES = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"})
"""Hosts on which the first two parts of a path are a project."""
MAX_KEY = 300
"""Characters; a longer address is not a homepage."""


def software_keys(
    registry: str, name: str, homepage: str | None, repository: str | None
) -> list[str]:
    """`github.com/expressjs/express express`: an address and a name, for each the package has; sorted."""
    addresses = {address for link in (homepage, repository) if (address := _address(link))}
    names = {plain.casefold() for plain in registration(registry).software_names(name) if plain}
    keys = sorted(f"{address} {called}" for address in addresses for called in names)
    return [key for key in keys if len(key) <= MAX_KEY]


def _address(link: str | None) -> str | None:
    """Host and path without variations: scheme, www, case of the host, a slash at the end."""
    if not link:
        return None
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    segments: Sequence[str] = [part for part in parts.path.split("/") if part]
    if not host:
        return None
    if host in FORGES:
        if len(segments) < 2:
            return None
        owner, project = segments[0], re.sub(r"\.git$", "", segments[1])
        return f"{host}/{owner}/{project}".casefold()
    return "/".join((host, *segments)).replace("\0", "").replace(" ", "%20")
