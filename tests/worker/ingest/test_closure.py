"""A request becomes a package with everything an install of it brings, each package asked for once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.support.rows import MEMBERS, add_account
from tests.support.working import EDGES, REQUESTS, TAGS, Workplace
from tgtui.data.graph.outline import outline_of
from tgtui.data.requests import asking
from tgtui.data.versions import listing
from tgtui.data.views.edges import NOT_LOOKED_UP, UNRESOLVED

pytestmark = pytest.mark.full_on("postgresql")


async def test_a_diamond_is_stored_whole_and_every_package_asked_for_once(place: Workplace) -> None:
    place.registry.add_package("top", {"1.0.0": {"dependencies": {"left": "^1", "right": "^1"}}})
    place.registry.add_package("left", {"1.0.0": {"dependencies": {"@scope/bottom": "^1.0"}}})
    place.registry.add_package("right", {"1.0.0": {"dependencies": {"@scope/bottom": "1.x"}}})
    place.registry.add_package("@scope/bottom", ["1.0.0", "1.2.0", "2.0.0"])
    await place.bring("top")
    assert await place.statuses() == dict.fromkeys(
        ["top", "left", "right", "@scope/bottom"], "completed"
    )
    assert len(place.registry.requests) == 4
    (edge,) = (await place.edges("left", "1.0.0")).values()
    assert (edge.dependency_version_range, edge.resolved_version) == ("^1.0", "1.2.0")
    assert edge.resolved_version_id == (await place.versions("@scope/bottom"))["1.2.0"].id
    top = (await place.versions("top"))["1.0.0"].id
    totals = (await place.database.read(outline_of, top)).totals
    assert (totals.packages, totals.depth, totals.missing, totals.not_loaded) == (3, 2, 0, 0)


async def test_cycles_and_a_dependency_on_itself_end(place: Workplace) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*", "a": "*"}}})
    place.registry.add_package("b", {"1.0.0": {"dependencies": {"c": "*"}}})
    place.registry.add_package("c", {"1.0.0": {"dependencies": {"a": "*"}}})
    await place.bring("a")
    assert set((await place.statuses()).values()) == {"completed"}
    assert len(await place.read(select(REQUESTS))) == 3
    edges = await place.edges("a", "1.0.0")
    assert edges["a"].resolved_version_id == (await place.versions("a"))["1.0.0"].id


async def test_an_older_version_of_itself_that_a_package_needs_is_loaded(place: Workplace) -> None:
    place.registry.add_package(
        "a",
        {"1.0.0": {"dependencies": {"b": "*"}}, "2.0.0": {"dependencies": {"old": "npm:a@^1"}}},
    )
    place.registry.add_package("b")
    await place.bring("a")
    assert await place.loaded("a") == {"1.0.0", "2.0.0"}
    assert (await place.statuses())["b"] == "completed"
    assert place.asked_for("a") == 1


async def test_chains_say_who_caused_what_and_how_deep(place: Workplace) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "*"}}})
    place.registry.add_package("b", {"1.0.0": {"dependencies": {"c": "*"}}})
    place.registry.add_package("c")
    await place.bring("a")
    a, b, c = [await place.request(name) for name in "abc"]
    assert [row.depth for row in (a, b, c)] == [0, 1, 2]
    assert [row.is_auto_queued for row in (a, b, c)] == [False, True, True]
    assert (b.source_request_id, c.source_request_id) == (a.id, b.id)
    members = await place.read(select(MEMBERS).order_by(MEMBERS.c.request_id))
    assert {row.chain_id for row in members} == {a.id}
    assert [(row.request_id, row.is_root) for row in members] == [
        (a.id, True), (b.id, False), (c.id, False),
    ]  # fmt: skip


async def test_an_alias_leads_to_the_package_it_stands_for(place: Workplace) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"nick": "npm:@real/name@^1"}}})
    place.registry.add_package("@real/name", ["1.1.0", "2.0.0"])
    await place.bring("a")
    edge = (await place.edges("a", "1.0.0"))["nick"]
    assert (edge.dependency_name, edge.declared_name) == ("@real/name", "nick")
    assert (edge.dependency_version_range, edge.resolved_version) == ("^1", "1.1.0")
    assert edge.resolved_version_id is not None
    assert "nick" not in await place.statuses()


@pytest.mark.parametrize(
    ("specifier", "stored"),
    [
        ("git+https://example.com/a.git#v1", None),
        ("someone/something", None),
        ("file:../beside", None),
        ("https://example.com/a.tgz", None),
        ("vendored.tgz", "file:vendored.tgz"),
        ("..", "file:.."),
    ],
)
async def test_what_does_not_come_from_the_registry_is_its_own_resolution(
    place: Workplace, specifier: str, stored: str | None
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": specifier}}})
    await place.bring("a")
    edge = (await place.edges("a", "1.0.0"))["b"]
    assert edge.dependency_version_range == specifier
    assert edge.resolved_version == (stored or specifier)
    assert (edge.resolution_error, edge.resolved_version_id) == (None, None)
    assert await place.statuses() == {"a": "completed"}
    assert place.asked_for("b") == 0
    # A package of that name has nothing to do with it.
    place.registry.add_package("b")
    await place.bring("b")
    assert (await place.edges("a", "1.0.0"))["b"].resolved_version_id is None


@pytest.mark.parametrize("specifier", ["workspace:^", "catalog:", "link:../x", " npm:c@1"])
async def test_what_npm_refuses_stays_unresolved_with_its_reason(
    place: Workplace, specifier: str
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": specifier}}})
    await place.bring("a")
    edge = (await place.edges("a", "1.0.0"))["b"]
    assert (edge.dependency_version_range, edge.resolved_version) == (specifier, "unresolved")
    reason = edge.resolution_error
    assert reason is not None
    assert await place.statuses() == {"a": "completed"}
    assert place.asked_for("b") == 0
    # Nor does a package of that name make it good.
    place.registry.add_package("b")
    await place.bring("b")
    edge = (await place.edges("a", "1.0.0"))["b"]
    assert (edge.resolved_version, edge.resolution_error) == ("unresolved", reason)


async def test_a_tag_is_resolved_to_its_version(place: Workplace) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "next"}}})
    place.registry.add_package(
        "b", ["1.0.0", "2.0.0-rc.1"], dist_tags={"latest": "1.0.0", "next": "2.0.0-rc.1"}
    )
    await place.bring("a")
    assert (await place.edges("a", "1.0.0"))["b"].resolved_version == "2.0.0-rc.1"
    assert await place.loaded("b") == {"2.0.0-rc.1"}


async def test_an_install_brings_required_peers_and_optional_dependencies_but_no_optional_peers(
    place: Workplace,
) -> None:
    place.registry.add_package(
        "a",
        {
            "1.0.0": {
                "peerDependencies": {"peer": "*", "maybe": "*"},
                "peerDependenciesMeta": {"maybe": {"optional": True}},
                "optionalDependencies": {"optional": "*"},
                "devDependencies": {"dev": "*"},
            }
        },
    )
    for name in ("peer", "maybe", "optional", "dev"):
        place.registry.add_package(name)
    await place.bring("a")
    assert await place.statuses() == dict.fromkeys(["a", "peer", "optional"], "completed")
    edges = await place.edges("a", "1.0.0")
    kinds = {name: (edge.dependency_type, edge.is_optional) for name, edge in edges.items()}
    assert kinds == {
        "peer": ("peer", False),
        "maybe": ("peer", True),
        "optional": ("optional", True),
        "dev": ("dev", False),
    }
    for name in ("maybe", "dev"):
        assert (edges[name].resolved_version, edges[name].resolution_error) == (
            UNRESOLVED,
            NOT_LOOKED_UP,
        )
        assert place.asked_for(name) == 0


async def test_a_development_edge_is_linked_when_its_package_arrives_and_loads_nothing(
    place: Workplace,
) -> None:
    place.registry.add_package("a", {"1.0.0": {"devDependencies": {"dev": "^1"}}})
    place.registry.add_package("dev", {"1.5.0": {"dependencies": {"deep": "*"}}, "2.0.0": {}})
    await place.bring("a")
    await place.bring("dev")
    edge = (await place.edges("a", "1.0.0"))["dev"]
    versions = await place.versions("dev")
    assert (edge.resolved_version, edge.resolution_error) == ("1.5.0", None)
    assert edge.resolved_version_id == versions["1.5.0"].id
    assert edge.dependency_package_id == versions["1.5.0"].package_id
    assert await place.loaded("dev") == {"2.0.0"}
    assert "deep" not in await place.statuses()


async def test_a_development_edge_to_a_package_that_is_here_is_linked_at_once(
    place: Workplace,
) -> None:
    place.registry.add_package("dev", ["1.0.0"])
    place.registry.add_package("a", {"1.0.0": {"devDependencies": {"dev": "*"}}})
    await place.bring("dev")
    await place.bring("a")
    edge = (await place.edges("a", "1.0.0"))["dev"]
    assert edge.resolved_version_id == (await place.versions("dev"))["1.0.0"].id


async def test_two_parents_that_need_different_versions_have_both_loaded(place: Workplace) -> None:
    """express 4 needs debug 2.6.9, which needs an ms of its own."""
    place.registry.add_package(
        "express", {"4.0.0": {"dependencies": {"debug": "2.6.9", "send": "*"}}}
    )
    place.registry.add_package("send", {"1.0.0": {"dependencies": {"debug": "^4"}}})
    place.registry.add_package(
        "debug",
        {
            "2.6.9": {"dependencies": {"ms": "2.0.0"}},
            "4.3.0": {"dependencies": {"ms": "^2.1"}},
            "4.4.0": {"dependencies": {"ms": "^2.1.3"}},
            "5.0.0": {"dependencies": {"never": "*"}},
        },
    )
    place.registry.add_package("ms", ["2.0.0", "2.1.3", "3.0.0"])
    await place.bring("express")
    assert await place.loaded("debug") == {"2.6.9", "4.4.0"}
    assert await place.loaded("ms") == {"2.0.0", "2.1.3"}
    ms = await place.versions("ms")
    for version, needs in (("2.6.9", "2.0.0"), ("4.4.0", "2.1.3")):
        assert (await place.edges("debug", version))["ms"].resolved_version_id == ms[needs].id
    assert set((await place.statuses()).values()) == {"completed"}
    assert "never" not in await place.statuses()
    assert [place.asked_for(name) for name in ("express", "send", "debug", "ms")] == [1] * 4


async def test_a_version_needed_later_is_loaded_without_the_network(place: Workplace) -> None:
    place.registry.add_package("lib", {"1.0.0": {"dependencies": {"deep": "*"}}, "2.0.0": {}})
    place.registry.add_package("deep")
    await place.bring("lib")
    assert await place.loaded("lib") == {"2.0.0"}
    place.registry.add_package("app", {"1.0.0": {"dependencies": {"lib": "^1"}}})
    await place.bring("app")
    assert await place.loaded("lib") == {"1.0.0", "2.0.0"}
    assert (await place.statuses())["deep"] == "completed"
    assert place.asked_for("lib") == 1


async def test_opening_a_version_loads_its_dependencies_from_the_cached_document(
    place: Workplace,
) -> None:
    place.registry.add_package("lib", {"1.0.0": {"dependencies": {"deep": "*"}}, "2.0.0": {}})
    place.registry.add_package("deep")
    await place.bring("lib")
    old = (await place.versions("lib"))["1.0.0"].id
    account = await place.database.write(add_account)
    await place.database.write(asking.want_dependencies, old, account_id=account)
    assert (await place.request("lib")).priority == asking.PRIORITY_OPENED
    await place.work()
    assert await place.loaded("lib") == {"1.0.0", "2.0.0"}
    assert (await place.statuses())["deep"] == "completed"
    assert (await place.versions("lib"))["1.0.0"].dependencies_wanted_at is None
    assert place.asked_for("lib") == 1
    await place.database.write(asking.want_dependencies, old, account_id=account)
    assert (await place.request("lib")).status == "completed"


async def test_what_can_not_be_resolved_is_stored_with_the_reason(place: Workplace) -> None:
    place.registry.add_package(
        "a",
        {
            "1.0.0": {
                "dependencies": {
                    "missing": "^1",
                    "old": "^9",
                    "untagged": "canary",
                    "Bad Name": "*",
                    "broken": "*",
                }
            }
        },
    )
    place.registry.add_package("old")
    place.registry.add_package("untagged")
    place.registry.add_document("broken", {"name": "something-else", "versions": {"1.0.0": {}}})
    await place.bring("a")
    edges = await place.edges("a", "1.0.0")
    assert {edge.resolved_version for edge in edges.values()} == {UNRESOLVED}
    assert all(len(edge.resolution_error) > 10 for edge in edges.values())
    assert "not in the registry" in edges["missing"].resolution_error
    assert "^9" in edges["old"].resolution_error
    assert "canary" in edges["untagged"].resolution_error
    assert await place.statuses() == {"a": "completed"}


async def test_an_edge_without_a_choice_gets_one_when_its_package_is_published(
    place: Workplace,
) -> None:
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"late": "^1"}}})
    await place.bring("a")
    place.registry.add_package("late", {"1.0.0": {"dependencies": {"deep": "*"}}, "2.0.0": {}})
    place.registry.add_package("deep")
    await place.ask("late", force=True)
    await place.work()
    edge = (await place.edges("a", "1.0.0"))["late"]
    assert (edge.resolved_version, edge.resolution_error) == ("1.0.0", None)
    assert edge.resolved_version_id == (await place.versions("late"))["1.0.0"].id
    assert await place.loaded("late") == {"1.0.0", "2.0.0"}
    assert (await place.statuses())["deep"] == "completed"


async def test_versions_keep_their_facts(place: Workplace) -> None:
    place.registry.add_package(
        "a",
        {"1.0.0": {"deprecated": "use 2"}, "2.0.0-rc.1": {}, "2.0.0": {}},
        dist_tags={"latest": "2.0.0", "next": "2.0.0-rc.1"},
        description="What it is",
        homepage="https://example.com/a",
    )
    await place.bring("a")
    package = await place.package("a")
    assert package is not None
    assert (package.description, package.homepage) == ("What it is", "https://example.com/a")
    versions = await place.versions("a")
    old, candidate, new = versions["1.0.0"], versions["2.0.0-rc.1"], versions["2.0.0"]
    assert (old.is_yanked, old.yank_message) == (True, "use 2")
    assert (candidate.is_prerelease, new.is_prerelease) == (True, False)
    assert old.sort_key < candidate.sort_key < new.sort_key
    assert old.published_at < new.published_at
    tags = {row.tag: row.version for row in await place.read(select(TAGS))}
    assert tags == {"latest": "2.0.0", "next": "2.0.0-rc.1"}


async def test_a_mirror_that_serves_less_gives_the_same_tree(place: Workplace) -> None:
    place.registry.is_poor = True
    place.registry.add_package("a", {"1.0.0": {"dependencies": {"b": "^1"}}})
    place.registry.add_package("b", ["1.0.0", "1.1.0", "2.0.0"])
    await place.bring("a")
    assert await place.statuses() == {"a": "completed", "b": "completed"}
    assert (await place.edges("a", "1.0.0"))["b"].resolved_version == "1.1.0"
    assert {row.published_at for row in (await place.versions("b")).values()} == {None}


async def test_edges_are_the_same_however_many_packages_are_worked_on_at_once(
    place: Workplace,
) -> None:
    """Thirty packages, each on the next five round a ring, with two versions of each in use."""
    count = 30
    for number in range(count):
        needs = {f"p{(number + step) % count}": f"^{1 + step % 2}" for step in range(1, 6)}
        place.registry.add_package(
            f"p{number}", {"1.0.0": {"dependencies": needs}, "2.0.0": {"dependencies": needs}}
        )
    await place.bring("p0", concurrency=8)
    assert set((await place.statuses()).values()) == {"completed"}
    assert len(place.registry.requests) == count
    rows = await place.read(select(EDGES))
    assert all(row.resolved_version_id is not None for row in rows)
    assert len(rows) == len({(row.version_id, row.dependency_name) for row in rows})
    loaded = sum([len(await place.loaded(f"p{number}")) for number in range(count)])
    assert len(rows) == 5 * loaded
    package = await place.package("p0")
    assert package is not None
    latest = await place.database.read(listing.find_version, package.id, "latest")
    assert latest is not None
    totals = (await place.database.read(outline_of, latest.id)).totals
    assert (totals.missing, totals.not_loaded, totals.unresolved) == (0, 0, 0)
