"""A bill of materials next to the same tree as JSON, in one run.

    python -m benchmarks.bills [--packages 1000 4000 16000]

Processor time of each writer, on made-up trees with cycles and six edges a package, without reading a catalogue.
"""

from __future__ import annotations

import argparse
import time

from tests.support.outlines import made_up_tree
from tgtui.output.trees.formats import FORMATS, Format
from tgtui.output.trees.tree import ExportedTree

PACKAGES = (1_000, 4_000, 16_000)
RUNS = 3


def seconds(format: Format, tree: ExportedTree) -> float:
    """Of the processor; the best of several runs."""
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        for _line in format.write(tree):
            pass
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    json, cyclonedx = FORMATS["json"], FORMATS["cyclonedx"]
    parser.add_argument("--packages", type=int, nargs="+", default=PACKAGES)
    for _line in cyclonedx.write(made_up_tree(2)):
        pass  # imports
    print(f"{'packages':>10} {'json':>9} {'cyclonedx':>10} {'ratio':>6}")
    for packages in parser.parse_args().packages:
        tree = made_up_tree(packages)
        as_json, as_bill = seconds(json, tree), seconds(cyclonedx, tree)
        print(f"{packages:>10,} {as_json:>7.2f} s {as_bill:>8.2f} s {as_bill / as_json:>6.2f}")


if __name__ == "__main__":
    main()
