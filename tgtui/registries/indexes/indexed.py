"""The protocols of registries with one index: fetched once per interval, then answered locally."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from tgtui.registries.base import DeclaredDependency, PackageDocument, ProgressCallback


class IndexEdge(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An edge with the choice that the registry's own client would make from its index."""

    declared: DeclaredDependency
    version: str | None
    """None if nothing in the index satisfies it."""
    error: str | None = None
    """Why, a sentence."""
    alternatives: str = ""
    """What else satisfies it: see `registries/indexes/alternatives.py`."""


class PackageIndex(Protocol):
    """A verified index of a whole registry, read from this machine's disk. Every call blocks shortly.

    It can be pickled: another process opens the same file.
    """

    @property
    def digest(self) -> str:
        """Changes whenever its content, or a setting that its answers depend on, changes."""
        ...

    @property
    def confirmed_at(self) -> datetime:
        """When the network last confirmed it, timezone-aware UTC."""
        ...

    def __len__(self) -> int:
        """Packages."""
        ...

    def canonical(self, name: str) -> str | None:
        """The package with this name, old name or alias; None if there is none."""
        ...

    def document(self, name: str) -> PackageDocument | None:
        """By its canonical name."""
        ...

    def documents(self) -> Iterator[PackageDocument]:
        """Every package, by name. Entries that can't be read are skipped and reported in `problems`."""
        ...

    def resolve(self, edges: Sequence[DeclaredDependency]) -> list[IndexEdge]:
        """One answer for each edge, in order; the target may get another name (alias, alternative, provider)."""
        ...

    def load(self) -> None:
        """Make ready for answering thousands of questions, at the cost of memory."""
        ...

    @property
    def problems(self) -> Sequence[str]:
        """A sentence for each entry that could not be read; bounded."""
        ...

    @property
    def failures(self) -> Sequence[str]:
        """A sentence for each source of it that could not be read. What they gave before is still in it, if possible."""
        ...

    @property
    def is_partial(self) -> bool:
        """It lacks what such a source has, so what is not in it is not gone."""
        ...

    def close(self) -> None: ...


class IndexedRegistry(ABC):
    """A registry with one index: fetched once per interval, then everything is answered locally."""

    @abstractmethod
    async def index(
        self, *, max_age: float, on_progress: ProgressCallback | None = None
    ) -> PackageIndex:
        """The index, confirmed within `max_age` seconds or the registry's interval, whichever is longer.

        0 always asks the network. Raises RegistryError; the previous index stays.
        """

    @abstractmethod
    def known_index(self) -> PackageIndex | None:
        """The index on this machine's disk, of any age, without network; None if there is none."""
