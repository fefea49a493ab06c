"""Which keys the key line shows: those that work where the focus is, the screen's own first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, runtime_checkable

from msgspec.structs import replace
from textual.binding import ActiveBinding, Binding

from tgtui.widgets.shell import KeyHint, hint_of

LAST_KEYS = ("command_palette", "show_help")
"""Actions at the end of the key line, on every screen."""


@runtime_checkable
class ChangingKeys(Protocol):
    """A widget whose keys do different things at different times."""

    key_labels: Mapping[str, str]
    """What the key line calls them now, by action; an empty label hides the key."""


def key_hints(
    bindings: Iterable[ActiveBinding], display: Callable[[Binding], str], *, is_typing: bool
) -> list[KeyHint]:
    """For the key line, which drops the last but one first when there is no room. `is_typing`: letters go into a text box."""
    hints: dict[str, KeyHint] = {}
    for active in sorted(_in_place(bindings), key=lambda active: is_global(active.binding)):
        binding = active.binding
        # The box takes it as a letter; Textual knows that of every key but the slash.
        is_letter = is_typing and binding.key == "slash"
        is_shown = binding.show or binding.action in LAST_KEYS
        if is_shown and active.enabled and not is_letter:
            hint = hint_of(binding, display(binding))
            if isinstance(active.node, ChangingKeys):
                hint = replace(hint, label=active.node.key_labels.get(binding.action, hint.label))
            if hint.label:
                hints.setdefault(binding.action, hint)
    last = [hints.pop(action) for action in LAST_KEYS if action in hints]
    return [*hints.values(), *last]


def _in_place(bindings: Iterable[ActiveBinding]) -> list[ActiveBinding]:
    """Textual puts a key in the place of the inherited one that it replaces; here it follows what its screen lists before
    it."""
    placed = list(bindings)
    for active in tuple(placed):
        own = [
            each.id
            for each in vars(type(active.node)).get("BINDINGS", ())
            if isinstance(each, Binding)
        ]
        if active.binding.id not in own:
            continue
        before = set(own[: own.index(active.binding.id)])
        at = placed.index(active)
        later = [
            place for place in range(at + 1, len(placed)) if placed[place].binding.id in before
        ]
        if later:
            placed.insert(later[-1], placed.pop(at))
    return placed


def clashing(clashed: Iterable[Binding], chosen: Mapping[str, str]) -> list[str]:
    """Ids of bindings that lost a key by the settings' `chosen` ones. Textual tells more: a binding with two keys that gets
    one clashes with itself there."""

    def is_lost(binding: Binding) -> bool:
        own = binding.id or ""
        others = {key for id, keys in chosen.items() if id != own for key in _each(keys)}
        return own not in chosen or not others.isdisjoint(_each(chosen[own]))

    return sorted(binding.id or binding.action for binding in clashed if is_lost(binding))


def _each(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",")]


def is_global(binding: Binding) -> bool:
    """It means the same on every screen."""
    return binding.id is not None and binding.id.startswith("app.")
