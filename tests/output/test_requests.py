"""A request's state has one word and one sentence, wherever it is told."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.support.rows import DAY_ONE
from tgtui.data.views.requests import Cancelled, RequestRow, RequestStatus, Retried
from tgtui.output.requests import (
    STATE_WORDS,
    cancelled_text,
    is_active,
    request_text,
    request_text_or,
    retried_text,
)
from tgtui.screens.requests.reader import FILTERS
from tgtui.widgets.labels import PACKAGE_WORDS, REQUEST_STYLES
from tgtui.widgets.requests.line import SIGNS

NOW = DAY_ONE + timedelta(minutes=3)
REQUEST = RequestRow(
    id=UUID(int=1),
    registry="npm",
    name="express",
    status="pending",
    is_auto_queued=False,
    requested_by=None,
    source_name=None,
    depth=0,
    attempt_count=0,
    error_code=None,
    error_message=None,
    retry_after=None,
    package_id=None,
    step=None,
    created_at=DAY_ONE,
    updated_at=DAY_ONE,
)
LATER = {"retry_after": NOW + timedelta(seconds=40), "error_message": "It was down."}


@pytest.mark.parametrize(
    ("changes", "now", "sentence"),
    [
        ({}, NOW, "It has been queued for 3 min."),
        ({}, None, "It is queued."),
        (LATER, NOW, "It will be tried again in 40 s: It was down."),
        (LATER, None, "It is queued and will be tried again: It was down."),
        ({"status": "fetching"}, NOW, "It is being fetched now."),
        ({"status": "failed", "error_message": "No."}, NOW, "Fetching it failed 3 min ago: No."),
        ({"status": "failed"}, None, "Fetching it failed: the reason was not recorded."),
        ({"status": "cancelled"}, NOW, "Its request was cancelled."),
    ],
)
def test_each_state_is_a_sentence(changes: dict[str, object], now: object, sentence: str) -> None:
    assert request_text(replace(REQUEST, **changes), now) == sentence  # type: ignore[arg-type]


@pytest.mark.parametrize("status", get_args(RequestStatus))
def test_a_request_that_brings_nothing_leaves_the_word_to_others(status: RequestStatus) -> None:
    request = replace(REQUEST, status=status)
    is_over = status in {"completed", "cancelled"}
    assert (request_text_or(request, "Ask.") == "Ask.") == is_over
    assert is_active(request) == (status in {"pending", "fetching"})


def test_every_state_has_its_sign_and_colour() -> None:
    assert SIGNS.keys() == REQUEST_STYLES.keys() > set(get_args(RequestStatus))


def test_every_state_has_a_word_of_its_own() -> None:
    assert STATE_WORDS.keys() == SIGNS.keys()
    assert len(set(STATE_WORDS.values())) == len(STATE_WORDS)
    assert {word for word, _ in PACKAGE_WORDS.values()} - {"", "not fetched"} < set(
        STATE_WORDS.values()
    )
    assert {name for name, _ in FILTERS} - {"all", "unfinished"} < set(STATE_WORDS.values())


@pytest.mark.parametrize(
    ("cancelled", "said"),
    [
        (Cancelled(1, 0), "1 request cancelled"),
        (Cancelled(12, 1), "12 requests cancelled, 1 left to others who need it"),
        (Cancelled(0, 2), "2 left to others who need them"),
        (Cancelled(0, 0), "nothing of it was queued any more"),
    ],
)
def test_what_was_cancelled_is_counted_if_there_was_anything(
    cancelled: Cancelled, said: str
) -> None:
    assert cancelled_text(cancelled) == said


@pytest.mark.parametrize(
    ("queued", "are_several", "said"),
    [
        (0, False, "npm:a is queued."),
        (0, True, "npm:a and 2 more are queued."),
        (1, False, "npm:a is queued."),
        (1, True, "npm:a and 2 more: 1 request is queued again."),
        (2, False, "npm:a: 2 requests are queued again."),
    ],
)
def test_one_is_and_several_are(queued: int, are_several: bool, said: str) -> None:
    name = "npm:a and 2 more" if are_several else "npm:a"
    told = Retried(UUID(int=1), is_new=bool(queued), queued=queued)
    assert retried_text(name, told, are_several=are_several) == said
