"""Picks: npm-pick-manifest's rules, one test each."""

from __future__ import annotations

import threading

from tgtui.versions.npm.pick import PickIndex, latest_version, pick
from tgtui.versions.npm.specifier import parse_specifier
from tgtui.versions.rules import NotPicked, Picked

VERSIONS = ["1.0.0", "1.1.0", "1.2.0", "2.0.0", "3.0.0-rc.1"]


def index(latest: str | None = "2.0.0", **more: object) -> PickIndex:
    tags = {"latest": latest} if latest else {}
    return PickIndex(VERSIONS, tags, **more)  # type: ignore[arg-type]


def chosen(choice: Picked | NotPicked) -> str | None:
    return choice.version if isinstance(choice, Picked) else None


def test_latest_wins_if_it_satisfies_the_range() -> None:
    assert chosen(pick(index(latest="1.1.0"), "^1.0.0")) == "1.1.0"


def test_the_highest_wins_if_latest_does_not_satisfy() -> None:
    assert chosen(pick(index(), "^1.0.0")) == "1.2.0"


def test_a_star_takes_latest_even_if_it_is_a_prerelease() -> None:
    assert chosen(pick(index(latest="3.0.0-rc.1"), "*")) == "3.0.0-rc.1"
    assert chosen(pick(index(latest="3.0.0-rc.1"), "")) == "3.0.0-rc.1"
    assert chosen(pick(index(latest="3.0.0-rc.1"), ">=1")) == "2.0.0"


def test_a_tag_is_that_version_or_nothing() -> None:
    tagged = PickIndex(VERSIONS, {"next": "3.0.0-rc.1", "gone": "9.0.0"})
    assert chosen(pick(tagged, "next")) == "3.0.0-rc.1"
    for tag in ("gone", "missing", "latest"):
        choice = pick(tagged, tag)
        assert isinstance(choice, NotPicked)
        assert choice.code == "ETARGET"


def test_an_exact_version_is_that_version_or_nothing() -> None:
    assert chosen(pick(index(), "v1.1.0")) == "1.1.0"
    assert chosen(pick(index(), "1.1.1")) is None


def test_a_deprecated_version_loses_to_a_lower_one_but_is_better_than_none() -> None:
    assert chosen(pick(index(deprecated={"1.2.0"}), "^1.0.0")) == "1.1.0"
    assert chosen(pick(index(deprecated={"2.0.0"}), "^2.0.0")) == "2.0.0"
    assert chosen(pick(index(deprecated=set(VERSIONS)), "^1.0.0")) == "1.2.0"


def test_engines_count_only_with_a_node_version_and_before_deprecation() -> None:
    packument = index(deprecated={"1.1.0"}, engines_node={"1.2.0": ">=20", "1.0.0": ">=20"})
    assert pick(packument, "^1.0.0") == Picked("1.2.0")
    assert pick(packument, "^1.0.0", node_version="22.0.0") == Picked("1.2.0")
    assert pick(packument, "^1.0.0", node_version="18.0.0") == Picked("1.1.0")


def test_a_prerelease_is_chosen_only_if_the_range_names_its_release() -> None:
    assert chosen(pick(index(), ">=2.1.0")) is None
    assert chosen(pick(index(), "^3.0.0-rc.0")) == "3.0.0-rc.1"


def test_of_two_spellings_the_document_s_first_wins() -> None:
    assert chosen(pick(PickIndex(["1.0.0+a", "1.0.0+b"], {}), "1.x")) == "1.0.0+a"


def test_no_versions_and_no_match_are_told_apart() -> None:
    nothing, unmatched = pick(PickIndex([], {}), "*"), pick(index(), "^9")
    assert isinstance(nothing, NotPicked)
    assert isinstance(unmatched, NotPicked)
    assert (nothing.code, unmatched.code) == ("ENOVERSIONS", "ETARGET")


def test_an_alias_is_picked_as_its_target_and_a_path_not_at_all() -> None:
    assert chosen(pick(index(), parse_specifier("x", "npm:y@~1.1.0"))) == "1.1.0"
    for raw in ("file:../x", "workspace:*", "two words", " .3 1"):
        choice = pick(index(), raw)
        assert isinstance(choice, NotPicked)
        assert choice.code == "UNSUPPORTED"
        assert choice.reason.endswith(".")


def test_latest_stands_for_the_package_if_it_is_published() -> None:
    assert latest_version(index(latest="1.1.0")) == "1.1.0"
    assert latest_version(index(latest="7.0.0")) == "2.0.0"


def test_without_latest_the_highest_release_that_is_not_deprecated_stands_for_it() -> None:
    assert latest_version(index(latest=None, deprecated={"2.0.0"})) == "1.2.0"
    assert latest_version(index(latest=None, deprecated=set(VERSIONS))) == "3.0.0-rc.1"
    assert latest_version(PickIndex(["not a version"], {})) == "not a version"
    assert latest_version(PickIndex([], {})) is None


def test_one_index_serves_many_threads() -> None:
    shared = index()
    found: list[str | None] = []

    def work() -> None:
        found.extend(chosen(pick(shared, f"^1.{minor}.0")) for minor in range(3))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["1.2.0"] * 12
