"""A process that walks trees of one registry, as `Choices.tree` does, from a reading of its own.

Its stdin is a line of JSON, `{"url": …, "registry": …}`, and then the ids of roots, 32 hexadecimal digits a line. Its
stdout are frames, each a length in four bytes and as much of what follows: first the ids of all versions one after the
other, then of each root in order whole numbers of four bytes: how many it needs directly, the distance of the farthest,
and all versions by their place in the first frame; nothing if the root is not among them. It ends with its stdin.
"""

from __future__ import annotations

import json
import signal
import sys
from array import array

from tgtui.basics.memory import uncollected
from tgtui.data.graph.choosing.all_roots import Choices
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

LENGTH = 4
"""Bytes before each frame."""
WHOLE = "i"
"""Numbers of four bytes, as `array` calls them."""


def main() -> int:
    """Ctrl-C is for who started it: that ends its stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    job = json.loads(sys.stdin.readline())
    database = Database(open_engine(parse_url(job["url"])))
    try:
        with uncollected():
            choices = database.read_now(Choices, job["registry"])
    finally:
        database.close()
    _tell("".join(choices.keys).encode())
    for line in sys.stdin:
        number = choices.numbers.get(line.strip())
        if number is None:
            _tell(b"")
        else:
            order, direct, depth = choices.tree(number)
            _tell(array(WHOLE, [direct, depth, *order]).tobytes())
    return 0


def _tell(frame: bytes) -> None:
    sys.stdout.buffer.write(len(frame).to_bytes(LENGTH, sys.byteorder) + frame)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
