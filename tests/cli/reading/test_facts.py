"""What `show` and `tree` say of licences and sizes: documents as the registry documents them, on the fake one."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import Cli
from tests.support.fake_registry import FakeRegistry

pytestmark = pytest.mark.full_on("postgresql")

HOSTILE = "\x1b]0;owned\x07\x1b[31m<x@mail.example> [@click=app.quit]\u202eevil"


@pytest.fixture
def filled(cli: Cli, fake_registry: FakeRegistry) -> Cli:
    of_a = {
        "license": "MIT",
        "dist": {"unpackedSize": 1_000_000, "fileCount": 3, "signatures": [{"sig": "x"}]},
        "engines": {"node": ">=18"},
        "scripts": {"postinstall": HOSTILE},
        "keywords": ["cli", "\x1b[31mred"],
        "maintainers": [{"name": "ada", "email": "ada@mail.example"}, {"name": HOSTILE}],
        "dependencies": {"b": "1", "odd": "1"},
        "optionalDependencies": {"elsewhere": "1"},
    }
    of_b = {"license": "GPL-3.0-only", "dist": {"unpackedSize": 3_100_000}}
    fake_registry.add_package("a", {"1.0.0": of_a})
    fake_registry.add_package("b", {"1.0.0": {**of_b, "dependencies": {"silent": "1"}}})
    fake_registry.add_package("odd", {"1.0.0": {"license": "SEE LICENSE IN \x1b[31m \u202eevil"}})
    fake_registry.add_package("silent", {"1.0.0": {}})
    fake_registry.add_package("elsewhere", {"1.0.0": {"os": ["no-system"], "license": "ISC"}})
    assert cli("ask", "npm:a", "--wait").exit_code == 0
    return cli


def test_show_says_what_is_known_and_what_an_install_weighs(
    filled: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TGTUI_NPM_PLATFORM", "linux-arm64-musl")
    text = filled("show", "npm:a").stdout
    told = dict(re.findall(r"^(\w[\w -]*?)  +(.*)$", text, re.MULTILINE))
    assert told["licence"] == "MIT"
    assert told["size"] == "1.0 MB unpacked in 3 files"
    assert told["engines"] == "node >=18"
    assert told["install scripts"] == "postinstall"
    assert told["provenance"] == "signed by the registry"
    assert told["install"] == (
        "4 packages · 4.1 MB unpacked (known of 2 of 4) · 1 permissive · 1 strong copyleft"
        " · 2 of unknown licence · 1 runs install scripts · 1 left out on linux-arm64-musl"
    )
    assert "mail.example" not in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_its_json_has_all_of_it(filled: Cli) -> None:
    found = filled.json("show", "npm:a")
    facts, install = found["facts"], found["install"]
    assert (facts["licence"], facts["licence_kind"], facts["file_count"]) == (
        "MIT",
        "permissive",
        3,
    )
    assert (facts["engines"], facts["os"]) == ({"node": ">=18"}, [])
    assert facts["maintainers"][0] == "ada"
    assert (install["size"], install["sizes_known"], install["packages"]) == (4_100_000, 2, 4)
    assert "mail.example" not in json.dumps(found)
    silent = filled.json("show", "npm:silent")
    assert (silent["facts"]["licence"], silent["facts"]["unpacked_size"]) == (None, None)


def test_a_tree_says_what_each_package_costs(filled: Cli) -> None:
    *_lines, weight, _totals = filled("tree", "npm:a").stdout.splitlines()
    assert weight.startswith("4.1 MB unpacked (known of 2 of 4) · 1 permissive · 1 strong copyleft")
    found = filled.json("tree", "npm:a")
    assert found["weight"]["size"] == 4_100_000
    by_name = {each["package"]: each for each in found["packages"]}
    b = by_name["npm:b@1.0.0"]
    assert (b["licence"], b["licence_kind"], b["unpacked_size"]) == (
        "GPL-3.0-only",
        "strong",
        3_100_000,
    )
    assert b["without_it"] == {"packages": 2, "size": 3_100_000, "sizes_known": 1}
    assert by_name["npm:elsewhere@1.0.0"]["without_it"] is None


def test_a_bill_of_materials_has_the_licences(filled: Cli) -> None:
    bill = json.loads(filled("tree", "npm:a", "--format", "cyclonedx").stdout)
    by_name = {part["name"]: part.get("licenses") for part in bill["components"]}
    assert bill["metadata"]["component"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert by_name["b"] == [{"license": {"id": "GPL-3.0-only"}}]
    assert by_name["silent"] is None
    (odd,) = by_name["odd"]
    assert odd["license"]["name"].startswith("SEE LICENSE IN ")
    assert not {"\x1b", "\u202e"} & set(odd["license"]["name"])
