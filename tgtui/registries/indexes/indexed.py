"""What a registry offers that is read as one index: fetched once per interval, then everything is answered here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec

from tgtui.registries.base import DeclaredDependency, PackageDocument, ProgressCallback


class IndexEdge(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An edge with the choice that the registry's own client would make from its index."""

    declared: DeclaredDependency
    version: str | None
    """None where nothing in the index satisfies it."""
    error: str | None = None
    """Why, a sentence."""


class PackageIndex(Protocol):
    """A verified index of a whole registry, read from this machine's disk. Every call blocks shortly.

    It can be pickled: another process opens the same file.
    """

    @property
    def digest(self) -> str:
        """Changes when anything in it, or a setting that its answers depend on, does."""
        ...

    @property
    def confirmed_at(self) -> datetime:
        """When the network last said that it is right, timezone-aware UTC."""
        ...

    def __len__(self) -> int:
        """Packages."""
        ...

    def canonical(self, name: str) -> str | None:
        """The package that goes by this name, old name or alias; None where there is none."""
        ...

    def document(self, name: str) -> PackageDocument | None:
        """By its canonical name."""
        ...

    def documents(self) -> Iterator[PackageDocument]:
        """Every package, by name. Entries that can't be read are passed over and told in `problems`."""
        ...

    def resolve(self, edges: Sequence[DeclaredDependency]) -> list[IndexEdge]:
        """One answer for each edge, in order; the target may be named anew (alias, alternative, provider)."""
        ...

    def load(self) -> None:
        """Make ready for answering thousands of questions, at the cost of memory."""
        ...

    @property
    def problems(self) -> Sequence[str]:
        """What of the index could not be read, a sentence each; bounded."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class IndexedRegistry(Protocol):
    """A registry that is read as one index: fetched once per interval, then everything is answered locally."""

    async def index(
        self, *, max_age: float, on_progress: ProgressCallback | None = None
    ) -> PackageIndex:
        """The index, confirmed within `max_age` seconds or the registry's interval, whichever is longer.

        0 always asks the network. Raises RegistryError; an index that was there stays.
        """
        ...

    def known_index(self) -> PackageIndex | None:
        """The index on this machine's disk, of any age, without the network; None where there is none."""
        ...
