"""A REST catalog, played by the stand-in of Polaris: what works with few rights, and what each refusal becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.garden import Garden, planted
from tests.support.polaris_stand_in import (
    CLIENT,
    DROPS,
    READS,
    REALM,
    SECRET,
    SMALLEST,
    WAREHOUSE,
    PolarisStandIn,
)
from tests.support.results import asked, change, ignore, replace_results
from tgtui.analytics.catalogs.rest import STORE
from tgtui.analytics.clearing import clear
from tgtui.analytics.errors import AnalyticsError, CatalogRefused, OutcomeUnknown
from tgtui.analytics.exporting.export import export
from tgtui.analytics.place import Place, place_of
from tgtui.analytics.tables import committing
from tgtui.analytics.tables.committing import replace_days
from tgtui.analytics.tables.lake import Lake, stamp
from tgtui.analytics.tables.tidying import tidy
from tgtui.analytics.views import views
from tgtui.basics import clock
from tgtui.basics.settings import AnalyticsSettings, Settings
from tgtui.data.models import tables
from tgtui.data.storage.database import Database
from tgtui.data.storage.engine import open_engine, parse_url

DAY = date(2026, 1, 31)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PolarisStandIn]:
    with PolarisStandIn(tmp_path / "polaris") as running:
        yield running


@pytest.fixture
def at(server: PolarisStandIn, tmp_path: Path) -> Callable[..., Place]:
    """The place of the stand-in, with other settings."""

    def place(**more: Any) -> Place:
        given = {"uri": server.uri, "warehouse": WAREHOUSE, "credential": f"{CLIENT}:{SECRET}"}
        chosen = AnalyticsSettings(catalog="rest", **{**given, **more})
        return place_of(Settings(data_dir=str(tmp_path / "data"), analytics=chosen))

    return place


@pytest.fixture
def shared(at: Callable[..., Place]) -> Iterator[Lake]:
    with closing(Lake(at())) as opened:
        yield opened


@pytest.fixture
def garden_at(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[tuple[Database, Garden]]:
    """On SQLite alone: what is read is not what these tests are about."""
    file = tmp_path / "catalogue.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    opened = Database(open_engine(parse_url(f"sqlite:///{file}")))
    yield opened, planted(opened)
    opened.close()


def test_the_smallest_rights_export_and_read_back(
    server: PolarisStandIn, shared: Lake, garden_at: tuple[Database, Garden]
) -> None:
    database, _ = garden_at
    server.rights = SMALLEST
    export(database, shared, ignore)
    change(database, update(tables.packages).values(description="again"))
    done = export(database, shared, ignore)
    assert asked(shared, "SELECT count(*), min(description) FROM packages") == [(3, "again")]
    assert asked(shared, "SELECT count(*) FROM dependencies") == [(4,)]
    assert asked(shared, "SELECT count(*) FROM interactions") == [(4,)]
    tidy(shared, done.day, clock.now(), lambda: None)


def test_the_namespace_is_looked_for_before_it_is_created(
    server: PolarisStandIn, shared: Lake
) -> None:
    """Polaris refuses to create one that exists to whoever may not create any."""
    server.catalog.create_namespace("tgtui")
    server.rights = SMALLEST - {"NAMESPACE_CREATE"}
    assert shared.made("results").name() == ("tgtui", "results")
    assert not [each for each in server.asked if each == f"POST /{WAREHOUSE}/namespaces"]


def test_tables_that_the_server_forgot_are_said_to_be_lost(
    server: PolarisStandIn, at: Callable[..., Place], garden_at: tuple[Database, Garden]
) -> None:
    """As Polaris does that keeps all in memory, at a restart; the next program makes them anew."""
    database, _ = garden_at
    with closing(Lake(at())) as before:
        export(database, before, ignore)
        for name in server.catalog.list_tables("tgtui"):
            server.catalog.drop_table(name)
        with pytest.raises(AnalyticsError, match="has lost what was needed to"):
            export(database, before, ignore)
    with closing(Lake(at())) as after:
        export(database, after, ignore)
        assert asked(after, "SELECT count(*) FROM packages") == [(3,)]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"credential": f"{CLIENT}:wrong"}, "does not know this client id with this secret"),
        ({"scope": "catalog"}, "does not know the scope catalog"),
        ({"credential": None}, "wants a login: set TGTUI_ANALYTICS_CREDENTIAL"),
        ({"warehouse": "none"}, r"no such warehouse \(none\); set analytics.warehouse"),
        ({"warehouse": None}, "no such warehouse"),
        ({"uri": "http://127.0.0.1:1/api/catalog"}, "can't be reached; check analytics.uri"),
    ],
)
def test_a_login_that_is_refused_says_what_to_set(
    at: Callable[..., Place], more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CatalogRefused, match=sentence) as refused:
        Lake(at(**more))
    assert SECRET not in str(refused.value)


def test_an_address_that_is_no_catalog(server: PolarisStandIn, at: Callable[..., Place]) -> None:
    with pytest.raises(
        CatalogRefused, match=r"does not answer as an Iceberg REST catalog|refused the login"
    ):
        Lake(at(uri=f"{server.url}/other"))


def test_the_realm(server: PolarisStandIn, at: Callable[..., Place]) -> None:
    server.require_realm = True
    for realm in (None, "polaris"):
        with pytest.raises(CatalogRefused, match="no such realm"):
            Lake(at(realm=realm))
    Lake(at(realm=REALM)).close()


@pytest.mark.parametrize(
    ("rights", "right"),
    [
        (frozenset(), "NAMESPACE_CREATE"),
        (frozenset({"NAMESPACE_CREATE"}), "TABLE_CREATE"),
        (READS | {"NAMESPACE_CREATE", "TABLE_CREATE"}, "TABLE_WRITE_DATA"),
    ],
)
def test_each_missing_right_is_named(
    server: PolarisStandIn,
    shared: Lake,
    garden_at: tuple[Database, Garden],
    rights: frozenset[str],
    right: str,
) -> None:
    server.rights = rights
    with pytest.raises(CatalogRefused, match=f"it lacks the right {right}"):
        export(garden_at[0], shared, ignore)
    assert list(server.folder.rglob("*.parquet")) == []


def test_who_may_only_read_can_ask(
    server: PolarisStandIn,
    shared: Lake,
    garden_at: tuple[Database, Garden],
    at: Callable[..., Place],
) -> None:
    export(garden_at[0], shared, ignore)
    server.rights = READS
    with closing(Lake(at())) as reader:
        assert asked(reader, "SELECT count(*) FROM packages") == [(3,)]
        with pytest.raises(CatalogRefused, match="TABLE_WRITE_DATA"):
            export(garden_at[0], reader, ignore)


def test_vended_credentials_that_are_not_there(
    server: PolarisStandIn, shared: Lake, at: Callable[..., Place]
) -> None:
    shared.made("results")
    with closing(Lake(at(access_delegation="vended-credentials"))) as other:
        with pytest.raises(CatalogRefused, match=r"set analytics\.access_delegation to none"):
            other.table("results")
        server.rights = frozenset({"NAMESPACE_CREATE", "TABLE_CREATE"})
        with pytest.raises(CatalogRefused, match="together with TABLE_WRITE_DATA"):
            other.made("packages")


@pytest.mark.parametrize(
    ("delegation", "expected"),
    [
        ("none", {"s3.endpoint": "http://here", "s3.access-key-id": "ours", "s3.region": "eu"}),
        ("vended-credentials", {}),
    ],
)
def test_the_usual_variables_of_a_store_count_unless_the_catalog_gives_credentials(
    at: Callable[..., Place],
    monkeypatch: pytest.MonkeyPatch,
    delegation: str,
    expected: dict[str, str],
) -> None:
    for name in STORE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://here")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ours")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu")
    with closing(Lake(at(access_delegation=delegation))) as opened:
        told = opened.catalog.properties
    assert {name: value for name, value in told.items() if name.startswith("s3.")} == expected
    assert told["header.X-Iceberg-Access-Delegation"] == (
        "" if delegation == "none" else delegation
    )


def test_a_token_that_expired_is_renewed(
    server: PolarisStandIn, shared: Lake, garden_at: tuple[Database, Garden]
) -> None:
    shared.made("results")
    server.void_tokens()
    export(garden_at[0], shared, ignore)
    server.void_tokens()
    assert asked(shared, "SELECT count(*) FROM packages") == [(3,)]


class TestCommits:
    def replace(self, lake: Lake, value: str, day: date = DAY) -> None:
        """Without waiting."""
        replace_results(lake, value, day, sleep=lambda _s: None)

    def rows(self, lake: Lake) -> list[tuple[Any, ...]]:
        lake.refresh("results")
        return asked(lake, "SELECT day, insight FROM results ORDER BY 1, 2")

    @pytest.fixture
    def other(
        self, server: PolarisStandIn, at: Callable[..., Place], tmp_path: Path
    ) -> Callable[..., None]:
        """Another writer, who gets in between: it commits inside the server."""

        def write(value: str, day: date = DAY) -> None:
            class Inside(Lake):
                def __init__(self) -> None:
                    self.place = at()
                    self.catalog = server.catalog
                    self._tables = {}

            self.replace(Inside(), value, day)

        return write

    def test_another_writer_of_the_same_day_is_replaced(
        self, server: PolarisStandIn, shared: Lake, other: Callable[..., None]
    ) -> None:
        self.replace(shared, "first")
        server.before_commit = lambda: other("theirs")
        self.replace(shared, "ours")
        assert self.rows(shared) == [(DAY, "ours")]

    def test_two_first_writers_of_a_day_do_not_double_it(
        self, server: PolarisStandIn, shared: Lake, other: Callable[..., None]
    ) -> None:
        shared.made("results")
        server.before_commit = lambda: other("theirs")
        self.replace(shared, "ours")
        assert self.rows(shared) == [(DAY, "ours")]

    def test_another_writer_of_another_day_stays(
        self, server: PolarisStandIn, shared: Lake, other: Callable[..., None]
    ) -> None:
        shared.made("results")
        later = date(2026, 2, 1)
        server.before_commit = lambda: other("theirs", later)
        self.replace(shared, "ours")
        assert self.rows(shared) == [(DAY, "ours"), (later, "theirs")]

    def test_the_409_of_a_close_race(self, server: PolarisStandIn, shared: Lake) -> None:
        server.lose_race = True
        self.replace(shared, "ours")
        assert self.rows(shared) == [(DAY, "ours")]

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_a_connection_that_is_cut_in_a_commit(
        self, server: PolarisStandIn, shared: Lake, moment: str
    ) -> None:
        """Whether it was made is looked up: it is made once, not twice."""
        self.replace(shared, "first")
        before = server.commits
        server.cut = moment
        self.replace(shared, "ours")
        assert self.rows(shared) == [(DAY, "ours")]
        assert server.commits == before + 1

    def test_a_catalog_that_does_not_come_back(
        self, server: PolarisStandIn, shared: Lake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shared.made("results")
        server.cut = "after"

        def gone(_seconds: float) -> None:
            server.__exit__(None, None, None)

        monkeypatch.setattr(committing, "LOOK_AFTER_S", (0.0, 0.0))
        marks = stamp("e", DAY, clock.now())
        with pytest.raises(OutcomeUnknown, match="Export once more"):
            replace_days(shared, "results", [DAY], [], marks, sleep=gone)


def test_clearing_drops_our_tables_with_their_files_and_nothing_else(
    server: PolarisStandIn,
    shared: Lake,
    garden_at: tuple[Database, Garden],
    at: Callable[..., Place],
) -> None:
    export(garden_at[0], shared, ignore)
    theirs = server.catalog.create_table(("tgtui", "theirs"), shared.made("results").schema())
    stranger = (
        Path(shared.made("packages").location().removeprefix("file://")) / "data" / "note.parquet"
    )
    stranger.write_bytes(b"not ours")
    clear(at())
    left = {each[-1] for each in server.catalog.list_tables("tgtui")}
    assert left == {"theirs"}
    assert Path(theirs.metadata_location.removeprefix("file://")).exists()
    assert list(server.folder.rglob("*.parquet")) == [stranger]


def test_without_the_right_to_drop_nothing_is_deleted(
    server: PolarisStandIn,
    shared: Lake,
    garden_at: tuple[Database, Garden],
    at: Callable[..., Place],
) -> None:
    export(garden_at[0], shared, ignore)
    server.rights = DROPS - {"TABLE_DROP"}
    with pytest.raises(CatalogRefused, match="it lacks the right TABLE_DROP"):
        clear(at())
    assert asked(shared, "SELECT count(*) FROM packages") == [(3,)]


def test_a_table_of_someone_else_is_refused(server: PolarisStandIn, shared: Lake) -> None:
    schema = shared.made("results").schema()
    server.catalog.create_table(("tgtui", "packages"), schema)
    with pytest.raises(AnalyticsError, match=r"tgtui\.packages was not made by tgtui"):
        shared.table("packages")


def test_views_of_tables_that_no_one_made(shared: Lake) -> None:
    with views(shared) as (connection, newest):
        assert newest is None
        assert connection.execute("SELECT * FROM packages").fetchall() == []
