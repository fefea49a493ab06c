"""What can be shown of a version: its description, and the archives that the index lists."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from msgspec import Struct

from tgtui.registries.archives.choosing import as_text
from tgtui.registries.archives.files import (
    Limits,
    Listing,
    NoSuchFile,
    NotText,
    PackageFile,
    PackageText,
)
from tgtui.registries.base import NotFound, ProgressCallback, refuse_name
from tgtui.registries.documents import loose_json as loose
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.documents import DocumentSource, Wanted
from tgtui.registries.http.gate import HostGate
from tgtui.registries.pypi.adapter import ACCEPT, PypiAdapter
from tgtui.registries.pypi.configuration.indexes import read_index_config
from tgtui.registries.pypi.configuration.keyring import Logins
from tgtui.registries.pypi.connecting import client_for
from tgtui.registries.pypi.documents.metadata import description_of
from tgtui.registries.pypi.documents.page import file_versions
from tgtui.registries.pypi.documents.told import Told, told_by
from tgtui.registries.pypi.fetching import NeedsBuild
from tgtui.registries.registration import RegistryOptions
from tgtui.versions.pypi.names import pypi_name_problem

FOREVER_S = float(10**9)
"""What an index said of a version once stays true, but for what was added or yanked since."""
FILE_BYTES = 400
"""Of one file in memory, roughly."""
MAX_NOTE = 400


class Listed(Struct, frozen=True):
    """The archives of a project, by version."""

    versions: Mapping[str, tuple[PackageFile, ...]]

    @property
    def weight(self) -> int:
        """Bytes in memory, roughly."""
        return FILE_BYTES * (1 + sum(map(len, self.versions.values())))


class PypiFiles:
    """FileSource for Python's indexes."""

    def __init__(self, adapter: PypiAdapter, lists: DocumentSource[Listed], limits: Limits) -> None:
        self._adapter = adapter
        self._lists = lists
        self._limits = limits

    async def listing(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> Listing:
        """The archives of the version, of every index that has it."""
        refuse_name(pypi_name_problem(name))
        label = f"pypi:{name}"
        found: dict[str, PackageFile] = {}
        for index in self._adapter.indexes:
            wanted: Wanted[Listed] = Wanted(
                label, f"{index}{name}/", ACCEPT, partial(_decode, name=name), follows=True
            )
            for max_age in (FOREVER_S, 0.0):
                try:
                    had, was_kept = await self._lists.get(wanted, max_age, on_progress)
                except NotFound:
                    break
                here = had.document.versions.get(version, ())
                found |= {file.path: file for file in here}
                if here or not was_kept:
                    break
        if not found:
            raise NoSuchFile(f"{label}=={version} has no files on the index")
        files = sorted(found.values(), key=lambda file: file.path)
        return Listing(tuple(files), sum(f.size for f in files), len(files), None, "", is_list=True)

    async def readme(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        """The description in its metadata."""
        refuse_name(pypi_name_problem(name))
        label = f"pypi:{name}=={version}"
        page = await self._adapter.page(name, FOREVER_S)
        release = next((each for each in page.releases if each.text == version), None)
        if release is None:
            page = await self._adapter.page(name, 0.0)
            release = next((each for each in page.releases if each.text == version), None)
        if release is None:
            raise NotFound(f"pypi:{name} has no version {version} in its registry any more")
        if release.best is None:
            raise NoSuchFile(f"{label} has no README: it has no wheel and no source archive")
        try:
            body = await self._adapter.whole_metadata(release.best, label)
        except NeedsBuild:
            raise NoSuchFile(f"{label} has no README that can be read without a build") from None
        path, text = await asyncio.to_thread(description_of, body)
        if not text.strip():
            raise NoSuchFile(f"{label} has no README")
        shown = text.encode("utf-8", "replace")
        return as_text(
            path, shown[: self._limits.text], len(shown), label, origin="document", proof=""
        )

    async def changelog(
        self, name: str, version: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        raise NoSuchFile(f"pypi:{name}=={version} has no changelog: its metadata has a README only")

    async def text(
        self, name: str, version: str, path: str, *, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        raise NotText(f"{path} of pypi:{name}=={version} is an archive, which is not opened")

    async def aclose(self) -> None:
        await self._adapter.aclose()
        await self._lists.aclose()


def make_files(options: RegistryOptions, cache: DocumentCache, gate: HostGate) -> PypiFiles:
    """SettingsError."""
    config = read_index_config(options.pypi)
    adapter = PypiAdapter(config, options.pypi, cache, gate=gate, contact=options.contact)
    client = client_for(config, Logins(config), gate=gate, contact=options.contact)
    lists: DocumentSource[Listed] = DocumentSource(
        client, cache, max_bytes=options.max_document_bytes
    )
    return PypiFiles(adapter, lists, options.limits)


def _decode(body: bytes | bytearray, address: str, name: str) -> Listed:
    told, _versions, _status = told_by(body, f"pypi:{name}", name, address)
    found: dict[str, list[PackageFile]] = {}
    for version, each in file_versions(told, name):
        found.setdefault(version, []).append(_file(each))
    return Listed({version: tuple(files) for version, files in found.items()})


def _file(told: Told) -> PackageFile:
    size = told.known_size or 0
    reason = f": {told.yanked}" if isinstance(told.yanked, str) and told.yanked else ""
    digest = told.hashes.get("sha256", "")
    parts = (
        _for_whom(told.filename),
        f"Python {told.requires_python}" if told.requires_python else "",
        f"yanked{reason}" if told.is_yanked else "",
        "of unknown size" if not size else "",
        f"sha256 {digest}" if digest else "without a hash",
    )
    note = loose.storable(", ".join(part for part in parts if part))[:MAX_NOTE]
    return PackageFile(loose.storable(told.filename), size, note, is_installed=False)


def _for_whom(filename: str) -> str:
    """`a wheel for cp311-cp311-win_amd64`"""
    if not filename.endswith(".whl"):
        return "a source archive"
    return f"a wheel for {'-'.join(filename[:-4].rsplit('-', 3)[1:])}"
