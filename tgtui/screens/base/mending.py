"""Mistakes of Textual that are mended here until a release of theirs does."""

from __future__ import annotations

from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.style import Style


def mend() -> None:
    """Before the first widget is drawn."""
    StylesCache.get_inner_outer = _inner_outer  # type: ignore[method-assign, assignment]


def _inner_outer(
    _styles_cache: StylesCache, base_background: Color, background: Color
) -> tuple[Style, Style]:
    """Their `lru_cache` on a method kept the lines of the last 1,024 widgets: github.com/Textualize/textual/issues/6665."""
    return _backgrounds(base_background, background)


@lru_cache(1024)
def _backgrounds(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)
