"""What `apt-get install` would install on an empty system, recorded with all that apt decided it by.

    .venv/bin/python tests/oracle/apt_closures.py tests/recordings/apt/closures.json.gz [COUNT [SEED]]

Needs apt, and apt's lists on this machine (`apt-get update`). It asks in a folder of its own, with an empty dpkg status.
What is written has `packages`, the stanzas that matter as a Packages file, and `answers`: package to what is installed
with recommendations and without. The packages of NAMED are always among them; a second each.
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
from pathlib import Path

from tgtui.versions.debian.relations import parse_group, split_field

COUNT, SEED = "12", "7"
MOST = 130
"""Packages of an answer that is recorded, unless it is named."""
NAMED = ("lava-dispatcher", "openvanilla-imgeneric-data-ja", "libjson-maybexs-perl", "libtest-redisserver-perl",
         "libasedrive-serial", "iswiss", "libcpan-mini-perl", "goobook", "php8.2-ast", "libpgobject-type-bytestring-perl")  # fmt: skip
FIELDS = (
    "Pre-Depends",
    "Depends",
    "Recommends",
    "Conflicts",
    "Breaks",
    "Replaces",
    "Enhances",
    "Suggests",
    "Provides",
)
FOLLOWED = ("Pre-Depends", "Depends", "Recommends")
LEAF = ("Package", "Version", "Architecture", "Provides", "Priority", "Essential", "Protected", "Important", "Multi-Arch")  # fmt: skip
KEPT = re.compile(rf"^({'|'.join({*LEAF, *FIELDS})}):.*\n(?:[ \t].*\n)*", re.MULTILINE)

Stanzas = dict[str, dict[str, str]]


def main(answers_file: str, count: str = COUNT, seed: str = SEED) -> None:
    with tempfile.TemporaryDirectory(prefix="apt-closures-") as name:
        root = Path(name)
        every = prepared(root)
        drawn = random.Random(int(seed)).sample(sorted(every), len(every))
        answers: dict[str, list[list[str]]] = {}
        for package in [*NAMED, *drawn]:
            if len(answers) == len(NAMED) + int(count):
                break
            told = [asked(root, package, recommends) for recommends in (True, False)]
            if None not in told and (package in NAMED or len(told[0] or ()) <= MOST):
                answers[package] = [each or [] for each in told]
    installed = {
        each.partition("=")[0] for told in answers.values() for some in told for each in some
    }
    stanzas = "\n".join(relevant(every, installed))
    found = {"packages": stanzas, "answers": answers}
    Path(answers_file).write_bytes(
        gzip.compress(json.dumps(found, sort_keys=True).encode(), 9, mtime=0)
    )


def prepared(root: Path) -> Stanzas:
    """apt's view of this machine's main suite in a folder of its own; its stanzas by package."""
    listed = run(
        None, "apt-get", "indextargets", "--format", "$(FILENAME)",
        "Created-By: Packages", "Component: main", f"Suite: {os.environ.get('SUITE', 'oldstable')}",
    ).split()  # fmt: skip
    text = run(None, "/usr/lib/apt/apt-helper", "cat-file", listed[0])
    place = root / "repository/dists/suite/main/binary-amd64"
    place.mkdir(parents=True)
    (place / "Packages").write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    (root / "repository/dists/suite/Release").write_text(
        "Suite: suite\nCodename: suite\nArchitectures: amd64\nComponents: main\n"
        f"SHA256:\n {digest} {len(text.encode())} main/binary-amd64/Packages\n"
    )
    for folder in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d",
                   "etc/sources.list.d", "etc/trusted.gpg.d"):  # fmt: skip
        (root / folder).mkdir(parents=True)
    (root / "state/status").touch()
    (root / "etc/sources.list").write_text(
        f"deb [trusted=yes arch=amd64] file:{root}/repository suite main\n"
    )
    (root / "apt.conf").write_text(
        f'Dir::State "{root}/state"; Dir::State::status "{root}/state/status"; Dir::Cache "{root}/cache";'
        f' Dir::Etc "{root}/etc"; APT::Architecture "amd64"; APT::Architectures {{"amd64";}};'
        ' APT::Sandbox::User "root"; Acquire::Languages "none"; Debug::NoLocking "1";'
    )
    run(root, "apt-get", "update")
    stanzas: Stanzas = {}
    for block in text.split("\n\n"):
        fields = {m[1]: m[0] for m in KEPT.finditer(block + "\n")}
        if "Package" in fields:
            stanzas[value(fields, "Package")] = fields
    return stanzas


def asked(root: Path, package: str, recommends: bool) -> list[str] | None:
    """`name=version` of all that would be installed; None if apt can't."""
    option = f"APT::Install-Recommends={str(recommends).lower()}"
    try:
        told = run(root, "apt-get", "-s", "-o", option, "install", package)
    except subprocess.CalledProcessError:
        return None
    return sorted(
        f"{name}={version}" for name, version in re.findall(r"(?m)^Inst (\S+) \((\S+)", told)
    )


def relevant(every: Stanzas, installed: set[str]) -> list[str]:
    """Stanzas of all that is installed or that following first choices reaches, and bare ones of what else could satisfy or conflict."""
    providers: dict[str, list[str]] = {}
    for name, fields in every.items():
        for group in split_field(value(fields, "Provides")):
            for relation in parse_group(group, "amd64").alternatives:
                providers.setdefault(relation.name, []).append(name)
    whole: set[str] = set()
    bare: set[str] = set()
    waiting = [*installed]
    while waiting:
        name = waiting.pop()
        if name in whole or name not in every:
            continue
        whole.add(name)
        for field in (*FOLLOWED, "Conflicts", "Breaks"):
            for group in split_field(value(every[name], field)):
                names = [r.name for r in parse_group(group, "amd64").alternatives]
                able = [
                    each
                    for n in names
                    for each in ([n] if n in every else []) + providers.get(n, [])
                ]
                bare.update(able)
                if field in FOLLOWED:
                    waiting += able[:1] if names[0] in every else able
    return [
        "".join(text for key, text in fields.items() if name in whole or key in LEAF)
        for name, fields in every.items()
        if name in whole or name in bare
    ]


def value(fields: dict[str, str], key: str) -> str:
    return fields.get(key, ":").partition(":")[2].strip()


def run(root: Path | None, *command: str) -> str:
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    if root is not None:
        env["APT_CONFIG"] = str(root / "apt.conf")
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
