"""The cells of a terminal: which text stands in each, how it looks, and what changes one look into another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._cells import cell_len
from textual.strip import SGR_STYLES

JOINER = "\u200d"
SEEN_ON_BLANKS = sum(
    1 << SGR_STYLES.index(code) for code in ("4", "7", "9", "21", "51", "52", "53")
)
"""Underlined, reversed, struck, framed, overlined: what shows where there is no letter."""
LINK_END = "\x1b]8;;\x1b\\"
CONTROLS = dict.fromkeys((*range(32), *range(127, 160)))
"""A terminal acts on them; they take no cell."""


class Look(NamedTuple):
    """Codes are as they stand in a sequence; "" is the terminal's own colour."""

    attributes: int
    """Bits of `SGR_STYLES`."""
    color: str
    background: str
    link: str


Cell: TypeAlias = tuple[str, Look]
"""A letter with its marks; the cells that it covers besides its first have the text ""."""

PLAIN = Look(0, "", "", "")
KNOWN = 4_096
"""Styles whose looks are kept."""
_looks: defaultdict[int, dict[Style | None, tuple[Look, Look]]] = defaultdict(dict)
"""By the number of a `ColorSystem`: an enum is slow to look up, and this is done for every segment."""
BLANK: Cell = (" ", PLAIN)


def cells_of(segments: Iterable[Segment], colors: ColorSystem) -> list[Cell]:
    """Blanks look the same whatever the colour and weight of their letters would be."""
    cells: list[Cell] = []
    known = _looks[colors.value]
    if len(known) > KNOWN:
        known.clear()
    for text, style, control in segments:
        if control:
            continue
        looks = known.get(style)
        if looks is None:
            looks = known[style] = _looks_of(style, colors)
        look, blank = looks
        if text.isascii() and text.isprintable():
            if " " in text:
                cells += [(char, blank if char == " " else look) for char in text]
            else:
                cells += [(char, look) for char in text]
        else:
            _add_letters(cells, text.translate(CONTROLS), look, blank)
    return cells


@lru_cache(4096)
def step(before: Look, cell: Look, is_blank: bool) -> tuple[str, Look]:
    """What to write so that the next cell looks like this, and how letters look from then on."""
    if before == cell:
        return "", cell
    if is_blank and not (before.attributes | cell.attributes) & SEEN_ON_BLANKS:
        cell = Look(before.attributes, before.color, cell.background, cell.link)
    if cell == PLAIN:
        return f"\x1b[m{LINK_END if before.link else ''}", PLAIN
    codes: list[str] = []
    if before.attributes & ~cell.attributes:  # one can't be taken back alone: 22 ends bold and dim
        codes.append("0")
        before = Look(0, "", "", before.link)
    added = cell.attributes & ~before.attributes
    codes += [code for bit, code in enumerate(SGR_STYLES) if added & (1 << bit)]
    if before.color != cell.color:
        codes.append(cell.color or "39")
    if before.background != cell.background:
        codes.append(cell.background or "49")
    written = f"\x1b[{';'.join(codes)}m" if codes else ""
    if before.link != cell.link:
        written += f"\x1b]8;;{cell.link}\x1b\\" if cell.link else LINK_END
    return written, cell


def _looks_of(style: Style | None, colors: ColorSystem) -> tuple[Look, Look]:
    """Of letters and of blanks."""
    if style is None:
        return PLAIN, PLAIN
    foreground, background = style.color, style.bgcolor
    look = Look(
        style._attributes & style._set_attributes,
        ";".join(foreground.downgrade(colors).get_ansi_codes()) if foreground else "",
        ";".join(background.downgrade(colors).get_ansi_codes(False)) if background else "",
        style.link or "",
    )
    if look.attributes & SEEN_ON_BLANKS or look.link:
        return look, look
    return look, Look(0, "", look.background, "")


def _add_letters(cells: list[Cell], text: str, look: Look, blank: Look) -> None:
    sizes = [get_character_cell_size(char) for char in text]
    if all(size == 1 for size in sizes):
        cells += [(char, blank if char == " " else look) for char in text]
        return
    letter = ""
    for char, size in zip(text, sizes, strict=True):
        if letter and (size == 0 or letter[-1] == JOINER):
            letter += char
        elif size == 0:
            _mark_last(cells, char)
        else:
            _add_letter(cells, letter, look, blank)
            letter = char
    _add_letter(cells, letter, look, blank)


def _add_letter(cells: list[Cell], letter: str, look: Look, blank: Look) -> None:
    if letter:
        cells.append((letter, blank if letter == " " else look))
        cells += [("", look)] * (cell_len(letter) - 1)


def _mark_last(cells: list[Cell], mark: str) -> None:
    """Marks of a letter may come in a segment of their own."""
    for index in range(len(cells) - 1, -1, -1):
        letter, look = cells[index]
        if letter:
            cells[index] = (letter + mark, look)
            return
