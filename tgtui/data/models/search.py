"""Tables of the search: one narrow row per package that can be found, notes on rows that are out of date, and
saved searches. All but the last is derived from the catalogue and can be rebuilt."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tgtui.data.models.base import Base, FoldedText, where
from tgtui.data.models.tables import REGISTRY_CHECK
from tgtui.data.storage.sql import behind_scope

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""`released_at` of a package without a dated release, so that sorting needs no NULL."""

FULL_TEXT = "package_search_text"
"""With the suffixes `_words` and `_about`: SQLite's FTS5 tables and PostgreSQL's trigram indexes."""


class PackageSearch(Base):
    """One package that is not deleted, as searches, sorts and facets read it.

    A trigger adds and removes the row with its package; `data/search/index.py` fills in the counts.
    """

    __tablename__ = "package_search"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Small, because SQLite's full-text index and every index of an order refer to it."""
    package_id: Mapped[UUID] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    registry_name: Mapped[str] = mapped_column("registry")
    name: Mapped[str] = mapped_column(FoldedText)
    """`packages.search_name`."""
    key: Mapped[str] = mapped_column(FoldedText)
    """The name without `-`, `_` and `.`."""
    words: Mapped[str] = mapped_column(FoldedText)
    """Each word of the name and its key after two spaces, so that the start of a word can be searched."""
    about: Mapped[str] = mapped_column(FoldedText)
    """The beginning of the description, folded like names; empty if there is none."""
    rank: Mapped[int] = mapped_column()
    """Packages that use it in any way and uses by people together, by their logarithms; higher comes first."""
    dependents: Mapped[int] = mapped_column()
    """Packages whose install brings this one (`data/views/edges.py: UsedBy.installed`)."""
    optional_dependents: Mapped[int | None] = mapped_column()
    """Those of `dependents` that it is optional for. Like the next three null until counted: none is known."""
    peer_dependents: Mapped[int | None] = mapped_column()
    suggested_dependents: Mapped[int | None] = mapped_column()
    dev_dependents: Mapped[int | None] = mapped_column()
    uses: Mapped[int] = mapped_column()
    released_at: Mapped[datetime] = mapped_column()
    """Date of the latest version; NEVER if unknown."""
    is_deprecated: Mapped[bool]
    is_incomplete: Mapped[bool]
    """The latest version needs something that is missing or unresolved."""
    is_failed: Mapped[bool]
    """The newest request for it failed."""

    __table_args__ = (
        CheckConstraint(REGISTRY_CHECK, name="registry"),
        UniqueConstraint("package_id"),
        Index("idx_package_search_rank", rank.desc(), "name", "id", "key"),
        Index("idx_package_search_registry", "registry", rank.desc(), "name", "id", "key"),
        Index("idx_package_search_key", "key", rank.desc(), "name", "id"),
        Index(
            "idx_package_search_scoped",
            behind_scope(key),
            rank.desc(),
            "name",
            "id",
            sqlite_where=text("instr(key, '/') > 0"),
            postgresql_where=text("strpos(key, '/') > 0"),
        ),
        Index("idx_package_search_name", "name", "id"),
        Index("idx_package_search_dependents", dependents.desc(), "name", "id"),
        Index("idx_package_search_uses", uses.desc(), "name", "id"),
        Index("idx_package_search_released", released_at.desc(), "name", "id"),
        Index("idx_package_search_deprecated", rank.desc(), "name", "id", **where("is_deprecated")),
        Index("idx_package_search_incomplete", rank.desc(), "name", "id", **where("is_incomplete")),
        Index("idx_package_search_failed", rank.desc(), "name", "id", **where("is_failed")),
    )


class PackageSearchStale(Base):
    """A note that a package's row of `package_search` must be counted again. Rows are only added and
    deleted, never changed: two transactions that touch one package do not wait for each other."""

    __tablename__ = "package_search_stale"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    package_id: Mapped[UUID]
    """No foreign key: a package that is gone by then is skipped."""


class SavedSearch(Base):
    """A search that a person saved under a name."""

    __tablename__ = "saved_searches"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    name: Mapped[str]
    query: Mapped[str]
    """As it is typed."""
    created_at: Mapped[datetime]
