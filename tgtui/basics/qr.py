"""Addresses as QR codes in half blocks: two modules per cell, light ones filled."""

from __future__ import annotations

from itertools import zip_longest

BORDER = 2
"""Modules around it; scanners work with half of the standard's four."""
LIGHT, DARK = 0, 1
BLOCKS = {(LIGHT, LIGHT): "█", (LIGHT, DARK): "▀", (DARK, LIGHT): "▄", (DARK, DARK): " "}
"""(upper, lower)"""


def qr_lines(text: str) -> list[str]:
    """Lines of equal length, to be shown white on black. Empty if the library is missing or the text too long."""
    try:
        import segno
    except ImportError:
        return []
    try:
        code = segno.make_qr(text, error="l")
    except ValueError:  # DataOverflowError: more than a code can hold
        return []
    rows = [[int(bool(module)) for module in row] for row in code.matrix_iter(border=BORDER)]
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=[LIGHT] * len(rows[0]))
    return [
        "".join(BLOCKS[both] for both in zip(upper, lower, strict=True)) for upper, lower in pairs
    ]
