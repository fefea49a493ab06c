"""Catalogues of any size, with names drawn like real ones and the skew that real registries have.

    python -m benchmarks.catalogue DATABASE_URL [--packages 1000000]

The database must be empty. Always the same rows for the same size: names of a few frequent words and many
rare ones, scopes, a part with 5 to 50 versions and one with 20,000, dependencies and tags by Zipf's law. Rows
go in by COPY or executemany with indexes and triggers put aside; a test holds the counts that this leaves in
`package_search` against those that the program makes itself.
"""

from __future__ import annotations

import argparse

from benchmarks.catalogue.filling import fill


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--packages", type=int, default=1_000_000)
    given = parser.parse_args()
    fill(given.url, given.packages)


if __name__ == "__main__":
    main()
