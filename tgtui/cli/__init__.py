"""The command line: opens the app, or does one thing and prints it. Nothing here imports Textual."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """The program `tgtui`. Exits with a code of `--help`'s list."""
    for stream in (sys.stdout, sys.stderr):
        # A pipe on Windows takes the code page's characters only: better a ? than an error.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if len(sys.argv) == 1:
        # The screens need nothing that parses a command line; they are there sooner without.
        from tgtui.cli.opening import Options, explained, open_app

        with explained():
            sys.exit(open_app(Options()))
    from tgtui.cli.root import root

    root(prog_name="tgtui")
