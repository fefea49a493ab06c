"""The promises of a fetch over real HTTP: what is asked, what is answered from where, and every way to fail."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.registries.conftest import Clock, MakeNpm
from tests.support import fake_registry as fake
from tests.support.fake_registry import FakeRegistry
from tests.support.http_thread import Reply
from tgtui.registries.base import (
    Forbidden,
    InvalidName,
    Malformed,
    NotFound,
    RateLimited,
    RegistryError,
    ServerError,
    TooLarge,
    Unreachable,
)
from tgtui.registries.http.client import HttpClient
from tgtui.registries.npm.adapter import NpmAdapter

HOUR = 3600.0


async def test_a_package_arrives_with_what_the_registry_says(
    npm: NpmAdapter, fake_registry: FakeRegistry, clock: Clock
) -> None:
    fake_registry.add_package("express", ["4.0.0", "5.0.0"], description="Web framework")
    fetched = await npm.fetch("express", max_age=0)
    assert [v.version for v in fetched.document.versions] == ["4.0.0", "5.0.0"]
    assert fetched.document.description == "Web framework"
    assert fetched.document.dist_tags == {"latest": "5.0.0"}
    assert (fetched.fetched_at, fetched.from_cache) == (clock.now, False)


async def test_the_full_document_is_asked_for_compressed_and_by_name_of_the_program(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("express")
    await npm.fetch("express", max_age=0)
    (request,) = fake_registry.requests
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["user-agent"].startswith("tgtui/")
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("@babel/core", "/@babel%2fcore"),
        ("JSONStream", "/JSONStream"),
        ("a~b'c(d)!*", "/a~b'c(d)!*"),
    ],
)
async def test_names_are_escaped_as_npm_does(
    npm: NpmAdapter, fake_registry: FakeRegistry, name: str, path: str
) -> None:
    fake_registry.add_package(name)
    assert (await npm.fetch(name, max_age=0)).document.name == name
    assert [request.path for request in fake_registry.requests] == [path]


@pytest.mark.parametrize(
    "name",
    ["", "../secret", "a/b", "a b", "%2e%2e", ".hidden", "x" * 215, "a\0b", "@/x", "a?b", "é"],
)
async def test_a_name_npm_would_refuse_makes_no_request(
    npm: NpmAdapter, fake_registry: FakeRegistry, name: str
) -> None:
    with pytest.raises(InvalidName, match="name"):
        await npm.fetch(name, max_age=0)
    assert fake_registry.requests == []


@pytest.mark.parametrize(
    ("code", "kind", "is_permanent"),
    [
        (400, Forbidden, True),
        (401, Forbidden, True),
        (403, Forbidden, True),
        (404, NotFound, True),
        (405, Forbidden, True),
        (410, NotFound, True),
        (501, Forbidden, True),
        (418, Forbidden, True),
        (408, ServerError, False),
        (420, ServerError, False),
        (425, ServerError, False),
        (429, RateLimited, False),
        (500, ServerError, False),
        (503, ServerError, False),
        (204, Malformed, True),
        (304, Malformed, True),
    ],
)
async def test_each_status_is_the_error_the_policy_says(
    npm: NpmAdapter,
    fake_registry: FakeRegistry,
    code: int,
    kind: type[RegistryError],
    is_permanent: bool,
) -> None:
    body = b"" if code in (204, 304) else b"\x1b[31m[/]evil"
    fake_registry.fault("express", fake.status(code, body=body))
    with pytest.raises(kind) as caught:
        await npm.fetch("express", max_age=0)
    assert type(caught.value) is kind
    assert caught.value.is_permanent is is_permanent
    assert "npm:express" in str(caught.value)
    assert "evil" not in str(caught.value)


async def test_a_connection_survives_an_error_and_a_304(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("express")
    fake_registry.fault("express", fake.status(503, body=b"x" * 1000))
    with pytest.raises(ServerError):
        await npm.fetch("express", max_age=0)
    with pytest.raises(NotFound):
        await npm.fetch("absent", max_age=0)
    for _ in range(3):
        await npm.fetch("express", max_age=0)
    assert fake_registry.connections == 1


@pytest.mark.parametrize("kind", [429, 503])
async def test_the_wait_a_server_asks_for_is_kept(
    npm: NpmAdapter, fake_registry: FakeRegistry, kind: int
) -> None:
    fake_registry.fault("express", fake.status(kind, retry_after="7"))
    with pytest.raises(RegistryError) as caught:
        await npm.fetch("express", max_age=0)
    assert caught.value.retry_after == 7.0


async def test_a_closed_connection_is_unreachable(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.fault("express", fake.dropped())
    with pytest.raises(Unreachable, match="ended early"):
        await npm.fetch("express", max_age=0)


async def test_a_registry_that_is_not_there_is_unreachable(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.stop()
    with pytest.raises(Unreachable, match="can't be reached"):
        await npm.fetch("express", max_age=0)


async def test_a_body_that_ends_early_is_tried_again(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("express")
    fake_registry.truncate("express", at=20)
    with pytest.raises(Unreachable, match="ended early"):
        await npm.fetch("express", max_age=0)
    assert (await npm.fetch("express", max_age=HOUR)).from_cache is False


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_body_without_length_that_ends_early_is_tried_again(
    npm: NpmAdapter, fake_registry: FakeRegistry, encoding: str
) -> None:
    fake_registry.add_package("express", description="x" * 300)
    body, headers = fake_registry.document_body("express", wants_gzip=encoding == "gzip")
    fake_registry.fault("express", Reply(200, body[:100], headers, has_length=False))
    with pytest.raises(Unreachable, match="ended early"):
        await npm.fetch("express", max_age=0)


async def test_a_server_that_hangs_is_given_up(
    make_npm: MakeNpm, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("express")
    fake_registry.hang("express")
    npm = make_npm(client=HttpClient(total_seconds=0.05))
    with pytest.raises(Unreachable, match=r"longer than 0\.05 s"):
        await npm.fetch("express", max_age=0)


@pytest.mark.parametrize(
    "reply",
    [
        fake.html_page(),
        fake.raw(b"not json"),
        fake.raw(b"[]"),
        fake.raw(b'"text"'),
        fake.raw(b"null"),
        fake.raw(b'{"error": "x"}'),
        fake.raw(b'{"name": "express", "versions": []}'),
        fake.raw(b'{"name": "express", "versions": {"1.0.0": 7}}'),
        fake.raw(b'{"name": "express", "versions": {"1.0.0": {}}} trailing'),
        fake.raw(b'{"name": "other", "versions": {"1.0.0": {}}}'),
        fake.raw(b'{"readme": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
        fake.raw(b'{"versions": {"1.0.0": ' + b'{"a":' * 200_000 + b"1" + b"}" * 200_002),
        fake.raw(b"\xff\xfe"),
        fake.raw(b"plain", Content_Encoding="gzip"),
        fake.raw(b"plain", Content_Encoding="br"),
    ],
    ids=lambda reply: reply.body[:40].decode("latin-1") + reply.headers.get("Content-Encoding", ""),
)
async def test_what_is_no_document_is_malformed_and_not_kept(
    npm: NpmAdapter, fake_registry: FakeRegistry, reply: Reply
) -> None:
    fake_registry.add_package("express")
    fake_registry.fault("express", reply)
    with pytest.raises(Malformed, match="npm:express"):
        await npm.fetch("express", max_age=0)
    assert (await npm.fetch("express", max_age=HOUR)).from_cache is False


@pytest.mark.parametrize(
    "make",
    [
        lambda: fake.huge(3 << 20),
        lambda: Reply(200, b" " * 65536, repeat=48, has_length=False),
        lambda: fake.gzip_bomb(300 << 20),
    ],
    ids=["declared", "undeclared", "bomb"],
)
async def test_a_body_over_the_cap_is_too_large(
    make_npm: MakeNpm, fake_registry: FakeRegistry, make: Callable[[], Reply]
) -> None:
    fake_registry.fault("express", make())
    with pytest.raises(TooLarge, match="larger than 2 MiB"):
        await make_npm(max_bytes=2 << 20).fetch("express", max_age=0)


async def test_a_redirect_on_the_same_host_is_followed(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    fake_registry.add_package("express")
    fake_registry.fault("express", fake.redirect("/moved"), fake.redirect("express"))
    fake_registry.fault("moved", fake.redirect(f"{fake_registry.url}express", 308))
    fetched = await npm.fetch("express", max_age=0)
    assert fetched.document.name == "express"
    assert [request.path for request in fake_registry.requests] == [
        "/express",
        "/moved",
        "/express",
        "/express",
    ]


async def test_redirects_in_a_circle_end(npm: NpmAdapter, fake_registry: FakeRegistry) -> None:
    fake_registry.fault("express", fake.redirect("/express"), always=True)
    with pytest.raises(ServerError, match="circle"):
        await npm.fetch("express", max_age=0)
    assert len(fake_registry.requests) == 6


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://other.example/express", "other.example"),
        ("//other.example/express", "other.example"),
        ("https://127.0.0.1/express", "127.0.0.1"),
        ("http://127.0.0.1:1/express", "127.0.0.1"),
        ("file:///etc/passwd", "another address"),
        ("https://[/", "another address"),
        ("", "another address|127.0.0.1"),
    ],
)
async def test_a_redirect_elsewhere_is_not_followed(
    npm: NpmAdapter, fake_registry: FakeRegistry, location: str, shown: str
) -> None:
    fake_registry.fault("express", fake.redirect(location))
    with pytest.raises(Forbidden, match=f"redirects to ({shown})"):
        await npm.fetch("express", max_age=0)
    assert len(fake_registry.requests) == 1


async def test_few_connections_carry_many_requests(
    npm: NpmAdapter, fake_registry: FakeRegistry
) -> None:
    names = [f"p{number}" for number in range(60)]
    for name in names:
        fake_registry.add_package(name)
    fetched = await asyncio.gather(*(npm.fetch(name, max_age=0) for name in names))
    assert [one.document.name for one in fetched] == names
    assert fake_registry.connections <= 6


async def test_a_poor_mirror_is_enough(
    npm: NpmAdapter, fake_registry: FakeRegistry, clock: Clock
) -> None:
    fake_registry.is_poor = True
    fake_registry.add_package(
        "express",
        {
            "1.0.0": {"deprecated": "old"},
            "2.0.0": {"description": "Web", "dependencies": {"a": "1"}},
        },
        dist_tags={"latest": "2.0.0", "next": "1.0.0"},
    )
    for _ in range(2):
        document = (await npm.fetch("express", max_age=0)).document
        assert [(v.published_at, v.is_yanked) for v in document.versions] == [(None, False)] * 2
        assert document.dist_tags == {"latest": "2.0.0"}
        assert document.description == "Web"
        assert [edge.name for edge in document.dependencies_of("2.0.0")] == ["a"]
        clock.pass_seconds(1)
    with pytest.raises(NotFound):
        await npm.fetch("ghost", max_age=0)
    assert not any("if-none-match" in request.headers for request in fake_registry.requests)


async def test_a_folder_that_can_not_be_written_costs_no_document(
    fake_registry: FakeRegistry, make_npm: MakeNpm, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "documents").write_text("a file where the folder should be")
    fake_registry.add_package("express")
    npm = make_npm()
    for _ in range(2):
        assert (await npm.fetch("express", max_age=0)).document.name == "express"
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len([text for text in warnings if "can't be kept" in text]) == 1


def test_importing_and_making_an_adapter_imports_no_http_library(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tgtui.registries.adapters import Registries, RegistryOptions; from tgtui.basics.settings import NpmSettings\n"
        "options = RegistryOptions(Path(sys.argv[1]), npm=NpmSettings(registry='https://registry.example'))\n"
        "assert Registries(options).get('npm').name == 'npm'\n"
        "assert not {'httpx', 'sqlalchemy', 'textual', 'packageurl'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
