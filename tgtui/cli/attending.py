"""Whether anybody works on the queue that a command waits for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tgtui.cli.opening import complain
from tgtui.errors import TgtuiError

if TYPE_CHECKING:
    from tgtui.catalogue import Catalogue

UNATTENDED_S = 15.0
"""A worker takes what is due within a second or two: after so long there is none."""
LOOK_S = 1.0
"""Between two looks."""
SOMEBODY = "Another one is at work, and is waited for."
NOBODY_YET = "Nobody else is seen at work yet; start `tgtui worker` if none runs."
NOBODY = (
    f"Nobody took it up within {UNATTENDED_S:g} s: no worker runs. What was asked for stays queued;"
    " start `tgtui worker`."
)


class NobodyWorks(TgtuiError):
    """What was asked for stays queued, and no worker is there to read it."""

    exit_code = 6


async def until_nobody_works(
    catalogue: Catalogue, others: str, *, gives_up: bool, quiet: bool
) -> None:
    """Say at once that the work is left to `others`, a sentence, and whether any are seen. NobodyWorks once none
    was for UNATTENDED_S, where it `gives_up`; else it looks on for ever."""
    from tgtui.data.health import is_unattended

    loop = asyncio.get_running_loop()
    is_alone = await catalogue.database.read(is_unattended)
    if not quiet:
        complain(f"{others} {NOBODY_YET if is_alone else SOMEBODY}")
    since = loop.time()
    while not (gives_up and is_alone and loop.time() - since >= UNATTENDED_S):
        await asyncio.sleep(LOOK_S)
        is_alone = await catalogue.database.read(is_unattended)
        if not is_alone:
            since = loop.time()
    raise NobodyWorks(NOBODY)
