"""`tgtui requests`: lists requests, their progress and what failed; retries and cancels them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import click
from msgspec import Struct
from msgspec.structs import asdict

from tgtui.basics.errors import TgtuiError
from tgtui.basics.text import clean
from tgtui.cli.opening import NotInCatalogue, Options, complain, on_catalogue, principal_of, reading
from tgtui.cli.output import about, emit, emit_json, emit_table, is_terminal
from tgtui.data.views.requests import BOUND_REACHED, RequestStatus

if TYPE_CHECKING:
    from tgtui.data.storage.database import Database
    from tgtui.data.views.requests import Chain, QueueCounts, RequestRow
    from tgtui.services.catalogue import Catalogue

ADMINS_SEE_ALL = "Only admins can list everyone's requests; leave out --all to list yours."
NONE_OF_YOURS = (
    "You can only read this catalogue, so you have no requests."
    " Ask the catalogue's administrator to make you a member."
)
MAX_LIMIT = 10_000
CONTINUES = "ask for it again to continue"
FAILED_MEMBERS = 20
"""Failed dependencies listed for each chain."""

EPILOG = """\b
Examples:
  tgtui requests                     mine, newest first
  tgtui requests --all --failed      everyone's in which a package failed
  tgtui requests retry npm:express   retry what failed
  tgtui requests cancel npm:webpack  cancel it and the requests queued for it
"""


@click.group(
    epilog=EPILOG,
    invoke_without_command=True,
    short_help="List, retry or cancel requests.",
)
@click.option("--all", "everybody", is_flag=True, help="Everyone's, not only mine (admins).")
@click.option("--failed", is_flag=True, help="Only those in which a package failed.")
@click.option(
    "--status",
    type=click.Choice(["queued", *get_args(RequestStatus)]),
    help="Only those in this state; pending is another word for queued.",
)
@click.option("--limit", type=click.IntRange(1, MAX_LIMIT), default=25, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def requests(
    ctx: click.Context,
    everybody: bool,
    failed: bool,
    status: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List requests, each with the chain of dependencies queued for it."""
    if ctx.invoked_subcommand is not None:
        return
    from tgtui.data.requests.lists import chain_members, queue_counts

    with reading(ctx.obj) as database:
        principal = principal_of(ctx.obj, database)
        if everybody and not principal.sees_all_requests:
            raise TgtuiError(ADMINS_SEE_ALL)
        if not everybody and principal.account_id is None:
            raise TgtuiError(principal.hint or NONE_OF_YOURS)
        account_id = None if everybody else principal.account_id
        chains = _read(database, account_id, status, failed, limit)
        counted_of = None if principal.sees_all_requests else principal.account_id
        counts = database.read_now(queue_counts, counted_of)
        failures = {
            chain.id: database.read_now(
                chain_members, chain.id, statuses=["failed"], limit=FAILED_MEMBERS
            )
            for chain in chains
            if chain.failed
        }
    if as_json:
        emit_json(
            {
                "queue": counts,
                "chains": [_as_data(chain, failures.get(chain.id, ())) for chain in chains],
            }
        )
        return
    _print(chains, failures)
    complain(_queue_line(counts) if counted_of is None else f"Yours: {_queue_line(counts)}")
    if not chains and not everybody:
        more = "; --all lists everyone's" if counted_of is None else ""
        complain(f"You have no such requests{more}.")


@requests.command()
@click.argument("which", metavar="PACKAGE|ID")
@click.pass_obj
def retry(options: Options, which: str) -> None:
    """Retry now what failed or was cancelled: the package and everything it brings."""
    emit([on_catalogue(options, partial(_retry, which=which))])


@requests.command()
@click.argument("which", metavar="PACKAGE|ID")
@click.pass_obj
def cancel(options: Options, which: str) -> None:
    """Cancel a queued request and the requests queued for it, except what others need too."""
    emit([on_catalogue(options, partial(_cancel, which=which))])


def _read(
    database: Database,
    account_id: UUID | None,
    status: str | None,
    failed: bool,
    limit: int,
) -> list[Chain]:
    from tgtui.data.requests.lists import chains_page

    found: list[Chain] = []
    cursor: UUID | None = None
    while len(found) < limit:
        page = database.read_now(
            chains_page,
            account_id=account_id,
            statuses=[] if status is None else ["pending" if status == "queued" else status],
            after=cursor,
        )
        found += [chain for chain in page.rows if chain.failed or not failed]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[:limit]


def _as_data(chain: Chain, failed: Sequence[RequestRow]) -> dict[str, Any]:
    root = {"root_request_id": chain.root.id}
    return {
        "chain": {**asdict(chain), "root": {**asdict(chain.root), **root}},
        "failed": [{**asdict(row), **root} for row in failed],
    }


def _print(chains: Sequence[Chain], failures: dict[UUID, list[RequestRow]]) -> None:
    from tgtui.basics import clock
    from tgtui.basics.formatting import age
    from tgtui.output.requests import STATE_WORDS, chain_name, needed_by, state_of

    now = clock.now()
    errors = {chain.id: list(_errors(chain, failures.get(chain.id, ()), now)) for chain in chains}
    if chains:
        emit_table(
            ("STATE", "PACKAGE", "CHAIN", "AGE", "WHO"),
            (
                (
                    STATE_WORDS[state_of(chain.root, chain)],
                    chain_name(chain),
                    f"{chain.completed} of {needed_by(chain)}",
                    age(chain.root.created_at, now)
                    if is_terminal()
                    else chain.root.created_at.isoformat(),
                    chain.root.requested_by,
                    *([] if is_terminal() else ["; ".join(errors[chain.id])]),
                )
                for chain in chains
            ),
        )
    if is_terminal():
        for sentences in errors.values():
            emit(sentences)


def _errors(chain: Chain, failed: Sequence[RequestRow], now: datetime) -> Iterator[str]:
    from tgtui.basics.formatting import until
    from tgtui.output.requests import chain_name, left_out_text

    # Of several roots the first is among those that failed.
    for row in (*([chain.root] if chain.roots == 1 else []), *failed):
        if row.error_message is None or (row.error_code == BOUND_REACHED and chain.left_out):
            continue
        again = f"; next try {until(row.retry_after, now)}" if row.retry_after else ""
        yield about(f"{row.registry}:{row.name}", row.error_message).rstrip(".") + again
    if chain.left_out:
        yield about(chain_name(chain), f"{left_out_text(chain.left_out)}; {CONTINUES}")


def _queue_line(counts: QueueCounts) -> str:
    from tgtui.basics.formatting import number
    from tgtui.output.requests import STATE_WORDS

    return (
        f"{number(counts.fetching)} fetching · {number(counts.pending)} {STATE_WORDS['pending']}"
        f" · {number(counts.failed)} failed in the last day"
    )


async def _retry(catalogue: Catalogue, which: str) -> str:
    from tgtui.output.requests import retried_text

    found = await _find(catalogue, which)
    retried = await catalogue.requesting.retry(found.id)
    return clean(retried_text(found.called, retried, are_several=found.are_several))


async def _cancel(catalogue: Catalogue, which: str) -> str:
    from tgtui.data.requests.cancelling import NotYourChain
    from tgtui.data.views.requests import Cancelled
    from tgtui.output.requests import LEFT, cancelled_text

    found = await _find(catalogue, which)
    cancelled = None
    if not found.is_one_of_several:
        with contextlib.suppress(NotYourChain):
            cancelled = await catalogue.requesting.cancel_chain(found.id)
    if cancelled is not None and (cancelled.ended or cancelled.left):
        return clean(f"{found.called}: {cancelled_text(cancelled)}.")
    # Nothing of it is queued, which this explains, or it is one of several packages, or a dependency.
    ended = await catalogue.requesting.cancel(found.request_id)
    return clean(
        f"{found.called}: {cancelled_text(Cancelled(1, 0))}."
        if ended
        else LEFT.format(package=found.called)
    )


class _Found(Struct, frozen=True):
    """A chain or a request."""

    id: UUID
    request_id: UUID
    called: str
    is_one_of_several: bool = False
    """The package was named, and was asked for at once with others."""
    are_several: bool = False
    """It is a chain of several packages."""


async def _find(catalogue: Catalogue, which: str) -> _Found:
    """By its id or the package's name: one's own before another's."""
    from tgtui.data.requests.lists import chain_row, newest_request, own_root, request_row
    from tgtui.output.requests import chain_name
    from tgtui.syntax.reference import parse_reference

    read = catalogue.database.read
    try:
        id = UUID(which)
    except ValueError:
        reference = await catalogue.called(parse_reference(which))
        package = reference.registry, reference.name
        root = await read(own_root, *package, catalogue.principal.account_id)
        if root is not None and root.chain_id is not None:
            chain = await read(chain_row, root.chain_id)
            is_one_of_several = chain is not None and chain.roots > 1
            return _Found(root.chain_id, root.id, ":".join(package), is_one_of_several)
        request = await read(newest_request, *package)
    else:
        chain = await read(chain_row, id)
        if chain is not None:
            return _Found(id, chain.root.id, chain_name(chain), are_several=chain.roots > 1)
        request = await read(request_row, id)
    if request is None:
        raise NotInCatalogue(f"There is no request for {which}. Ask for it: tgtui ask {which}")
    return _Found(request.id, request.id, f"{request.registry}:{request.name}")
