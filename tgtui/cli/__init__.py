"""The command line: opens the app, or runs one command. Nothing here imports Textual."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """The program `tgtui`. Exits with one of the codes that `--help` lists."""
    for stream in (sys.stdout, sys.stderr):
        # On Windows a pipe takes only the code page's characters: a ? is better than an error.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if len(sys.argv) == 1:
        # The app needs no command line parser, and starts sooner without one.
        from tgtui.cli.opening import Options, explained, open_app

        with explained():
            sys.exit(open_app(Options()))
    from tgtui.cli.root import root

    root(prog_name="tgtui")
