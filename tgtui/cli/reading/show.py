"""`tgtui show`: shows a package, its versions, and the dependencies of a version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from tgtui.basics.errors import UsageError
from tgtui.basics.links import shown_link
from tgtui.basics.text import clean
from tgtui.cli.opening import Options, complain, reading
from tgtui.cli.output import emit, emit_json, emit_table, fields, is_terminal
from tgtui.cli.reading.finding import find, unread

if TYPE_CHECKING:
    from datetime import datetime

    from tgtui.data.storage.database import Database
    from tgtui.data.views.edges import Edge
    from tgtui.data.views.facts import InstallWeight, VersionFacts
    from tgtui.data.views.packages import PackageDetail
    from tgtui.data.views.tags import TagAssignment
    from tgtui.data.views.versions import VersionCursor, VersionRow
    from tgtui.output.marks import Mark

EPILOG = """\b
Examples:
  tgtui show npm:express             its latest version
  tgtui show npm:express@4.18.1      another version; a dist-tag works too: npm:express@next
  tgtui show npm:express --versions  all of them, newest first
  tgtui show npm:express --json
  tgtui show npm:express --readme    its README, as it was written
  tgtui show npm:express --files     the files it consists of, with their sizes
  tgtui show npm:express --file lib/express.js
"""


@click.command(epilog=EPILOG, short_help="Show a package, its versions, its dependencies.")
@click.argument("package")
@click.option("--versions", "all_versions", is_flag=True, help="List every version instead.")
@click.option("--dev", is_flag=True, help="List development dependencies too.")
@click.option("--readme", is_flag=True, help="Print the version's README instead.")
@click.option("--changelog", is_flag=True, help="Print the version's changelog instead.")
@click.option("--files", is_flag=True, help="List the version's files instead.")
@click.option("--file", "path", metavar="PATH", help="Print one of the version's files instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(
    options: Options,
    package: str,
    all_versions: bool,
    dev: bool,
    readme: bool,
    changelog: bool,
    files: bool,
    path: str | None,
    as_json: bool,
) -> None:
    """Show a package: its description, latest version, dependencies and number of dependents.

    READMEs and files are fetched from the registry once; what was read once needs no network.
    """
    from tgtui.data.graph.tree import own_edges
    from tgtui.data.graph.weighing import weight_of
    from tgtui.data.versions.facts import facts_of
    from tgtui.syntax.reference import parse_reference
    from tgtui.versions.npm.platform import Platform

    wanted = [readme, changelog, files, path is not None, all_versions]
    if sum(wanted) > 1:
        raise UsageError("Give only one of --readme, --changelog, --files, --file and --versions.")
    reference = parse_reference(package)
    if any(wanted[:-1]):
        from tgtui.cli.reading.files import What, show_text

        what: What = (
            "readme" if readme else "changelog" if changelog else "files" if files else "file"
        )
        show_text(options, reference, what, path or "", as_json=as_json)
        return

    with reading(options) as database:
        detail, version = find(database, reference, options)
        versions = list(_versions(database, detail)) if all_versions else []
        edges: list[Edge] = []
        facts, weight = None, None
        if version is not None and not all_versions:
            edges = database.read_now(own_edges, version.id)
            facts = database.read_now(facts_of, [version.id]).get(version.id)
            platform = Platform.of(options.settings().npm.platform)
            if version.dependencies_loaded:
                weight = database.read_now(weight_of, version.id, platform)
        data = _as_data(database, detail) if as_json else {}
    if as_json:
        emit_json(
            {"package": data, "versions": versions}
            if all_versions
            else {
                "package": data,
                "version": version,
                "facts": _facts_as_data(facts) if facts is not None else None,
                "install": weight,
                "dependencies": edges,
            }
        )
    elif all_versions:
        emit_table(
            ("VERSION", "PUBLISHED", "TAGS", "NOTE"),
            (_version_line(each, detail.registry) for each in versions),
        )
    else:
        emit(_header(detail, version, facts))
        emit(_facts(facts, weight))
        emit(_dependencies(detail, version, edges, dev))
    if detail.state != "ready":
        complain(unread(detail))


def _as_data(database: Database, detail: PackageDetail) -> dict[str, Any]:
    from tgtui.data.requests.lists import first_root

    data = asdict(detail)
    if detail.request is not None:
        root = database.read_now(first_root, detail.request.id)
        data["request"] = {**asdict(detail.request), "root_request_id": root}
    return data


def _facts_as_data(facts: VersionFacts) -> dict[str, Any]:
    """Null is unknown; names of people are in it, their mail addresses are never stored."""
    said = {name: getattr(facts.said, name) for name in facts.said.__struct_fields__}
    return {
        **said,
        "engines": dict(facts.said.engines),
        "licence": facts.licence.words or None,
        "licence_expression": facts.licence.expression or None,
        "licence_kind": facts.licence.kind,
        "is_measured": facts.is_measured,
    }


def _facts(facts: VersionFacts | None, weight: InstallWeight | None) -> Iterator[str]:
    from tgtui.output.facts import facts_in_words, weight_in_words

    pairs = list(facts_in_words(facts)) if facts is not None else []
    caveats = facts.said.caveats if facts is not None else None
    yield ""
    yield from fields(
        (
            *((name, words) for name, words in pairs if name != "caveats"),
            ("install", weight and " · ".join([_packages(weight), *weight_in_words(weight)])),
        )
    )
    if caveats:
        yield ""
        yield "Caveats"
        yield from (f"  {clean(line)}".rstrip() for line in caveats.split("\n"))


def _packages(weight: InstallWeight) -> str:
    from tgtui.basics.formatting import counted

    return counted(weight.packages, "package")


def _versions(database: Database, detail: PackageDetail) -> Iterator[VersionRow]:
    from tgtui.data.versions.listing import versions_page

    cursor: VersionCursor | None = None
    while True:
        page = database.read_now(versions_page, detail.id, after=cursor)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _version_line(version: VersionRow, registry: str) -> tuple[object, ...]:
    from tgtui.output.marks import Mark
    from tgtui.registries.registration import registration, withdrawal

    note = ": ".join(withdrawal(registry, version.yank_message)) if version.is_yanked else ""
    if not note and registration(registry).placeholder(version.version):
        note = Mark.PLACEHOLDER.word
    return version.version, _date(version.published_at), ",".join(version.dist_tags), note


def _header(
    detail: PackageDetail, version: VersionRow | None, facts: VersionFacts | None
) -> Iterator[str]:
    from tgtui.basics import clock
    from tgtui.basics.formatting import ago, as_of
    from tgtui.output.advisories.words import known_of
    from tgtui.output.facts import spelled
    from tgtui.output.uses import used_by_in_words
    from tgtui.registries.registration import HOLDS_A_NAME, registration, withdrawal

    now = clock.now()
    advisories = None
    if version is not None and detail.standing is not None:
        advisories = known_of(version.worst, detail.standing.of(version.version))
    in_catalogue = ("package" if detail.dependent_count == 1 else "packages") + " in the catalogue"
    number = f"@{version.version}" if version is not None else ""
    yield clean(f"{spelled(detail.name, facts)}{number} · {detail.registry}")
    if detail.description:
        yield clean(detail.description)
    if version is not None and version.is_yanked:
        word, reason = withdrawal(detail.registry, version.yank_message)
        yield clean(f"{word.capitalize()}: {reason}")
    if version is not None and registration(detail.registry).placeholder(version.version):
        yield f"Placeholder: {HOLDS_A_NAME}"
    yield ""
    latest = detail.latest
    yield from fields(
        (
            (
                "published",
                version and f"{_date(version.published_at)} {_age(version, now)}".strip(),
            ),
            ("latest", latest and f"{latest.version} {_age(latest, now)}"),
            ("dist-tags", version and ", ".join(version.dist_tags)),
            ("versions", detail.version_count or None),
            ("tags", ", ".join(_tag(tag, now) for tag in detail.tags)),
            ("homepage", detail.homepage and shown_link(detail.homepage)),
            ("repository", detail.repository and shown_link(detail.repository)),
            ("same", ", ".join(f"{each.registry}:{each.name}" for each in detail.elsewhere)),
            ("used by", "; ".join(used_by_in_words(detail.used_by, in_catalogue))),
            ("advisories", advisories),
            ("freshness", as_of(detail.fetched_at, now)),
            ("last try", ago(detail.last_attempt_at, now) if detail.fetched_at is None else None),
        )
    )


def _tag(tag: TagAssignment, now: datetime) -> str:
    from tgtui.basics.formatting import ago

    by = f"{tag.assigned_by}, " if tag.assigned_by else ""
    return f"{tag.slug} ({by}{ago(tag.assigned_at, now)})"


def _dependencies(
    detail: PackageDetail, version: VersionRow | None, edges: list[Edge], dev: bool
) -> Iterator[str]:
    if version is None:
        return
    yield ""
    if not version.dependencies_loaded:
        wanted = clean(f"{detail.registry}:{detail.name}@{version.version}")
        yield f"Its dependencies are not loaded yet: tgtui ask {wanted} --wait"
        return
    if not edges:
        yield "No dependencies"
    from tgtui.registries.registration import heading

    groups: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        title = heading(detail.registry, edge.source_field) or edge.type
        groups.setdefault((edge.type, title), []).append(edge)
    for (type, title), of_type in groups.items():
        if type == "dev" and not dev:
            yield f"{title} ({len(of_type)}), listed with --dev"
            continue
        yield f"{title} ({len(of_type)})"
        for edge in of_type:
            yield f"  {edge_line(edge)}"


def edge_line(edge: Edge) -> str:
    """`alias = name range → version`, then its marks in parentheses, the worst first."""
    from tgtui.output.marks import Mark, list_marks

    alias = f"{edge.declared_name} {Mark.ALIAS.sign} " if edge.declared_name else ""
    is_chosen = edge.resolved_version != edge.range and not edge.is_not_looked_up
    chosen = f" → {edge.resolved_version}" if is_chosen else ""
    line = f"{alias}{edge.name} {edge.range or '*'}{chosen}"
    marks = [*list_marks(edge), *([Mark.EXTERNAL] if edge.is_external else [])]
    told = ", ".join(_mark_in_words(mark, edge) for mark in marks)
    return clean(f"{line}  ({told})" if told else line, 1_000)


def _mark_in_words(mark: Mark, edge: Edge) -> str:
    from tgtui.output.marks import Mark

    if mark is Mark.UNRESOLVED:
        return f"{mark.word}: {edge.resolution_error or ''}"
    return mark.meaning if mark is Mark.MISSING else mark.word_in(edge.registry)


def _age(version: VersionRow, now: datetime) -> str:
    from tgtui.basics.formatting import ago

    age = ago(version.published_at, now)
    return f"({age})" if age else ""


def _date(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return f"{moment.date()}" if is_terminal() else moment.isoformat(timespec="seconds")
