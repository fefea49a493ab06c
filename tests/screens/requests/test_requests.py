"""The requests screen on the real app and a real catalogue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, update
from textual.pilot import Pilot
from textual.widgets import Static

from tests.screens.driving import screen_text, shows, until
from tests.screens.running import NOW, Home, drawn, opened, running
from tests.support import rows
from tgtui.data.models.tables import package_requests
from tgtui.data.requests.asking import Asked, ask_all
from tgtui.data.views.requests import Step
from tgtui.screens.requests.screen import RequestsScreen
from tgtui.widgets.requests.list import RequestList
from tgtui.widgets.requests.model import MoreLine, RequestLine
from tgtui.worker.events import Progress

MINUTE = timedelta(minutes=1)
HOSTILE = "[/][@click=app.quit]x[/]\x1b[2J\u202eevil"


def sample(connection: Connection) -> dict[str, UUID]:
    """One request in each state, and a chain with members in each state."""
    ada = rows.add_account(connection)
    made: dict[str, UUID] = {}

    def add(name: str, status: str = "pending", **values: Any) -> UUID:
        made[name] = rows.add_request(connection, name, status=status, **values)
        return made[name]

    add("react", "completed", requested_by=ada)
    root = add("webpack", "completed", requested_by=ada)
    below: dict[str, Any] = {
        "chain": root,
        "source_request_id": root,
        "is_auto_queued": True,
        "depth": 1,
    }
    add("acorn", "completed", **below)
    add("ajv", "fetching", attempt_count=1, **below)
    add("browserslist", **below)
    add(
        "gone",
        "failed",
        error_code="not_found",
        error_message="npm:gone is not in the registry.",
        **below,
    )
    add(
        "later",
        requested_by=ada,
        attempt_count=2,
        error_code="unreachable",
        error_message="The registry could not be reached.",
        retry_after=NOW + timedelta(seconds=40),
    )
    add("cancelled", "cancelled", requested_by=ada)
    add("left-padd", "failed", error_code="not_found", error_message="npm:left-padd is not there.")
    return made


def request_list(pilot: Pilot[Any]) -> RequestList:
    return pilot.app.screen.query_one(RequestList)


def names(pilot: Pilot[Any]) -> list[str]:
    return [
        f"{'-' if line.is_member else ''}{line.request.name}"
        for line in request_list(pilot).rows
        if isinstance(line, RequestLine)
    ]


def said(pilot: Pilot[Any], id: str) -> str:
    return str(pilot.app.screen.query_one(f"#{id}", Static).content)


def current(pilot: Pilot[Any]) -> str:
    line = request_list(pilot).current_request
    return "" if line is None else line.request.name


async def go_to(pilot: Pilot[Any], name: str, *, is_member: bool = False) -> None:
    listed = request_list(pilot)
    found = [n.lstrip("-") == name and n.startswith("-") == is_member for n in names(pilot)]
    listed.move_to_line(found.index(True))
    await until(pilot, lambda: current(pilot) == name and name in said(pilot, "request-head"))


def status_of(home: Home, request_id: UUID) -> str | None:
    statement = select(package_requests.c.status).where(package_requests.c.id == request_id)
    return home.fill(lambda connection: connection.scalar(statement))


async def test_roots_are_listed_newest_first_each_in_one_line(home: Home) -> None:
    home.fill(sample)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        assert names(pilot) == ["left-padd", "cancelled", "later", "webpack", "react"]
        shown = drawn(request_list(pilot))
        for words in (
            "✗ failed",
            "– cancelled",
            "next try in 40 s · The registry could",
            "▶ ◐ working",
            "━━━━━━──── 2 of 5 completed · 1 failed",
            "by Ada",
            "3 min",
        ):
            assert words in shown


async def test_a_chain_unfolds_to_its_members_and_folds_again(home: Home) -> None:
    home.fill(sample)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "webpack")
        await pilot.press("space")
        await until(pilot, lambda: "-gone" in names(pilot))
        assert names(pilot)[3:8] == ["webpack", "-acorn", "-ajv", "-browserslist", "-gone"]
        assert "for webpack" in drawn(request_list(pilot))
        await go_to(pilot, "ajv", is_member=True)
        await pilot.press("left")
        await until(pilot, lambda: "-ajv" not in names(pilot))
        assert current(pilot) == "webpack"


@pytest.mark.parametrize("key", ["enter", "p"])
async def test_the_package_is_opened_of_a_chain_as_of_a_single_request(
    home: Home, key: str
) -> None:
    home.fill(sample)
    for name in ("react", "webpack"):
        home.fill(lambda connection, name=name: rows.add_release(connection, name))  # type: ignore[misc]
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        for name in ("webpack", "react"):
            await go_to(pilot, name)
            await pilot.press(key)
            await shows(pilot, f"› npm:{name}")
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(pilot.app.screen, RequestsScreen))
            assert "-acorn" not in names(pilot)


async def test_o_offers_the_pages_of_the_package(home: Home) -> None:
    home.fill(sample)
    home.fill(lambda connection: rows.add_release(connection, "react"))
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "react")
        await pilot.press("o")
        await shows(pilot, "enter opens the browser")
        await pilot.press("q")
        await go_to(pilot, "left-padd")
        await pilot.press("o")
        await shows(pilot, "npm:left-padd is not in the catalogue yet.")


async def test_a_failure_is_explained_in_full(home: Home) -> None:
    home.fill(sample)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "left-padd")
        assert said(pilot, "request-error") == "npm:left-padd is not there."
        assert "check the spelling" in said(pilot, "request-advice")


async def test_the_filter_finds_chains_with_a_failed_member_and_shows_only_those(
    home: Home,
) -> None:
    home.fill(sample)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "webpack")
        await pilot.press("space", "f", "f")
        wanted = ["left-padd", "webpack", "-gone"]
        await until(pilot, lambda: names(pilot) == wanted)
        assert "‹failed›" in said(pilot, "requests-head")


async def test_a_filter_without_any_request_says_so(home: Home) -> None:
    home.fill(lambda connection: rows.add_request(connection, "react"))
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await pilot.press("f", "f")
        await until(pilot, lambda: not names(pilot))
        assert "There are no failed requests. f shows" in said(pilot, "requests-note")


async def test_an_empty_queue_says_what_to_do(home: Home) -> None:
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: "Search with /" in said(pilot, "requests-note"))


async def test_mine_leaves_out_what_others_asked_for(home: Home) -> None:
    home.fill(sample)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await pilot.press("m")
        await until(pilot, lambda: not names(pilot))
        assert "My requests" in said(pilot, "requests-head")
        await pilot.press("m")
        await until(pilot, lambda: len(names(pilot)) == 5)


async def test_retry_cancel_and_cancel_chain_do_what_they_say(home: Home) -> None:
    made = home.fill(sample)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "later")
        await pilot.press("r")
        await until(pilot, lambda: "next try" not in drawn(request_list(pilot)))
        await pilot.press("c")
        await until(pilot, lambda: status_of(home, made["later"]) == "cancelled")
        await go_to(pilot, "webpack")
        await pilot.press("C")
        await until(pilot, lambda: status_of(home, made["browserslist"]) == "cancelled")
        assert status_of(home, made["ajv"]) == "fetching"
        await go_to(pilot, "left-padd")
        await pilot.press("r")
        await until(pilot, lambda: status_of(home, made["left-padd"]) == "pending")
        await until(pilot, lambda: "✗ failed" not in drawn(request_list(pilot)))


async def test_several_packages_asked_for_at_once_are_one_row(home: Home) -> None:
    def prepare(connection: Connection) -> None:
        names = ["react", "vue", "svelte"]
        asked = ask_all(connection, [("npm", name) for name in names], account_id=None)
        first = asked[0]
        assert isinstance(first, Asked)
        below: dict[str, Any] = {"chain": first.chain_id, "is_auto_queued": True, "depth": 1}
        for number in range(3):
            rows.add_request(connection, f"below-{number}", **below)

    home.fill(prepare)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        assert names(pilot) == ["react"]
        assert "npm:react and 2 more" in drawn(request_list(pilot))
        assert "npm:react and 2 more" in said(pilot, "request-head")
        await pilot.press("c")
        await until(pilot, lambda: "requested together" in screen_text(pilot))
        await pilot.press("space")
        await until(pilot, lambda: "-below-2" in names(pilot))
        assert names(pilot)[1:] == ["-react", "-vue", "-svelte", "-below-0", "-below-1", "-below-2"]
        await go_to(pilot, "vue", is_member=True)
        await pilot.press("c")
        await until(pilot, lambda: "npm:vue: 1 request cancelled." in screen_text(pilot))
        await pilot.press("C")
        await until(
            pilot, lambda: "npm:react and 2 more: 5 requests cancelled." in screen_text(pilot)
        )
        await pilot.press("C")
        await shows(pilot, "npm:react and 2 more: nothing of it was queued any more.")
        await pilot.press("r")
        await until(pilot, lambda: "npm:vue: 6 requests are queued again." in screen_text(pilot))


async def test_what_is_left_to_others_is_said(home: Home) -> None:
    made = home.fill(sample)

    def share(connection: Connection) -> None:
        bob = rows.add_account(connection, "bob")
        rows.follow(connection, made["browserslist"], bob)

    home.fill(share)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "webpack")
        await pilot.press("C")
        await until(pilot, lambda: "1 left to others who need it." in screen_text(pilot))
        assert status_of(home, made["browserslist"]) == "pending"


async def test_what_can_not_be_cancelled_is_said(home: Home) -> None:
    home.fill(sample)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "react")
        await pilot.press("c")
        await until(pilot, lambda: "The request is completed" in screen_text(pilot))


async def test_cancelling_a_package_whose_chain_works_on_names_the_key_for_the_chain(
    home: Home,
) -> None:
    home.fill(sample)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "webpack")
        await pilot.press("c")
        await until(pilot, lambda: "itself is already fetched; C cancels" in screen_text(pilot))


async def test_progress_is_drawn_in_its_line_while_the_worker_works(home: Home) -> None:
    id = home.fill(lambda connection: rows.add_request(connection, "webpack", status="fetching"))
    app = home.app(RequestsScreen)
    async with running(app, RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        assert app.catalogue is not None
        activity = app.catalogue.activity
        for done in range(0, 8_400_000, 10_000):
            activity.report(Progress(id, "npm", "webpack", Step("fetching", done, 8_400_000)))
        activity.report(Progress(id, "npm", "webpack", Step("fetching", 3_100_000, 8_400_000)))
        await until(pilot, lambda: "fetching 3.1/8.4 MB" in drawn(request_list(pilot)))
        activity.report(Progress(id, "npm", "webpack", Step("resolving", 12, 30)))
        await until(pilot, lambda: "━━━━────── resolving 12/30" in drawn(request_list(pilot)))
        assert "resolving 12/30" in said(pilot, "request-error")
        activity.finished(id)
        await until(pilot, lambda: "resolving" not in drawn(request_list(pilot)))


async def test_only_lines_whose_words_change_with_time_are_drawn_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing wakes up before they do."""
    home.fill(sample)
    home.fill(lambda connection: rows.add_request(connection, "slow", retry_after=NOW + 5 * MINUTE))
    app = home.app(RequestsScreen)
    passed = [timedelta()]
    monkeypatch.setattr(app, "_clock", lambda: NOW + passed[0])
    async with running(app, RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "react")
        listed, screen = request_list(pilot), pilot.app.screen
        assert isinstance(screen, RequestsScreen)
        drawn_lines: list[int] = []
        render = listed.render_line

        def drawing(y: int) -> Any:
            drawn_lines.append(y)
            return render(y)

        monkeypatch.setattr(listed, "render_line", drawing)

        async def after(seconds: float) -> list[str]:
            """Of which packages the lines were drawn."""
            drawn_lines.clear()
            passed[0] = timedelta(seconds=seconds)
            screen._move_on()
            await pilot.pause()
            return [names(pilot)[line] for line in drawn_lines]

        assert await after(0.5) == ["slow"]
        assert await after(4.5) == []
        assert await after(5.5) == ["later"]
        assert "next try in 35 s" in drawn(listed)
        await after(41)  # the ages and the wait of minutes are left
        assert screen._pane.lasts == 19
        assert await after(59) == []
        assert set(await after(60.5)) == set(names(pilot))


async def test_a_new_request_does_not_move_the_cursor(home: Home) -> None:
    made = home.fill(sample)
    async with running(home.app(RequestsScreen), RequestsScreen, (80, 24)) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "webpack")
        home.fill(lambda connection: rows.add_request(connection, "newest"))
        await until(pilot, lambda: "newest" in names(pilot))
        assert current(pilot) == "webpack"
        changed = update(package_requests).where(package_requests.c.id == made["later"])
        home.fill(lambda connection: connection.execute(changed.values(status="completed")))
        await until(pilot, lambda: "next try" not in drawn(request_list(pilot)))
        assert current(pilot) == "webpack"


async def test_a_long_chain_is_read_as_it_is_scrolled(home: Home) -> None:
    def prepare(connection: Connection) -> UUID:
        root = rows.add_request(connection, "huge", status="completed")
        for number in range(350):
            rows.add_request(connection, f"member-{number:03}", chain=root, is_auto_queued=True)
        rows.add_request(connection, "small")
        return root

    huge = home.fill(prepare)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: names(pilot))
        await go_to(pilot, "huge")
        await pilot.press("space")
        await until(pilot, lambda: MoreLine(huge, 100, 350) in request_list(pilot).rows)
        assert "-member-100" not in names(pilot)
        for last in (100, 200, 300, 349):
            await pilot.press("end")
            await until(pilot, lambda last=last: f"-member-{last}" in names(pilot))  # type: ignore[misc]
        assert len(names(pilot)) == 352


async def test_history_is_paged(home: Home) -> None:
    def prepare(connection: Connection) -> None:
        for number in range(120):
            rows.add_request(connection, f"old-{number:03}", status="completed")

    home.fill(prepare)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        for loaded in (50, 100, 120):
            await until(pilot, lambda loaded=loaded: len(names(pilot)) == loaded)  # type: ignore[misc]
            await pilot.press("end")
        assert "old-000" in drawn(request_list(pilot))


async def test_hostile_names_and_errors_are_shown_and_nothing_more(home: Home) -> None:
    def prepare(connection: Connection) -> None:
        mallory = rows.add_account(connection, HOSTILE)
        rows.add_request(
            connection,
            HOSTILE,
            status="failed",
            requested_by=mallory,
            error_code="malformed",
            error_message=HOSTILE,
        )

    home.fill(prepare)
    async with running(home.app(RequestsScreen), RequestsScreen) as pilot:
        await until(pilot, lambda: "[@click=app.quit]" in said(pilot, "request-error"))
        shown = screen_text(pilot)
        assert "[/][@click=app.quit]x[/]" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        await pilot.click(RequestList, offset=(20, 0))
        await pilot.press("r", "c", "p")
        assert pilot.app.is_running


class TestPicture:
    """Snapshots of a queue with one of everything, a chain unfolded."""

    @pytest.mark.parametrize("size", [(120, 36), (80, 24)])
    def test_requests(self, home: Home, size: tuple[int, int], snap_compare: Any) -> None:
        made = home.fill(sample)
        app = home.app(RequestsScreen)

        async def unfold(pilot: Pilot[Any]) -> None:
            await opened(pilot, RequestsScreen)
            await until(pilot, lambda: names(pilot))
            await go_to(pilot, "webpack")
            await pilot.press("space")
            await until(pilot, lambda: "-gone" in names(pilot))
            assert app.catalogue is not None
            step = Progress(made["ajv"], "npm", "ajv", Step("fetching", 3_100_000, 8_400_000))
            app.catalogue.activity.report(step)
            await until(pilot, lambda: "3.1/8.4 MB" in drawn(request_list(pilot)))
            await go_to(pilot, "gone", is_member=True)

        assert snap_compare(app, terminal_size=size, run_before=unfold)
