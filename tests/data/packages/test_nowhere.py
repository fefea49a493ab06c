"""A deleted package and a deleted tag are in the answer of no query, whatever it is asked."""

from __future__ import annotations

import base64
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, update

import tgtui.data
from tests.support import rows
from tests.support.advisories import told_record
from tgtui.data.graph.audit import audit
from tgtui.data.graph.choosing.root import chosen_closure
from tgtui.data.graph.comparison import compare
from tgtui.data.graph.dependents import (
    dependents_of_each,
    nearest_reachers,
    reachers,
    versions_in_use,
)
from tgtui.data.graph.outline import outline_of
from tgtui.data.graph.progress import chain_progress
from tgtui.data.graph.reach import (
    aliases_of,
    closure_of,
    closure_of_all,
    dependents_closure,
    followed,
    names_of,
    open_ends,
)
from tgtui.data.graph.tree import TreeQuery, below_each, find_index, overview, own_edges, top_of
from tgtui.data.graph.weighing import weight_of
from tgtui.data.graph.why import why
from tgtui.data.insights.comparing.side_by_side import side_by_side
from tgtui.data.insights.reading import answer, package_insights
from tgtui.data.insights.sharing import shared, shared_by
from tgtui.data.models import tables
from tgtui.data.models.advisories import advisory_findings
from tgtui.data.packages.by_name import find_package, last_attempt
from tgtui.data.packages.dependents import dependents_page
from tgtui.data.packages.detail import package_detail
from tgtui.data.packages.elsewhere import same_software
from tgtui.data.packages.projects.assessing import assess, packages_known
from tgtui.data.packages.watching.watches import news_glance, watch, watched_page, watched_row
from tgtui.data.search.absent import absent_parts
from tgtui.data.search.facets import search_facets
from tgtui.data.search.jumps import count_matches, search_cuts
from tgtui.data.search.results import package_rows, search_packages
from tgtui.data.tags.files import export_tags
from tgtui.data.tags.reading import (
    assignments_of,
    find_tag,
    list_tags,
    slugs_beginning,
    tag_choices,
    tagged_packages,
    tags_of,
)
from tgtui.data.upkeep.status import catalogue_counts
from tgtui.data.versions.advisories.evaluating import evaluate
from tgtui.data.versions.advisories.naming import advisory_named
from tgtui.data.versions.advisories.reading import affected_here, malware_here
from tgtui.data.versions.advisories.storing import store_advisories
from tgtui.data.versions.edges import INSTALLED, edges_of, edges_of_each
from tgtui.data.versions.listing import find_version, releases_by_month, version_row, versions_page
from tgtui.data.versions.over_time import version_points
from tgtui.data.versions.uses import used_by
from tgtui.data.views.projects import ProjectContents, ProjectPackage
from tgtui.syntax.advisories.ranks import MALWARE
from tgtui.syntax.query import parse_search
from tgtui.syntax.reference import PackageReference
from tgtui.versions.npm.platform import Platform

pytestmark = pytest.mark.full_on("postgresql")

ANYWHERE = Platform("linux", "x64", "glibc")
GONE = "zz-gone"
"""In every name and text of what is deleted, and in the range by which a live package asks for it."""

ABOUT_OTHER_THINGS = {
    "upkeep.shared_settings",
    "access.accounts", "access.grants", "access.limits", "access.logins", "access.people_calls",
    "insights.comparing.saved", "insights.people", "insights.storing",
    "packages.measuring", "packages.projects.absence", "packages.projects.contents", "packages.projects.judging", "packages.projects.kept", "packages.removal", "packages.watching.due", "packages.watching.news",
    "replicas.listeners", "replicas.publication",
    "requests.asking", "requests.cancelling", "requests.chains", "requests.health", "requests.lists",
    "requests.outages", "requests.retrying", "requests.signs",
    "search.index", "search.saved",
    "tags.changes", "tags.names",
    "upkeep.admitting", "upkeep.interactions", "upkeep.migrate", "upkeep.newest", "upkeep.schemas", "upkeep.seeds",
    "versions.advisories.by_name", "versions.advisories.due", "versions.advisories.evaluating", "versions.advisories.here", "versions.advisories.partial", "versions.advisories.storing",
    "versions.named", "versions.storing_facts",
}  # fmt: skip
"""Besides `storage` and backups: modules that write, that list requests, whose history stays, or what can be restored."""
TOLD_BY_OTHERS = {
    "revision_of",
    "links_between",
    "ways_told",
    "told",
    "similar_names",
    "hurry",
    "registry_of",
    "closure_of_root",
    "environment_closure",
    "environment_info",
    "environments_of",
    "routes_of",
    "targets_of",
    "import_tags",
    "newest_refresh",
    "facts_of",
    "weigh",
    "read_sizes",
    "missing_names",
    "watch",
    "unwatch",
    "watched_among",
    "worst_of",
    "severities_of",
    "findings_of",
    "finding_from",
    "mending",
    "standings",
    "standing_of",
    "trust_of",
    "source_states",
    "advisory_named",
    "affected_versions",
    "advisories_beginning",
    "advisory_detail",
}
"""Of what other functions of the list found, or of no package at all."""
BY_ID = {"tag_row", "tags_stamp", "watch_count"}
"""Reads a tag that is deleted, for whoever edits it to be told; one that tells only that something changed; and one that
says how many more packages may be watched, for the deleted ones count."""


def _assessed(connection: Connection) -> list[object]:
    """A project that has what is deleted: it stands as if the catalogue did not have it."""
    has = ProjectPackage("npm", GONE, "1.0.0", "registry", "package-lock.json")
    (standing,) = assess(connection, ProjectContents((has,))).standings
    return [standing.package_id, standing.latest, standing.is_missing or GONE]


class Garden:
    """`app` uses `zz-gone` and `lib`; `zz-gone` uses `lib`, and so does a second version of `app`.

    Everything that can hang on a package hangs on `zz-gone`; the tag `zz-gone-tag` is on `app`.
    """

    def __init__(self, connection: Connection) -> None:
        self.ada = rows.add_account(connection)
        self.app, self.lib = (
            rows.add_release(connection, "app"),
            rows.add_release(connection, "lib"),
        )
        self.gone = rows.add_release(connection, GONE)
        rows.add_dist_tag(connection, self.gone[0], "1.0.0")
        self.other = (self.app[0], rows.add_version(connection, self.app[0], "2.0.0"))
        rows.add_edge(connection, self.app, GONE, self.gone)
        rows.add_edge(connection, self.app, "lib", self.lib)
        rows.add_edge(connection, self.other, "lib", self.lib)
        rows.add_edge(connection, self.gone, "lib", self.lib, declared_name=f"{GONE}-alias")
        rows.add_edge(connection, self.gone, f"{GONE}-needs")
        self.tag, self.gone_tag = (
            rows.add_tag(connection, "kept"),
            rows.add_tag(connection, f"{GONE}-tag"),
        )
        for tag in (self.tag, self.gone_tag):
            for package in (self.app[0], self.gone[0]):
                rows.add_package_tag(connection, package, tag, self.ada)
        rows.add_software(connection, self.gone[0])
        self.twin = rows.add_package(connection, "twin", "brew")
        rows.add_software(connection, self.twin)
        rows.add_interaction(connection, self.gone[0], account_id=self.ada)
        rows.add_result(connection, "heaviest", package_id=self.gone[0], name=GONE)
        rows.add_measure(connection, self.gone[0], packages=7)
        self.request = rows.add_request(
            connection, "app", status="completed", package_id=self.app[0], attempt_count=1
        )
        watch(connection, self.ada, [self.gone[0], self.app[0]])
        store_advisories(connection, [told_record("A", GONE, {"introduced": "0"})], "dump:npm")
        evaluate(connection, [self.gone[0]])
        rows.count_all(connection)

    def delete(self, connection: Connection) -> None:
        gone = {"deleted_at": rows.DAY_ONE, "deleted_by": self.ada}
        connection.execute(
            update(tables.packages).where(tables.packages.c.id == self.gone[0]).values(**gone)
        )
        connection.execute(
            update(tables.tags).where(tables.tags.c.id == self.gone_tag).values(**gone)
        )
        rows.count_all(connection)

    def questions(self, connection: Connection) -> Iterator[tuple[Callable[..., Any], Any]]:
        """Each reading function with its answers to what could bring something deleted to light."""
        gone, app, lib = self.gone, self.app, self.lib
        for part in ("tag:gone-tag", "dep:zz-gnoe", "dep:lib@9.9.9"):
            asked = parse_search(part)
            found = absent_parts(connection, asked.tags, asked.dependencies)
            yield absent_parts, [each.near for each in found]
        yield (
            compare,
            [compare(connection, *pair) for pair in ((gone[1], app[1]), (app[1], gone[1]))],
        )
        yield (
            dependents_of_each,
            list(dependents_of_each(connection, [gone[1], lib[1]], with_dev=True).values()),
        )
        yield versions_in_use, [versions_in_use(connection, each[0]) for each in (gone, lib)]
        yield reachers, [reachers(connection, [each[1]]) for each in (gone, lib)]
        yield (
            nearest_reachers,
            [nearest_reachers(connection, [each[1]], 9) for each in (gone, lib)],
        )
        yield used_by, list(used_by(connection, [gone[0], lib[0]]).values())
        yield edges_of, edges_of(connection, gone[1])
        yield own_edges, own_edges(connection, gone[1])
        yield edges_of_each, list(edges_of_each(connection, [gone[1], lib[1]]).values())
        yield same_software, same_software(connection, self.twin, "brew", "twin")
        yield (
            search_facets,
            [search_facets(connection, parse_search(q)) for q in ("", "app", "tag:kept")],
        )
        for closure in (
            closure_of(connection, gone[1]),
            closure_of(connection, app[1]),
            followed(connection, gone[1]),
            closure_of_all(connection, [gone[1], app[1]]),
            chosen_closure(connection, "npm", app[1], INSTALLED),
            dependents_closure(connection, [lib[1]]),
            dependents_closure(connection, [gone[1]]),
        ):
            for read in (closure_of, followed, closure_of_all, chosen_closure):
                yield read, closure.keys
            yield dependents_closure, closure.keys
            yield names_of, names_of(connection, closure)
            yield aliases_of, aliases_of(connection, closure)
        yield open_ends, open_ends(connection, closure_of(connection, gone[1]))
        yield outline_of, list(outline_of(connection, gone[1]).edges.values())
        yield answer, answer(connection, "heaviest")
        yield package_insights, GONE if package_insights(connection, gone[0]).measures else ""
        yield audit, audit(connection, gone[1])
        advisory = advisory_named(connection, "A")
        assert advisory is not None
        yield affected_here, affected_here(connection, advisory)
        connection.execute(update(advisory_findings).values(severity=MALWARE))
        yield malware_here, malware_here(connection)
        yield shared, shared(connection, [gone[1], app[1]])
        yield shared_by, shared_by(connection, [gone[0], app[0]])
        named = [PackageReference("npm", "app"), PackageReference("npm", GONE)]
        sides = side_by_side(connection, named, rows.DAY_ONE, ANYWHERE).sides
        yield side_by_side, [side.version_id for side in sides]
        yield weight_of, weight_of(connection, gone[1], ANYWHERE).packages > 1 and GONE
        yield watched_page, watched_page(connection, self.ada)
        yield watched_row, watched_row(connection, self.ada, gone[0])
        project = [("npm", GONE), ("npm", "app")]
        yield packages_known, list(packages_known(connection, project))
        yield assess, _assessed(connection)
        yield news_glance, news_glance(connection, self.ada).watched > 1 and GONE
        yield version_points, version_points(connection, gone[0])
        yield find_version, [find_version(connection, gone[0], v) for v in ("1.0.0", "latest")]
        yield releases_by_month, releases_by_month(connection, gone[0], rows.DAY_ONE)
        yield version_row, version_row(connection, gone[1])
        yield versions_page, versions_page(connection, gone[0])
        yield dependents_page, [dependents_page(connection, each[0]) for each in (gone, lib)]
        yield find_package, find_package(connection, "npm", GONE)
        yield last_attempt, last_attempt(connection, "npm", GONE)
        yield (
            package_detail,
            [package_detail(connection, id) for id in (gone[0], app[0], self.twin)],
        )
        yield chain_progress, chain_progress(connection, self.request, "2.0.0")
        yield package_rows, package_rows(connection, [gone[0], app[0]])
        queries = (
            "",
            "gone",
            "zz-gnoe",
            "tag:zz-gone-tag",
            "dep:lib",
            "is:deprecated",
            "sort:name",
        )
        yield search_packages, [search_packages(connection, parse_search(q)) for q in queries]
        for query in map(parse_search, queries):
            cursors = search_cuts(connection, query, range(1, 9)).cursors.values()
            yield search_cuts, [base64.urlsafe_b64decode(cursor) for cursor in cursors]
            yield count_matches, count_matches(connection, query)
        yield catalogue_counts, catalogue_counts(connection)
        yield export_tags, export_tags(connection)
        yield assignments_of, assignments_of(connection, app[0])
        yield find_tag, [find_tag(connection, f"{GONE}-tag"), find_tag(connection, "Zz-Gone-Tag")]
        yield list_tags, list_tags(connection)
        yield slugs_beginning, [slugs_beginning(connection, begun) for begun in ("", "zz")]
        yield tag_choices, tag_choices(connection, [app[0]])
        yield tagged_packages, tagged_packages(connection)
        yield tags_of, tags_of(connection, [app[0]])
        for tree in (
            TreeQuery(gone[1]),
            TreeQuery(gone[1], is_upwards=True),
            TreeQuery(gone[1], is_upwards=True, package_id=gone[0]),
            TreeQuery(lib[1], is_upwards=True),
            TreeQuery(lib[1], is_upwards=True, package_id=lib[0]),
        ):
            yield top_of, top_of(connection, tree)
            yield below_each, list(below_each(connection, tree, [gone[1], lib[1]]).values())
            yield overview, overview(connection, tree).closure.keys
            hits = find_index(connection, overview(connection, tree)).hits(GONE)
            yield find_index, hits
        sought = {"registry": None, "name": "lib", "version": None, "limit": 9}
        yield why, [why(connection, each[1], **sought) for each in (gone, app)]  # type: ignore[arg-type]


@pytest.fixture
def garden(connection: Connection) -> Garden:
    return Garden(connection)


def test_every_query_leaves_it_out(connection: Connection, garden: Garden) -> None:
    seen = {query.__name__ for query, told in garden.questions(connection) if tells(garden, told)}
    # As long as it is there, it is told of: what finds nothing anyway would prove nothing.
    assert all_reading() - seen <= {
        "compare",
        "count_matches",
        "catalogue_counts",
        "last_attempt",
        "chain_progress",
        "releases_by_month",
        "used_by",
    }
    counts, matches = catalogue_counts(connection), count_matches(connection, parse_search(GONE))
    garden.delete(connection)
    for query, told in garden.questions(connection):
        assert not tells(garden, told), query.__name__
    assert compare(connection, garden.gone[1], garden.app[1]) is None
    assert used_by(connection, [garden.lib[0]])[garden.lib[0]].total == 1
    assert count_matches(connection, parse_search(GONE)) == matches - 1
    assert last_attempt(connection, "npm", GONE) is None
    assert releases_by_month(connection, garden.gone[0], rows.DAY_ONE) == {}
    fewer = {name: counts[name] - count for name, count in catalogue_counts(connection).items()}
    assert fewer == {
        "packages": 1, "read": 1, "versions": 1, "dependencies": 2, "tags": 1,
        "requests completed": 0,
    }  # fmt: skip


def test_what_a_live_package_declares_stays_and_is_said_to_be_missing(
    connection: Connection, garden: Garden
) -> None:
    garden.delete(connection)
    edge = next(edge for edge in edges_of(connection, garden.app[1]) if edge.name == GONE)
    assert edge.is_missing
    assert (edge.package_id, edge.resolved_version_id) == (None, None)
    totals = outline_of(connection, garden.app[1]).totals
    assert (totals.packages, totals.missing) == (1, 1)


def test_the_list_of_queries_is_whole(connection: Connection, garden: Garden) -> None:
    walked = {query.__name__ for query, _answer in garden.questions(connection)}
    assert walked == all_reading()


def all_reading() -> set[str]:
    """Every public function of the data layer that reads packages or tags."""
    found: set[str] = set()
    for module in pkgutil.walk_packages(tgtui.data.__path__, "tgtui.data."):
        room = module.name.removeprefix("tgtui.data.")
        if room.startswith(("storage.", "upkeep.backups")) or room in ABOUT_OTHER_THINGS:
            continue
        loaded = importlib.import_module(module.name)
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            takes = next(iter(inspect.signature(function).parameters), "")
            if function.__module__ == loaded.__name__ and takes == "connection":
                found.add(name)
    return {name for name in found if not name.startswith("_")} - TOLD_BY_OTHERS - BY_ID


def tells(garden: Garden, answer: object) -> bool:
    """The answer names something that is deleted, or has its id."""
    text = repr(answer).casefold()
    ids = (*garden.gone, garden.gone_tag)
    return GONE in text or any(str(id) in text or id.hex in text for id in ids)
