"""Writes pictures.json: the packages in the README's pictures, read once from the registry your npm uses.

    .venv/bin/python -m tests.recordings.make_pictures

Of each document stays what a screen can show: a few versions with their times, the tags among them, and the
dependencies of the versions that an install of the roots chooses.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tgtui.registries.npm.npmrc import NpmConfig, read_npm_config
from tgtui.versions.npm.pick import PickIndex, pick
from tgtui.versions.npm.semver import is_prerelease, sort_key
from tgtui.versions.rules import NotPicked

FILE = Path(__file__).with_name("pictures.json")
ROOTS = (
    "express",
    "express-rate-limit",
    "swagger-ui-express",
    "react",
    "react-dom",
    "react-is",
    "react-router",
    "react-router-dom",
    "react-redux",
    "react-hook-form",
    "react-refresh",
    "preact",
    "lucide-react",
    "vue",
    "hono",
    "typescript",
    "lodash",
    "axios",
    "zod",
    "prettier",
)
"""Recorded with everything an install of them brings."""
ALONE = ("webpack", "jest", "mongoose")
"""Recorded with the first level only: in the pictures it is still on its way."""
MOST_VERSIONS = 10
"""The newest ones of a package, besides those that are chosen."""
MOST_VERSIONS_SHOWN = 400
"""Of the package that is pictured itself."""
SHOWN = "express"
TAGS = ("latest", "next", "beta", "rc", "canary")
TIMES_SINCE = "2024-04"
"""Older ones may say when a mirror began to keep versions; in the pictures their place stays empty."""
ROOT_FIELDS = ("homepage", "repository")
MAPS = ("dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta")
ALL_LEVELS = 99
TIMEOUT_S = 60

Document = dict[str, Any]


def main() -> None:
    config = read_npm_config()
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=True) as client:
        documents = Documents(client, config)
        chosen = choose(documents)
    packages = {name: strip(documents[name], chosen[name]) for name in sorted(chosen)}
    recording = {"taken_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "packages": packages}
    text = json.dumps(recording, indent=0, ensure_ascii=False) + "\n"
    domain = ".".join((urlsplit(config.registry).hostname or "").split(".")[-2:])
    if domain and domain in text:
        sys.exit("The registry's address is in what would be recorded; strip that field too.")
    FILE.write_text(text, encoding="utf-8")
    print(f"{len(packages)} packages, {len(text) // 1000} kB")


class Documents(dict[str, Document]):
    """Documents by name, each read when it is first needed."""

    def __init__(self, client: httpx.Client, config: NpmConfig) -> None:
        super().__init__()
        self._client = client
        self._config = config

    def __missing__(self, name: str) -> Document:
        url = self._config.registry_for(name) + quote(name, safe="@")
        authorization = self._config.authorization_for(url)
        headers = {"Authorization": authorization} if authorization else {}
        answer = self._client.get(url, headers=headers).raise_for_status()
        document: Document = answer.json()
        self[name] = document
        return document


def choose(documents: Documents) -> dict[str, set[str]]:
    """Package to the versions that an install of the roots chooses."""
    chosen: dict[str, set[str]] = {}
    waiting = [(name, "latest", 1) for name in ALONE]
    waiting += [(name, "latest", ALL_LEVELS) for name in ROOTS]  # taken first
    while waiting:
        name, wanted, levels = waiting.pop()
        version = picked(documents[name], wanted)
        if version is None or version in chosen.setdefault(name, set()):
            continue
        chosen[name].add(version)
        if levels:
            below = brought(documents[name]["versions"][version])
            waiting.extend((target, wanted, levels - 1) for target, wanted in below)
    return chosen


def brought(version: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and range of what an install brings: all but optional peers."""
    for field in ("dependencies", "optionalDependencies"):
        yield from (version.get(field) or {}).items()
    optional = version.get("peerDependenciesMeta") or {}
    for name, wanted in (version.get("peerDependencies") or {}).items():
        if not optional.get(name, {}).get("optional"):
            yield name, wanted


def picked(document: Document, wanted: str) -> str | None:
    versions = document["versions"]
    deprecated = [version for version, said in versions.items() if said.get("deprecated")]
    choice = pick(PickIndex(versions, document["dist-tags"], deprecated), wanted)
    return None if isinstance(choice, NotPicked) else choice.version


def strip(document: Document, chosen: set[str]) -> Document:
    """What a screen can show of a document; addresses only of the roots."""
    name, time = document["name"], trusted_times(document)
    tags = {tag: document["dist-tags"][tag] for tag in TAGS if tag in document["dist-tags"]}
    releases = [version for version in document["versions"] if not is_prerelease(version)]
    most = MOST_VERSIONS_SHOWN if name == SHOWN else MOST_VERSIONS
    newest = sorted(releases, key=sort_key)[-most:]
    kept = sorted({*newest, *chosen, *tags.values()}, key=sort_key)
    fields = ("description", *(ROOT_FIELDS if name in ROOTS else ()))
    texts = {**document["versions"][tags["latest"]], **document}
    return {
        "name": name,
        **{field: texts[field] for field in fields if texts.get(field)},
        "dist-tags": tags,
        "time": {version: time[version] for version in kept if version in time},
        "versions": {
            version: strip_version(name, document["versions"][version], version in chosen)
            for version in kept
        },
    }


def trusted_times(document: Document) -> dict[str, str]:
    """Times that come no later than those of higher versions of their major.

    A mirror may give the time when it first read a version, which for old versions is the wrong year.
    """
    trusted: dict[str, str] = {}
    earliest: dict[str, str] = {}
    for version in sorted(document["versions"], key=sort_key, reverse=True):
        moment, major = document["time"].get(version, ""), version.partition(".")[0]
        if is_prerelease(version) or moment < TIMES_SINCE:
            continue
        if moment <= earliest.get(major, moment):
            trusted[version] = earliest[major] = moment
    return trusted


def strip_version(name: str, version: Mapping[str, Any], is_chosen: bool) -> Document:
    fields = ["deprecated"]
    if is_chosen:
        fields += [*MAPS, *(["devDependencies"] if name == SHOWN else [])]
    return {field: version[field] for field in fields if version.get(field)}


if __name__ == "__main__":
    main()
