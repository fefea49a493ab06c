"""The only way hostile text enters a widget."""

from __future__ import annotations

from textual.content import Content

from tgtui.basics.text import MAX_LINE, clean


def safe(text: object, limit: int = MAX_LINE, *, style: str = "") -> Content:
    """Cleaned, and as `Content`: a plain string given to a widget would be parsed as markup."""
    return Content.styled(clean(text, limit), style) if style else Content(clean(text, limit))
