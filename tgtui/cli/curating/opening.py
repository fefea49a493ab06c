"""Shared by the commands that change tags and packages: finds what they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from tgtui.cli.opening import NotInCatalogue

if TYPE_CHECKING:
    from tgtui.data.views.tags import TagRow
    from tgtui.services.catalogue import Catalogue


async def tag_named(catalogue: Catalogue, text: str) -> TagRow:
    """By slug or name. NotInCatalogue, with a remedy."""
    from tgtui.data.tags.reading import find_tag

    tag = await catalogue.database.read(find_tag, text)
    if tag is not None:
        return tag
    deleted = await catalogue.database.read(find_tag, text, deleted=True)
    if deleted is not None:
        raise NotInCatalogue(
            f"The tag {deleted.slug} is deleted. Restore it: tgtui tags restore {deleted.slug}"
        )
    raise NotInCatalogue(f"There is no tag {text}. `tgtui tags list` lists them all.")


async def deleted_tag_named(catalogue: Catalogue, text: str) -> TagRow:
    """A deleted one by slug or name. NotInCatalogue, with a remedy."""
    from tgtui.data.tags.reading import find_tag

    tag = await catalogue.database.read(find_tag, text, deleted=True)
    if tag is None:
        here = await catalogue.database.read(find_tag, text)
        is_here = f"The tag {here.slug} is not deleted." if here is not None else ""
        raise NotInCatalogue(
            is_here or f"There is no deleted tag {text}. `tgtui tags list --deleted` lists them."
        )
    return tag


async def packages_named(catalogue: Catalogue, names: Sequence[str]) -> list[UUID]:
    """The ids of all of them. UsageError or NotInCatalogue for the first that is wrong or missing."""
    from tgtui.cli.reading.finding import not_here
    from tgtui.data.packages.by_name import find_package
    from tgtui.data.packages.removal import find_deleted
    from tgtui.syntax.reference import parse_reference

    ids: list[UUID] = []
    for reference in [parse_reference(name).package for name in names]:
        found = await catalogue.database.read(find_package, reference.registry, reference.name)
        if found is None:
            gone = await catalogue.database.read(find_deleted, reference.registry, reference.name)
            raise not_here(reference, gone)
        ids.append(found)
    return ids
