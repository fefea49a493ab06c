"""Whether an advisory affects a version, as the schema's section "Evaluation" has it.

A version is affected if it is listed, or if any range contains it. What can't be evaluated (commits of git, orders
nobody here knows) affects nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tgtui.syntax.advisories.orders import Order, order_of
from tgtui.syntax.advisories.record import Affected, Event, Range

ZERO = "0"
"""`introduced: 0` is before every version, also in orders in which another version is lower."""
NO_LIMIT = "*"

Test = Callable[[str], bool]


class _Before:
    """Below every key, of whatever order."""

    def __lt__(self, other: object) -> bool:
        return other is not self

    def __gt__(self, other: object) -> bool:
        return False


_FIRST: Any = _Before()


def matcher(ecosystem: str, affected: Iterable[Affected]) -> Test:
    """Says of a version whether any of these entries, all of one package, affects it. Ranges are prepared once."""
    listed: set[str] = set()
    tests: list[Callable[[str], bool]] = []
    for each in affected:
        listed.update(each.versions or ())
        tests += [test for range_ in each.ranges or () if (test := _range_test(ecosystem, range_))]
    return lambda version: version in listed or any(test(version) for test in tests)


def fixes(ecosystem: str, affected: Iterable[Affected]) -> tuple[str, ...]:
    """Versions that the ranges name as fixed, in their order, lowest first."""
    found: dict[str, Any] = {}
    for each in affected:
        for range_ in each.ranges or ():
            order = order_of(ecosystem, range_.type)
            if order is not None:
                found.update({e.fixed: order(e.fixed) for e in range_.events if e.fixed})
    try:
        return tuple(sorted(found, key=lambda version: found[version]))
    except TypeError:  # SEMVER and ECOSYSTEM of one package, whose keys have nothing in common
        return tuple(found)


def spans(ecosystem: str, range_: Range) -> list[tuple[str | None, Event | None]]:
    """(start, end) of each run of affected versions, in the order of the versions, however the events stand. A start of
    None is before every version; an end of None, or a `limit`, is where nothing fixes it."""
    order = order_of(ecosystem, range_.type)
    limit = next((e for e in range_.events if e.limit not in (None, NO_LIMIT)), None)
    if order is None:
        return []
    found: list[tuple[str | None, Event | None]] = []
    start: str | None = None
    is_in = False
    for event in _sorted(range_, order):
        if event.introduced is not None:
            if not is_in:
                start, is_in = (None if event.introduced == ZERO else event.introduced), True
        elif is_in:
            found.append((start, event))
            is_in = False
    return [*found, (start, limit)] if is_in else found


def _sorted(range_: Range, order: Order) -> list[Event]:
    return sorted(
        (event for event in range_.events if event.limit is None),
        key=lambda event: _place(event, order),
    )


def _range_test(ecosystem: str, range_: Range) -> Test | None:
    order = order_of(ecosystem, range_.type)
    if order is None:
        return None
    limits = [event.limit for event in range_.events if event.limit is not None]
    bounds = [] if not limits or NO_LIMIT in limits else [order(limit) for limit in limits]
    steps = [(_kind(event), _key(event, order)) for event in _sorted(range_, order)]

    def contains(version: str) -> bool:
        key = order(version)
        if bounds and not any(key < bound for bound in bounds):
            return False
        is_in = False
        for kind, bound in steps:
            if kind == "introduced":
                is_in = is_in or not key < bound
            elif kind == "fixed":
                is_in = is_in and key < bound
            elif is_in:
                is_in = not bound < key
        return is_in

    return contains


def _kind(event: Event) -> str:
    if event.introduced is not None:
        return "introduced"
    return "fixed" if event.fixed is not None else "last_affected"


def _key(event: Event, order: Order) -> Any:
    if event.introduced is not None:
        return _FIRST if event.introduced == ZERO else order(event.introduced)
    return order(event.fixed if event.fixed is not None else event.last_affected or "")


def _place(event: Event, order: Order) -> tuple[Any, bool]:
    """Of events at one version the last that is affected comes behind where it begins."""
    return _key(event, order), event.introduced is None and event.fixed is None
