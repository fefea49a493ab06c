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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from tgtui.basics.errors import SettingsError
from tgtui.basics.files.paths import local_path
from tgtui.basics.files.trouble import why
from tgtui.registries.apt.configuration.words import NO, YES
from tgtui.registries.http.rules import origin_of, shown_host

APT_FOLDER = Path("/etc/apt")
ARCHITECTURE = "$(ARCH)"
SCHEMES = ("file", "copy")
"""Schemes of repositories on this machine's disk."""
PART = re.compile(r"[A-Za-z0-9_.-]+\.(?:list|sources)")
"""apt ignores files of any other name, such as an editor's backups."""
MAX_FILE_BYTES = 1 << 20
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
    "signed-by": "signed-by",
    "trusted": "trusted",
    "check-valid-until": "check-valid-until",
}
"""From options of a line to the names of deb822 fields, in lower case."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AptSource:
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
    checks_expiry: bool = True

    @property
    def is_flat(self) -> bool:
        """Without components: its index is beside its Release file."""
        return self.suite.endswith("/")

    @property
    def folder(self) -> str:
        """The address that a Release file's paths start from, with a slash at its end."""
        if self.is_flat:
            return self.uri if self.suite == "./" else self.uri + self.suite.lstrip("/")
        return f"{self.uri}dists/{self.suite}/"

    @property
    def label(self) -> str:
        """Its name in sentences: `bookworm-updates of mirror.example`."""
        place = local_path(self.uri) if is_local(self.uri) else shown_host(self.uri)
        return f"{self.suite} of {place}"

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
    setting: str | Sequence[str] | None = None, *, folder: Path = APT_FOLDER
) -> list[AptSource]:
    """The settings' repositories, else the machine's own. SettingsError if there is none that can be read."""
    if setting is not None:
        lines = setting.splitlines() if isinstance(setting, str) else setting
        found = [source for line in lines for source in parse_line(line, "apt.sources")]
    else:
        found = list(_of_machine(folder))
    sources = list(dict.fromkeys(found))
    if not sources:
        raise SettingsError(NO_SOURCES)
    return sources


def parse_line(line: str, origin: str) -> list[AptSource]:
    """`deb [options] uri suite component ...`; nothing for deb-src and comments. SettingsError for any other line."""
    text = line.partition("#")[0].strip()
    if not text:
        return []
    match = re.fullmatch(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+\S+)*)", text)
    if match is None:
        raise SettingsError(
            f"A line in {origin} is not an apt source: {text[:80]!r}. Write: deb [options] URI SUITE COMPONENT..."
        )
    if match[1] != "deb":
        return []
    options: dict[str, str] = {}
    for option in shlex.split(match[2] or ""):
        key, _, value = option.partition("=")
        options[OPTIONS.get(key.lower(), key.lower())] = value.replace(",", " ")
    return _sources([match[3]], [match[4]], match[5].split(), options, origin)


def parse_deb822(text: str, origin: str) -> list[AptSource]:
    """The stanzas of a .sources file. SettingsError if one lacks a required field."""
    found: list[AptSource] = []
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields = _fields(stanza)
        is_off = fields.get("enabled", "yes").lower() in NO
        if "deb" not in fields.get("types", "").split() or is_off:
            continue
        uris, suites = fields.get("uris", "").split(), fields.get("suites", "").split()
        if not uris or not suites:
            raise SettingsError(f"A stanza in {origin} names no URIs or no Suites.")
        found += _sources(uris, suites, fields.get("components", "").split(), fields, origin)
    return found


def _of_machine(folder: Path) -> Iterable[AptSource]:
    """Everything apt would read. A wrong file is skipped and logged; apt itself would stop."""
    files = [folder / "sources.list"]
    parts = folder / "sources.list.d"
    if parts.is_dir():
        files += sorted(p for p in parts.iterdir() if PART.fullmatch(p.name))
    for file in files:
        text = _read(file)
        try:
            if file.suffix == ".sources":
                yield from parse_deb822(text, str(file))
            else:
                for line in text.splitlines():
                    yield from parse_line(line, str(file))
        except SettingsError as error:
            log.warning("apt's sources: %s", error)


def _sources(
    uris: Sequence[str],
    suites: Sequence[str],
    components: Sequence[str],
    fields: Mapping[str, str],
    origin: str,
) -> list[AptSource]:
    found: list[AptSource] = []
    for uri in uris:
        if _scheme(uri) not in ("http", "https", *SCHEMES):
            log.warning("%s: %s is left out: tgtui reads http, https and file", origin, uri[:80])
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
                    checks_expiry=fields.get("check-valid-until", "").lower() not in NO,
                )
            )
    return found


def _fields(stanza: str) -> dict[str, str]:
    """From fields in lower case to values; line breaks in values are kept, ` .` is an empty line."""
    fields: dict[str, str] = {}
    key = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t"):
            if key:
                fields[key] += "\n" + ("" if line.strip() == "." else line.strip())
            continue
        key, colon, value = line.partition(":")
        key = key.strip().lower() if colon else ""
        if key:
            fields[key] = value.strip()
    return fields


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
        words = re.sub(r"#.*", "", _read(file)).split()
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


def _read(file: Path) -> str:
    try:
        if not file.is_file():
            return ""
        with file.open("rb") as opened:
            return opened.read(MAX_FILE_BYTES).decode("utf-8", "replace")
    except OSError as error:
        log.warning("%s can't be read: %s", file, why(error))
        return ""


def is_local(url: str) -> bool:
    """`file:/srv/debian`, `file:///srv/debian`, `copy:/srv/debian`."""
    return _scheme(url) in SCHEMES


def _scheme(uri: str) -> str:
    """`urlsplit` refuses brackets, which a path may have."""
    return uri.partition(":")[0].lower()
