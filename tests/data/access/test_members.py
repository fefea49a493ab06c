"""What a member may not do with plain SQL, without the program: read, forge, hurry past, or end what is others'."""

from __future__ import annotations

import pytest
from psycopg import errors

from tests.data.access.garden import Garden, refused
from tests.support.team import LIMITS
from tgtui.basics import clock


class TestAMember:
    def test_sees_nothing_of_others(self, garden: Garden) -> None:
        own = set(garden.team.read("ada", "SELECT id FROM package_requests"))
        assert own == {garden.adas, garden.adas_dependency}
        for statement in (
            "SELECT * FROM package_request_chains WHERE requested_by <> tgtui_me()",
            f"SELECT * FROM package_request_members WHERE chain_id = '{garden.bobs}'",
            "SELECT * FROM package_interactions",
            "SELECT * FROM saved_searches",
            f"SELECT * FROM package_requests WHERE id = '{garden.bobs}'",
            "SELECT * FROM package_requests WHERE package_name = 'of-bob'",
            f"SELECT * FROM package_requests WHERE requested_by = '{garden.account('bob')}'",
        ):
            assert garden.team.read("ada", statement) == []

    def test_sees_no_others_through_a_function_of_its_own(self, garden: Garden) -> None:
        """A leaky condition is never asked about rows that are somebody else's."""
        with garden.team.connect("ada") as ada:
            ada.execute(
                "CREATE FUNCTION pg_temp.tell(name text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
                " $$ BEGIN RAISE NOTICE 'saw %', name; RETURN true; END $$"
            )
            told: list[str] = []
            ada.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
            ada.execute("SELECT count(*) FROM package_requests WHERE pg_temp.tell(package_name)")
        assert "saw of-ada" in told
        assert "saw of-bob" not in told

    def test_acts_for_nobody_else(self, garden: Garden) -> None:
        bob = garden.account("bob")
        refused(
            garden,
            "ada",
            f"SELECT tgtui_ask(ARRAY['npm'], ARRAY['x'], '{bob}', false, 10, NULL, NULL)",
            "SELECT tgtui_ask(ARRAY['npm'], ARRAY['x'], NULL, false, 10, NULL, NULL)",
            f"SELECT tgtui_retry('{garden.bobs}', '{bob}', false, false, NULL, NULL)",
            f"SELECT tgtui_cancel('{garden.bobs}', '{bob}', false)",
            f"SELECT tgtui_cancel('{garden.bobs}', NULL, false)",
            f"SELECT ended FROM tgtui_cancel_chain('{garden.bobs}', '{bob}', false)",
            f"SELECT ended FROM tgtui_cancel_chain('{garden.bobs}', NULL, false)",
            f"SELECT tgtui_want_version('{garden.version}', '{bob}')",
            f"SELECT tgtui_record(ARRAY['{garden.package}'::uuid], ARRAY['{bob}'::uuid],"
            " ARRAY['view'], ARRAY[current_date])",
            f"INSERT INTO saved_searches VALUES (gen_random_uuid(), '{bob}', 'x', 'y', now())",
            "INSERT INTO package_watches (id, account_id, package_id, created_at)"
            f" VALUES (gen_random_uuid(), '{bob}', '{garden.package}', now())",
            f"SELECT tgtui_sign_in('postgresql', '{garden.team.name('bob')}', 'Bob')",
            "SELECT tgtui_sign_in('https://id.example', 'ada', 'Ada')",
        )
        assert garden.status(garden.bobs) == "pending"

    def test_neither_retries_nor_cancels_what_is_somebody_elses(self, garden: Garden) -> None:
        ada = garden.account("ada")
        calls = {
            f"SELECT outcome FROM tgtui_retry('{garden.bobs}', '{ada}', false, true, NULL, NULL)": "gone",
            f"SELECT tgtui_cancel('{garden.bobs}', '{ada}', false)": "gone",
            f"SELECT ended FROM tgtui_cancel_chain('{garden.bobs}', '{ada}', false)": None,
        }
        for call, outcome in calls.items():
            assert garden.team.read("ada", call) == [outcome]
        assert garden.status(garden.bobs) == "pending"

    def test_who_follows_ends_nothing_of_the_chain(self, garden: Garden) -> None:
        ada = garden.account("ada")
        garden.ask("ada", "of-bob")
        ended = (
            f"SELECT ended, left_to_others FROM tgtui_cancel_chain('{garden.bobs}', '{ada}', false)"
        )
        assert garden.team.read("ada", ended) == [(0, 1)]
        assert garden.status(garden.bobs) == "pending"
        ended = f"SELECT tgtui_cancel('{garden.bobs_dependency}', '{ada}', false)"
        assert garden.team.read("ada", ended) == ["gone"]
        assert garden.status(garden.bobs_dependency) == "pending"

    def test_forces_nothing(self, garden: Garden) -> None:
        ada = garden.account("ada")
        refused(
            garden,
            "ada",
            f"SELECT tgtui_ask(ARRAY['npm'], ARRAY['x'], '{ada}', true, 10, NULL, NULL)",
        )
        garden.set(garden.adas, status="failed")
        refused(
            garden,
            "ada",
            f"SELECT tgtui_retry('{garden.adas}', '{ada}', false, true, NULL, NULL)",
        )

    def test_does_not_jump_the_queue_by_asking(self, garden: Garden) -> None:
        request = garden.ask("ada", "urgent", priority=-100)
        assert garden.team.read(
            "owner", f"SELECT priority FROM package_requests WHERE id = '{request}'"
        ) == [10]

    @pytest.mark.parametrize("per_hour", ["NULL", "1000000"])
    def test_raises_no_limit_of_its_own(self, garden: Garden, per_hour: str) -> None:
        ask = "SELECT outcome FROM tgtui_ask(ARRAY['npm'], ARRAY['{name}'], '{ada}', false, 10, {per_hour}, NULL)"
        outcomes = [
            garden.team.read(
                "ada", ask.format(name=f"p{n}", ada=garden.account("ada"), per_hour=per_hour)
            )[0]
            for n in range(LIMITS.requests_per_hour)
        ]
        assert outcomes == ["new", "new", "limited"]  # it had asked for one before

    def test_wants_no_version_beyond_its_limit(self, garden: Garden) -> None:
        for number in range(LIMITS.requests_per_hour):
            garden.ask("ada", f"p{number}")
        assert garden.team.read("ada", garden.wanting("ada")) == ["limited"]
        stored = "SELECT dependencies_wanted_at FROM package_versions"
        assert garden.team.read("owner", stored) == [None]

    @pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
    def test_raises_no_limit_by_looking_away_meanwhile(
        self, garden: Garden, isolation: str
    ) -> None:
        """An old snapshot does not see what was asked for since it was taken."""
        ask = f"SELECT tgtui_ask(ARRAY['npm'], ARRAY['x'], '{garden.account('ada')}', false, 10, NULL, NULL)"
        with garden.team.connect("ada") as ada:
            ada.execute(f"SET default_transaction_isolation = '{isolation}'")
            with pytest.raises(errors.InvalidTransactionState, match="READ COMMITTED"):
                ada.execute(ask)

    def test_ends_nothing_that_its_own_request_brought_and_others_wait_for(
        self, garden: Garden
    ) -> None:
        garden.ask("bob", "below-of-ada")
        ended = f"SELECT tgtui_cancel('{garden.adas_dependency}', '{garden.account('ada')}', false)"
        assert garden.team.read("ada", ended) == ["left"]
        assert garden.status(garden.adas_dependency) == "pending"

    def test_does_not_ask_again_for_what_a_registry_refused(self, garden: Garden) -> None:
        refused = {"status": "failed", "error_code": "not_found", "attempt_count": 1}
        garden.set(garden.bobs, **refused, updated_at=clock.now())
        ask = f"SELECT outcome FROM tgtui_ask(ARRAY['npm'], ARRAY['of-bob'], '{garden.account('ada')}', false, 10, NULL, '0')"
        assert garden.team.read("ada", ask) == ["remembered"]

    @pytest.mark.parametrize("name", ["", "a b", "a\nb", "a" * 301])
    def test_asks_for_no_name_that_is_none(self, garden: Garden, name: str) -> None:
        quoted = name.replace("\n", "' || chr(10) || '")
        with pytest.raises(errors.InvalidParameterValue):
            garden.team.run(
                "ada",
                f"SELECT tgtui_ask(ARRAY['npm'], ARRAY['{quoted}'], '{garden.account('ada')}', false, 10, NULL, NULL)",
            )
        with pytest.raises(errors.CheckViolation):
            garden.ask("ada", "x", registry="pip")

    def test_makes_nothing_popular_by_days_that_were_not(self, garden: Garden) -> None:
        refused(
            garden,
            "ada",
            f"SELECT tgtui_record(ARRAY['{garden.package}'::uuid], ARRAY['{garden.account('ada')}'::uuid],"
            " ARRAY['view'], ARRAY[current_date - 7])",
        )
