"""Tags and their packages as a file: JSON, or CSV that is safe in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from tgtui.basics.errors import UsageError
from tgtui.basics.text import clean
from tgtui.syntax.lists import FORMULA_STARTS, harmless
from tgtui.syntax.tag import TagDraft, tidied

FORMAT = "tgtui-tags-1"
COLUMNS = ("slug", "name", "description", "color", "package", "assigned_by", "assigned_at")
"""Columns of the CSV, which has a line for each package of a tag, and one for a tag without packages."""
MAX_FILE = 50_000_000
"""Largest file that is read, in bytes."""


class FileAssignment(Struct, frozen=True):
    """A package that has a tag."""

    package: str
    """`npm:express`."""
    assigned_by: str = ""
    assigned_at: str = ""
    """For people to read; an import records who imports, and when."""


class FileTag(Struct):
    """A tag with its packages."""

    draft: TagDraft
    packages: list[FileAssignment] = field(default_factory=list)


class TagFile(Struct, frozen=True):
    """What is in a file."""

    tags: tuple[FileTag, ...]
    problems: tuple[str, ...] = ()
    """A sentence for each entry that could not be read."""


def shown(draft: TagDraft) -> str:
    """A tag's name in sentences."""
    return clean(draft.name or draft.slug or "a tag without a name", 60)


def written_json(file: TagFile) -> str:
    """ASCII only, so no escape sequence or bidirectional text gets through."""
    tags = [
        {
            "slug": tag.draft.slug,
            "name": tag.draft.name,
            "description": tag.draft.description,
            "color": tag.draft.color,
            "packages": [
                {
                    "package": each.package,
                    "assigned_by": each.assigned_by,
                    "assigned_at": each.assigned_at,
                }
                for each in tag.packages
            ],
        }
        for tag in file.tags
    ]
    return json.dumps({"format": FORMAT, "tags": tags}, indent=2, ensure_ascii=True) + "\n"


def written_csv(file: TagFile) -> str:
    """With a head; a cell that a spreadsheet would run gets an apostrophe before it, which reading takes off."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for tag in file.tags:
        draft = tag.draft
        for each in tag.packages or [FileAssignment("")]:
            cells = (draft.slug, draft.name, draft.description, draft.color)
            package = (each.package, each.assigned_by, each.assigned_at)
            writer.writerow(harmless(cell) for cell in (*cells, *package))
    return written.getvalue()


def read_file(text: str) -> TagFile:
    """Read JSON or CSV. UsageError for anything else."""
    text = text.removeprefix("\ufeff")
    return _read_json(text) if text.lstrip()[:1] in {"{", "["} else _read_csv(text)


def _read_json(text: str) -> TagFile:
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The file is not JSON: {clean(error, 120)}.") from None
    listed = content.get("tags") if isinstance(content, dict) else content
    if not isinstance(listed, list):
        raise UsageError("The file has no list of tags; `tgtui tags export` shows how it looks.")
    tags: list[FileTag] = []
    problems: list[str] = []
    for number, each in enumerate(listed, 1):
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            problems.append(f"Tag {number} of the file has no name.")
            continue
        packages = each.get("packages") or []
        tag = FileTag(_draft_of(each))
        for package in packages if isinstance(packages, list) else [packages]:
            name = package.get("package") if isinstance(package, dict) else package
            if isinstance(name, str):
                tag.packages.append(FileAssignment(name))
            else:
                problems.append(f"{shown(tag.draft)}: one of its packages has no name.")
        tags.append(tag)
    return TagFile(tuple(tags), tuple(problems))


def _read_csv(text: str) -> TagFile:
    reader = csv.DictReader(io.StringIO(text))
    if "name" not in (reader.fieldnames or ()):
        raise UsageError(
            "The file is neither JSON nor CSV with a column name;"
            " `tgtui tags export --csv` shows how it looks."
        )
    tags: dict[str, FileTag] = {}
    problems: list[str] = []
    try:
        for row in reader:
            cells = {key: _bare(cell) for key, cell in row.items() if isinstance(cell, str)}
            draft = _draft_of(cells)
            if not draft.name.strip():
                problems.append(f"Line {reader.line_num} of the file has no name.")
                continue
            tag = tags.setdefault(tidied(draft).slug or draft.name, FileTag(draft))
            if cells.get("package"):
                tag.packages.append(FileAssignment(cells["package"]))
    except csv.Error as error:
        raise UsageError(f"Line {reader.line_num} of the file is not CSV: {error}.") from None
    return TagFile(tuple(tags.values()), tuple(problems))


def _draft_of(given: Mapping[str, object]) -> TagDraft:
    def text(name: str) -> str:
        value = given.get(name)
        return value if isinstance(value, str) else ""

    return TagDraft(text("name"), text("slug"), text("description"), text("color"))


def _bare(cell: str) -> str:
    """Without the apostrophe that `harmless` puts before what a spreadsheet would execute."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA_STARTS) else cell
