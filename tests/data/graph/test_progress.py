"""When somebody who waits for a package has what they wait for, and what they are told where they have not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update

from tests.support import rows
from tests.support.rows import CHAINS, DAY_ONE
from tgtui.basics.ids import uuid7
from tgtui.data.access.limits import RequestRefused
from tgtui.data.graph.progress import chain_progress, hurry
from tgtui.data.models.tables import package_requests
from tgtui.data.requests.asking import PRIORITY_AUTO, PRIORITY_SEED_AUTO
from tgtui.data.requests.retrying import retry

pytestmark = pytest.mark.full_on("postgresql")

Release = tuple[UUID, UUID]


class World:
    """a, which was read because of `request`; edges are added by the test."""

    def __init__(self, connection: Connection, **request: Any) -> None:
        self.connection = connection
        self.a = rows.add_release(connection, "a")
        values = {"status": "completed", "package_id": self.a[0], **request}
        self.request = rows.add_request(connection, "a", **values)

    def needs(self, name: str, **edge: Any) -> None:
        rows.add_edge(self.connection, self.a, name, **edge)

    def told(self, version: str | None = None) -> dict[str, str]:
        """The reasons by name."""
        shortfalls = chain_progress(self.connection, self.request, version).shortfalls
        return {each.name: each.reason for each in shortfalls}

    def member(self, name: str, **values: Any) -> None:
        """A request of the chain."""
        rows.add_request(self.connection, name, chain=self.request, is_auto_queued=True, **values)


@pytest.fixture
def world(connection: Connection) -> World:
    return World(connection)


def test_a_package_that_needs_nothing_is_done(world: World) -> None:
    progress = chain_progress(world.connection, world.request)
    assert progress.is_done
    assert progress.shortfalls == ()
    assert (progress.completed, progress.total) == (1, 1)


@pytest.mark.parametrize("state", ["pending", "fetching"])
def test_a_member_of_the_chain_is_waited_for(world: World, state: str) -> None:
    world.member("b", status=state)
    progress = chain_progress(world.connection, world.request)
    assert (progress.is_done, progress.completed, progress.total) == (False, 1, 2)


def test_a_dependency_in_the_chain_of_another_request_is_waited_for(world: World) -> None:
    world.needs("b")
    rows.add_request(world.connection, "b", status="fetching")
    progress = chain_progress(world.connection, world.request)
    assert not progress.is_done
    assert progress.waits_for == {("npm", "b")}
    assert progress.shortfalls == ()


def test_what_is_queued_elsewhere_and_not_needed_is_not_waited_for(world: World) -> None:
    rows.add_request(world.connection, "unrelated")
    assert chain_progress(world.connection, world.request).is_done


def test_development_dependencies_are_not_waited_for(world: World) -> None:
    world.needs("dev", dependency_type="dev")
    rows.add_request(world.connection, "dev")
    progress = chain_progress(world.connection, world.request)
    assert progress.is_done
    assert progress.shortfalls == ()


def test_a_missing_dependency_fails_with_the_sentence_of_its_request(world: World) -> None:
    world.needs("b")
    world.member("b", status="failed", error_code="forbidden", error_message="b is forbidden.")
    assert world.told() == {"b": "b is forbidden."}


def test_a_missing_dependency_nobody_asked_for_says_so(world: World) -> None:
    world.needs("b")
    assert world.told() == {"b": "npm:b@1.0.0 is not in the catalogue; ask for it again."}


def test_a_missing_dependency_that_was_cancelled_says_so(world: World) -> None:
    world.needs("b")
    world.member("b", status="cancelled")
    assert world.told() == {"b": "The request for npm:b@1.0.0 was cancelled."}


def test_a_bound_is_the_reason_of_what_was_not_queued(connection: Connection) -> None:
    world = World(connection, error_code="bound_reached", error_message="The bound.")
    world.needs("b")
    assert world.told() == {"b": "npm:b@1.0.0 was not queued: The bound."}


def test_a_dependency_whose_own_are_not_loaded_is_a_failure(world: World) -> None:
    package = rows.add_package(world.connection, "b")
    version = rows.add_version(world.connection, package, dependencies_fetched_at=None)
    world.needs("b", target=(package, version))
    assert world.told() == {
        "b": "The dependencies of npm:b@1.0.0 are not loaded; ask for it again."
    }


def test_only_a_required_dependency_without_a_version_is_a_failure(world: World) -> None:
    unresolved = {"resolved_version": "unresolved", "resolution_error": "No version fits."}
    world.needs("b", **unresolved)
    world.needs("c", dependency_type="optional", is_optional=True, **unresolved)
    assert world.told() == {"b": "No version fits."}


def test_what_has_no_version_is_not_counted_among_the_packages(world: World) -> None:
    world.needs("b", resolved_version="unresolved", is_optional=True)
    progress = chain_progress(world.connection, world.request)
    assert (progress.completed, progress.total) == (1, 1)


def test_git_dependencies_are_no_failure(world: World) -> None:
    world.needs("b", resolved_version="github:x/b")
    assert world.told() == {}


def test_a_failure_that_a_newer_request_mended_is_none(world: World) -> None:
    world.member("b", status="failed", error_message="It was down.")
    rows.add_request(world.connection, "b", status="completed")
    assert world.told() == {}


def test_what_failed_beside_the_closure_is_told_too(world: World) -> None:
    world.member("b", status="failed", error_message="It was down.")
    assert world.told() == {"b": "It was down."}


def test_a_request_that_failed_is_done_and_tells_why(connection: Connection) -> None:
    request = rows.add_request(connection, "x", status="failed", error_message="Nobody has x.")
    progress = chain_progress(connection, request)
    assert progress.is_done
    assert [each.reason for each in progress.shortfalls] == ["Nobody has x."]


def test_a_version_that_does_not_exist_is_told(world: World) -> None:
    assert world.told("9.9.9") == {"a": "npm:a has no version or tag 9.9.9."}


def test_a_version_that_is_not_loaded_has_to_be_wanted(world: World) -> None:
    old = rows.add_version(world.connection, world.a[0], "0.9.0", dependencies_fetched_at=None)
    progress = chain_progress(world.connection, world.request, "0.9.0")
    assert progress.unloaded_version_id == old
    assert [each.version for each in progress.shortfalls] == ["0.9.0"]


def test_those_that_are_tried_again_are_told_meanwhile(world: World) -> None:
    world.member("b", error_message="It is down.")
    (waiting,) = chain_progress(world.connection, world.request).retried
    assert (waiting.name, waiting.error_message) == ("b", "It is down.")


def test_what_is_waited_for_goes_before_what_nobody_waits_for(world: World) -> None:
    world.needs("b")
    rows.add_request(world.connection, "b", priority=PRIORITY_SEED_AUTO)
    rows.add_request(world.connection, "unrelated", priority=PRIORITY_SEED_AUTO)
    hurry(world.connection, chain_progress(world.connection, world.request))
    world.member("c", priority=PRIORITY_SEED_AUTO)
    hurry(world.connection, chain_progress(world.connection, world.request))
    priorities = select(package_requests.c.package_name, package_requests.c.priority)
    found = {row[0]: row[1] for row in world.connection.execute(priorities)}
    assert (found["b"], found["c"], found["unrelated"]) == (
        PRIORITY_AUTO,
        PRIORITY_AUTO,
        PRIORITY_SEED_AUTO,
    )


def test_a_request_that_is_gone_says_so(connection: Connection) -> None:
    with pytest.raises(RequestRefused):
        chain_progress(connection, uuid7())


@pytest.mark.parametrize("newer", ["pending", "completed"])
def test_a_newer_request_that_took_its_place_is_followed(
    connection: Connection, newer: str
) -> None:
    failed = {"status": "failed", "error_code": "unreachable", "error_message": "It was down."}
    world = World(connection, **failed)
    assert world.told() == {"a": "It was down."}
    other = rows.add_request(connection, "a", status=newer, package_id=world.a[0])
    assert retry(connection, world.request, account_id=None).request_id == other
    connection.execute(update(CHAINS).values(settled_at=DAY_ONE))
    progress = chain_progress(connection, world.request, chain_id=world.request)
    assert progress.request.id == other
    assert progress.shortfalls == ()
    assert progress.is_done == (newer == "completed")


def test_of_a_chain_that_has_nothing_for_the_package_the_request_itself(
    connection: Connection,
) -> None:
    """Another person's chain went on without it."""
    world = World(connection)
    elsewhere = rows.add_request(connection, "b", status="completed")
    assert chain_progress(connection, world.request, chain_id=elsewhere).request.id == world.request
