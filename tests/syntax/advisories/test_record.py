"""Records are read with care, severities are CVSS's, and one flaw has one name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.advisories import recorded
from tgtui.syntax.advisories.grouping import grouped, same_flaw
from tgtui.syntax.advisories.orders import has_advisories, registry_of, spelled
from tgtui.syntax.advisories.ranks import CRITICAL, HIGH, LOW, MALWARE, MEDIUM, UNKNOWN
from tgtui.syntax.advisories.record import BadRecord, read_record, read_time
from tgtui.syntax.advisories.severity import severity_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"


def record(**fields: Any) -> Any:
    return read_record(
        json.dumps({"id": "X-1", "modified": "2026-01-01T00:00:00Z", **fields}).encode()
    )


def score(type: str, vector: str) -> dict[str, str]:
    return {"type": type, "score": vector}


def test_dates_may_have_nine_digits_behind_the_second() -> None:
    assert read_time("2023-07-28T15:38:06.123456789Z") == datetime(
        2023, 7, 28, 15, 38, 6, 123456, UTC
    )
    assert read_time("2023-07-28T17:38:06+02:00") == datetime(2023, 7, 28, 15, 38, 6, 0, UTC)
    assert read_time("yesterday") is None


def test_withdrawn_is_what_was_taken_back_by_now() -> None:
    assert record(withdrawn="2025-01-01T00:00:00Z").is_withdrawn(NOW)
    assert not record(withdrawn="3001-06-06T00:00:00Z").is_withdrawn(NOW)
    assert not record().is_withdrawn(NOW)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "no advisory"),
        (b"[" * 100_000, "no advisory"),
        (b'{"id": "X"', "no advisory"),
        (b'{"id": "", "modified": "2026-01-01T00:00:00Z"}', "no id"),
        (b'{"id": "X", "modified": "soon"}', "'modified'"),
        (
            b'{"id": "X", "modified": "2026-01-01T00:00:00Z", "affected": [{"versions": 3}]}',
            "no adv",
        ),
        (b'{"id": "X\xff"}', "no advisory"),
    ],
)
def test_what_is_no_record_is_refused_with_a_sentence(raw: bytes, said: str) -> None:
    with pytest.raises(BadRecord, match=said):
        read_record(raw)


@pytest.mark.parametrize(
    ("fields", "rank", "number"),
    [
        ({"severity": [score("CVSS_V3", V3)]}, HIGH, 7.5),
        ({"severity": [score("CVSS_V3", V3), score("CVSS_V4", V4)]}, HIGH, 8.7),
        ({"severity": [score("CVSS_V3", "nonsense")], "database_specific": {"severity": "MODERATE"}}, MEDIUM, None),
        ({"severity": [], "database_specific": {"severity": "CRITICAL"}}, CRITICAL, None),
        ({"affected": [{"ecosystem_specific": {"urgency": "unimportant"}}]}, LOW, None),
        ({"affected": [{"ecosystem_specific": {"urgency": "not yet assigned"}}]}, UNKNOWN, None),
        ({"affected": [{"severity": [score("CVSS_V3", V3)]}]}, HIGH, 7.5),
        ({"id": "MAL-2025-1"}, MALWARE, None),
        ({"database_specific": {"cwe_ids": ["CWE-506"], "severity": "HIGH"}}, MALWARE, None),
        ({}, UNKNOWN, None),
    ],
)  # fmt: skip
def test_severity(fields: dict[str, Any], rank: int, number: float | None) -> None:
    found = record(**fields)
    severity = severity_of(found, found.affected or ())
    assert (severity.rank, severity.score) == (rank, number)


def test_records_with_a_name_in_common_are_one_flaw() -> None:
    names = {"PYSEC-1": ["CVE-1"], "GHSA-1": ["CVE-1", "CVE-2"], "CVE-2": [], "GHSA-2": ["CVE-9"]}
    assert grouped(names) == {
        "PYSEC-1": "GHSA-1",
        "GHSA-1": "GHSA-1",
        "CVE-2": "GHSA-1",
        "GHSA-2": "GHSA-2",
    }


def test_a_distributions_record_is_the_flaw_it_mends_if_that_is_one() -> None:
    assert same_flaw(["A"], ["CVE-1"]) == ("A", "CVE-1")
    assert same_flaw(["A"], ["CVE-1", "CVE-2"]) == ("A",)


def test_names_and_ecosystems() -> None:
    assert spelled("PyPI", "Flask_Caching") == "flask-caching"
    assert spelled("npm", "JSONStream") == "JSONStream"
    assert registry_of("Debian:12") == "apt"
    assert registry_of("Nobody knows") is None
    assert not has_advisories("jsr")


def test_every_recorded_one_can_be_read() -> None:
    assert len({read_record(raw).id for raw in recorded()}) == 299
