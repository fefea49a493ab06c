"""Garbage is collected between keys, and only where there may be some."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar
from weakref import ref

import pytest

from tgtui.basics import memory
from tgtui.basics.memory import SOME, YOUNG, Collector


class Circle:
    """Only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """What other tests left is not walked again and again here, nor after this by theirs."""
    gc.collect()
    gc.freeze()
    yield
    gc.collect()
    gc.freeze()


def new(is_alone: Callable[[], bool]) -> Collector:
    return Collector(is_alone, lambda _: True)


def is_waiting(collector: Collector) -> bool:
    return collector._timer is not None


async def test_what_a_closed_screen_leaves_is_freed_at_the_next_look() -> None:
    collector = new(lambda: True)
    screen = Circle()
    gone = ref(screen)
    collector.closed(screen)
    assert is_waiting(collector)
    del screen
    collector.collect(is_resting=False)
    assert gone() is None


async def test_nothing_is_collected_while_keys_come() -> None:
    collector = new(lambda: True)
    circle = Circle()
    gone = ref(circle)
    del circle
    collector.pressed()
    collector.look()
    assert gone() is not None
    assert is_waiting(collector)


async def test_a_screen_that_is_still_being_closed_is_waited_for() -> None:
    is_over = False
    collector = Collector(lambda: True, lambda _: is_over)
    circle, screen = Circle(), Circle()
    gone = ref(circle)
    collector.closed(screen)
    del circle
    collector.look()
    assert gone() is not None
    is_over = True
    collector.look()
    assert gone() is None
    assert is_waiting(collector)  # something still holds it


async def test_a_screen_that_something_holds_for_good_is_given_up() -> None:
    collector = new(lambda: True)
    screen = Circle()
    collector.closed(screen)
    for _ in range(memory.LOOKS):
        assert is_waiting(collector)
        collector.look()
    assert not is_waiting(collector)


async def test_a_stopped_timer_keeps_no_screen() -> None:
    collector, screen = new(lambda: True), Circle()
    holding: ContextVar[Circle] = ContextVar("holding")
    context = Context()
    context.run(holding.set, screen)
    asyncio.get_running_loop().call_later(3600, print, context=context).cancel()
    gone = ref(screen)
    del screen, context
    collector.collect(is_resting=False)
    assert gone() is None


async def test_what_is_open_is_not_taken_for_permanent() -> None:
    memory.settle()
    is_alone = False
    collector = new(lambda: is_alone)
    permanent = gc.get_freeze_count()
    collector._old = memory.SETTLED + 1
    kept: list[object] = [[] for _ in range(memory.SETTLED + 1)]
    collector.collect(is_resting=True)
    assert gc.get_freeze_count() <= permanent
    is_alone = True
    closed = Circle()
    collector.closed(closed)
    collector._old = memory.SETTLED + 1_000
    collector.collect(is_resting=True)
    assert gc.get_freeze_count() <= permanent  # it is still held here
    del closed
    collector._old = memory.SETTLED + 1_000
    collector.collect(is_resting=True)
    assert gc.get_freeze_count() > permanent
    assert kept


async def test_what_became_permanent_is_looked_at_again_when_it_is_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "STALE", 0)
    collector = new(lambda: True)
    circle = Circle()
    gone = ref(circle)
    gc.freeze()
    del circle
    collector.collect(is_resting=False)
    assert gone() is not None
    collector.collect(is_resting=True)
    assert gone() is None


async def test_what_a_key_leaves_is_freed_in_the_pause_after_it() -> None:
    collector = new(lambda: True)
    gc.collect()
    circles = [Circle() for _ in range(2 * SOME)]
    gone = ref(circles[0])
    circles.clear()
    collector.pressed()
    collector.rest()
    assert gone() is not None
    assert collector._resting is not None  # it looks again
    collector._resting.cancel()
    collector._pressed -= memory.PAUSE_S
    collector.rest()
    assert gone() is None
    assert collector._resting is None  # until the next key


async def test_a_program_at_rest_sets_no_timer() -> None:
    collector = new(lambda: True)
    collector.start()
    try:
        gc.collect(0)
        await asyncio.sleep(0)
        assert not is_waiting(collector)
        collector._young = YOUNG - SOME
        new_ones = [Circle() for _ in range(2 * SOME)]
        gc.collect(0)
        await asyncio.sleep(0)
        assert is_waiting(collector)
        assert new_ones
    finally:
        collector.stop()
    assert gc.get_threshold() != memory.THRESHOLDS
    assert collector._collected not in gc.callbacks


def test_nothing_is_collected_while_much_is_made_even_if_that_fails() -> None:
    def work() -> None:
        with memory.uncollected():
            assert not gc.isenabled()
            raise LookupError

    assert gc.isenabled()
    with pytest.raises(LookupError):
        work()
    assert gc.isenabled()
