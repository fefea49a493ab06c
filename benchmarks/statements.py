"""tgtui, with the statements that it sends to its database counted into a file.

python -m benchmarks.statements FILE ask npm:express --wait
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from tgtui.cli import main as tgtui


def main() -> None:
    """Run it to its end, whatever its exit code."""
    file, *words = sys.argv[1:]
    count = 0

    def executed(*_: Any) -> None:
        nonlocal count
        count += 1

    event.listen(Engine, "before_cursor_execute", executed)
    sys.argv = ["tgtui", *words]
    try:
        tgtui()
    finally:
        Path(file).write_text(str(count))


if __name__ == "__main__":
    main()
