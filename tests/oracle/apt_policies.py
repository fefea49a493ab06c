"""apt's own candidates under many preferences, recorded with the suites they were chosen from.

    python3 tests/oracle/apt_policies.py tests/recordings/apt/policies.json.gz [COUNT [SEED]]

Needs apt. Every suite is made up, served on this machine, and read into a folder of its own: nothing of the machine's
apt is touched. What is written has `suites` (source line, Release fields, Packages by component) and `cases`, each with
the text of a preferences file, APT::Default-Release, and the candidate of every package.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COUNT, SEED = "150", "5"
ARCHITECTURE = "amd64"
SUITES: list[dict[str, Any]] = [
    {"host": "127.0.0.1", "Origin": "Garden", "Label": "Garden", "Suite": "stable", "Version": "12.4",
     "Codename": "beech", "components": ["main", "contrib"]},
    {"host": "localhost", "Origin": "Garden", "Label": "Garden-Security", "Suite": "stable-security",
     "Version": "12", "Codename": "beech-security", "components": ["main"]},
    {"host": "127.0.0.1", "Origin": "Garden", "Label": "Garden", "Suite": "testing", "Codename": "cedar",
     "components": ["main", "contrib"]},
    {"host": "127.0.0.1", "Origin": "Garden Backports", "Label": "Backports", "Suite": "stable-backports",
     "Codename": "beech-backports", "NotAutomatic": "yes", "ButAutomaticUpgrades": "yes",
     "components": ["main"]},
    {"host": "localhost", "Origin": "Garden", "Label": "Garden", "Suite": "experimental",
     "Codename": "rc-buggy", "NotAutomatic": "yes", "components": ["main"]},
    {"host": "localhost", "Origin": "Shed", "Label": "Shed", "Suite": "tools", "Codename": "tools",
     "Version": "1.0", "ButAutomaticUpgrades": "yes", "components": ["main"]},
]  # fmt: skip
PACKAGES = [
    "rake",
    "hoe",
    "libhose1",
    "libhose-dev",
    "python3-seed",
    "seed-tools",
    "g++-mower",
    "bucket",
    "Mulch",
]
SOURCES = {
    "libhose1": "hose",
    "libhose-dev": "hose (1.0)",
    "python3-seed": "seed",
    "seed-tools": "seed",
}
VERSIONS = ["1.0-1", "1.0-2", "1.2~rc1-1", "1.2-1", "2.0-1", "2.0-1~bpo12+1", "1:0.9-1", "2.1+b1"]
PRIORITIES = ["-10", "-1", "1", "50", "99", "100", "101", "499", "500", "501", "990", "991", "1000", "1001",
              "32767", "-32768", " 700 ", "+600", "600x"]  # fmt: skip
NAMES = ["rake", "hoe", "libhose1", "bucket", "seed-tools", "python3-seed", "lib*", "*hose*", "?oe", "[hr]*", "/^lib/",
         "/e$/", "/[[:digit:]]/", "src:hose", "src:seed", "src:s*", "src:/^ho/", "rake:amd64", "rake:any",
         "hoe:i386", "g++-mower", "/g\\+\\+/", "Mulch", "mulch", "m*", "absent", "[!lr]*", "[^lr]*", "src:rake", "*"]  # fmt: skip
CONDITIONS = ["a=stable", "a=testing", "a=stable*", "n=beech", "n=/^beech/", "n=ced?r", "c=main", "c=contrib",
              "v=12.4", "v=12*", "v=1*", "o=Garden", "o=Garden*", "o=Shed", "l=Garden", "l=Garden-Security",
              "l=/garden/", "b=amd64", "b=i386", "o=garden", "A=experimental", "o=Garden Backports", "x=1", "n="]  # fmt: skip
RELEASES = ["stable", "cedar", "*", "12.4", "12*", "beech*", "/^t/", "tools", "nothing"]
ORIGINS = ["127.0.0.1", '"localhost"', '""', "", "local*", "/^127/", "nowhere"]
VERSION_PINS = [
    "1.0-1",
    "1.0*",
    "2*",
    "1.2~rc1-1",
    "/~bpo/",
    "*",
    "1:*",
    "2.0-?",
    "9.9",
    "[12].0-1",
]
LINES = ["# a comment", "Explanation: because", "Explanation: more", ""]


def stanza(draw: random.Random) -> str:
    """A stanza that is mostly in order."""
    names = (
        "*" if draw.random() < 0.4 else " ".join(draw.sample(NAMES, draw.choice([1, 1, 1, 2, 3])))
    )
    kind = draw.choice(["release", "release", "release", "origin", "version"])
    if kind == "version" and names == "*" and draw.random() < 0.8:
        kind = "release"
    if kind == "version":
        data = draw.choice(VERSION_PINS)
    elif kind == "origin":
        data = draw.choice(ORIGINS)
    elif draw.random() < 0.3:
        data = draw.choice(RELEASES)
    else:
        data = draw.choice([",", ", ", " , "]).join(
            draw.sample(CONDITIONS, draw.choice([1, 1, 2, 3]))
        )
    priority = "never" if names == "*" and draw.random() < 0.15 else draw.choice(PRIORITIES)
    pin = draw.choice(["Pin", "Pin", "pin", "PIN"])
    word = draw.choice([kind, kind, kind.title()])
    lines = [f"Package: {names}", f"{pin}: {word} {data}", f"Pin-Priority: {priority}"]
    if draw.random() < 0.3:
        lines.insert(draw.randrange(3), draw.choice(LINES[:3]))
    if draw.random() < 0.2:
        draw.shuffle(lines)
    return "\n".join(lines)


def preferences(draw: random.Random) -> str:
    return (
        draw.choice(["\n\n", "\n\n\n", "\n\n# between\n\n"]).join(
            stanza(draw) for _ in range(draw.choice([1, 2, 2, 3, 4, 6]))
        )
        + "\n"
    )


def made_suites(draw: random.Random) -> list[dict[str, Any]]:
    found = []
    for suite in SUITES:
        packages = {}
        for component in suite["components"]:
            stanzas = []
            for name in PACKAGES:
                if draw.random() < 0.55:
                    continue
                fields = {
                    "Package": name,
                    "Version": draw.choice(VERSIONS),
                    "Architecture": draw.choice(["amd64", "all"]),
                }
                if name in SOURCES:
                    fields["Source"] = SOURCES[name]
                fields |= {"Filename": f"pool/{name}.deb", "Size": "1", "SHA256": "0" * 64}
                stanzas.append("".join(f"{key}: {value}\n" for key, value in fields.items()))
            packages[component] = "\n".join(stanzas)
        found.append({**suite, "packages": packages})
    return found


def publish(suites: list[dict[str, Any]], folder: Path) -> None:
    for suite in suites:
        place = folder / "dists" / suite["Suite"]
        lines = []
        for component, text in suite["packages"].items():
            path = f"{component}/binary-{ARCHITECTURE}/Packages"
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text)
            lines.append(f" {hashlib.sha256(text.encode()).hexdigest()} {len(text)} {path}")
        head = [f"{key}: {value}" for key, value in suite.items() if key[0].isupper()]
        head += [f"Architectures: {ARCHITECTURE}", f"Components: {' '.join(suite['components'])}"]
        head += ["Date: Sat, 01 Nov 2025 10:00:00 UTC", "SHA256:", *lines]
        (place / "Release").write_text("\n".join(head) + "\n")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def main(answers_file: str, count: str = COUNT, seed: str = SEED) -> None:
    draw = random.Random(int(seed))
    suites = made_suites(draw)
    with tempfile.TemporaryDirectory(prefix="apt-policies-") as name:
        root = Path(name)
        publish(suites, root / "www")
        server = ThreadingHTTPServer(("", 0), partial(Quiet, directory=str(root / "www")))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ready(root, suites, server.server_port)
        cases: list[dict[str, Any]] = []
        while len(cases) < int(count):
            text = preferences(draw)
            release = draw.choice(
                ["", "", "", "", "testing", "n=cedar", "stable-backports", "12*", "o=Shed"]
            )
            if (candidates := asked(root, text, release)) is not None:
                cases.append(
                    {"preferences": text, "default_release": release, "candidates": candidates}
                )
        server.shutdown()
    data = json.dumps({"suites": suites, "cases": cases}, sort_keys=True).encode()
    Path(answers_file).write_bytes(gzip.compress(data, 9, mtime=0))


def ready(root: Path, suites: list[dict[str, Any]], port: int) -> None:
    for folder in ("state/lists/partial", "cache/archives/partial", "etc/preferences.d", "etc/apt.conf.d",
                   "etc/sources.list.d", "etc/trusted.gpg.d"):  # fmt: skip
        (root / folder).mkdir(parents=True)
    (root / "state/status").touch()
    (root / "etc/sources.list").write_text(
        "".join(
            f"deb [trusted=yes arch={ARCHITECTURE}] http://{each['host']}:{port}/ {each['Suite']}"
            f" {' '.join(each['components'])}\n"
            for each in suites
        )
    )
    (root / "apt.conf").write_text(
        f'Dir::State "{root}/state"; Dir::State::status "{root}/state/status"; Dir::Cache "{root}/cache";'
        f' Dir::Etc "{root}/etc"; APT::Architecture "{ARCHITECTURE}"; APT::Sandbox::User "root";'
        f' APT::Architectures {{"{ARCHITECTURE}";}}; Acquire::Languages "none"; Acquire::http::Proxy "DIRECT";'
    )
    run(root, "apt-get", "update")


def asked(root: Path, text: str, release: str) -> dict[str, str | None] | None:
    """The candidate of each package, None if there is none; nothing at all if apt refuses the file."""
    (root / "etc/preferences").write_text(text)
    done = run(root, "apt-cache", "-o", f"APT::Default-Release={release}", "policy", *PACKAGES)
    if done.returncode != 0 or "E: " in done.stderr:
        return None
    found: dict[str, str | None] = {}
    for name, candidate in re.findall(
        r"(?m)^(\S+):\n  Installed: .*\n  Candidate: (\S+)", done.stdout
    ):
        found[name] = None if candidate == "(none)" else candidate
    return found


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "APT_CONFIG": str(root / "apt.conf"), "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
