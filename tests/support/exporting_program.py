"""A whole export to be killed: exports the catalogue of its settings, and ends itself with no warning at a point.

    python -m tests.support.exporting_program STAGE NUMBER

The point is the NUMBER-th time that STAGE is told, or that a commit is `asked` for or was `made`.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing
from typing import Any

from tgtui.analytics.exporting.export import export
from tgtui.analytics.lock import locked
from tgtui.analytics.place import place_of
from tgtui.analytics.steps import AnalyticsStep
from tgtui.analytics.tables.lake import Lake
from tgtui.analytics.tables.tidying import tidy
from tgtui.basics import clock
from tgtui.basics.settings import load_settings
from tgtui.services.opening import open_database


def main() -> None:
    point, number = sys.argv[1], int(sys.argv[2])
    count = 0

    def reached(stage: str) -> None:
        nonlocal count
        count += stage == point
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = load_settings()
    place = place_of(settings)
    database = open_database(settings)
    with locked(place, lambda: None), closing(Lake(place)) as lake:
        catalog: Any = lake.catalog
        commit = catalog.commit_table

        def committing(*args: Any) -> Any:
            reached("asked")
            made = commit(*args)
            reached("made")
            return made

        catalog.commit_table = committing

        def tell(step: AnalyticsStep) -> None:
            reached(step.stage)

        done = export(database, lake, tell)
        tidy(lake, done.day, clock.now(), lambda: reached("tidying"))
    database.close()


if __name__ == "__main__":
    main()
