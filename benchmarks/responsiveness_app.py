"""The app as `tgtui` starts it, with a task in its event loop that notes how late it is woken."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from benchmarks.responsiveness import note_lateness
from tgtui.basics.settings import load_settings
from tgtui.screens.app import TgtuiApp
from tgtui.screens.catalogue import open_and_settle


async def main() -> None:
    """Until the app ends."""
    watching = asyncio.create_task(note_lateness(Path(os.environ["TGTUI_BENCHMARK_LATE"])))
    await TgtuiApp(load_settings(), open_and_settle).run_async()
    watching.cancel()


asyncio.run(main())
