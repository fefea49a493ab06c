"""A dump brings its advisories and what they mean for the versions here; a bad one changes nothing."""

from __future__ import annotations

import json
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select, update

from tests.support import rows
from tests.support.advisories import between, documents, record, write_dump
from tests.support.file_server import FileServer
from tgtui.basics.settings import AptSettings, Settings
from tgtui.data.models.advisories import advisories, advisory_findings
from tgtui.data.models.search import package_search
from tgtui.data.models.tables import package_dist_tags, package_versions, packages
from tgtui.data.storage.database import Database
from tgtui.data.versions.advisories.evaluating import evaluate
from tgtui.data.versions.advisories.here import release_here
from tgtui.data.versions.advisories.naming import advisory_named
from tgtui.data.versions.advisories.reading import (
    advisory_detail,
    affected_here,
    findings_of,
    standing_of,
)
from tgtui.registries.base import Facts
from tgtui.services.opening import open_database
from tgtui.worker.advisories.dumps import DumpError
from tgtui.worker.advisories.fetching import fetched
from tgtui.worker.advisories.importing import DumpImported, import_dump


def affected(connection: Connection) -> set[str]:
    found = connection.execute(
        select(packages.c.name, package_versions.c.version)
        .join(package_versions, package_versions.c.package_id == packages.c.id)
        .join(advisory_findings, advisory_findings.c.version_id == package_versions.c.id)
    )
    return {f"{name}@{version}" for name, version in found}


def marks(connection: Connection) -> list[tuple[str, int | None, int | None]]:
    return [
        (row[0], row[1], row[2])
        for row in connection.execute(
            select(package_search.c.name, package_search.c.severity, package_search.c.advisories)
            .where(package_search.c.severity.is_not(None))
            .order_by(package_search.c.name)
        )
    ]


def known(connection: Connection) -> list[str]:
    return list(connection.scalars(select(advisories.c.name).order_by(advisories.c.name)))


def lib(connection: Connection, *versions: str, name: str = "lib", registry: str = "npm") -> UUID:
    package = rows.add_package(connection, name, registry)
    for version in versions:
        rows.add_version(connection, package, version)
    return package


def bring(database: Database, folder: Path, *records: dict[str, Any]) -> DumpImported:
    return import_dump(database, write_dump(folder / "all.zip", records))


def test_versions_that_are_here_are_judged(database: Database, tmp_path: Path) -> None:
    package = database.write_now(lib, "1.0.0", "1.5.0", "2.0.0")
    assert not database.read_now(standing_of, package, "npm").whole.is_checked
    words = {"database_specific": {"severity": "HIGH"}}
    done = bring(database, tmp_path, record("GHSA-1", "lib", *between("0", "1.5.0"), **words))
    assert (done.ecosystems, done.records, done.new, done.affected) == (("npm",), 1, 1, 1)
    assert database.read_now(affected) == {"lib@1.0.0"}
    assert database.read_now(marks) == []
    assert database.read_now(standing_of, package, "npm").whole.is_checked
    open_end = record("GHSA-2", "lib", {"introduced": "1.5.0"}, **words)
    bring(database, tmp_path, record("GHSA-1", "lib", *between("0", "1.5.0"), **words), open_end)
    assert database.read_now(marks) == [("lib", 3, 1)]


def test_a_second_import_writes_what_changed_and_removes_what_is_gone(
    database: Database, tmp_path: Path
) -> None:
    database.write_now(lib, "1.0.0", "2.0.0")
    first = record("A", "lib", *between("0", "2.0.0"))
    bring(database, tmp_path, first, record("B", "lib", {"introduced": "0"}))
    again = bring(database, tmp_path, first, record("B", "lib", {"introduced": "0"}))
    assert (again.new, again.changed, again.removed, again.affected) == (0, 0, 0, 0)
    wider = record("A", "lib", *between("0", "2.0.1"), modified="2026-02-01T00:00:00Z")
    third = bring(database, tmp_path, wider)
    assert (third.new, third.changed, third.removed) == (0, 1, 1)
    assert database.read_now(known) == ["A"]
    assert database.read_now(affected) == {"lib@1.0.0", "lib@2.0.0"}
    older = bring(database, tmp_path, first)
    assert older.changed == 0
    assert database.read_now(affected) == {"lib@1.0.0", "lib@2.0.0"}


def test_what_was_withdrawn_affects_nothing(database: Database, tmp_path: Path) -> None:
    database.write_now(lib, "1.0.0")
    bring(database, tmp_path, record("A", "lib", {"introduced": "0"}))
    assert database.read_now(marks) == [("lib", 0, 1)]
    gone = {"withdrawn": "2026-01-02T00:00:00Z", "modified": "2026-01-02T00:00:00Z"}
    bring(database, tmp_path, record("A", "lib", {"introduced": "0"}, **gone))
    assert database.read_now(affected) == set()
    assert database.read_now(marks) == []


def test_one_flaw_is_one_line_with_its_best_name_and_what_mends_it(
    database: Database, tmp_path: Path
) -> None:
    package = database.write_now(lib, "1.0.0", "1.0.1-rc.1", "1.0.1", "2.0.0")
    flaw = between("0", "1.0.1-rc.1")
    bring(
        database,
        tmp_path,
        record("CVE-1", "lib", *flaw),
        record("GHSA-1", "lib", *flaw, aliases=["CVE-1"], database_specific={"severity": "LOW"}),
    )

    def look(connection: Connection) -> None:
        id = connection.scalar(
            select(package_versions.c.id).where(package_versions.c.version == "1.0.0")
        )
        assert id is not None
        (finding,) = findings_of(connection, [id])[id]
        assert (finding.flaw, finding.names, finding.severity) == ("GHSA-1", ("GHSA-1", "CVE-1"), 1)
        advisory = advisory_named(connection, "ghsa-1")
        assert advisory is not None
        detail = advisory_detail(connection, advisory)
        assert detail is not None
        assert detail.affected[0].ranges == ("< 1.0.1-rc.1",)
        (here,) = affected_here(connection, advisory)
        assert (here.package_id, here.versions, here.newest) == (package, 1, "1.0.0")
        assert (here.is_latest, here.fixed_in) == (False, "1.0.1")

    database.read_now(look)


def test_debian_is_judged_by_source_package_and_release(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = tmp_path / "os-release"
    release.write_text('ID=debian\nVERSION_ID="12"\n')
    monkeypatch.setattr("tgtui.registries.apt.distribution.OS_RELEASE", release)

    def fill(connection: Connection) -> None:
        library = lib(connection, "1:1.0-1", name="libcurl4", registry="apt")
        version = connection.scalar(
            select(package_versions.c.id).where(package_versions.c.package_id == library)
        )
        assert version is not None
        rows.add_facts(connection, version, Facts(source="curl", source_version="1.0-1"))
        lib(connection, "3.0", name="curl", registry="apt")

    database.write_now(fill)
    entry = {"ranges": [{"type": "ECOSYSTEM", "events": list(between("0", "2.0-1"))}]}
    of = {"package": {"ecosystem": "Debian:12", "name": "curl"}}
    other = {"package": {"ecosystem": "Debian:13", "name": "curl"}, "versions": ["3.0"]}
    bring(database, tmp_path, record("DSA-1", affected=[{**of, **entry}, other]))
    assert database.read_now(affected) == {"libcurl4@1:1.0-1"}


def test_the_release_is_that_of_the_catalogue_or_of_the_settings(
    database: Database, tmp_path: Path
) -> None:
    """Whatever this machine is: what the suites of most packages are called."""

    def fill(connection: Connection) -> UUID:
        package = lib(connection, "3.0", name="curl", registry="apt")
        for tag in ("trixie-security", "trixie", "stable", "bookworm"):
            rows.add_dist_tag(connection, package, "3.0", tag)
        return package

    package = database.write_now(fill)
    assert database.read_now(release_here) == "Debian:13"

    def entry(release: str) -> dict[str, Any]:
        return {"package": {"ecosystem": release, "name": "curl"}, "versions": ["3.0"]}

    told = [
        record("DSA-12", affected=[entry("Debian:12")]),
        record("DSA-13", affected=[entry("Debian:13")]),
    ]
    bring(database, tmp_path, *told)

    def flaws(connection: Connection) -> list[str]:
        found = connection.scalars(select(advisory_findings.c.flaw))
        return sorted(found)

    assert database.read_now(flaws) == ["DSA-13"]
    url = database.engine.url.render_as_string(hide_password=False)
    settings = Settings(database_url=url, apt=AptSettings(release="Debian:12"))
    with closing(open_database(settings)) as chosen:
        bring(chosen, tmp_path, *told)  # nothing in it is new
        assert chosen.read_now(flaws) == ["DSA-12"]
    database.write_now(
        lambda c: c.execute(update(package_dist_tags).values(tag="x" + package_dist_tags.c.tag))
    )
    assert database.read_now(release_here) is None
    standing = database.read_now(standing_of, package, "apt").whole
    assert "set apt.release" in (standing.problem or "")


def test_versions_that_come_later_are_judged(database: Database, tmp_path: Path) -> None:
    bring(database, tmp_path, record("A", "lib", *between("0", "2.0.0")))

    def fill(connection: Connection) -> None:
        evaluate(connection, [lib(connection, "1.0.0", "2.0.0")])

    database.write_now(fill)
    assert database.read_now(affected) == {"lib@1.0.0"}


def test_all_recorded_ones_of_npm_are_stored(database: Database, tmp_path: Path) -> None:
    of_npm = [
        each
        for each in documents()
        if any(a.get("package", {}).get("ecosystem") == "npm" for a in each["affected"])
    ]
    done = bring(database, tmp_path, *of_npm)
    assert (done.new, done.unreadable, done.ecosystems) == (len(of_npm), 0, ("npm",))
    assert len(database.read_now(known)) == len(of_npm)


async def test_a_dump_from_its_address(database: Database, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "all.zip", [record("A", "lib", {"introduced": "0"})])
    settings = Settings(data_dir=str(tmp_path))
    with FileServer({"/npm/all.zip": dump.read_bytes()}) as server:
        async with fetched(settings, f"{server.url}/npm/all.zip") as path:
            assert import_dump(database, path).new == 1
        assert not path.exists()
        for place in (f"{server.url}/nowhere.zip", "http://registry.example/all.zip"):
            with pytest.raises(DumpError, match="Nothing was changed"):
                async with fetched(settings, place):
                    raise AssertionError


class TestBadDumps:
    @pytest.fixture(autouse=True)
    def before(self, database: Database, tmp_path: Path) -> None:
        database.write_now(lib, "1.0.0")
        bring(database, tmp_path, record("A", "lib", {"introduced": "0"}))

    def refused(self, database: Database, path: Path, said: str) -> None:
        with pytest.raises(DumpError, match=said):
            import_dump(database, path)
        assert database.read_now(known) == ["A"]
        assert database.read_now(affected) == {"lib@1.0.0"}

    def test_one_that_ends_in_the_middle(self, database: Database, tmp_path: Path) -> None:
        whole = write_dump(
            tmp_path / "new.zip", [record(f"B{n}", "lib", {"introduced": "0"}) for n in range(50)]
        ).read_bytes()
        for part in (0.2, 0.5, 0.99):
            cut = tmp_path / "cut.zip"
            cut.write_bytes(whole[: int(len(whole) * part)])
            self.refused(database, cut, "ends in the middle")

    def test_one_with_other_bytes_in_it(self, database: Database, tmp_path: Path) -> None:
        file = write_dump(tmp_path / "new.zip", [record("B", "lib", {"introduced": "0"})])
        raw = bytearray(file.read_bytes())
        raw[60] ^= 0xFF
        file.write_bytes(raw)
        self.refused(database, file, "damaged")

    def test_a_zip_bomb(self, database: Database, tmp_path: Path) -> None:
        bomb = tmp_path / "bomb.zip"
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.json", bytes(8 << 20))
        self.refused(database, bomb, "no dump of advisories")

    def test_a_file_larger_than_any_advisory(self, database: Database, tmp_path: Path) -> None:
        large = tmp_path / "large.zip"
        with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("A.json", bytes(17 << 20))
        self.refused(database, large, "no advisory has more")

    def test_one_without_advisories_or_of_several_ecosystems(
        self, database: Database, tmp_path: Path
    ) -> None:
        self.refused(database, write_dump(tmp_path / "none.zip", []), "no advisories")
        of_python = [{"package": {"ecosystem": "PyPI", "name": "lib"}}]
        mixed = [record("B", "lib", {"introduced": "0"}), record("C", affected=of_python)]
        self.refused(database, write_dump(tmp_path / "mixed.zip", mixed), "--ecosystem npm")
        self.refused(database, tmp_path / "nowhere.zip", "can't be read")

    def test_records_that_cant_be_read_are_told_and_left_as_they_were(
        self, database: Database, tmp_path: Path
    ) -> None:
        folder = tmp_path / "records"
        folder.mkdir()
        (folder / "A.json").write_text("{")
        (folder / "B.json").write_text(json.dumps(record("B", "lib", {"introduced": "0"})))
        done = import_dump(database, folder)
        assert (done.records, done.new, done.removed, done.unreadable) == (1, 1, 0, 1)
        assert "A.json" in done.problems[0]
        assert database.read_now(known) == ["A", "B"]


def test_a_deleted_package_keeps_its_findings_for_when_it_is_back(
    database: Database, tmp_path: Path
) -> None:
    package = database.write_now(lib, "1.0.0")
    bring(database, tmp_path, record("A", "lib", {"introduced": "0"}))

    def delete(connection: Connection) -> int:
        connection.execute(
            update(packages).where(packages.c.id == package).values(deleted_at=rows.DAY_ONE)
        )
        id = advisory_named(connection, "A")
        assert id is not None
        assert affected_here(connection, id) == ()
        return connection.scalar(select(func.count()).select_from(advisory_findings)) or 0

    assert database.write_now(delete) == 1
