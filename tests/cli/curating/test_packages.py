"""`tgtui packages`: out of the catalogue, and back."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli
from tests.support.fake_registry import FakeRegistry

pytestmark = pytest.mark.full_on("postgresql")


def test_a_package_is_deleted_listed_and_restored(cli: Cli, chain: FakeRegistry) -> None:
    assert cli("ask", "b", "--wait").exit_code == 0
    deleted = cli("packages", "delete", "c", "npm:c")
    assert deleted.stdout == "npm:c is deleted.\n"
    assert deleted.stderr == "Restore it: tgtui packages restore npm:c\n"
    for command in (("show", "c"), ("tree", "c"), ("packages", "delete", "c")):
        gone = cli(*command)
        assert gone.exit_code == 4
        assert "npm:c was deleted from the catalogue by" in gone.stderr
        assert "tgtui packages restore npm:c" in gone.stderr
    refused = cli("ask", "c", "--force")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "deleted by an admin" in refused.stderr
    found = cli("search", "c")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "npm:c was deleted from the catalogue by" in found.stderr
    incomplete = cli("ask", "b", "--wait")
    assert incomplete.exit_code == 1
    assert "npm:c was deleted by an admin" in incomplete.stderr
    [listed] = cli.json("packages", "deleted")
    assert (listed["registry"], listed["name"]) == ("npm", "c")
    assert listed["deleted_by"]
    assert cli("packages", "restore", "c").stdout == "npm:c is restored.\n"
    assert cli("show", "c").exit_code == 0
    assert cli("packages", "deleted").exit_code == 1


def test_a_request_that_it_ended_is_made_again(cli: Cli, chain: FakeRegistry) -> None:
    assert cli("ask", "c", "--wait").exit_code == 0
    assert cli("ask", "c", "--force").exit_code == 0
    assert cli("packages", "delete", "c").stdout == "npm:c is deleted; 1 request cancelled.\n"
    again = cli("packages", "restore", "c")
    assert again.stdout == "npm:c is restored; it is queued again.\n"


def test_what_is_not_deleted_can_not_be_restored(cli: Cli) -> None:
    result = cli("packages", "restore", "react")
    assert result.exit_code == 4
    assert "`tgtui packages deleted` lists what can be restored" in result.stderr
