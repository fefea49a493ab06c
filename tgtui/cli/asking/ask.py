"""`tgtui ask`: queues packages, and with --wait works until they and all their dependencies are fetched."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from tgtui.basics.errors import TgtuiError
from tgtui.basics.text import clean
from tgtui.cli.opening import Options, complain, on_catalogue
from tgtui.cli.output import about, emit, emit_json
from tgtui.cli.reading.finding import say_called

if TYPE_CHECKING:
    from tgtui.data.graph.progress import ChainProgress, Shortfall
    from tgtui.services.catalogue import Catalogue
    from tgtui.services.requests import AskedFor, RefusedFor
    from tgtui.syntax.reference import PackageReference

PART_FAILED = 1
LEFT_OUT_SHOWN = 5
"""Packages that are named, of those that a limit kept from being queued."""
READ_BY = "What is queued is fetched while tgtui or `tgtui worker` runs; --wait fetches it now."
READ_BY_TEAM = "The team's `tgtui worker` fetches it; --wait waits for it."
SWITCHED_OFF = "This program runs no worker: the settings turn it off (worker.enabled)."
LEFT_TO_OTHERS = "This program runs no worker: --no-worker leaves the work to others."

EPILOG = """\b
Examples:
  tgtui ask npm:express              queue it; tgtui or `tgtui worker` fetches it
  tgtui ask npm:express --wait       fetch it and all its dependencies now
  tgtui ask npm:react@17.0.2 --wait  and the dependencies of that version
  tgtui ask pkg:npm/%40babel/core    a package URL works as well

\b
With --wait the exit code is 0 if the package and its whole dependency tree are
in the catalogue; 1 if part of it is missing (stderr says why); and 6 if it
stays queued because no worker runs here or anywhere else. With --timeout it
waits for a worker until the time is up.
A package fetched within the last hour is not fetched again without --force.
"""


@click.command(epilog=EPILOG, short_help="Fetch packages and all their dependencies.")
@click.argument("packages", metavar="PACKAGE...", nargs=-1, required=True)
@click.option(
    "--wait", is_flag=True, help="Wait until the packages and all their dependencies are fetched."
)
@click.option("--force", is_flag=True, help="Ignore the one-hour cooldown.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="With --wait: stop waiting after this time.",
)
@click.option("--no-worker", is_flag=True, help="With --wait: leave the work to another program.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def ask(
    options: Options,
    packages: tuple[str, ...],
    wait: bool,
    force: bool,
    timeout: float | None,
    no_worker: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Request packages: they are queued and fetched, with everything they depend on."""
    from tgtui.syntax.reference import parse_reference

    # All of them, before anything is opened: one wrong name stops the whole command.
    references = [parse_reference(package) for package in packages]
    settings = options.settings()
    if not wait:
        asked, may_work = on_catalogue(options, partial(_ask, references=references, force=force))
        _say_queued(asked, as_json, READ_BY if may_work else READ_BY_TEAM)
        _say_refused(asked)
        return
    others = LEFT_TO_OTHERS if no_worker else "" if settings.worker.enabled else SWITCHED_OFF
    work = partial(
        _ask_and_wait,
        references=references,
        force=force,
        others=others,
        patience_s=timeout,
        quiet=quiet,
    )
    asked, done = on_catalogue(options, work)
    if as_json:
        emit_json([_as_data(each, **_came(done.get(each.package))) for each in asked])
    else:
        emit(_outcome(*each) for each in done.items() if each[1].version)
    shortfalls = {(s.registry, s.name): s for each in done.values() for s in each.shortfalls}
    _say_shortfalls(list(shortfalls.values()), max((p.left_out for p in done.values()), default=0))
    _say_refused(asked)
    if shortfalls:
        sys.exit(PART_FAILED)


async def _ask(
    catalogue: Catalogue, references: Sequence[PackageReference], force: bool
) -> tuple[list[AskedFor | RefusedFor], bool]:
    """The outcome for each, and whether this login may run a worker."""
    return await _queue(catalogue, references, force), catalogue.principal.can("worker")


async def _queue(
    catalogue: Catalogue, references: Sequence[PackageReference], force: bool
) -> list[AskedFor | RefusedFor]:
    """All as one chain. Tells of each name that changed. RequestRefused if none is queued."""
    from tgtui.data.access.limits import RequestRefused
    from tgtui.data.packages.by_name import find_package
    from tgtui.data.versions.listing import find_version
    from tgtui.services.requests import AskedFor, RefusedFor

    outcomes = await catalogue.requesting.ask_all(references, force=force)
    refused = [each for each in outcomes if isinstance(each, RefusedFor)]
    if len(refused) == len(outcomes):
        *before, last = (about(str(each.package), each.reason) for each in refused)
        for sentence in before:
            complain(sentence)
        raise RequestRefused(last)
    for reference, outcome in zip(references, outcomes, strict=True):
        own = outcome.package
        say_called(reference, own)
        if own.version is None or not isinstance(outcome, AskedFor):
            continue
        package_id = await catalogue.database.read(find_package, own.registry, own.name)
        if package_id is not None:
            version = await catalogue.database.read(find_version, package_id, own.version)
            if version is not None and not version.dependencies_loaded:
                await catalogue.requesting.want_version(version.id)
    return outcomes


async def _ask_and_wait(
    catalogue: Catalogue,
    references: Sequence[PackageReference],
    force: bool,
    others: str,
    patience_s: float | None,
    quiet: bool,
) -> tuple[list[AskedFor | RefusedFor], dict[PackageReference, ChainProgress]]:
    """The outcome for each, and how far those came that were not refused.

    `others` says why the work is left to other programs; empty if this one does it, as far as its login allows.
    """
    from tgtui.cli.asking.attending import say_who_works, until_nobody_works
    from tgtui.cli.asking.waiting import Waiting
    from tgtui.output.requests import NO_OWN_WORKER
    from tgtui.services.requests import AskedFor

    outcomes = await _queue(catalogue, references, force)
    asked = [each for each in outcomes if isinstance(each, AskedFor)]
    watch = None
    if catalogue.principal.can("worker") and not others:
        catalogue.start_worker(only_asked=True)
    else:
        if not quiet:
            await say_who_works(catalogue, others or NO_OWN_WORKER)
        # Someone who sees only their own requests can't know that no worker is running.
        if patience_s is None and catalogue.principal.sees_all_requests:
            watch = until_nobody_works(catalogue)
    with Waiting(catalogue, asked, quiet) as waiting:
        try:
            async with asyncio.timeout(patience_s):
                return outcomes, await waiting.until_done(watch)
        except TimeoutError:
            raise TgtuiError(
                f"Not done within {patience_s:g} s: {waiting.state}. The rest stays queued."
            ) from None


def _say_queued(asked: Sequence[AskedFor | RefusedFor], as_json: bool, read_by: str) -> None:
    from tgtui.services.requests import AskedFor

    if as_json:
        emit_json(
            [_as_data(each, is_new=isinstance(each, AskedFor) and each.is_new) for each in asked]
        )
        return
    emit(
        clean(f"{each.package.package} is {'' if each.is_new else 'already '}queued.")
        for each in asked
        if isinstance(each, AskedFor)
    )
    complain(read_by)


def _say_refused(asked: Sequence[AskedFor | RefusedFor]) -> None:
    """Says of each why it was not queued, and exits if there is one."""
    from tgtui.services.requests import RefusedFor

    refused = [each for each in asked if isinstance(each, RefusedFor)]
    for each in refused:
        complain(about(str(each.package.package), each.reason))
    if refused:
        sys.exit(PART_FAILED)


def _say_shortfalls(shortfalls: Sequence[Shortfall], left_out: int) -> None:
    """Each with its reason; of those that a limit left out only the first, and how many they are."""
    from tgtui.output.requests import left_out_text

    beyond = [each for each in shortfalls if each.is_left_out]
    told = [each for each in shortfalls if not each.is_left_out]
    for each in (*told, *beyond[:LEFT_OUT_SHOWN]):
        complain(about(f"{each.registry}:{each.name}", each.reason))
    if beyond:
        complain(f"{left_out_text(max(left_out, len(beyond)))}; ask again to continue.")


def _outcome(reference: PackageReference, progress: ChainProgress) -> str:
    from tgtui.basics.formatting import counted

    assert progress.version is not None
    package = f"{reference.package}@{progress.version.version}"
    others = counted(progress.total - 1, "package")
    if progress.shortfalls:
        return clean(f"{package} is in the catalogue, but not all of the {others} it depends on.")
    if progress.total == 1:
        return clean(f"{package} is in the catalogue; it has no dependencies.")
    return clean(f"{package} and the {others} it depends on are in the catalogue.")


def _as_data(outcome: AskedFor | RefusedFor, **facts: Any) -> dict[str, Any]:
    from tgtui.services.requests import AskedFor

    asked = outcome if isinstance(outcome, AskedFor) else None
    return {
        "package": str(outcome.package),
        "request_id": asked and asked.request_id,
        **facts,
        "chain_id": asked and asked.chain_id,
        "refused": None if isinstance(outcome, AskedFor) else outcome.reason,
    }


def _came(progress: ChainProgress | None) -> dict[str, Any]:
    """How far; None is one that was refused."""
    return {
        "version": progress.version.version if progress and progress.version else None,
        "packages": progress.total if progress else 0,
        "is_complete": progress is not None and not progress.shortfalls,
        "shortfalls": progress.shortfalls if progress else (),
        "left_out": progress.left_out if progress else 0,
    }
