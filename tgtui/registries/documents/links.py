"""Homepage and repository of an npm document: they may hold anything, the result is an address or None."""

from __future__ import annotations

import re

from tgtui.registries.documents.loose_json import text

MAX_LINK = 2_000
HOSTS = {
    "github": "https://github.com/",
    "gitlab": "https://gitlab.com/",
    "bitbucket": "https://bitbucket.org/",
    "gist": "https://gist.github.com/",
}
"""npm's shorthands (npm documentation, package.json `repository`)."""
SHORTHAND = re.compile(r"(?:(github|gitlab|bitbucket|gist):)?([\w.-]+(?:/[\w.-]+)?)(?:#.*)?")
SSH = re.compile(r"(?:git\+)?(?:ssh://)?git@([\w.-]+)[:/](.+)")


def homepage_of(found: object) -> str | None:
    """A web address, from a string or the first string of a list."""
    link = _first(found, "url")
    return link if link and re.match(r"https?://[^\s]+$", link) else None


def repository_of(found: object) -> str | None:
    """The repository's web address if it can be derived from a string, `{url}`, a shorthand or a list of these."""
    link = _first(found, "url")
    if not link or re.search(r"\s", link):
        return None
    ssh = SSH.fullmatch(link)
    if ssh:
        link = f"https://{ssh[1]}/{ssh[2]}"
    short = SHORTHAND.fullmatch(link)
    if short and (short[1] or "/" in short[2]):
        link = HOSTS[short[1] or "github"] + short[2]
    link = re.sub(r"^(?:git\+(?=https?://)|git(?=://))", "", link)
    if link.startswith("://"):
        link = "https" + link
    return re.sub(r"\.git(?=$|#)", "", link) if re.match(r"https?://", link) else None


def _first(found: object, key: str) -> str | None:
    """The string itself, the string under `key`, or that of the first item of a list which has one."""
    items = found[:10] if isinstance(found, list) else [found]
    for item in items:
        candidate = item.get(key) if isinstance(item, dict) else item
        if isinstance(candidate, str) and 0 < len(candidate.strip()) <= MAX_LINK:
            return text(candidate.strip(), MAX_LINK)
    return None
