"""Finding in a tree: the line to type in, what was found, and which of it is next."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.message import Message

from tgtui.basics.formatting import number
from tgtui.data.graph.finding import Hit
from tgtui.widgets.content import safe
from tgtui.widgets.find_bar import FindBar
from tgtui.widgets.keys import key


class TreeFindBar(FindBar):
    """Owns the hits and the place among them; posts GoTo for the one to go to."""

    class GoTo(Message):
        """The cursor is to go to this hit."""

        def __init__(self, hit: Hit) -> None:
            super().__init__()
            self.hit = hit

    def __init__(self) -> None:
        super().__init__()
        self._hits: Sequence[Hit] = ()
        self._place = -1
        """Of the hit that was gone to last."""
        self._is_whole = True

    @property
    def has_hits(self) -> bool:
        return bool(self._hits)

    def wait(self) -> None:
        """The tree is being searched."""
        self._hits, self._place = (), -1
        self.say(Content("searching the whole tree…"))

    def show(self, hits: Sequence[Hit], *, is_whole: bool) -> None:
        """What was found, without going there yet; `is_whole` if all of the tree is loaded."""
        self._hits, self._place, self._is_whole = hits, -1, is_whole
        self._tell()

    def step(self, by: int) -> None:
        """To the next hit or the one before; after the last comes the first."""
        if self._hits:
            self._place = (self._place + by) % len(self._hits)
            self._tell()
            self.post_message(self.GoTo(self._hits[self._place]))

    def close(self) -> None:
        """Hide and empty it, and forget the hits."""
        self._hits, self._place = (), -1
        super().close()

    def _tell(self) -> None:
        if not self.text.strip():
            self.say(Content(""))
        elif not self._hits:
            is_whole = self._is_whole
            told = "no match in the tree" if is_whole else "no match (the tree is not fully loaded)"
            self.say(safe(told))
        elif self._place < 0:
            self.say(
                safe(f"{number(len(self._hits))} found · {key('find.submit')} goes to the first")
            )
        else:
            place = f"{number(self._place + 1)} of {number(len(self._hits))}"
            self.say(
                safe(
                    f"{place} · {key('tree.next')} next · {key('tree.previous')} previous · {key('find.close')} closes"
                )
            )
