"""The chaos script: `python -m tests.chaos [SCENARIO ...]`. README.md beside it says what each scenario does."""

from __future__ import annotations

import argparse
import os
import random
import sys

from tests.chaos import disk
from tests.chaos.runs import SCENARIOS, Report, databases_of, run

SHOWN = 20
"""Problems printed of one run."""


def main(arguments: list[str]) -> int:
    """The exit code: 0 where every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--seed", type=int, help="of every random choice; printed when not given")
    parser.add_argument("--rounds", type=int, default=5, help="strikes in each run (%(default)s)")
    parser.add_argument("--packages", type=int, default=300, help="in the registry (%(default)s)")
    parser.add_argument("--workers", type=int, default=3, help="at once (%(default)s)")
    given = parser.parse_args(arguments)
    if unknown := set(given.scenarios) - SCENARIOS.keys():
        parser.error(f"there is no scenario {sorted(unknown)[0]!r}, only {', '.join(SCENARIOS)}")
    seed = random.randrange(1_000_000) if given.seed is None else given.seed
    failed = 0
    for scenario in given.scenarios or SCENARIOS:
        for database in databases_of(scenario, given.database):
            sizes = {"rounds": given.rounds, "packages": given.packages, "workers": given.workers}
            repeat = [scenario, "--database", database, "--seed", str(seed)]
            repeat += [word for name, n in sizes.items() for word in (f"--{name}", str(n))]
            if scenario == "full" and disk.INSIDE not in os.environ:
                failed += _in_a_namespace(repeat)
                continue
            report = run(scenario, database, seed=seed, **sizes)
            _print(report, repeat)
            failed += bool(report.problems)
    return 1 if failed else 0


def _in_a_namespace(arguments: list[str]) -> int:
    if isinstance(why_not := disk.namespace(), str):
        print(f"full on sqlite: skipped, {why_not}", flush=True)
        return 0
    return disk.run_inside(arguments)


def _print(report: Report, repeat: list[str]) -> None:
    figures = ", ".join(f"{name} {number}" for name, number in sorted(report.figures.items()))
    outcome = f"{len(report.problems)} PROBLEMS" if report.problems else "held"
    print(
        f"{report.scenario} on {report.database}, seed {report.seed}:"
        f" {outcome} ({report.seconds:.1f} s; {figures})"
    )
    for problem in report.problems[:SHOWN]:
        print(f"  - {problem}")
    if report.problems:
        print(f"  again: python -m tests.chaos {' '.join(repeat)}\n  logs: {report.folder}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
