"""What a search names that is not there is told, with what is near; what is there is never told."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tests.support import rows
from tgtui.data.search.absent import absent_parts
from tgtui.syntax.query import parse_search

pytestmark = pytest.mark.full_on("postgresql")


@pytest.fixture
def garden(connection: Connection) -> Connection:
    """app 1.0.0 uses react 18.2.0 and 19.0.0 and apt:libc6; frontend is on app, empty-tag on nothing."""
    react = rows.add_package(connection, "react")
    for version in ("17.0.2", "18.2.0", "18.3.1", "19.0.0", "20.0.0-rc.1"):
        rows.add_version(connection, react, version)
    app = rows.add_release(connection, "app")
    for version in ("18.2.0", "19.0.0"):
        rows.add_edge(connection, app, "react", (react, None), resolved_version=version)
    libc = rows.add_package(connection, "libc6", "apt")
    rows.add_edge(
        connection, app, "libc6", (libc, None), dependency_registry="apt", resolved_version="2.36-9"
    )
    tag = rows.add_tag(connection, "frontend", name="Front of house")
    rows.add_package_tag(connection, app[0], tag, rows.add_account(connection))
    rows.add_tag(connection, "empty-tag")
    rows.add_tag(connection, "old-tag", deleted_at=rows.DAY_ONE)
    return connection


def told(connection: Connection, text: str) -> list[str]:
    query = parse_search(text)
    return [each.sentence for each in absent_parts(connection, query.tags, query.dependencies)]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("tag:fronted", "There is no tag `fronted`. Did you mean tag:frontend?"),
        ("tag:house", "There is no tag `house`. Did you mean tag:frontend?"),
        ("tag:qqq", "There is no tag `qqq`."),
        ("tag:old-tag", "There is no tag `old-tag`."),
        ("tag:empty-tag", "No package has the tag `empty-tag` yet."),
        ("dep:raect", "No package here depends on `raect`. Did you mean dep:react?"),
        ("dep:React", "No package here depends on `React`. Did you mean dep:react?"),
        ("dep:app", "No package here depends on `app`."),
        (
            "dep:npm:libc6",
            "No package here depends on `npm:libc6`. Did you mean dep:apt:libc6?",
        ),
        (
            "dep:react@99.0.0",
            "Nothing here resolved to exactly `react@99.0.0`."
            " Did you mean dep:react@19.0.0 or dep:react@18.2.0?",
        ),
        (
            "dep:react@18",
            "Nothing here resolved to exactly `react@18`. Did you mean dep:react@18.2.0?",
        ),
        ("dep:raect@18.2.0", "No package here depends on `raect`. Did you mean dep:react?"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(
    garden: Connection, typed: str, sentence: str
) -> None:
    assert told(garden, typed) == [sentence]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "react",
        "tag:frontend dep:react",
        "dep:react@18.2.0",
        "dep:apt:libc6=2.36-9",
        "is:failed",
    ],
)
def test_what_is_there_is_not(garden: Connection, typed: str) -> None:
    assert told(garden, typed) == []


def test_each_part_is_told_of(garden: Connection) -> None:
    assert [sentence[:20] for sentence in told(garden, "tag:qqq tag:frontend dep:app")] == [
        "There is no tag `qqq",
        "No package here depe",
    ]


def test_what_a_deleted_package_uses_counts_for_nothing(connection: Connection) -> None:
    gone = rows.add_package(connection, "gone", deleted_at=rows.DAY_ONE)
    version = rows.add_version(connection, gone)
    rows.add_edge(connection, (gone, version), "react")
    assert told(connection, "dep:react") == ["No package here depends on `react`."]
