"""Projects in both databases: whose they are, what is stored of their files, how they stand."""

from __future__ import annotations

from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from tests.support import rows
from tgtui.basics.errors import UsageError
from tgtui.data.models.projects import project_edges, project_packages
from tgtui.data.packages.projects import kept
from tgtui.data.packages.projects.assessing import assess, missing_names
from tgtui.data.packages.projects.contents import read_contents, store_contents
from tgtui.data.search.results import search_packages
from tgtui.data.views.projects import (
    ProjectContents,
    ProjectDependency,
    ProjectEdge,
    ProjectFile,
    ProjectPackage,
    ProjectProblem,
)
from tgtui.output.trees.projects import absence_in_words, counts_in_words
from tgtui.registries.registration import registration
from tgtui.syntax.query import parse_search

LOCK = "package-lock.json"


def package(name: str, version: str | None = "1.0.0", **more: str) -> ProjectPackage:
    found = {"registry": "npm", "source": "registry", **more}
    return ProjectPackage(found.pop("registry"), name, version, found.pop("source"), LOCK, **found)


def declared(name: str, range: str, locked: int, **more: str | None) -> ProjectDependency:
    made = ProjectDependency(
        "",
        "package.json",
        3,
        "npm",
        name,
        None,
        range,
        "runtime",
        "dependencies",
        "registry",
        None,
        locked,
    )
    return replace(made, **more)


@pytest.fixture
def ada(connection: Connection) -> UUID:
    return rows.add_account(connection)


def test_a_project_is_its_accounts_until_it_is_shared(connection: Connection, ada: UUID) -> None:
    bob = rows.add_account(connection, "bob")
    kept.add_project(connection, ada, "my web")
    kept.add_project(connection, bob, "api")
    assert [row.full_name for row in kept.project_rows(connection, ada)] == ["my-web"]
    kept.share_project(connection, ada, "my-web")
    assert [row.full_name for row in kept.project_rows(connection, bob)] == ["api", "Ada/my-web"]
    assert kept.project_names(connection, bob) == ["api", "Ada/my-web"]
    assert not kept.rename_project(connection, bob, "my-web", "mine")
    assert not kept.remove_project(connection, bob, "my-web")
    assert kept.rename_project(connection, ada, "my-web", "web")
    kept.share_project(connection, ada, "web", is_shared=False)
    assert kept.find_project(connection, bob, "Ada/web") is None
    for name in ("", "a/b", "..", 'a"b', "x" * 81):
        with pytest.raises(UsageError, match="name"):
            kept.add_project(connection, ada, name)
    with pytest.raises(UsageError, match="already"):
        kept.add_project(connection, ada, "web")


def test_a_search_tells_projects_of_one_name_apart_by_their_owners(
    connection: Connection, ada: UUID
) -> None:
    bob = rows.add_account(connection, "bob")
    for account, name in ((ada, "alpha"), (bob, "beta")):
        rows.add_release(connection, name)
        id = kept.add_project(connection, account, "web")
        store_contents(connection, id, ProjectContents((package(name),)), [], [], name)

    def found(text: str) -> list[str]:
        query = parse_search(text).asked_by(bob)
        return [row.name for row in search_packages(connection, query).rows]

    assert (found("in:web"), found("in:Ada/web")) == (["beta"], [])
    kept.share_project(connection, ada, "web")
    assert (found("in:web"), found("in:Ada/web")) == (["beta"], ["alpha"])
    assert (found("-in:Ada/web"), found("in:bob/web")) == (["beta"], [])


def test_what_is_stored_is_read_back_and_replaced_whole(connection: Connection, ada: UUID) -> None:
    id = kept.add_project(connection, ada, "web")
    web = package("web", source="workspace", folder="")
    contents = ProjectContents(
        (web, package("a", licence="MIT"), package("b", None, source="git")),
        (declared("a", "^1", 1, declared_name="x", condition="if"), declared("c", "", -1)),
        (ProjectEdge(0, 1, "^1", "runtime", "x"), ProjectEdge(1, 2, "", "optional")),
    )
    files = [ProjectFile(LOCK, "npm 3")]
    problems = [ProjectProblem(LOCK, 2, "It is not JSON.")]
    store_contents(connection, id, contents, files, problems, "one")
    assert read_contents(connection, id) == contents
    (row,) = kept.project_rows(connection, ada)
    assert (row.files, row.problems, row.digest) == (tuple(files), tuple(problems), "one")
    fewer = ProjectContents((package("a", "2.0.0"),))
    store_contents(connection, id, fewer, files, [], "two")
    assert read_contents(connection, id) == fewer
    with_it = kept.projects_with(connection, ada, "npm", "a")
    assert with_it == [("web", "2.0.0", LOCK)]
    assert kept.projects_with(connection, ada, "npm", "a", "1.0.0") == []
    kept.remove_project(connection, ada, "web")
    for table in (project_packages, project_edges):
        assert connection.scalar(select(func.count()).select_from(table)) == 0


def released(connection: Connection, name: str, *versions: str) -> None:
    rules = registration("npm").rules
    id = rows.add_package(connection, name)
    for version in versions:
        rows.add_version(connection, id, version, sort_key=rules.sort_key(version).hex())


def test_outdated_is_within_the_range_or_beyond_it(connection: Connection) -> None:
    released(connection, "within", "1.0.0", "1.10.0", "1.9.0")
    released(connection, "beyond", "1.0.0", "1.2.0", "2.0.0")
    released(connection, "pinned", "1.0.0", "1.0.1")
    released(connection, "newest", "1.0.0")
    names = ("within", "beyond", "pinned", "newest")
    ranges = ("^1.0.0", "^1.0.0", "1.0.0", "*")
    report = assess(
        connection,
        ProjectContents(
            tuple(map(package, names)),
            tuple(declared(n, r, at) for at, (n, r) in enumerate(zip(names, ranges, strict=True))),
        ),
    )
    assert [each.wanted for each in report.wanted] == ["1.10.0", "1.2.0", "1.0.0", "1.0.0"]
    assert [each.is_outdated for each in report.wanted] == [True, True, False, False]
    assert [each.is_outdated for each in report.standings] == [True, True, True, False]
    counts = report.counts
    assert (counts.outdated_within, counts.outdated_beyond, counts.outdated) == (2, 2, 3)


def test_what_is_not_known_is_never_counted_as_fine(connection: Connection) -> None:
    released(connection, "known", "1.0.0")
    id = rows.add_package(connection, "old")
    rows.add_version(connection, id, "1.0.0", is_yanked=True, yank_message="use new")
    report = assess(
        connection,
        ProjectContents(
            (
                package("known"),
                package("known", "9.9.9"),
                package("old"),
                package("nowhere"),
                package("crate", registry="cargo"),
                package("mine", None, source="folder"),
                package("said", deprecated="gone"),
            ),
            (declared("loose", "^1", -1), declared("crate", "", -1, registry="cargo")),
        ),
    )
    marks = [(each.is_missing, each.is_deprecated, each.is_foreign) for each in report.standings]
    assert marks == [
        (False, False, False),
        (True, False, False),
        (False, True, False),
        (True, False, False),
        (False, False, True),
        (False, False, False),
        (True, True, False),
    ]
    assert report.standings[2].reason == "use new"
    counts = report.counts
    assert (counts.missing, counts.deprecated, counts.foreign, counts.local) == (4, 2, 1, 1)
    assert counts.not_locked == 2
    asked = missing_names(report)
    assert asked == [("npm", "loose"), ("npm", "known"), ("npm", "nowhere"), ("npm", "said")]


def test_what_is_missing_says_why(connection: Connection) -> None:
    names = ["awaited", "failed", "never", "private", "loose"]
    for name, status, code in (
        ("awaited", "pending", None),
        ("private", "failed", "not_found"),
        ("failed", "failed", "unreachable"),
        ("loose", "failed", "not_found"),
    ):
        rows.add_request(connection, name, status=status, error_code=code)
    said = ProjectContents(
        tuple(package(each) for each in names[:-1]), (declared("loose", "^1", -1),)
    )
    report = assess(connection, said)
    kinds = {each.name: report.standings[at].absence.kind for at, each in enumerate(said.packages)}
    assert kinds == {"awaited": "awaited", "failed": "failed", "never": "", "private": "unknown"}
    assert report.loose[0].absence.kind == "unknown"
    counts = report.counts
    assert (counts.missing, counts.awaited, counts.unknown) == (5, 1, 2)
    told = counts_in_words(counts)
    assert "5 not in the catalogue (1 being fetched, 2 unknown to the registry)" in told
    assert "It is private, or was removed there." in absence_in_words(report.standings[3])
