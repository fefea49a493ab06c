"""A whole program to be killed: opens the catalogue its settings name and works on the queue.

`--crash-on NAME` lets the document of that package end the program with no warning, each time it is decoded.

Prints a line for every request that is completed or begun, which is how its parent knows how far it is. Run as
`python -m tests.support.program`; settings come from the environment. Ends when nothing is due any more.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from tgtui.basics.settings import load_settings
from tgtui.registries.npm import adapter as npm
from tgtui.services.catalogue import Catalogue


def crash_on(name: str) -> None:
    """As a decoder that segfaults would."""
    adapter: Any = npm
    right = adapter.decode_packument

    def decode(body: Any, *, name: str) -> Any:
        if name == poison:
            os._exit(9)
        return right(body, name=name)

    poison = name
    adapter.decode_packument = decode


async def main() -> None:
    if "--crash-on" in sys.argv:
        crash_on(sys.argv[sys.argv.index("--crash-on") + 1])
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
