"""What kind of thing a dependency's specifier is: a version, range, tag, alias, git, a URL, a path.

Source: the behaviour of npm-package-arg (`npa.resolve`), whose order of questions is kept: file, alias,
known git host, other URL, anything with a slash, and only then what the registry can answer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from tgtui.versions.npm.giturl import decode_component, hosted_committish, parse_url
from tgtui.versions.npm.grammar import trim
from tgtui.versions.npm.names import check_npm_name, is_url_safe
from tgtui.versions.npm.ranges import MAX_CACHED_RANGE_CHARS, MAX_RANGE_CHARS, is_range
from tgtui.versions.npm.semver import parse_version

SpecifierKind = Literal[
    "version",
    "range",
    "tag",
    "alias",
    "git",
    "remote",
    "file",
    "directory",
    "unsupported",
    "invalid",
]
SpecifierErrorCode = Literal[
    "EINVALIDPACKAGENAME", "EINVALIDTAGNAME", "EUNSUPPORTEDPROTOCOL", "EINVALIDURL", "EINVALIDSPEC"
]

CACHED_SPECIFIERS = 8192
"""Classified specifiers kept in memory."""

_REGISTRY_KINDS = ("version", "range", "tag")
_FILE = re.compile(r"\.|~/|/|[a-zA-Z]:")
_ARCHIVE = re.compile(r"\.(?:tgz|tar\.gz|tar)\Z", re.IGNORECASE | re.ASCII)
_URL = re.compile(r"(?:git\+)?[a-z]+:", re.IGNORECASE | re.ASCII)
_LINE_END = "\n\r\u2028\u2029"
_SCP = re.compile(rf"[^@]+@[^:.]+\.[^:]+:[^{_LINE_END}]+")
_SSH_SCP = re.compile(
    rf"git\+ssh://([^:#]+:[^#]+)(?:#([^{_LINE_END}]*))?", re.IGNORECASE | re.ASCII
)
_PORT = re.compile(r":[0-9]+(?:/|\Z)")
_GIT_SCHEMES = ("git", "git+http", "git+https", "git+rsync", "git+ftp", "git+file", "git+ssh")


class Specifier(Struct, frozen=True):
    kind: SpecifierKind
    """`unsupported` and `invalid` carry an error, the others none."""
    name: str | None
    """The key it was declared under; an alias's real package is `target.name`."""
    wanted: str = ""
    """For version, range and tag: what the registry is asked for, without spaces around; '' is `*`."""
    target: Specifier | None = None
    """For an alias: what it stands for, always a version, range or tag with a name."""
    git_committish: str | None = None
    """For git: the branch, tag or commit after the #; None if there is none."""
    git_range: str | None = None
    """For git: the range of `#semver:range`."""
    error: str | None = None
    """Why it cannot be used, a sentence."""
    error_code: SpecifierErrorCode | None = None

    @property
    def registry(self) -> Specifier | None:
        """What to request from the registry: itself, an alias's target, or None if it comes from elsewhere."""
        return (
            self.target if self.kind == "alias" else self if self.kind in _REGISTRY_KINDS else None
        )


class _Refused(Exception):
    """Ends the classification with an error."""

    def __init__(self, code: SpecifierErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_specifier(name: str, raw: str) -> Specifier:
    """Classify the specifier of dependency `name`; never raises, an error is part of the answer."""
    return _read(name, raw)


def parse_argument(text: str) -> Specifier:
    """Classify what follows `npm install` or an alias's `npm:`: `react`, `react@18`, `@scope/x@^1`, a URL."""
    name_end = text.find("@", 1)
    name_part = text[:name_end] if name_end > 0 else text
    if _URL.match(text):
        return _read(None, text)
    if _SCP.fullmatch(text):
        return _read(None, f"git+ssh://{text}")
    if not name_part.startswith("@") and ("/" in name_part or _ARCHIVE.search(name_part)):
        return _read(None, text)
    if name_end > 0:
        return _read(name_part, text[name_end + 1 :] or "*")
    if check_npm_name(text).valid_for_old_packages:
        return _read(text, "*")
    return _read(None, text)


def _read(name: str | None, raw: str) -> Specifier:
    if len(raw) > MAX_RANGE_CHARS:
        return Specifier(
            "invalid",
            name,
            error=f"It is too long to be read: more than {MAX_RANGE_CHARS:,} characters.",
            error_code="EINVALIDSPEC",
        )
    read = _cached if len(raw) <= MAX_CACHED_RANGE_CHARS else _classified
    return read(name, raw)


def _classified(name: str | None, raw: str) -> Specifier:
    try:
        if name:
            _check_name(name)
        return _classify(name, raw)
    except _Refused as refused:
        kind: SpecifierKind = "unsupported" if refused.code == "EUNSUPPORTEDPROTOCOL" else "invalid"
        return Specifier(kind, name, error=str(refused), error_code=refused.code)


_cached = lru_cache(CACHED_SPECIFIERS)(_classified)


def _check_name(name: str) -> None:
    errors = check_npm_name(name).errors
    if errors:
        raise _Refused(
            "EINVALIDPACKAGENAME", f"{name[:80]!r} is not a package name: it {errors[0]}."
        )


def _classify(name: str | None, raw: str) -> Specifier:
    lowered = raw[:5].lower()
    if lowered == "file:" or _FILE.match(raw):
        return _path(name, raw)
    if lowered[:4] == "npm:":
        return _alias(name, raw)
    committish = hosted_committish(raw)
    if committish is not None:
        return _git(name, raw, committish)
    if _URL.match(raw):
        return _from_url(name, raw)
    if "/" in raw or _ARCHIVE.search(raw):
        return _path(name, raw)
    return _from_registry(name, raw)


def _path(name: str | None, raw: str) -> Specifier:
    return Specifier("file" if _ARCHIVE.search(raw) else "directory", name)


def _alias(name: str | None, raw: str) -> Specifier:
    target = parse_argument(raw[4:])
    if target.error is not None and target.error_code is not None:
        raise _Refused(target.error_code, target.error)
    if target.kind == "alias":
        raise _Refused("EINVALIDSPEC", "An alias of an alias is not supported.")
    if target.registry is None:
        raise _Refused("EINVALIDSPEC", "An alias works only for a package of the registry.")
    if not target.name:
        raise _Refused("EINVALIDSPEC", "An alias must name a package.")
    return Specifier("alias", name, target=target)


def _from_registry(name: str | None, raw: str) -> Specifier:
    wanted = trim(raw)
    if parse_version(wanted) is not None:
        return Specifier("version", name, wanted)
    if is_range(wanted):
        return Specifier("range", name, wanted)
    if not is_url_safe(wanted):
        raise _Refused(
            "EINVALIDTAGNAME", f"{wanted[:80]!r} is not a version or range, and can't be a tag."
        )
    return Specifier("tag", name, wanted)


def _from_url(name: str | None, raw: str) -> Specifier:
    # `git+ssh://git@host:user/repo` is not a URL, but common; digits there are a port.
    scp = _SSH_SCP.fullmatch(raw) if raw.startswith("git+ssh:") else None
    if scp and not _PORT.search(scp[1]):
        return _git(name, raw, scp[2] or "")
    is_git_file = raw.startswith("git+file://")  # may hold a Windows path
    url = parse_url(raw.replace("\\", "/") if is_git_file else raw)
    if url is None:
        raise _Refused("EINVALIDURL", f"{raw[:80]!r} is not a valid URL.")
    if url.scheme in _GIT_SCHEMES:
        return _git(name, raw, url.fragment)
    if url.scheme in ("http", "https"):
        return Specifier("remote", name)
    raise _Refused(
        "EUNSUPPORTEDPROTOCOL",
        f'npm refuses {raw[:80]!r}: Unsupported URL Type "{url.scheme[:40]}:".',
    )


def _git(name: str | None, raw: str, committish: str) -> Specifier:
    """Read `commit`, `semver:range` and `path:folder`, joined by `::`."""
    commit = git_range = folder = ""
    for part in committish.split("::") if committish else ():
        key, colon, value = part.partition(":")
        value = value.partition(":")[0]
        if not colon:
            if git_range or commit:
                raise _Refused("EINVALIDSPEC", "A git specifier names one commit or one range.")
            commit = part
        elif key == "semver":
            if git_range or commit:
                raise _Refused("EINVALIDSPEC", "A git specifier names one commit or one range.")
            git_range = _decoded(value)
        elif key == "path":
            if folder:
                raise _Refused("EINVALIDSPEC", "A git specifier names one folder.")
            folder = f"/{value}"
    return Specifier("git", name, git_committish=commit or None, git_range=git_range or None)


def _decoded(value: str) -> str:
    try:
        return decode_component(value)
    except ValueError:
        raise _Refused("EINVALIDSPEC", "The git range has a % that begins no escape.") from None
