"""Whatever a registry's document holds in whatever place, nested to any depth: it is read, or malformed in a sentence."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from tgtui.registries.base import RegistryError
from tgtui.registries.brew.build import read_moves
from tgtui.registries.brew.document import read_cask, read_formula
from tgtui.registries.brew.jws import verified_payload
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.jsr.document import decode_meta, decode_version_meta
from tgtui.registries.npm.document import decode_packument

DEPTHS = (100, *range(800, 1_000, 20), 3_000, 100_000)
"""Also around the interpreter's own bound."""
HERE = "<here>"

NPM = {
    "name": "x", "_id": "x", "description": "d", "homepage": "h", "repository": {"url": "u"},
    "dist-tags": {"latest": "1.0.0"}, "time": {"1.0.0": "2020-01-01T00:00:00Z", "unpublished": None},
    "versions": {"1.0.0": {
        "name": "x", "version": "1.0.0", "deprecated": "x", "engines": {"node": "1"},
        "dependencies": {"a": "1"}, "peerDependencies": {"a": "1"}, "optionalDependencies": {"b": "1"},
        "peerDependenciesMeta": {"a": {"optional": True}}, "devDependencies": {"b": "1"},
    }},
}  # fmt: skip
JSR = {
    "scope": "s", "name": "n", "latest": "1.0.0", "githubRepository": {"owner": "a", "name": "b"},
    "versions": {"1.0.0": {"yanked": True, "createdAt": "2020-01-01T00:00:00Z"}},
}  # fmt: skip
JSR_VERSION = {"moduleGraph2": {"a": {"dependencies": [{"specifier": "npm:x"}]}}}
FORMULA = {
    "name": "a", "versions": {"stable": "1", "head": "HEAD"}, "revision": 1, "version_scheme": 1, "desc": "d",
    "homepage": "h", "urls": {"stable": {"url": "u"}, "head": {"url": "h"}}, "dependencies": ["a"],
    "uses_from_macos": ["a", {"b": "build"}], "uses_from_macos_bounds": [{"since": "catalina"}],
    "variations": {"sonoma": {"dependencies": ["b"]}}, "aliases": ["z"], "oldnames": ["q"],
    "deprecated": True, "deprecation_reason": "r", "deprecation_date": "d",
}  # fmt: skip
CASK = {
    "token": "t", "version": "1", "name": ["n"], "desc": "d", "url": "u", "old_tokens": ["x"],
    "depends_on": {"formula": ["a"], "cask": ["b"]}, "variations": {"sonoma": {"version": "2"}},
}  # fmt: skip
HEADER = {"alg": "PS512", "b64": False, "crit": ["b64"], "more": 1}
SIGNED = {
    "payload": "[]", "more": 1,
    "signatures": [{"protected": "x", "header": {"kid": "homebrew-1", "more": 1}, "signature": "s"}],
}  # fmt: skip


def packument(body: bytes) -> None:
    document = decode_packument(body, "x")
    for version in document.versions[:]:
        document.dependencies_of(version.version)


def entry(body: bytes, read: Callable[[object], object]) -> None:
    (raw,) = loose.decode(b"[" + body + b"]", list[msgspec.Raw])
    read(loose.value(raw))


def header(body: bytes) -> None:
    protected = base64.urlsafe_b64encode(body).decode()
    signature = {"protected": protected, "header": {"kid": "homebrew-1"}, "signature": "s"}
    signed = json.dumps({"payload": "[]", "signatures": [signature]}).encode()
    verified_payload(signed, b"", "brew: formula.jws.json")


READERS: dict[str, tuple[Any, Callable[[bytes], object]]] = {
    "npm": (NPM, packument),
    "jsr": (JSR, lambda body: decode_meta(body, "@s/n")),
    "jsr-version": (JSR_VERSION, lambda body: decode_version_meta(body, "@s/n", "1.0.0")),
    "formula": (FORMULA, lambda body: entry(body, lambda f: read_formula(f, "sonoma", recommended=True))),
    "cask": (CASK, lambda body: entry(body, lambda f: read_cask(f, "sonoma"))),
    "moves": ({"a": "b"}, lambda body: read_moves(body, "", "brew: moves")),
    "header": (HEADER, header),
    "signed": (SIGNED, lambda body: verified_payload(body, b"", "brew: formula.jws.json")),
}  # fmt: skip


def places(document: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    if isinstance(document, dict | list):
        inner = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in inner:
            yield from places(value, (*way, key))


def with_hole(document: Any, way: tuple[Any, ...]) -> Any:
    if not way:
        return HERE
    copy: Any = dict(document) if isinstance(document, dict) else list(document)
    copy[way[0]] = with_hole(copy[way[0]], way[1:])
    return copy


@pytest.mark.parametrize("what", READERS)
def test_any_depth_in_any_place_is_read_or_malformed(what: str) -> None:
    document, read = READERS[what]
    ended: set[bool] = set()
    for way in places(document):
        text = json.dumps(with_hole(document, way))
        for depth in DEPTHS:
            for begin, end in (("[", "]"), ('{"a":', "}")):
                nested = begin * depth + ("" if begin == "[" else "1") + end * depth
                try:
                    read(text.replace(f'"{HERE}"', nested).encode())
                    ended.add(True)
                except (RegistryError, ValueError, loose.NotJson):
                    ended.add(False)
    assert False in ended


def test_a_document_of_these_is_read_if_nothing_is_nested() -> None:
    for what in set(READERS) - {"header", "signed"}:
        document, read = READERS[what]
        read(json.dumps(document).encode())
