"""`tgtui tree`: writes the resolved dependency tree of a package, for people and for other programs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

import click

from tgtui.cli.opening import Options, complain, reading
from tgtui.cli.output import emit
from tgtui.cli.reading.finding import find_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tgtui.data.storage.database import Database
    from tgtui.data.views.packages import PackageDetail
    from tgtui.data.views.versions import VersionRow
    from tgtui.output.trees.tree import ExportedTree
    from tgtui.syntax.reference import PackageReference
    from tgtui.versions.npm.platform import Platform

FORMATS = ("text", "json", "mermaid", "dot", "svg", "cyclonedx")
"""The same as in `tgtui.output.trees.formats`; a test compares them."""
TYPES = ("runtime", "peer", "optional", "dev")
"""The same as `tgtui.registries.base.DependencyType`; a test compares them."""

EPILOG = """\b
Examples:
  tgtui tree npm:express                the latest version
  tgtui tree npm:express@4.18.1         another version
  tgtui tree npm:webpack --depth 1      only its direct dependencies
  tgtui tree 'pypi:requests[socks]'     with an extra
  tgtui tree npm:express --dev          with its dev dependencies
  tgtui tree npm:express --json         every version once
  tgtui tree npm:express --format cyclonedx > bom.json
  tgtui tree npm:express --format dot | dot -Tpng > express.png

\b
Formats: text, json, mermaid (a flowchart), dot (Graphviz), svg (a picture),
cyclonedx (a bill of materials).
"""


@click.command(epilog=EPILOG, short_help="Show the dependency tree of a package.")
@click.argument("package")
@click.option("--depth", type=click.IntRange(1), help="Levels to show; all by default.")
@click.option(
    "--type",
    "types",
    type=click.Choice(TYPES),
    multiple=True,
    help="Follow only edges of this type; may be given more than once.",
)
@click.option("--dev", is_flag=True, help="Include the package's own dev dependencies.")
@click.option("--format", type=click.Choice(FORMATS), help="Output format; text by default.")
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.pass_obj
def tree(
    options: Options,
    package: str,
    depth: int | None,
    types: tuple[str, ...],
    dev: bool,
    format: str | None,
    as_json: bool,
) -> None:
    """Show the dependency tree of a package as an install resolves it.

    A version that was shown before is marked (*) and not expanded again.
    """
    from tgtui.output.trees.formats import FORMATS
    from tgtui.syntax.reference import parse_reference
    from tgtui.versions.npm.platform import Platform

    reference = parse_reference(package)
    if as_json and format not in (None, "json"):
        raise click.UsageError(f"--json and --format {format} contradict each other.")
    with reading(options) as database:
        detail, version = find_version(database, reference, options)
        chosen = Platform.of(options.settings().npm.platform)
        exported = read_tree(
            database, detail, version, depth, kinds(types, dev=dev), chosen, reference.extras
        )
        doubts = doubts_about(database, reference, version).sentences
    emit(FORMATS["json" if as_json else format or "text"].write(exported))
    if not version.dependencies_loaded:
        wanted = f"{detail.registry}:{detail.name}@{version.version}"
        complain(f"Its dependencies are not loaded yet: tgtui ask {wanted} --wait")
    for doubt in doubts:
        complain(doubt)


class Doubts(NamedTuple):
    """Why a tree is not what the registry's client would install, or may not be, where the client chooses for all of it."""

    sentences: Sequence[str] = ()
    is_known: bool = True
    """What the client would install was worked out, and it can install it."""


def doubts_about(database: Database, reference: PackageReference, version: VersionRow) -> Doubts:
    """About the tree of a version with the extras of the reference."""
    from tgtui.data.graph.choosing.environment import environment_info
    from tgtui.output.marks import doubts_in_words
    from tgtui.registries.registration import registration

    known = registration(reference.registry)
    if not known.resolves_whole or not version.dependencies_loaded:
        return Doubts()
    found = database.read_now(environment_info, version.id, reference.extras)
    if found is None:
        wanted = shlex.quote(str(reference))
        sentence = (
            f"What {known.client} would install was not worked out yet: tgtui ask {wanted} --wait"
        )
        return Doubts([sentence], is_known=False)
    return Doubts(doubts_in_words(reference.registry, found), is_known=not found.error)


def kinds(types: tuple[str, ...], *, dev: bool) -> frozenset[str]:
    """The types of edges to follow."""
    from tgtui.data.versions.edges import INSTALLED

    chosen = frozenset(types) or INSTALLED
    return chosen | {"dev"} if dev else chosen


def read_tree(
    database: Database,
    detail: PackageDetail,
    version: VersionRow,
    depth: int | None,
    kinds: frozenset[str],
    platform: Platform,
    extras: str = "",
) -> ExportedTree:
    """Read the whole tree, to be written in any format, and weigh it for a platform."""
    from tgtui.basics import clock
    from tgtui.data.graph.outline import outline_of
    from tgtui.output.trees.tree import ExportedTree

    outline = database.read_now(outline_of, version.id, kinds, weighed_for=platform, extras=extras)
    return ExportedTree.of(detail, version, outline, clock.now(), depth)
