"""Closes to other users what earlier programs, or a loose umask, left open: our files, and folders that are ours alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from tgtui.basics.files.private import close_to_others
from tgtui.basics.settings import DATABASE_FILE, Settings

IN_DATA = (
    f"{DATABASE_FILE}*",
    ".tgtui-*.part",
    "tgtui.log*",
    "analytics",
    "login-*.json*",
    "login-*.lock",
    "login-*.spent*",
    "login-*.part",
)
"""Names that the program gives to files in the data folder; what begins like the catalogue's is a copy of it."""
IN_CACHE = ("??", "indexes")
"""Names of folders in the cache: documents by hash, and whole indexes."""


def close_ours(settings: Settings) -> None:
    """A folder that people chose is closed only if nothing else is in it. Their exports are never touched."""
    data, cache = settings.data_folder, settings.cache_folder
    is_chosen = bool(settings.data_dir)
    close_to_others(_closed(data, IN_DATA, is_chosen=is_chosen, besides=[cache]))
    close_to_others(
        _closed(cache, IN_CACHE, is_chosen=is_chosen or bool(settings.cache_dir), besides=[])
    )


def _closed(
    folder: Path, names: Iterable[str], *, is_chosen: bool, besides: list[Path]
) -> Iterator[Path]:
    found: list[Path] = []
    with suppress(OSError):  # not there yet, or not ours to read
        found = list(folder.iterdir())
    ours = [each for each in found if any(fnmatchcase(each.name, name) for name in names)]
    yield from ours
    is_ours_alone = bool(ours) and all(each in (*ours, *besides) for each in found)
    if is_ours_alone or not is_chosen:
        yield folder
