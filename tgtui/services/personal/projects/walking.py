"""Finds and reads the files of a project. Folders that are hidden, ignored or installed into are not walked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from tgtui.basics.errors import UsageError
from tgtui.basics.files.trouble import why
from tgtui.basics.formatting import number
from tgtui.basics.text import clean
from tgtui.data.packages.projects.contents import contents_of
from tgtui.data.views.projects import ProjectContents, ProjectFile, ProjectProblem
from tgtui.syntax.projects.assembling import read_contents
from tgtui.syntax.projects.formats import is_read, lock_reader
from tgtui.syntax.projects.text import MAX_BYTES, SourceFile, decoded
from tgtui.syntax.projects.values import ProjectFileError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

INSTALLED = frozenset({"node_modules", "bower_components", "__pycache__", "venv", "site-packages"})
MAX_DEPTH = 24
MAX_FOLDERS = 50_000
MAX_FILES = 5_000
DPKG = Path("var/lib/dpkg")
BREW = ("opt/homebrew", "usr/local", "home/linuxbrew/.linuxbrew")
"""Where Homebrew is, below the root of a machine."""
RECEIPT = "INSTALL_RECEIPT.json"


class Reading(Struct, frozen=True):
    """What a folder says."""

    contents: ProjectContents
    files: tuple[ProjectFile, ...]
    problems: tuple[ProjectProblem, ...]
    digest: str
    is_whole: bool
    """Every file could be read."""


def read_folder(folder: Path, known_digest: str | None = None) -> Reading | None:
    """None if the files are as when they had the digest. UsageError if the folder can't be read, or has no files."""
    try:
        is_there = folder.is_dir()
        folder = folder.resolve()
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{clean(folder)} can't be read: {error}.") from None
    if not is_there:
        raise UsageError(f"There is no folder {clean(folder)}.")
    left_out: list[str] = []
    found = list(_machine(folder)) or list(_walk(folder, left_out))
    if not found:
        raise UsageError(
            f"{clean(folder)} has no file of a project: no package.json, pyproject.toml,"
            " requirements.txt, deno.json, Brewfile or lock file."
        )
    texts = _Texts(folder)
    digest = hashlib.sha256()
    for path in sorted(found):
        digest.update(f"{len(path)}:{path}:".encode("utf-8", "surrogateescape"))
        digest.update(hashlib.sha256(texts.content(path)).digest())
    if digest.hexdigest() == known_digest:
        return None
    read = read_contents(found, texts.open)
    formats = {lock.path: lock.format for lock in read.locks}
    files = tuple(
        ProjectFile(clean(path, 500), formats.get(path, path.rpartition("/")[2]))
        for path in sorted(found)
    )
    problems = tuple(ProjectProblem(each.path, each.line, each.message) for each in read.problems)
    problems += tuple(ProjectProblem(".", 0, each) for each in dict.fromkeys(left_out))
    return Reading(contents_of(read), files, problems, digest.hexdigest(), read.is_whole)


class _Texts:
    """The files of a folder, each read once. What leads out of it is not read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contents: dict[str, bytes | ProjectFileError] = {}

    def content(self, path: str) -> bytes:
        """For the digest; of what can't be read the reason."""
        found = self._read(path)
        return str(found).encode() if isinstance(found, ProjectFileError) else found

    def open(self, path: str) -> SourceFile | None:
        """None if there is none. ProjectFileError."""
        found = self._read(path)
        if isinstance(found, ProjectFileError):
            if isinstance(found.__cause__, FileNotFoundError):
                return None
            raise found
        return decoded(path, found)

    def _read(self, path: str) -> bytes | ProjectFileError:
        if path not in self._contents:
            self._contents[path] = self._read_anew(path)
        return self._contents[path]

    def _read_anew(self, path: str) -> bytes | ProjectFileError:
        file = self._folder / path
        try:
            if not file.resolve().is_relative_to(self._folder):
                return ProjectFileError(
                    path, "it is a link out of the project, and is not followed."
                )
            if file.name == "Cellar" and file.is_dir():
                return _cellar(file)
            if not file.is_file():
                error = ProjectFileError(path, "it is not a file.")
                if not file.exists():
                    error.__cause__ = FileNotFoundError(path)
                return error
            with file.open("rb") as opened:
                return opened.read(MAX_BYTES + 1)
        except (OSError, RuntimeError) as error:
            reason = why(error) if isinstance(error, OSError) else "it is a loop of links"
            return ProjectFileError(path, f"it can't be read: {clean(reason)}.")


def _machine(folder: Path) -> Iterator[str]:
    """The root of a machine has what is installed on it, and nothing else of it is walked."""
    if (folder / DPKG / "status").is_file():
        yield f"{DPKG.as_posix()}/status"
    if (folder / DPKG / "status.d").is_dir():
        for each in sorted((folder / DPKG / "status.d").iterdir()):
            path = f"{DPKG.as_posix()}/status.d/{each.name}"
            if lock_reader(path) is not None:
                yield path
    for prefix in BREW:
        if (folder / prefix / "Cellar").is_dir():
            yield f"{prefix}/Cellar"


def _cellar(folder: Path) -> bytes:
    found: dict[str, dict[str, object]] = {}
    for formula in sorted(folder.iterdir()):
        if formula.is_dir() and not formula.name.startswith("."):
            for version in sorted(formula.iterdir()):
                if version.is_dir() and not version.name.startswith("."):
                    receipt = version / RECEIPT
                    try:
                        said = json.loads(receipt.read_bytes()[:MAX_BYTES])
                    except (OSError, ValueError, RecursionError):
                        said = {}
                    found.setdefault(formula.name, {})[version.name] = said
    return json.dumps(found).encode()


def _walk(root: Path, left_out: list[str]) -> Iterator[str]:
    """`left_out` gets sentences about what is there and not read."""
    waiting: list[tuple[str, int, tuple[tuple[str, GitIgnoreSpec], ...]]] = [("", 0, ())]
    folders = files = 0
    while waiting:
        folder, depth, ignoring = waiting.pop()
        folders += 1
        try:
            with os.scandir(root / folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            continue
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names and folder:
            continue
        if ".gitignore" in names:
            ignoring = (*ignoring, *_ignored(root, folder))
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if is_read(path):
                if not (_is_file(entry) and _is_text(entry.name)):
                    continue
                if files >= MAX_FILES:
                    left_out.append(
                        f"It has more than {number(MAX_FILES)} files; the others were not read."
                        " Add folders of it one by one."
                    )
                    return
                files += 1
                yield path
            elif (
                not entry.name.startswith(".")
                and entry.name not in INSTALLED
                and entry.is_dir(follow_symlinks=False)
                and not _is_ignored(path, ignoring)
            ):
                if not _is_text(entry.name):
                    shown = entry.name.encode("utf-8", "replace").decode()
                    left_out.append(f"The name of the folder {shown} is no text; it was not read.")
                elif depth >= MAX_DEPTH or folders + len(waiting) >= MAX_FOLDERS:
                    left_out.append(
                        f"It has more than {number(MAX_FOLDERS)} folders, or more than {MAX_DEPTH}"
                        " in each other; the others were not read. Add folders of it one by one."
                    )
                else:
                    waiting.append((path, depth + 1, ignoring))


def _is_text(name: str) -> bool:
    """A file system may have any bytes for a name."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a loop of links
        return False


def _ignored(root: Path, folder: str) -> Iterator[tuple[str, GitIgnoreSpec]]:
    from pathspec import GitIgnoreSpec

    try:
        lines = (root / folder / ".gitignore").read_text(encoding="utf-8", errors="replace")
        yield folder, GitIgnoreSpec.from_lines(lines[:1_000_000].splitlines())
    except (OSError, ValueError):
        return


def _is_ignored(path: str, ignoring: tuple[tuple[str, GitIgnoreSpec], ...]) -> bool:
    is_ignored = False
    for folder, spec in ignoring:
        relative = path.removeprefix(f"{folder}/") if folder else path
        said = spec.check_file(f"{relative}/").include
        is_ignored = is_ignored if said is None else said
    return is_ignored
