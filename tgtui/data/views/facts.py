"""What is known of a version besides its dependencies. Registry text in it is still hostile."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from tgtui.registries.base import Facts
from tgtui.syntax.licences import Licence, LicenceKind


class VersionFacts(Struct, frozen=True):
    """Facts of one version. What is None is unknown; so is what is empty, except for `install_scripts`."""

    version_id: UUID
    licence: Licence
    """`shown` is empty if nothing is said."""
    download_size: int | None
    """Bytes."""
    unpacked_size: int | None
    """Bytes: measured in the archive, else as the registry says."""
    file_count: int | None
    is_measured: bool
    """Unpacked size and number of files are those of an archive that was read here."""
    said: Facts
    """Everything else that the registry says; its licence and sizes are those above."""


class LicenceCount(Struct, frozen=True):
    """A licence in an install."""

    shown: str
    """The SPDX expression, else the registry's words."""
    kind: LicenceKind
    packages: int


class InstallWeight(Struct, frozen=True):
    """What an install of one version brings, the version included; each version once."""

    packages: int
    size: int
    """Bytes of the files, of those packages whose size is known."""
    sizes_known: int
    """Of how many packages."""
    own_size: int | None
    """Bytes of the version itself."""
    kinds: Mapping[LicenceKind, int]
    """Packages by the kind of their licence, every kind in order."""
    licences: tuple[LicenceCount, ...]
    """The most frequent first, without those of which nothing is said."""
    licences_unknown: int
    """Packages of whose licence nothing is said."""
    with_scripts: int
    """Packages that are known to run something when they are installed, which may bring more."""
    platform: str
    """`linux-x64-glibc`"""
    for_others: int
    """Packages of the tree that are for other platforms, and not counted."""

    @property
    def is_known(self) -> bool:
        """Anything of it is."""
        return bool(self.sizes_known) or self.licences_unknown < self.packages


class Less(Struct, frozen=True):
    """What only one version brings, itself included: without it that much less is installed."""

    packages: int
    size: int
    """Bytes, of those whose size is known."""
    sizes_known: int
