"""Where indexes are kept: closed to other users, and a disk that takes no new one leaves the old one in use."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.apt_archive import archive, packages, stanza
from tests.support.apt_mirror import Clock
from tgtui.basics.settings import AptSettings
from tgtui.registries.apt.adapter import AptAdapter
from tgtui.registries.base import NotKept

LONG = timedelta(hours=13)
"""Longer than an index is taken for new."""


def publish(folder: Path, *names: str) -> None:
    for path, body in archive(packages(*map(stanza, names))).items():
        target = folder / "srv" / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


@pytest.fixture
def settings(tmp_path: Path) -> AptSettings:
    publish(tmp_path, "rake")
    return AptSettings(
        sources=f"deb [trusted=yes] file:{tmp_path}/srv/debian garden main", architectures="amd64"
    )


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
@pytest.mark.usefixtures("open_umask")
async def test_what_is_kept_of_an_index_is_its_owners_alone(
    settings: AptSettings, tmp_path: Path
) -> None:
    adapter = AptAdapter(settings, tmp_path / "new" / "cache", now=Clock())
    await adapter.index(max_age=0)
    await adapter.aclose()
    made = [tmp_path / "new", *sorted((tmp_path / "new").rglob("*"))]
    assert any(each.suffix == ".index" for each in made)
    for each in made:
        wanted = 0o700 if each.is_dir() else 0o600
        assert stat.S_IMODE(each.stat().st_mode) == wanted, each


async def test_an_index_that_can_not_be_kept_leaves_the_old_one_in_use(
    settings: AptSettings, tmp_path: Path
) -> None:
    """A file in the place of a folder stands for a disk that takes nothing."""
    clock = Clock()
    adapter = AptAdapter(settings, tmp_path / "cache", now=clock)
    before = await adapter.index(max_age=0)
    files = tmp_path / "cache" / "indexes" / "files"
    shutil.rmtree(files)
    files.write_text("")
    publish(tmp_path, "rake", "lua")
    with pytest.raises(NotKept, match=r"^apt: the index can't be kept in .*: File exists"):
        await adapter.index(max_age=0)
    clock.now += LONG
    assert (await adapter.index(max_age=1)).digest == before.digest
    await adapter.aclose()
