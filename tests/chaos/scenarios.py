"""What is done to the programs and to what they stand on. Each returns with faults still about; the end heals them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from random import Random
from typing import Literal

from tests.chaos import whole
from tests.chaos.arena import LEASE_S, Arena, NeverHappened
from tests.chaos.flaky import FINAL_KINDS, KINDS
from tests.chaos.processes import Program
from tests.chaos.stores import PostgresStore
from tests.support.http_thread import Gate
from tests.support.proxy import Proxy

STARTING_S = 0.6
"""About how long a worker takes to start: some are killed within it."""
BLOCKED_S = 3.0
"""So long others may fail to take over from a program that stands within a transaction."""
PAUSES = 10
"""Tries to pause a worker between its transactions."""
MOST_BYTES = 200_000
"""Of a connection that is cut after a number of bytes: enough for some tens of packages."""
MOST_LEFT = 200_000
"""Bytes that a full disk still has: some transactions fit, the next does not."""
APP_SLOT = 50
A_SCREEN = "Search"
"""Is written on the first screen."""
AWAY = ("can't be reached", "no claim", "leases were not renewed")
"""What a worker says when its database is away."""

Scenario = Callable[[Arena, int], None]


def kill(arena: Arena, rounds: int) -> None:
    """kill -9, one or all of them, some while they start."""
    _held, gate = _catch_in_the_act(arena)
    arena.kill_worker(0)
    gate.open()
    arena.start_workers()
    for _ in arena.strikes(rounds):
        kills_all = arena.random.random() < 0.3
        for slot in range(arena.size) if kills_all else [arena.random.randrange(arena.size)]:
            arena.kill_worker(slot)
            arena.figures["kills"] += 1
        if arena.random.random() < 0.3:
            arena.moment(STARTING_S)
            arena.kill_worker(slot)
            arena.figures["kills at the start"] += 1


def stop(arena: Arena, rounds: int) -> None:
    """SIGTERM to one of them in the middle of its work; when it has ended, it holds nothing."""
    _held, gate = _catch_in_the_act(arena)
    _stop_one(arena, 0)
    gate.open()
    arena.start_workers()
    for _ in arena.strikes(rounds):
        slot = arena.random.randrange(arena.size)
        _stop_one(arena, slot)
        arena.workers.insert(slot, arena.start("worker", slot=slot))


def _stop_one(arena: Arena, slot: int) -> None:
    worker = arena.workers.pop(slot)
    arena.figures["stopped with claims"] += bool(arena.queue.held_by(worker))
    arena.stop(worker)
    if arena.queue.held_by(worker):
        arena.problems.append(f"{worker.log.name} kept a claim when it was asked to stop")


def pause(arena: Arena, rounds: int) -> None:
    """SIGSTOP past the lease's end, until others took over; then SIGCONT."""
    held, gate = _catch_in_the_act(arena)
    caught = arena.workers[0]
    arena.start_workers()
    if not _pause_past_its_lease(arena, caught):
        raise NeverHappened(f"{caught.log.name} was never without a transaction")
    arena.until(f"{held}, brought by others", lambda: arena.queue.is_completed(held))
    gate.open()
    caught.resume()
    for _ in arena.strikes(rounds):
        chosen = arena.random.choice(arena.workers)
        if _pause_past_its_lease(arena, chosen):
            arena.wait(lambda chosen=chosen: not arena.queue.held_by(chosen), BLOCKED_S)  # type: ignore[misc]
            chosen.resume()


def _pause_past_its_lease(arena: Arena, worker: Program) -> bool:
    """Whether it is paused now. A program that stands within a transaction keeps others away, and goes on."""
    for _ in range(PAUSES):
        arena.wait(lambda: bool(arena.queue.held_by(worker)), BLOCKED_S)
        worker.pause()
        if _runs_out(arena, worker):
            arena.figures["paused past the lease"] += 1
            return True
        worker.resume()
        arena.moment()
    return False


def _runs_out(arena: Arena, worker: Program) -> bool:
    """The lease of a worker that is paused now: by itself, until others have taken over, or by a nudge."""
    if not arena.is_patient or arena.random.random() < 0.7:
        return arena.queue.expire(worker)
    arena.figures["waited for the lease's end"] += 1
    return arena.wait(lambda: not arena.queue.held_by(worker), 2 * LEASE_S)


def _catch_in_the_act(arena: Arena) -> tuple[str, Gate]:
    """A worker that holds one claim for certain: the registry does not answer for this package until the gate opens."""
    held = arena.closure.roots[0]
    gate = arena.registry.hang(held)
    arena.workers.append(arena.start("worker", "--concurrency", "1", slot=0))
    arena.until(f"a request for {held}", lambda: bool(arena.registry.requests_for(held)))
    return held, gate


def cut(arena: Arena, rounds: int) -> None:
    """Connections dropped by the server, by what is between, after any number of bytes."""
    store = arena.store
    assert isinstance(store, PostgresStore)
    with Proxy(store.address) as proxy:
        store.port = proxy.port
        # Of its own: connections come in an order that no seed decides.
        sizes = Random(arena.seed)
        app = _open_app(arena)
        proxy.cut_after(lambda: sizes.choice([None, sizes.randrange(MOST_BYTES)]))
        arena.may_not_start = True
        arena.start_workers()
        for _ in arena.strikes(rounds):
            _cut_somehow(arena, store, proxy)
        proxy.cut_after(lambda: None)
        _leave_app(arena, app)
        arena.stop_workers()
        arena.figures["connections dropped"] = proxy.dropped
        store.port = None


def restart(arena: Arena, rounds: int) -> None:
    """The server ends, at once or in order, and starts again while workers run."""
    server = arena.server
    assert server is not None
    app = _open_app(arena)
    arena.may_not_start = True
    arena.start_workers()
    for _ in arena.strikes(rounds):
        marks = _marks(arena)
        mode: Literal["immediate", "fast"] = arena.random.choice(["immediate", "immediate", "fast"])
        server.halt(mode)
        arena.wait(lambda marks=marks: _anybody_says(marks, AWAY), BLOCKED_S)  # type: ignore[misc]
        server.resume()
        arena.figures[f"{mode} restarts"] += 1
    _leave_app(arena, app)
    arena.stop_workers()


def full(arena: Arena, rounds: int) -> None:
    """No byte is left on the disk of the file, the documents and the log; then there is room again."""
    disk = arena.disk
    assert disk is not None
    arena.may_not_start = True
    arena.start_workers()
    for _ in arena.strikes(rounds):
        marks = _marks(arena)
        disk.fill(leave=arena.random.randrange(MOST_LEFT))
        if arena.wait(lambda marks=marks: _anybody_says(marks, ["disk is full"]), BLOCKED_S):  # type: ignore[misc]
            arena.figures["workers met a full disk"] += 1
        if arena.random.random() < 0.3:
            arena.kill_worker(arena.random.randrange(arena.size))
            arena.moment(STARTING_S)
            arena.figures["kills on a full disk"] += 1
        disk.free()
    arena.stop_workers()


def _cut_somehow(arena: Arena, store: PostgresStore, proxy: Proxy) -> None:
    way = arena.random.choice(["terminate one", "terminate all", "drop", "close"])
    arena.figures[way] += 1
    if way == "drop":
        proxy.cut()
    elif way == "close":
        marks = _marks(arena)
        proxy.is_open = False
        proxy.cut()
        arena.wait(lambda: _anybody_says(marks, AWAY), BLOCKED_S)
        proxy.is_open = True
    else:
        backends = store.backends()
        if way == "terminate one" and backends:
            backends = [arena.random.choice(backends)]
        for backend in backends:
            store.rows("SELECT pg_terminate_backend(?)", backend)


def registry(arena: Arena, rounds: int) -> None:
    """Two answers in five are wrong in a way that passes, while workers are killed; then also in ways that are final."""
    arena.start_workers()
    arena.registry.fail_from_now(0.4)
    for _ in arena.strikes(rounds):
        arena.kill_worker(arena.random.randrange(arena.size))
    arena.registry.fail_from_now(0.4, (*KINDS, *FINAL_KINDS))
    arena.ask(*arena.closure.roots, force=True)
    arena.until("an end of every request", arena.queue.is_settled)
    arena.registry.heal()
    arena.figures.update({f"answered {kind}": n for kind, n in arena.registry.faults.items()})
    while missing := _failed(arena):
        arena.figures["asked again"] += len(missing)
        arena.ask(*missing, force=True)
        arena.until("an end of every request", arena.queue.is_settled)


def _failed(arena: Arena) -> list[str]:
    """What somebody would ask for again: packages that are not here, or whose last request failed."""
    failed = arena.store.rows(
        "SELECT package_name FROM package_requests r WHERE status = 'failed' AND NOT EXISTS ("
        " SELECT 1 FROM package_requests later WHERE later.package_name = r.package_name"
        " AND later.registry = r.registry AND later.id > r.id)"
    )
    return sorted({name for (name,) in failed} | set(whole.absent(arena.store, arena.closure)))


def crowd(arena: Arena, rounds: int) -> None:
    """Workers, people who ask and wait, and open apps, all at once on one database."""
    arena.never_said = (*arena.never_said, "write lock")
    slots = itertools.count(arena.size)
    apps = [_open_app(arena, next(slots)) for _ in range(arena.size - 1)]
    arena.start_workers()
    names = sorted({name for name, _version in arena.closure.loaded()})
    for _ in range(rounds):
        people = []
        for _ in range(arena.size):
            some = arena.random.sample(names, min(3, len(names)))
            arena.closure.asked.update(some)
            people.append(arena.start("ask", *some, "--wait", slot=next(slots)))
            arena.figures["asked"] += len(some)
        for person in people:
            arena.expect_exit(person)
    for app in apps:
        _leave_app(arena, app)
    arena.stop_workers()
    arena.problems += [
        f"{log.name}: {line[:300]}"
        for log in arena.data_folder.glob("*.log")
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
        if any(text in line for text in arena.never_said)
    ]


def _open_app(arena: Arena, slot: int = APP_SLOT) -> Program:
    """The screens, which work on the queue as well. They have begun when this returns."""
    app = arena.start(slot=slot, on_terminal=True)
    arena.until("a screen", lambda: app.has_said(A_SCREEN))
    return app


def _leave_app(arena: Arena, app: Program) -> None:
    """It shows what was brought by whomever, and ends in order."""
    arena.until("a screen with packages", lambda: app.has_said("p0"))
    app.press("\x11")  # ctrl+q
    arena.expect_exit(app)


def _marks(arena: Arena) -> list[tuple[Program, int]]:
    return [(program, len(program.lines)) for program in arena.programs if program.is_running]


def _anybody_says(marks: list[tuple[Program, int]], texts: Sequence[str]) -> bool:
    return any(program.has_said(text, since) for program, since in marks for text in texts)
