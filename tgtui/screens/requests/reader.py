"""Loads the stretches of the request list that are looked at, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tgtui.data.requests.lists import chain_members, chains_page
from tgtui.data.storage.reader import Reader
from tgtui.output.requests import ACTIVE
from tgtui.widgets.requests.model import Line, MoreLine, RequestLine, RequestModel

CHAINS_AT_ONCE = 50
MEMBERS_AT_ONCE = 100
FILTERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("all", ()),
    ("unfinished", tuple(sorted(ACTIVE))),
    ("failed", ("failed",)),
    ("completed", ("completed",)),
    ("cancelled", ("cancelled",)),
)
"""Name and statuses. Shows chains with any such request and, unfolded, only those requests."""


class RequestReader:
    """Keeps what was loaded in `model`."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self.model = RequestModel()
        self.account_id: UUID | None = None
        """Whose requests; None for everyone's."""
        self._filter = 0
        self._has_more = False
        self._is_other = False
        """Another filter was chosen since the last load."""

    @property
    def filter_name(self) -> str:
        return FILTERS[self._filter][0]

    @property
    def statuses(self) -> tuple[str, ...]:
        """Of the filter."""
        return FILTERS[self._filter][1]

    def next_filter(self) -> None:
        """The first one follows the last."""
        self._filter = (self._filter + 1) % len(FILTERS)
        self._is_other = True

    def narrow_to(self, account_id: UUID | None) -> None:
        """Only one person's requests; None for everyone's."""
        self.account_id = account_id
        self._is_other = True

    async def load(self, in_sight: Sequence[Line]) -> None:
        """Load the newest chains again, and the lines in sight."""
        is_other, self._is_other = self._is_other, False
        page = await self._read(
            chains_page,
            account_id=self.account_id,
            statuses=self.statuses,
            of_members=True,
            limit=CHAINS_AT_ONCE,
        )
        if self._is_other:
            return  # another filter was chosen meanwhile: this answers the old one
        if is_other:
            self.model.clear()
        is_last = page.next_cursor is None
        self.model.is_filtered = bool(self.statuses)
        self.model.put_chains(page.rows, None, is_last=is_last)
        if is_last or len(self.model.chains) == len(page.rows):
            self._has_more = not is_last
        if not is_other:
            newest = {chain.id for chain in page.rows}
            await self._load_chains_in_sight(in_sight, newest)
            await self._load_members_in_sight(in_sight)

    async def load_more(self, near: Sequence[Line], is_near_end: bool) -> bool:
        """Load what follows these lines, if it is not here yet. False if nothing came."""
        has_grown = False
        for line in near:
            if isinstance(line, MoreLine):
                after = self.model.newest_member(line.chain_id)
                await self._load_members(line.chain_id, after)
                has_grown |= after != self.model.newest_member(line.chain_id)
        if is_near_end and self._has_more and self.model.chains:
            oldest = self.model.chains.ids[0]
            await self._load_chains(oldest)
            has_grown |= oldest not in self.model.chains or oldest != self.model.chains.ids[0]
        return has_grown

    async def _load_chains_in_sight(self, in_sight: Sequence[Line], newest: set[UUID]) -> None:
        """The newest were just loaded; the others begin after the chain above the first in sight."""
        seen = {
            line.chain_id
            for line in in_sight
            if isinstance(line, RequestLine) and not line.is_member
        } - newest
        if seen:
            above = self.model.chains.place(max(seen)) + 1
            ids = self.model.chains.ids
            await self._load_chains(ids[above] if above < len(ids) else None)

    async def _load_members_in_sight(self, in_sight: Sequence[Line]) -> None:
        seen: dict[UUID, UUID] = {}
        """Chain to its first member in sight."""
        for line in in_sight:
            if isinstance(line, RequestLine) and line.is_member:
                seen.setdefault(line.chain_id, line.request.id)
        for chain_id, first in seen.items():
            members = self.model.members.get(chain_id)
            place = members.place(first) if members is not None else 0
            after = members.ids[place - 1] if members is not None and place else None
            await self._load_members(chain_id, after)

    async def _load_chains(self, after: UUID | None) -> None:
        page = await self._read(
            chains_page,
            account_id=self.account_id,
            statuses=self.statuses,
            of_members=True,
            after=after,
            limit=CHAINS_AT_ONCE,
        )
        if self._is_other:
            return
        is_last = page.next_cursor is None
        self.model.put_chains(page.rows, after, is_last=is_last)
        if is_last:
            self._has_more = False
        elif page.rows and page.rows[-1].id == self.model.chains.ids[0]:
            self._has_more = True

    async def _load_members(self, chain_id: UUID, after: UUID | None) -> None:
        rows = await self._read(
            chain_members, chain_id, statuses=self.statuses, after=after, limit=MEMBERS_AT_ONCE
        )
        if not self._is_other:
            is_last = len(rows) < MEMBERS_AT_ONCE
            self.model.put_members(chain_id, rows, after, is_last=is_last)
