"""What the requests screen lists: chains, and the members of unfolded ones. Knows no widget.

Only what is looked at is loaded again: `put_chains` and `put_members` replace one stretch of the list, and what
that stretch no longer has is gone. A row is made when it is drawn, so ten thousand cost no more than a screenful.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Generic, TypeVar, overload
from uuid import UUID

from tgtui.basics.formatting import age, until
from tgtui.data.views.requests import Chain, RequestRow, Step

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request as a row. It is redrawn when anything in it changes."""

    request: RequestRow
    chain: Chain | None
    """Of a root with dependencies."""
    is_member: bool
    is_open: bool
    age: str
    """`12 min`."""
    retry: str
    """`in 40 s`, empty if it is not waiting for a retry."""
    step: Step | None

    @property
    def key(self) -> tuple[bool, UUID]:
        """A followed request may stand in the list and in another's chain too."""
        return self.is_member, self.request.id


@dataclass(frozen=True, slots=True)
class MoreLine:
    """Follows the members loaded so far; the next ones are loaded when it comes into sight."""

    root_id: UUID
    shown: int
    total: int | None
    """None if a filter leaves it unknown."""

    @property
    def key(self) -> tuple[str, UUID]:
        return "more", self.root_id


Line = RequestLine | MoreLine


class Stretches(Generic[T]):
    """Rows by id, in order of time. Loading a stretch again makes a new object, so the old one stays consistent."""

    def __init__(self, ids: Sequence[UUID] = (), rows: Mapping[UUID, T] | None = None) -> None:
        self.ids = ids
        """Oldest first."""
        self._rows = rows or {}

    def __getitem__(self, id: UUID) -> T:
        return self._rows[id]

    def __contains__(self, id: UUID) -> bool:
        return id in self._rows

    def __len__(self) -> int:
        return len(self.ids)

    def place(self, id: UUID) -> int:
        """Its position, or where it would be, oldest first."""
        return bisect_left(self.ids, id)

    def with_stretch(self, read: Mapping[UUID, T], first: int, end: int) -> Stretches[T]:
        """`read` replaces the ids from `first` to before `end`; rows that are elsewhere stay there."""
        rows = dict(self._rows)
        for id in self.ids[first:end]:
            del rows[id]
        new = sorted(id for id in read if id not in rows)
        return Stretches([*self.ids[:first], *new, *self.ids[end:]], {**rows, **read})


class RequestModel:
    """Chains newest first, each followed by its members, oldest first, while it is open."""

    def __init__(self) -> None:
        self.chains: Stretches[Chain] = Stretches()
        self.members: dict[UUID, Stretches[RequestRow]] = {}
        """By root, as far as they are loaded."""
        self.is_filtered = False
        """Members are filtered by state, so their number is not known."""
        self._open: set[UUID] = set()
        self._complete: set[UUID] = set()

    def clear(self) -> None:
        """For another filter: forget what was loaded. Open chains stay open."""
        self.chains = Stretches()
        self.members.clear()
        self._complete.clear()

    def put_chains(self, read: Sequence[Chain], after: UUID | None, *, is_last: bool) -> None:
        """The stretch after the chain `after`; `is_last` if nothing follows it."""
        rows = {chain.root.id: chain for chain in read}
        ids = self.chains.ids
        end = len(ids) if after is None else bisect_left(ids, after)
        first = 0 if is_last or not rows else bisect_left(ids, min(rows))
        self.chains = self.chains.with_stretch(rows, min(first, end), end)

    def put_members(
        self, root_id: UUID, read: Sequence[RequestRow], after: UUID | None, *, is_last: bool
    ) -> None:
        """The same for the members of a chain."""
        rows = {row.id: row for row in read}
        members = self.members.get(root_id, Stretches())
        ids = members.ids
        first = 0 if after is None else bisect_right(ids, after)
        end = len(ids) if is_last or not rows else bisect_right(ids, max(rows))
        self.members[root_id] = members.with_stretch(rows, first, max(first, end))
        if is_last:
            self._complete.add(root_id)
        elif self.newest_member(root_id) in rows:
            self._complete.discard(root_id)

    def toggle(self, root_id: UUID, *, is_open: bool | None = None) -> None:
        """Unfold or fold a chain."""
        opens = root_id not in self._open if is_open is None else is_open
        if opens:
            self._open.add(root_id)
        else:
            self._open.discard(root_id)

    def is_open(self, root_id: UUID) -> bool:
        """Its members are shown."""
        return root_id in self._open and root_id in self.chains and self.chains[root_id].total > 1

    def newest_member(self, root_id: UUID) -> UUID | None:
        """The next ones are loaded after this one."""
        members = self.members.get(root_id)
        return members.ids[-1] if members else None

    def more_line(self, root_id: UUID) -> MoreLine | None:
        """The line after the members loaded so far, None if they are all."""
        shown = len(self.members.get(root_id, ()))
        total = None if self.is_filtered else self.chains[root_id].total - 1
        has_grown = total is not None and shown < total
        if has_grown or root_id not in self._complete:
            return MoreLine(root_id, shown, total)
        return None


@dataclass(frozen=True, slots=True)
class _Part:
    """A root and what is below it."""

    chain: Chain
    is_open: bool
    members: Stretches[RequestRow]
    """Empty while it is folded."""
    more: MoreLine | None

    @property
    def size(self) -> int:
        return 1 + len(self.members) + (self.more is not None)


class RequestLines(Sequence[Line]):
    """The rows of a model as it is now, top down; each is made on demand.

    `now` and `steps` are looked up then, so ages, waits and progress change while the rows stay.
    """

    def __init__(
        self, model: RequestModel, now: Callable[[], datetime], steps: Mapping[UUID, Step]
    ) -> None:
        self._now = now
        self._steps = steps
        self._parts = [_part(model, root_id) for root_id in reversed(model.chains.ids)]
        self._starts = list(accumulate((part.size for part in self._parts), initial=0))
        """The line of each root, and at the end how many lines there are."""
        self._roots = {part.chain.root.id: place for place, part in enumerate(self._parts)}

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | Sequence[Line]:
        if isinstance(index, slice):
            return [self[line] for line in range(*index.indices(len(self)))]
        index = index + len(self) if index < 0 else index
        if not 0 <= index < len(self):
            raise IndexError(index)
        place = bisect_right(self._starts, index) - 1
        part, below = self._parts[place], index - self._starts[place]
        if below == 0:
            return self._line(part.chain.root, part.chain, is_open=part.is_open)
        if below <= len(part.members):
            return self._line(part.members[part.members.ids[below - 1]], None)
        assert part.more is not None
        return part.more

    def line_of(self, key: Hashable) -> int | None:
        """Where the row with this key is, None if there is none."""
        match key:
            case (False, UUID() as root_id) if root_id in self._roots:
                return self._starts[self._roots[root_id]]
            case (True, UUID() as id):
                return next(self._lines_of_member(id), None)
            case ("more", UUID() as root_id) if root_id in self._roots:
                place = self._roots[root_id]
                return self._starts[place + 1] - 1 if self._parts[place].more else None
        return None

    def lines_of(self, request_id: UUID) -> list[int]:
        """Every row of a request: a followed one may stand in the list and in another's chain too."""
        root = self.line_of((False, request_id))
        return [*([] if root is None else [root]), *self._lines_of_member(request_id)]

    def _lines_of_member(self, id: UUID) -> Iterator[int]:
        for part, start in zip(self._parts, self._starts, strict=False):
            if id in part.members:
                yield start + 1 + part.members.place(id)

    def _line(self, request: RequestRow, chain: Chain | None, *, is_open: bool = False) -> Line:
        now = self._now()
        waits = request.status == "pending" and request.retry_after and request.retry_after > now
        return RequestLine(
            request=request,
            chain=chain,
            is_member=chain is None,
            is_open=is_open,
            age=age(request.created_at, now),
            retry=until(request.retry_after, now) if waits and request.retry_after else "",
            step=self._steps.get(request.id, request.step),
        )


def _part(model: RequestModel, root_id: UUID) -> _Part:
    chain = model.chains[root_id]
    if not model.is_open(root_id):
        return _Part(chain, False, Stretches(), None)
    return _Part(chain, True, model.members.get(root_id, Stretches()), model.more_line(root_id))
