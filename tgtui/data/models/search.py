"""Tables of the search: one narrow row per package that can be found, notes on rows that are out of date, and
saved searches. All but the last is derived from the catalogue and can be rebuilt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    Named,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    func,
    literal_column,
)

from tgtui.data.models.base import METADATA, FoldedText
from tgtui.data.models.tables import REGISTRY_CHECK
from tgtui.data.storage.types import Key, UtcTimestamp

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""`released_at` of a package without a dated release, so that sorting needs no NULL."""

FULL_TEXT = "package_search_text"
"""With the suffixes `_words` and `_about`: SQLite's FTS5 tables and PostgreSQL's trigram indexes; with `_terms` an
index of whole terms."""


UNKNOWN = -1
"""In an order, of a count that is null."""


def known(column: Any) -> Any:
    """The column as an order has it: the lowest if it is null. Spelled with a literal, which the index requires."""
    return func.coalesce(column, literal_column(str(UNKNOWN)))


SILENT = " unknown "
"""The licence of a package whose registry says nothing of it."""


def licence_said(column: Any) -> Any:
    """The column `licence` with SILENT for null, spelled as the index has it."""
    return func.coalesce(column, literal_column(f"'{SILENT}'"))


class PackageSearchColumns(TypedColumns):
    id: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    """Small, because SQLite's full-text index and every index of an order refer to it."""
    package_id: Named[UUID] = Column(Key, ForeignKey("packages.id", ondelete="CASCADE"))
    registry: Named[str] = Column(Text)
    name: Named[str] = Column(FoldedText)
    """`packages.search_name`."""
    key: Named[str] = Column(FoldedText)
    """The name without `-`, `_` and `.`."""
    words: Named[str] = Column(FoldedText)
    """Each word of the name and its key after two spaces, so that the start of a word can be searched."""
    about: Named[str] = Column(FoldedText)
    """The beginning of the description, folded like names; empty if there is none."""
    rank: Named[int] = Column(Integer)
    """Packages that use it in any way and uses by people together, by their logarithms; higher comes first."""
    dependents: Named[int] = Column(Integer)
    """Packages whose install brings this one (`data/views/edges.py: UsedBy.installed`)."""
    optional_dependents: Named[int | None] = Column(Integer)
    """Those of `dependents` that it is optional for. Like the next three null until counted: none is known."""
    peer_dependents: Named[int | None] = Column(Integer)
    suggested_dependents: Named[int | None] = Column(Integer)
    dev_dependents: Named[int | None] = Column(Integer)
    brings: Named[int | None] = Column(Integer)
    """Packages in the tree of its latest version. Like the next one null until a refresh of the insights told it."""
    dependents_all: Named[int | None] = Column(Integer)
    """Packages whose latest version has it in its tree."""
    licence: Named[str | None] = Column(FoldedText)
    """Names of the latest version's licences (`syntax/licences.py: names_of`), with a space before, between and after.
    Like the next two null until a refresh or an import tells them."""
    terms: Named[str | None] = Column(FoldedText)
    """`keyword:cli maintainer:john-smith`: folded, with spaces between; empty if there are none."""
    unpacked_size: Named[int | None] = Column(BigInteger)
    """Bytes; of the latest version, null if unknown."""
    uses: Named[int] = Column(Integer)
    released_at: Named[datetime] = Column(UtcTimestamp)
    """Date of the latest version; NEVER if unknown."""
    is_deprecated: Named[bool] = Column(Boolean)
    is_incomplete: Named[bool] = Column(Boolean)
    """The latest version needs something that is missing or unresolved."""
    is_failed: Named[bool] = Column(Boolean)
    """The newest request for it failed."""
    severity: Named[int | None] = Column(Integer)
    """The worst of the latest version's advisories, a place in SEVERITIES; null if none is known."""
    advisories: Named[int | None] = Column(Integer)
    """How many flaws they are; null if none is known."""


package_search = Table(
    "package_search",
    METADATA,
    PackageSearchColumns,
    CheckConstraint(REGISTRY_CHECK, name="registry"),
    UniqueConstraint("package_id"),
)
"""One package that is not deleted, as searches, sorts and facets read it.

    A trigger adds and removes the row with its package; `data/search/index.py` fills in the counts.
    """


class PackageSearchStaleColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    package_id: Named[UUID] = Column(Key)
    """No foreign key: a package that is gone by then is skipped."""


package_search_stale = Table("package_search_stale", METADATA, PackageSearchStaleColumns)
"""A note that a package's row of `package_search` must be counted again. Rows are only added and
    deleted, never changed: two transactions that touch one package do not wait for each other."""


class SavedSearchColumns(TypedColumns):
    id: Named[UUID] = Column(Key, primary_key=True)
    account_id: Named[UUID] = Column(Key, ForeignKey("account.id", ondelete="CASCADE"))
    name: Named[str] = Column(Text)
    query: Named[str] = Column(Text)
    """As it is typed."""
    created_at: Named[datetime] = Column(UtcTimestamp)


saved_searches = Table(
    "saved_searches", METADATA, SavedSearchColumns, UniqueConstraint("account_id", "name")
)
"""A search that a person saved under a name."""
