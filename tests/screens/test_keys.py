"""One thing has one key, on every screen and in every dialog. Every binding is in one of the groups below."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import tgtui.screens
import tgtui.widgets
from tests.screens.driving import catalogue_settings, running, screen_text, shows
from tests.screens.test_snapshots import garden
from tgtui.screens.base.keys import clashing
from tgtui.widgets import keys as named

THINGS: dict[str, set[str]] = {
    "ask": {"app.ask", "tree.ask"},
    "tags": {"app.tags"},
    "tree": {"package.tree", "tree.node"},
    "copy": {"package.copy", "login.copy"},
    "open in the browser": {"package.links", "login.open", "readme.links"},
    "find": {"app.search", "tags.find", "tree.find", "readme.find"},
    "filter": {"search.filters", "requests.filter", "tree.filter", "project.only"},
    "read": {"package.readme", "compare.changes", "readme.changelog"},
    "why": {"tree.why", "project.why"},
    "next": {"tree.next", "readme.next"},
    "previous": {"tree.previous", "readme.previous"},
    "sort": {"search.sort", "package.sort_versions", "files.sort"},
    "export": {"search.export", "tree.export"},
    "delete": {"package.delete", "tags.delete", "facets.forget", "comparisons.delete", "projects.remove"},
    "save": {"search.save", "compare.save"},
    "restore": {"package.restore", "tags.restore"},
    "show what is deleted": {"app.deleted", "tags.deleted"},
    "log in, account": {"app.log_in", "app.account"},
    "open the package": {"requests.open", "tree.package"},
    "mark, toggle": {
        "search.mark", "package.mark", "facets.toggle", "filter.toggle", "tags.toggle",
        "requests.toggle", "tree.toggle",
    },
    "open, apply": {
        "search.open", "search.submit", "list.select", "tree.open", "tags.search", "package.load",
        "versions.select", "facets.select", "insights.search", "insights.open", "advisories.open", "advisory.open", "filter.apply", "confirm.yes", "find.submit",
    },
    "left": {"app.pane_left", "requests.fold", "tree.fold", "project.fold"},
    "right": {"app.pane_right", "requests.unfold", "tree.unfold", "project.unfold"},
    "up": {"list.up", "preview.up"},
    "down": {"list.down", "preview.down"},
    "page up": {"list.page_up", "preview.page_up"},
    "page down": {"list.page_down", "preview.page_down"},
    "up from a line": {"choice.up", "tag.up", "tags.up"},
    "down from a line": {"choice.down", "find.down", "search.results", "tag.down", "tags.down"},
    "back": {"app.back", "find.close"},
}  # fmt: skip
"""What is done, and the ids of the bindings that do it."""
ALONE = {
    "account.log_out", "advisories.record", "advisory.bringers", "app.help", "app.quit", "app.insights", "app.requests", "app.compare", "app.comparisons", "app.suspend", "app.tags_screen", "app.watch", "app.watched", "app.projects", "app.add_project",
    "project.declared", "project.locked", "project.shared", "project.tree", "project.twice", "project.update",
    "projects.ask", "projects.read", "projects.rename", "projects.share",
    "compare.edit", "comparisons.rename",
    "compare.swap", "filter.reset", "import.stop", "insights.registry", "insights.window", "list.first", "list.last", "login.file",
    "login.memory", "login.new", "login.qr", "package.dependencies", "package.dependents",
    "package.force", "package.history", "package.advisories", "package.over_time", "package.refresh", "package.versions", "requests.cancel",
    "requests.cancel_chain", "requests.mine", "requests.retry", "search.clear", "search.mark_all",
    "search.preview", "search.shared", "tags.edit", "tags.merge", "tags.new", "tags.undo",
    "readme.contents", "readme.files", "reading.page_down", "tree.any_version", "tree.back", "tree.dependents", "tree.extras",
    "tree.flip", "tree.less", "tree.more", "watched.seen",
}  # fmt: skip
"""What is done in one place only."""
IN_A_LINE = {"tag.restore": "tags.restore", "tags.make": "tags.new"}
"""Where letters are text, ctrl and the letter do what the letter does elsewhere."""
CLOSING_A_LINE = {"ask.close", "choice.close", "line.close", "tag.close", "tags.close"}
"""Of dialogs where letters are text: only escape closes them."""
CLOSING = CLOSING_A_LINE | {
    "account.close", "comparisons.close", "confirm.close", "filter.close", "help.close", "history.close",
    "contents.close", "import.close", "links.close", "login.close", "menu.close", "theme.close", "why.close",
}  # fmt: skip
STANDS = {"dismiss", "revert"}
"""Actions that close a dialog and apply nothing."""


def declared() -> Iterator[Binding]:
    """Of all screens, dialogs and widgets."""
    for root in (tgtui.screens, tgtui.widgets):
        for found in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            for each in vars(importlib.import_module(found.name)).values():
                if (
                    inspect.isclass(each)
                    and each.__module__ == found.name
                    and issubclass(each, DOMNode)
                ):
                    for binding in each.__dict__.get("BINDINGS", ()):
                        assert isinstance(binding, Binding)
                        yield binding


@pytest.fixture(scope="module")
def keys() -> dict[str, tuple[str, ...]]:
    """By id."""
    found: dict[str, tuple[str, ...]] = {}
    for binding in declared():
        assert binding.id is not None, binding
        before = found.setdefault(binding.id, tuple(binding.key.split(",")))
        assert before == tuple(binding.key.split(",")), binding.id
    return found


@pytest.mark.parametrize("thing", THINGS)
def test_one_thing_has_the_same_key_everywhere(
    keys: dict[str, tuple[str, ...]], thing: str
) -> None:
    first, *others = ({*keys[id]} for id in sorted(THINGS[thing]))
    assert all(each == first for each in others), {id: keys[id] for id in THINGS[thing]}


def test_every_binding_is_known_and_none_has_lost_its_id(
    keys: dict[str, tuple[str, ...]],
) -> None:
    known = [*ALONE, *CLOSING, *IN_A_LINE, *(id for ids in THINGS.values() for id in ids)]
    assert sorted(known) == sorted(keys)


def test_escape_closes_every_dialog_and_applies_nothing(
    keys: dict[str, tuple[str, ...]],
) -> None:
    for id in CLOSING:
        assert keys[id][0] == "escape", id
        assert ("q" in keys[id]) == (id not in CLOSING_A_LINE), id
    assert {binding.action for binding in declared() if binding.id in CLOSING} == STANDS


def test_in_a_line_ctrl_and_the_letter_do_the_same(keys: dict[str, tuple[str, ...]]) -> None:
    for id, elsewhere in IN_A_LINE.items():
        assert keys[id] == (f"ctrl+{keys[elsewhere][0]}",)


A_KEY = re.compile(
    r"\b(esc|backspace)\b|ctrl\+\w|(?<![\w'`])(enter|space|[A-Za-z/]) [a-z]{3,}s(?![\w-])"
)
"""In a sentence on the screen: `esc closes`, `a asks for it`."""
FIXED = re.compile(r"ctrl\+p finds|enter (asks|saves|writes)")
"""Keys of Textual's own, which no setting changes."""
WRITTEN = re.compile(rf"{A_KEY.pattern}|(?<![\w'`])[b-zB-HJ-Z] (?=[a-z])|[↑↓]")
"""In a sentence in the code: `x on a package deletes it` too."""


def sentences() -> Iterator[tuple[str, str]]:
    """Files of the screens and widgets, and what is written in them, without docstrings."""
    for root in (tgtui.screens, tgtui.widgets):
        for file in sorted(Path(root.__path__[0]).rglob("*.py")):
            tree = ast.parse(file.read_text())
            described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                match node:
                    case ast.Constant(value=str(text)) if " " in text and id(node) not in described:
                        yield file.name, text


def test_sentences_take_keys_from_the_bindings() -> None:
    assert [said for said in sentences() if WRITTEN.search(said[1])] == []


def test_a_key_is_written_as_the_settings_have_it(keys: dict[str, tuple[str, ...]]) -> None:
    assert keys["search.clear"] == ("ctrl+l",)
    written = {"search.clear": "ctrl+l", "app.back": "esc", "app.help": "?", "list.select": "enter"}
    assert {id: named.key(id) for id in written} == written
    named.use({"app.back": "f7,escape", "app.search": "ctrl+question_mark"})
    try:
        assert (named.key("app.back"), named.key("app.search")) == ("f7", "ctrl+?")
    finally:
        named.use({})
    with pytest.raises(LookupError):
        named.key("app.nothing")


def test_a_key_of_a_screen_that_was_never_opened_is_known() -> None:
    code = (
        "from tgtui.basics.settings import Settings; from tgtui.screens.app import TgtuiApp;"
        " TgtuiApp(Settings()); from tgtui.widgets.keys import key;"
        " print(*map(key, ('package.delete', 'requests.retry', 'tree.flip', 'tags.undo')))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "x r r u\n"


async def test_screens_name_the_keys_of_the_settings(
    keys: dict[str, tuple[str, ...]], tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    """Every key is another one; no screen or dialog names one of old."""
    other = {id: f"f{number}" for number, id in enumerate(sorted(keys), 100)}
    settings = catalogue_settings(tmp_path, migrated_sqlite_file, garden, keys=other)
    walk = [
        ([*"no-such-thing"], f"Press {other['search.submit']} to ask"),
        (["ctrl+u", *"tag:nothing"], f"{other['search.clear']} clears"),
        (["ctrl+u", other["search.results"], other["app.help"]], f"{other['help.close']} closes"),
        ([other["help.close"], other["search.sort"]], f"{other['list.select']} sorts"),
        ([other["menu.close"], other["search.export"]], f"{other['line.close']} closes"),
        ([other["line.close"], other["app.ask"]], "Ask for packages"),
        ([other["ask.close"], other["package.copy"]], f"{other['list.select']} copies"),
        ([other["menu.close"], other["app.tags"]], f"{other['tags.toggle']} toggles"),
        ([other["tags.close"], other["app.requests"]], f"{other['requests.retry']} retries"),
        ([other["app.back"], other["app.tags_screen"]], "tag:frontend"),
        ([other["tags.new"]], "New tag"),
        ([other["tag.close"], other["app.back"], other["list.select"]], "› npm:"),
        ([other["package.history"]], f"{other['history.close']} closes"),
        ([other["history.close"], other["package.tree"]], "Dependency tree"),
        ([other["tree.filter"]], f"{other['filter.apply']} applies"),
        ([other["filter.close"], other["tree.export"]], f"{other['list.select']} writes"),
    ]
    try:
        async with running(settings) as (_app, pilot):
            for pressed, told in walk:
                await pilot.press(*pressed)
                await shows(pilot, told)
                assert "assign one key" not in screen_text(pilot)
                assert not A_KEY.search(FIXED.sub("", screen_text(pilot))), screen_text(pilot)
    finally:
        named.use({})


def test_a_key_for_two_actions_is_told_and_one_key_for_two_is_not() -> None:
    up, help_ = Binding("up,k", "up", id="list.up"), Binding("f1", "help", id="app.help")
    assert clashing({up}, {"list.up": "f5"}) == []
    assert clashing({up, help_}, {"list.up": "f1, f5", "app.ask": "f5"}) == ["app.help", "list.up"]
