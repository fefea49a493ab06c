"""An index is built in a process of its own: what goes wrong there is said here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tgtui.registries.base import Malformed, NotKept
from tgtui.registries.indexes.building import build_elsewhere


def brew_job(folder: Path, **more: Any) -> dict[str, Any]:
    document = folder / "formula.jws.json"
    document.write_text("unsigned", encoding="utf-8")
    return {
        "module": "tgtui.registries.brew.build",
        "path": str(folder / "index"),
        "formula": str(document),
        "cask": None,
        "formula_tap_migrations": None,
        "cask_tap_migrations": None,
        "public_key": None,
        "system": "x86_64_linux",
        "recommended": True,
        "problems": [],
        "facts": {},
        **more,
    }


async def test_what_the_process_refuses_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match=r"brew: formula\.jws\.json: the answer is no signed index"):
        await build_elsewhere(brew_job(tmp_path), "brew")


async def test_where_it_can_not_be_written_is_said(tmp_path: Path) -> None:
    job = brew_job(tmp_path, formula=None, path=str(tmp_path / "nowhere" / "index"))
    with pytest.raises(NotKept, match="the index can't be written to"):
        await build_elsewhere(job, "brew")


async def test_a_process_that_fails_otherwise_is_told_by_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="brew: building the index failed: ValueError: os"):
        await build_elsewhere(brew_job(tmp_path, module="os"), "brew")
