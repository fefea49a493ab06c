"""`tgtui watch`, `unwatch`, `news`: one person's own, and nothing is lost before it was shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, update

from tests.cli.conftest import Cli
from tests.support.fake_registry import FakeRegistry
from tgtui.data.models.tables import package_requests, packages
from tgtui.data.storage.database import Database

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.full_on("postgresql")


def test_watch_list_fetch_again_read_and_end(
    cli: Cli, fake_registry: FakeRegistry, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TGTUI_LIMITS_COOLDOWN_MINUTES", "0")
    fake_registry.add_package("a")
    assert cli("ask", "a", "--wait").exit_code == 0
    sentence = "You watch npm:a; what is new is shown on the search screen.\n"
    assert cli("watch", "npm:a").stdout == sentence
    assert cli.json("watch", "a") == {"is_watched": True, "changed": 0, "total": 1}
    assert cli("news").stderr == "Nothing is new of what you watch.\n"
    fake_registry.add_package("a", {"1.0.0": {"deprecated": "use 2"}, "2.0.0": {}})

    def long_ago(connection: Connection) -> None:
        stamps = {"last_fetch_attempt": LONG_AGO, "last_fetch_success": LONG_AGO}
        connection.execute(update(packages).values(**stamps))
        connection.execute(update(package_requests).values(created_at=LONG_AGO))

    database.write_now(long_ago)
    assert cli("worker", "--once").exit_code == 0
    [row] = cli.json("news")["news"]
    assert (row["package"], row["latest_version"]) == ("npm:a", "2.0.0")
    assert row["news"]["versions"] == ["2.0.0"]
    assert (row["news"]["deprecated"], row["news"]["reason"]) == (["1.0.0"], "use 2")
    assert "2.0.0 · deprecated 1.0.0: use 2" in cli("news", "--seen").stdout
    assert cli.json("news") == {"news": []}
    [row] = cli.json("watch")["watched"]
    assert (row["package"], row["news"]) == ("npm:a", None)
    assert cli.json("privacy")["watched"] == 1
    assert cli("search", "is:watched").stdout.startswith("npm:a\t2.0.0")
    assert cli("unwatch", "a").stdout == "You no longer watch npm:a.\n"
    assert cli("watch").stderr.startswith("You watch no packages yet.")


def test_what_can_not_be_watched_says_what_to_do(cli: Cli) -> None:
    missing = cli("watch", "npm:nowhere")
    assert missing.exit_code == 4
    assert "Ask for it: tgtui ask npm:nowhere --wait" in missing.stderr
    assert cli("unwatch").exit_code == 2
    assert cli("unwatch", "a", "--all").exit_code == 2
    assert cli("unwatch", "--all").stdout == "You no longer watch 0 packages.\n"
