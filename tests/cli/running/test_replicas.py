"""`tgtui db zero-publication`, `zero-schema` and `drizzle-schema`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.team import Team


def test_the_publication_is_made_told_and_dropped(
    bare: Cli, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TGTUI_DATABASE_URL", team.url("owner"))
    first = bare("db", "zero-publication", "--requests")
    assert "tgtui_zero now publishes these 11 tables." in first.stdout
    assert "wal_level is minimal" in first.stderr
    assert "already publishes" in bare("db", "zero-publication", "--requests").stdout
    less = bare("db", "zero-publication")
    assert "now publishes these 8 tables" in less.stdout
    assert "package_requests" not in less.stdout
    assert bare("db", "zero-publication", "--drop").stdout == "It is no longer published.\n"
    assert bare("db", "zero-publication", "--drop").stdout == "It was not published.\n"
    both = bare("db", "zero-publication", "--drop", "--requests")
    assert (both.exit_code, "leave out --requests" in both.stderr) == (2, True)


def test_only_its_owner_publishes_a_catalogue(
    bare: Cli, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TGTUI_DATABASE_URL", team.url("ada"))
    refused = bare("db", "zero-publication")
    assert refused.exit_code != 0
    assert f"Only the owner of the tables, {team.name('owner')}" in refused.stderr


def test_sqlite_publishes_nothing(bare: Cli) -> None:
    refused = bare("db", "zero-publication")
    assert refused.exit_code == 2
    assert "only PostgreSQL replicates" in refused.stderr


@pytest.mark.parametrize("command", ["zero-schema", "drizzle-schema"])
def test_a_schema_is_printed_without_a_database(bare: Cli, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "nowhere"
    whole = bare("--data-dir", str(folder), "db", command)
    public = bare("db", command, "--public")
    requests = bare("db", command, "--requests")
    assert not folder.exists()
    for shown, has in ((whole, True), (requests, True), (public, False)):
        assert shown.exit_code == 0
        assert shown.stdout.startswith("// Written by `tgtui db")
        assert ('"package_requests"' in shown.stdout) is has
    assert "leaseToken" in whole.stdout
    assert "leaseToken" not in requests.stdout
