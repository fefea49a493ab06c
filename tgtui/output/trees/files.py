"""Writes an exported tree to a new file; existing ones are left alone."""

from __future__ import annotations

import re
from itertools import chain, count
from pathlib import Path

from tgtui.basics.errors import TgtuiError
from tgtui.basics.files.trouble import why
from tgtui.basics.text import clean
from tgtui.output.trees.formats import Format
from tgtui.output.trees.tree import ExportedTree

MAX_STEM = 120
"""Characters of a file's name before its suffix; every file system allows that."""


class NotWritten(TgtuiError):
    """The file can't be written; the sentence says why."""


def file_name(name: str, version: str, format: Format) -> str:
    """`babel-core-7.0.0.svg`: only characters that every file system allows."""
    stem = re.sub(r"[^A-Za-z0-9._+-]+", "-", f"{name}-{version}").strip("-.")[:MAX_STEM]
    return f"{stem or 'tree'}{format.suffix}"


def free_path(folder: Path, name: str) -> Path:
    """In the folder, and free: `name`, else `2-name`, `3-name` ..."""
    names = chain([name], (f"{number}-{name}" for number in count(2)))
    return next(path for path in (folder / each for each in names) if not path.exists())


def write_file(tree: ExportedTree, format: Format, path: Path) -> int:
    """Bytes written. NotWritten if it can't be, or if the file exists."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            try:
                for line in format.write(tree):
                    file.write(f"{line}\n")
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise NotWritten(f"{clean(path)} already exists; nothing was written.") from None
    except OSError as error:
        raise NotWritten(
            f"{clean(path)} can't be written: {clean(why(error))}. Start tgtui in a folder you may write to."
        ) from None
    return path.stat().st_size
