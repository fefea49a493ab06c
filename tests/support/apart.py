"""A few lines of Python in a process of their own: they give up rights, or change what a whole process shares."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from tests.support.places import ROOT

WAIT_S = 120.0


def told_apart(program: str, *args: str, under: Sequence[str] = ()) -> Any:
    """The JSON that it prints; `under` is the command that runs Python."""
    done = subprocess.run(
        [*under, sys.executable, "-c", program, *args],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
