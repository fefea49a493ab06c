"""Opens the catalogue while the first screen is painted already."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from tgtui.basics import memory
from tgtui.basics.settings import Settings
from tgtui.basics.text import clean
from tgtui.widgets.lists.cutting import cut

if TYPE_CHECKING:
    from tgtui.services.catalogue import Catalogue

BACKUP_S = 20
"""How long the notice stays that says where the backup is."""
NOTICE_WIDTH = 60
"""Cells of a notice, which is at most half as wide as the screen."""
NOTICE_EDGES = 4
"""Cells of it without text."""

Opener = Callable[[Settings], Awaitable["Catalogue"]]
"""Opens the catalogue that the settings name; TgtuiError if it can't be opened."""


async def open_catalogue(settings: Settings) -> Catalogue:
    """The real one. Its libraries are imported in a thread, so that keys are answered meanwhile."""
    await asyncio.to_thread(import_module, "tgtui.services.catalogue")
    from tgtui.services.catalogue import Catalogue
    from tgtui.services.login import login_session

    # Who is logged in is found out after the first screen is shown: a keyring may take its time.
    return await Catalogue.open(settings, session=login_session(settings))


async def open_and_settle(settings: Settings) -> Catalogue:
    """For a program that only runs the app: the garbage collector then skips what is loaded by now."""
    catalogue = await open_catalogue(settings)
    catalogue.refreshing.start()
    catalogue.following_projects.start()
    memory.settle()
    return catalogue


def tell_backup(backup: Path | None, tell: Callable[..., object], width: int) -> None:
    """Where what was there before a migration is, if there was one, on a screen of this width.

    The path fits into a line of the notice, which breaks lines at blanks alone.
    """
    if backup is None:
        return
    from tgtui.services.opening import BACKED_UP

    line = min(NOTICE_WIDTH, width // 2) - NOTICE_EDGES
    shown = cut(Content(clean(backup, 1_000)), line - len(".")).plain
    tell(BACKED_UP.format(backup=shown), timeout=BACKUP_S)
