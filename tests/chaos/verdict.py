"""What the audit must show of every request, whatever was broken meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.audit import Change, moment

ENDED = frozenset({"completed", "failed", "cancelled"})
ACTIVE = frozenset({"pending", "fetching"})
LEASE = ("lease_token", "lease_expires_at", "locked_by")


@dataclass(slots=True)
class Verdict:
    """Sentences about what is wrong, and how often what happened."""

    problems: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)


def judge(changes: Iterable[Change], logins: frozenset[str] = frozenset()) -> Verdict:
    """Replay the audit. `logins` are those of the programs, which each have their own where there are logins."""
    verdict = Verdict()
    rows: dict[str, dict[str, Any]] = {}
    active: dict[tuple[str, str], str] = {}
    claimers: dict[str, str | None] = {}
    writes = _Writes()
    for change in changes:
        say = _Say(verdict.problems, change)
        if change.kind == "package":
            writes.note(change, say)
            continue
        if change.new is None:
            say("a request was deleted")
            continue
        new = change.new
        _one_active_each(new, active, say)
        if change.old is None:
            _judge_insert(new, say)
        elif rows.get(new["id"]) != change.old:
            say("the row changed between two records of the audit")
        else:
            name = _judge_update(change.old, new, change, say)
            verdict.figures[name] += 1
            if name in ("claimed", "taken over", "taken over again"):
                claimers[new["lease_token"]] = change.writer
            elif name in ENDED or name.startswith("back"):
                holder = claimers.get(change.old["lease_token"])
                if change.writer in logins and change.writer != holder:
                    say(f"{change.writer} ended what {holder} held")
                writes.end(new, name, change, say)
        if new["status"] != "completed":
            writes.require_ended(change, say)
        rows[new["id"]] = new
    for row in rows.values():
        if row["status"] in ACTIVE:
            verdict.problems.append(f"{row['package_name']} is {row['status']} at the end")
    verdict.problems += [f"{name} was written, its request not ended" for name in writes.left()]
    return verdict


class _Say:
    """Adds a sentence that names the change."""

    def __init__(self, problems: list[str], change: Change) -> None:
        self._problems = problems
        self._change = change

    def __call__(self, sentence: str) -> None:
        old, new = self._change.old or {}, self._change.new or {}
        states = " -> ".join(
            f"{row['status']}/{row['attempt_count']}/{str(row['lease_token'])[:8]}"
            for row in (old, new)
            if row
        )
        name = (new or old).get("package_name")
        self._problems.append(f"audit {self._change.seq}, {name} {states}: {sentence}")


def _judge_insert(new: dict[str, Any], say: _Say) -> None:
    if (new["status"], new["attempt_count"], new["lease_token"]) != ("pending", 0, None):
        say("a request begins as something else than pending, without attempts")


def _judge_update(old: dict[str, Any], new: dict[str, Any], change: Change, say: _Say) -> str:
    """The name of what happened; says what of it may not."""
    step = (old["status"], new["status"])
    counted = new["attempt_count"] - old["attempt_count"]
    if old["status"] in ENDED:
        say("a request that has ended was changed")
        return "changed after its end"
    if step == ("pending", "fetching"):
        return _judge_claim(old, new, change, counted, say)
    if step == ("fetching", "fetching") and new["lease_token"] != old["lease_token"]:
        return _judge_takeover(old, new, change, counted, say)
    if step in (("fetching", "fetching"), ("pending", "pending")):
        if counted:
            say("attempts changed without a claim or an end")
        return "renewed" if step[0] == "fetching" else "touched"
    if any(new[name] is not None for name in LEASE):
        say("a lease outlives its claim")
    if step == ("pending", "cancelled"):
        if counted:
            say("cancelling counted an attempt")
        return "cancelled"
    if step == ("fetching", "completed"):
        if counted:
            say("a completed request's attempts changed at its end")
        return "completed"
    if old["status"] == "fetching" and new["status"] in ("pending", "failed"):
        if counted not in (0, -1):
            say("an end counts an attempt, or gives back more than one")
        if new["status"] == "failed":
            if new["error_code"] == "crashed":
                say("an innocent package was given up")
            return "failed"
        return "back, not counted" if counted else "back, counted"
    say("no such step")
    return "wrong"


def _judge_claim(
    old: dict[str, Any], new: dict[str, Any], change: Change, counted: int, say: _Say
) -> str:
    if counted != 1:
        say(f"a claim counted {counted} attempts")
    if new["alone_count"] is not None:
        say("a claim of what waited runs alone")
    if old["retry_after"] is not None and moment(old["retry_after"]) > change.at:
        say("a claim before its time")
    _judge_lease(new, change, say)
    return "claimed"


def _judge_takeover(
    old: dict[str, Any], new: dict[str, Any], change: Change, counted: int, say: _Say
) -> str:
    alone = old["alone_count"] or 0
    if new["alone_count"] != alone + 1:
        say("a takeover does not run alone")
    if counted not in ((0, 1) if alone else (0,)):
        say(f"a takeover counted {counted} attempts")
    if old["lease_expires_at"] is not None and moment(old["lease_expires_at"]) >= change.at:
        say("a lease was taken over before it ran out")
    _judge_lease(new, change, say)
    return "taken over again" if alone else "taken over"


def _judge_lease(new: dict[str, Any], change: Change, say: _Say) -> None:
    if any(new[name] is None for name in LEASE):
        say("a claim without a lease")
    elif moment(new["lease_expires_at"]) <= change.at:
        say("a claim whose lease has run out already")


def _one_active_each(new: dict[str, Any], active: dict[tuple[str, str], str], say: _Say) -> None:
    package = (new["registry"], new["package_name"])
    if new["status"] in ACTIVE:
        if active.setdefault(package, new["id"]) != new["id"]:
            say("a second active request for the package")
    elif active.get(package) == new["id"]:
        del active[package]


class _Writes:
    """Packages that were fetched are written in the transaction that completes their requests, at its end.

    SQLite does not tell transactions apart, so there nothing else may come between these completions.
    """

    def __init__(self) -> None:
        self._names: dict[str | None, set[str]] = {}
        self._ending: set[str | None] = set()

    def note(self, change: Change, say: _Say) -> None:
        """A package changed."""
        new = change.new
        if new is None or new["last_fetch_success"] is None:
            return
        if change.old is None or new["last_fetch_success"] != change.old["last_fetch_success"]:
            self.require_ended(change, say)
            self._names.setdefault(change.xid, set()).add(new["name"])

    def end(self, new: dict[str, Any], name: str, change: Change, say: _Say) -> None:
        """A request ended."""
        written = self._names.get(change.xid, set())
        if name == "completed":  # perhaps of one that was written as it was
            written.discard(new["package_name"])
            self._ending.add(change.xid)
        else:
            self._refuse(change, say)
        if not written:
            self._names.pop(change.xid, None)
            self._ending.discard(change.xid)

    def require_ended(self, change: Change, say: _Say) -> None:
        """Something else changed: no completion may be missing."""
        if change.xid in self._ending:
            self._refuse(change, say)

    def left(self) -> Iterator[str]:
        """Packages whose requests were not ended."""
        for written in self._names.values():
            yield from sorted(written)

    def _refuse(self, change: Change, say: _Say) -> None:
        for package in sorted(self._names.pop(change.xid, ())):
            say(f"{package} was written in the transaction of another request")
        self._ending.discard(change.xid)
