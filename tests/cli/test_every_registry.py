"""What the command line can do for npm it can do for each registry, in that registry's words: one table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.apt_archive import archive, packages, stanza
from tests.support.brew_index import Signer
from tests.support.fake_registry import FakeRegistry
from tests.support.file_server import FileServer
from tests.support.mass import mass
from tests.support.python_index import PythonIndex

# The queries themselves are tested on both databases; what is printed of them, on both in full.
pytestmark = pytest.mark.full_on("postgresql")


@dataclass(frozen=True)
class Garden:
    """`shed` asks for `rake`, which asks for `handle`, in one registry."""

    registry: str
    shed: str
    rake: str
    handle: str
    purl: str
    """Of the shed's latest version."""
    versions: tuple[str, str] | None
    """Of the shed, the older one first; None where its registry has one at a time."""
    group: str
    """What the registry calls the shed's dependencies."""
    withdrawn: str
    """What `show --versions` says of the rake's version that should not be used."""
    other_name: str | None = None
    """By which the rake can be asked for, too."""


NPM = Garden("npm", "npm:shed", "npm:rake", "npm:handle", "pkg:npm/shed@2.0.0", ("1.0.0", "2.0.0"), "runtime", "deprecated: use hoe")  # fmt: skip
JSR = Garden("jsr", "jsr:@g/shed", "jsr:@g/rake", "jsr:@g/handle", "pkg:jsr/%40g/shed@2.0.0", ("1.0.0", "2.0.0"), "jsr", "yanked: no reason is given")  # fmt: skip
BREW = Garden("brew", "brew:shed", "brew:rake", "brew:handle", "pkg:brew/shed@2.0_1", None, "Dependencies", "disabled: since 2026-01-01: it does not build", "brew:old-rake")  # fmt: skip
APT = Garden("apt", "apt:shed", "apt:rake", "apt:handle", "pkg:deb/debian/shed@2.0-1", ("1.0-1", "2.0-1"), "Depends", "", "apt:rake:amd64")  # fmt: skip
PYPI = Garden("pypi", "pypi:shed", "pypi:rake", "pypi:handle", "pkg:pypi/shed@2.0", ("1.0", "2.0"), "Requires", "yanked: it breaks")  # fmt: skip
GARDENS = [NPM, JSR, BREW, APT, PYPI]


@contextmanager
def served(
    garden: Garden, npm: FakeRegistry, folder: Path, environment: pytest.MonkeyPatch
) -> Iterator[None]:
    """The garden's registry answers."""
    if garden is NPM:
        npm.add_package("shed", {"1.0.0": {}, "2.0.0": {"dependencies": {"rake": "^1"}}})
        npm.add_package(
            "rake", {"1.0.0": {"dependencies": {"handle": "*"}, "deprecated": "use hoe"}}
        )
        npm.add_package("handle", {"3.0.0": {}})
        yield
        return
    if garden is PYPI:
        with PythonIndex() as index:
            index.add("shed", "1.0")
            index.add("shed", "2.0", "rake==1.0")
            index.add("rake", "1.0", "handle>2", yanked="it breaks")
            index.add("handle", "3.0")
            environment.setenv("TGTUI_PYPI_INDEX", index.index)
            yield
        return
    made = {"jsr": jsr_files, "brew": brew_files, "apt": apt_files}[garden.registry]
    with FileServer(made(folder)) as server:
        for name, value in {
            "TGTUI_JSR_REGISTRY": server.url,
            "TGTUI_JSR_NPM_REGISTRY": f"{server.url}/npm",
            "TGTUI_BREW_API": server.url,
            "TGTUI_BREW_PUBLIC_KEY": str(folder / "key.pem"),
            "TGTUI_APT_SOURCES": f"deb [trusted=yes] {server.url}/debian garden main",
            "TGTUI_APT_ARCHITECTURES": "amd64",
        }.items():
            environment.setenv(name, value)
        yield


def jsr_files(_folder: Path) -> dict[str, bytes]:
    def asks(*specifiers: str) -> object:
        found = [{"specifier": specifier} for specifier in specifiers]
        return {"moduleGraph2": {"/mod.ts": {"dependencies": found}}}

    files = {
        "shed/meta.json": {"latest": "2.0.0", "versions": {"1.0.0": {}, "2.0.0": {}}},
        "shed/1.0.0_meta.json": asks(),
        "shed/2.0.0_meta.json": asks("jsr:@g/rake@^1"),
        "rake/meta.json": {"versions": {"1.0.0": {"yanked": True}}},
        "rake/1.0.0_meta.json": asks("jsr:@g/handle"),
        "handle/meta.json": {"versions": {"3.0.0": {}}},
        "handle/3.0.0_meta.json": asks(),
    }
    return {f"/@g/{path}": json.dumps(body).encode() for path, body in files.items()}


def brew_files(folder: Path) -> dict[str, bytes]:
    signer = Signer()
    (folder / "key.pem").write_bytes(signer.public_key)
    shed = {"name": "shed", "versions": {"stable": "2.0"}, "revision": 1, "dependencies": ["rake"]}
    rake = {
        "name": "rake",
        "oldnames": ["old-rake"],
        "versions": {"stable": "1.0"},
        "dependencies": ["handle"],
        "disabled": True,
        "disable_date": "2026-01-01",
        "disable_reason": "does_not_build",
    }
    formulae = [shed, rake, {"name": "handle", "versions": {"stable": "3.0"}}]
    return {"/formula.jws.json": signer.sign(formulae), "/cask.jws.json": signer.sign([])}


def apt_files(_folder: Path) -> dict[str, bytes]:
    return archive(
        packages(
            stanza("shed", "1.0-1"),
            stanza("shed", "2.0-1", Depends="rake (>= 1)"),
            stanza("rake", "1.0-1", Depends="handle | spoon"),
            stanza("handle", "3.0-1"),
        )
    )


@pytest.mark.parametrize(
    "garden", mass(*GARDENS[:2], full=GARDENS[2:]), ids=lambda garden: garden.registry
)
def test_every_command_answers_for_every_registry(
    garden: Garden,
    cli: Cli,
    fake_registry: FakeRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with served(garden, fake_registry, tmp_path, monkeypatch):
        asked = cli("ask", garden.shed, "--wait")
        assert asked.exit_code == 0, asked.stderr
        assert "depends on are in the catalogue" in asked.stdout
        again = cli("ask", garden.shed, "--wait", "--force")
        assert again.exit_code == 0, again.stderr
        if garden.versions is not None:
            sign = "=" if garden is APT else "@"
            older = f"{garden.shed}{sign}{garden.versions[0]}"
            assert cli("ask", older, "--wait").exit_code == 0
            compared = cli("compare", older, garden.versions[1])
            assert compared.exit_code == 0, compared.stderr
            assert "rake" in compared.stdout
        if garden.other_name is not None:
            by_other_name = cli("ask", garden.other_name, "--wait")
            assert by_other_name.exit_code == 0, by_other_name.stderr
            assert f"{garden.other_name} is now {garden.rake}." in by_other_name.stderr
    # From here on nothing is asked of the registry.
    shown = cli("show", garden.shed).stdout
    assert f"{garden.group} (1)" in shown
    assert cli("show", garden.purl).exit_code == 0
    assert garden.withdrawn in cli("show", garden.rake, "--versions").stdout
    tree = cli("tree", garden.shed).stdout
    assert tree.index("rake") < tree.index("handle")
    for format in ("json", "mermaid", "dot", "svg", "cyclonedx"):
        written = cli("tree", garden.shed, "--format", format)
        assert written.exit_code == 0, written.stderr
        assert "handle" in written.stdout
    assert garden.purl in cli("tree", garden.shed, "--format", "cyclonedx").stdout
    why = cli("why", garden.shed, garden.handle)
    assert "1 path" in why.stdout, why.output
    users = cli.json("dependents", garden.handle)["dependents"]
    assert {user["package"].partition("@")[0] for user in users} >= {garden.shed.partition("@")[0]}
    found = cli.json("search", f"{garden.registry}: handle")
    assert [row["name"] for row in found["packages"]] == [garden.handle.partition(":")[2]]
    if garden.other_name is not None:
        for command in (("show",), ("tree",), ("dependents",)):
            answer = cli(*command, garden.other_name)
            assert answer.exit_code == 0, answer.stderr
            assert f"{garden.other_name} is now {garden.rake}." in answer.stderr
        assert "1 path" in cli("why", garden.shed, garden.other_name).stdout
