"""A project's page (PEP 503, 592, 691, 700): which files there are, and which of them pip would look at here.

Source: the specification of the simple API, and pip 26.3 (`LinkEvaluator`). JSON and HTML are told apart by how they
begin: some indexes answer HTML whatever they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urldefrag, urljoin

from msgspec import Struct
from msgspec.structs import replace
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from tgtui.registries.base import NotFound, TooLarge
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.pypi.documents.told import MAX_FILES, Told, told_by
from tgtui.registries.pypi.target import Target
from tgtui.versions.pypi.order import comparable, parsed
from tgtui.versions.pypi.ranges import admits, applicable

MAX_VERSIONS = 50_000
MAX_URL = 4_000
MAX_REASON = 1_000
OBJECT_BYTES = 700
"""Bytes in memory of one file or version, roughly."""
WHEEL = ".whl"
SDISTS = (
    ".tar.gz",
    ".zip",
    ".tar.bz2",
    ".tgz",
    ".tbz",
    ".tar",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
    ".tar.lzma",
)
"""Suffixes that pip reads besides wheels."""
PYTHON_OF = re.compile(r"-py([123]\.?[0-9]?)$")
SHA256 = re.compile(r"[0-9a-f]{64}")
MAX_RANGES = 100
"""Of one page, whose candidates are remembered."""
NO_BUILD: tuple[()] = ()
WHEEL_WITHOUT_BUILD = re.compile(
    r"(?!.*__.*?-)[A-Za-z0-9._]+-[A-Za-z0-9._+!]+"
    r"-[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*-\w+(?:\.\w+)*-\w+(?:\.\w+)*\.whl",
    re.ASCII,
)
"""Most names: reading one with packaging takes as long as all else of the file."""
PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9_+~!@-][A-Za-z0-9._+~!@%-]*)+")
"""Absolute, without a fragment or anything that joining would change."""


class File(Struct, frozen=True, gc=False):
    """A wheel or a source archive."""

    filename: str
    url: str
    """Absolute, without a fragment."""
    sha256: str | None
    size: int | None
    requires_python: str | None
    is_yanked: bool
    metadata: str | None
    """Announced beside it: the SHA-256 of the metadata, '' without a hash; None if it is not announced."""
    is_wheel: bool


class Candidate(Struct, frozen=True):
    """A file that pip would try here."""

    version: Version
    file: File
    preference: tuple[Any, ...]
    """Of two files of a version pip tries that with the higher one first."""

    @property
    def is_yanked(self) -> bool:
        return self.file.is_yanked


class Release(Struct, frozen=True):
    """One version, with or without files that fit."""

    text: str
    """In its normal form; as it stands if PEP 440 refuses it."""
    published_at: datetime | None
    """Of its first file."""
    is_yanked: bool
    """All of its files are."""
    yank_reason: str | None
    requires_python: str | None
    best: File | None
    """The one that pip would take here, else any wheel, else any source archive: what its metadata is read from."""
    is_usable: bool
    """pip would try it here."""
    is_kept_from_python: bool
    """A file of it is for another Python."""
    place: str = ""
    """Where the file comes from that pip would take, if the name is in several places: one of the page's."""


class Page(Struct, frozen=True, dict=True):
    """A project on one index, or on several, as pip sees it here."""

    name: str
    releases: tuple[Release, ...]
    """The highest first."""
    candidates: tuple[Candidate, ...]
    """Of all versions, in the order in which pip tries them."""
    status: str = ""
    """`quarantined`, `archived`, `deprecated`; '' for an active one."""
    places: tuple[str, ...] = ()
    """For people: the indexes that have the name, if there are several and they are no copies of each other."""

    @property
    def weight(self) -> int:
        """Bytes in memory, roughly."""
        return OBJECT_BYTES * (1 + len(self.releases) + len(self.candidates))

    @property
    def warning(self) -> str | None:
        """A name in several places may be somebody else's in one of them, a sentence without its end."""
        if len(self.places) < 2:
            return None
        where = f"{', '.join(self.places[:-1])} and {self.places[-1]}"
        amount = "two" if len(self.places) == 2 else f"{len(self.places)}"
        return f"{self.name} is on {amount} indexes, {where}: pip takes the highest version of all, whoever published it"

    def from_where(self, version: str) -> str | None:
        """The warning about one version, a sentence; None if the name is in one place."""
        if (warning := self.warning) is None:
            return None
        release = next((each for each in self.releases if each.text == version), None)
        own = f" {version} is from {release.place}." if release and release.place else ""
        return f"{warning}.{own}"

    def tried(self, wanted: SpecifierSet) -> Sequence[Candidate]:
        """What pip tries of a range, in its order. Packages that are met together ask for the same again and again."""
        known = self._tried
        if (found := known.get(wanted)) is None:
            if len(known) >= MAX_RANGES:
                known.clear()
            found = known[wanted] = applicable(
                wanted, self.candidates, lambda each: each.version, lambda each: each.is_yanked
            )
        return found

    @cached_property
    def _tried(self) -> dict[SpecifierSet, Sequence[Candidate]]:
        return {}

    @property
    def kept_from_python(self) -> list[str]:
        """Versions that have a file for another Python, and none that can be used here."""
        return [r.text for r in self.releases if r.is_kept_from_python and not r.is_usable]


def decode_page(body: bytes | bytearray, name: str, address: str, target: Target) -> Page:
    """Read a project's page. `address` is the page's own, after redirects. Raises Malformed, NotFound, TooLarge."""
    label = f"pypi:{name}"
    told, versions, status = told_by(body, label, name, address)
    if len(told) > MAX_FILES or len(versions) > MAX_VERSIONS:
        raise TooLarge(f"{label} has more than {MAX_FILES:,} files")
    page = _read(told, versions, name, address, target, status)
    if not page.releases:
        if status == "quarantined":
            raise NotFound(f"{label} is quarantined: the index serves none of its files")
        raise NotFound(f"{label} has no version on the index")
    return page


def file_versions(told: Iterable[Told], name: str) -> Iterator[tuple[str, Told]]:
    """Of a project's files, each with its version in its normal form."""
    for each in told:
        if each.filename.endswith(WHEEL):
            is_ours = canonicalize_name(each.filename.partition("-")[0]) == name
            found = _wheel_version(each.filename) if is_ours else None
        else:
            found = _sdist_version(each.filename, name)
        if found:
            version = parsed(found)
            yield (str(version) if version else loose.storable(found)[:MAX_REASON]), each


def page_of_links(told: Sequence[Told], name: str, address: str, target: Target) -> Page | None:
    """What files of any project have of this one; None for nothing."""
    page = _read(told[:MAX_FILES], (), name, address, target, "")
    return page if page.releases else None


def joined(pages: Sequence[Page], places: Sequence[str] = ()) -> Page:
    """One page of several indexes, as pip joins them: of equal files that of the later index comes first. `places` names
    them for people, '' for one of this machine; it may be left out."""
    if len(pages) == 1:
        return pages[0]
    found = [(each, number) for number, page in enumerate(pages) for each in page.candidates]
    # Reversed as a whole, so that files of one version stay in the order of their page.
    found.sort(key=lambda each: (each[0].version, each[0].preference, each[1]), reverse=True)
    taken: dict[Version, tuple[File, int]] = {}
    for each, number in found:
        if each.version not in taken or (taken[each.version][0].is_yanked and not each.is_yanked):
            taken[each.version] = each.file, number
    releases: dict[bytes | str, Release] = {}
    for number, page in enumerate(pages):
        for release in page.releases:
            key = _key(release.text)
            known = releases.get(key)
            version = parsed(release.text)
            best, place = taken.get(version, (None, -1)) if version is not None else (None, -1)
            if known is not None and (place != number or best is None):
                releases[key] = replace(known, is_yanked=known.is_yanked and release.is_yanked)
                continue
            told = replace(release, place=places[number]) if places else release
            is_yanked = release.is_yanked and (known is None or known.is_yanked)
            releases[key] = replace(told, is_yanked=is_yanked)
    return Page(
        pages[0].name,
        tuple(sorted(releases.values(), key=_place, reverse=True)),
        tuple(each for each, _number in found),
        next((page.status for page in pages if page.status), ""),
        () if _are_copies(pages) else tuple(dict.fromkeys(each for each in places if each)),
    )


def _read(
    told: Sequence[Told],
    versions: Iterable[str],
    name: str,
    address: str,
    target: Target,
    status: str,
) -> Page:
    gathered: dict[bytes | str, _Gathered] = {}
    by_text: dict[str, _Gathered] = {}

    def of(text: str) -> _Gathered:
        if (known := by_text.get(text)) is not None:
            return known
        key = _key(text)
        if (known := gathered.get(key)) is None:
            version = parsed(text)
            shown = str(version) if version else loose.storable(text)[:MAX_REASON]
            known = gathered[key] = _Gathered(shown, version)
        by_text[text] = known
        return known

    for text in versions:
        if text.strip():
            of(text)
    pythons: dict[str | None, bool] = {}
    names: dict[str, bool] = {}
    for place, each in enumerate(told):
        is_wheel = each.filename.endswith(WHEEL)
        if is_wheel:
            called = each.filename.partition("-")[0]
            if called not in names:
                names[called] = canonicalize_name(called) == name
            if not names[called]:
                continue
        found = _wheel_version(each.filename) if is_wheel else _sdist_version(each.filename, name)
        if not found or len(each.url) > MAX_URL:
            continue
        of(found).add(each, place, is_wheel=is_wheel)
        wanted = each.requires_python
        if wanted not in pythons:
            pythons[wanted] = admits(wanted, target.python)
    releases: list[Release] = []
    candidates: list[Candidate] = []
    for known in gathered.values():
        release, files = known.read(address, target, pythons)
        releases.append(release)
        if known.version is not None:
            candidates += [Candidate(known.version, *each) for each in files]
    releases.sort(key=_place, reverse=True)
    candidates.sort(key=lambda each: each.version, reverse=True)
    return Page(name, tuple(releases), tuple(candidates), status)


class _Gathered:
    """One version while the page is read."""

    def __init__(self, text: str, version: Version | None) -> None:
        self.text = text
        self.version = version
        self._files: list[tuple[Told, int, bool]] = []

    def add(self, told: Told, place: int, *, is_wheel: bool) -> None:
        self._files.append((told, place, is_wheel))

    def read(
        self, address: str, target: Target, pythons: Mapping[str | None, bool]
    ) -> tuple[Release, list[tuple[File, tuple[Any, ...]]]]:
        """The version, and its files that pip would try, best first, each with what pip compares of it."""
        fitting: list[tuple[Any, Told, bool]] = []
        for told, place, is_wheel in self._files:
            preference = self._preference(told, target, is_wheel=is_wheel)
            if preference is not None and pythons[told.requires_python]:
                fitting.append(((*preference, place), told, is_wheel))
        fitting.sort(key=lambda each: each[0], reverse=True)
        tried = [
            (file, key[:2])
            for key, told, is_wheel in fitting
            if (file := _file(told, address, is_wheel)) is not None
        ]
        usable = [file for file, _preference in tried]
        any_first = sorted(self._files, key=lambda each: not each[2])
        best = next((file for file in usable if not file.is_yanked), usable[0] if usable else None)
        if best is None and any_first:
            best = _file(any_first[0][0], address, any_first[0][2])
        yanked = [told.yanked for told, _place, _is_wheel in self._files if told.is_yanked]
        reasons = [each for each in yanked if isinstance(each, str)]
        dates = [found for told, _p, _w in self._files if (found := _moment(told.upload_time))]
        release = Release(
            self.text,
            min(dates, default=None),
            bool(yanked) and len(yanked) == len(self._files),
            loose.text(reasons[0], MAX_REASON) if reasons else None,
            best.requires_python if best else None,
            best,
            bool(usable) and self.version is not None,
            any(not pythons[told.requires_python] for told, _p, _w in self._files),
        )
        return release, tried

    def _preference(self, told: Told, target: Target, *, is_wheel: bool) -> tuple[Any, ...] | None:
        """What pip compares of two files of a version; None if it would not try this one."""
        if not is_wheel:
            stem = _stem(told.filename) or ""
            match = PYTHON_OF.search(stem)
            is_other = match is not None and match[1] != target.markers["python_version"]
            return None if is_other else (-len(target.ranks), NO_BUILD)
        rank = target.rank_of(told.filename)
        if rank is None:
            return None
        build = _build_of(told.filename)
        return None if build is None else (-rank, build)


def _build_of(filename: str) -> tuple[Any, ...] | None:
    """What a wheel's name has between version and tags, as pip compares it; None if it is no name of a wheel."""
    if WHEEL_WITHOUT_BUILD.fullmatch(filename):
        return NO_BUILD
    try:
        return parse_wheel_filename(filename)[2]
    except (InvalidWheelFilename, InvalidVersion, ValueError):
        return None


def _file(told: Told, address: str, is_wheel: bool) -> File | None:
    try:
        url = _absolute(address, told.url)
        if url.startswith("file:") and not address.startswith("file:"):
            return None  # a page of another machine has no business with the files of this one
    except ValueError:
        return None
    digest = told.hashes.get("sha256", "").lower()
    announced = told.core_metadata if told.core_metadata is not None else told.dist_info_metadata
    metadata = None
    if announced:
        named = announced.get("sha256", "") if isinstance(announced, dict) else ""
        metadata = named if SHA256.fullmatch(named) else ""
    return File(
        told.filename,
        url,
        digest if SHA256.fullmatch(digest) else None,
        told.known_size,
        told.requires_python,
        told.is_yanked,
        metadata,
        is_wheel,
    )


def _absolute(address: str, url: str) -> str:
    """Without a fragment. ValueError."""
    if PLAIN_URL.fullmatch(url):
        return url
    return urldefrag(urljoin(address, url))[0]


def _wheel_version(filename: str) -> str | None:
    parts = filename.split("-")
    return parts[1] if len(parts) in (5, 6) and parsed(parts[1]) else None


def _sdist_version(filename: str, name: str) -> str | None:
    """What follows the first hyphen before which the name is the project's."""
    stem = _stem(filename)
    if stem is None:
        return None
    for place, letter in enumerate(stem):
        if letter == "-" and canonicalize_name(stem[:place]) == name:
            return PYTHON_OF.sub("", stem[place + 1 :]) or None
    return None


def _stem(filename: str) -> str | None:
    if filename.endswith(".tar.gz"):
        return filename[:-7]
    lower = filename.lower()
    suffix = next((each for each in SDISTS if lower.endswith(each)), None)
    return filename[: -len(suffix)] if suffix else None


def _key(text: str) -> bytes | str:
    version = parsed(text)
    return comparable(version) if version is not None else text


def _are_copies(pages: Sequence[Page]) -> bool:
    """Each has what the largest has, or a part of it: mirrors of one index."""
    have = [{each.file.sha256 for each in page.candidates} for page in pages]
    largest = max(have, key=len)
    return None not in largest and all(some and some <= largest for some in have)


def _place(release: Release) -> tuple[bool, Version, str]:
    version = parsed(release.text)
    return version is not None, version or Version("0"), release.text


def _moment(text: str | None) -> datetime | None:
    """`2024-05-01T12:00:00.123456Z`"""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
