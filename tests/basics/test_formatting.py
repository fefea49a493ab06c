"""Ages, sizes and counts as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tgtui.basics.formatting import (
    age,
    age_lasts,
    ago,
    as_of,
    counted,
    number,
    size,
    until,
    until_lasts,
)

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=47), "1 d"),
        (timedelta(days=30), "1 mo"),
        (timedelta(days=364), "12 mo"),
        (timedelta(days=365), "1 y"),
        (timedelta(days=-1), "now"),
    ],
)
def test_an_age_is_its_largest_whole_unit(passed: timedelta, shown: str) -> None:
    assert age(NOW - passed, NOW) == shown


def test_what_is_not_known_has_no_age() -> None:
    assert age(None, NOW) == ago(None, NOW) == ""
    assert as_of(None, NOW) == "not fetched yet"


def test_freshness_is_a_sentence() -> None:
    assert as_of(NOW - timedelta(minutes=12), NOW) == "as of 12 min ago"
    assert as_of(NOW, NOW) == "as of just now"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "now"),
        (0, "now"),
        (1, "in 5 s"),
        (36, "in 40 s"),
        (40, "in 40 s"),
        (57, "in 1 min"),
        (125, "in 2 min"),
    ],
)
def test_a_wait_is_told_in_advance(seconds: int, shown: str) -> None:
    assert until(NOW + timedelta(seconds=seconds), NOW) == shown


@example(timedelta(0))
@example(timedelta(seconds=55))
@example(timedelta(minutes=1))
@example(timedelta(minutes=2))
@example(timedelta(hours=1))
@example(timedelta(days=1))
@example(timedelta(days=30))
@given(st.timedeltas(timedelta(days=-1), timedelta(days=1000)))
def test_how_long_words_of_an_age_and_of_a_wait_last_is_known(span: timedelta) -> None:
    moment, tick = NOW - span, timedelta(milliseconds=1)
    end = NOW + timedelta(seconds=age_lasts(moment, NOW))
    assert age(moment, end - tick) == age(moment, NOW) or end - tick < NOW
    assert age(moment, end + tick) != age(moment, NOW)
    moment = NOW + abs(span)
    end = NOW + timedelta(seconds=until_lasts(moment, NOW))
    assert until(moment, end - tick) == until(moment, NOW) or end - tick < NOW
    assert until(moment, end + tick) != until(moment, NOW) or until(moment, NOW) == "now"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (3_100_000, "3.1 MB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_a_size_is_decimal(count: int, shown: str) -> None:
    assert size(count) == shown


def test_counts_have_separators_and_a_plural() -> None:
    assert number(1204) == "1,204"
    assert counted(1, "package") == "1 package"
    assert counted(1204, "package") == "1,204 packages"
