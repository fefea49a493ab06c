"""Pictures of how a package changed, and how they are drawn: the same text each time, whatever the numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support.apart import told_apart
from tgtui.basics.ids import uuid7
from tgtui.data.views.insights import Measure, PackageInsights
from tgtui.data.views.over_time import Picture, VersionPoint
from tgtui.output.over_time import as_data, in_words, pictures
from tgtui.widgets.packages.plots import LEAST_HEIGHT, LEAST_WIDTH, MOST_POINTS, drawn

NOW = datetime(2026, 3, 4, tzinfo=UTC)
NOTHING = PackageInsights((), (), None)


def point(version: str, size: int | None = None, direct: int | None = None) -> VersionPoint:
    return VersionPoint(uuid7(), version, NOW, size, direct)


def test_months_without_releases_are_zero_and_what_is_unknown_is_left_out() -> None:
    points = [point("1.0.0", 1_000, 3), point("1.1.0"), point("2.0.0", 3_000_000, 0)]
    measures = (Measure(date(2026, 1, 1), 1, 1, 2, 5), Measure(date(2026, 2, 1), 1, 1, 2, 7))
    insights = PackageInsights(measures, (), date(2026, 3, 1))
    releases, size, direct, dependents = pictures(
        points, {"2025-11": 2, "2026-01": 1}, insights, NOW
    )
    assert releases.labels == ("2025-11", "2025-12", "2026-01", "2026-02", "2026-03")
    assert releases.values == (2, 0, 1, 0, 0)
    assert in_words(releases) == "3 in 5 months · most 2 (2025-11)"
    assert (size.labels, size.values, size.lacking) == (("1.0.0", "2.0.0"), (1_000, 3_000_000), 1)
    assert in_words(size) == "most 3.0 MB (2.0.0) · last 3.0 MB (2.0.0) · unknown of 1 version"
    assert (direct.values, direct.lacking) == ((3, 0), 1)
    assert dependents.labels == ("2026-01-01", "2026-02-01", "2026-03-01")
    assert dependents.values == (5, 7, 7)
    data = as_data("npm:a", [size])
    assert data["size"][1] == {"at": "2.0.0", "value": 3_000_000}
    assert data["versions_lacking"] == {"size": 1}


def test_without_numbers_a_sentence_says_why() -> None:
    for picture in pictures([], {}, NOTHING, NOW):
        assert in_words(picture) == picture.why_empty != ""
        assert drawn(picture, 80, 20) == ""


def picture_of(values: list[int], name: str = "size") -> Picture:
    count = len(values)
    labels = tuple(f"{place}.0.0\x1b[31m" for place in range(count))
    places = tuple(float(place) for place in range(count))
    return Picture(name, "x", labels, tuple(values), places)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["releases", "size", "dependents"])
@pytest.mark.parametrize(
    "values", [[0], [5], [0, 0, 0], [1, 10**12], [3] * 20_000, list(range(25))]
)
def test_any_numbers_are_drawn_within_the_room_and_without_escapes(
    name: str, values: list[int]
) -> None:
    text = drawn(picture_of(values, name), 60, 12)
    lines = text.split("\n")
    assert text == drawn(picture_of(values, name), 60, 12)
    assert "\x1b" not in text
    assert len(lines) <= 12
    assert max(map(len, lines)) <= 60
    assert lines[-1].strip()


def test_where_there_is_too_little_room_nothing_is_drawn() -> None:
    picture = picture_of([1, 2, 3])
    assert drawn(picture, LEAST_WIDTH - 1, 30) == ""
    assert drawn(picture, 100, LEAST_HEIGHT - 1) == ""


def test_releases_of_many_months_are_added_up() -> None:
    many = picture_of([1] * (2 * MOST_POINTS), "releases")
    assert "2┤" in drawn(many, 100, 12).replace(" ", "")


def test_the_first_and_the_last_label_are_there_and_no_process_draws_another_picture() -> None:
    labels = tuple(f"{2024 + month // 12}-{month % 12 + 1:02}" for month in range(32))
    drawn_here = []
    for width in range(44, 190, 12):
        values = tuple(month % 7 for month in range(32))
        shown = Picture("releases", "Releases", labels, values, tuple(map(float, range(32))))
        drawn_here.append(drawn(shown, width, 20))
        below = drawn_here[-1].splitlines()[-1].split()
        assert (below[0], below[-1]) == (labels[0], labels[-1])
        assert below == sorted(below)
    program = (
        "import json; from tgtui.widgets.packages.plots import drawn;"
        "from tgtui.data.views.over_time import Picture;"
        f"labels = {labels!r}; values = tuple(month % 7 for month in range(32));"
        "shown = Picture('releases', 'Releases', labels, values, tuple(map(float, range(32))));"
        "print(json.dumps([drawn(shown, width, 20) for width in range(44, 190, 12)]))"
    )
    assert told_apart(program) == drawn_here
