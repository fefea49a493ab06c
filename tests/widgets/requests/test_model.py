"""The model of the requests screen: what is listed, what a piece that was read replaces, how it is worded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.support.rows import DAY_ONE
from tgtui.data.views.requests import Chain, RequestRow, Step
from tgtui.output.requests import amount
from tgtui.widgets.requests.detail import advice, explanation, headline
from tgtui.widgets.requests.line import (
    bar,
    chain_content,
    state_label,
    step_content,
    what_happens,
)
from tgtui.widgets.requests.model import MoreLine, RequestLine, RequestLines, RequestModel

NOW = DAY_ONE + timedelta(minutes=3)


def request(number: int, **values: Any) -> RequestRow:
    usual: dict[str, Any] = {
        "id": UUID(int=number),
        "registry": "npm",
        "name": f"package-{number}",
        "status": "pending",
        "is_auto_queued": False,
        "requested_by": "Ada",
        "source_name": None,
        "depth": 0,
        "attempt_count": 0,
        "error_code": None,
        "error_message": None,
        "retry_after": None,
        "package_id": None,
        "step": None,
        "created_at": DAY_ONE,
        "updated_at": DAY_ONE,
    }
    return RequestRow(**{**usual, **values})


def chain(number: int, total: int = 1, completed: int = 0, **values: Any) -> Chain:
    return Chain(request(number, **values), total, completed, 0, 0)


def line(row: RequestRow, chain: Chain | None = None, **values: Any) -> RequestLine:
    model = RequestModel()
    given = chain or Chain(row, 1, 0, 0, 0)
    model.put_chains([replace(given, root=row)], None, is_last=True)
    (only,) = RequestLines(model, lambda: NOW, {})
    assert isinstance(only, RequestLine)
    return replace(only, **values)


def request_line(line: object) -> RequestLine:
    assert isinstance(line, RequestLine)
    return line


def names(model: RequestModel) -> list[str]:
    return [
        f"more {one.shown}/{one.total}"
        if isinstance(one, MoreLine)
        else f"{'-' if one.is_member else ''}{one.request.id.int}"
        for one in RequestLines(model, lambda: NOW, {})
    ]


def chains(*numbers: int) -> list[Chain]:
    return [chain(number) for number in numbers]


def test_chains_stand_newest_first_however_they_were_read() -> None:
    model = RequestModel()
    model.put_chains(chains(9, 8), None, is_last=False)
    model.put_chains(chains(7, 5), UUID(int=8), is_last=True)
    assert names(model) == ["9", "8", "7", "5"]


def test_a_new_request_comes_on_top_and_pushes_nothing_out() -> None:
    model = RequestModel()
    model.put_chains(chains(9, 8), None, is_last=False)
    model.put_chains(chains(7, 5), UUID(int=8), is_last=True)
    model.put_chains(chains(10, 9), None, is_last=False)
    assert names(model) == ["10", "9", "8", "7", "5"]


def test_what_is_missing_in_a_stretch_is_gone_and_the_rest_stays() -> None:
    model = RequestModel()
    model.put_chains(chains(9, 8, 7, 6, 5), None, is_last=True)
    model.put_chains(chains(8, 6), UUID(int=9), is_last=False)
    assert names(model) == ["9", "8", "6", "5"]
    model.put_chains(chains(9), None, is_last=True)
    assert names(model) == ["9"]


def test_members_follow_their_root_in_order_until_all_are_read() -> None:
    model = RequestModel()
    model.put_chains([chain(1, total=5)], None, is_last=True)
    model.toggle(UUID(int=1))
    assert names(model) == ["1", "more 0/4"]
    model.put_members(UUID(int=1), [request(2), request(3)], None, is_last=False)
    assert names(model) == ["1", "-2", "-3", "more 2/4"]
    model.put_members(UUID(int=1), [request(4), request(5)], UUID(int=3), is_last=True)
    assert names(model) == ["1", "-2", "-3", "-4", "-5"]
    model.toggle(UUID(int=1))
    assert names(model) == ["1"]


def test_a_chain_that_grows_says_that_there_is_more() -> None:
    model = RequestModel()
    model.put_chains([chain(1, total=2)], None, is_last=True)
    model.toggle(UUID(int=1))
    model.put_members(UUID(int=1), [request(2)], None, is_last=True)
    model.put_chains([chain(1, total=3)], None, is_last=True)
    assert names(model) == ["1", "-2", "more 1/2"]


def test_a_wait_is_counted_down_and_then_no_longer_said() -> None:
    row = request(1, retry_after=NOW + timedelta(seconds=40), error_message="It was down.")
    model = RequestModel()
    model.put_chains([Chain(row, 1, 0, 0, 0)], None, is_last=True)
    moment = NOW
    lines = RequestLines(model, lambda: moment, {})
    assert str(what_happens(request_line(lines[0]))) == "next try in 40 s · It was down."
    moment = NOW + timedelta(seconds=60)
    assert request_line(lines[0]).retry == ""


def test_rows_are_found_by_their_keys_whatever_is_unfolded() -> None:
    model = RequestModel()
    model.put_chains([chain(1, total=4), chain(9, total=2)], None, is_last=True)
    for root in (1, 9):
        model.toggle(UUID(int=root))
    model.put_members(UUID(int=1), [request(2), request(3)], None, is_last=False)
    model.put_members(UUID(int=9), [request(2)], None, is_last=True)
    lines = RequestLines(model, lambda: NOW, {})
    assert names(model) == ["9", "-2", "1", "-2", "-3", "more 2/3"]
    assert [lines.line_of(one.key) for one in lines] == [0, 1, 2, 3, 4, 5]
    assert lines.lines_of(UUID(int=2)) == [1, 3]
    assert lines.line_of((UUID(int=1), UUID(int=7))) is None
    assert lines[-1] == MoreLine(UUID(int=1), 2, 3)
    assert list(lines[4:6]) == [lines[4], lines[5]]


def test_rows_stay_whole_for_who_looks_at_them_while_the_model_is_read_again() -> None:
    model = RequestModel()
    model.put_chains([chain(1, total=3)], None, is_last=True)
    model.toggle(UUID(int=1))
    model.put_members(UUID(int=1), [request(2), request(3)], None, is_last=True)
    lines = RequestLines(model, lambda: NOW, {})
    model.put_members(UUID(int=1), [], None, is_last=True)
    model.put_chains([], None, is_last=True)
    assert [request_line(one).request.id.int for one in lines] == [1, 2, 3]
    assert names(model) == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("fetching", 3_100_000, 8_400_000), "━━━─────── fetching 3.1/8.4 MB"),
        (Step("fetching", 812_000, 8_400_000), "────────── fetching 812.0 kB/8.4 MB"),
        (Step("fetching", 3_100_000, None), "fetching 3.1 MB"),
        (Step("fetching", 0, None), "fetching"),
        (Step("resolving", 12, 30), "━━━━────── resolving 12/30"),
        (Step("writing", 0, None), "writing"),
    ],
)
def test_each_stage_has_its_measure(step: Step, words: str) -> None:
    assert str(step_content(step)) == words


def test_a_bar_is_bounded_whatever_the_server_promised() -> None:
    assert str(bar(7.5)) == "━" * 10
    assert str(bar(-1)) == "─" * 10
    assert amount(Step("fetching", 9_000_000, 1_000_000)) == "9.0/1.0 MB"


def test_a_chain_counts_what_is_done_and_what_failed() -> None:
    busy = Chain(request(1), 65, 12, 1, 0)
    assert str(chain_content(busy)) == "━━──────── 12 of 65 completed · 1 failed"
    assert str(chain_content(Chain(request(1), 65, 64, 1, 0))) == "64 of 65 completed · 1 failed"
    assert str(chain_content(Chain(request(1), 65, 65, 0, 0))) == "65 packages"


def test_what_a_limit_left_out_is_counted_and_can_be_asked_for() -> None:
    whole = Chain(request(1, status="completed"), 5_000, 5_000, 0, 0, left_out=5_001)
    several = replace(whole, roots=3)
    for chain in (whole, several):
        said = "5,000 of 10,001 completed · 5,001 left out"
        assert str(chain_content(chain)) == str(explanation(line(chain.root, chain))) == said
        assert str(state_label(line(chain.root, chain))) == "! partial"
        told = "5,001 packages were not queued: the chain reached its limit (worker.max_packages or worker.max_depth)"
        assert str(advice(line(chain.root, chain))) == f"{told}; r asks for the rest."
        assert str(advice(line(chain.root, chain), can_act=False)) == f"{told}."
    alone = Chain(request(1, status="completed"), 1, 1, 0, 0, left_out=1)
    assert str(what_happens(line(alone.root, alone))) == "1 of 2 completed · 1 left out"
    assert str(advice(line(alone.root, alone))).startswith("1 package was not queued")


def test_no_key_is_named_that_this_person_has_not() -> None:
    lost = line(request(1, status="failed", error_code="not_found", error_message="No."))
    gone = line(request(1, status="cancelled"))
    for each in (lost, gone):
        assert " r " not in f" {advice(each, can_act=False)} "
        assert "r " in str(advice(each))


@pytest.mark.parametrize(
    ("code", "next_step"),
    [
        ("not_found", "check the spelling"),
        ("forbidden", ".npmrc"),
        ("unreachable", "Check the network"),
        ("malformed", "mirror or proxy"),
        ("removed_by_admin", "can restore it"),
    ],
)
def test_a_failure_says_what_to_do_next(code: str, next_step: str) -> None:
    failed = line(request(1, status="failed", error_code=code, error_message="It failed so."))
    assert str(explanation(failed)) == "It failed so."
    assert next_step in str(advice(failed))
    assert code.replace("_", " ") in str(headline(failed))


def test_a_retry_is_offered_only_where_it_can_help() -> None:
    lost = line(request(1, status="failed", error_code="not_found", error_message="No."))
    never = line(request(1, status="failed", error_code="invalid_name", error_message="No."))
    assert "r retries." in str(advice(lost))
    assert "r retries" not in str(advice(never))


def test_a_chain_with_failed_members_says_how_to_find_them() -> None:
    root = request(1, status="completed")
    said = str(advice(line(root, Chain(root, 10, 8, 2, 0))))
    assert said == ("2 packages of its chain failed: r retries, f shows only those, space unfolds.")


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ((4, 4, 0, 0), "✓ completed"),
        ((4, 3, 0, 0), "◐ working"),
        ((4, 3, 1, 0), "! partial"),
        ((4, 1, 0, 3), "! partial"),
        ((4, 4, 0, 0, 1, False), "◐ working"),
    ],
)
def test_a_root_is_completed_only_when_its_whole_chain_is(
    counts: tuple[Any, ...], word: str
) -> None:
    root = request(1, status="completed")
    assert str(state_label(line(root, Chain(root, *counts)))) == word


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ((4, 0, 0, 0), "○ queued"),
        ((4, 1, 0, 0), "◐ working"),
        ((4, 4, 0, 0), "✓ completed"),
        ((4, 3, 1, 0), "! partial"),
        ((4, 0, 4, 0), "✗ failed"),
        ((4, 0, 0, 4), "– cancelled"),
    ],
)
def test_of_several_roots_the_counts_decide(counts: tuple[int, int, int, int], word: str) -> None:
    asked = line(request(1), Chain(request(1), *counts, roots=3))
    assert str(state_label(asked)) == word
    assert "npm:package-1 and 2 more" in str(headline(asked))


def test_of_several_roots_the_first_is_among_the_members() -> None:
    model = RequestModel()
    model.put_chains([replace(chain(1, total=3), roots=2)], None, is_last=True)
    model.toggle(UUID(int=1))
    assert names(model) == ["1", "more 0/3"]
    members = [request(number) for number in (1, 2, 3)]
    model.put_members(UUID(int=1), members, None, is_last=True)
    assert names(model) == ["1", "-1", "-2", "-3"]
    assert RequestLines(model, lambda: NOW, {}).lines_of(UUID(int=1)) == [0, 1]


def test_a_long_name_leaves_room_for_what_there_is_to_say() -> None:
    row = request(1, name="@babel/plugin-syntax-optional-catch-binding", status="failed")
    shown = headline(line(row), 70)
    assert shown.cell_length == 70
    assert shown.plain.startswith("npm:@babel/")
    assert shown.plain.endswith("3 min old")
