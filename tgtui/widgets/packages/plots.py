"""Draws numbers with axes, as lines of text without colours: the same in every theme, and without any."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from itertools import pairwise
from math import ceil

from tgtui.basics.text import clean
from tgtui.data.views.over_time import Picture
from tgtui.output.over_time import figure

LEAST_WIDTH, LEAST_HEIGHT = 40, 8
"""Cells below which nothing but axes would be left."""
MOST_POINTS = 300
"""More are not told apart, and take long to draw."""
LABEL = 16
"""Cells of a label below the axis, with the room around it."""
FEW = 12
"""Bars for which there is always room: a single one would fill it all."""
TICK = 4
"""Rows between two numbers on the axis, at least."""
TICKS = 5
"""Steps on it at most."""
LINE = "hd"
"""plotext's name for quarters of a cell, which every terminal font has; braille is missing in some."""
RESET = "\x1b[0m"

_lock = threading.Lock()
"""plotext keeps its picture in the module."""


def drawn(picture: Picture, width: int, height: int) -> str:
    """The picture with its axes in so many cells; empty if there is too little room, or nothing to draw.

    Takes some tens of milliseconds: call it in a thread.
    """
    if width < LEAST_WIDTH or height < LEAST_HEIGHT or not picture.values:
        return ""
    import plotext as plt
    from plotext import _utility

    # Theirs goes through a set: which labels there is room for would differ from process to process.
    _utility.no_duplicates = _in_order
    labels, values, places = _thinned(picture)
    top = max(1, *values)
    ticks = _steps(top, max(1, min(TICKS, height // TICK)))
    with _lock:
        plt.clear_figure()
        plt.theme("clear")
        plt.plotsize(width, height)
        if picture.are_days:
            # As steps: between two of these days nothing changed.
            plt.plot(*_stairs(places, values), marker=LINE)
        else:
            plt.bar(places, values, width=0.7)
            plt.xlim(-0.5, max(len(places), FEW) - 0.5)
        plt.ylim(0, max(top, ticks[-1]))
        # Each tick given: plotext's own are fractions of counts, and differ from process to process.
        plt.yticks(ticks, [figure(picture, tick) for tick in ticks])
        # Labels that find no room are left out, so the two ends come first.
        first, *between = _spread(len(labels), width // LABEL)
        shown = [first, *between[-1:], *between[:-1]]
        plt.xticks([places[at] for at in shown], [clean(labels[at], LABEL - 4) for at in shown])
        built: str = plt.build()
    return built.replace(RESET, "").rstrip("\n")


def _in_order(data: Sequence[Hashable]) -> list[Hashable]:
    """Each once."""
    return list(dict.fromkeys(data))


def _thinned(picture: Picture) -> tuple[list[str], list[int], list[float]]:
    """Evenly chosen, of releases the sums of several months."""
    labels, values, places = list(picture.labels), list(picture.values), list(picture.places)
    if len(values) <= MOST_POINTS:
        return labels, values, places
    if picture.are_counts:
        size = ceil(len(values) / MOST_POINTS)
        starts = range(0, len(values), size)
        sums = [sum(values[start : start + size]) for start in starts]
        return [labels[start] for start in starts], sums, list(map(float, range(len(sums))))
    chosen = _spread(len(values), MOST_POINTS)
    return (
        [labels[at] for at in chosen],
        [values[at] for at in chosen],
        [places[at] if picture.are_days else float(place) for place, at in enumerate(chosen)],
    )


def _stairs(places: Sequence[float], values: Sequence[int]) -> tuple[list[float], list[int]]:
    xs, ys = [places[0]], [values[0]]
    for (_, before), (place, value) in pairwise(zip(places, values, strict=True)):
        xs += [place, place]
        ys += [before, value]
    if len(places) == 1:  # a line needs two ends
        xs.append(places[0] + 1)
        ys.append(values[0])
    return xs, ys


def _steps(top: int, count: int) -> list[int]:
    """Round numbers from 0 to at least the top, in so many steps at most."""
    rough = max(1, ceil(top / count))
    magnitude = 10 ** (len(str(rough)) - 1)
    step = next(each * magnitude for each in (1, 2, 5, 10) if each * magnitude >= rough)
    return [step * at for at in range(ceil(top / step) + 1)]


def _spread(count: int, most: int) -> list[int]:
    """So many places of `count` at most, the first and the last among them."""
    most = max(2, most)
    if count <= most:
        return list(range(count))
    return [round(at * (count - 1) / (most - 1)) for at in range(most)]
