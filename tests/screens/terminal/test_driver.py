"""The program on a real terminal: bytes, bursts and mistakes. Signals are in `tests/cli/test_leaving.py`."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.screens.driving import catalogue_settings
from tests.support.mass import mass
from tests.support.rows import add_edge, add_package, add_release, add_request, add_tag, add_version

if sys.platform == "win32":
    pytest.skip("Windows has no such terminals", allow_module_level=True)

from tests.support.terminal import Window, window

Open = Callable[..., AbstractContextManager[Window]]

UP, DOWN, ESCAPE, ENTER, TAB = "\x1b[A", "\x1b[B", "\x1b", "\r", "\t"
PAGE_DOWN, END, BACKSPACE, DELETE = "\x1b[6~", "\x1b[F", "\x7f", "\x1b[3~"
PALETTE, CLEAR, QUIT, SAVE, NEW = "\x10", "\x0c", "\x11", "\x13", "\x0e"

BROKEN = """
import sys
from tgtui.screens.search.screen import SearchScreen
def fail(self): raise KeyError("a mistake")
SearchScreen.action_toggle_preview = fail
sys.argv = ["tgtui"]
from tgtui.cli import main
main()
"""
"""The program, in which one key fails."""

HOSTILE = {
    "latin-1": "é".encode("latin-1"),
    "half of a character": "你".encode()[:2],
    "the other half": "你".encode()[2:],
    "all bytes that are not ASCII": bytes(range(128, 256)),
    "an old mouse": b"\x1b[M \xe9\xf1",
    "a key that is no character": b"\x1b[999999999999u",
    "half of a surrogate": b"\x1b[97;;55296u",
    "a size of nothing": b"\x1b[48;0;0;0;0t",
    "a size beyond all screens": b"\x1b[48;99999;99999;9;9t",
    "a click beyond the screen": b"\x1b[<0;999999999;999999999M\x1b[<0;999999999;999999999m",
    "an overlong sequence": b"\x1b[" + b"9" * 9_999 + b"z",
    "an answer to another program": b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\\x1b[?62;22c",
    "a paste without its end": b"\x1b[200~wor\xe9\x00",
}  # fmt: skip

DIALOGS = {
    "sort": DOWN + "s",
    "ask": DOWN + "a",
    "tags": DOWN + "t",
    "export": DOWN + "e",
    "copy": DOWN + "y",
    "open": DOWN + "o",
    "help": DOWN + "?",
    "save": "koa" + SAVE,
    "palette": PALETTE,
    "palette in pages": PALETTE + PAGE_DOWN + PAGE_DOWN,
    "theme": PALETTE + "change theme" + ENTER,
    "history": "koa" + ENTER + "H",
    "delete": "package-05" + ENTER + DELETE,
    "compare": "koa" + ENTER + " " + DOWN + " ",
    "tree filter": "koa" + DOWN + "d" + "f",
    "tree why": "koa" + DOWN + "d" + "w",
    "tree export": "koa" + DOWN + "d" + "e",
    "tree find": "koa" + DOWN + "d" + "/",
    "tag editor": DOWN + "T" + "n",
    "tag edited": DOWN + "T" + "e",
    "tag merged": DOWN + "T" + "m",
    "tag filter": DOWN + "T" + "/",
    "tag made": DOWN + "t" + NEW,
    "requests": DOWN + "q",
    "deleted": DOWN + "Z",
}
KEYS = (
    ENTER, ESCAPE + ESCAPE, UP, DOWN, PAGE_DOWN, END, TAB, BACKSPACE, " ", "x", "q", "?", "/", PALETTE, "d", NEW,
)  # fmt: skip
TWICE = ((ENTER, ENTER),)
PLAIN = ("sort", "ask", "tags", "export", "copy", "palette in pages")
"""Those that enter closes at once."""
COUNT = itertools.count()
"""What is typed to see that all before it has acted must not be on the screen already."""


def garden(connection: Connection) -> None:
    """koa has two versions, a dependency and a request; there are two tags."""
    koa = add_release(connection, "koa", "2.0.0")
    add_version(connection, koa[0], "1.0.0")
    add_edge(connection, koa, "depd", add_release(connection, "depd"))
    add_request(connection, "koa")
    for number in range(60):
        add_package(connection, f"package-{number:02}")
    for name in ("testing", "frontend"):
        add_tag(connection, name)


@pytest.fixture
def opened(tmp_path: Path, migrated_sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Runs the program on the garden, in a folder of its own; the browser opens nothing."""
    home = tmp_path / "home"
    home.mkdir()
    catalogue_settings(home, migrated_sqlite_file, garden)
    monkeypatch.setenv("TGTUI_DATA_DIR", str(home))
    monkeypatch.setenv("TGTUI_WORKER_ENABLED", "false")
    monkeypatch.setenv("BROWSER", "true")

    @contextmanager
    def run(*args: str) -> Iterator[Window]:
        with window(*(args or ("-m", "tgtui")), folder=tmp_path) as program:
            yield program

    return run


def start_over(program: Window) -> None:
    """To the empty search line, from anywhere."""
    program.press(ESCAPE * 8 + CLEAR)


def lives_on(program: Window) -> None:
    """What is typed is searched for, and the key to quit quits."""
    start_over(program)
    program.press("koa" + DOWN + "d")
    program.wait_for("Dependency tree")
    program.press(QUIT)
    assert program.end() == 0
    program.wait_for("\x1b[?1049l")
    assert program.is_restored()


def test_no_bytes_end_it_or_make_it_deaf(opened: Open) -> None:
    with opened() as program:
        program.wait_for("of 62 packages")
        for bytes_ in HOSTILE.values():
            program.press(bytes_)
        program.wait_for("wor\N{REPLACEMENT CHARACTER}")  # the paste, after a silence
        lives_on(program)


@pytest.mark.parametrize("seed", mass(full=range(1, 12)))
def test_no_random_bytes_end_it(opened: Open, seed: int) -> None:
    made = random.Random(seed)
    begun = [
        b"\x1b[",
        b"\x1b[<",
        b"\x1bO",
        b"\x1b]",
        b"\x1b[200~",
        b"\x1b[201~",
        b"\x1b",
        b"\x1b[M",
    ]
    with opened() as program:
        program.wait_for("of 62 packages")
        for _ in range(60):
            some = made.choice(begun) + made.randbytes(made.randrange(60))
            program.press(some.replace(QUIT.encode(), b""))
        program.press("\x07\x1b\\\x1b[201~")
        lives_on(program)


def test_a_mistake_leaves_a_whole_terminal_a_code_a_sentence_and_a_line_in_the_log(
    opened: Open, tmp_path: Path
) -> None:
    with opened("-c", BROKEN) as program:
        program.wait_for("of 62 packages")
        program.press(DOWN + "p")
        assert program.end() == 1
        program.wait_for("tgtui.log")
        assert program.is_restored()
        after = program.written.rpartition("\x1b[?1004l")[2]
    assert after.strip().startswith("A bug in tgtui ended it: KeyError: 'a mistake'. The traceback")
    assert after.count("\n") == 1
    log = (tmp_path / "home" / "tgtui.log").read_text()
    assert "level=critical" in log
    assert "Traceback (most recent call last)" in log
    assert "in fail" in log


def test_keys_that_are_typed_before_the_first_screen_act_in_their_order(opened: Open) -> None:
    with opened() as program:
        program.press("koa" + ENTER + "d")
        program.wait_for("Dependency tree")
        program.press(QUIT)
        assert program.end() == 0


@pytest.mark.full
def test_enter_twice_in_a_dialog(opened: Open) -> None:
    with opened() as program:
        program.wait_for("of 62 packages")
        for dialog in PLAIN:
            press_pairs(program, DIALOGS[dialog], TWICE)
        lives_on(program)


@pytest.mark.full
@pytest.mark.parametrize("dialog", DIALOGS)
def test_every_dialog_under_each_key_before_and_after_another(opened: Open, dialog: str) -> None:
    """The dialogs differ in which key follows which, so that together they have every pair."""
    apart = list(DIALOGS).index(dialog)
    pairs = [(key, KEYS[(number + apart) % len(KEYS)]) for number, key in enumerate(KEYS)]
    with opened() as program:
        program.wait_for("of 62 packages")
        press_pairs(program, DIALOGS[dialog], [*TWICE, *pairs])
        lives_on(program)


def press_pairs(program: Window, dialog: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Each in one read with what opens the dialog. Returns when all have acted."""
    for pair in pairs:
        start_over(program)
        program.press(dialog + "".join(pair))
    start_over(program)
    unheard = f"unheard{next(COUNT)}of"
    program.press(unheard)
    program.wait_for(unheard)
