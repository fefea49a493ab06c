"""READMEs and archives of npm over real HTTP: proven, kept, and with a token only for its own host."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.registries.conftest import Clock
from tests.support.fake_registry import FakeRegistry, raw, redirect
from tests.support.file_server import FileServer
from tests.support.npm_archive import archive, dist, sri
from tgtui.registries.archives.files import Limits, NoSuchFile
from tgtui.registries.base import BadSignature, Malformed, NotFound, TooLarge, Unreachable
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.npm.files import NpmFiles
from tgtui.registries.npm.npmrc import NpmConfig, well_known_registry

PATH = "a/-/a-1.0.0.tgz"
BODY = archive({"README.md": b"# A", "CHANGELOG.md": b"## 1.0.0", "lib/a.js": b"1"})
MakeFiles = Callable[..., NpmFiles]


@pytest.fixture
async def make_files(
    fake_registry: FakeRegistry, cache: DocumentCache, clock: Clock
) -> AsyncIterator[MakeFiles]:
    made: list[NpmFiles] = []

    def make(config: NpmConfig | None = None, limits: Limits | None = None) -> NpmFiles:
        config = config or NpmConfig(fake_registry.url)
        made.append(NpmFiles(config, cache, limits or Limits(), now=clock))
        return made[-1]

    yield make
    for files in made:
        await files.aclose()


def publish(registry: FakeRegistry, body: bytes = BODY, **extra: Any) -> None:
    version = {"dist": dist(registry.url + PATH, body), **extra}
    registry.add_package("a", {"1.0.0": version})
    registry.fault(PATH, raw(body, "application/octet-stream"), always=True)


async def test_reads_readme_changelog_list_and_files(
    fake_registry: FakeRegistry, make_files: MakeFiles
) -> None:
    publish(fake_registry)
    files = make_files()
    readme = await files.readme("a", "1.0.0")
    assert (readme.path, readme.text, readme.origin, readme.proof) == (
        "README.md",
        "# A",
        "archive",
        "sha512",
    )
    assert (await files.changelog("a", "1.0.0")).text == "## 1.0.0"
    assert [file.path for file in (await files.listing("a", "1.0.0")).files] == [
        "CHANGELOG.md",
        "README.md",
        "lib/a.js",
    ]
    assert (await files.text("a", "1.0.0", "lib/a.js")).text == "1"
    with pytest.raises(NoSuchFile):
        await files.text("a", "1.0.0", "lib/b.js")
    assert len(fake_registry.requests_for(PATH)) == 1


async def test_what_was_read_once_opens_without_the_network(
    fake_registry: FakeRegistry, make_files: MakeFiles
) -> None:
    publish(fake_registry)
    await make_files().listing("a", "1.0.0")
    fake_registry.stop()
    files = make_files()
    assert (await files.readme("a", "1.0.0")).text == "# A"
    with pytest.raises(Unreachable):
        await files.readme("b", "1.0.0")


@pytest.mark.parametrize(
    ("fields", "version", "origin"),
    [
        ({"readme": "# Doc"}, {}, "document"),
        ({"readme": ""}, {"readme": "# Doc"}, "document"),
        ({"readme": "x" * 64_000}, {}, "archive"),
        ({"readme": "ERROR: No README data found!"}, {}, "archive"),
        ({"readme": ["# Doc"]}, {"readme": " \n"}, "archive"),
    ],
)
async def test_takes_the_documents_readme_if_it_is_whole(
    fake_registry: FakeRegistry,
    make_files: MakeFiles,
    fields: dict[str, Any],
    version: dict[str, Any],
    origin: str,
) -> None:
    told = {"dist": dist(fake_registry.url + PATH, BODY), **version}
    fake_registry.add_package("a", {"1.0.0": told}, readmeFilename="readme.md", **fields)
    fake_registry.fault(PATH, raw(BODY), always=True)
    readme = await make_files().readme("a", "1.0.0")
    assert (readme.origin, readme.text) == (origin, "# Doc" if origin == "document" else "# A")


async def test_the_documents_readme_is_that_of_the_latest_version_only(
    fake_registry: FakeRegistry, make_files: MakeFiles
) -> None:
    told = {"dist": dist(fake_registry.url + PATH, BODY)}
    fake_registry.add_package("a", {"1.0.0": told, "2.0.0": told}, readme="# Two")
    fake_registry.fault(PATH, raw(BODY), always=True)
    files = make_files()
    assert (await files.readme("a", "2.0.0")).text == "# Two"
    assert (await files.readme("a", "1.0.0")).text == "# A"


async def test_nothing_is_read_of_an_archive_that_is_not_the_stated_one(
    fake_registry: FakeRegistry, make_files: MakeFiles
) -> None:
    publish(fake_registry)
    fake_registry.fault(PATH, raw(archive({"README.md": b"# Evil"})), always=True)
    files = make_files()
    for _ in range(2):  # nor is it kept
        with pytest.raises(BadSignature, match="sha512 differs"):
            await files.readme("a", "1.0.0")
    fake_registry.fault(PATH, raw(BODY), always=True)
    assert (await files.readme("a", "1.0.0")).text == "# A"


async def test_what_was_changed_on_the_disk_is_fetched_again(
    fake_registry: FakeRegistry, make_files: MakeFiles, cache: DocumentCache, clock: Clock
) -> None:
    publish(fake_registry)
    evil = archive({"README.md": b"# Evil"})
    cache.store(fake_registry.url + PATH, evil, clock(), encoding="identity")
    assert (await make_files().readme("a", "1.0.0")).text == "# A"


async def test_an_archive_that_a_server_compresses_once_more_is_the_same(
    fake_registry: FakeRegistry, make_files: MakeFiles
) -> None:
    publish(fake_registry)
    twice = raw(gzip.compress(BODY), Content_Encoding="gzip")
    fake_registry.fault(PATH, twice, always=True)
    assert (await make_files().readme("a", "1.0.0")).text == "# A"


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({}, Malformed),
        ({"tarball": "ftp://x/y", "integrity": sri(BODY)}, Malformed),
        ({"tarball": ["x"], "integrity": sri(BODY)}, Malformed),
        ({"tarball": "https://[/", "integrity": sri(BODY)}, Malformed),
        ({"tarball": "http://127.0.0.1:1/a.tgz", "integrity": sri(BODY)}, Unreachable),
        ({"tarball": "http://127.0.0.1:1/a.tgz", "integrity": "md5-x"}, Malformed),
    ],
)
async def test_a_version_without_a_usable_archive_is_told(
    fake_registry: FakeRegistry, make_files: MakeFiles, told: dict[str, Any], error: type[Exception]
) -> None:
    fake_registry.add_package("a", {"1.0.0": {"dist": told}})
    with pytest.raises(error):
        await make_files().readme("a", "1.0.0")


async def test_a_version_that_came_later_is_found(
    fake_registry: FakeRegistry, make_files: MakeFiles
) -> None:
    fake_registry.add_package("a", ["0.9.0"])
    files = make_files()
    with pytest.raises(NotFound):
        await files.readme("a", "1.0.0")
    publish(fake_registry)
    assert (await files.readme("a", "1.0.0")).text == "# A"


async def test_larger_than_allowed_is_not_downloaded(
    fake_registry: FakeRegistry, make_files: MakeFiles
) -> None:
    publish(fake_registry)
    with pytest.raises(TooLarge, match="packed_megabytes"):
        await make_files(limits=Limits(packed=100)).listing("a", "1.0.0")


async def test_a_token_goes_to_its_own_host_only(
    fake_registry: FakeRegistry, make_files: MakeFiles, mirror: FileServer
) -> None:
    elsewhere = f"{mirror.url}/"
    mirror.files = {"/a.tgz": BODY, "/b.tgz": BODY}
    host = fake_registry.url.removeprefix("http:")
    config = NpmConfig(fake_registry.url, credentials={host: "Bearer secret"})
    fake_registry.add_package("a", {"1.0.0": {"dist": dist(elsewhere + "a.tgz", BODY)}})
    fake_registry.add_package("b", {"1.0.0": {"dist": dist(fake_registry.url + "b.tgz", BODY)}})
    fake_registry.fault("b.tgz", redirect(elsewhere + "b.tgz"), always=True)
    files = make_files(config)
    await files.readme("a", "1.0.0")
    await files.readme("b", "1.0.0")
    assert all("authorization" in request.headers for request in fake_registry.requests)
    assert len(mirror.requests) == 2
    assert not any("authorization" in request.headers for request in mirror.requests)


async def test_the_public_registrys_address_means_the_own_one(
    fake_registry: FakeRegistry, make_files: MakeFiles
) -> None:
    fake_registry.add_package("a", {"1.0.0": {"dist": dist(well_known_registry() + PATH, BODY)}})
    fake_registry.fault(PATH, raw(BODY), always=True)
    assert (await make_files().readme("a", "1.0.0")).text == "# A"


async def test_a_registry_elsewhere_can_not_have_this_machine_asked(
    make_files: MakeFiles, cache: DocumentCache, clock: Clock, mirror: FileServer
) -> None:
    config = NpmConfig("https://registry.example/")
    told = {"versions": {"1.0.0": {"dist": dist(f"{mirror.url}/a.tgz", BODY)}}}
    document = json.dumps(told).encode()
    cache.store(config.address_of("a"), document, clock(), encoding="identity")
    with pytest.raises(Malformed, match="on this machine"):
        await make_files(config).readme("a", "1.0.0")
    assert mirror.requests == []


@pytest.mark.parametrize(
    ("version", "place"),
    [
        (
            {"gitHead": "0a1b2c3d", "repository": {"directory": "./packages/core/"}},
            ("packages/core", "0a1b2c3d"),
        ),
        ({"gitHead": "../x", "repository": {"directory": "../.."}}, ("", "")),
        ({"gitHead": 7, "repository": "a/b"}, ("", "")),
    ],
)
async def test_tells_where_in_the_repository_a_version_comes_from(
    fake_registry: FakeRegistry,
    make_files: MakeFiles,
    version: dict[str, Any],
    place: tuple[str, str],
) -> None:
    publish(fake_registry, **version)
    files = make_files()
    for text in (await files.readme("a", "1.0.0"), await files.text("a", "1.0.0", "lib/a.js")):
        assert (text.folder, text.commit) == place
