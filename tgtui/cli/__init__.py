"""The command line: opens the app, or runs one command. Nothing here imports Textual."""

from __future__ import annotations

import atexit
import gc
import os
import sys

COMPLETING = "_TGTUI_COMPLETE"
"""Set by a shell that asks for completions, without arguments."""
NEW_OBJECTS = 200_000
"""Between two looks for garbage. With Python's own 700 they are a tenth of a command's start, and find nothing; what a
command imports and makes until it has read the catalogue is some 120,000."""


def main() -> None:
    """The program `tgtui`. Exits with one of the codes that `--help` lists."""
    gc.set_threshold(NEW_OBJECTS, 10, 10)
    # Python looks through everything twice at its end, for a fifth of a command's time.
    atexit.register(gc.freeze)
    from tgtui.cli.streams import use_safe_streams

    use_safe_streams()
    from tgtui.cli.opening import Options, explained

    is_completing = bool(os.environ.get(COMPLETING))
    if len(sys.argv) == 1 and not is_completing:
        # The app needs no command line parser, and starts sooner without one.
        with explained():
            from tgtui.cli.app import open_app

            sys.exit(open_app(Options()))
    from tgtui.cli.root import root

    if is_completing:
        import tgtui.cli.helping.completion  # noqa: F401 - tells click how each shell is answered

    with explained():
        root(prog_name="tgtui")
