"""Homebrew: the signature, every shape of its documents, names and the choice of what is installed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.brew_index import Signer
from tests.support.file_server import FileServer
from tests.support.places import RECORDINGS
from tgtui.basics.settings import BrewSettings
from tgtui.registries.base import BadSignature, Malformed, NotFound, TooLarge
from tgtui.registries.brew.adapter import BrewAdapter
from tgtui.registries.brew.document import OtherNames, read_cask, read_formula
from tgtui.registries.brew.index import BrewIndex

RECORDED: dict[str, list[dict[str, Any]]] = json.loads(
    (RECORDINGS / "brew" / "documents.json").read_text()
)
FORMULAE = {formula["name"]: formula for formula in RECORDED["formula"]}
CASKS = {cask["token"]: cask for cask in RECORDED["cask"]}
MAC, LINUX = "arm64_tahoe", "x86_64_linux"
NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@asynccontextmanager
async def adapter(
    mirror: FileServer, folder: Path, signer: Signer, **settings: Any
) -> AsyncIterator[BrewAdapter]:
    key = folder / "key.pem"
    key.write_bytes(signer.public_key)
    chosen = BrewSettings(
        api=f"{mirror.url}/api", public_key=str(key), **{"system": LINUX, **settings}
    )
    made = BrewAdapter(chosen, folder, max_bytes=8 << 20, now=lambda: NOW)
    try:
        yield made
    finally:
        await made.aclose()


def serve(mirror: FileServer, signer: Signer, **lists: list[Any]) -> None:
    for kind in ("formula", "cask"):
        mirror.files[f"/api/{kind}.jws.json"] = signer.sign(lists.get(kind, []))


def formula(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "versions": {"stable": "1.0"}, **fields}


def cask(token: str) -> dict[str, Any]:
    return {"token": token, "version": "1.0"}


def needs(
    found: dict[str, Any], system: str, *, recommended: bool = True
) -> set[tuple[str, str, str]]:
    """(name, type, Homebrew's word)."""
    entry, _names = read_formula(found, system, recommended=recommended)
    return {(d.name, d.type, d.field) for d in entry.dependencies}


class TestDocuments:
    @pytest.mark.parametrize("name", sorted(FORMULAE))
    @pytest.mark.parametrize("system", [MAC, LINUX])
    def test_every_recorded_formula_is_read(self, name: str, system: str) -> None:
        entry, _names = read_formula(FORMULAE[name], system, recommended=True)
        assert entry.name == name
        assert entry.version.startswith(FORMULAE[name]["versions"]["stable"])
        declared = set(FORMULAE[name]["dependencies"]) if system == MAC else set()
        assert declared <= {d.name for d in entry.dependencies if d.type == "runtime"}

    @pytest.mark.parametrize("token", sorted(CASKS))
    def test_every_recorded_cask_is_read(self, token: str) -> None:
        entry, names = read_cask(CASKS[token], MAC)
        assert (entry.name, entry.version) == (f"cask/{token}", CASKS[token]["version"])
        assert names.aliases == [token]

    def test_every_recorded_formula_of_a_tap_is_read(self) -> None:
        for found in RECORDED["tap"]:
            entry, names = read_formula(found, LINUX, recommended=True)
            assert found["full_name"] in names.aliases
            assert entry.name == found["name"]

    def test_revision_is_part_of_the_version_and_scheme_of_the_order(self) -> None:
        entry, _names = read_formula(FORMULAE["postgresql@14"], MAC, recommended=True)
        assert entry.version == "14.5_5"
        assert read_formula(FORMULAE["openssl@1.1"], MAC, recommended=True)[0].scheme == 1

    def test_old_and_new_names(self) -> None:
        names = read_formula(FORMULAE["postgresql@14"], MAC, recommended=True)[1]
        assert (names.aliases, names.old) == ([], ["postgresql"])
        assert "openssl" in read_formula(FORMULAE["openssl@3"], MAC, recommended=True)[1].aliases

    def test_disabled_and_deprecated_say_why(self) -> None:
        disabled, _ = read_formula(FORMULAE["ext4fuse"], MAC, recommended=True)
        assert disabled.withdrawn == "disabled since 2021-04-08: requires FUSE"
        deprecated, _ = read_formula(FORMULAE["python@3.7"], MAC, recommended=True)
        assert deprecated.withdrawn == "it is deprecated upstream"
        later, _ = read_formula(FORMULAE["postgresql@16"], MAC, recommended=True)
        assert later.withdrawn is None

    @pytest.mark.parametrize(
        ("license", "read"),
        [
            ("GPL-3.0-or-later", "GPL-3.0-or-later"),
            (["MIT", "BSD-3-Clause"], "MIT, BSD-3-Clause"),
            (None, None),
            ({"any_of": ["MIT"]}, None),
        ],
    )
    def test_licences_of_old_and_new_documents(self, license: object, read: str | None) -> None:
        assert read_formula(formula("a", license=license), MAC, recommended=True)[0].licence == read

    def test_caveats_and_requirements(self) -> None:
        needed = {"name": "xcode", "cask": None, "version": "15.3", "contexts": ["build"]}
        found = formula(
            "a", caveats="First.\n  Then $x.\n", requirements=[needed, {"name": "linux"}, 7]
        )
        entry, _names = read_formula(found, MAC, recommended=True)
        assert entry.caveats == "First.\n  Then $x."
        assert entry.requirements == ("xcode 15.3 (build)", "linux")
        needs = {"macos": {">=": ["13"]}, "arch": [{"type": "arm", "bits": 64}]}
        of_cask, _names = read_cask(cask("b") | {"depends_on": needs, "caveats": 7}, MAC)
        assert (of_cask.requirements, of_cask.caveats) == (("macos >= 13", "arch arm"), None)

    def test_dependencies_by_kind(self) -> None:
        found = formula(
            "a",
            dependencies=["run"],
            recommended_dependencies=["rec"],
            optional_dependencies=["opt"],
            build_dependencies=["make"],
            test_dependencies=["check"],
        )
        assert needs(found, MAC) == {
            ("run", "runtime", "dependencies"),
            ("rec", "optional", "recommended_dependencies"),
            ("opt", "peer", "optional_dependencies"),
            ("make", "dev", "build_dependencies"),
            ("check", "dev", "test_dependencies"),
        }
        assert ("rec", "peer", "recommended_dependencies") in needs(found, MAC, recommended=False)

    def test_what_macos_brings_is_a_dependency_on_linux_only(self) -> None:
        found = FORMULAE["curl"]
        assert ("zlib", "peer", "uses_from_macos") in needs(found, MAC)
        assert ("zlib", "runtime", "uses_from_macos") in needs(found, LINUX)
        assert ("gperf", "dev", "uses_from_macos") in needs(FORMULAE["fontconfig"], MAC)

    def test_bounds_say_since_when_macos_brings_it(self) -> None:
        found = formula("a", uses_from_macos=["z"], uses_from_macos_bounds=[{"since": "sonoma"}])
        assert needs(found, "arm64_ventura") == {("z", "runtime", "uses_from_macos")}
        assert needs(found, "arm64_sonoma") == {("z", "peer", "uses_from_macos")}

    def test_variations_replace_what_stands_for_all_systems(self) -> None:
        assert ("openssl@1.1", "runtime", "dependencies") in needs(FORMULAE["cmake"], LINUX)
        names = [
            d.name for d in read_formula(FORMULAE["cmake"], LINUX, recommended=True)[0].dependencies
        ]
        assert names.count("ncurses") == 1

    @pytest.mark.parametrize(
        ("found", "reason"),
        [
            (7, "no formula"),
            ({}, "without a name"),
            ({"name": "a"}, "a without a version"),
            ({"name": "a", "versions": {"stable": None}}, "a without a version"),
            ({"name": "a", "versions": {"stable": " \t"}}, "a without a version"),
            ({"name": ["a"], "versions": {"stable": "1"}}, "without a name"),
        ],
    )
    def test_what_is_no_formula_is_told(self, found: object, reason: str) -> None:
        with pytest.raises(ValueError, match=reason):
            read_formula(found, MAC, recommended=True)

    def test_fields_of_any_shape_are_read_as_far_as_they_go(self) -> None:
        odd = formula(
            "a",
            desc=7,
            homepage=[],
            dependencies="one",
            aliases={"x": 1},
            uses_from_macos=[{"b": {"c": 1}}, 9, {"d": "build"}],
            variations=[],
            revision="3",
            urls=3,
            deprecated="yes",
        )
        entry, names = read_formula(odd, LINUX, recommended=True)
        assert (entry.description, entry.homepage, entry.withdrawn) == (None, None, None)
        assert names == OtherNames([], [])
        assert {d.name for d in entry.dependencies} == {"one", "b", "d"}


class TestSignature:
    async def test_a_signed_index_is_used(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        serve(mirror, signer, formula=RECORDED["formula"], cask=RECORDED["cask"])
        async with adapter(mirror, tmp_path, signer) as brew:
            index = await brew.index(max_age=0)
            assert len(index) == len(FORMULAE) + len(CASKS)
            fetched = await brew.fetch("wget", max_age=1)
            assert fetched.document.versions[0].version == "1.21.1"

    @pytest.mark.parametrize("how", [{"kid": "other"}, {"alg": "RS256"}, {"b64": True}])
    async def test_another_kind_of_signature_is_refused(
        self, mirror: FileServer, tmp_path: Path, signer: Signer, how: dict[str, Any]
    ) -> None:
        serve(mirror, signer)
        mirror.files["/api/formula.jws.json"] = signer.sign([formula("a")], **how)
        async with adapter(mirror, tmp_path, signer) as brew:
            with pytest.raises(BadSignature):
                await brew.index(max_age=0)
            assert brew.known_index() is None

    async def test_a_changed_payload_is_refused_and_the_old_index_kept(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        serve(mirror, signer, formula=[formula("a")])
        async with adapter(mirror, tmp_path, signer) as brew:
            await brew.index(max_age=0)
            body = signer.sign([formula("a"), formula("b")])
            mirror.files["/api/formula.jws.json"] = body.replace(b'\\"b\\"', b'\\"c\\"')
            with pytest.raises(BadSignature, match="signature is wrong"):
                await brew.index(max_age=0)
            assert (await brew.fetch("a", max_age=1)).document.name == "a"

    async def test_without_a_key_of_the_settings_homebrews_own_is_asked(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        serve(mirror, signer, formula=[formula("a")])
        settings = BrewSettings(api=f"{mirror.url}/api", system=LINUX)
        brew = BrewAdapter(settings, tmp_path, max_bytes=1 << 20)
        with pytest.raises(BadSignature, match="signature is wrong"):
            await brew.index(max_age=0)
        await brew.aclose()

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"payload": 7, "signatures": []}'])
    async def test_what_is_no_signed_document_is_malformed(
        self, mirror: FileServer, tmp_path: Path, signer: Signer, body: bytes
    ) -> None:
        serve(mirror, signer)
        mirror.files["/api/formula.jws.json"] = body
        async with adapter(mirror, tmp_path, signer) as brew:
            with pytest.raises(Malformed):
                await brew.index(max_age=0)


class TestIndex:
    async def test_names_aliases_and_casks(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        serve(mirror, signer, formula=RECORDED["formula"], cask=RECORDED["cask"])
        async with adapter(mirror, tmp_path, signer) as brew:

            async def name_of(asked: str) -> str:
                return (await brew.fetch(asked, max_age=1)).document.name

            assert await name_of("openssl") == "openssl@3"
            assert await name_of("postgresql") == "postgresql@14"
            assert await name_of("homebrew/core/wget") == "wget"
            assert await name_of("docker") == "docker"
            assert await name_of("cask/docker") == "cask/docker"
            assert await name_of("firefox") == "cask/firefox"
            with pytest.raises(NotFound, match="neither a formula nor a cask"):
                await brew.fetch("left-pad", max_age=1)

    async def test_dependencies_resolve_to_what_is_newest(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        wanted = [formula("app", dependencies=["lib", "old", "nowhere", "own/tap/thing"])]
        libs = [formula("lib", revision=2), formula("new", oldnames=["old"])]
        serve(mirror, signer, formula=[*wanted, *libs])
        async with adapter(mirror, tmp_path, signer) as brew:
            index = await brew.index(max_age=0)
            assert answers(index, "app") == {
                "lib": ("lib", "1.0_2"),
                "old": ("new", "1.0"),
                "nowhere": ("nowhere", None),
                "own/tap/thing": ("own/tap/thing", None),
            }

    async def test_a_formula_that_depends_on_itself_is_told_and_kept(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        serve(mirror, signer, formula=[formula("a", dependencies=["a"]), {"name": "b"}, 7])
        async with adapter(mirror, tmp_path, signer) as brew:
            index = await brew.index(max_age=0)
            told = " / ".join(index.problems)
            assert "a depends on itself" in told
            assert "b without a version" in told
            assert "no formula" in told
            assert answers(index, "a") == {"a": ("a", "1.0")}

    async def test_what_moved_to_another_tap_is_followed(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        serve(
            mirror,
            signer,
            formula=[formula("kept"), formula("wget")],
            cask=[cask("app"), cask("b")],
        )
        moved = {
            "app": "homebrew/cask",
            "old": "homebrew/cask/b",
            "kept": "homebrew/cask/b",
            "away": "user/tap",
            "odd": "nowhere",
        }
        mirror.files["/api/formula_tap_migrations.jws.json"] = signer.sign(moved)
        mirror.files["/api/cask_tap_migrations.jws.json"] = signer.sign({"wget": "homebrew/core"})
        async with adapter(mirror, tmp_path, signer) as brew:

            async def name_of(asked: str) -> str:
                return (await brew.fetch(asked, max_age=1)).document.name

            assert await name_of("app") == "cask/app"
            assert await name_of("old") == "cask/b"
            assert await name_of("kept") == "kept"
            assert await name_of("cask/wget") == "wget"
            with pytest.raises(NotFound, match="has moved to the tap user/tap"):
                await brew.fetch("away", max_age=1)
            with pytest.raises(NotFound, match="neither a formula nor a cask"):
                await brew.fetch("odd", max_age=1)

    async def test_names_lead_where_brew_follows_them(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        formulae = [
            formula("a-new", oldnames=["shared", "a-old", "token"]),
            formula("b", aliases=["shared", "b-alias"]),
            formula(
                "app", dependencies=["homebrew/core/b-alias", "to-old", "gone", "loop", "own/tap/x"]
            ),
        ]
        casks = [
            {**cask("first"), "old_tokens": ["second", "first-old"]},
            cask("second"),
            cask("token"),
            {
                **cask("needs"),
                "depends_on": {
                    "cask": ["homebrew/cask/second", "Homebrew/homebrew-cask/first-old", "own/tap/y", "nothing"],
                    "formula": ["homebrew/core/a-old", "own/tap/z"],
                },
            },
        ]  # fmt: skip
        serve(mirror, signer, formula=formulae, cask=casks)
        moves = {
            "to-old": "homebrew/core/a-old",
            "to-alias": "b-alias",
            "to-cask": "homebrew/cask/first-old",
            "far": "to-cask",
            "gone": "homebrew/core/gone-too",
            "gone-too": "own/tap/other",
            "loop": "homebrew/core/loop-2",
            "loop-2": "homebrew/core/loop",
            "self": "homebrew/core/self",
            "shared": "own/tap",
            "empty": "homebrew//x",
        }
        mirror.files["/api/formula_tap_migrations.jws.json"] = signer.sign(moves)
        back = {"came": "homebrew/core/to-old", "left": "own/tap", "around": "homebrew/cask/around"}
        mirror.files["/api/cask_tap_migrations.jws.json"] = signer.sign(back)
        async with adapter(mirror, tmp_path, signer) as brew:
            found = {}
            for asked in (
                "shared", "a-old", "token", "second", "cask/second", "first-old", "to-old", "to-alias", "to-cask", "far",
                "cask/came", "came", "homebrew/cask/came", "Homebrew/homebrew-core/to-old",
            ):  # fmt: skip
                found[asked] = (await brew.fetch(asked, max_age=1)).document.name
            assert found == {
                "shared": "b", "a-old": "a-new", "token": "a-new", "second": "cask/second", "cask/second": "cask/second",
                "first-old": "cask/first", "to-old": "a-new", "to-alias": "b", "to-cask": "cask/first", "far": "cask/first",
                "cask/came": "a-new", "came": "a-new", "homebrew/cask/came": "a-new",
                "Homebrew/homebrew-core/to-old": "a-new",
            }  # fmt: skip
            for asked in ("gone", "gone-too", "left", "cask/left"):
                with pytest.raises(NotFound, match=f"brew:{asked} has moved to the tap own/tap"):
                    await brew.fetch(asked, max_age=1)
            for asked in ("loop", "loop-2", "self", "around", "cask/around", "empty"):
                with pytest.raises(NotFound, match=f"brew:{asked} is neither a formula nor a cask"):
                    await brew.fetch(asked, max_age=1)
            with pytest.raises(NotFound, match="brew:own/tap/x is of the tap own/tap, which"):
                await brew.fetch("own/tap/x", max_age=1)
            index = await brew.index(max_age=0)
            assert answers(index, "app") == {
                "b-alias": ("b", "1.0"),
                "to-old": ("a-new", "1.0"),
                "gone": ("gone", None),
                "loop": ("loop", None),
                "own/tap/x": ("own/tap/x", None),
            }
            assert answers(index, "cask/needs") == {
                "cask/second": ("cask/second", "1.0"),
                "cask/first-old": ("cask/first", "1.0"),
                "own/tap/y": ("own/tap/y", None),
                "cask/nothing": ("cask/nothing", None),
                "a-old": ("a-new", "1.0"),
                "own/tap/z": ("own/tap/z", None),
            }
            document = index.document("app")
            assert document is not None
            edges = index.resolve(document.dependencies_of("1.0"))
            assert [edge.error for edge in edges if edge.version is None] == [
                "gone has moved to the tap own/tap, which Homebrew's index does not have.",
                "loop is neither a formula nor a cask of Homebrew's index.",
                "own/tap/x is of the tap own/tap, which Homebrew's index does not have.",
            ]

    async def test_moves_that_are_not_signed_are_refused(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        serve(mirror, signer, formula=[formula("a")])
        mirror.files["/api/formula_tap_migrations.jws.json"] = Signer().sign({"a": "user/tap"})
        async with adapter(mirror, tmp_path, signer) as brew:
            with pytest.raises(
                BadSignature, match=r"formula_tap_migrations.*the signature is wrong"
            ):
                await brew.index(max_age=0)

    async def test_an_entry_above_the_bound_is_told_by_its_name_and_size(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        large = formula("large", caveats="x" * (300 << 10))
        serve(mirror, signer, formula=[large, formula("a")])
        async with adapter(mirror, tmp_path, signer) as brew:
            index = await brew.index(max_age=0)
            assert list(index.problems) == ["brew: formula.jws.json: large is larger than 256 KiB"]
            assert len(index) == 1

    async def test_an_index_above_the_bound_is_too_large(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        serve(mirror, signer, formula=[formula("large", caveats="x" * (9 << 20))])
        async with adapter(mirror, tmp_path, signer) as brew:
            with pytest.raises(TooLarge, match="8 MiB"):
                await brew.index(max_age=0)

    async def test_an_unchanged_index_costs_conditional_requests_and_builds_nothing(
        self, mirror: FileServer, tmp_path: Path, signer: Signer
    ) -> None:
        serve(mirror, signer, formula=[formula("a")])
        async with adapter(mirror, tmp_path, signer) as brew:
            before = await brew.index(max_age=0)
            mirror.asked()
            after = await brew.index(max_age=0)
            asked = [path.rpartition("/")[2].removesuffix(".jws.json") for path in mirror.asked()]
            assert asked == ["formula", "cask", "formula_tap_migrations", "cask_tap_migrations"]
            assert after.digest == before.digest


def answers(index: BrewIndex, name: str) -> dict[str, tuple[str, str | None]]:
    document = index.document(name)
    assert document is not None
    found = index.resolve(document.dependencies_of(document.versions[0].version))
    return {
        e.declared.declared_name or e.declared.name: (e.declared.name, e.version) for e in found
    }
