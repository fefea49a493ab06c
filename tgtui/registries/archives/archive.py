"""What a proven archive holds: the list of its files as they are installed, and the text of one of them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tgtui.registries.archives.choosing import as_text
from tgtui.registries.archives.files import Limits, Listing, NoSuchFile, PackageFile, PackageText
from tgtui.registries.archives.inflating import Inflating
from tgtui.registries.archives.paths import DOTTED, LINK, OTHER, TWICE, installed_path, is_dotted
from tgtui.registries.archives.tar import FILES, FOLDER, LINKS, TarEntry, TarReader
from tgtui.registries.base import Malformed


class ProvenArchive(Struct, frozen=True):
    """Bytes that have the hash the registry's document states. Its methods take long: call them in a thread."""

    label: str
    """In sentences: `the archive of npm:express@4.21.2`."""
    body: bytes | bytearray
    proof: str
    """The algorithm of the hash."""
    limits: Limits

    def listing(self) -> Listing:
        """Every file; of several with one path the last. Malformed, TooLarge."""
        files: dict[str, PackageFile] = {}
        refused: list[PackageFile] = []
        unpacked = entries = 0
        for entry in self._reader():
            entries += 1
            unpacked += entry.size
            if entry.kind == FOLDER:
                continue
            file = _listed(entry)
            if not file.is_installed:
                refused.append(file)
                continue
            known = files.pop(file.path, None)
            files[file.path] = file if known is None else replace(file, note=TWICE)
        if not entries:
            raise Malformed(f"{self.label} is empty")
        return Listing(
            (*sorted(files.values(), key=lambda file: file.path), *refused),
            unpacked,
            entries,
            len(self.body),
            self.proof,
        )

    def text(self, path: str) -> PackageText:
        """The text of an installed file. NoSuchFile, NotText, Malformed, TooLarge."""
        found: bytes | None = None
        size = 0
        reader = self._reader()
        for entry in reader:
            file = _listed(entry) if entry.kind != FOLDER else None
            if file is not None and file.is_installed and file.path == path:
                found, size = reader.read(self.limits.text), entry.size
        if found is None:
            raise NoSuchFile(f"{self.label} has no file {path}")
        label = f"{path} in {self.label}"
        return as_text(path, found, size, label, origin="archive", proof=self.proof)

    def _reader(self) -> TarReader:
        stream = Inflating(self.body, max_bytes=self.limits.unpacked, label=self.label)
        return TarReader(stream, self.label, self.limits.files)


def _listed(entry: TarEntry) -> PackageFile:
    path, refusal = installed_path(entry.raw_name)
    if entry.kind in LINKS:
        refusal = LINK
    elif entry.kind not in FILES:
        refusal = OTHER
    if refusal:
        return PackageFile(path, entry.size, refusal, is_installed=False)
    return PackageFile(path, entry.size, DOTTED if is_dotted(entry.raw_name) else "")
