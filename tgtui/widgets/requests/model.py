"""What the requests screen lists: chains, and the members of unfolded ones. Knows no widget.

Only what is looked at is loaded again: `put_chains` and `put_members` replace one stretch of the list, and what
that stretch no longer has is gone. A row is made when it is drawn, so ten thousand cost no more than a screenful.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from math import inf
from typing import Generic, TypeVar, overload
from uuid import UUID

from msgspec import Struct

from tgtui.basics.formatting import age, age_lasts, until, until_lasts
from tgtui.data.views.requests import Chain, RequestRow, Step

T = TypeVar("T")


class RequestLine(Struct, frozen=True):
    """One request as a row. It is redrawn when anything in it changes."""

    request: RequestRow
    """Of a chain its first root."""
    chain: Chain | None
    """None for a member of one."""
    chain_id: UUID
    """The chain it is, or belongs to."""
    is_member: bool
    is_open: bool
    age: str
    """`12 min`."""
    retry: str
    """`in 40 s`, empty if it is not waiting for a retry."""
    step: Step | None

    @property
    def key(self) -> tuple[UUID, UUID | None]:
        """A request may stand in the list and in any number of chains."""
        return self.chain_id, self.request.id if self.is_member else None


class MoreLine(Struct, frozen=True):
    """Follows the members loaded so far; the next ones are loaded when it comes into sight."""

    chain_id: UUID
    shown: int
    total: int | None
    """None if a filter leaves it unknown."""

    @property
    def key(self) -> tuple[str, UUID]:
        return "more", self.chain_id


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
        """By chain, as far as they are loaded."""
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
        rows = {chain.id: chain for chain in read}
        ids = self.chains.ids
        end = len(ids) if after is None else bisect_left(ids, after)
        first = 0 if is_last or not rows else bisect_left(ids, min(rows))
        self.chains = self.chains.with_stretch(rows, min(first, end), end)

    def put_members(
        self, chain_id: UUID, read: Sequence[RequestRow], after: UUID | None, *, is_last: bool
    ) -> None:
        """The same for the members of a chain."""
        rows = {row.id: row for row in read}
        members = self.members.get(chain_id, Stretches())
        ids = members.ids
        first = 0 if after is None else bisect_right(ids, after)
        end = len(ids) if is_last or not rows else bisect_right(ids, max(rows))
        self.members[chain_id] = members.with_stretch(rows, first, max(first, end))
        if is_last:
            self._complete.add(chain_id)
        elif self.newest_member(chain_id) in rows:
            self._complete.discard(chain_id)

    def toggle(self, chain_id: UUID, *, is_open: bool | None = None) -> None:
        """Unfold or fold a chain."""
        opens = chain_id not in self._open if is_open is None else is_open
        if opens:
            self._open.add(chain_id)
        else:
            self._open.discard(chain_id)

    def is_open(self, chain_id: UUID) -> bool:
        """Its members are shown."""
        return (
            chain_id in self._open and chain_id in self.chains and self.chains[chain_id].total > 1
        )

    def newest_member(self, chain_id: UUID) -> UUID | None:
        """The next ones are loaded after this one."""
        members = self.members.get(chain_id)
        return members.ids[-1] if members else None

    def more_line(self, chain_id: UUID) -> MoreLine | None:
        """The line after the members loaded so far, None if they are all."""
        shown = len(self.members.get(chain_id, ()))
        total = (
            None
            if self.is_filtered
            else self.chains[chain_id].total - (self.chains[chain_id].roots == 1)
        )
        has_grown = total is not None and shown < total
        if has_grown or chain_id not in self._complete:
            return MoreLine(chain_id, shown, total)
        return None


class _Part(Struct, frozen=True):
    """A chain and what is below it."""

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
        self._parts = [_part(model, chain_id) for chain_id in reversed(model.chains.ids)]
        self._starts = list(accumulate((part.size for part in self._parts), initial=0))
        """The line of each chain, and at the end how many lines there are."""
        self._places = {part.chain.id: place for place, part in enumerate(self._parts)}

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
        part, row = self._row(index)
        if isinstance(row, MoreLine):
            return row
        return self._line(part, row, is_member=index != self._starts[self._places[part.chain.id]])

    def _row(self, index: int) -> tuple[_Part, RequestRow | MoreLine]:
        """What a line is made of."""
        place = bisect_right(self._starts, index) - 1
        part, below = self._parts[place], index - self._starts[place]
        if below == 0:
            return part, part.chain.root
        if below <= len(part.members):
            return part, part.members[part.members.ids[below - 1]]
        assert part.more is not None
        return part, part.more

    def last(self, lines: Iterable[int]) -> float:
        """Seconds until the words of one of these rows change by themselves; infinite if they don't."""
        now = self._now()
        rows = (self._row(line)[1] for line in lines)
        return min((_lasts(row, now) for row in rows if isinstance(row, RequestRow)), default=inf)

    def line_of(self, key: Hashable) -> int | None:
        """Where the row with this key is, None if there is none."""
        match key:
            case ("more", UUID() as chain_id) if chain_id in self._places:
                place = self._places[chain_id]
                return self._starts[place + 1] - 1 if self._parts[place].more else None
            case (UUID() as chain_id, None) if chain_id in self._places:
                return self._starts[self._places[chain_id]]
            case (UUID() as chain_id, UUID() as id) if chain_id in self._places:
                return self._line_of_member(self._places[chain_id], id)
        return None

    def lines_of(self, request_id: UUID) -> list[int]:
        """Every row of a request: it may stand in the list and in any number of chains."""
        lines: list[int] = []
        for place, part in enumerate(self._parts):
            if part.chain.root.id == request_id:
                lines.append(self._starts[place])
            member = self._line_of_member(place, request_id)
            lines += [member] if member is not None else []
        return lines

    def _line_of_member(self, place: int, id: UUID) -> int | None:
        members = self._parts[place].members
        return self._starts[place] + 1 + members.place(id) if id in members else None

    def _line(self, part: _Part, request: RequestRow, *, is_member: bool) -> Line:
        now = self._now()
        return RequestLine(
            request=request,
            chain=None if is_member else part.chain,
            chain_id=part.chain.id,
            is_member=is_member,
            is_open=part.is_open and not is_member,
            age=age(request.created_at, now),
            retry=until(at, now) if (at := _waits_until(request, now)) else "",
            step=self._steps.get(request.id, request.step),
        )


def _waits_until(request: RequestRow, now: datetime) -> datetime | None:
    """When it is tried again; None if it does not wait for that."""
    is_waiting = request.status == "pending" and request.retry_after and request.retry_after > now
    return request.retry_after if is_waiting else None


def _lasts(request: RequestRow, now: datetime) -> float:
    """Seconds until its age or its wait is told in other words."""
    waits_until = _waits_until(request, now)
    waits = until_lasts(waits_until, now) if waits_until else inf
    return min(age_lasts(request.created_at, now), waits)


def _part(model: RequestModel, chain_id: UUID) -> _Part:
    chain = model.chains[chain_id]
    if not model.is_open(chain_id):
        return _Part(chain, False, Stretches(), None)
    return _Part(chain, True, model.members.get(chain_id, Stretches()), model.more_line(chain_id))
