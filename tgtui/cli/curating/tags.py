"""`tgtui tags`: lists tags; lets admins create, edit, delete, restore, merge, apply and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from tgtui.basics.text import clean
from tgtui.cli.curating.opening import deleted_tag_named, packages_named, tag_named
from tgtui.cli.curating.tag_files import export, import_
from tgtui.cli.opening import NOTHING_FOUND, Options, complain, on_catalogue, reading
from tgtui.cli.output import emit, emit_json, emit_table, is_terminal

if TYPE_CHECKING:
    from datetime import datetime

    from tgtui.data.views.tags import Merged, Tagged, TagRow
    from tgtui.services.catalogue import Catalogue

EPILOG = """\b
Examples:
  tgtui tags list                            every tag and its number of packages
  tgtui tags create 'Front end' --color '#38bdf8'
  tgtui tags assign front-end npm:react npm:vue
  tgtui tags edit front-end --name Frontend --slug frontend
  tgtui tags delete frontend                 and: tgtui tags restore frontend
  tgtui tags merge ui frontend               packages move from ui to frontend; ui is deleted
  tgtui tags export > tags.json              and elsewhere: tgtui tags import tags.json
  tgtui search tag:frontend                  the packages of a tag

\b
TAG is a slug or a name. Anyone can list tags; only admins can change them.
"""

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
description_option = click.option("--description", metavar="TEXT", help="What it is for.")
color_option = click.option("--color", metavar="#RRGGBB", help="Its colour; '' for none.")


@click.group(epilog=EPILOG, short_help="List tags; create, edit, merge, apply them.")
def tags() -> None:
    """List tags. Admins can also create, edit, delete and merge them, and apply them to packages."""


@tags.command("list")
@click.argument("text", default="")
@click.option("--deleted", is_flag=True, help="List deleted tags, which can be restored.")
@as_json_option
@click.pass_obj
def list_(options: Options, text: str, deleted: bool, as_json: bool) -> None:
    """List tags by name; with TEXT only those that have it in their name, slug or description."""
    from tgtui.data.tags.reading import list_tags
    from tgtui.syntax.names import fold

    with reading(options) as database:
        found = database.read_now(list_tags, deleted=deleted)
    wanted = fold(text)
    found = [
        tag for tag in found if wanted in fold(f"{tag.name}\n{tag.slug}\n{tag.description or ''}")
    ]
    if as_json:
        emit_json(found)
    elif found:
        _print(found, deleted)
    if not found:
        what = "deleted tag" if deleted else "tag"
        complain(f"There is no {what}{f' with {text} in it' if text else ' yet'}.")
        raise SystemExit(NOTHING_FOUND)


@tags.command()
@click.argument("name")
@click.option("--slug", help="Made from the name by default.")
@description_option
@color_option
@as_json_option
@click.pass_obj
def create(
    options: Options,
    name: str,
    slug: str | None,
    description: str | None,
    color: str | None,
    as_json: bool,
) -> None:
    """Create a tag called NAME. If a tag of this name was deleted, use `tgtui tags restore`."""
    from tgtui.basics.errors import UsageError
    from tgtui.syntax.tag import TagDraft, color_for, slug_of

    if color is None:
        color = color_for(slug or slug_of(name))
    draft = TagDraft(name, slug or "", description or "", color)

    async def work(catalogue: Catalogue) -> TagRow:
        from tgtui.data.tags.names import TagDeleted

        try:
            return await catalogue.curating.create_tag(draft)
        except TagDeleted as error:
            raise UsageError(f"{error} tgtui tags restore {error.tag.slug}") from None

    tag = on_catalogue(options, work)
    _say(tag, f"Tag {tag.name} created; search for it with tag:{tag.slug}", as_json)


@tags.command()
@click.argument("tag", metavar="TAG")
@click.option("--name")
@click.option("--slug")
@description_option
@color_option
@as_json_option
@click.pass_obj
def edit(
    options: Options,
    tag: str,
    name: str | None,
    slug: str | None,
    description: str | None,
    color: str | None,
    as_json: bool,
) -> None:
    """Change the given parts of a tag; the rest, and its packages, stay as they are."""
    from tgtui.basics.errors import UsageError
    from tgtui.syntax.tag import TagDraft

    if all(each is None for each in (name, slug, description, color)):
        raise UsageError("Say what to change: --name, --slug, --description or --color.")

    async def work(catalogue: Catalogue) -> TagRow:
        old = await tag_named(catalogue, tag)
        draft = TagDraft(
            old.name if name is None else name,
            old.slug if slug is None else slug,
            (old.description or "") if description is None else description,
            (old.color or "") if color is None else color,
        )
        return await catalogue.curating.edit_tag(old.id, draft, seen=old.updated_at)

    changed = on_catalogue(options, work)
    _say(changed, f"Tag {changed.name} changed; its slug is {changed.slug}", as_json)


@tags.command()
@click.argument("tag", metavar="TAG")
@as_json_option
@click.pass_obj
def delete(options: Options, tag: str, as_json: bool) -> None:
    """Delete a tag. It can be restored, with all its packages."""
    from tgtui.basics.formatting import counted

    async def work(catalogue: Catalogue) -> TagRow:
        return await catalogue.curating.delete_tag((await tag_named(catalogue, tag)).id)

    deleted = on_catalogue(options, work)
    told = f"Tag {deleted.name} deleted; {counted(deleted.packages, 'package')} had it"
    _say(deleted, told, as_json, after=f"Restore it: tgtui tags restore {deleted.slug}")


@tags.command()
@click.argument("tag", metavar="TAG")
@as_json_option
@click.pass_obj
def restore(options: Options, tag: str, as_json: bool) -> None:
    """Restore a deleted tag to every package that had it."""
    from tgtui.basics.formatting import counted

    async def work(catalogue: Catalogue) -> TagRow:
        return await catalogue.curating.restore_tag((await deleted_tag_named(catalogue, tag)).id)

    restored = on_catalogue(options, work)
    has = (
        f"{counted(restored.packages, 'package')} {'has' if restored.packages == 1 else 'have'} it"
    )
    _say(restored, f"Tag {restored.name} restored; {has}", as_json)


@tags.command()
@click.argument("source", metavar="TAG")
@click.argument("into", metavar="INTO")
@as_json_option
@click.pass_obj
def merge(options: Options, source: str, into: str, as_json: bool) -> None:
    """Move every package from TAG to INTO, keeping who tagged it and when, and delete TAG."""
    from tgtui.basics.formatting import counted

    async def work(catalogue: Catalogue) -> Merged:
        both = [await tag_named(catalogue, each) for each in (source, into)]
        return await catalogue.curating.merge_tags(both[0].id, both[1].id)

    merged = on_catalogue(options, work)
    if as_json:
        emit_json({"into": merged.into, "moved": len(merged.moved), "deleted": merged.source})
        return
    moved = counted(len(merged.moved), "package")
    told = f"{moved} moved from {merged.source.name} to {merged.into.name}, which is on {merged.into.packages} now"
    emit([clean(f"{told}; {merged.source.name} is deleted.")])


@tags.command()
@click.argument("tag", metavar="TAG")
@click.argument("packages", metavar="PACKAGE...", nargs=-1, required=True)
@as_json_option
@click.pass_obj
def assign(options: Options, tag: str, packages: tuple[str, ...], as_json: bool) -> None:
    """Apply a tag to packages; those that have it already do not change."""
    _change(options, tag, packages, as_json, gives=True)


@tags.command()
@click.argument("tag", metavar="TAG")
@click.argument("packages", metavar="PACKAGE...", nargs=-1, required=True)
@as_json_option
@click.pass_obj
def unassign(options: Options, tag: str, packages: tuple[str, ...], as_json: bool) -> None:
    """Remove a tag from packages."""
    _change(options, tag, packages, as_json, gives=False)


tags.add_command(export)
tags.add_command(import_)


def _change(
    options: Options, tag: str, packages: tuple[str, ...], as_json: bool, *, gives: bool
) -> None:
    from tgtui.basics.formatting import counted

    async def work(catalogue: Catalogue) -> tuple[TagRow, Tagged]:
        found = await tag_named(catalogue, tag)
        ids = await packages_named(catalogue, packages)
        add, remove = ({found.id}, set[UUID]()) if gives else (set[UUID](), {found.id})
        return found, await catalogue.curating.change_tags(ids, add=add, remove=remove)

    found, changed = on_catalogue(options, work)
    if as_json:
        emit_json({"tag": found.slug, "given": changed.given, "taken": changed.taken})
        return
    count = counted(changed.changed, "package")
    how = "applied to" if gives else "removed from"
    others = len(set(packages)) - changed.changed
    had = "already had it" if gives else "did not have it"
    more = f"; {counted(others, 'other')} {had}" if others else ""
    emit([clean(f"Tag {found.name} {how} {count}{more}.")])


def _say(tag: TagRow, told: str, as_json: bool, *, after: str | None = None) -> None:
    if as_json:
        emit_json(tag)
        return
    emit([clean(f"{told}.")])
    if after is not None:
        complain(after)


def _print(found: list[TagRow], deleted: bool) -> None:
    from tgtui.basics import clock

    now = clock.now()
    head = ("SLUG", "NAME", "PACKAGES", "COLOR", *(("DELETED", "BY") if deleted else ()))

    def line(tag: TagRow) -> tuple[object, ...]:
        gone = (_when(tag.deleted_at, now), tag.deleted_by) if deleted else ()
        return tag.slug, tag.name, tag.packages, tag.color, *gone, tag.description

    emit_table((*head, "DESCRIPTION"), map(line, found))


def _when(moment: datetime | None, now: datetime) -> str:
    from tgtui.basics.formatting import ago

    if moment is None:
        return ""
    return ago(moment, now) if is_terminal() else moment.isoformat()
