"""apt's own configuration for fetching sources: proxies, which dates are accepted, and files by hash.

Source: apt.conf(5), apt-transport-http(1) and apt-transport-https(1). `apt-config` reads the files; where there is no
apt there is no such configuration.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from tgtui.registries.apt.configuration.words import NO

SECONDS = 10
OPTION = re.compile(r'(?P<key>[^\s"]+) "(?P<value>.*)";')
PROXY = re.compile(r"acquire::(?P<scheme>https?)::proxy(?:::(?P<host>[^:\s]+))?", re.IGNORECASE)
BY_HASH = re.compile(r"(?:apt::)?acquire::(?:(?P<host>.+)::)?by-hash", re.IGNORECASE)
TIMES = re.compile(
    r"acquire::(?P<what>max-futuretime|max-validtime|min-validtime)(?:::(?P<label>.+))?",
    re.IGNORECASE,
)
MAX_FUTURE_S = 10
"""Seconds by which a suite's date may be ahead of this machine's clock, unless told otherwise."""
PREFERENCES = Path("/etc/apt/preferences")
PLACES = ("preferences", "preferencesparts")
DIRECT = "DIRECT"
"""apt's word for no proxy."""

log = logging.getLogger(__name__)


class AptConfig(Struct, frozen=True):
    """See apt.conf(5)."""

    proxies: Mapping[str, str | None] = field(default_factory=dict)
    """From the beginning of a URL (`http://`, `https://host`) to the proxy's URL; None for no proxy."""
    checks_expiry: bool = True
    """`Acquire::Check-Valid-Until`."""
    checks_date: bool = True
    """`Acquire::Check-Date`."""
    by_hash: Mapping[str, str] = field(default_factory=dict)
    """`Acquire::By-Hash` by host; under an empty one for all other hosts."""
    times: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Seconds by (`max-futuretime`, label of a suite); an empty label for all others. All in lower case."""
    preferences: Sequence[Path] = (PREFERENCES, PREFERENCES.with_name("preferences.d"))
    """`Dir::Etc::preferences` and `Dir::Etc::preferencesparts`."""
    default_release: str = ""
    """`APT::Default-Release`."""

    def seconds(self, what: str, label: str, default: int | None = None) -> int | None:
        """`Acquire::Max-FutureTime` and its like for suites with a label."""
        return self.times.get((what, label.lower()), self.times.get((what, ""), default))

    def by_hash_of(self, host: str) -> str:
        return self.by_hash.get(host.lower(), self.by_hash.get("", "yes"))

    def strict(self) -> AptConfig:
        """For sources of our own settings: every date is checked."""
        return replace(self, checks_expiry=True, checks_date=True, times={})


def read_config() -> AptConfig:
    """The configuration of apt on this machine. Blocks shortly."""
    program = shutil.which("apt-config")
    if program is None:
        return AptConfig()
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, no foreign text
            [program, "dump"], capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("apt's configuration can't be read: %s", error)
        return AptConfig()
    return parse_config(done.stdout)


def parse_config(dump: str) -> AptConfig:
    """Read the output of `apt-config dump`: `Acquire::http::Proxy "http://proxy:3128";`."""
    proxies: dict[str, str | None] = {}
    checks = {"acquire::check-valid-until": True, "acquire::check-date": True}
    by_hash: dict[str, str] = {}
    times: dict[tuple[str, str], int] = {}
    told: dict[str, str] = {}
    for line in dump.splitlines():
        option = OPTION.fullmatch(line.strip())
        if option is None:
            continue
        told[option["key"].lower()] = option["value"]
        if option["key"].lower() in checks:
            checks[option["key"].lower()] = option["value"].lower() not in NO
        if hashed := BY_HASH.fullmatch(option["key"]):
            by_hash[(hashed["host"] or "").lower()] = option["value"].lower()
        if (time := TIMES.fullmatch(option["key"])) and option["value"].isdecimal():
            times[time["what"].lower(), (time["label"] or "").lower()] = int(option["value"])
        proxy = PROXY.fullmatch(option["key"])
        if proxy is not None and option["value"]:
            _add_proxy(proxies, proxy["scheme"].lower(), proxy["host"] or "", option["value"])
    # https uses the http proxy if it has none of its own.
    for pattern, url in list(proxies.items()):
        if pattern.startswith("http://"):
            proxies.setdefault("https" + pattern.removeprefix("http"), url)
    return AptConfig(
        proxies,
        checks["acquire::check-valid-until"],
        checks["acquire::check-date"],
        by_hash,
        times,
        [path for name in PLACES if (path := _place(told, name)) is not None],
        told.get("apt::default-release", ""),
    )


def _place(told: Mapping[str, str], name: str) -> Path | None:
    """A file or folder of the configuration: relative to the one above it, unless it begins with a slash."""
    path = told.get(f"dir::etc::{name}", name.replace("parts", ".d"))
    if not path:
        return None
    for above, usual in (("dir::etc", "etc/apt"), ("dir", "/")):
        if not path.startswith(("/", "./")):
            path = f"{(told.get(above) or usual).rstrip('/')}/{path}"
    return Path(told.get("rootdir", "") + path)


def _add_proxy(proxies: dict[str, str | None], scheme: str, host: str, value: str) -> None:
    if value == DIRECT:
        proxies[f"{scheme}://{host}"] = None
    elif value.startswith(("http://", "https://")):
        proxies[f"{scheme}://{host}"] = value
    else:
        log.warning("apt's proxy for %s is left out: only http proxies can be used", scheme)
