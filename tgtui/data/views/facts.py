"""What is known of a version besides its dependencies. Registry text in it is still hostile."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from tgtui.registries.base import Facts
from tgtui.syntax.licences import Licence


@dataclass(frozen=True, slots=True)
class VersionFacts:
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
