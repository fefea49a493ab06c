"""Prints how the program is built: its rooms, the imports between them, and what is counted of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.house.drawing import counted, drawn, mermaid
from tests.house.plan import PROGRAM, read_plan


def main() -> None:
    parser = argparse.ArgumentParser(prog="dev.py house", description=__doc__)
    here = Path(__file__).parents[2]
    parser.add_argument("--of", type=Path, default=here, metavar="PATH", help="another checkout")
    parser.add_argument("--room", default=PROGRAM, help="what to draw, as in tgtui.screens")
    parser.add_argument("--mermaid", action="store_true", help="only the drawing, as a flowchart")
    given = parser.parse_args()
    plan = read_plan(given.of)
    if given.mermaid:
        print("\n".join(mermaid(plan, given.room)))
        return
    print("\n".join([*drawn(plan, given.room), "", *counted(plan)]))


if __name__ == "__main__":
    main()
