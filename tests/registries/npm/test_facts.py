from __future__ import annotations

import json
from typing import Any

import pytest

from tgtui.registries.base import Facts
from tgtui.registries.npm.document import decode_packument


def facts(version: dict[str, Any], /, **document: Any) -> Facts:
    """Of the only version of a document."""
    body = {"name": "a", "versions": {"1.0.0": {"version": "1.0.0", **version}}, **document}
    return decode_packument(json.dumps(body).encode(), "a").facts_of("1.0.0")


DOCUMENTED: dict[str, Any] = {
    "license": "MIT",
    "keywords": ["cli", "terminal", "cli"],
    "author": {"name": "Ada L.", "email": "ada@mail.example", "url": "https://ada.example"},
    "maintainers": [
        {"name": "ada", "email": "ada@mail.example"},
        "Bob <bob@mail.example> (https://x)",
    ],
    "engines": {"node": ">=18", "npm": ">=9"},
    "os": ["darwin", "!win32"],
    "cpu": "x64",
    "libc": ["glibc"],
    "types": "./index.d.ts",
    "type": "module",
    "scripts": {"postinstall": "node x", "prepare": "tsc", "install-all": "x"},
    "hasInstallScript": True,
    "dist": {
        "tarball": "https://registry.example/a.tgz",
        "unpackedSize": 12_345,
        "fileCount": 7,
        "signatures": [{"keyid": "SHA256:x", "sig": "y"}],
        "attestations": {"url": "https://registry.example/x", "provenance": {}},
    },
}
"""A version's object as the registry's documentation describes it."""


def test_all_that_a_document_says_is_read() -> None:
    assert facts(DOCUMENTED) == Facts(
        licence="MIT",
        unpacked_size=12_345,
        file_count=7,
        keywords=("cli", "terminal"),
        maintainers=("ada", "Bob"),
        author="Ada L.",
        engines=(("node", ">=18"), ("npm", ">=9")),
        os=("darwin", "!win32"),
        cpu=("x64",),
        libc=("glibc",),
        install_scripts=("postinstall",),
        has_types=True,
        modules="esm",
        provenance="attested",
    )


def test_what_it_does_not_say_is_unknown() -> None:
    assert facts({}) == Facts()


@pytest.mark.parametrize(
    ("version", "licence"),
    [
        ({"license": {"type": "BSD-3-Clause", "url": "https://x"}}, "BSD-3-Clause"),
        ({"licenses": [{"type": "MIT"}, {"type": "GPL-2.0"}]}, "MIT, GPL-2.0"),
        ({"license": "MIT", "licenses": [{"type": "ISC"}]}, "MIT"),
        ({"license": ["MIT", "ISC"]}, "MIT, ISC"),
        ({"license": " SEE  LICENSE\nIN x "}, "SEE LICENSE IN x"),
        ({"license": {"name": "MIT"}}, "MIT"),
        ({"license": [["MIT"], None, 7]}, None),
        ({"license": {"type": {"type": "MIT"}}}, None),
        ({"license": 7}, None),
        ({"license": ""}, None),
    ],
)
def test_licences_of_all_shapes(version: dict[str, Any], licence: str | None) -> None:
    assert facts(version).licence == licence


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ({"scripts": {"test": "x"}}, ()),
        ({"scripts": {}}, ()),
        ({"hasInstallScript": False}, ()),
        ({}, None),
        ({"hasInstallScript": True}, ("hasInstallScript",)),
        ({"scripts": {"install": "x", "preinstall": ""}}, ("install",)),
        ({"gypfile": True}, ("binding.gyp",)),
        ({"gypfile": True, "scripts": {"install": "x"}}, ("install",)),
        ({"gypfile": True, "scripts": {"postinstall": "x"}}, ("postinstall", "binding.gyp")),
        ({"scripts": {"prepare": "x", "prepublish": "x", "preinstallx": "y"}}, ()),
        ({"scripts": ["install"]}, ()),
    ],
)
def test_install_scripts(version: dict[str, Any], told: tuple[str, ...] | None) -> None:
    assert facts(version).install_scripts == told


@pytest.mark.parametrize(
    ("version", "modules"),
    [
        ({"exports": {".": {"import": "./a.mjs", "require": "./a.cjs"}}}, "dual"),
        ({"type": "module", "exports": {"import": "./a.js"}}, "esm"),
        ({"module": "a.mjs", "main": "a.js"}, "bundler"),
        ({"type": "commonjs"}, "commonjs"),
        ({"exports": "./a.js"}, None),
        ({"main": "a.js"}, None),
    ],
)
def test_kinds_of_modules(version: dict[str, Any], modules: str | None) -> None:
    assert facts(version).modules == modules


@pytest.mark.parametrize("size", ["12", -1, 1.5, True, None, 1 << 60, [], {}])
def test_a_size_that_is_none_is_unknown(size: Any) -> None:
    assert facts({"dist": {"unpackedSize": size, "fileCount": 3}}).unpacked_size is None


def test_only_signed_is_not_attested() -> None:
    assert facts({"dist": {"signatures": [{"sig": "x"}]}}).provenance == "signed"
    assert facts({"dist": {"signatures": [], "unpackedSize": 1}}).provenance is None


def test_old_lists_of_engines_and_keywords_in_one_string() -> None:
    found = facts({"engines": ["node >= 0.8", "rhino"], "keywords": "a, b ,,a"})
    assert found.engines == (("node", ">= 0.8"), ("rhino", "*"))
    assert found.keywords == ("a", "b")


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("ada@mail.example", "ada"),
        ({"name": "Ada ada@mail.example"}, "Ada ada"),
        ("<ada@mail.example>", None),
        ({"email": "ada@mail.example"}, None),
        (7, None),
    ],
)
def test_no_mail_address_is_kept(person: Any, name: str | None) -> None:
    found = facts({"author": person, "maintainers": [person]})
    assert found.author == name
    assert found.maintainers == ((name,) if name else ())
    assert "mail.example" not in repr(found)


def test_the_document_itself_speaks_for_its_latest_version_alone() -> None:
    body = {
        "name": "a",
        "license": "ISC",
        "maintainers": [{"name": "ada"}],
        "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": {}, "2.0.0": {"license": "MIT"}},
    }
    document = decode_packument(json.dumps(body).encode(), "a")
    assert document.facts_of("1.0.0") == Facts(licence="ISC", maintainers=("ada",))
    assert document.facts_of("2.0.0") == Facts(licence="MIT")
    with pytest.raises(KeyError):
        document.facts_of("3.0.0")


def test_what_is_hostile_is_bounded() -> None:
    many = ["k" * 5_000 for _ in range(3_000)] + [f"k{n}" for n in range(3_000)]
    assert facts({"license": "MIT", "keywords": many}) == Facts(licence="MIT")
    found = facts({"keywords": [f"k{n}" for n in range(500)], "author": "x" * 10_000})
    assert len(found.keywords) == 100
    assert len(found.author or "") == 100


def test_half_of_a_surrogate_pair_is_replaced() -> None:
    body = b'{"name":"a","versions":{"1.0.0":{"license":"MIT","keywords":["\\ud83d"]}}}'
    assert decode_packument(body, "a").facts_of("1.0.0") == Facts(
        licence="MIT", keywords=("\N{REPLACEMENT CHARACTER}",)
    )
