"""A provider whose answers are not what they should be: addresses, redirects, sizes, shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.identity.conftest import NewSession
from tests.support.hostile_provider import CODE, HostileProvider, refusal, said
from tests.support.http_thread import Reply
from tests.support.logins import JumpingClock
from tgtui.identity.oidc.errors import CodeExpired, LoginDenied, LoginError, ProviderWrong

HTML = Reply(200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"})
HUGE = Reply(200, b" " * 65_536, {"Content-Type": "application/json"}, repeat=40)
HTTP_ENDPOINTS = ("token_endpoint", "jwks_uri", "device_authorization_endpoint")


@pytest.mark.parametrize("path", ["openid-configuration", "/device"])
@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (HTML, "not a JSON object"),
        (HUGE, "larger than a megabyte"),
        (said([]), "not a JSON object"),
        (Reply(200, b"[" * 100_000), "not a JSON object"),
        (Reply(200, b"\xff\xfe{}"), "not an OpenID provider|not a JSON object|can't be read"),
        (Reply(404), "404"),
        (
            Reply(302, b"", {"Location": "http://attacker.invalid/"}),
            r"redirects to attacker\.invalid",
        ),
        (
            Reply(307, b"", {"Location": "https://attacker.invalid/"}),
            r"redirects to attacker\.invalid",
        ),
        (Reply(301, b"", {"Location": "/elsewhere"}), "redirects"),
    ],
)
async def test_an_answer_that_is_none_is_told_and_nothing_followed(
    hostile: HostileProvider, new_session: NewSession, path: str, reply: Reply, told: str
) -> None:
    hostile.answers[path] = reply
    with pytest.raises(LoginError, match=told) as caught:
        await new_session(hostile.issuer).new_code()
    assert len(str(caught.value)) < 400
    assert not hostile.asked("/elsewhere")


@pytest.mark.parametrize(
    "reply",
    [
        HTML,
        HUGE,
        Reply(307, b"", {"Location": "http://attacker.invalid/token"}),
        Reply(308, b"", {"Location": "/token2"}),
        said({"error": 7}, 400),
    ],
)
async def test_a_token_is_sent_nowhere_else(
    hostile: HostileProvider, new_session: NewSession, reply: Reply
) -> None:
    session = new_session(hostile.issuer)
    code = await session.new_code()
    hostile.polls.append(reply)
    told: list[str] = []
    await session.complete(code, told.append)  # the code stays valid
    assert "code stays valid" in told[0]
    assert hostile.asked("/token") == 2
    assert not hostile.asked("/token2")


async def test_another_issuer_than_the_settings_name_is_not_believed(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.configuration = {"issuer": f"{hostile.issuer}/"}
    with pytest.raises(ProviderWrong, match="must be exactly the same"):
        await new_session(hostile.issuer).new_code()


@pytest.mark.parametrize("name", HTTP_ENDPOINTS)
@pytest.mark.parametrize(
    "address",
    [
        "http://login.invalid/x",
        "ftp://login.invalid/x",
        "file:///etc/passwd",
        "//login.invalid/x",
        "javascript:alert(1)",
        "http://127.0.0.1.attacker.invalid/",
        "",
    ],
)
async def test_an_address_that_is_not_https_is_not_asked(
    hostile: HostileProvider, new_session: NewSession, name: str, address: str
) -> None:
    hostile.configuration = {name: address}
    with pytest.raises(ProviderWrong, match="not https"):
        await new_session(hostile.issuer).new_code()


@pytest.mark.parametrize(
    "document",
    [
        {"token_endpoint": None},
        {"jwks_uri": 7},
        {"token_endpoint": ["https://a.invalid"]},
    ],
)
async def test_a_configuration_of_another_shape_is_none(
    hostile: HostileProvider, new_session: NewSession, document: dict[str, Any]
) -> None:
    hostile.configuration = document
    with pytest.raises(ProviderWrong, match="is not an OpenID provider configuration"):
        await new_session(hostile.issuer).new_code()


async def test_a_provider_without_device_codes_is_told_apart(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.configuration = {"device_authorization_endpoint": None}
    with pytest.raises(ProviderWrong, match="RFC 8628"):
        await new_session(hostile.issuer).new_code()


@pytest.mark.parametrize(
    "change",
    [
        {"device_code": None},
        {"user_code": 5},
        {"user_code": ""},
        {"verification_uri": None},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri": "https://login.example/\x1b[31m"},
        {"verification_uri_complete": "http://attacker.invalid/"},
        {"expires_in": "soon"},
        {"expires_in": 0},
        {"expires_in": -5},
        {"expires_in": float("nan")},
        {"expires_in": None},
        {"expires_in": True},
        {"expires_in": [600]},
        {"expires_in": "-Infinity"},
        {"verification_uri": "https://login.example@attacker.example/"},
        {"verification_uri_complete": "https://user:x@login.example/?user_code=A"},
        {"verification_uri": "https://login.example\\@attacker.example/"},
        {"verification_uri": "https://login%2eexample/"},
    ],
)
async def test_a_code_that_can_not_be_used_is_refused(
    hostile: HostileProvider, new_session: NewSession, change: dict[str, Any]
) -> None:
    hostile.device = change
    with pytest.raises(ProviderWrong):
        await new_session(hostile.issuer).new_code()


async def test_what_it_writes_can_not_reach_the_terminal(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.device = {"user_code": "A\x1b]0;x\x07B\u202ec"}
    code = await new_session(hostile.issuer).new_code()
    assert code.user_code.isprintable()


async def test_googles_spelling_and_numbers_as_text_are_understood(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.device = {
        "verification_uri": None,
        "verification_url": f"{hostile.issuer}/g",
        "expires_in": "900",
    }
    hostile.device.pop("verification_uri")
    hostile.answers["/device"] = said(
        {
            "device_code": "x",
            "user_code": CODE,
            "verification_url": f"{hostile.issuer}/g",
            "expires_in": "900",
        }
    )
    session = new_session(hostile.issuer)
    code = await session.new_code()
    assert code.address == f"{hostile.issuer}/g"
    assert session.seconds_left(code) == 900


async def test_endless_pending_ends_with_the_code(
    hostile: HostileProvider, new_session: NewSession, clock: JumpingClock
) -> None:
    hostile.device = {"expires_in": 10**12, "interval": 30}
    hostile.answers["/token"] = refusal("authorization_pending")
    session = new_session(hostile.issuer)
    with pytest.raises(CodeExpired):
        await session.complete(await session.new_code())
    assert sum(clock.waits) == 3_600  # an hour, whatever the provider says


async def test_an_interval_of_nothing_does_not_make_a_storm(
    hostile: HostileProvider, new_session: NewSession, clock: JumpingClock
) -> None:
    hostile.device = {"interval": -1}
    hostile.polls.extend([refusal("authorization_pending")] * 3)
    session = new_session(hostile.issuer)
    await session.complete(await session.new_code())
    assert clock.waits == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [
        (float("inf"), 5),
        (float("nan"), 5),
        ("Infinity", 5),
        ("often", 5),
        (None, 5),
        ([7], 5),
        (True, 5),
        (10**400, 5),
        ("9" * 5_000, 5),
        ("7", 7),
        (0, 1),
        (-(10**400), 1),
        (1e300, 60),
    ],
    ids=lambda value: str(value)[:9],
)
async def test_any_interval_lets_a_login_happen(
    hostile: HostileProvider,
    new_session: NewSession,
    clock: JumpingClock,
    interval: Any,
    seconds: float,
) -> None:
    hostile.device = {"interval": interval}
    session = new_session(hostile.issuer)
    await session.complete(await session.new_code())
    assert clock.waits == [seconds]


@pytest.mark.parametrize("number", ["1e999", "9" * 5_000, "Infinity"])
async def test_a_number_without_an_end_is_bounded_and_not_a_broken_answer(
    hostile: HostileProvider, new_session: NewSession, number: str
) -> None:
    body = json.dumps({**hostile._code(), "expires_in": 0, "interval": 0})
    body = body.replace('"expires_in": 0', f'"expires_in": {number}')
    hostile.answers["/device"] = Reply(200, body.encode())
    session = new_session(hostile.issuer)
    assert session.seconds_left(await session.new_code()) == 3_600


async def test_an_address_that_looks_like_another_is_shown_as_dns_has_it(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.device = {"verification_uri": "https://log\u0456n.example/device"}
    code = await new_session(hostile.issuer).new_code()
    assert code.address == "https://xn--logn-n9d.example/device"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("access_denied", "was declined (access_denied)"),
        ("authorization_declined", "was declined (authorization_declined)"),
        ("expired_token", "expired before it was entered; request a new one (expired_token)"),
        ("invalid_client", "it does not know tgtui, or oidc.client_id is wrong (invalid_client)"),
        ("invalid_grant", "the code or the login was used, revoked, or has expired"),
        ("unauthorized_client", "may not log in with a device code"),
        ("unsupported_grant_type", "it does not offer logins with a device code"),
        ("invalid_scope", "oidc.scopes"),
        ("", "it answered 400 without a reason"),
        ("urn:example:error:" + "a_long_one_" * 20, "a_long_one_" * 20),
    ],
)
async def test_an_error_code_is_put_into_words_and_never_cut(
    hostile: HostileProvider, new_session: NewSession, error: str, told: str
) -> None:
    hostile.polls.append(refusal(error))
    session = new_session(hostile.issuer)
    with pytest.raises(LoginError) as caught:
        await session.complete(await session.new_code())
    assert told in str(caught.value)
    assert "…" not in str(caught.value)


@pytest.mark.parametrize("error", ["authorization_pending", "slow_down"])
@pytest.mark.parametrize("status", [200, 400, 401, 428, 429])
async def test_a_code_that_was_not_entered_yet_is_waited_for(
    hostile: HostileProvider, new_session: NewSession, error: str, status: int
) -> None:
    hostile.polls.extend([refusal(error, status)] * 3)
    session = new_session(hostile.issuer)
    assert (await session.complete(await session.new_code())).identity is not None


@pytest.mark.parametrize("roles", [9_000, 40_000])
async def test_a_person_may_have_thousands_of_roles(
    hostile: HostileProvider, new_session: NewSession, roles: int
) -> None:
    hostile.claims = {"roles": [f"/teams/garden/role-{number:05}" for number in range(roles)]}
    hostile.claims["roles"].append("admins")
    session = new_session(hostile.issuer)
    assert "admin" in (await session.complete(await session.new_code())).roles
    other = new_session(hostile.issuer)
    await other.restore()
    assert "admin" in other.person.roles


@pytest.mark.parametrize("error", ["access_denied", "invalid_client", "x" * 5_000, "a\x1b[31mb"])
async def test_a_refusal_ends_the_waiting_in_a_clean_sentence(
    hostile: HostileProvider, new_session: NewSession, error: str
) -> None:
    hostile.polls.append(refusal(error, error_description="the-device-code is unknown"))
    session = new_session(hostile.issuer)
    code = await session.new_code()
    with pytest.raises(LoginDenied) as caught:
        await session.complete(code)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert len(sentence) < 400
    assert "the-device-code" not in sentence


async def test_why_this_client_may_not_log_in_is_told(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.answers["/device"] = refusal(
        "unauthorized_client", error_description="Client not allowed for device grant"
    )
    with pytest.raises(
        LoginDenied,
        match=r"may not log in with a device code.*\(unauthorized_client\): Client not allowed",
    ):
        await new_session(hostile.issuer).new_code()


async def test_an_answer_without_an_id_token_is_no_login(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.token_body = {"id_token": None}
    session = new_session(hostile.issuer)
    with pytest.raises(ProviderWrong, match="sent no id token"):
        await session.complete(await session.new_code())


@pytest.mark.parametrize("expires_in", [float("nan"), float("inf"), -1, "x", None, 10**30, [1]])
async def test_a_lifetime_out_of_all_bounds_is_bounded(
    hostile: HostileProvider, new_session: NewSession, clock: JumpingClock, expires_in: Any
) -> None:
    hostile.token_body = {"expires_in": expires_in}
    session = new_session(hostile.issuer)
    await session.complete(await session.new_code())
    assert session.login is not None
    assert session.login.grant is not None
    lifetime = (session.login.grant.expires_at - clock.now()).total_seconds()
    assert 0 < lifetime <= 24 * 3_600


async def test_roles_that_are_not_in_the_token_are_read_from_userinfo(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.claims = {"roles": None}
    hostile.configuration = {"userinfo_endpoint": f"{hostile.issuer}/userinfo"}
    hostile.answers["/userinfo"] = said({"sub": "mallory", "name": "M", "roles": ["admins"]})
    session = new_session(hostile.issuer)
    assert "admin" in (await session.complete(await session.new_code())).roles
    assert ("/userinfo", "Bearer the-access-token") in hostile.headers


async def test_a_renewal_without_an_id_token_asks_where_the_roles_came_from(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.configuration = {"userinfo_endpoint": f"{hostile.issuer}/userinfo"}
    hostile.answers["/userinfo"] = said({"sub": "mallory", "roles": ["admins"]})
    in_token = new_session(hostile.issuer)
    await in_token.complete(await in_token.new_code())
    hostile.token_body = {"id_token": None}
    await in_token.renew()  # userinfo would say nothing new of them
    assert "admin" in in_token.person.roles
    assert hostile.asked("/userinfo") == 0

    hostile.claims, hostile.token_body = {"roles": None}, {}
    by_userinfo = new_session(hostile.issuer)
    await by_userinfo.complete(await by_userinfo.new_code())
    hostile.token_body = {"id_token": None}
    hostile.answers["/userinfo"] = said({"sub": "mallory"})
    await by_userinfo.renew()
    assert "admin" not in by_userinfo.person.roles


async def test_userinfo_of_somebody_else_is_refused(
    hostile: HostileProvider, new_session: NewSession
) -> None:
    hostile.claims = {"roles": None}
    hostile.configuration = {"userinfo_endpoint": f"{hostile.issuer}/userinfo"}
    hostile.answers["/userinfo"] = said({"sub": "the-boss", "roles": ["admins"]})
    session = new_session(hostile.issuer)
    with pytest.raises(ProviderWrong, match="another person"):
        await session.complete(await session.new_code())
