"""Deleting a package from the catalogue and restoring it, from whatever screen shows it."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import ago, counted
from tgtui.data.views.packages import DeletedPackage, PackageDetail
from tgtui.screens.base.screen import BaseScreen
from tgtui.widgets.content import safe


async def ask_to_delete(screen: BaseScreen, detail: PackageDetail) -> None:
    """Say what deleting the package touches, and do it on enter."""
    from tgtui.data.packages.removal import active_requests
    from tgtui.screens.dialogs.confirm import ConfirmScreen

    package = f"{detail.registry}:{detail.name}"
    read = screen.catalogue.database.read
    requests = await read(active_requests, detail.registry, detail.name)
    dependents = detail.dependent_count
    parts = [f"{package} goes out of every list, search, tree and count"]
    if dependents:
        needs = "package known here depends" if dependents == 1 else "packages known here depend"
        parts.append(f"{dependents:,} {needs} on it and will lack it")
    if requests:
        parts.append(f"{counted(requests, 'request')} for it ends")
    parts.append("whoever asks for it is refused")
    text = safe("; ".join(parts) + ".", 400) + Content("\n\nNothing is lost: it can be restored.")

    async def confirmed(is_sure: bool | None) -> None:
        if is_sure:
            await _delete(screen, detail)

    screen.app.push_screen(ConfirmScreen(f"Delete {package}?", "enter deletes it", text), confirmed)


async def _delete(screen: BaseScreen, detail: PackageDetail) -> None:
    try:
        await screen.catalogue.curating.delete_package(detail.id)
    except TgtuiError as error:
        screen.tell(error, is_error=True)
    else:
        screen.tell(f"{detail.registry}:{detail.name} is deleted. u restores it.")
    screen.hint()


def farewell(package: DeletedPackage | None, now: datetime, *, can_restore: bool) -> Content:
    """What the screen of a package says that is no longer in the catalogue."""
    if package is None:
        return Content("This package is no longer in the catalogue; esc goes back.")
    by = f" by {package.deleted_by}" if package.deleted_by else ""
    told = f"{package.registry}:{package.name} was deleted{by}, {ago(package.deleted_at, now)}."
    does = (("u", "bold $text-accent"), " restores it, esc goes back.")
    if not can_restore:
        does = (("esc", "bold $text-accent"), " goes back; an admin can restore it.")
    return Content.assemble(safe(told, 300, style="$text-warning"), " ", *does)
