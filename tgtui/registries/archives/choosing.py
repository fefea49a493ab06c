"""Which file is the README, which the changelog, and what of a file can be shown as text."""

from __future__ import annotations

from collections.abc import Iterable

from tgtui.registries.archives.files import MARKDOWN, NotText, Origin, PackageText

BINARY_BYTES = 8 << 10
"""A zero among so many bytes at the beginning makes a file binary."""
CHANGELOGS = ("changelog", "changes", "history", "news", "releases")
"""Names without their endings; the first is taken before the others."""
PLAIN = ("", ".txt", ".rst", ".adoc")
"""Endings of texts that are not Markdown, in lower case."""


def find_readme(paths: Iterable[str]) -> str | None:
    """As npm chooses: in the package's folder, in any case, the first with an ending of Markdown, else a bare README.

    Before it one without anything between (`README.de.md`), and after it any other ending.
    """
    found = [path for path in paths if "/" not in path and _stem(path) == "readme"]

    def order(path: str) -> int:
        name = path.lower()
        if name.endswith(MARKDOWN):
            return 0 if name.removeprefix("readme") in MARKDOWN else 1
        return 2 if name == "readme" else 3

    return min(found, key=order, default=None)


def find_changelog(paths: Iterable[str]) -> str | None:
    """In the package's folder: Markdown before other text, `CHANGELOG` before `HISTORY`."""
    found = [path for path in paths if "/" not in path]
    for stem in CHANGELOGS:
        of_stem = [path for path in found if _stem(path) == stem]
        for endings in (MARKDOWN, PLAIN):
            for path in of_stem:
                if _ending(path) in endings:
                    return path
    return None


def as_text(
    path: str, body: bytes, size: int, label: str, *, origin: Origin, proof: str
) -> PackageText:
    """Decoded; `size` is that of the whole file, of which `body` may be the beginning. NotText."""
    if b"\0" in body[:BINARY_BYTES]:
        raise NotText(f"{label} is not text")
    notes: list[str] = []
    is_cut = len(body) < size
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = body.decode("utf-8-sig", "replace")
        if not is_cut or error.start < len(body) - 4:  # else a character that was cut in two
            notes.append("It is not UTF-8 throughout; what can't be read is replaced.")
    if is_cut:
        notes.append(f"Only its first {len(body) >> 20} MiB are shown (archives.text_megabytes).")
    return PackageText(path, text, size, origin, proof, tuple(notes))


def _stem(path: str) -> str:
    return path.lower().partition(".")[0]


def _ending(path: str) -> str:
    stem, dot, ending = path.lower().rpartition(".")
    return dot + ending if stem else ""
