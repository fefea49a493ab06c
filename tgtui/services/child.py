"""Work in a process of its own, because it keeps an interpreter busy for long: how it is run, heard and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from tgtui.basics.events import Subscribers

Step = TypeVar("Step")


class ChildRun(Generic[Step]):
    """Work in a process of its own. `step` is its progress, `result` its outcome."""

    STOPPED: ClassVar[str]
    """The outcome of what was stopped, a sentence."""
    CRASHED: ClassVar[str]

    def __init__(self, name: str, module: str, job: Mapping[str, Any], step: Step) -> None:
        """Starts at once; `name` is the task's. The process is this module's, which reads the job from its stdin."""
        self.step = step
        self.result: str | None = None
        """A sentence once it has ended, else None."""
        self.is_failed = False
        self._module, self._job = module, job
        self._subscribers = Subscribers()
        self._task = asyncio.create_task(self._run(), name=name)

    @property
    def is_running(self) -> bool:
        return self.result is None

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` in the event loop at every step and at the end. Returns a function that unsubscribes it."""
        return self._subscribers.add(callback)

    async def stop(self) -> None:
        """Stop it after the current transaction; what was written stays."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def step_of(self, told: dict[str, Any]) -> Step:
        """A step as the process tells it."""
        raise NotImplementedError

    def outcome_of(self, told: dict[str, Any]) -> str:
        """The result of a process that came to its end, a sentence."""
        return str(told["ended"])

    async def _run(self) -> None:
        try:
            await run_child(self._module, self._job, self._hear)
        except asyncio.CancelledError:
            self._end(self.STOPPED, is_failed=True)
            raise
        if self.is_running:
            self._end(self.CRASHED, is_failed=True)

    def _hear(self, told: dict[str, Any]) -> None:
        if "failed" in told:
            self._end(str(told["failed"]), is_failed=True)
        elif "ended" in told:
            self._end(self.outcome_of(told))
        else:
            self.step = self.step_of(told["step"])
            self._subscribers.tell()

    def _end(self, result: str, *, is_failed: bool = False) -> None:
        self.result, self.is_failed = result, is_failed
        self._subscribers.tell()


async def run_child(
    module: str, job: Mapping[str, Any], hear: Callable[[dict[str, Any]], None]
) -> None:
    """Run a module as a program until it ends: `job` as JSON on its stdin, `hear` gets each line of its stdout.

    Cancelled, it is told to end, and waited for.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=os.name != "nt",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(job).encode())
    process.stdin.close()
    try:
        async for line in process.stdout:
            hear(json.loads(line))
        await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise


def say(found: Mapping[str, Any]) -> None:
    """In the process: one line for `hear`."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
