"""The program's two themes, and what it changes of Textual's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle

from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import BUILTIN_THEMES, Theme

from tgtui.registries.registered import REGISTERED

DARK = Theme(
    name="techgarden",
    primary="#7fb685",
    secondary="#6fa8b8",
    accent="#e0b872",
    success="#8ccf7e",
    warning="#e5c07b",
    error="#e57474",
    foreground="#dfe6dd",
    background="#12181a",
    surface="#171f21",
    panel="#1d2729",
    dark=True,
    variables={
        "border": "#7fb685",
        "border-blurred": "#33423f",
        "block-cursor-background": "#7fb685",
        "block-cursor-foreground": "#12181a",
        "block-cursor-blurred-background": "#2a3b37",
        "block-cursor-blurred-foreground": "#dfe6dd",
        "block-hover-background": "#1f2a2b",
        "footer-background": "#12181a",
        "scrollbar": "#33423f",
        "scrollbar-background": "#171f21",
        "registry-npm": "#e58a7b",
        "registry-jsr": "#e8cf6d",
        "registry-brew": "#dba35f",
        "registry-apt": "#c08bd6",
    },
)
LIGHT = Theme(
    name="techgarden-light",
    primary="#2f7d4f",
    secondary="#2b6f86",
    accent="#9a6a12",
    success="#2e7d32",
    warning="#9a6a00",
    error="#b3372f",
    foreground="#1f2a26",
    background="#f7f8f3",
    surface="#ffffff",
    panel="#eceee6",
    dark=False,
    variables={
        "border": "#2f7d4f",
        "border-blurred": "#cdd4c8",
        "block-cursor-background": "#2f7d4f",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#dcebdd",
        "block-cursor-blurred-foreground": "#1f2a26",
        "block-hover-background": "#eef2ea",
        "footer-background": "#f7f8f3",
        "scrollbar": "#cdd4c8",
        "scrollbar-background": "#ffffff",
        "registry-npm": "#b3372f",
        "registry-jsr": "#8a6d00",
        "registry-brew": "#8f5a14",
        "registry-apt": "#7b3f99",
    },
)
ANSI_DARK = replace(
    BUILTIN_THEMES["ansi-dark"],
    variables={**BUILTIN_THEMES["ansi-dark"].variables, "border-blurred": "ansi_bright_black"},
)
"""Textual's own draws the frames of panes black on black."""
THEMES = (DARK, LIGHT, ANSI_DARK)

GREY, UNCOLOURED = Monochrome(), NoColor()

STAND_INS = ("error", "warning", "accent", "secondary", "primary", "success")
"""Colours of a theme that has none for the registries, in the registries' order."""


def colourless(filters: Sequence[LineFilter], is_ansi: bool) -> list[LineFilter]:
    """What NO_COLOR asks for: greys, or the terminal's own two colours in a theme made of its colours.

    Textual chooses by the theme it starts with, and turns what has no value of its own into black.
    """
    others = [each for each in filters if not isinstance(each, Monochrome | NoColor)]
    return [*others, UNCOLOURED if is_ansi else GREY]


def variable_defaults(theme_variables: dict[str, str]) -> dict[str, str]:
    """`$registry-npm` and the like, for themes without them."""
    return {
        f"registry-{registry}": theme_variables.get(name, "ansi_default")
        for registry, name in zip(REGISTERED, cycle(STAND_INS), strict=False)
    }
