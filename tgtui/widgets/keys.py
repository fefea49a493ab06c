"""The keys that sentences name: what the bindings have, or what the settings' `[keys]` made of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
"""By id, as far as they were asked for."""
_chosen: Mapping[str, str] = {}


def use(chosen: Mapping[str, str]) -> None:
    """The settings' keys, by id."""
    global _chosen
    _chosen = chosen


def key(id: str) -> str:
    """How the first key of a binding is written: `a`, `ctrl+l`, `esc`. LookupError if no class has the binding."""
    keys = _chosen.get(id) or _default(id)
    *held, name = keys.split(",")[0].strip().split("+")
    sign = format_key(name)
    return "+".join([*held, PLAIN.get(sign, sign)])


def _default(id: str) -> str:
    if id not in _defaults:
        _defaults.update((each.id, each.key) for each in _declared(DOMNode) if each.id is not None)
    return _defaults[id]


def _declared(kind: type[DOMNode]) -> Iterator[Binding]:
    """Of all classes that there are."""
    for each in kind.__dict__.get("BINDINGS", ()):
        if isinstance(each, Binding):
            yield each
    for below in kind.__subclasses__():
        yield from _declared(below)
