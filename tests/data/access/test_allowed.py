"""What each role may do with plain SQL, without the program: as much as it is there for."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from tests.data.access.garden import Garden, refused
from tests.support.advisories import told_record
from tests.support.rows import DAY_ONE
from tests.support.team import LIMITS
from tgtui.data.models.tables import packages
from tgtui.data.packages.projects import contents, kept
from tgtui.data.packages.projects.judging import projects_affected
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url
from tgtui.data.upkeep.shared_settings import propose_settings, put_setting, shared_settings
from tgtui.data.versions.advisories.evaluating import evaluate
from tgtui.data.versions.advisories.naming import advisory_named
from tgtui.data.versions.advisories.storing import (
    note_checks,
    note_source,
    remove_advisories,
    store_advisories,
)
from tgtui.data.views.projects import ProjectContents, ProjectEdge, ProjectPackage


@pytest.mark.parametrize("login", ["guest", "ada", "cleo", "wren"])
def test_everybody_reads_the_catalogue(garden: Garden, login: str) -> None:
    for table in ("packages", "package_versions", "package_search", "tags", "package_tags"):
        assert len(garden.team.read(login, f"SELECT * FROM {table}")) == 1
    assert len(garden.team.read(login, "SELECT version_num FROM alembic_version")) == 1


class TestAMember:
    def test_has_one_account_of_its_own_name(self, garden: Garden) -> None:
        again = "SELECT tgtui_sign_in('postgresql', session_user, 'Somebody else')"
        assert garden.team.read("ada", again) == [garden.account("ada")]
        name = "SELECT display_name FROM account"
        assert garden.team.read("ada", name) == [garden.team.name("ada")]

    def test_asks_within_the_limit_and_sees_it(self, garden: Garden) -> None:
        asked = [garden.ask("ada", f"p{n}") for n in range(LIMITS.requests_per_hour - 1)]
        seen = garden.team.read("ada", "SELECT id FROM package_requests")
        assert {*asked, garden.adas, garden.adas_dependency} == set(seen)
        assert garden.ask("ada", "one-more") is None

    def test_follows_what_others_asked_for_and_sees_it_then(self, garden: Garden) -> None:
        assert garden.ask("ada", "of-bob") == garden.bobs
        seen = "SELECT id FROM package_requests WHERE package_name LIKE '%of-bob'"
        assert set(garden.team.read("ada", seen)) == {garden.bobs}
        assert len(garden.team.read("ada", "SELECT * FROM package_request_chains")) == 2

    def test_sees_a_followed_dependency_without_the_chain_it_is_of(self, garden: Garden) -> None:
        garden.ask("ada", "below-of-bob")
        seen = garden.team.read("ada", "SELECT id FROM package_requests")
        assert garden.bobs_dependency in seen
        assert garden.bobs not in seen

    def test_retries_and_cancels_its_own(self, garden: Garden) -> None:
        ada = garden.account("ada")
        garden.set(garden.adas_dependency, status="failed")
        again = f"SELECT outcome FROM tgtui_retry('{garden.adas_dependency}', '{ada}', true, false, NULL, NULL)"
        assert garden.team.read("ada", again) == ["retried"]
        ended = f"SELECT ended FROM tgtui_cancel_chain('{garden.adas}', '{ada}', true)"
        assert garden.team.read("ada", ended) == [2]
        assert garden.status(garden.adas) == "cancelled"

    def test_leaves_to_others_what_they_wait_for(self, garden: Garden) -> None:
        ended = f"SELECT tgtui_cancel('{garden.bobs}', '{garden.account('bob')}', true)"
        assert garden.team.read("bob", ended) == ["left"]
        assert garden.status(garden.bobs) == "pending"
        assert garden.team.read("bob", ended) == ["cancelled"]

    def test_leaves_to_another_chain_what_both_need(self, garden: Garden) -> None:
        shared = garden.share("shared")
        ended = (
            "SELECT ended, left_to_others FROM tgtui_cancel_chain"
            f"('{garden.adas}', '{garden.account('ada')}', true)"
        )
        assert garden.team.read("ada", ended) == [(2, 1)]
        assert garden.status(shared) == "pending"
        assert garden.status(garden.bobs_dependency) == "pending"
        ended = ended.replace(str(garden.adas), str(garden.bobs))
        ended = ended.replace(str(garden.account("ada")), str(garden.account("bob")))
        assert garden.team.read("bob", ended) == [(1, 2)], (
            "dora waits for its root and what is below"
        )
        assert garden.status(shared) == "cancelled"

    def test_tries_again_what_failed_of_its_chain(self, garden: Garden) -> None:
        shared = garden.share("shared")
        garden.set(garden.adas, status="completed")
        for request in (shared, garden.adas_dependency):
            garden.set(request, status="failed", error_code="unreachable")
        again = (
            "SELECT outcome, counted FROM tgtui_retry"
            f"('{garden.adas}', '{garden.account('ada')}', true, false, NULL, NULL)"
        )
        assert garden.team.read("ada", again) == [("retried", 2)]
        assert [garden.status(request) for request in (shared, garden.adas_dependency)] == [
            "pending", "pending",
        ]  # fmt: skip
        assert garden.status(garden.adas) == "completed"

    def test_asks_for_many_at_once_and_sees_them_as_one_chain(self, garden: Garden) -> None:
        many = (
            "SELECT outcome, chain_id FROM tgtui_ask(array_fill('npm'::text, ARRAY[900]),"
            " ARRAY(SELECT 'many-' || n FROM generate_series(1, 900) AS n),"
            f" '{garden.account('ada')}', false, 10, NULL, NULL)"
        )
        asked = garden.team.read("ada", many)
        assert [outcome for outcome, _chain in asked] == ["new"] * 900
        (chain,) = {chain for _outcome, chain in asked}
        charged = f"SELECT charges FROM package_request_chains WHERE id = '{chain}'"
        assert garden.team.read("ada", charged) == [1]

    def test_opens_a_version_whose_dependencies_are_loaded_then(self, garden: Garden) -> None:
        wanted = (
            f"SELECT outcome FROM tgtui_want_version('{garden.version}', '{garden.account('ada')}')"
        )
        assert garden.team.read("ada", wanted) == ["new"]
        stored = "SELECT dependencies_wanted_at IS NOT NULL FROM package_versions"
        assert garden.team.read("ada", stored) == [True]

    def test_knows_what_is_queued_now_by_name_alone(self, garden: Garden) -> None:
        active = garden.team.read("ada", "SELECT registry, name FROM tgtui_active_packages()")
        assert ("npm", "of-bob") in active

    def test_brings_what_it_opened_to_the_front(self, garden: Garden) -> None:
        opened = "SELECT tgtui_bring_to_front('npm', 'of-bob')"
        assert garden.team.read("ada", opened) == [True]

    def test_keeps_searches_of_its_own(self, garden: Garden) -> None:
        kept = (
            "INSERT INTO saved_searches VALUES"
            f" (gen_random_uuid(), '{garden.account('ada')}', 'mine', 'react', now())"
        )
        assert garden.team.run("ada", kept) == 1
        assert garden.team.run("ada", "UPDATE saved_searches SET query = 'vue'") == 1
        assert garden.team.read("bob", "SELECT query FROM saved_searches") == ["react"]
        assert garden.team.run("ada", "DELETE FROM saved_searches") == 1
        assert len(garden.team.read("bob", "SELECT * FROM saved_searches")) == 1

    def test_watches_and_compares_for_itself(self, garden: Garden) -> None:
        watched = (
            "INSERT INTO package_watches (id, account_id, package_id, created_at)"
            " VALUES (gen_random_uuid(), '{}', '{}', now())"
        )
        for person in ("ada", "bob"):
            of = watched.format(garden.account(person), garden.package)
            assert garden.team.run(person, of) == 1
        assert len(garden.team.read("ada", "SELECT * FROM package_watches")) == 1
        told = "UPDATE package_watches SET news = '{}', news_at = now()"
        assert garden.team.run("wren", told) == 2
        assert garden.team.run("ada", "UPDATE package_watches SET news = NULL, news_at = NULL") == 1
        assert garden.team.run("ada", "DELETE FROM package_watches") == 1
        assert garden.team.read("bob", "SELECT news FROM package_watches") == ["{}"]
        compared = (
            "INSERT INTO package_comparisons VALUES"
            f" (gen_random_uuid(), '{garden.account('ada')}', 'mine', 'npm:a npm:b', now(), now())"
        )
        assert garden.team.run("ada", compared) == 1
        assert garden.team.read("bob", "SELECT * FROM package_comparisons") == []
        assert garden.team.run("ada", "DELETE FROM package_comparisons") == 1

    def test_keeps_projects_of_its_own_and_shares_them(self, garden: Garden) -> None:
        added = (
            "INSERT INTO projects (id, account_id, name, files, problems, created_at, updated_at)"
            f" VALUES (gen_random_uuid(), '{garden.account('ada')}', 'web', '[]', '[]', now(), now())"
        )
        locked = (
            "INSERT INTO project_packages (id, project_id, position, path, registry, name, source)"
            " SELECT gen_random_uuid(), id, 0, 'yarn.lock', 'npm', 'ms', 'registry' FROM projects"
        )
        assert garden.team.run("ada", added) == 1
        assert garden.team.run("ada", locked) == 1
        for table in ("projects", "project_packages"):
            assert garden.team.read("bob", f"SELECT * FROM {table}") == []
        assert garden.team.run("ada", "UPDATE projects SET shared_at = now()") == 1
        assert garden.team.read("bob", "SELECT name FROM projects") == ["web"]
        assert garden.team.read("bob", "SELECT name FROM project_packages") == ["ms"]
        assert garden.team.run("bob", "UPDATE projects SET name = 'mine'") == 0
        assert garden.team.run("bob", "DELETE FROM project_packages") == 0
        refused(garden, "bob", locked, added)
        assert garden.team.run("ada", "DELETE FROM projects") == 1
        assert garden.team.read("ada", "SELECT * FROM project_packages") == []

    def test_stores_what_its_files_say_and_reads_what_others_share(self, garden: Garden) -> None:
        package = ProjectPackage("npm", "ms", "2.0.0", "registry", "yarn.lock")
        said = ProjectContents((package, package), (), (ProjectEdge(0, 1, "^2", "runtime"),))
        ids = {login: garden.account(login) for login in ("ada", "bob")}
        people = {
            login: Database(open_engine(parse_url(garden.team.url(login)), 4)) for login in ids
        }
        try:
            ada, bob = people["ada"], people["bob"]
            assert ids["ada"] is not None
            assert ids["bob"] is not None
            web = ada.write_now(kept.add_project, ids["ada"], "web")
            ada.write_now(contents.store_contents, web, said, [], [], "one")
            assert ada.read_now(contents.read_contents, web) == said
            assert bob.read_now(contents.read_contents, web) == ProjectContents()
            ada.write_now(kept.share_project, ids["ada"], "web")
            (row,) = bob.read_now(kept.project_rows, ids["bob"])
            assert row.full_name == "someone/web"
            assert bob.read_now(contents.read_contents, web) == said
            assert bob.read_now(kept.projects_with, ids["bob"], "npm", "ms") == [
                ("someone/web", "2.0.0", "yarn.lock")
            ]
            ada.write_now(contents.store_contents, web, ProjectContents(), [], [], "two")
            assert bob.read_now(contents.read_contents, web) == ProjectContents()
        finally:
            for database in people.values():
                database.close()

    def test_counts_for_popularity_once_a_day(self, garden: Garden) -> None:
        noted = (
            f"SELECT tgtui_record(ARRAY['{garden.package}'::uuid], ARRAY['{garden.account('ada')}'::uuid],"
            " ARRAY['view'], ARRAY[timezone('utc', now())::date])"
        )
        assert garden.team.read("ada", noted) == [1]
        assert garden.team.read("ada", noted) == [0]
        assert len(garden.team.read("ada", "SELECT * FROM package_interactions")) == 1

    def test_leaves_the_insights_and_deletes_what_is_recorded_of_it(self, garden: Garden) -> None:
        bob = garden.account("bob")
        garden.team.read("bob", f"SELECT tgtui_take_part('{bob}', false)")
        assert garden.team.read("bob", "SELECT stays_out_since IS NULL FROM account") == [False]
        garden.team.read("bob", f"SELECT tgtui_take_part('{bob}', true)")
        assert garden.team.read("bob", "SELECT stays_out_since IS NULL FROM account") == [True]
        assert garden.team.read("bob", f"SELECT tgtui_forget('{bob}')") == [1]
        assert garden.team.read("bob", "SELECT * FROM package_interactions") == []


class TestAnAdmin:
    def test_changes_what_all_workers_follow_and_a_worker_only_proposes(
        self, garden: Garden
    ) -> None:
        people = {
            login: Database(open_engine(parse_url(garden.team.url(login)), 4))
            for login in ("wren", "cleo", "ada")
        }
        try:
            wren, cleo, ada = people.values()
            told = {"pypi.platform": "win_amd64"}
            assert wren.write_now(propose_settings, told) == told
            assert wren.write_now(propose_settings, {"pypi.platform": "x"}) == told
            assert cleo.write_now(put_setting, "pypi.platform", "macosx_14_0_arm64")
            assert ada.read_now(shared_settings) == {"pypi.platform": "macosx_14_0_arm64"}
            removed = "DELETE FROM catalogue_settings"
            for login in ("wren", "ada", "guest"):
                refused(garden, login, removed, "UPDATE catalogue_settings SET value = 'x'")
            refused(
                garden, "ada", "INSERT INTO catalogue_settings SELECT * FROM catalogue_settings"
            )
            assert cleo.write_now(put_setting, "pypi.platform", None)
        finally:
            for database in people.values():
                database.close()

    def test_deletes_what_is_recorded_of_anyone(self, garden: Garden) -> None:
        bob = garden.account("bob")
        assert len(garden.team.read("cleo", "SELECT * FROM package_interactions")) == 1
        garden.team.read("cleo", f"SELECT tgtui_take_part('{bob}', false)")
        assert garden.team.read("cleo", f"SELECT tgtui_forget('{bob}')") == [1]

    def test_sees_every_request_and_who_asked(self, garden: Garden) -> None:
        rows = garden.team.read("cleo", "SELECT id FROM package_requests")
        assert set(rows) == set(garden.requests.values())
        assert len(garden.team.read("cleo", "SELECT id FROM account")) == len(garden.accounts)

    def test_retries_cancels_and_forces_anybodys(self, garden: Garden) -> None:
        cleo = garden.account("cleo")
        garden.set(garden.adas, status="failed")
        again = (
            f"SELECT outcome FROM tgtui_retry('{garden.adas}', '{cleo}', false, true, NULL, NULL)"
        )
        assert garden.team.read("cleo", again) == ["retried"]
        forced = "SELECT is_forced FROM package_requests WHERE package_name = 'of-ada' AND status = 'pending'"
        assert garden.team.read("cleo", forced) == [True]
        ended = f"SELECT tgtui_cancel('{garden.bobs_dependency}', '{cleo}', false)"
        assert garden.team.read("cleo", ended) == ["ended"]

    def test_curates_tags_in_its_own_name(self, garden: Garden) -> None:
        cleo = garden.account("cleo")
        run = garden.team.run
        made = f"INSERT INTO tags VALUES ('{cleo}', 'New', 'new', NULL, NULL, NULL, NULL, now(), now())"
        assert run("cleo", made) == 1
        assert run("cleo", "UPDATE tags SET name = 'Newer', color = '#fff' WHERE slug = 'new'") == 1
        given = f"INSERT INTO package_tags VALUES (gen_random_uuid(), '{garden.package}', '{cleo}', '{cleo}', now())"
        assert run("cleo", given) == 1
        assert run("cleo", f"DELETE FROM package_tags WHERE tag_id = '{cleo}'") == 1
        moved = f"UPDATE package_tags SET tag_id = '{cleo}'"
        assert run("dora", moved) == 1
        assert garden.team.read("dora", "SELECT created_by FROM package_tags") == [cleo]
        deleted = f"UPDATE tags SET deleted_at = now(), deleted_by = '{cleo}' WHERE slug = 'new'"
        assert run("cleo", deleted) == 1
        assert run("dora", "UPDATE tags SET description = 'kept' WHERE slug = 'new'") == 1
        assert run("dora", "UPDATE tags SET deleted_at = NULL, deleted_by = NULL") == 2

    def test_deletes_and_restores_packages_and_ends_their_requests(self, garden: Garden) -> None:
        cleo, run = garden.account("cleo"), garden.team.run
        garden.ask("bob", "thing")
        deleted = (
            f"UPDATE packages SET deleted_at = now(), deleted_by = '{cleo}', updated_at = now()"
        )
        assert run("cleo", deleted) == 1
        assert garden.team.read("guest", "SELECT * FROM package_search") == []
        ended = (
            "UPDATE package_requests SET status = 'failed', error_code = 'removed_by_admin'"
            " WHERE package_name = 'thing' AND status IN ('pending', 'fetching')"
        )
        assert run("cleo", ended) == 1
        refused = f"SELECT outcome FROM tgtui_ask(ARRAY['npm'], ARRAY['thing'], '{cleo}', true, 10, NULL, NULL)"
        assert garden.team.read("cleo", refused) == ["removed"]
        assert run("dora", "UPDATE packages SET deleted_at = NULL, deleted_by = NULL") == 1
        assert len(garden.team.read("guest", "SELECT * FROM package_search")) == 1


def test_what_two_ask_for_at_once_is_one_request_that_both_see(garden: Garden) -> None:
    with garden.team.connect("ada") as ada, garden.team.connect("bob") as bob:
        ask = "SELECT request_id FROM tgtui_ask(ARRAY['npm'], ARRAY['both'], %s, false, 10, NULL, NULL)"
        with ada.transaction():
            first = ada.execute(ask, [garden.account("ada")]).fetchone()
            bob.execute("SET lock_timeout = '50ms'")
            with pytest.raises(Exception, match="lock timeout"):
                bob.execute(ask, [garden.account("bob")])
        assert bob.execute(ask, [garden.account("bob")]).fetchone() == first
        seen = "SELECT id FROM package_requests WHERE package_name = 'both'"
        assert bob.execute(seen).fetchone() == ada.execute(seen).fetchone() == first


def test_a_member_hears_only_of_projects_of_its_own_and_shared_ones_that_are_affected(
    garden: Garden,
) -> None:
    """Two members with the same locked version; neither hears of the other's project before it is shared."""
    people = {login: garden.team.open(login) for login in ("wren", "ada", "bob")}
    locked = ProjectPackage("npm", "ms", "2.0.0", "registry", "yarn.lock")
    try:

        def store(connection: Connection) -> UUID:
            told = told_record("GHSA-1", "ms", {"introduced": "0"}, {"fixed": "2.0.1"})
            store_advisories(connection, [told], "dump:npm")
            id = advisory_named(connection, "GHSA-1")
            assert id is not None
            return id

        advisory = people["wren"].write_now(store)
        for login, project in (("ada", "web"), ("bob", "api")):
            account = garden.account(login)
            assert account is not None
            id = people[login].write_now(kept.add_project, account, project)
            said = ProjectContents((locked,), (), ())
            people[login].write_now(contents.store_contents, id, said, [], [], "one")

        def affected(login: str) -> list[str]:
            account = garden.account(login)
            assert account is not None
            found = people[login].read_now(projects_affected, account, advisory)
            return [f"{name} {package} {path}" for name, package, path in found]

        assert affected("ada") == ["web npm:ms@2.0.0 yarn.lock"]
        assert affected("bob") == ["api npm:ms@2.0.0 yarn.lock"]
        account = garden.account("ada")
        assert account is not None
        people["ada"].write_now(kept.share_project, account, "web")
        assert affected("bob") == [
            "api npm:ms@2.0.0 yarn.lock",
            "someone/web npm:ms@2.0.0 yarn.lock",
        ]
        assert affected("ada") == ["web npm:ms@2.0.0 yarn.lock"]
    finally:
        for database in people.values():
            database.close()


def test_a_worker_stores_advisories_that_everybody_reads(garden: Garden) -> None:
    database = garden.team.open("wren")

    def store(connection: Connection) -> int:
        name, id = connection.execute(select(packages.c.name, packages.c.id)).one()
        told = [told_record("GHSA-1", name, {"introduced": "0"})]
        store_advisories(connection, told, "dump:npm")
        note_source(connection, "dump:npm", "npm", records=1, as_of=DAY_ONE)
        note_checks(connection, [id], "osv")
        evaluated = evaluate(connection, [id])
        remove_advisories(connection, ["nothing"], "dump:npm")
        return evaluated

    try:
        assert database.write_now(store) == 1
    finally:
        database.close()
    for login in ("guest", "ada", "cleo"):
        for table in ("advisories", "advisory_findings", "advisory_sources", "advisory_checks"):
            assert len(garden.team.read(login, f"SELECT id FROM {table}")) == 1
        marked = "SELECT id FROM package_search WHERE severity IS NOT NULL"
        assert len(garden.team.read(login, marked)) == 1
