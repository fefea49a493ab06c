"""Changes of tags and packages by admins. Roles are checked here, below the screens and the command line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

from tgtui.basics.errors import UsageError
from tgtui.basics.settings import Settings, check_setting
from tgtui.data.packages import removal
from tgtui.data.storage.database import Database
from tgtui.data.tags import changes, files
from tgtui.data.tags.files import TagsImported
from tgtui.data.upkeep.interactions import Kind
from tgtui.data.upkeep.shared_settings import put_setting
from tgtui.data.views.packages import Removal, Restored
from tgtui.data.views.tags import Merged, Tagged, TagRow
from tgtui.identity.people import Principal
from tgtui.identity.roles import require
from tgtui.registries.registration import RegistryOptions, registration
from tgtui.services.opening import adopted, own_of
from tgtui.syntax.tag import TagDraft
from tgtui.syntax.tag_file import TagFile


class Curating:
    """Every method raises NotAllowed if the person is not an admin, and other errors as TgtuiError with a remedy."""

    def __init__(
        self,
        database: Database,
        principal: Callable[[], Principal],
        note: Callable[[Kind, UUID], None],
    ) -> None:
        """`principal` returns the current person; `note` is told which packages were tagged."""
        self._database = database
        self._principal = principal
        self._note = note

    async def create_tag(self, draft: TagDraft) -> TagRow:
        """TagInvalid; TagDeleted if a tag of this name or slug was deleted and can be restored."""
        self._admin()
        return await self._database.write(changes.create_tag, draft)

    async def edit_tag(self, tag_id: UUID, draft: TagDraft, *, seen: datetime) -> TagRow:
        """`seen` is the `updated_at` of the tag as it was edited: TagChanged if it changed since."""
        self._admin()
        return await self._database.write(changes.edit_tag, tag_id, draft, seen=seen)

    async def delete_tag(self, tag_id: UUID) -> TagRow:
        """The deleted tag, with the number of packages that had it."""
        return await self._database.write(changes.delete_tag, tag_id, account_id=self._admin())

    async def restore_tag(self, tag_id: UUID) -> TagRow:
        """The tag, again on every package that had it."""
        self._admin()
        return await self._database.write(changes.restore_tag, tag_id)

    async def merge_tags(self, source_id: UUID, into_id: UUID) -> Merged:
        """Move packages from the first to the second, keeping who tagged them and when; the first is deleted."""
        return await self._database.write(
            changes.merge_tags, source_id, into_id, account_id=self._admin()
        )

    async def unmerge_tags(self, merged: Merged) -> TagRow:
        """Undo a merge."""
        self._admin()
        return await self._database.write(changes.unmerge_tags, merged)

    async def change_tags(
        self, package_ids: Sequence[UUID], *, add: Collection[UUID], remove: Collection[UUID]
    ) -> Tagged:
        """Apply and remove tags of several packages at once."""
        changed = await self._database.write(
            changes.change_tags,
            package_ids,
            add=add,
            remove=remove,
            account_id=self._admin(),
        )
        if changed.given:
            for package_id in package_ids:
                self._note("tag", package_id)
        return changed

    async def import_tags(self, file: TagFile) -> TagsImported:
        """Create the tags of a file and apply them to its packages; nothing is deleted or removed."""
        return await self._database.write(files.import_tags, file, account_id=self._admin())

    async def delete_package(self, package_id: UUID) -> Removal:
        """Remove it from every list and cancel its requests; it can be restored. PackageGone."""
        return await self._database.write(
            removal.delete_package, package_id, account_id=self._admin()
        )

    async def restore_package(self, package_id: UUID) -> Restored:
        """Restore it as it was. PackageGone."""
        return await self._database.write(
            removal.restore_package, package_id, account_id=self._admin()
        )

    async def set_for_all(self, settings: Settings, name: str, value: str | None) -> bool:
        """A setting that all workers of the catalogue follow; None leaves it to each. False if it was so already.

        UsageError if it is none of those, SettingsError if the value is wrong.
        """
        self._admin()
        own = own_of(settings)
        if name not in own:
            raise UsageError(
                f"{name} is not a setting of a catalogue. Those are: {', '.join(sorted(own))}."
            )
        if value is not None:
            check_setting(name, value)
            registry, _dot, _key = name.partition(".")
            registration(registry).shared(RegistryOptions.of(adopted(settings, {name: value})))
        return await self._database.write(put_setting, name, value)

    def _admin(self) -> UUID:
        """The admin's account. NotAllowed."""
        principal = self._principal()
        require(principal, "admin")
        assert principal.account_id is not None  # anyone who may do more than read has one
        return principal.account_id
