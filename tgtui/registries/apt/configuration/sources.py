"""Which repositories apt reads on this machine: sources.list, its .list and .sources files, or the settings.

Source: sources.list(5), apt_auth.conf(5) and apt-secure(8).
"""

from __future__ import annotations

import base64
import logging
import platform
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import local_path
from tgtui.registries.apt.configuration.deb822 import BYTE_ORDER_MARK, read_deb822
from tgtui.registries.apt.configuration.files import read_file
from tgtui.registries.apt.configuration.words import NO, YES
from tgtui.registries.base import Lane
from tgtui.registries.http.rules import origin_of, shown_host

APT_FOLDER = Path("/etc/apt")
ARCHITECTURE = "$(ARCH)"
MIRROR = "mirror+"
"""Before the scheme of an address that is a list of mirrors; `mirror:` alone means `mirror+http:`."""
LOCAL = ("file", "copy")
"""Schemes of what is on this machine's disk."""
SCHEMES = tuple(f"{way}{scheme}" for way in ("", MIRROR) for scheme in ("http", "https", *LOCAL))
PART = re.compile(r"[A-Za-z0-9_.-]+\.(?:list|sources)")
"""apt ignores files of any other name, such as an editor's backups."""
MACHINES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv7l": "armhf",
    "armv6l": "armel",
    "i686": "i386",
    "i386": "i386",
    "ppc64le": "ppc64el",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
"""Names of processors: uname's to Debian's."""
NO_SOURCES = (
    "There are no apt sources: this machine has none in /etc/apt, or none that tgtui can read."
    " Set apt.sources, for example to"
    ' "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://HOST/debian bookworm main".'
)
OPTIONS = {
    "arch": "architectures",
    "arch+": "architectures-add",
    "arch-": "architectures-remove",
}
"""From options of a line to the names of deb822 fields, in lower case, if they differ."""
SECONDS = re.compile(r"[0-9]{1,15}")

log = logging.getLogger(__name__)


class LeftOut(Struct, frozen=True):
    """A part of apt's sources that is not read."""

    reason: str
    """A sentence."""
    is_mistake: bool
    """It is written wrongly; else it is of a kind that tgtui does not read."""


LeaveOut = Callable[[LeftOut], None]


def _log(left_out: LeftOut) -> None:
    log.warning("apt's sources: %s", left_out.reason)


class AptSource(Struct, frozen=True):
    """One suite of one repository."""

    uri: str
    """Ends with a slash."""
    suite: str
    """`bookworm`; a flat repository's path, which ends with a slash."""
    components: tuple[str, ...]
    """`main`; empty for a flat repository."""
    architectures: tuple[str, ...] = ()
    """Architectures it is read for; empty means all."""
    without: tuple[str, ...] = ()
    """Architectures it is not read for."""
    signed_by: str | None = None
    """A keyring's path, fingerprints, or a key itself; None: the keys apt trusts for everything."""
    is_trusted: bool = False
    """Used without a signature, because the sources say so (`trusted=yes`)."""
    checks_expiry: bool | None = None
    """`check-valid-until`; this and what follows: None if apt's configuration decides."""
    checks_date: bool | None = None
    """`check-date`."""
    max_future_s: int | None = None
    """`date-max-future`."""
    min_valid_s: int | None = None
    """`valid-until-min`."""
    max_valid_s: int | None = None
    """`valid-until-max`."""
    by_hash: str | None = None
    """`yes`, `no`, or `force`, even if the suite does not say that it has files by hash."""

    @property
    def is_flat(self) -> bool:
        """Without components: its index is beside its Release file."""
        return self.suite.endswith("/")

    @property
    def folder(self) -> str:
        """What a Release file's paths start from, below `uri`; ends with a slash unless it is empty."""
        if self.is_flat:
            return "" if self.suite == "./" else self.suite.lstrip("/")
        return f"dists/{self.suite}/"

    @property
    def mirror_list(self) -> str | None:
        """The address of the list of its mirrors, if `uri` is one."""
        if urlsplit(self.uri).scheme == "mirror":
            return f"http{self.uri.removeprefix('mirror').rstrip('/')}"
        return self.uri.removeprefix(MIRROR).rstrip("/") if self.uri.startswith(MIRROR) else None

    @property
    def label(self) -> str:
        """Its name in sentences: `bookworm-updates of mirror.example`."""
        uri = self.mirror_list or self.uri
        return f"{self.suite} of {local_path(uri) if is_local(uri) else shown_host(uri)}"

    def wants(self, architecture: str) -> bool:
        """Whether packages of the architecture are read from it."""
        listed = not self.architectures or architecture in self.architectures
        return listed and architecture not in self.without

    def on(self, architecture: str) -> AptSource:
        """The source for a machine of that architecture, which replaces `$(ARCH)`."""
        return replace(
            self,
            uri=self.uri.replace(ARCHITECTURE, architecture),
            suite=self.suite.replace(ARCHITECTURE, architecture),
        )


def read_sources(
    setting: str | Sequence[str] | None = None,
    *,
    folder: Path = APT_FOLDER,
    leave_out: LeaveOut = _log,
) -> list[AptSource]:
    """The settings' repositories, else the machine's own. SettingsError if there is none that can be read."""
    if setting is not None:
        lines = setting.splitlines() if isinstance(setting, str) else setting
        found = [source for line in lines for source in parse_line(line, "apt.sources", leave_out)]
    else:
        found = list(_of_machine(folder, leave_out))
    sources = list(dict.fromkeys(found))
    if not sources:
        raise SettingsError(NO_SOURCES)
    return sources


def lanes(setting: str | Sequence[str] | None) -> tuple[Lane, ...]:
    """One for all repositories, which form one index. SettingsError if there are no sources."""
    first = read_sources(setting, leave_out=lambda _left: None)[0]
    uri = first.mirror_list or first.uri
    return (Lane("apt", uri if is_local(uri) else origin_of(uri)),)


def parse_line(line: str, origin: str, leave_out: LeaveOut = _log) -> list[AptSource]:
    """`deb [options] uri suite component ...`; nothing for deb-src and comments. SettingsError for any other line."""
    text = _without_comment(line).strip()
    if not text:
        return []
    match = re.fullmatch(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+\S+)*)", text)
    if match is None:
        raise SettingsError(
            f"A line in {origin} is not an apt source: {_shown(text)!r}. Write: deb [options] URI SUITE COMPONENT..."
        )
    if match[1] != "deb":
        return []
    options: dict[str, str] = {}
    try:
        words = shlex.split(match[2] or "")
    except ValueError as error:
        raise SettingsError(
            f"A line in {origin} has options that can't be read: {_shown(text)!r}."
        ) from error
    for option in words:
        key, _, value = option.partition("=")
        options[OPTIONS.get(key.lower(), key.lower())] = value.replace(",", " ")
    return _sources([match[3]], [match[4]], match[5].split(), options, origin, leave_out)


def _scheme(uri: str, origin: str) -> str:
    if is_local(uri):
        return _scheme_of(uri)
    try:
        urlsplit(uri).port  # noqa: B018 - ValueError if it is no port
        return urlsplit(uri).scheme
    except ValueError as error:
        raise SettingsError(
            f"A source in {origin} has an invalid address: {_shown(uri)!r}."
        ) from error


def _shown(text: str) -> str:
    """Without a login in an address."""
    return re.sub(r"//[^/\s]*@", "//", text)[:80]


def _answer(word: str | None) -> bool | None:
    return None if word is None else word.lower() in YES


def _seconds(word: str | None) -> int | None:
    """Nothing for 0, as for apt."""
    return int(word) or None if word is not None and SECONDS.fullmatch(word) else None


def _without_comment(line: str) -> str:
    """A `#` within the brackets of the options does not begin a comment."""
    for match in re.finditer("#", line):
        before = line[: match.start()]
        if before.count("[") <= before.count("]"):
            return before
    return line


def parse_deb822(text: str, origin: str, leave_out: LeaveOut = _log) -> list[AptSource]:
    """The stanzas of a .sources file; `leave_out` is told of those that lack a required field."""
    found: list[AptSource] = []
    for fields in read_deb822(text):
        is_off = fields.get("enabled", "yes").lower() in NO
        if "deb" not in fields.get("types", "").split() or is_off:
            continue
        uris, suites = fields.get("uris", "").split(), fields.get("suites", "").split()
        components = fields.get("components", "").split()
        if not uris or not suites:
            leave_out(LeftOut(f"A stanza in {origin} names no URIs or no Suites.", True))
            continue
        try:
            found += _sources(uris, suites, components, fields, origin, leave_out)
        except SettingsError as error:
            leave_out(LeftOut(str(error), True))
    return found


def _of_machine(folder: Path, leave_out: LeaveOut) -> Iterable[AptSource]:
    """Everything apt would read. What is wrong is left out; apt itself would stop."""
    files = [folder / "sources.list"]
    parts = folder / "sources.list.d"
    if parts.is_dir():
        files += sorted(p for p in parts.iterdir() if PART.fullmatch(p.name))
    for file in files:
        text = read_file(file)
        if file.suffix == ".sources":
            yield from parse_deb822(text, str(file), leave_out)
            continue
        for line in text.removeprefix(BYTE_ORDER_MARK).split("\n"):
            try:
                yield from parse_line(line, str(file), leave_out)
            except SettingsError as error:
                leave_out(LeftOut(str(error), True))


def _sources(
    uris: Sequence[str],
    suites: Sequence[str],
    components: Sequence[str],
    fields: Mapping[str, str],
    origin: str,
    leave_out: LeaveOut,
) -> list[AptSource]:
    found: list[AptSource] = []
    for uri in uris:
        if _scheme(uri, origin) not in (*SCHEMES, "mirror"):
            reason = (
                f"{origin}: {_shown(uri)} is left out: tgtui reads http, https, file and mirror"
            )
            leave_out(LeftOut(reason, False))
            continue
        for suite in suites:
            if not suite.endswith("/") and not components:
                raise SettingsError(f"A source in {origin} names no component after {suite!r}.")
            found.append(
                AptSource(
                    uri=uri if uri.endswith("/") else uri + "/",
                    suite=suite,
                    components=() if suite.endswith("/") else tuple(components),
                    # Added packages are read anyway if the machine has them (apt-get(8)).
                    architectures=tuple(fields.get("architectures", "").split()),
                    without=tuple(fields.get("architectures-remove", "").split()),
                    signed_by=fields.get("signed-by", "").strip() or None,
                    is_trusted=fields.get("trusted", "").lower() in YES,
                    checks_expiry=_answer(fields.get("check-valid-until")),
                    checks_date=_answer(fields.get("check-date")),
                    max_future_s=_seconds(fields.get("date-max-future")),
                    min_valid_s=_seconds(fields.get("valid-until-min")),
                    max_valid_s=_seconds(fields.get("valid-until-max")),
                    by_hash=fields.get("by-hash", "").lower() or None,
                )
            )
    return found


def native_architectures(setting: str | None = None) -> tuple[str, ...]:
    """Those of the setting, else dpkg's own and foreign ones, else the processor's."""
    if setting is not None and setting.strip():
        return tuple(re.split(r"[\s,]+", setting.strip()))
    dpkg = shutil.which("dpkg")
    if dpkg is not None:
        found: list[str] = []
        for question in ("--print-architecture", "--print-foreign-architectures"):
            done = subprocess.run(  # noqa: S603 - a program of the system, no foreign text
                [dpkg, question], capture_output=True, text=True, timeout=10, check=False
            )
            found += done.stdout.split()
        if found:
            return tuple(found)
    machine = platform.machine().lower()
    return (MACHINES.get(machine, machine or "amd64"),)


def read_authorization(folder: Path = APT_FOLDER) -> list[tuple[str, str]]:
    """(machine, Authorization header) of apt's auth.conf and auth.conf.d, in order."""
    files = [folder / "auth.conf"]
    parts = folder / "auth.conf.d"
    if parts.is_dir():
        files += sorted(p for p in parts.iterdir() if p.suffix == ".conf")
    found: list[tuple[str, str]] = []
    for file in files:
        words = re.sub(r"(?<!\S)#.*", "", read_file(file)).split()
        entry: dict[str, str] = {}
        for key, value in zip(words[::2], words[1::2], strict=False):
            if key == "machine":
                entry = {}
            entry[key] = value
            if {"machine", "login", "password"} <= entry.keys():
                secret = f"{entry['login']}:{entry['password']}".encode()
                found.append((entry.pop("machine"), "Basic " + base64.b64encode(secret).decode()))
    return found


def authorization_for(url: str, entries: Sequence[tuple[str, str]]) -> str | None:
    """The header of the first entry that names the URL's host and a path above it; over https unless the entry says http."""
    parts = urlsplit(url)
    for machine, header in entries:
        scheme, sign, rest = machine.rpartition("://")
        wanted = urlsplit(f"{scheme if sign else 'https'}://{rest}")
        try:
            is_host = origin_of(wanted.geturl()) == origin_of(url)
        except ValueError:
            continue
        path = wanted.path.rstrip("/")
        if is_host and (not path or f"{parts.path}/".startswith(f"{path}/")):
            return header
    return None


def is_local(url: str) -> bool:
    """`file:/srv/debian`, `file:///srv/debian`, `copy:/srv/debian`."""
    return _scheme_of(url) in LOCAL


def _scheme_of(uri: str) -> str:
    """`urlsplit` refuses brackets, which a path may have."""
    return uri.partition(":")[0].lower()
