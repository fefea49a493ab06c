"""Names and slugs of tags: no two tags, deleted or not, share one."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, func, select

from tgtui.basics.errors import TgtuiError
from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import tags
from tgtui.data.tags.reading import tag_row
from tgtui.data.views.tags import TagRow
from tgtui.syntax.names import fold
from tgtui.syntax.tag import Field, TagDraft, TagInvalid

NAMING_LOCK = 0x7461_6773
"""Key of PostgreSQL's advisory lock: 'tags' in ASCII."""


class TagGone(TgtuiError):
    """The tag was deleted meanwhile, or never existed."""


class TagDeleted(TgtuiError):
    """A tag of this name or slug was deleted: it can be restored, but not created again."""

    def __init__(self, tag: TagRow) -> None:
        who = f" by {tag.deleted_by}" if tag.deleted_by else ""
        super().__init__(
            f"The tag {tag.name} ({tag.slug}) was deleted{who}; restore it instead of creating another."
        )
        self.tag = tag


class TagNames:
    """All names and slugs, of deleted tags too. No other transaction names a tag until this one ends."""

    def __init__(self, connection: Connection, *, only_looking: bool = False) -> None:
        """`only_looking` takes no lock: what is found may change a moment later."""
        if connection.dialect.name == "postgresql" and not only_looking:
            connection.execute(select(func.pg_advisory_xact_lock(NAMING_LOCK)))
        self._session = connection
        self._by_name: dict[str, UUID] = {}
        self._by_slug: dict[str, UUID] = {}
        for tag in connection.execute(select(tags.c.id, tags.c.name, tags.c.slug)):
            self._by_name[fold(tag.name)] = self._by_slug[tag.slug] = tag.id

    def added(self, draft: TagDraft) -> UUID:
        """The id for a new tag from the draft. TagInvalid; TagDeleted."""
        twins = self.twins(draft)
        deleted = [tag for tag in twins.values() if tag.deleted_at is not None]
        if twins and len(deleted) == len(twins):
            raise TagDeleted(deleted[0])
        if twins:
            raise TagInvalid(twin_problems(twins))
        tag_id = uuid7()
        self._by_name[fold(draft.name)] = self._by_slug[draft.slug] = tag_id
        return tag_id

    def renamed(self, tag_id: UUID, draft: TagDraft) -> None:
        """Rename the tag as in the draft. TagInvalid."""
        if twins := self.twins(draft, but=tag_id):
            raise TagInvalid(twin_problems(twins))
        for known in (self._by_name, self._by_slug):
            for text in [text for text, id in known.items() if id == tag_id]:
                del known[text]
        self._by_name[fold(draft.name)] = self._by_slug[draft.slug] = tag_id

    def twins(self, draft: TagDraft, *, but: UUID | None = None) -> dict[Field, TagRow]:
        """Tags that have the name, ignoring case, or the slug of a tidy draft."""
        found: dict[Field, UUID | None] = {
            "name": self._by_name.get(fold(draft.name)),
            "slug": self._by_slug.get(draft.slug),
        }
        return {
            field: known_tag(self._session, tag_id)
            for field, tag_id in found.items()
            if tag_id is not None and tag_id != but
        }


def twin_problems(twins: Mapping[Field, TagRow]) -> dict[Field, str]:
    """A sentence beside each field that another tag has."""
    return {
        field: f"{tag.name} has this {field} already."
        if tag.deleted_at is None
        else f"{tag.name}, which is deleted, has this {field}; restore that one."
        for field, tag in twins.items()
    }


def problems_among(
    connection: Connection, draft: TagDraft, *, but: UUID | None = None
) -> dict[Field, str]:
    """Problems of a tidy draft with other tags' names, for a form; `but` is the tag being edited."""
    return twin_problems(TagNames(connection, only_looking=True).twins(draft, but=but))


def known_tag(connection: Connection, tag_id: UUID) -> TagRow:
    """A tag, deleted or not. TagGone if it never existed."""
    tag = tag_row(connection, tag_id)
    if tag is None:
        raise TagGone("The tag is gone.")
    return tag
