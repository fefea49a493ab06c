"""Opens the catalogue while the first screen is painted already."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING

from tgtui.basics import memory
from tgtui.basics.settings import Settings

if TYPE_CHECKING:
    from tgtui.services.catalogue import Catalogue

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
    memory.settle()
    return catalogue
