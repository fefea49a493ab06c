"""`tgtui requests`: lists requests, their progress and what failed; retries and cancels them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, get_args
from uuid import UUID

import click

from tgtui.basics.errors import TgtuiError
from tgtui.basics.text import clean
from tgtui.cli.opening import NotInCatalogue, Options, complain, on_catalogue, principal_of, reading
from tgtui.cli.output import about, emit, emit_json, emit_table, is_terminal
from tgtui.data.views.requests import RequestStatus

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
FAILED_MEMBERS = 20
"""Failed dependencies listed for each chain."""

EPILOG = """\b
Examples:
  tgtui requests                     mine, newest first
  tgtui requests --all --failed      everyone's that failed, whole or in part
  tgtui requests retry npm:express   retry what failed
  tgtui requests cancel npm:webpack  cancel it and the requests queued for it
"""


@click.group(
    epilog=EPILOG,
    invoke_without_command=True,
    short_help="List, retry or cancel requests.",
)
@click.option("--all", "everybody", is_flag=True, help="Everyone's, not only mine (admins).")
@click.option("--failed", is_flag=True, help="Only those that failed, whole or in part.")
@click.option(
    "--status", type=click.Choice(get_args(RequestStatus)), help="Only those in this state."
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
            chain.root.id: database.read_now(
                chain_members, chain.root.id, statuses=["failed"], limit=FAILED_MEMBERS
            )
            for chain in chains
            if chain.failed
        }
    if as_json:
        emit_json(
            {
                "queue": counts,
                "chains": [
                    {"chain": chain, "failed": failures.get(chain.root.id, [])} for chain in chains
                ],
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
    """Retry now. If the package itself was fetched, its failed dependencies are requested again."""
    emit([on_catalogue(options, partial(_retry, which=which))])


@requests.command()
@click.argument("which", metavar="PACKAGE|ID")
@click.pass_obj
def cancel(options: Options, which: str) -> None:
    """Cancel a pending request and the requests queued for it."""
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
            statuses=[status] if status is not None else [],
            after=cursor,
        )
        found += [chain for chain in page.rows if chain.failed or not failed]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[:limit]


def _print(chains: Sequence[Chain], failures: dict[UUID, list[RequestRow]]) -> None:
    from tgtui.basics import clock
    from tgtui.basics.formatting import age
    from tgtui.output.requests import state_of

    now = clock.now()
    errors = {
        chain.root.id: list(_errors(chain.root, failures.get(chain.root.id, ()), now))
        for chain in chains
    }
    if chains:
        emit_table(
            ("STATE", "PACKAGE", "CHAIN", "AGE", "WHO"),
            (
                (
                    state_of(chain.root, chain),
                    f"{chain.root.registry}:{chain.root.name}",
                    f"{chain.completed} of {chain.total}",
                    age(chain.root.created_at, now)
                    if is_terminal()
                    else chain.root.created_at.isoformat(),
                    chain.root.requested_by,
                    *([] if is_terminal() else ["; ".join(errors[chain.root.id])]),
                )
                for chain in chains
            ),
        )
    if is_terminal():
        for sentences in errors.values():
            emit(sentences)


def _errors(root: RequestRow, failed: Sequence[RequestRow], now: datetime) -> Iterator[str]:
    from tgtui.basics.formatting import until

    for row in (root, *failed):
        if row.error_message is None:
            continue
        again = f"; next try {until(row.retry_after, now)}" if row.retry_after else ""
        yield about(f"{row.registry}:{row.name}", row.error_message).rstrip(".") + again


def _queue_line(counts: QueueCounts) -> str:
    from tgtui.basics.formatting import number

    return (
        f"{number(counts.fetching)} fetching · {number(counts.pending)} pending"
        f" · {number(counts.failed)} failed in the last day"
    )


async def _retry(catalogue: Catalogue, which: str) -> str:
    request = await _find(catalogue, which)
    await catalogue.requesting.retry(request.id)
    return clean(f"{request.registry}:{request.name} is queued.")


async def _cancel(catalogue: Catalogue, which: str) -> str:
    from tgtui.basics.formatting import counted
    from tgtui.data.requests.cancelling import NotYourChain

    request = await _find(catalogue, which)
    try:
        ended = await catalogue.requesting.cancel_chain(request.id)
    except NotYourChain:
        ended = 0
    if not ended:
        # Either nothing of it is pending, which this explains, or others wait for it too.
        ended = await catalogue.requesting.cancel(request.id)
        if not ended:
            return clean(
                f"You no longer wait for {request.registry}:{request.name}; others do, so it stays queued."
            )
    return clean(f"{request.registry}:{request.name}: {counted(ended, 'request')} cancelled.")


async def _find(catalogue: Catalogue, which: str) -> RequestRow:
    from tgtui.data.requests.lists import newest_request, request_row
    from tgtui.syntax.reference import parse_reference

    try:
        request = await catalogue.database.read(request_row, UUID(which))
    except ValueError:
        reference = await catalogue.called(parse_reference(which))
        request = await catalogue.database.read(newest_request, reference.registry, reference.name)
    if request is None:
        raise NotInCatalogue(f"There is no request for {which}. Ask for it: tgtui ask {which}")
    return request
