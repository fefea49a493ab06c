"""Opens an address in a browser, beside the screens."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"
WAIT_S = 5.0
"""A browser that is started without another one of its kind may stay the child's: then it is open."""


async def open_or_copy(
    address: str, copy: Callable[[str], object], tell: Callable[[str], object]
) -> None:
    """In a browser; where there is none, the address is copied. Either is said."""
    if await browse(address):
        tell(f"Opened in the browser: {address}")
    else:
        copy(address)
        tell(f"No browser can be opened here. Copied instead: {address}")


async def browse(address: str) -> bool:
    """Whether a browser took it.

    In a program of its own, without the terminal: Python's library starts a browser of the terminal, such as w3m, where
    there is no other one, and waits for some.
    """
    if not sys.executable:
        return False
    without_terminal = {name: value for name, value in os.environ.items() if name != "TERM"}
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",  # else a module of the folder people are in would be imported
            "-c",
            OPEN,
            address,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=without_terminal,
            start_new_session=True,
        )
        async with asyncio.timeout(WAIT_S):
            return await child.wait() == 0
    except TimeoutError:
        return True
    except OSError:
        return False
