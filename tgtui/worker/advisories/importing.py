"""Brings a dump into the catalogue. It is read through once before anything is written, so that a broken one changes
nothing; then it is written in small transactions, each with what it means for the versions that are here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection

from tgtui.data.storage.bulk import write_much
from tgtui.data.storage.database import Database
from tgtui.data.versions.advisories.evaluating import (
    Sources,
    evaluate,
    evaluate_registry,
    packages_named,
    source_packages,
)
from tgtui.data.versions.advisories.here import APT
from tgtui.data.versions.advisories.storing import (
    Told,
    digest_of,
    known_digests,
    note_source,
    remove_advisories,
    store_advisories,
    told,
)
from tgtui.syntax.advisories.orders import ecosystem_of, registry_of
from tgtui.syntax.advisories.record import BadRecord, read_record, read_time
from tgtui.worker.advisories.dumps import Dump, DumpError, open_dump

AT_ONCE = 2_000
"""Advisories in one transaction."""
REPORT_EVERY = 2_000
NEARLY_ALL = 0.9
"""A dump is one of the ecosystem that so many of its advisories are about."""
PROBLEMS_KEPT = 20


class DumpProgress(Struct, frozen=True):
    """How far an import of a dump is."""

    stage: str
    """`reading` or `advisories`."""
    done: int
    total: int


class DumpImported(Struct, frozen=True):
    """The result of importing a dump."""

    ecosystems: tuple[str, ...]
    records: int
    new: int
    changed: int
    removed: int
    """No longer in the dump."""
    unreadable: int
    affected: int
    """Packages of the catalogue of which something else is known by now."""
    as_of: datetime | None
    """When the newest of them was changed."""
    problems: tuple[str, ...]
    """Why advisories could not be read, a sentence each; some of them."""


class _Seen:
    def __init__(self) -> None:
        self.records = 0
        self.about: Counter[str] = Counter()
        self.with_packages = 0
        self.newest: datetime | None = None
        self.unreadable = 0
        self.problems: list[str] = []


OnProgress = Callable[[DumpProgress], None]


def import_dump(
    database: Database,
    path: Path,
    ecosystems: Sequence[str] = (),
    on_progress: OnProgress = lambda progress: None,
) -> DumpImported:
    """Blocks. `ecosystems` are what it is a dump of; by default what nearly all of it is about. DumpError,
    DatabaseError."""
    with open_dump(path) as dump:
        seen = _read_through(dump, on_progress)
        chosen = tuple(ecosystems) or _about(path, seen)
        source = f"dump:{','.join(chosen)}"
        return _bring(database, dump, seen, chosen, source, on_progress)


def _read_through(dump: Dump, on_progress: OnProgress) -> _Seen:
    seen = _Seen()
    for number, member in enumerate(dump):
        if number % REPORT_EVERY == 0:
            on_progress(DumpProgress("reading", number, len(dump)))
        try:
            record = read_record(member.raw)
        except BadRecord as error:
            seen.unreadable += 1
            if len(seen.problems) < PROBLEMS_KEPT:
                seen.problems.append(f"{member.name}: {error}")
            continue
        seen.records += 1
        about = {
            ecosystem_of(each.package.ecosystem)[0]
            for each in record.affected or ()
            if each.package
        }
        seen.about.update(about)
        seen.with_packages += bool(about)
        modified = read_time(record.modified)
        if modified is not None and (seen.newest is None or modified > seen.newest):
            seen.newest = modified
    return seen


def _about(path: Path, seen: _Seen) -> tuple[str, ...]:
    if not seen.records:
        problem = f" The first problem: {seen.problems[0]}" if seen.problems else ""
        raise DumpError(f"{path} has no advisories of OSV's schema in it.{problem}")
    found = tuple(
        name for name, count in seen.about.items() if count >= seen.with_packages * NEARLY_ALL
    )
    if len(found) != 1:
        mixed = ", ".join(sorted(seen.about)[:8])
        raise DumpError(
            f"{path} is about several ecosystems ({mixed}). Say of which it has all advisories:"
            " --ecosystem npm, once for each. Nothing was changed."
        )
    return found


def _bring(
    database: Database,
    dump: Dump,
    seen: _Seen,
    chosen: tuple[str, ...],
    source: str,
    on_progress: OnProgress,
) -> DumpImported:
    of_digest = database.read_now(known_digests, source)
    sources = database.read_now(source_packages) if _has_sources(chosen) else {}
    present: set[str] = set()
    new = changed = affected = done = 0
    members = iter(dump)
    while some := list(islice(members, AT_ONCE)):
        group: list[Told] = []
        for member in some:
            try:
                each = told_unless_known(member.raw, of_digest)
            except BadRecord:
                continue
            if isinstance(each, str):
                present.add(each)
            else:
                present.add(each.record.id)
                group.append(each)
        if group:
            stored = database.write_now(_store, group, source, sources)
            new, changed, affected = new + stored[0], changed + stored[1], affected + stored[2]
        done += len(some)
        on_progress(DumpProgress("advisories", done, len(dump)))
    # What could not be read is not gone.
    gone = set(of_digest.values()) - present if not seen.unreadable else set()
    affected += database.write_now(_finish, gone, source, sources, chosen, seen)
    return DumpImported(
        ecosystems=chosen,
        records=seen.records,
        new=new,
        changed=changed,
        removed=len(gone),
        unreadable=seen.unreadable,
        affected=affected,
        as_of=seen.newest,
        problems=tuple(seen.problems),
    )


def told_unless_known(raw: bytes, of_digest: dict[bytes, str]) -> Told | str:
    """The name of an advisory whose text is known already. BadRecord."""
    name = of_digest.get(digest_of(raw))
    return told(read_record(raw), raw) if name is None else name


def _has_sources(ecosystems: Collection[str]) -> bool:
    return any(registry_of(name) == APT for name in ecosystems)


def _store(
    connection: Connection, group: Sequence[Told], source: str, sources: Sources
) -> tuple[int, int, int]:
    write_much(connection)
    stored = store_advisories(connection, group, source)
    changed = evaluate(connection, packages_named(connection, stored.names, sources))
    return stored.new, stored.changed, changed


def _finish(
    connection: Connection,
    gone: Collection[str],
    source: str,
    sources: Sources,
    ecosystems: Sequence[str],
    seen: _Seen,
) -> int:
    names = remove_advisories(connection, gone, source)
    for ecosystem in ecosystems:
        note_source(connection, source, ecosystem, records=seen.records, as_of=seen.newest)
    write_much(connection, is_over=True)
    affected = evaluate(connection, packages_named(connection, names, sources))
    # What was judged for another release before is judged for this one.
    return affected + (evaluate_registry(connection, APT) if _has_sources(ecosystems) else 0)
