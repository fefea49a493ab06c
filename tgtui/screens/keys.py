"""Which keys the key line names: those that work where the focus is, the screen's own before everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input

from tgtui.widgets.shell import KeyHint, hint_of

LAST_KEYS = ("command_palette", "show_help")
"""Actions at the end of the key line, on every screen."""


@runtime_checkable
class ChangingKeys(Protocol):
    """What has keys that do one thing now and another then."""

    key_labels: Mapping[str, str]
    """What the key line calls them now, by action; empty for nothing that is worth naming."""


def key_hints(screen: Screen[Any]) -> list[KeyHint]:
    """For the key line, which drops from the end but one when there is no room."""
    hints: dict[str, KeyHint] = {}
    active_bindings = screen.active_bindings.values()
    for active in sorted(active_bindings, key=lambda active: is_global(active.binding)):
        binding = active.binding
        is_shown = binding.show or binding.action in LAST_KEYS
        if is_shown and active.enabled and not _is_typed(screen, binding.key):
            hint = hint_of(binding, screen.app.get_key_display(binding))
            if isinstance(active.node, ChangingKeys):
                hint = replace(hint, label=active.node.key_labels.get(binding.action, hint.label))
            if hint.label:
                hints.setdefault(binding.action, hint)
    last = [hints.pop(action) for action in LAST_KEYS if action in hints]
    return [*hints.values(), *last]


def is_global(binding: Binding) -> bool:
    """It means the same on every screen."""
    return binding.id is not None and binding.id.startswith("app.")


def _is_typed(screen: Screen[Any], key: str) -> bool:
    """The focused text box takes the key as a letter; Textual knows that of all but the slash."""
    return key == "slash" and isinstance(screen.focused, Input)
