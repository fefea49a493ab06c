"""`tgtui` without a command: the screens, in this terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from tgtui.basics.errors import ScreensEnded, TgtuiError, UsageError
from tgtui.basics.leaving import HANG_UP, INTERRUPT, TERMINATE, Left, leaving
from tgtui.basics.text import clean
from tgtui.cli.opening import Options, complain

if TYPE_CHECKING:
    from tgtui.basics.settings import Settings

PAINTS_A_SECOND = "120"
"""At most; with Textual's default of 60 a result waits up to 17 ms to be painted."""
NEEDS_TERMINAL = "tgtui needs a terminal. `tgtui --help` lists the commands that work without one."
DUMB = frozenset({"dumb", "unknown"})
"""Terminals, by TERM, that have no cursor to move: Emacs' shell, a build's log."""
NEEDS_CURSOR = (
    "This terminal can't show screens: TERM is {terminal}."
    " `tgtui --help` lists the commands that work without them."
)


def open_app(options: Options) -> int:
    """Run the screens until they are closed; the exit code."""
    # Screens are written to stderr.
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise UsageError(NEEDS_TERMINAL)
    if (terminal := os.environ.get("TERM")) in DUMB:
        raise UsageError(NEEDS_CURSOR.format(terminal=terminal))
    settings = options.settings()
    os.environ.setdefault("TEXTUAL_FPS", PAINTS_A_SECOND)  # read once, when Textual is imported
    from tgtui.cli.logfile import log_to_file

    log = log_to_file(settings.data_folder, options.verbose)
    try:
        code = run_app(settings)
    except ScreensEnded as error:
        raise TgtuiError(
            f"{error}. {log.trouble or f'The traceback is in {log.baseFilename}.'}"
        ) from None
    if log.trouble:
        complain(log.trouble)
    return code


def run_app(settings: Settings) -> int:
    """Run the app in this terminal; returns the program's exit code."""
    from tgtui.screens.app import TgtuiApp
    from tgtui.screens.catalogue import open_and_settle

    app = TgtuiApp(settings, open_and_settle)
    with leaving(app.leave, INTERRUPT, TERMINATE, HANG_UP):
        try:
            asyncio.run(app.run_until_left())
        except Exception as error:  # noqa: BLE001 - the edge of the screens
            app._handle_exception(error)
    if app.left_by:
        if app.is_terminal_stuck:  # the end of the program would wait for it
            os._exit(128 + app.left_by)
        raise Left(app.left_by)
    if app.crash is not None:
        raise ScreensEnded(app.crash)
    if app.failure is not None:
        sys.stderr.write(f"{clean(app.failure, 1_000)}\n")
        return app.failure.exit_code
    return app.return_code or 0
