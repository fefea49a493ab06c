"""apt: which dates a Release file may have (apt.conf(5), sources.list(5), and apt's own date reader)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.apt_archive import archive, packages, stanza
from tests.support.apt_mirror import Clock, adapter
from tests.support.file_server import FileServer
from tgtui.registries.apt.archive.release import NO_RELEASE, parse_date
from tgtui.registries.apt.archive.validity import check_dates
from tgtui.registries.apt.configuration.options import AptConfig, parse_config
from tgtui.registries.apt.configuration.sources import AptSource, parse_line
from tgtui.registries.base import BadSignature, Malformed

pytestmark = pytest.mark.usefixtures("built_here")

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BODY = packages(stanza("rake"))


def written(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S UTC")


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 01 Jan 2026 12:00:00 UTC",
        "Thu, 1 Jan 2026 12:00:00 GMT",
        "thu, 01 JAN 2026 12:00:00 Z",
        "Mon, 01 Jan 2026 12:00:00 +0000",
        "Thu,  01  Jan 2026 12:00:00 -0000",
        "Thu Jan  1 12:00:00 2026",
        "Thursday, 01-Jan-126 12:00:00 GMT",
        "Thu, 32 Dec 2025 12:00:00 UTC",
    ],
)
def test_forms_that_apt_reads(text: str) -> None:
    assert parse_date(text) == NOON


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01 12:00:00 UTC",
        "Thu, 01 Jan 2026 12:00:00",
        "Thu, 01 Jan 2026 12:00:00 +0100",
        "Thu, 01 Jan 2026 12:00:00 CET",
        "Thu, 01 Jan 2026 25:00:00 UTC",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Fri, 32 Dec 9999 23:59:59 UTC",
        "Fri, 31 Dec 10000 23:59:59 UTC",
        "Thu, 01 Jan 0000 00:00:00 UTC",
        "Thu, ¹ Jan 2026 12:00:00 UTC",
    ],
)
def test_forms_that_apt_does_not_read(text: str) -> None:
    assert parse_date(text) is None


async def test_the_last_year_of_all_is_a_date(mirror: FileServer, tmp_path: Path) -> None:
    mirror.files = archive(BODY, Valid_Until="Fri, 31 Dec 9999 23:59:59 UTC")
    async with adapter(
        mirror, tmp_path, options="trusted=yes valid-until-max=999999999999999"
    ) as apt:
        assert len(await apt.index(max_age=0)) == 1


async def test_a_suite_of_the_future_is_refused(mirror: FileServer, tmp_path: Path) -> None:
    clock = Clock()
    ahead = clock.now + timedelta(seconds=11)
    mirror.files = archive(BODY, made=ahead)  # type: ignore[arg-type]
    async with adapter(mirror, tmp_path, clock=clock) as apt:
        with pytest.raises(BadSignature, match="which is in the future"):
            await apt.index(max_age=0)
        clock.now += timedelta(seconds=1)
        assert len(await apt.index(max_age=0)) == 1


async def test_a_suite_whose_end_cant_be_read_is_refused(
    mirror: FileServer, tmp_path: Path
) -> None:
    mirror.files = archive(BODY, Valid_Until="next week")
    async with adapter(mirror, tmp_path) as apt:
        with pytest.raises(Malformed, match="Valid-Until that is not a date: 'next week'"):
            await apt.index(max_age=0)
    options = "trusted=yes check-valid-until=no"
    async with adapter(mirror, tmp_path / "other", options=options) as apt:
        assert len(await apt.index(max_age=0)) == 1


class TestOptions:
    """(options of the source, apt's configuration, date, end, whether it counts at noon)."""

    @pytest.mark.parametrize(
        ("options", "config", "date", "end", "counts"),
        [
            ("", "", 10, None, True),
            ("", "", 11, None, False),
            ("date-max-future=3600", "", 3600, None, True),
            ("date-max-future=0", "", 11, None, False),
            ("check-date=no", "", 86_400, None, True),
            ("check-date=no", "", -86_400, -1, True),
            ("", 'Acquire::Check-Date "false";', 86_400, None, True),
            ("check-date=yes", 'Acquire::Check-Date "false";', 86_400, None, False),
            ("", 'Acquire::Max-FutureTime "60";', 60, None, True),
            ("", 'Acquire::Max-FutureTime "0";', 1, None, False),
            ("", 'Acquire::Max-FutureTime::Garden "60";', 60, None, True),
            ("", 'Acquire::Max-FutureTime::Other "60";', 60, None, False),
            ("", "", -100, -1, False),
            ("", "", -100, 0, True),
            ("check-valid-until=no", "", -100, -1, True),
            ("", 'Acquire::Check-Valid-Until "no";', -100, -1, True),
            ("check-valid-until=yes", 'Acquire::Check-Valid-Until "no";', -100, -1, False),
            ("valid-until-min=100", "", -100, -50, True),
            ("valid-until-min=100", "", -101, -50, False),
            ("valid-until-min=100", "", -101, None, True),
            ("valid-until-max=100", "", -101, None, False),
            ("valid-until-max=100", "", -101, 50, False),
            ("valid-until-max=100", "", -100, 50, True),
            ("", 'Acquire::Max-ValidTime::Garden "100";', -101, 50, False),
            ("", 'Acquire::Min-ValidTime "100";', -100, -50, True),
        ],
    )
    def test_as_apt_reads_them(
        self, options: str, config: str, date: int, end: int | None, counts: bool
    ) -> None:
        line = f"deb [trusted=yes {options}] https://mirror.example garden main"
        (source,) = parse_line(line, "x")
        assert self.counts(source, parse_config(config), date, end) == counts

    def counts(self, source: AptSource, config: AptConfig, date: int, end: int | None) -> bool:
        release = replace(
            NO_RELEASE,
            label="Garden",
            date=NOON + timedelta(seconds=date),
            valid_until=None if end is None else NOON + timedelta(seconds=end),
        )
        try:
            check_dates(source, release, config, NOON)
        except BadSignature:
            return False
        return True

    def test_sources_of_our_settings_are_strict(self) -> None:
        lax = parse_config('Acquire::Check-Date "no";\nAcquire::Max-FutureTime "999";').strict()
        (source,) = parse_line("deb https://mirror.example garden main", "x")
        assert not self.counts(source, lax, 11, None)
