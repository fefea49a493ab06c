"""Makes Textual's SVG a file for the README: no font from elsewhere, every word at its own place."""

from __future__ import annotations

import html
import re

from rich.cells import cell_len

FONTS = '"Fira Code", ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace'
GENERATOR = "<!-- Generated with Rich https://www.textualize.io -->"
TEXT = re.compile(
    r'(<text class="terminal-r\d+") x="([\d.]+)" (y="[\d.]+") textLength="[\d.]+"([^>]*)>([^<]*)</text>'
)
CELL_WIDTH = 12.2
"""Of a cell in a picture, in its own units."""
WORDS = re.compile(r"[^\xa0]+(?:\xa0[^\xa0]+)*")
"""What no two blanks interrupt."""


def for_readme(picture: str) -> str:
    """The picture with fonts of the machine it is seen on, whose cells may be of another width."""
    picture = re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    picture = picture.replace("Fira Code, monospace", FONTS).replace(GENERATOR, "")
    picture = re.sub(r"terminal-\d+-", "terminal-", picture)
    picture = TEXT.sub(_placed, picture)
    return "\n".join(line.rstrip() for line in picture.splitlines() if line.strip()) + "\n"


def _placed(match: re.Match[str]) -> str:
    """Blanks become places: some programs draw them too narrow, or not at all."""
    head, left, y, rest, text = match.groups()
    written = html.unescape(text).rstrip("\n")
    pieces = []
    for words in WORDS.finditer(written):
        x = float(left) + CELL_WIDTH * cell_len(written[: words.start()])
        length = CELL_WIDTH * cell_len(words[0])
        shown = html.escape(words[0], quote=False).replace("\xa0", "&#160;")
        pieces.append(f'{head} x="{x:g}" {y} textLength="{length:g}"{rest}>{shown}</text>')
    return "".join(pieces)
