"""Closures of apt: next to apt's own, recorded by tests/oracle/apt_closures.py, and every reader of one tree."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from tests.support.apt_archive import MADE, packages, stanza
from tests.support.places import RECORDINGS
from tgtui.basics import clock
from tgtui.data.graph.comparison import compare
from tgtui.data.graph.outline import outline_of
from tgtui.data.graph.reach import closure_of, followed, names_of
from tgtui.data.graph.tree import TreeQuery, below_each, overview, own_edges, top_of
from tgtui.data.graph.why import why
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.detail import package_detail
from tgtui.data.storage.database import Database
from tgtui.data.versions.edges import INSTALLED
from tgtui.data.versions.listing import find_version
from tgtui.output.trees.formats import FORMATS
from tgtui.output.trees.tree import ExportedTree
from tgtui.registries.apt.index.build import build
from tgtui.registries.apt.index.view import AptIndex
from tgtui.worker.imports.importing import Importer

pytestmark = pytest.mark.full_on("postgresql")

RECORDED = RECORDINGS / "apt" / "closures.json.gz"
REQUIRED = frozenset({"runtime", "peer"})


def bring(database: Database, folder: Path, content: bytes) -> None:
    source, target = folder / "Packages", folder / "made.index"
    source.write_bytes(content)
    part = {"path": str(source), "compression": "", "label": "made", "sha256": "", "size": 0}
    suites = json.dumps([{"name": "garden", "pin": 500}])
    build(
        {
            "path": str(target),
            "architecture": "amd64",
            "problems": [],
            "parts": [{**part, "source": 0, "pin": 500}],
            "facts": {"architecture": "amd64", "digest": "d", "suites": suites},
        }
    )
    index = AptIndex(target, MADE, recommends=True)
    Importer(database, "apt", index, lambda progress: None).run()
    index.close()


def version_id(connection: Connection, name: str, version: str | None = None) -> UUID:
    package_id = find_package(connection, "apt", name)
    assert package_id is not None
    if version is not None:
        found = find_version(connection, package_id, version)
    else:
        detail = package_detail(connection, package_id)
        found = detail.latest if detail else None
    assert found is not None
    return found.id


def brought(database: Database, name: str, version: str | None = None) -> set[str]:
    """The packages of its closure, without itself."""

    def read(connection: Connection) -> set[str]:
        closure = closure_of(connection, version_id(connection, name, version))
        names = names_of(connection, closure, range(1, len(closure)))
        return {each.name for each in names.values()}

    return database.read_now(read)


def text_of(database: Database, name: str, format: str = "text") -> str:
    def read(connection: Connection) -> str:
        id = version_id(connection, name)
        package_id = find_package(connection, "apt", name)
        assert package_id is not None
        detail = package_detail(connection, package_id)
        assert detail is not None
        assert detail.latest is not None
        tree = ExportedTree.of(detail, detail.latest, outline_of(connection, id), clock.now())
        return "\n".join(FORMATS[format].write(tree))

    return database.read_now(read)


def test_closures_are_apts(database: Database, tmp_path: Path) -> None:
    recorded: dict[str, Any] = json.loads(gzip.decompress(RECORDED.read_bytes()))
    bring(database, tmp_path, recorded["packages"].encode())
    longer = 0

    def read(connection: Connection) -> None:
        nonlocal longer
        for name, answers in recorded["answers"].items():
            id = version_id(connection, name)
            for kinds, expected in zip((INSTALLED, REQUIRED), answers, strict=True):
                closure = closure_of(connection, id, kinds)
                found = {f"{n.name}={n.version}" for n in names_of(connection, closure).values()}
                assert found == set(expected), (name, found ^ set(expected))
                assert not closure.clashes
                longer += len(followed(connection, id, kinds)) > len(closure)

    database.read_now(read)
    assert len(recorded["answers"]) > 20
    assert longer > 10  # where each edge by itself would bring more


class TestWhatIsThereServes:
    def test_a_provider_that_another_dependency_brings(
        self, database: Database, tmp_path: Path
    ) -> None:
        made = packages(
            stanza("shed", Depends="perl, libjson"),
            stanza("hut", Depends="libjson, perl"),
            stanza("perl", Provides="libjson"),
            stanza("libjson"),
        )
        bring(database, tmp_path, made)
        assert brought(database, "shed") == {"perl"}
        assert brought(database, "hut") == {"perl", "libjson"}

    def test_the_root_itself(self, database: Database, tmp_path: Path) -> None:
        made = packages(
            stanza("nullmailer", Depends="cron", Provides="mta"),
            stanza("cron", Recommends="exim | mta"),
            stanza("exim", Provides="mta"),
        )
        bring(database, tmp_path, made)
        assert brought(database, "nullmailer") == {"cron"}
        assert brought(database, "cron") == {"exim"}

    def test_a_version_of_the_root_that_is_no_candidate(
        self, database: Database, tmp_path: Path
    ) -> None:
        made = packages(
            stanza("rake", "1.0", Depends="rake-data"),
            stanza("rake", "2.0", Depends="rake-data"),
            stanza("rake-data", Depends="rake"),
        )
        bring(database, tmp_path, made)
        assert brought(database, "rake", "1.0") == {"rake-data"}

        def names(connection: Connection) -> set[str]:
            closure = closure_of(connection, version_id(connection, "rake", "1.0"))
            return {f"{n.name}={n.version}" for n in names_of(connection, closure).values()}

        assert database.read_now(names) == {"rake=1.0", "rake-data=1.0"}


class TestConflicts:
    def test_a_recommendation_that_conflicts_is_left_out(
        self, database: Database, tmp_path: Path
    ) -> None:
        made = packages(
            stanza("shed", Depends="static", Recommends="busy"),
            stanza("static", Conflicts="busy"),
            stanza("busy"),
        )
        bring(database, tmp_path, made)
        assert brought(database, "shed") == {"static"}
        assert "apt leaves it out: static conflicts with busy." in text_of(database, "shed")
        bill = json.loads(text_of(database, "shed", "cyclonedx"))
        assert {"name": "tgtui:complete", "value": "true"} in bill["metadata"]["properties"]

    def test_then_the_next_alternative_is_taken(self, database: Database, tmp_path: Path) -> None:
        made = packages(
            stanza("shed", Depends="static, busy | lazy"),
            stanza("static", Conflicts="busy"),
            stanza("busy"),
            stanza("lazy", Depends="sofa"),
            stanza("sofa"),
        )
        bring(database, tmp_path, made)
        assert brought(database, "shed") == {"static", "lazy", "sofa"}

    def test_what_can_only_be_had_together_is_said_in_words(
        self, database: Database, tmp_path: Path
    ) -> None:
        made = packages(
            stanza("shed", Depends="static, busy"),
            stanza("static", Conflicts="busy"),
            stanza("busy"),
        )
        bring(database, tmp_path, made)
        assert brought(database, "shed") == {"static", "busy"}
        told = text_of(database, "shed")
        assert "apt:static@1.0 conflicts with apt:busy@1.0." in told
        assert "1 conflict: apt would choose differently" in told
        found = json.loads(text_of(database, "shed", "json"))
        assert found["conflicts"] == [["apt:static@1.0", "apt:busy@1.0"]]


def test_every_reader_agrees(database: Database, tmp_path: Path) -> None:
    """Lines of the screen, the outline, the paths, the direct dependencies, the comparison."""
    made = packages(
        stanza("shed", Depends="perl, box"),
        stanza("box", Depends="libjson (>= 1)"),
        stanza("perl", Provides="libjson (= 4)"),
        stanza("libjson", "2", Depends="more"),
        stanza("more"),
    )
    bring(database, tmp_path, made)

    def read(connection: Connection) -> None:
        shed, box = version_id(connection, "shed"), version_id(connection, "box")
        query = TreeQuery(shed)
        (below,) = below_each(connection, query, [box])[box]
        assert (below.name, below.declared_name, below.range) == ("perl", "libjson (>= 1)", "")
        assert below.resolved_version_id == version_id(connection, "perl")
        assert {edge.name for edge in top_of(connection, query)} == {"perl", "box"}
        assert [edge.name for edge in own_edges(connection, box)] == ["libjson"]
        outline = outline_of(connection, shed)
        (line,) = outline.edges[box]
        assert (line.name, line.range, line.target_id) == ("perl", "", below.resolved_version_id)
        seen = overview(connection, query)
        assert seen.totals == outline.totals
        assert (seen.totals.packages, seen.ends) == (2, ())
        (reason,) = why(connection, shed, registry=None, name="perl", version=None, limit=5)
        assert [[step.name.name for step in way] for way in reason.ways] == [
            ["shed", "perl"],
            ["shed", "box", "perl"],
        ]
        assert reason.ways[1][1].link is not None
        assert reason.ways[1][1].link.declared_name == "libjson (>= 1)"
        assert not why(connection, shed, registry=None, name="libjson", version=None, limit=5)
        same = compare(connection, shed, shed)
        assert same is not None
        assert (same.is_same, same.after.packages) == (True, 2)

    database.read_now(read)
