"""Finding in a text: the line to type in, what was found, and which of it is next."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from textual.content import Content
from textual.message import Message

from tgtui.basics.formatting import number
from tgtui.widgets.content import safe
from tgtui.widgets.find_bar import FindBar
from tgtui.widgets.keys import key


class TextFindBar(FindBar):
    """Owns the hits and the place among them; posts GoTo for the one to go to."""

    class GoTo(Message):
        """This hit is to be shown."""

        def __init__(self, piece: int, ordinal: int) -> None:
            """The hit of that number in that piece, from 0 on."""
            super().__init__()
            self.piece, self.ordinal = piece, ordinal

    def __init__(self) -> None:
        super().__init__(placeholder="words in the text")
        self._hits: Sequence[tuple[int, int]] = ()
        self._ends: Sequence[int] = ()
        """How many there are up to the end of each piece with hits."""
        self._place = -1

    @property
    def has_hits(self) -> bool:
        return bool(self._hits)

    def show(self, hits: Sequence[tuple[int, int]]) -> None:
        """(piece, how many there) of what was found, without going there yet."""
        self._hits, self._place = hits, -1
        self._ends = list(accumulate(count for _piece, count in hits))
        self._tell()

    def step(self, by: int) -> None:
        """To the next hit or the one before; after the last comes the first."""
        if not self._hits:
            return
        total = self._ends[-1]
        self._place = by - 1 if self._place < 0 and by > 0 else self._place + by
        self._place %= total
        self._tell()
        at = next(at for at, end in enumerate(self._ends) if self._place < end)
        piece, count = self._hits[at]
        self.post_message(self.GoTo(piece, self._place - (self._ends[at] - count)))

    def close(self) -> None:
        """Hide and empty it, and forget the hits."""
        self._hits, self._ends, self._place = (), (), -1
        super().close()

    def _tell(self) -> None:
        if not self.text.strip():
            self.say(Content(""))
        elif not self._hits:
            self.say(Content("no match in the text"))
        elif self._place < 0:
            found = number(self._ends[-1])
            self.say(safe(f"{found} found · {key('find.submit')} goes to the first"))
        else:
            place = f"{number(self._place + 1)} of {number(self._ends[-1])}"
            self.say(
                safe(
                    f"{place} · {key('readme.next')} next · {key('readme.previous')} previous"
                    f" · {key('find.close')} closes"
                )
            )
