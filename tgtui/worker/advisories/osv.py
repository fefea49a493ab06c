"""OSV's interface: what it knows of packages, in batches, and single records.

Source: https://google.github.io/osv.dev/api/. Versions are not sent: the records say which are affected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tgtui.registries.base import Malformed
from tgtui.registries.http.client import HttpClient
from tgtui.registries.http.inflate import inflate
from tgtui.syntax.advisories.record import MAX_RECORD_BYTES
from tgtui.worker.advisories.decoding import decoded, found_at

RECORDS_AT_ONCE = 8
MAX_ANSWER_BYTES = 64 << 20
MAX_PAGES = 100
"""Of one query; each has about a thousand advisories."""
LABEL = "OSV's advisories"

Package = tuple[str, str]
"""(ecosystem, name)."""


class Known(Struct, frozen=True):
    """What a batch tells of an advisory."""

    id: str
    modified: str = ""


class _Result(Struct, frozen=True):
    vulns: tuple[Known, ...] = ()
    next_page_token: str | None = None


class _Answer(Struct, frozen=True):
    results: tuple[_Result, ...]


_ANSWER = msgspec.json.Decoder(_Answer)


class Osv:
    """Every method raises RegistryError. An odd answer is Malformed, and never taken for nothing found."""

    def __init__(self, client: HttpClient, address: str) -> None:
        self._client = client
        self._address = address.rstrip("/")

    async def about(self, packages: Sequence[Package]) -> dict[Package, list[Known]]:
        """All advisories about these packages, at most 1,000, for more are refused; also those about other versions."""
        found: dict[Package, list[Known]] = {each: [] for each in packages}
        waiting: list[tuple[Package, str | None]] = [(each, None) for each in found]
        for _page in range(MAX_PAGES):
            if not waiting:
                return found
            results = await self._batch(waiting)
            following: list[tuple[Package, str | None]] = []
            for (package, _token), result in zip(waiting, results, strict=True):
                found[package] += result.vulns
                if result.next_page_token:
                    following.append((package, result.next_page_token))
            waiting = following
        raise Malformed(f"{LABEL}: the answer does not end")

    async def _batch(self, asked: Sequence[tuple[Package, str | None]]) -> Sequence[_Result]:
        queries: list[dict[str, Any]] = []
        for (ecosystem, name), token in asked:
            query: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
            queries.append({**query, "page_token": token} if token else query)
        body = msgspec.json.encode({"queries": queries})
        answer = await self._client.post(
            f"{self._address}/v1/querybatch", body, label=LABEL, max_bytes=MAX_ANSWER_BYTES
        )
        results = decoded(
            _ANSWER, answer.body, answer.encoding, max_bytes=MAX_ANSWER_BYTES, label=LABEL
        ).results
        if len(results) != len(asked):
            raise Malformed(f"{LABEL}: {len(results)} answers came to {len(asked)} questions")
        return results

    async def records(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The text of each record; those that are gone by now are left out."""
        slots = asyncio.Semaphore(RECORDS_AT_ONCE)

        async def one(id: str) -> tuple[str, bytes | None]:
            label = f"the advisory {id[:80]}"
            async with slots:
                url = f"{self._address}/v1/vulns/{quote(id, safe='')}"
                got = await found_at(self._client, url, label=label, max_bytes=MAX_RECORD_BYTES)
            if got is None:
                return id, None
            plain = inflate(got.body, got.encoding, max_bytes=MAX_RECORD_BYTES, label=label)
            return id, bytes(plain)

        tasks = [asyncio.create_task(one(id)) for id in dict.fromkeys(ids)]
        try:
            found = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        return {id: raw for id, raw in found if raw is not None}
