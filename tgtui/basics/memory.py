"""Keeps the garbage collector from stopping the screen."""

from __future__ import annotations

import gc

THRESHOLDS = (20_000, 50, 100)
"""New objects before a young collection, young ones before an older, older ones before a full one."""


def settle() -> None:
    """Call once everything that stays is loaded.

    A full collection walks every object of every library: 60 to 100 ms with the screen standing still. What
    is loaded by now stays anyway and is not walked again; what comes later is little.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
