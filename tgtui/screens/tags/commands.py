"""The commands of the tags screen."""

from __future__ import annotations

from tgtui.screens.base.commands import Command


class SearchTag(Command):
    """Search for the packages of the tag"""

    ID, KEY, ACTION, LABEL, SHOW = "tags.search", "enter", "search_tag", "packages", True


class FindTag(Command):
    """Find a tag by its name, slug or description"""

    ID, KEY, ACTION, LABEL, SHOW = "tags.find", "slash", "find", "find", True


class NewTag(Command):
    """Create a tag"""

    ID, KEY, ACTION, LABEL, SHOW = "tags.new", "n", "new_tag", "new", True


class EditTag(Command):
    """Change the tag's name, slug, description or colour"""

    ID, KEY, ACTION, LABEL, SHOW = "tags.edit", "e", "edit_tag", "edit", True


class DeleteTag(Command):
    """Delete the tag; it can be restored"""

    ID, KEY, ACTION, LABEL, SHOW = "tags.delete", "x,delete", "delete_tag", "delete", True


class MergeTag(Command):
    """Move its packages to another tag, and delete it"""

    ID, KEY, ACTION, LABEL, SHOW = "tags.merge", "m", "merge_tag", "merge", True


class RestoreTag(Command):
    """Restore the deleted tag to every package that had it"""

    ID, KEY, ACTION, LABEL, SHOW = "tags.restore", "r", "restore_tag", "restore", True


class UndoTagChange(Command):
    """Undo your last change to a tag"""

    ID, KEY, ACTION, LABEL, SHOW = "tags.undo", "u", "undo", "undo", True


class ShowDeletedTags(Command):
    """Show or hide deleted tags"""

    ID, KEY, ACTION, LABEL, SHOW = "tags.deleted", "Z", "toggle_deleted", "deleted", True
