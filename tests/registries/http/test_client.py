"""The promises of the HTTP rules: waits, addresses, tokens, and bodies that inflate."""

from __future__ import annotations

import gzip
import logging
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registries.conftest import MakeNpm
from tests.support import fake_registry as fake
from tests.support.fake_registry import FakeRegistry
from tests.support.http_thread import Reply
from tests.support.postgres import free_port
from tgtui.registries.base import Forbidden, Malformed, RegistryError, TooLarge, Unreachable
from tgtui.registries.http.client import HttpClient
from tgtui.registries.http.inflate import Encoding, inflate
from tgtui.registries.http.rules import is_allowed, origin_of, parse_retry_after, shown_host
from tgtui.registries.http.trust import proxy_for
from tgtui.registries.npm.npmrc import NpmConfig

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
SECRET = "s3cr3t-t0k3n"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 7 ", 7.0),
        ("999999", 3_600.0),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2099 11:00:00 GMT", 3_600.0),
        ("Thu, 01 Jan 2026 12:00:30 -0000", 30.0),
        ("-5", None),
        ("1.5", None),
        ("９", None),
        ("1" * 400, None),
        ("soon", None),
        ("Thu, 99 Jan 2026 12:00:30 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_an_hour(
    value: str | None, seconds: float | None
) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_a_bounded_wait_or_none(value: str) -> None:
    wait = parse_retry_after(value, NOW)
    assert wait is None or 0 <= wait <= 3_600


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://x.example/", True),
        ("http://127.0.0.1:4873/", True),
        ("http://localhost/", True),
        ("http://[::1]:1/", True),
        ("http://x.example/", False),
        ("http://127.0.0.1.x.example/", False),
        ("http://localhost.x.example/", False),
        ("ftp://127.0.0.1/", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_plain_http_is_for_this_machine_only(url: str, allowed: bool) -> None:
    assert is_allowed(url) is allowed


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://A.example/x") == origin_of("https://a.example:443/y")
    assert origin_of("https://a.example") != origin_of("http://a.example")
    assert origin_of("https://a.example") != origin_of("https://a.example:444")


@given(st.text())
def test_a_shown_host_is_plain_text(text: str) -> None:
    shown = shown_host("https://" + text)
    assert 0 < len(shown) <= 80
    assert all(character.isalnum() or character in ".:-_ " for character in shown)


async def test_plain_http_to_another_machine_is_refused_before_any_request(
    make_npm: MakeNpm,
) -> None:
    npm = make_npm(NpmConfig("http://npm.company.example/"))
    with pytest.raises(Forbidden, match=r"npm\.company\.example is not https"):
        await npm.fetch("express", max_age=0)


async def test_an_address_no_request_can_go_to_is_a_sentence() -> None:
    client = HttpClient()
    with pytest.raises(Malformed, match="address can't be read"):
        await client.get("https://x\x7f.example/", label="npm:x", accept="*/*", max_bytes=1)
    await client.aclose()


async def test_a_token_goes_to_its_own_host_and_into_no_log_and_no_error(
    make_npm: MakeNpm, fake_registry: FakeRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    host = fake_registry.url.removeprefix("http:")
    config = NpmConfig(
        fake_registry.url,
        {"@other": "http://localhost:1/"},
        credentials={host: f"Bearer {SECRET}"},
    )
    npm = make_npm(config)
    fake_registry.token = SECRET
    fake_registry.add_package("private")
    assert (await npm.fetch("private", max_age=0)).document.name == "private"
    errors: list[RegistryError] = []
    faults = [
        fake.redirect("https://evil.example/"),
        fake.status(500),
        fake.dropped(),
        fake.raw(b"<"),
    ]
    for fault in faults:
        fake_registry.fault("private", fault)
        with pytest.raises(RegistryError) as caught:
            await npm.fetch("private", max_age=0)
        errors.append(caught.value)
    assert config.authorization_for(npm.address_of("@other/x")) is None
    assert all(SECRET not in repr(error) + str(error.__cause__) for error in errors)
    assert SECRET not in caplog.text
    assert SECRET not in repr(config)


async def test_a_token_follows_a_redirect_on_its_own_host(
    make_npm: MakeNpm, fake_registry: FakeRegistry
) -> None:
    host = fake_registry.url.removeprefix("http:")
    npm = make_npm(NpmConfig(fake_registry.url, credentials={host: f"Bearer {SECRET}"}))
    fake_registry.add_package("private")
    fake_registry.fault("old", fake.redirect("/private"))
    fake_registry.fault("private", fake.redirect("/private"))
    await npm.fetch("private", max_age=0)
    sent = [request.headers.get("authorization") for request in fake_registry.requests]
    assert sent == [f"Bearer {SECRET}"] * 2


async def test_without_the_token_the_sentence_says_that_a_login_is_needed(
    make_npm: MakeNpm, fake_registry: FakeRegistry
) -> None:
    fake_registry.token = SECRET
    fake_registry.add_package("private")
    with pytest.raises(Forbidden, match="needs a login"):
        await make_npm().fetch("private", max_age=0)


@pytest.mark.parametrize("etag", ["ü", "a\x01b", '"' + "x" * 2_000 + '"'])
async def test_a_validator_that_can_not_be_sent_back_is_not_kept(
    make_npm: MakeNpm, fake_registry: FakeRegistry, etag: str
) -> None:
    npm = make_npm()
    fake_registry.add_package("express")
    body, headers = fake_registry.document_body("express", wants_gzip=False)
    fake_registry.fault("express", Reply(200, body, {**headers, "ETag": etag}))
    try:
        await npm.fetch("express", max_age=0)
    except Unreachable:
        assert "\x01" in etag  # the HTTP library refuses such a header itself
    await npm.fetch("express", max_age=0)
    assert "if-none-match" not in fake_registry.requests[-1].headers


async def test_a_certificate_file_that_can_not_be_read_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = HttpClient(cafile=tmp_path / "absent.pem")
    url = f"https://127.0.0.1:{free_port()}/"
    with pytest.raises(Unreachable):  # nobody listens there
        await client.get(url, label="npm:x", accept="*/*", max_bytes=1 << 20)
    assert "absent.pem can't be used" in caplog.text
    await client.aclose()


async def test_who_asks_over_plain_http_reads_no_certificates(
    fake_registry: FakeRegistry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = HttpClient(cafile=tmp_path / "absent.pem")
    fake_registry.add_package("express")
    url = f"{fake_registry.url}express"
    assert await client.get(url, label="npm:x", accept="*/*", max_bytes=1 << 20) is not None
    assert not caplog.text
    await client.aclose()


def test_gzip_members_in_a_row_are_one_body() -> None:
    body = gzip.compress(b"a" * 10) + gzip.compress(b"b" * 3_000_000)
    decoded = inflate(body, "gzip", max_bytes=4_000_000, label="npm:x")
    assert bytes(decoded) == b"a" * 10 + b"b" * 3_000_000


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_of_exactly_the_cap_is_read_and_one_byte_more_is_not(encoding: Encoding) -> None:
    squeeze = gzip.compress if encoding == "gzip" else bytes
    fits, over = squeeze(b"x" * (1 << 20)), squeeze(b"x" * ((1 << 20) + 1))
    assert len(inflate(fits, encoding, max_bytes=1 << 20, label="npm:x")) == 1 << 20
    with pytest.raises(TooLarge, match=r"npm:x: .* 1 MiB"):
        inflate(over, encoding, max_bytes=1 << 20, label="npm:x")


def test_a_bomb_stops_at_its_cap() -> None:
    bomb = fake.gzip_bomb(200 << 20).body
    tracemalloc.start()
    with pytest.raises(TooLarge):
        inflate(bomb, "gzip", max_bytes=1 << 20, label="npm:x")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("at", [1, 9, 11, 60])
def test_gzip_that_ends_early_is_tried_again(at: int) -> None:
    body = gzip.compress(bytes(range(256)) * 4)
    with pytest.raises(Unreachable, match="ended early"):
        inflate(body[:at], "gzip", max_bytes=1 << 20, label="npm:x")


@pytest.mark.parametrize(
    "body",
    [b"plain", gzip.compress(b"x", mtime=0) + b"trailing", b"\x1f\x8b" + b"\xff" * 50],
    ids=["no gzip", "trailing bytes", "a broken header"],
)
def test_what_is_no_gzip_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        inflate(body, "gzip", max_bytes=1 << 20, label="npm:x")


def test_a_host_that_is_trusted_is_asked_by_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert proxy_for("a.example:8443") is None
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    monkeypatch.setenv("NO_PROXY", "b.example")
    assert proxy_for("a.example:8443") == "http://proxy.example:1"
    assert proxy_for("b.example") is None
