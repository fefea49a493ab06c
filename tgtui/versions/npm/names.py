"""npm's rules for names, of new packages and of those older than the rules.

Source: the behaviour of npm's validate-npm-package-name and the name section of npm's package.json
documentation.
"""

from __future__ import annotations

import re

from msgspec import Struct

from tgtui.versions.npm.grammar import trim

MAX_NAME_CHARS = 214
"""Longest name of a new package, its scope included."""

_RESERVED = ("node_modules", "favicon.ico")
_URL_SAFE = re.compile(r"[A-Za-z0-9\-_.!~*'()]*")
"""What JavaScript's encodeURIComponent leaves as it is."""
_SCOPED = re.compile(r"(?:@([^/]+?)/)?([^/]+?)")
_SPECIAL = re.compile(r"[~'!()*]")

# The modules of node itself: no new package may have their names.
_CORE_MODULES = frozenset(
    """
    _http_agent _http_client _http_common _http_incoming _http_outgoing _http_server
    _stream_duplex _stream_passthrough _stream_readable _stream_transform _stream_wrap
    _stream_writable _tls_common _tls_wrap assert assert/strict async_hooks buffer child_process
    cluster console constants crypto dgram diagnostics_channel dns dns/promises domain events fs
    fs/promises http http2 https inspector inspector/promises module net os path path/posix
    path/win32 perf_hooks process punycode querystring readline readline/promises repl stream
    stream/consumers stream/promises stream/web string_decoder sys timers timers/promises tls
    trace_events tty url util util/types v8 vm wasi worker_threads zlib node:sea node:sqlite
    node:test node:test/reporters
    """.split()  # noqa: SIM905
)


class NameCheck(Struct, frozen=True):
    """npm's judgement of a name."""

    errors: tuple[str, ...]
    """Reasons no package can have this name, each completing "The name ..."."""
    warnings: tuple[str, ...]
    """Reasons no new package can; old ones, such as `JSONStream`, do."""

    @property
    def valid_for_old_packages(self) -> bool:
        """Whether a package of this name may exist."""
        return not self.errors

    @property
    def valid_for_new_packages(self) -> bool:
        """Whether npm would accept it for a package published today."""
        return not self.errors and not self.warnings


def npm_name_problem(name: str) -> str | None:
    """Why no npm package can have this name, a sentence; None if one can.

    Takes old names (capitals, `~'!()*`), but none above 214 characters: none such is served.
    """
    if len(name) > MAX_NAME_CHARS:
        return f"The name is too long: npm allows {MAX_NAME_CHARS} characters."
    errors = check_npm_name(name).errors
    return f"The name {errors[0]}." if errors else None


def is_url_safe(text: str) -> bool:
    """Whether JavaScript's encodeURIComponent would leave it as it is."""
    return _URL_SAFE.fullmatch(text) is not None


def check_npm_name(name: str) -> NameCheck:
    """Apply npm's rules; npm itself has no length limit for old packages."""
    return NameCheck(tuple(_errors(name)), tuple(_warnings(name)))


def _errors(name: str) -> list[str]:
    errors = []
    if not name:
        errors.append("is empty")
    if name.startswith("."):
        errors.append("starts with a period")
    if name.startswith("-"):
        errors.append("starts with a hyphen")
    if name.startswith("_"):
        errors.append("starts with an underscore")
    if trim(name) != name:
        errors.append("has spaces before or after it")
    if name.lower() in _RESERVED:
        errors.append("is reserved")
    if not is_url_safe(name):
        scoped = _SCOPED.fullmatch(name)
        if scoped and scoped[2].startswith("."):
            errors.append("starts with a period after the scope")
        if not (scoped and scoped[1] and is_url_safe(scoped[1]) and is_url_safe(scoped[2])):
            errors.append("has characters that a URL cannot carry")
    return errors


def _warnings(name: str) -> list[str]:
    warnings = []
    if name.lower() in _CORE_MODULES:
        warnings.append("is the name of a core module of node")
    if len(name) > MAX_NAME_CHARS:
        warnings.append(f"has more than {MAX_NAME_CHARS} characters")
    if name.lower() != name:
        warnings.append("has capital letters")
    if _SPECIAL.search(name.rsplit("/", 1)[-1]):
        warnings.append("has one of the characters ~'!()*")
    return warnings
