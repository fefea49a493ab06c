"""What a registry can show of a version's files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from tgtui.registries.base import NotFound, ProgressCallback, RegistryError

Origin = Literal["document", "archive", "file"]
"""The registry's document about the package; the version's archive; a file that is served by itself."""
MARKDOWN = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")
"""Endings of Markdown, in lower case."""


class Limits(Struct, frozen=True):
    """The most that is taken of a version, in bytes."""

    packed: int = 64 << 20
    """Of an archive as it is served."""
    unpacked: int = 512 << 20
    """Of an archive decompressed."""
    files: int = 50_000
    """Of an archive, folders and links included: a number, not bytes."""
    text: int = 8 << 20
    """Of a file that is shown; the rest of it is left out."""


class PackageFile(Struct, frozen=True):
    """One file of a version. Its path is hostile."""

    path: str
    """Below the package's folder, as it is installed."""
    size: int
    """Bytes, as the archive or the registry says."""
    note: str = ""
    """What is odd about it, or why it is not installed."""
    is_installed: bool = True


class Listing(Struct, frozen=True):
    """Every file of a version."""

    files: Sequence[PackageFile]
    """In the order of their paths; what is not installed comes last."""
    unpacked_bytes: int
    """The sum of all entries, as npm counts: what is replaced or refused counts too."""
    entries: int
    """Folders and links too, as npm counts."""
    packed_bytes: int | None
    """Of the archive; None if there is none."""
    proof: str
    """The hash it was compared with: `sha512`; '' if nothing was."""
    is_list: bool = False
    """It lists the archives of the version, not what is in one of them."""

    @property
    def installed(self) -> Sequence[PackageFile]:
        return [file for file in self.files if file.is_installed]


class PackageText(Struct, frozen=True):
    """A file's text. It is hostile."""

    path: str
    text: str
    size: int
    """Bytes of the whole file."""
    origin: Origin
    proof: str = ""
    """The hash it was compared with; empty if it comes from the registry's document."""
    notes: Sequence[str] = ()
    """What is missing or was replaced, a sentence each."""
    folder: str = ""
    """The package's place in its repository: `packages/core`; empty if that is its root, or not known."""
    commit: str = ""
    """Of the repository, that it was published from; empty if not known."""

    @property
    def is_markdown(self) -> bool:
        """By its name; a README without an ending is shown as one."""
        name = self.path.lower().rpartition("/")[2]
        return name.endswith(MARKDOWN) or name == "readme"


class NoSuchFile(NotFound):
    """The version is there, but has no such file."""


class NotText(RegistryError):
    """The file is binary."""

    code = "malformed"
    is_permanent = True


class FileSource(Protocol):
    """A registry whose versions have files that can be shown. Every call raises RegistryError."""

    async def listing(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> Listing: ...

    async def readme(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        """NoSuchFile if the version has none."""
        ...

    async def changelog(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        """NoSuchFile if the version has none."""
        ...

    async def text(
        self, name: str, version: str, path: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        """One installed file. NoSuchFile, NotText."""
        ...

    async def aclose(self) -> None: ...
