"""The catalog in the data folder is only an index."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from tests.support.results import asked, replace_results
from tgtui.analytics.catalogs.local import FILE
from tgtui.analytics.errors import AnalyticsError
from tgtui.analytics.place import Place, place_of
from tgtui.analytics.tables.lake import Lake
from tgtui.basics.settings import Settings

DAY = date(2026, 1, 31)


def written(place: Place) -> None:
    with closing(Lake(place)) as lake:
        replace_results(lake, "first", DAY)
        replace_results(lake, "second", DAY)


def read(place: Place) -> list[tuple[object, ...]]:
    with closing(Lake(place)) as lake:
        return asked(lake, "SELECT insight FROM results")


@pytest.mark.parametrize("harm", ["lost", "torn", "no database", "empty"])
def test_lost_or_torn_it_is_made_again(place: Place, harm: str) -> None:
    written(place)
    file = place.folder / FILE
    if harm == "lost":
        file.unlink()
    elif harm == "torn":
        whole = file.read_bytes()
        file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    else:
        file.write_bytes(b"no database" * 500 if harm == "no database" else b"")
    assert read(place) == [("second",)]
    with closing(Lake(place)) as lake:
        replace_results(lake, "third", DAY)
    assert read(place) == [("third",)]


@pytest.mark.parametrize("harm", ["lost", "torn"])
def test_the_newest_metadata_lost_or_torn_an_older_one_counts(place: Place, harm: str) -> None:
    written(place)
    newest = max(place.tables.rglob("*.metadata.json"), key=lambda path: path.name)
    if harm == "lost":
        newest.unlink()
    else:
        newest.write_bytes(newest.read_bytes()[:100])
    assert read(place) == [("first",)]


@pytest.mark.parametrize("name", ["a b", "ä ☃", "50% #1 ?x=[y]*'", "a:b&c"])
def test_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    place = place_of(Settings(data_dir=str(tmp_path / name)))
    written(place)
    assert read(place) == [("second",)]


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AnalyticsError, match="TGTUI_DATA_DIR"):
        Lake(place_of(Settings(data_dir=str(tmp_path / "file"))))


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ({"tgtui.format": "2"}, "made by a newer tgtui"),
        ({"tgtui.format": "x"}, "made by a newer tgtui"),
    ],
)
def test_a_table_of_a_newer_program(
    place: Place, properties: dict[str, str], sentence: str
) -> None:
    written(place)
    with closing(Lake(place)) as lake, lake.made("results").transaction() as change:
        change.set_properties(properties)
    with closing(Lake(place)) as lake, pytest.raises(AnalyticsError, match=sentence):
        lake.table("results")


def test_a_table_that_was_changed(place: Place) -> None:
    """A column more is no harm; one less or another one is."""
    written(place)
    with closing(Lake(place)) as lake, lake.made("results").update_schema() as more:
        more.add_column("theirs", lake.made("results").schema().find_field("name").field_type)
    with closing(Lake(place)) as lake:
        replace_results(lake, "third", DAY)
        assert asked(lake, "SELECT insight FROM results") == [("third",)]
        with lake.made("results").update_schema() as less:
            less.rename_column("rank", "place")
    with closing(Lake(place)) as lake, pytest.raises(AnalyticsError, match="its column rank"):
        lake.table("results")
