"""The keys that sentences name: what the bindings have, or what the settings' `[keys]` made of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import format_key

ENTER = "enter"
"""Ends a line that is typed; Textual's own, which no setting changes."""
PALETTE = "ctrl+p"
"""Opens the palette; Textual's own likewise."""
PLAIN = {"⏎": "enter", "⌫": "backspace"}
"""Signs that few fonts have."""

_defaults: dict[str, str] = {}
"""By id, as far as they are known."""
_chosen: Mapping[str, str] = {}
_declare_all: Callable[[], object] = bool


def use(chosen: Mapping[str, str], declare_all: Callable[[], object] = bool) -> None:
    """The settings' keys, by id. `declare_all` is called for a key of a screen that was not opened yet."""
    global _chosen, _declare_all
    _chosen, _declare_all = chosen, declare_all


def declare(id: str, keys: str) -> None:
    """The keys that a binding has by default, separated by commas."""
    _defaults[id] = keys


def key(id: str) -> str:
    """How the first key of a binding is written: `a`, `ctrl+l`, `esc`. LookupError if there is no such binding."""
    keys = _chosen.get(id) or _default(id)
    *held, name = keys.split(",")[0].strip().split("+")
    sign = format_key(name)
    return "+".join([*held, PLAIN.get(sign, sign)])


def _default(id: str) -> str:
    if id not in _defaults:
        for binding in _declared(DOMNode):
            if binding.id is not None:
                declare(binding.id, binding.key)
    if id not in _defaults:
        _declare_all()
    return _defaults[id]


def _declared(kind: type[DOMNode]) -> Iterator[Binding]:
    """Of all widgets that there are."""
    for each in kind.__dict__.get("BINDINGS", ()):
        if isinstance(each, Binding):
            yield each
    for below in kind.__subclasses__():
        yield from _declared(below)
