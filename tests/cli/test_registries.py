"""Other registries than npm from the command line: ask, import, show, tree, each in its own words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.apt_archive import archive, packages, stanza
from tests.support.brew_index import Signer
from tests.support.fake_registry import FakeRegistry
from tests.support.file_server import FileServer

# The queries themselves are tested on both databases; what is printed of them, on both in full.
pytestmark = pytest.mark.full_on("postgresql")


def test_apt_is_imported_shown_and_asked(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    content = packages(
        stanza("shed", Depends="rake | hoe, mail", Recommends="cat"),
        stanza("rake", "2.0"),
        stanza("exim", Provides="mail"),
    )
    with FileServer(archive(content)) as mirror:
        source = f"deb [trusted=yes] {mirror.url}/debian garden main"
        monkeypatch.setenv("TGTUI_APT_SOURCES", source)
        monkeypatch.setenv("TGTUI_APT_ARCHITECTURES", "amd64")
        asked = cli("ask", "apt:rake", "--wait")
        assert asked.exit_code == 0, asked.stderr
        assert cli("import", "apt").exit_code == 0
        again = cli.json("import", "apt")
        assert (again["packages"], again["was_current"]) == (3, True)
    shown = cli("show", "apt:shed").stdout
    assert "Depends (2)" in shown
    assert "rake | hoe = rake * → 2.0" in shown
    assert "mail = exim * → 1.0" in shown
    assert "Recommends (1)" in shown
    assert "rake" in cli("tree", "apt:shed").stdout
    assert cli.json("show", "apt:shed=1.0")["version"]["version"] == "1.0"


def test_an_import_without_one_source_says_which_and_keeps_what_it_gave(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = archive(packages(stanza("rake")), suite="garden")
    other = archive(packages(stanza("spade")), suite="orchard")
    with FileServer({**files, **other}) as mirror:
        sources = "\n".join(
            f"deb [trusted=yes] {mirror.url}/debian {suite} main" for suite in ("garden", "orchard")
        )
        monkeypatch.setenv("TGTUI_APT_SOURCES", sources)
        monkeypatch.setenv("TGTUI_APT_ARCHITECTURES", "amd64")
        whole = cli("import", "apt")
        assert whole.exit_code == 0, whole.stderr
        mirror.files = archive(packages(stanza("rake", "2")), suite="garden")
        partly = cli("import", "apt", "--force")
        assert partly.exit_code == 1
        assert "2 packages of apt are in the catalogue" in partly.stdout
        assert "1 source was not read:" in partly.stdout
        assert "apt: orchard of 127.0.0.1: it no longer has a Release file" in partly.stderr
        assert "Its packages from the last import stay." in partly.stderr
        again = cli("import", "apt", "--json")
        assert again.exit_code == 1
        assert len(json.loads(again.stdout)["failures"]) == 1
        mirror.files |= other
        whole = cli("import", "apt", "--force")
        assert whole.exit_code == 0, whole.stderr
    assert cli.json("show", "apt:spade")["version"]["is_yanked"] is False
    assert cli.json("show", "apt:rake")["version"]["version"] == "2"


def test_an_import_that_fails_says_why(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TGTUI_APT_SOURCES", "nonsense")
    wrong = cli("import", "apt")
    assert wrong.exit_code == 2
    assert "not an apt source" in wrong.stderr
    none = cli("import", "npm")
    assert none.exit_code == 2
    assert "npm has no index to import" in none.stderr
    assert "There is no registry" in cli("import", "cargo").stderr


def test_brew_is_asked_for_by_an_old_name(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    signer = Signer()
    formulae = [
        {
            "name": "new",
            "oldnames": ["old"],
            "versions": {"stable": "1.0"},
            "dependencies": ["lib"],
        },
        {"name": "lib", "versions": {"stable": "2.0"}, "revision": 1},
    ]
    key = tmp_path / "key.pem"
    key.write_bytes(signer.public_key)
    files = {"/formula.jws.json": signer.sign(formulae), "/cask.jws.json": signer.sign([])}
    with FileServer(files) as mirror:
        monkeypatch.setenv("TGTUI_BREW_API", mirror.url)
        monkeypatch.setenv("TGTUI_BREW_PUBLIC_KEY", str(key))
        asked = cli("ask", "brew:old", "--wait")
        assert asked.exit_code == 0, asked.stderr
        assert "lib * → 2.0_1" in cli("tree", "brew:new").stdout
        mirror.files["/formula.jws.json"] = b"{}"
        forced = cli("import", "brew", "--force")
        assert forced.exit_code == 1
        assert "The catalogue was not changed" in forced.stderr


def test_jsr_crosses_into_npm(
    cli: Cli, fake_registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_registry.add_package("chalk", ["4.0.0", "5.3.0"])
    graph = {
        "/mod.ts": {"dependencies": [{"specifier": "npm:chalk@4"}, {"specifier": "jsr:@s/b@1"}]}
    }
    files = {
        "/@s/a/meta.json": {
            "scope": "s",
            "name": "a",
            "latest": "1.0.0",
            "versions": {"1.0.0": {}},
        },
        "/@s/a/1.0.0_meta.json": {"moduleGraph2": graph},
        "/@s/b/meta.json": {"versions": {"1.0.0": {}, "1.1.0": {"yanked": True}}},
        "/@s/b/1.0.0_meta.json": {"moduleGraph2": {}},
    }
    with FileServer({path: json.dumps(body).encode() for path, body in files.items()}) as jsr:
        monkeypatch.setenv("TGTUI_JSR_REGISTRY", jsr.url)
        monkeypatch.setenv("TGTUI_JSR_NPM_REGISTRY", f"{jsr.url}/npm")
        asked = cli("ask", "jsr:@s/a", "--wait")
        assert asked.exit_code == 0, asked.stderr
    tree = cli("tree", "jsr:@s/a").stdout
    assert "chalk 4 → 4.0.0" in tree
    assert "@s/b 1 → 1.0.0" in tree
    assert "yanked" in cli("show", "jsr:@s/b", "--versions").stdout
