"""URLs in dependency specifiers: the WHATWG reading npm uses, and which of them a known git host serves.

Sources: the URL standard (url.spec.whatwg.org, "URL parsing"), as far as it decides what kind of
specifier a text is, and the behaviour of npm's hosted-git-info.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from msgspec import Struct

from tgtui.versions.npm.grammar import SPACE

_SPECIAL_SCHEMES = ("http", "https", "ws", "wss", "ftp")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*):(.*)", re.DOTALL)
_FORBIDDEN_IN_HOST = re.compile(r"[\x00\t\n\r #/:<>?@\[\\\]^|]")
_FORBIDDEN_IN_DOMAIN = re.compile(r"[\x00-\x20\x7f#/:<>?@\[\\\]^|%]")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_PLAIN_IN_FRAGMENT = "".join(char for char in map(chr, range(0x21, 0x7F)) if char not in '"<>`')
_ENDS = "".join(map(chr, range(0x21)))
_REMOVED = str.maketrans("", "", "\t\n\r")
_DOT = re.compile(r"(?:\.|%2e)", re.IGNORECASE)
_DOTS = re.compile(r"(?:\.|%2e){2}", re.IGNORECASE)
_NOT_IN_SHORTHAND = re.compile(f"[{SPACE}@:]")
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:\[]*)(?::([0-9]{0,99}))?")
_MAX_PORT = 65535

_GIT_SSH = ("git+ssh", "git+https", "ssh", "https")
_HOSTS = {
    # domain: (shortcut, schemes it answers)
    "github.com": ("github", ("git", "http", *_GIT_SSH)),
    "bitbucket.org": ("bitbucket", _GIT_SSH),
    "gitlab.com": ("gitlab", _GIT_SSH),
    "gist.github.com": ("gist", ("git", *_GIT_SSH)),
    "git.sr.ht": ("sourcehut", ("git+ssh", "https")),
}
_NOT_REPOSITORIES = {"bitbucket": ("get",), "sourcehut": ("archive",)}
"""Third path segments that name a download, not a repository."""
_SHORTCUTS = {shortcut for shortcut, _ in _HOSTS.values()}
_KNOWN_SCHEMES = {*_SHORTCUTS, "git+ssh", "ssh", "git+https", "git", "http", "https", "git+http"}


class Url(Struct, frozen=True):
    """The parts of a URL that decide what it is."""

    scheme: str
    """In lower case, without the colon."""
    host: str
    """'' if there is none."""
    path: str
    """Dot segments resolved; for an opaque URL (`github:a/b`) all that follows the scheme."""
    fragment: str
    """Without the #, escaped where the standard escapes."""


def hosted_committish(text: str) -> str | None:
    """The text after the # (or the branch) if a known git host serves the specifier, else None.

    Known: GitHub, GitLab, Bitbucket, gists, sourcehut, as shortcuts (`user/repo`, `gist:1a2b`) and
    as URLs.
    """
    if "/" not in text and ":" not in text:
        return None
    url = _parse_git_url(f"github:{text}" if _is_github_shorthand(text) else text)
    if url is None:
        return None
    try:
        if url.scheme in _SHORTCUTS:
            path = url.path.removeprefix("/")
            decode_component(path.partition("@")[2] if "@" in path else path)
            return decode_component(url.fragment)
        shortcut, schemes = _HOSTS.get(url.host.removeprefix("www."), ("", ()))
        found = _repository(shortcut, url) if url.scheme in schemes else None
        return decode_component(found) if found is not None else None
    except ValueError:
        return None


def decode_component(text: str) -> str:
    """JavaScript's decodeURIComponent; ValueError if it throws."""
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise ValueError("a % that begins no escape")
    return unquote_to_bytes(text.encode("utf-8", "replace")).decode("utf-8")


def parse_url(text: str) -> Url | None:
    """Parse an absolute URL; None if it is invalid by the standard."""
    match = _SCHEME.fullmatch(text.strip(_ENDS).translate(_REMOVED))
    if match is None:
        return None
    scheme = match[1].lower()
    rest, _, fragment = match[2].partition("#")
    fragment = quote(fragment, safe=_PLAIN_IN_FRAGMENT, errors="replace")
    rest = rest.partition("?")[0]
    if scheme in _SPECIAL_SCHEMES:
        rest = "//" + rest.replace("\\", "/").lstrip("/")
    if not rest.startswith("//"):
        path = _resolve_dots(rest) if rest.startswith("/") else rest
        return Url(scheme, "", path, fragment)
    authority, slash, path = rest[2:].partition("/")
    host = _host(authority, scheme in _SPECIAL_SCHEMES)
    return None if host is None else Url(scheme, host, _resolve_dots(slash + path), fragment)


def _host(authority: str, special: bool) -> str | None:
    """The host of `user:password@host:port`; None if it is invalid."""
    _, at, host_port = authority.rpartition("@")
    match = _HOST_AND_PORT.fullmatch(host_port)
    if match is None or int(match[2] or "0") > _MAX_PORT:
        return None
    host = match[1]
    if not host:
        return None if special or at or match[2] is not None else ""
    if host.startswith("["):
        return host if _is_ipv6(host[1:-1]) else None
    if not special:
        return None if _FORBIDDEN_IN_HOST.search(host) else host
    return _domain(host)


def _domain(host: str) -> str | None:
    """A special URL's host: escapes decoded, compatibility characters folded, numbers checked."""
    try:
        raw = unquote_to_bytes(host.encode("utf-8")).decode("utf-8")
    except ValueError:
        return None
    name = unicodedata.normalize("NFKC", raw).lower()
    if not name or _FORBIDDEN_IN_DOMAIN.search(name):
        return None
    labels = name.split(".")
    if not all(_is_punycode(label) for label in labels if label.startswith("xn--")):
        return None
    if labels[-1] == "" and len(labels) > 1:
        labels.pop()
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        return name if _is_ipv4(labels) else None
    return name


def _is_punycode(label: str) -> bool:
    """Whether an `xn--` label says anything beyond ASCII that a host may hold."""
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
        return decoded.isprintable() and not decoded.isascii()
    except ValueError:
        return False


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_ipv4(labels: list[str]) -> bool:
    """Up to four numbers, decimal, octal or hexadecimal, the last one filling the remaining bytes."""
    numbers = []
    for label in labels:
        base = 16 if label.startswith("0x") else 8 if label.startswith("0") else 10
        digits = label[2:] or "0" if base == 16 else label
        allowed = {16: "[0-9a-f]{1,99}", 8: "[0-7]{1,99}", 10: "[0-9]{1,99}"}[base]
        if not re.fullmatch(allowed, digits):
            return False
        numbers.append(int(digits, base))
    return (
        len(numbers) <= 4
        and max(numbers[:-1], default=0) < 256
        and (numbers[-1] < 256 ** (5 - len(numbers)))
    )


def _resolve_dots(path: str) -> str:
    segments: list[str] = []
    parts = path.split("/")
    for index, part in enumerate(parts):
        is_dots = _DOTS.fullmatch(part) is not None
        if is_dots and len(segments) > 1:
            segments.pop()
        if not is_dots and not _DOT.fullmatch(part):
            segments.append(part)
        elif index == len(parts) - 1:
            segments.append("")
    return "/".join(segments)


def _is_github_shorthand(text: str) -> bool:
    """`user/repo`, with anything after a #."""
    path = text.partition("#")[0]
    return (
        text.find("/") > 0
        and path.count("/") <= 1
        and not path.endswith("/")
        and not path.startswith(".")
        and not _NOT_IN_SHORTHAND.search(path)
    )


def _parse_git_url(text: str) -> Url | None:
    """Parse, correcting common spellings: a missing `//`, `git@host:user/repo`."""
    corrected = _with_protocol(text)
    return parse_url(corrected) or parse_url(_without_scp_colon(corrected))


def _with_protocol(text: str) -> str:
    colon, at = text.find(":"), text.find("@")
    if colon >= 0 and (text[:colon] in _KNOWN_SCHEMES or text.startswith("://", colon)):
        return text
    # The rest has no known scheme: with an `@` it is ssh, else its slashes are missing.
    if at >= 0:
        return f"git+ssh://{text}" if at > colon else text
    return f"{text[: colon + 1]}//{text[colon + 1 :]}"


def _without_scp_colon(text: str) -> str:
    end = text.find("#")
    end = len(text) if end < 0 else end
    colon = text.rfind(":", 0, end)
    if colon > text.rfind("@", 0, end):
        text = f"{text[:colon]}/{text[colon + 1 :]}"
    if ":" not in text.partition("#")[0] and "//" not in text:
        text = f"git+ssh://{text}"
    return text


def _repository(shortcut: str, url: Url) -> str | None:
    """The committish of a repository's URL; None if the URL is of something else."""
    user, project, kind, branch = [*url.path.split("/"), "", "", "", ""][1:5]
    if shortcut == "gitlab":
        if "/-/" in url.path[1:] or "/archive.tar.gz" in url.path[1:]:
            return None
        user, _, project = url.path[1:].rpartition("/")
        kind = ""
    if shortcut == "gist":
        _check_escapes(user, project)
        return url.fragment if kind != "raw" and (user or project) else None
    if kind in _NOT_REPOSITORIES.get(shortcut, ()) or (
        shortcut == "github" and kind not in ("", "tree")
    ):
        return None
    project = project.removesuffix(".git")
    if not user or not project:
        return None
    _check_escapes(user, project)
    return branch if shortcut == "github" and kind else url.fragment


def _check_escapes(*parts: str) -> None:
    """ValueError if one of them can't be decoded."""
    for part in parts:
        decode_component(part)
