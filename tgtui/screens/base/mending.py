"""Mistakes of Textual that are mended here until a release of theirs does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from rich.segment import Segment
from textual._compositor import ChopsUpdate, Compositor
from textual._styles_cache import StylesCache
from textual.cache import FIFOCache
from textual.color import Color
from textual.content import Content, ContentType
from textual.css.stylesheet import Stylesheet
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget, _BorderTitle

KEPT_IN_STRIPS = {
    "_divide_cache": 4,
    "_crop_cache": 16,
    "_style_cache": 16,
    "_filter_cache": 4,
    "_line_length_cache": 4,
    "_crop_extend_cache": 4,
    "_offsets_cache": 4,
}
"""What a line keeps of what was made of it, and how many at most; as theirs."""
PARTIAL, RENDERS = Compositor.render_partial_update, Compositor._get_renders
"""Textual's own."""


def mend() -> None:
    """Before the first widget is drawn."""
    StylesCache.get_inner_outer = _inner_outer  # type: ignore[method-assign, assignment]
    Compositor.render_partial_update = _partial_update  # type: ignore[method-assign, assignment]
    _BorderTitle.__set__ = _entitle  # type: ignore[method-assign, assignment]
    Screen.focused._repaint = False  # the widgets that lose and get it draw themselves
    Compositor._get_renders = _renders  # type: ignore[method-assign, assignment]
    Strip.__init__ = _init_strip  # type: ignore[method-assign, assignment]
    Strip.__getattr__ = _kept_in_strip  # type: ignore[attr-defined]
    # Theirs parses all anew in another stylesheet, and does not keep what it parsed: twice at each start, and with each
    # screen that has a file of rules. What was parsed with other variables is gone by then.
    Stylesheet.reparse = Stylesheet.parse  # type: ignore[method-assign]


def _inner_outer(
    _styles_cache: StylesCache, base_background: Color, background: Color
) -> tuple[Style, Style]:
    """Their `lru_cache` on a method kept the lines of the last 1,024 widgets: github.com/Textualize/textual/issues/6665."""
    return _backgrounds(base_background, background)


@lru_cache(1024)
def _backgrounds(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


def _entitle(descriptor: _BorderTitle, widget: Widget, title: ContentType | None) -> None:
    """Theirs draws all of a widget when its title is set, also to what it is already."""
    name = descriptor._internal_name
    before: Content | None = getattr(widget, name, None)
    now = None if title is None else widget.render_str(title).expand_tabs(4).split()[0]
    if now is before or (now is not None and before is not None and now.is_same(before)):
        return
    setattr(widget, name, now)
    width, height = widget.outer_size
    line = Region(0, 0 if name == "_border_title" else height - 1, width, 1)
    if line.y >= 0:
        widget.refresh(line.translate(-widget.content_offset))


def _partial_update(compositor: Compositor) -> ChopsUpdate | None:
    """Theirs asks every widget between the first and the last changed line for all of its lines, also those behind others;
    where a line changes once a second, that costs more than drawing it."""
    compositor._changed = list(compositor._dirty_regions)  # type: ignore[attr-defined]
    try:
        return PARTIAL(compositor)
    finally:
        compositor._changed = ()  # type: ignore[attr-defined]


def _renders(
    compositor: Compositor, crop: Region | None = None
) -> Iterable[tuple[Region, Region, list[Strip]]]:
    """Of a part of the screen, only the widgets and lines in it, and nothing that is hidden behind others. What was drawn
    whole with what is around it needs no drawing any more: theirs draws it once more with the next change."""
    changed: Sequence[Region] = getattr(compositor, "_changed", ())
    if not changed:
        yield from RENDERS(compositor, crop)
        return
    for widget, (region, clip) in compositor.visible_widgets.items():  # the front ones first
        seen = region.intersection(clip)
        parts = [part for each in changed if (part := each.intersection(seen))]
        if parts:
            top, bottom = min(part.y for part in parts), max(part.bottom for part in parts)
            lines = Region(seen.x, top, seen.width, bottom - top)
            yield region, lines, widget.render_lines(lines.translate(-region.offset))
            if lines in parts and lines == seen:
                widget._repaint_regions.clear()
            changed = [each for each in changed if not seen.contains_region(each)]
            if not changed:
                return


def _init_strip(strip: Strip, segments: Iterable[Segment], cell_length: int | None = None) -> None:
    """Theirs makes seven caches for each line, which is a tenth of a paint; most lines use none or one of them."""
    strip._segments = list(segments)
    strip._cell_length = cell_length
    strip._render_cache = None
    strip._link_ids = None
    strip._cell_count = None


def _kept_in_strip(strip: Strip, name: str) -> FIFOCache[Any, Any]:
    """Called for a slot that is still empty."""
    if name not in KEPT_IN_STRIPS:
        raise AttributeError(f"'Strip' object has no attribute {name!r}")
    kept: FIFOCache[Any, Any] = FIFOCache(KEPT_IN_STRIPS[name])
    setattr(strip, name, kept)
    return kept
