"""Every recorded advisory is evaluated as the schema says: next to an evaluation that shares nothing with it."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.advisories import documents, is_affected, recorded, versions_about
from tgtui.syntax.advisories.evaluation import fixes, matcher
from tgtui.syntax.advisories.orders import registry_of
from tgtui.syntax.advisories.record import Affected, Event, Range, Record, read_record


def entries(record: Record, ecosystem: str, name: str) -> list[Affected]:
    return [
        each
        for each in record.affected or ()
        if each.package and (each.package.ecosystem, each.package.name) == (ecosystem, name)
    ]


def affects(*events: Event, version: str, type: str = "SEMVER", ecosystem: str = "npm") -> bool:
    return matcher(ecosystem, [Affected(ranges=(Range(type, events),))])(version)


def between(low: str, high: str) -> tuple[Event, Event]:
    return Event(introduced=low), Event(fixed=high)


def test_all_recorded_advisories_as_by_another_evaluation() -> None:
    asked: Counter[tuple[str, bool]] = Counter()
    for raw, document in zip(recorded(), documents(), strict=True):
        record = read_record(raw)
        packages = {
            (each.package.ecosystem, each.package.name)
            for each in record.affected or ()
            if each.package and registry_of(each.package.ecosystem)
        }
        for ecosystem, name in packages:
            test = matcher(ecosystem, entries(record, ecosystem, name))
            for version in versions_about(document, ecosystem, name):
                try:
                    expected = is_affected(document, ecosystem, name, version)
                except (AssertionError, ValueError):
                    continue  # what the other one can't read
                assert test(version) == expected, (record.id, ecosystem, name, version)
                asked[ecosystem.split(":")[0], expected] += 1
    assert asked["npm", True] > 500
    assert asked["npm", False] > 500
    assert asked["PyPI", True] > 5_000
    assert asked["PyPI", False] > 200
    assert asked["Debian", True] > 100
    assert asked["Debian", False] > 20


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.0.1-0", True), ("1.9.9", True), ("2.0.0-beta.1", True), ("2.0.0", False)],
)
def test_zero_is_before_every_version_and_prereleases_count(version: str, expected: bool) -> None:
    assert affects(*between("0", "2.0.0"), version=version) is expected


def test_events_may_be_in_any_order() -> None:
    events = (Event(fixed="3.0.0"), Event(introduced="2.0.0"), *reversed(between("0", "1.0.0")))
    found = [affects(*events, version=f"{major}.0.0") for major in range(4)]
    assert found == [True, False, True, False]


def test_the_last_affected_is_affected() -> None:
    events = (Event(last_affected="1.2.0"), Event(introduced="1.2.0"))
    assert affects(*events, version="1.2.0")
    assert not affects(*events, version="1.2.1")


def test_a_limit_ends_what_was_not_fixed_before_it() -> None:
    events = (Event(introduced="1.0.0"), Event(limit="2.0.0"))
    assert affects(*events, version="1.5.0")
    assert not affects(*events, version="2.0.0")
    assert affects(Event(introduced="1.0.0"), Event(limit="*"), version="9.0.0")


def test_listed_versions_are_affected_without_a_range_that_can_be_read() -> None:
    entry = Affected(versions=("0.1-bulbasaur",), ranges=(Range("GIT", between("0", "abc")),))
    test = matcher("PyPI", [entry])
    assert test("0.1-bulbasaur")
    assert not test("0.2")


def test_legacy_versions_of_pypi_are_below_all_others() -> None:
    def affected(version: str) -> bool:
        return affects(*between("0.1", "2.0"), version=version, type="ECOSYSTEM", ecosystem="PyPI")

    assert affected("1.0.post1")
    assert not affected("2013-01-21T20:33:09+0100")
    assert affects(
        *between("0", "2.0"), version="0.1-bulbasaur", type="ECOSYSTEM", ecosystem="PyPI"
    )


def test_debian_counts_epochs_and_tildes() -> None:
    def affected(version: str) -> bool:
        events = between("0", "8:6.9.11.60+dfsg-1.6+deb12u1")
        return affects(*events, version=version, type="ECOSYSTEM", ecosystem="Debian:12")

    assert affected("7:99")
    assert affected("8:6.9.11.60+dfsg-1.6+deb12u1~bpo11+1")
    assert not affected("8:6.9.11.60+dfsg-1.6+deb12u1")


def test_an_ecosystem_that_nobody_knows_is_evaluated_as_far_as_its_versions_are_listed() -> None:
    entry = Affected(versions=("v1",), ranges=(Range("ECOSYSTEM", between("0", "v2")),))
    test = matcher("Brand:new", [entry])
    assert test("v1")
    assert not test("v0")


def test_fixes_are_in_the_order_of_the_ecosystem() -> None:
    ranges = (
        Range("SEMVER", between("10.0.0", "10.0.2")),
        Range("SEMVER", between("9.0.0", "9.1.0")),
    )
    assert fixes("npm", [Affected(ranges=ranges)]) == ("9.1.0", "10.0.2")
