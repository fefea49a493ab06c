"""`tgtui why`: shows the paths from a package to one of its dependencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from tgtui.basics.formatting import counted
from tgtui.basics.text import clean
from tgtui.cli.opening import NOTHING_FOUND, Options, complain, reading
from tgtui.cli.output import emit, emit_json
from tgtui.cli.reading.finding import called, find_version
from tgtui.cli.reading.tree import kinds

if TYPE_CHECKING:
    from tgtui.data.graph.dependents import Link, Step
    from tgtui.data.graph.why import Reason
    from tgtui.data.views.edges import TreeTotals
    from tgtui.data.views.versions import VersionRow

LIMIT = 20

EPILOG = """\b
Examples:
  tgtui why npm:express ms              every version of ms below express
  tgtui why npm:express ms@2.0.0        only this version
  tgtui why npm:webpack ms --limit 100  more paths
  tgtui why npm:express mocha --dev     include its dev dependencies
  tgtui why --project . ms              in what this folder's lock files have

\b
Exit codes: 1 if the dependency is not in the tree, 4 if the package is not in
the catalogue.
"""


@click.command(epilog=EPILOG, short_help="Show why a package is in another's tree.")
@click.argument("names", metavar="[PACKAGE] DEPENDENCY", nargs=-1, required=True)
@click.option(
    "--project",
    metavar="NAME|PATH",
    help="In what this project has locked, instead of the tree of PACKAGE.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=LIMIT,
    show_default=True,
    help="Paths to show for each version.",
)
@click.option("--dev", is_flag=True, help="Include PACKAGE's own dev dependencies.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def why(
    ctx: click.Context,
    names: tuple[str, ...],
    project: str | None,
    limit: int,
    dev: bool,
    as_json: bool,
) -> None:
    """Show why DEPENDENCY is in the tree of PACKAGE, or in a project: every path to it, shortest first.

    The range that each dependency is declared with follows its version.
    """
    from tgtui.data.graph.tree import TreeQuery, overview
    from tgtui.data.graph.why import why as reasons_for
    from tgtui.registries.base import REGISTRIES
    from tgtui.syntax.reference import parse_reference

    options: Options = ctx.obj
    if len(names) != (1 if project is not None else 2):
        raise click.UsageError(
            "With --project name the dependency alone: tgtui why --project . ms"
            if project is not None
            else "Name a package and a dependency: tgtui why npm:express ms"
        )
    package, dependency = names[0], names[-1]
    if project is not None:
        from tgtui.cli.reading.locked import why_in_project

        why_in_project(options, project, dependency, limit, as_json)
        return
    reference = parse_reference(package)
    has_registry = dependency.partition(":")[0] in {*REGISTRIES, "pkg"}
    wanted = parse_reference(dependency if has_registry else f"{reference.registry}:{dependency}")
    wanted = called(wanted, options)
    followed = kinds((), dev=dev)
    with reading(options) as database:
        detail, version = find_version(database, reference, options)
        reasons = database.read_now(
            reasons_for,
            version.id,
            registry=wanted.registry if has_registry else None,
            name=wanted.name,
            version=wanted.version,
            limit=limit,
            kinds=followed,
            extras=reference.extras,
        )
        totals = (
            database.read_now(overview, TreeQuery(version.id, kinds=followed)).totals
            if not reasons
            else None
        )
    root = f"{detail.registry}:{detail.name}@{version.version}"
    if as_json:
        emit_json({"root": root, "reasons": [_as_data(reason) for reason in reasons]})
    else:
        emit(_as_text(reasons, detail.registry))
    if totals is not None:
        complain(_nothing(root, clean(dependency, 200), version, totals))
        ctx.exit(NOTHING_FOUND)


def _nothing(root: str, dependency: str, version: VersionRow, totals: TreeTotals) -> str:
    if not version.dependencies_loaded:
        return f"The dependencies of {root} are not loaded yet: tgtui ask {root} --wait"
    is_whole = not (totals.not_loaded or totals.missing)
    so_far = "" if is_whole else " (the tree is not fully loaded)"
    return f"{dependency} is not in the tree of {root}{so_far}."


def _as_text(reasons: Sequence[Reason], registry: str) -> Iterator[str]:
    for place, reason in enumerate(reasons):
        if place:
            yield ""
        paths = counted(len(reason.ways), "path")
        if reason.has_more:
            paths = f"the {counted(len(reason.ways), 'shortest path')}; there are more"
        state = "" if reason.is_here else ", not in the catalogue"
        yield f"{clean(reason.name)}: {paths}{state}"
        for way in reason.ways:
            end = None if reason.is_here else reason
            yield f"  {way_in_words(way, registry, end)}"


def way_in_words(
    way: Sequence[Step], registry: str, absent: Reason | None = None, *, first: Link | None = None
) -> str:
    """`express@4.21.2 › debug@2.6.9 (2.6.9) › ms@2.0.0 (2.0.0)`: each followed by its declared range.

    `absent` is the end of a path that is not in the catalogue; `first` declares the first step.
    """
    from tgtui.output.ranges import asks

    words: list[str] = []
    asked = first
    for step in way:
        label = f"{step.name.name}@{step.name.version}"
        label = label if step.name.registry == registry else f"{step.name.registry}:{label}"
        words.append(label if asked is None else f"{label} ({asks(asked)})")
        asked = step.link
    if absent is not None:
        words.append(f"{absent.name.name}@{absent.name.version}")
    return " › ".join(clean(word, 400) for word in words)


def _as_data(reason: Reason) -> dict[str, Any]:
    return {
        "package": str(reason.name),
        "is_here": reason.is_here,
        "has_more": reason.has_more,
        "ways": [steps_data(way) for way in reason.ways],
    }


def steps_data(way: Sequence[Step]) -> list[dict[str, Any]]:
    """For JSON: each version, with how it declares the next."""
    return [
        {
            "package": str(step.name),
            "range": step.link.range if step.link else None,
            "type": step.link.type if step.link else None,
            "alias": step.link.declared_name if step.link else None,
        }
        for step in way
    ]
