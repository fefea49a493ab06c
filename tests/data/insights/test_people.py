"""People leave the insights about them at once, and what is recorded of them can be deleted."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from tests.support import rows
from tgtui.data.insights import people
from tgtui.data.insights.reading import answer
from tgtui.data.insights.storing import store
from tgtui.data.models.search import package_search
from tgtui.data.models.tables import package_interactions
from tgtui.data.search.index import drain
from tgtui.data.storage.database import Database
from tgtui.data.views.insights import RecordedOf, Result

DAY = date(2026, 3, 4)
TOLD = [Result("people", "", "week", 1, None, "", "p-ada", 30)]


def test_who_stays_out_is_gone_at_once_and_not_stored_again(database: Database) -> None:
    ada = database.write_now(rows.add_account, "ada")
    store(database, DAY, TOLD, people={"p-ada": ada})
    assert len(database.read_now(answer, "people", "", "week").rows) == 1
    database.write_now(people.stay_out, ada)
    assert database.read_now(people.recorded_of, ada) == RecordedOf("Ada", False, 0)
    assert database.read_now(answer, "people", "", "week").rows == ()
    store(database, DAY, TOLD, people={"p-ada": ada})
    assert database.read_now(answer, "people", "", "week").rows == ()
    database.write_now(people.take_part, ada)
    store(database, DAY, TOLD, people={"p-ada": ada})
    assert len(database.read_now(answer, "people", "", "week").rows) == 1


def test_what_is_recorded_of_one_person_is_deleted_and_no_more(database: Database) -> None:
    ada, bob = (database.write_now(rows.add_account, name) for name in ("ada", "bob"))
    package = database.write_now(rows.add_package, "a")
    for account in (ada, bob):
        database.write_now(rows.add_interaction, package, account_id=account)
    while database.write_now(drain):
        pass
    store(database, DAY, TOLD, people={"p-ada": ada})
    assert database.write_now(people.forget, ada) == 1
    assert database.read_now(answer, "people", "", "week").rows == ()
    while database.write_now(drain):
        pass
    with database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(package_interactions)) == 1
        assert connection.scalar(select(package_search.c.uses)) == 1
    found = database.read_now(people.recorded_of, bob)
    assert found is not None
    assert found.interactions == 1


def test_a_person_is_found_by_name_or_by_subject(database: Database) -> None:
    ada = database.write_now(rows.add_account, "ada-7", display_name="Ada")
    assert database.read_now(people.accounts_called, "Ada") == [ada]
    assert database.read_now(people.accounts_called, "ada-7") == [ada]
    assert database.read_now(people.accounts_called, "bob") == []
