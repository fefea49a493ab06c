"""The README, the changelog and the files of a version, from the disk or from its registry. Anyone may read them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from tgtui.basics.errors import TgtuiError
from tgtui.registries.adapters import Registries
from tgtui.registries.archives.files import FileSource, Listing, NoSuchFile, PackageText
from tgtui.registries.base import ProgressCallback, RegistryError
from tgtui.registries.registration import registration
from tgtui.syntax.changelog import between


class CannotRead(TgtuiError):
    """What was asked for can't be shown; the sentence says why."""


class NotThere(CannotRead):
    """The version has no such file, or its registry shows none."""


class Files:
    """What can be read of versions. Every call raises CannotRead; NotThere if there is no such file."""

    def __init__(self, registries: Registries) -> None:
        self._registries = registries

    def why_none(self, registry: str) -> str:
        """Why versions of this registry have no files to show; empty if they have."""
        known = registration(registry)
        return known.no_files if known.files is None else ""

    async def readme(
        self, registry: str, name: str, version: str, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        """Of the registry's document, else of the archive."""
        with _in_words():
            return await self._source(registry).readme(name, version, on_progress=on_progress)

    async def changelog(
        self, registry: str, name: str, version: str, on_progress: ProgressCallback | None = None
    ) -> PackageText:
        """As it was published with this version."""
        with _in_words():
            return await self._source(registry).changelog(name, version, on_progress=on_progress)

    async def changes(
        self,
        registry: str,
        name: str,
        before: str,
        after: str,
        on_progress: ProgressCallback | None = None,
    ) -> PackageText:
        """What the changelog of the higher of two versions says of those above the lower one.

        NotThere if it has no changelog, or one that names none of them.
        """
        sort_key = registration(registry).rules.sort_key
        low, high = sorted((before, after), key=sort_key)
        whole = await self.changelog(registry, name, high, on_progress)
        lowest, highest = sort_key(low), sort_key(high)

        def is_between(version: str) -> bool:
            return lowest < sort_key(version) <= highest

        text = await asyncio.to_thread(between, whole.text, is_between)
        if not text:
            raise NotThere(
                f"{whole.path} of {registry}:{name}@{high} says nothing about versions above {low}."
            )
        return replace(whole, text=text)

    async def listing(
        self, registry: str, name: str, version: str, on_progress: ProgressCallback | None = None
    ) -> Listing:
        """Every file of the version."""
        with _in_words():
            return await self._source(registry).listing(name, version, on_progress=on_progress)

    async def text(
        self,
        registry: str,
        name: str,
        version: str,
        path: str,
        on_progress: ProgressCallback | None = None,
    ) -> PackageText:
        """One file of the version."""
        with _in_words():
            return await self._source(registry).text(name, version, path, on_progress=on_progress)

    def _source(self, registry: str) -> FileSource:
        found = self._registries.files(registry)
        if found is None:
            raise NotThere(registration(registry).no_files)
        return found


@contextmanager
def _in_words() -> Iterator[None]:
    """A registry's error as one that people see."""
    try:
        yield
    except NoSuchFile as error:
        raise NotThere(_sentence(error)) from error
    except RegistryError as error:
        raise CannotRead(_sentence(error)) from error


def _sentence(error: RegistryError) -> str:
    text = str(error)
    return f"{text[:1].upper() if not text.startswith(('npm:', 'jsr:')) else text[:1]}{text[1:]}."
