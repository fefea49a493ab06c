"""The only way hostile text enters a widget."""

from __future__ import annotations

from textual.content import Content

from tgtui.basics.text import MAX_LINE, clean

MAX_NAME = 214
MAX_VERSION = 256
MAX_RANGE = 300
"""Characters of a package's name, its versions and ranges in lists: how much of them is shown depends on the room.
Longer than any name or version that npm admits."""


def safe(text: object, limit: int = MAX_LINE, *, style: str = "") -> Content:
    """Cleaned, and as `Content`: a plain string given to a widget would be parsed as markup."""
    return Content.styled(clean(text, limit), style) if style else Content(clean(text, limit))
