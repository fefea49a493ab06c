"""Which names and slugs are taken: no two tags, deleted or not, are called the same."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tgtui.basics.errors import TgtuiError
from tgtui.basics.ids import uuid7
from tgtui.data.models.tables import Tag
from tgtui.data.tags.reading import tag_row
from tgtui.data.views.tags import TagRow
from tgtui.syntax.names import fold
from tgtui.syntax.tag import Field, TagDraft, TagInvalid

NAMING_LOCK = 0x7461_6773
"""Key of PostgreSQL's advisory lock: 'tags' in ASCII."""


class TagGone(TgtuiError):
    """The tag was deleted meanwhile, or never was."""


class TagDeleted(TgtuiError):
    """A tag of this name or slug is there, deleted: it can be restored, not made a second time."""

    def __init__(self, tag: TagRow) -> None:
        who = f" by {tag.deleted_by}" if tag.deleted_by else ""
        super().__init__(
            f"There was a tag {tag.name} ({tag.slug}), deleted{who}; restore it in place of making another."
        )
        self.tag = tag


class TagNames:
    """Every name and slug there is, deleted tags' too. Nobody else names a tag until the transaction ends."""

    def __init__(self, session: Session, *, only_looking: bool = False) -> None:
        """`only_looking` holds nobody up: what is found may be otherwise a moment later."""
        if session.get_bind().dialect.name == "postgresql" and not only_looking:
            session.execute(select(func.pg_advisory_xact_lock(NAMING_LOCK)))
        self._session = session
        self._by_name: dict[str, UUID] = {}
        self._by_slug: dict[str, UUID] = {}
        for tag in session.execute(select(Tag.id, Tag.name, Tag.slug)):
            self._by_name[fold(tag.name)] = self._by_slug[tag.slug] = tag.id

    def added(self, draft: TagDraft) -> UUID:
        """The id of a tag that will be made of the draft. TagInvalid; TagDeleted."""
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
        """The tag is called so from now on. TagInvalid."""
        if twins := self.twins(draft, but=tag_id):
            raise TagInvalid(twin_problems(twins))
        for known in (self._by_name, self._by_slug):
            for text in [text for text, id in known.items() if id == tag_id]:
                del known[text]
        self._by_name[fold(draft.name)] = self._by_slug[draft.slug] = tag_id

    def twins(self, draft: TagDraft, *, but: UUID | None = None) -> dict[Field, TagRow]:
        """Tags that have the name, whatever its case, or the slug of a tidy draft."""
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
    session: Session, draft: TagDraft, *, but: UUID | None = None
) -> dict[Field, str]:
    """What of a tidy draft another tag has, `but` its own; for whoever is still writing it."""
    return twin_problems(TagNames(session, only_looking=True).twins(draft, but=but))


def known_tag(session: Session, tag_id: UUID) -> TagRow:
    """Deleted or not. TagGone where it never was."""
    tag = tag_row(session, tag_id)
    if tag is None:
        raise TagGone("The tag is gone.")
    return tag
