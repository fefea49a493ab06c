"""Tokens are in no sentence, log or traceback, not even in one that shows every variable."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.identity.conftest import NewSession
from tests.support.hostile_provider import HostileProvider, refusal
from tests.support.http_thread import Reply
from tgtui.identity.oidc.protocol import client as oidc_client
from tgtui.identity.oidc.secrets import Secret

SECRETS = ("the-device-code", "the-access-token", "the-refresh-token", "eyJ")


def told_by(error: BaseException) -> str:
    """As a crash report has it that shows the variables of every frame, but for those of tests."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in report.stack if "/tests/" not in Path(frame.filename).as_posix()]
    report.stack = traceback.StackSummary.from_list(frames)
    return "".join(report.format())


@pytest.mark.parametrize(
    "reply",
    [
        refusal("invalid_grant", error_description="the-device-code, the-refresh-token"),
        Reply(drop=True),
        Reply(503),
        Reply(200, b"<html>"),
        Reply(302, b"", {"Location": "http://elsewhere.invalid/?code=the-device-code"}),
    ],
)
@pytest.mark.parametrize("step", ["redeem", "refresh", "revoke"])
async def test_whatever_the_provider_answers(
    hostile: HostileProvider,
    new_session: NewSession,
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
    step: str,
) -> None:
    caplog.set_level(logging.DEBUG, "tgtui")
    hostile.configuration = {"revocation_endpoint": f"{hostile.issuer}/token"}
    session = new_session(hostile.issuer)
    code = await session.new_code()
    if step != "redeem":
        await session.complete(code)
    hostile.polls.append(reply)
    client = session._client
    try:
        if step == "redeem":
            await client.redeem(code)
        elif step == "refresh":
            await session.renew()
        else:
            assert session.login is not None
            assert session.login.refresh_token is not None
            await client.revoke(session.login.refresh_token)
    except Exception as error:
        told = told_by(error)
    else:
        told = ""
    told += caplog.text + repr(session.login) + repr(code) + session.notice
    assert not [secret for secret in SECRETS if secret in told]


async def test_a_mistake_of_ours_while_tokens_are_read(
    hostile: HostileProvider, new_session: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: Any) -> Any:
        raise KeyError("a mistake")

    monkeypatch.setattr(oidc_client, "_expiry", mistaken)
    session = new_session(hostile.issuer)
    code = await session.new_code()
    with pytest.raises(KeyError) as caught:
        await session.complete(code)
    told = told_by(caught.value)
    assert "Secret(…)" in told  # the variables are there
    assert not [secret for secret in SECRETS if secret in told]


async def test_a_mistake_of_the_library_while_they_are_sent(
    hostile: HostileProvider, new_session: NewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session(hostile.issuer)
    code = await session.new_code()

    def mistaken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(httpx.AsyncClient, "send", mistaken)
    with pytest.raises(Exception, match=r"can't be used \(RuntimeError\)") as caught:
        await session._client.redeem(code)
    assert not [secret for secret in SECRETS if secret in told_by(caught.value)]


def test_a_secret_shows_and_gives_away_nothing_by_itself() -> None:
    secret = Secret("open sesame")
    assert "sesame" not in f"{secret} {secret!r} {[secret]}"
    assert secret == Secret("open sesame") != Secret("open")
    assert secret != "open sesame"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
