"""Whether anybody works on the queue that a command waits for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tgtui.basics.errors import TgtuiError
from tgtui.cli.opening import complain

if TYPE_CHECKING:
    from tgtui.services.catalogue import Catalogue

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


async def say_who_works(catalogue: Catalogue, others: str) -> None:
    """That the work is left to `others`, a sentence, and whether any are seen."""
    from tgtui.data.requests.health import is_unattended

    is_alone = await catalogue.database.read(is_unattended)
    complain(f"{others} {NOBODY_YET if is_alone else SOMEBODY}")


async def until_nobody_works(catalogue: Catalogue) -> None:
    """NobodyWorks once nobody was seen at work for UNATTENDED_S; looks on until then."""
    from tgtui.data.requests.health import is_unattended

    loop = asyncio.get_running_loop()
    seen_at = loop.time()
    while True:
        await asyncio.sleep(LOOK_S)
        if not await catalogue.database.read(is_unattended):
            seen_at = loop.time()
        elif loop.time() - seen_at >= UNATTENDED_S:
            raise NobodyWorks(NOBODY)
