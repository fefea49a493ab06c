"""The queue, next to others and to itself when it is short.

    python -m benchmarks.queue [--quick] [--requests N] [--server postgresql://user@host/postgres]
    python -m benchmarks.queue throughput claims dead sharing

`throughput`: jobs that do nothing are claimed and completed by 1, 4 and 16 worker processes: tgtui's own on
PostgreSQL and SQLite, and on the same server those of procrastinate and pgqueuer.
`claims`: time of a claim among 100,000 that wait, 100,000 that are due and 1,000,000 that are finished.
`dead`: time of a look after 20,000, 60,000 and 200,000 completions with autovacuum off, without and with a snapshot held.
`sharing`: ten processes on PostgreSQL, four on one SQLite file, empty one queue; each request is done once.

The peers (dependency group `bench`) are installed by
`pip install -c constraints.txt procrastinate pgqueuer asyncpg uvloop`. Without `--server` an embedded PostgreSQL runs as long as this does.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys

from benchmarks.queue import claims, dead, servers, sharing, throughput
from benchmarks.queue.throughput import Plan
from tgtui.basics.settings import Settings

PARTS = ("throughput", "claims", "dead", "sharing")
PEERS = ("procrastinate", "pgqueuer", "asyncpg", "uvloop")
MOST_AT_ONCE = 64
"""What the setting for concurrency allows."""


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--requests", type=int, help="in the queue (default 100,000)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of one throughput run")
    parser.add_argument("--rounds", type=int, default=3, help="of throughput; medians are printed")
    parser.add_argument("--quick", action="store_true", help="all of it, small, in a few minutes")
    parser.add_argument("--server", help="an existing PostgreSQL server")
    options = parser.parse_args()
    parts = options.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}")
    if "throughput" in parts and not all(map(importlib.util.find_spec, PEERS)):
        sys.exit(
            "the peers are not here: .venv/bin/pip install -c constraints.txt procrastinate pgqueuer asyncpg uvloop"
        )
    requests = options.requests or (10_000 if options.quick else 100_000)
    usual = Settings().worker.concurrency
    with servers.postgresql(options.server) as databases:
        if "throughput" in parts:
            plan = (
                Plan(requests, 2.0, 1, (1, 4), (MOST_AT_ONCE,))
                if options.quick
                else Plan(
                    requests, options.seconds, options.rounds, (1, 4, 16), (usual, MOST_AT_ONCE)
                )
            )
            throughput.report(databases, plan)
        if "claims" in parts:
            claims.report(
                databases,
                pending=requests,
                waiting=requests,
                finished=10 * requests,
                claims=100 if options.quick else 400,
            )
        if "dead" in parts:
            dead.report(
                databases,
                completions=(requests // 5, requests * 3 // 5, 2 * requests),
                looks=100 if options.quick else 400,
            )
        if "sharing" in parts:
            sharing.report(
                databases, requests=requests, workers=10, sqlite=4, at_once=usual, seconds=5.0
            )


if __name__ == "__main__":
    main()
