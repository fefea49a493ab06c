"""apt's preferences: next to apt's own candidates, recorded by tests/oracle/apt_policies.py, and what its files may be."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.apt_archive import MADE, packages, stanza
from tests.support.places import RECORDINGS
from tgtui.registries.apt.configuration.options import AptConfig, parse_config
from tgtui.registries.apt.configuration.preferences import (
    DEFAULT_RELEASE_PRIORITY,
    NEVER,
    Pin,
    Refused,
    is_read,
    parse_preferences,
    read_preferences,
)
from tgtui.registries.apt.index.build import build
from tgtui.registries.apt.index.pins import matches
from tgtui.registries.apt.index.view import AptIndex
from tgtui.registries.base import DeclaredDependency

RECORDED = RECORDINGS / "apt" / "policies.json.gz"
LETTERS = {"a": "Suite", "n": "Codename", "v": "Version", "o": "Origin", "l": "Label"}
ASKED_PRIORITY = {(False, False): 500, (True, False): 1, (True, True): 100, (False, True): 100}


def parts_of(suites: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """As the fetcher makes them of verified files."""
    parts = []
    for source, suite in enumerate(suites):
        pin = ASKED_PRIORITY["NotAutomatic" in suite, "ButAutomaticUpgrades" in suite]
        told = {letter: suite[field] for letter, field in LETTERS.items() if field in suite}
        for component, text in suite["packages"].items():
            path = folder / f"{source}-{component}"
            path.write_text(text)
            about = {**told, "c": component, "b": "amd64", "site": suite["host"]}
            parts.append(
                {"path": str(path), "compression": "", "label": component, "sha256": "", "size": 0,
                 "source": source, "pin": pin, "about": about}
            )  # fmt: skip
    return parts


def built(
    parts: list[dict[str, Any]], suites: list[str], pins: list[Pin], target: Path
) -> AptIndex:
    named = json.dumps([{"name": name, "pin": 500} for name in suites])
    build(
        {
            "path": str(target),
            "architecture": "amd64",
            "problems": [],
            "parts": parts,
            "pins": msgspec.to_builtins(pins),
            "facts": {"architecture": "amd64", "digest": "d", "suites": named},
        }
    )
    return AptIndex(target, MADE, recommends=True)


def candidate(index: AptIndex, name: str) -> str | None:
    """What a dependency on the name resolves to."""
    (edge,) = index.resolve([DeclaredDependency("apt", name, None, "", "runtime", "Depends")])
    return edge.version


def test_candidates_are_apts(tmp_path: Path) -> None:
    recorded: dict[str, Any] = json.loads(gzip.decompress(RECORDED.read_bytes()))
    parts = parts_of(recorded["suites"], tmp_path)
    names = [suite["Codename"] for suite in recorded["suites"]]
    wrong, compared = [], 0
    for case in recorded["cases"]:
        release = case["default_release"]
        pins = [Pin("", "release", release, DEFAULT_RELEASE_PRIORITY)] if release else []
        pins += parse_preferences(case["preferences"])
        index = built(parts, names, pins, tmp_path / "case.index")
        for name, expected in case["candidates"].items():
            compared += 1
            if (found := candidate(index, name)) != expected:
                wrong.append((name, found, expected, case["preferences"], release))
        index.close()
    assert compared > 1_000
    assert not wrong, wrong[:3]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "preferences.d").mkdir()
    return tmp_path


class TestLatest:
    """What is shown as the latest version is what dependencies resolve to."""

    def index(self, pins: list[Pin], folder: Path) -> AptIndex:
        suites = [
            {"host": "a.example", "Suite": suite, "packages": {"main": packages(*stanzas).decode()}}
            for suite, stanzas in (
                ("stable", [stanza("rake", "1.0"), stanza("handle", "1.0", Depends="rake")]),
                ("testing", [stanza("rake", "2.0")]),
            )
        ]
        parts = parts_of(suites, folder)
        return built(parts, ["stable", "testing"], pins, folder / "latest.index")

    @pytest.mark.parametrize(
        ("pins", "latest"),
        [
            ([], "2.0"),
            ([Pin("", "release", "a=stable", 990)], "1.0"),
            ([Pin("rake", "version", "1.*", 600)], "1.0"),
            ([Pin("rake", "release", "a=testing", -1)], "1.0"),
            ([Pin("", "release", "testing", NEVER)], "1.0"),
            ([Pin("src:rake", "version", "2.0", 1)], "1.0"),
        ],
    )
    def test_is_the_candidate(self, pins: list[Pin], latest: str, tmp_path: Path) -> None:
        index = self.index(pins, tmp_path)
        document = index.document("rake")
        assert document is not None
        assert document.dist_tags.get("latest", "2.0") == latest
        assert candidate(index, "rake") == latest
        index.close()

    def test_without_a_candidate_nothing_resolves_to_it(self, tmp_path: Path) -> None:
        index = self.index([Pin("r*", "release", "*", -1)], tmp_path)
        document = index.document("rake")
        assert document is not None
        assert {v.version for v in document.versions} == {"1.0", "2.0"}
        (edge,) = index.resolve([DeclaredDependency("apt", "rake", None, "", "runtime", "Depends")])
        assert edge.version is None
        assert edge.error == "apt's preferences admit no version of rake."
        index.close()


class TestFiles:
    def test_the_file_comes_before_the_folder_and_the_default_release_before_both(
        self, place: Path
    ) -> None:
        (place / "preferences").write_text("Package: a\nPin: version 1\nPin-Priority: 1\n")
        for name in ("b.pref", "a", "c.disabled", "d.pref~", "e.dpkg-old", ".f.pref", "g h.pref"):
            (place / "preferences.d" / name).write_text(
                f"Package: {name}\nPin: version 1\nPin-Priority: 1\n"
            )
        config = AptConfig(preferences=[place / "preferences", place / "preferences.d"])
        found = read_preferences(config, default_release="cedar")
        assert [pin.package for pin in found] == ["", "a", "a", "b.pref"]
        assert (found[0].data, found[0].priority) == ("cedar", DEFAULT_RELEASE_PRIORITY)

    @pytest.mark.parametrize(
        ("name", "read"),
        [("pins", True), ("pins.pref", True), ("pins.conf", False), ("p.q.pref", True), ("pins.", False),
         ("1:a_b-c", True), ("a~", False), ("ä.pref", False)],
    )  # fmt: skip
    def test_which_names_count(self, name: str, read: bool) -> None:
        assert is_read(name) is read

    def test_apts_own_settings_say_where_they_lie(self) -> None:
        usual = parse_config("")
        assert list(map(str, usual.preferences)) == [
            "/etc/apt/preferences",
            "/etc/apt/preferences.d",
        ]
        moved = parse_config(
            'Dir::Etc "etc/other";\nDir::Etc::preferencesparts "/srv/pins/";\nAPT::Default-Release "cedar";\n'
        )
        assert list(map(str, moved.preferences)) == ["/etc/other/preferences", "/srv/pins"]
        assert moved.default_release == "cedar"

    def test_places_of_our_settings_replace_them(self, place: Path) -> None:
        (place / "mine").write_text("Package: a\nPin: version 1\nPin-Priority: 1\n")
        found = read_preferences(
            AptConfig(preferences=()), [str(place / "mine"), str(place / "no")]
        )
        assert [pin.package for pin in found] == ["a"]


class TestStanzas:
    def test_each_package_of_a_stanza_is_pinned(self) -> None:
        text = "# head\n\nExplanation: why\nPackage: a b\n  src:c\nPin:  Release  a=x, o=y\nPin-Priority: +5x\n"
        assert parse_preferences(text) == [
            Pin(name, "release", "a=x, o=y", 5) for name in ("a", "b", "src:c")
        ]

    def test_lines_may_end_as_on_windows(self) -> None:
        text = "Package: *\r\nPin: origin x\r\nPin-Priority: never\r\n\r\nPackage: a\r\nPin: version 1\r\nPin-Priority: 2\r\n"
        assert [pin.priority for pin in parse_preferences(text)] == [NEVER, 2]

    @pytest.mark.parametrize(
        "last",
        [
            "Pin: version 1\nPin-Priority: 1",
            "Package: b\nPin: version 1",
            "Package: b\nPin: version 1\nPin-Priority: 0",
            "Package: b\nPin: version 1\nPin-Priority: never",
            "Package: b\nPin: version 1\nPin-Priority: 32768",
        ],
    )
    def test_what_apt_refuses_ends_the_file(self, last: str, place: Path) -> None:
        first = "Package: a\nPin: version 1\nPin-Priority: 1\n\n"
        after = "\n\nPackage: c\nPin: version 1\nPin-Priority: 1\n"
        with pytest.raises(Refused):
            parse_preferences(first + last + after)
        (place / "preferences").write_text(first + last + after)
        found = read_preferences(AptConfig(preferences=[place / "preferences"]))
        assert [pin.package for pin in found] == ["a"]

    def test_the_lowest_number_is_not_never(self) -> None:
        text = "Package: *\nPin: origin x\nPin-Priority: -32768\n"
        assert parse_preferences(text)[0].priority == NEVER + 1


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [("a*", "Abc", True), ("a?c", "abc", True), ("[^a]b", "ab", False), ("[]a]", "]", True), ("a[", "a[", True),
     (r"a\*", "a*", True), (r"a\*", "ab", False), ("/b+/", "aBBc", True), ("/(/", "(", False), ("", "", True),
     ("[[:digit:]]x", "1x", True), ("[a-c]", "b", True), ("/", "/", True)],
)  # fmt: skip
def test_expressions(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits
