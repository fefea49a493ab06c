"""Holds the README's pictures to the app as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pictures.scenes import FOLDER, SCENES, draw_all


@pytest.mark.full
async def test_the_readmes_pictures_show_the_app_as_it_is(tmp_path: Path) -> None:
    drawn = await draw_all(tmp_path)
    stale = [name for name in SCENES if committed(name) != drawn[name]]
    assert not stale, (
        f"The app looks different from docs/pictures: {', '.join(stale)}."
        " If that is meant: `python3 dev.py pictures`, look at them, commit them with the change."
    )


def test_pictures_load_nothing_from_elsewhere() -> None:
    for name in SCENES:
        assert not re.search(r"url\((?!#)|href|@import|<script", committed(name))


def committed(name: str) -> str:
    """Empty where there is none."""
    file = FOLDER / f"{name}.svg"
    return file.read_text(encoding="utf-8") if file.exists() else ""
