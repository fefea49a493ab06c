"""Ages, sizes and counts in words for people. Pure: every moment is passed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil, inf

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONTH = 30 * DAY
YEAR = 365 * DAY

STEP_S = 5
"""Of a wait of less than a minute."""

_MINUTE = timedelta(minutes=1)
_STEPS = ((YEAR, "y"), (MONTH, "mo"), (DAY, "d"), (HOUR, "h"), (MINUTE, "min"))
_BYTES = ("B", "kB", "MB", "GB", "TB")


def duration(span: timedelta) -> str:
    """The largest whole unit: `12 min`, `3 h`, `2 d`, `5 mo`, `4 y`; under a minute `now`."""
    seconds = int(span.total_seconds())
    for step, unit in _STEPS:
        if seconds >= step:
            return f"{seconds // step} {unit}"
    return "now"


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago; empty if unknown. A moment in the future is `now`."""
    return "" if moment is None else duration(now - moment)


def ago(moment: datetime | None, now: datetime) -> str:
    """`2 d ago`, `just now`; empty if unknown."""
    text = age(moment, now)
    return "just now" if text == "now" else f"{text} ago" if text else ""


def as_of(moment: datetime | None, now: datetime) -> str:
    """How fresh a view is: `as of 12 min ago`."""
    return f"as of {ago(moment, now)}" if moment is not None else "not fetched yet"


def until(moment: datetime, now: datetime) -> str:
    """How long to wait: `in 40 s`, `in 3 min`; `now` once it has come. Less than a minute is told in steps, rounded up:
    who watches a clock each second costs a processor more than all else at rest."""
    left = (moment - now).total_seconds()
    if left <= 0:
        return "now"
    seconds = ceil(left / STEP_S) * STEP_S
    return f"in {seconds} s" if seconds < MINUTE else f"in {duration(max(moment - now, _MINUTE))}"


def age_lasts(moment: datetime, now: datetime) -> float:
    """Seconds until `age` says something else."""
    elapsed = (now - moment).total_seconds()
    if elapsed < MINUTE:
        return MINUTE - elapsed
    larger = inf
    for step, _ in _STEPS:
        if elapsed >= step:
            return min(step - elapsed % step, larger - elapsed)
        larger = step
    raise AssertionError(elapsed)


def until_lasts(moment: datetime, now: datetime) -> float:
    """Seconds until `until` says something else."""
    left = (moment - now).total_seconds()
    if left < 0:
        return inf
    if MINUTE - STEP_S < left < 2 * MINUTE:
        return left - (MINUTE - STEP_S)
    if left <= MINUTE - STEP_S:
        return left % STEP_S or STEP_S
    # Rounded down: a whole day is told as one for this moment only.
    return left % next(step for step, _ in _STEPS if left >= step)


def size(count: int) -> str:
    """Bytes, decimal: `812 B`, `3.1 MB`."""
    value, unit = float(count), _BYTES[0]
    for unit in _BYTES:
        if value < 1000 or unit == _BYTES[-1]:
            break
        value /= 1000
    return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"


def number(count: int) -> str:
    """With thousands separators: `1,204`."""
    return f"{count:,}"


def short_number(count: int, *, is_bound: bool = False) -> str:
    """At most five cells: `9,876`, `12k`, `1.2M`; one more for a lower bound: `5,000+`, `12k+`."""
    if is_bound:
        least = count // 1_000
        return (
            f"{count:,}+"
            if count < 10_000
            else f"{least}k+"
            if least < 1_000
            else f"{least // 100 / 10}M+"
        )
    if count < 10_000:
        return f"{count:,}"
    return f"{round(count / 1_000)}k" if count < 999_500 else f"{count / 1_000_000:.1f}M"


def sparkline(counts: Sequence[int]) -> str:
    """A bar chart of one character per count; a blank for 0."""
    most = max(counts, default=0)
    bars = "▁▂▃▄▅▆▇█"
    return "".join(bars[(count * len(bars) - 1) // most] if count else " " for count in counts)


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 package`, `1,204 packages`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
