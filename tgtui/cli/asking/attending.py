"""Tells whether a worker is running while a command waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tgtui.basics.errors import TgtuiError
from tgtui.cli.opening import complain

if TYPE_CHECKING:
    from tgtui.services.catalogue import Catalogue

UNATTENDED_S = 15.0
"""A worker takes a due request within a second or two; after this time none is running."""
LOOK_S = 1.0
"""Seconds between two looks."""
SOMEBODY = "Waiting for another worker."
NOBODY_YET = "No other worker has been seen yet; start `tgtui worker` if none is running."
NOBODY = f"No worker took it up within {UNATTENDED_S:g} s. The request stays queued; start `tgtui worker`."


class NobodyWorks(TgtuiError):
    """The request stays queued because no worker is running."""

    exit_code = 6


async def say_who_works(catalogue: Catalogue, others: str) -> None:
    """Print `others`, a sentence that says why the work is left to others, and whether a worker has been seen."""
    from tgtui.data.requests.health import is_unattended

    is_alone = await catalogue.database.read(is_unattended)
    complain(f"{others} {NOBODY_YET if is_alone else SOMEBODY}")


async def until_nobody_works(catalogue: Catalogue) -> None:
    """Raise NobodyWorks once no worker has been seen for UNATTENDED_S."""
    from tgtui.data.requests.health import is_unattended

    loop = asyncio.get_running_loop()
    seen_at = loop.time()
    while True:
        await asyncio.sleep(LOOK_S)
        if not await catalogue.database.read(is_unattended):
            seen_at = loop.time()
        elif loop.time() - seen_at >= UNATTENDED_S:
            raise NobodyWorks(NOBODY)
