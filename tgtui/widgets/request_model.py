"""What the requests screen lists: chains, the members of those that are unfolded. No screen.

Only what is looked at is read again, so a piece of the list is put in place by `put_chains` and
`put_members`: each says which stretch of the order it is, and what is missing in it is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from tgtui.data.views import Chain, RequestRow, Step
from tgtui.formatting import age, until

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request as a row. It is drawn anew when anything in it differs."""

    request: RequestRow
    chain: Chain | None
    """Of a root with dependencies."""
    is_member: bool
    is_open: bool
    age: str
    """`12 min`."""
    retry: str
    """`in 40 s`, empty where it does not wait."""
    step: Step | None

    @property
    def key(self) -> tuple[bool, UUID]:
        """A followed request may stand in the list and in another's chain too."""
        return self.is_member, self.request.id


@dataclass(frozen=True, slots=True)
class MoreLine:
    """Ends the members read so far; the next ones are read when it comes into sight."""

    root_id: UUID
    shown: int
    total: int | None
    """None where a filter leaves it unknown."""

    @property
    def key(self) -> tuple[str, UUID]:
        return "more", self.root_id


Line = RequestLine | MoreLine


class RequestModel:
    """Chains newest first, each followed by its members, oldest first, while it is open."""

    def __init__(self) -> None:
        self.chains: dict[UUID, Chain] = {}
        self.members: dict[UUID, dict[UUID, RequestRow]] = {}
        """By root, as far as they were read."""
        self.is_filtered = False
        """Members are narrowed by state, so that their number is not known."""
        self._open: set[UUID] = set()
        self._complete: set[UUID] = set()

    def clear(self) -> None:
        """Another filter: nothing that was read counts any more. What is open stays open."""
        self.chains.clear()
        self.members.clear()
        self._complete.clear()

    def put_chains(self, read: Sequence[Chain], after: UUID | None, *, is_last: bool) -> None:
        """A stretch that follows the chain `after`; `is_last` says that nothing follows it."""
        rows = {chain.root.id: chain for chain in read}
        _put(self.chains, rows, after, is_last=is_last, newest_first=True)

    def put_members(
        self, root_id: UUID, read: Sequence[RequestRow], after: UUID | None, *, is_last: bool
    ) -> None:
        """The same for the members of a chain."""
        rows = {row.id: row for row in read}
        _put(self.members.setdefault(root_id, {}), rows, after, is_last=is_last, newest_first=False)
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
        return root_id in self._open

    def newest_member(self, root_id: UUID) -> UUID | None:
        """After which the next ones are to be read."""
        return max(self.members.get(root_id) or (), default=None)

    def lines(self, now: datetime, steps: Mapping[UUID, Step]) -> list[Line]:
        """Every row, top down."""
        lines: list[Line] = []
        for root_id in sorted(self.chains, reverse=True):
            chain = self.chains[root_id]
            is_open = root_id in self._open and chain.total > 1
            lines.append(_line(chain.root, chain, is_open, now, steps))
            if is_open:
                lines.extend(self._below(chain, now, steps))
        return lines

    def renewed(self, line: RequestLine, now: datetime, steps: Mapping[UUID, Step]) -> RequestLine:
        """The same row a moment later: age, wait and progress move on."""
        return _line(line.request, line.chain, line.is_open, now, steps, is_member=line.is_member)

    def _below(self, chain: Chain, now: datetime, steps: Mapping[UUID, Step]) -> list[Line]:
        root_id = chain.root.id
        members = self.members.get(root_id, {})
        lines: list[Line] = [
            _line(members[id], None, False, now, steps, is_member=True) for id in sorted(members)
        ]
        total = None if self.is_filtered else chain.total - 1
        has_grown = total is not None and len(members) < total
        if has_grown or root_id not in self._complete:
            lines.append(MoreLine(root_id, len(members), total))
        return lines


def _line(
    request: RequestRow,
    chain: Chain | None,
    is_open: bool,
    now: datetime,
    steps: Mapping[UUID, Step],
    *,
    is_member: bool = False,
) -> RequestLine:
    waits = request.status == "pending" and request.retry_after and request.retry_after > now
    return RequestLine(
        request=request,
        chain=chain,
        is_member=is_member,
        is_open=is_open,
        age=age(request.created_at, now),
        retry=until(request.retry_after, now) if waits and request.retry_after else "",
        step=steps.get(request.id, request.step),
    )


def _put(
    known: dict[UUID, T],
    read: Mapping[UUID, T],
    after: UUID | None,
    *,
    is_last: bool,
    newest_first: bool,
) -> None:
    """Ids are in the order of time, so the stretch that was read is a range of ids."""

    def follows(one: UUID, other: UUID) -> bool:
        return one < other if newest_first else one > other

    end = None
    if read and not is_last:
        end = min(read) if newest_first else max(read)
    for id in list(known):
        is_within = (after is None or follows(id, after)) and (end is None or not follows(id, end))
        if is_within and id not in read:
            del known[id]
    known.update(read)
