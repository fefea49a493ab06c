"""Keeps the garbage collector from freezing the screen."""

from __future__ import annotations

import gc

THRESHOLDS = (20_000, 50, 100)
"""New objects before a young collection, young ones before an older, older ones before a full one."""


def settle() -> None:
    """Call this after everything permanent is loaded.

    A full collection walks every object of every library, which freezes the screen for 60 to 100 ms. What is
    loaded by now stays anyway and is not walked again; little is added later.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
