"""A request's state has one word and one sentence, wherever it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from tests.support.rows import DAY_ONE
from tgtui.data.views.requests import RequestRow, RequestStatus
from tgtui.output.requests import is_active, request_text, request_text_or
from tgtui.widgets.labels import REQUEST_STYLES
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
        ({"status": "cancelled"}, NOW, "Its request was cancelled. Press a to ask again."),
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
