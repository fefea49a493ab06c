"""Opening a README of any size: time, memory, and how long the event loop stops, next to Textual's own Markdown.

    python -m benchmarks.readme [--megabytes 5] [KIND ...]

Each kind runs in a process of its own, at 120x36: the text is cut and its headings are found in a thread, the first
screen is drawn, then it is paged through, searched, and left at its end. A task that sleeps a millisecond notes how late
it wakes: that includes other programs, so the processor time of the loop's thread stands beside it. Textual's Markdown
gets 50 KB of the same text: with more it doesn't come back.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.widget import Widget
from textual.widgets import Markdown

from tgtui.widgets.packages.reading.contents import contents_of
from tgtui.widgets.packages.reading.text import readable
from tgtui.widgets.packages.reading.view import TextView

SIZE = (120, 36)
PAGES = 60
PEER_BYTES = 50_000
TICK_S = 0.001
MIXED = """\
## Section {n}

Some *emphasis*, `code`, a [link](https://example.org/{n}) and **words** enough to fill more than one line of a terminal \
that is as wide as most of them are today.

- one
- two with `code`
  - three

```js
const a = require("a{n}")
```

| name | what it does |
|---|---|
| `a{n}` | a thing |

"""
KINDS: dict[str, Callable[[int], str]] = {
    "mixed": lambda n: MIXED.replace("{n}", str(n)),
    "paragraphs": lambda n: (
        f"Paragraph {n} of words and *more* words, none of which mean much.\n\n"
    ),
    "table": lambda n: f"| a | b |\n|---|---|\n| {n} | x |\n" if not n else f"| {n} | `b` |\n",
    "list": lambda n: f"- item {n} with [a link](x)\n",
    "code": lambda n: f"{'```' if not n else ''}\nconst a = {n}\n",
    "one line": lambda n: f"word{n} *and* ",
    "one word": lambda n: "x" * 64,
    "brackets": lambda n: "[" * 64,
    "stars": lambda n: "*a_" * 20,
    "quotes": lambda n: "> " * 40 + "\n",
    "html": lambda n: f"<div align=center><b>{n}</b><img alt=x src=y></div>\n",
    "tags": lambda n: "<a" * 32,
    "entities": lambda n: "&#8238;&#27;&lt;" * 8,
    "chinese": lambda n: "一二三四五六七八九十" * 8 + "\n\n",
    "short lines": lambda n: "a\n\n",
}


class Late:
    """How late a task wakes that sleeps a millisecond."""

    def __init__(self) -> None:
        self.wall = self.busy = 0.0

    async def watch(self) -> None:
        while True:
            wall, busy = time.perf_counter(), time.thread_time()
            await asyncio.sleep(TICK_S)
            self.wall = max(self.wall, time.perf_counter() - wall - TICK_S)
            self.busy = max(self.busy, time.thread_time() - busy)


class Reader(App[None]):
    """One widget."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self._only = widget

    def compose(self) -> ComposeResult:
        yield self._only


async def ours(text: str, result: dict[str, float]) -> None:
    view = TextView()
    app = Reader(view)
    async with app.run_test(size=SIZE) as pilot:
        late = Late()
        watching = asyncio.create_task(late.watch())
        await asyncio.sleep(0.05)
        late.wall = late.busy = 0.0
        start = time.perf_counter()
        view.show(await asyncio.to_thread(readable, text, is_markdown=True))
        await pilot.pause()
        result["first screen"] = time.perf_counter() - start
        found = await asyncio.to_thread(contents_of, view.text)
        result["contents"] = time.perf_counter() - start
        result["headings"] = len(found.headings)
        for _ in range(PAGES):
            view.action_page_down()
            await pilot.pause()
        hits = await view.find("word")
        if hits:
            view.go_to_hit(hits[-1][0], 0)
        view.action_last()
        await pilot.pause()
        for _ in range(PAGES):
            view.action_page_up()
            await pilot.pause()
        watching.cancel()
        result["longest stop"], result["of it busy"] = late.wall, late.busy


async def theirs(text: str, result: dict[str, float]) -> None:
    widget = Markdown()
    async with Reader(widget).run_test(size=SIZE) as pilot:
        late = Late()
        watching = asyncio.create_task(late.watch())
        await asyncio.sleep(0.05)
        late.wall = late.busy = 0.0
        start = time.perf_counter()
        await widget.update(text)
        await pilot.pause()
        result["first screen"] = time.perf_counter() - start
        watching.cancel()
        result["longest stop"], result["of it busy"] = late.wall, late.busy


def text_of(kind: str, size: int) -> str:
    """That many characters of it."""
    part, parts, length, n = KINDS[kind], list[str](), 0, 0
    while length < size:
        parts.append(part(n))
        length += len(parts[-1])
        n += 1
    return "".join(parts)[:size]


def measure(kind: str, size: int, how: Callable[[str, dict[str, float]], Awaitable[None]]) -> None:
    """In this process; prints JSON."""
    text = text_of(kind, size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result: dict[str, float] = {}

    async def run() -> None:
        await how(text, result)

    asyncio.run(run())
    result["MB"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps(result))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--megabytes", type=float, default=5)
    parser.add_argument("--within", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    kinds, size = given.kinds or list(KINDS), int(given.megabytes * 1_000_000)
    if given.within:
        measure(kinds[0], size, {"ours": ours, "theirs": theirs}[given.within])
        return
    print(
        f"{'kind':<12} {'screen':>8} {'contents':>9} {'stop':>8} {'busy':>8} {'memory':>9}"
        f"   Textual, {PEER_BYTES // 1000} KB: screen, stop, memory"
    )
    for kind in kinds:
        mine, peer = (_apart(kind, within, size) for within in ("ours", "theirs"))
        print(
            f"{kind:<12} {mine['first screen']:>6.2f} s {mine['contents']:>7.2f} s"
            f" {1000 * mine['longest stop']:>5.0f} ms {1000 * mine['of it busy']:>5.0f} ms {mine['MB']:>6.0f} MB"
            f"   {peer['first screen']:>6.2f} s {1000 * peer['longest stop']:>6.0f} ms {peer['MB']:>5.0f} MB",
            flush=True,
        )


def _apart(kind: str, within: str, size: int) -> dict[str, float]:
    megabytes = str((PEER_BYTES if within == "theirs" else size) / 1_000_000)
    command = [sys.executable, "-m", "benchmarks.readme", "--within", within, "--megabytes"]
    told = subprocess.run([*command, megabytes, kind], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
