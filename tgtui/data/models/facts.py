"""Tables of what registries say of versions besides dependencies, and the licences a search knows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Named,
    Table,
    Text,
    TypedColumns,
)

from tgtui.data.models.base import METADATA, FoldedText
from tgtui.data.storage.types import Key
from tgtui.syntax.licences import KINDS

KIND_LIST = ", ".join(f"'{kind}'" for kind in KINDS)
KIND_CHECK = f"licence_kind IN ({KIND_LIST})"


class PackageFactsColumns(TypedColumns):
    id: Named[UUID] = Column(
        Key, ForeignKey("package_versions.id", ondelete="CASCADE"), primary_key=True
    )
    """The version's own."""
    licence: Named[str | None] = Column(Text)
    """In the registry's words; null if it says nothing."""
    expression: Named[str | None] = Column(Text)
    """The same as SPDX spells it; null if it is no expression."""
    licence_kind: Named[str] = Column(Text)
    download_size: Named[int | None] = Column(BigInteger)
    """Bytes; of all sizes null is unknown."""
    unpacked_size: Named[int | None] = Column(BigInteger)
    file_count: Named[int | None] = Column(Integer)
    measured_size: Named[int | None] = Column(BigInteger)
    """Unpacked, as its archive shows. No document changes it."""
    measured_files: Named[int | None] = Column(Integer)
    details: Named[str] = Column(Text)
    """Everything else, as JSON: `registries/base.py: Facts`."""
    digest: Named[bytes] = Column(LargeBinary)
    """Of all that the registry says, to tell at a glance whether it says something else."""


package_facts = Table(
    "package_facts",
    METADATA,
    PackageFactsColumns,
    CheckConstraint(KIND_CHECK, name="licence_kind"),
)
"""What a registry says of a version whose dependencies are loaded, and of each package's latest."""


class SearchLicenceColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    licence: Named[str] = Column(FoldedText)
    """As `package_search.licence`. Two programs may add one at once: that changes no answer."""


search_licences = Table("search_licences", METADATA, SearchLicenceColumns)
"""Every different licence of `package_search`: some thousands, looked through instead of a million packages."""
