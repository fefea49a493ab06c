"""Imports tags from a file, and exports them to one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.basics.errors import UsageError
from tgtui.data.tags.changes import edit_tag, give, insert_tags
from tgtui.data.tags.names import TagDeleted, TagNames
from tgtui.data.tags.reading import list_tags, tagged_packages
from tgtui.data.versions.named import package_ids
from tgtui.data.views.tags import TagRow
from tgtui.syntax.reference import PackageReference, parse_reference
from tgtui.syntax.tag import TagDraft, TagInvalid, checked
from tgtui.syntax.tag_file import FileAssignment, FileTag, TagFile, shown


class TagsImported(Struct, frozen=True):
    """The result of an import, with its problems."""

    tags: int
    """Tags in the file."""
    created: int
    changed: int
    """Tags that existed and differed."""
    assigned: int
    """Assignments that are new."""
    problems: tuple[str, ...]
    """A sentence for each thing that could not be imported; the rest was."""


def export_tags(connection: Connection) -> TagFile:
    """Every tag with every package that has it, by slug."""
    tags = {tag.id: FileTag(_draft(tag)) for tag in list_tags(connection)}
    for tag_id, registry, name, by, at in tagged_packages(connection):
        if tag_id in tags:
            package = FileAssignment(f"{registry}:{name}", by or "", at.isoformat())
            tags[tag_id].packages.append(package)
    return TagFile(tuple(sorted(tags.values(), key=lambda tag: tag.draft.slug)))


def import_tags(connection: Connection, file: TagFile, *, account_id: UUID) -> TagsImported:
    """Create missing tags and change those that differ, by slug, and apply them to packages; nothing is removed.
    Importing the same file again changes nothing."""
    names = TagNames(connection)
    known = {tag.slug: tag for tag in list_tags(connection)}
    packages = _package_ids(connection, file)
    problems = list(file.problems)
    new: dict[UUID, TagDraft] = {}
    ids: dict[str, UUID] = {slug: tag.id for slug, tag in known.items()}
    pairs: list[tuple[UUID, UUID]] = []
    changed = 0
    for each in file.tags:
        try:
            draft = checked(each.draft)
            tag = known.get(draft.slug)
            if tag is None and draft.slug not in ids:
                ids[draft.slug] = names.added(draft)
                new[ids[draft.slug]] = draft
            elif tag is not None and _draft(tag) != draft:
                known[draft.slug] = edit_tag(
                    connection, tag.id, draft, seen=tag.updated_at, names=names
                )
                changed += 1
        except (TagInvalid, TagDeleted) as error:
            problems.append(f"{shown(each.draft)}: {error}")
            continue
        wanted = _wanted(each, packages, problems)
        pairs += [(package_id, ids[draft.slug]) for package_id in wanted]
    insert_tags(connection, new)
    assigned = give(connection, list(dict.fromkeys(pairs)), account_id=account_id)
    return TagsImported(len(file.tags), len(new), changed, assigned, tuple(problems))


def _draft(tag: TagRow) -> TagDraft:
    return TagDraft(tag.name, tag.slug, tag.description or "", tag.color or "")


def _wanted(tag: FileTag, ids: Mapping[str, UUID], problems: list[str]) -> Iterable[UUID]:
    for each in tag.packages:
        found = ids.get(each.package)
        if found is not None:
            yield found
            continue
        try:
            reference = parse_reference(each.package).package
        except UsageError as error:
            problems.append(f"{shown(tag.draft)}: {error}")
        else:
            problems.append(
                f"{shown(tag.draft)}: {reference} is not in the catalogue; tgtui ask {reference}"
            )


def _package_ids(connection: Connection, file: TagFile) -> dict[str, UUID]:
    """Packages by their spelling in the file; missing and deleted ones have no key."""
    written: dict[PackageReference, list[str]] = {}
    for each in dict.fromkeys(package.package for tag in file.tags for package in tag.packages):
        try:
            written.setdefault(parse_reference(each).package, []).append(each)
        except UsageError:
            continue
    found: dict[str, UUID] = {}
    named: Sequence[tuple[str, str]] = [(each.registry, each.name) for each in written]
    for (registry, name), package_id in package_ids(connection, named, are_living=True).items():
        for text in written[PackageReference(registry, name)]:
            found[text] = package_id
    return found
