"""A whole program to be killed: opens the catalogue its settings name and works on the queue.

Prints a line for every request that is completed or begun, which is how its parent knows how far it is. Run as
`python -m tests.support.program`; settings come from the environment. Ends when nothing is due any more.
"""

from __future__ import annotations

import asyncio
import sys

from tgtui.catalogue import Catalogue
from tgtui.settings import load_settings


async def main() -> None:
    catalogue = await Catalogue.open(load_settings())
    told: set[tuple[str, str]] = set()

    def tell() -> None:
        for progress in tuple(catalogue.activity.progress.values()):
            line = (progress.step.stage, progress.name)
            if line not in told:
                told.add(line)
                print(*line, flush=True)

    catalogue.activity.subscribe(tell)
    print("open", flush=True)
    if "--only-open" not in sys.argv:
        await catalogue.new_worker().run(until_empty=True)
    await catalogue.close()


if __name__ == "__main__":
    asyncio.run(main())
