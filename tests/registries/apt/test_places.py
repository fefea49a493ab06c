"""apt: where each file is looked for: by hash, in other compressions, at other hosts, at mirrors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.registries.apt.test_verification import RECORDED, needs_gpgv, signed
from tests.support.apt_archive import COMPRESS, archive, packages, release, served, stanza
from tests.support.apt_mirror import Clock, adapter
from tests.support.file_server import FileServer
from tgtui.basics.settings import AptSettings
from tgtui.registries.apt.adapter import AptAdapter
from tgtui.registries.apt.archive.mirrors import parse_mirrors
from tgtui.registries.apt.archive.release import parse_release
from tgtui.registries.apt.configuration.options import parse_config
from tgtui.registries.apt.configuration.sources import AptSource, read_authorization
from tgtui.registries.base import BadSignature, Forbidden, Malformed, NotFound
from tgtui.registries.http.rules import redirected_anywhere

pytestmark = pytest.mark.usefixtures("built_here")

BODY = packages(stanza("rake"))
FOLDER = "/debian/dists/garden"
LISTS = "main/binary-amd64/"


def of_mirror(mirror: FileServer, folder: Path, address: str, options: str = "") -> AptAdapter:
    """An adapter for a list of mirrors."""
    options = options or f"signed-by={RECORDED / 'keyring.gpg'}"
    sources = f"deb [{options}] {address} garden main"
    return AptAdapter(AptSettings(sources=sources, architectures="amd64"), folder, now=Clock())


@pytest.fixture
def other() -> Iterator[FileServer]:
    with FileServer() as server:
        yield server


class TestByHash:
    @pytest.mark.parametrize(
        ("options", "says", "asks"),
        [
            ("", "yes", True),
            ("by-hash=yes", "yes", True),
            ("by-hash=no", "yes", False),
            ("by-hash=force", "no", True),
            ("", "no", False),
            ("by-hash=yes", "no", False),
        ],
    )
    async def test_it_is_asked_as_the_source_and_the_suite_say(
        self, mirror: FileServer, tmp_path: Path, options: str, says: str, asks: bool
    ) -> None:
        mirror.files = archive(BODY, Acquire_By_Hash=says)
        async with adapter(mirror, tmp_path, options=f"trusted=yes {options}") as apt:
            await apt.index(max_age=0)
        assert any("by-hash" in path for path in mirror.asked()) is asks

    def test_apts_configuration_decides_if_the_source_does_not(self) -> None:
        config = parse_config(
            'Acquire::By-Hash "no";\nAcquire::mirror.example::By-Hash "force";\n'
            'APT::Acquire::old.example::By-Hash "yes";'
        )
        hosts = ("mirror.example", "OLD.example", "any.example")
        assert [config.by_hash_of(host) for host in hosts] == ["force", "yes", "no"]
        assert parse_config("").by_hash_of("any.example") == "yes"

    @pytest.mark.parametrize("by_hash", [None, packages(stanza("old"))])
    async def test_if_it_is_missing_or_wrong_the_plain_name_is_asked(
        self, mirror: FileServer, tmp_path: Path, by_hash: bytes | None
    ) -> None:
        mirror.files = archive(BODY)
        for path in [path for path in mirror.files if "by-hash" in path]:
            del mirror.files[path]
            if by_hash is not None:
                mirror.files[path] = by_hash
        async with adapter(mirror, tmp_path) as apt:
            index = await apt.index(max_age=0)
            assert index.document("rake") is not None
        assert mirror.asked()[-1] == f"{FOLDER}/{LISTS}Packages.xz"


class TestForms:
    @pytest.mark.parametrize("there", COMPRESS)
    async def test_a_listed_compression_that_is_missing_gives_way_to_the_next(
        self, mirror: FileServer, tmp_path: Path, there: str
    ) -> None:
        listed = {
            f"{LISTS}Packages{ending}": compress(BODY) for ending, compress in COMPRESS.items()
        }
        name = f"{LISTS}Packages{there}"
        mirror.files = served("garden", release(listed), {name: listed[name]})
        async with adapter(mirror, tmp_path) as apt:
            assert len(await apt.index(max_age=0)) == 1

    async def test_one_that_is_wrong_does_not(self, mirror: FileServer, tmp_path: Path) -> None:
        listed = {f"{LISTS}Packages{ending}": COMPRESS[ending](BODY) for ending in (".xz", ".gz")}
        files = {**listed, f"{LISTS}Packages.xz": COMPRESS[".xz"](packages(stanza("fake")))}
        mirror.files = served("garden", release(listed), files)
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(BadSignature, match="does not match the hash"):
                await apt.index(max_age=0)

    @pytest.mark.parametrize("digests", [["SHA512"], ["SHA256"], ["SHA256", "SHA512"]])
    async def test_the_strongest_digest_counts(
        self, mirror: FileServer, tmp_path: Path, digests: list[str]
    ) -> None:
        files = {f"{LISTS}Packages.xz": COMPRESS[".xz"](BODY), f"{LISTS}Packages": BODY}
        mirror.files = served("garden", release(files, digests=digests), files)
        async with adapter(mirror, tmp_path) as apt:
            assert len(await apt.index(max_age=0)) == 1
        assert f"/by-hash/{digests[-1]}/" in mirror.asked()[-1]

    @pytest.mark.parametrize("name", ["SHA1", "MD5Sum"])
    async def test_a_weak_digest_alone_counts_for_a_trusted_source_only(
        self, mirror: FileServer, tmp_path: Path, name: str
    ) -> None:
        files = {f"{LISTS}Packages": BODY}
        text = release(files).replace(b"SHA256", name.encode())
        mirror.files = served("garden", text, files)
        async with adapter(mirror, tmp_path) as apt:
            assert len(await apt.index(max_age=0)) == 1
        signed_one = AptSource("https://mirror.example/", "garden", ("main",))
        with pytest.raises(Malformed, match="no indexes with SHA-256 or SHA-512 hashes"):
            parse_release(text.decode(), signed_one)

    async def test_the_decoded_file_is_compared_in_sha_512_too(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        body = COMPRESS[".xz"](packages(stanza("fake")))
        files = {f"{LISTS}Packages.xz": body, f"{LISTS}Packages": BODY}
        text = release(files, digests=["SHA512"])
        mirror.files = served("garden", text, {f"{LISTS}Packages.xz": body})
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(BadSignature, match="is not the one its Release file lists"):
                await apt.index(max_age=0)

    @pytest.mark.parametrize("gap", ["  ", "\t", " \t "])
    async def test_any_blanks_part_a_line_of_hashes(
        self, mirror: FileServer, tmp_path: Path, gap: str
    ) -> None:
        digest = hashlib.sha256(BODY).hexdigest()
        lines = f"{gap}{digest}{gap}{len(BODY)}{gap}{LISTS}Packages{gap}"
        text = f"Codename: garden\nSHA256:\n{lines}\n".encode()
        mirror.files = served("garden", text, {f"{LISTS}Packages": BODY})
        async with adapter(mirror, tmp_path) as apt:
            assert len(await apt.index(max_age=0)) == 1


class TestTrusted:
    async def test_a_release_file_is_enough(self, mirror: FileServer, tmp_path: Path) -> None:
        mirror.files = archive(BODY)
        mirror.files[f"{FOLDER}/Release"] = mirror.files.pop(f"{FOLDER}/InRelease")
        async with adapter(mirror, tmp_path) as apt:
            assert len(await apt.index(max_age=0)) == 1

    @pytest.mark.parametrize("ending", COMPRESS)
    async def test_none_at_all_is_enough(
        self, mirror: FileServer, tmp_path: Path, ending: str
    ) -> None:
        mirror.files = {f"{FOLDER}/{LISTS}Packages{ending}": COMPRESS[ending](BODY)}
        async with adapter(mirror, tmp_path) as apt:
            first = await apt.index(max_age=0)
            assert first.document("rake") is not None
            same = await apt.index(max_age=0)
            assert same.confirmed_at >= first.confirmed_at
            assert same.file is first.file
            changed = COMPRESS[ending](packages(stanza("hoe")))
            mirror.files = {f"{FOLDER}/{LISTS}Packages{ending}": changed}
            assert (await apt.index(max_age=0)).document("hoe") is not None

    async def test_but_not_if_there_was_one_before(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        mirror.files = archive(BODY)
        async with adapter(mirror, tmp_path) as apt:
            await apt.index(max_age=0)
            del mirror.files[f"{FOLDER}/InRelease"]
            with pytest.raises(NotFound, match="no longer has a Release file"):
                await apt.index(max_age=0)

    async def test_but_not_if_there_is_nothing(self, mirror: FileServer, tmp_path: Path) -> None:
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(NotFound):
                await apt.index(max_age=0)


@needs_gpgv
class TestRedirects:
    @pytest.fixture(autouse=True)
    def elsewhere(self, mirror: FileServer, other: FileServer) -> None:
        """A signed archive at `other`; `mirror` redirects all of it there."""
        other.files = signed()
        mirror.moved = {path: f"{other.url}{path}" for path in other.files}

    async def test_a_signed_archive_may_be_elsewhere(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        async with adapter(
            mirror, tmp_path, options=f"signed-by={RECORDED / 'keyring.gpg'}"
        ) as apt:
            assert len(await apt.index(max_age=0)) == 2

    async def test_no_login_goes_along(
        self,
        mirror: FileServer,
        other: FileServer,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        entries = [f"machine {server.url} login me password secret\n" for server in (mirror, other)]
        (tmp_path / "auth.conf").write_text("".join(entries))
        monkeypatch.setattr(read_authorization, "__defaults__", (tmp_path,))
        host = other.url.removeprefix("http://")
        mirror.moved = {path: f"http://you:word@{host}{path}" for path in other.files}
        async with adapter(
            mirror, tmp_path, options=f"signed-by={RECORDED / 'keyring.gpg'}"
        ) as apt:
            assert len(await apt.index(max_age=0)) == 2
        assert all("authorization" in request.headers for request in mirror.requests)
        assert other.requests
        assert not any("authorization" in request.headers for request in other.requests)

    async def test_a_changed_file_there_is_refused(
        self, mirror: FileServer, other: FileServer, tmp_path: Path
    ) -> None:
        lists = [path for path in other.files if "Packages" in path or "by-hash" in path]
        other.files |= dict.fromkeys(lists, packages(stanza("fake")))
        async with adapter(
            mirror, tmp_path, options=f"signed-by={RECORDED / 'keyring.gpg'}"
        ) as apt:
            with pytest.raises(BadSignature, match="does not match the hash"):
                await apt.index(max_age=0)

    async def test_what_nothing_proves_is_not_looked_for_elsewhere(
        self, mirror: FileServer, other: FileServer, tmp_path: Path
    ) -> None:
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(Forbidden, match="which is not followed"):
                await apt.index(max_age=0)
        assert other.asked() == []

    async def test_nor_are_lists_that_no_release_names(
        self, mirror: FileServer, other: FileServer, tmp_path: Path
    ) -> None:
        path = f"{FOLDER}/{LISTS}Packages.xz"
        other.files = {path: COMPRESS[".xz"](BODY)}
        mirror.moved = {path: f"{other.url}{path}"}
        async with adapter(mirror, tmp_path) as apt:
            with pytest.raises(Forbidden, match="which is not followed"):
                await apt.index(max_age=0)
        assert other.asked() == []


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("https://a.example/x", "https://b.example/y", "https://b.example/y"),
        ("https://a.example/x", "//b.example/y", "https://b.example/y"),
        ("https://a.example/x", "https://me:it@b.example:8443/y#z", "https://b.example:8443/y"),
        ("https://a.example/x/z", "../y", "https://a.example/y"),
        ("http://a.example/x", "http://b.example/y", "http://b.example/y"),
        ("http://a.example/x", "https://b.example/y", "https://b.example/y"),
        ("https://a.example/x", "http://b.example/y", None),
        ("https://a.example/x", "http://a.example/x", None),
        ("http://a.example/x", "http://127.0.0.1/y", None),
        ("http://a.example/x", "http://localhost:80/y", None),
        ("http://127.0.0.1:1/x", "http://127.0.0.1:2/y", "http://127.0.0.1:2/y"),
        ("https://a.example/x", "file:///etc/passwd", None),
        ("https://a.example/x", "ftp://b.example/y", None),
        ("https://a.example/x", "https://[", None),
        ("https://a.example/x", "https://b.example:99999/", None),
        ("https://a.example/x", "", None),
    ],
)
def test_where_redirects_may_lead(url: str, location: str, target: str | None) -> None:
    if target is None:
        with pytest.raises(Forbidden, match="which is not followed"):
            redirected_anywhere(url, location, "x", plain_http=lambda _url: True)
    else:
        assert redirected_anywhere(url, location, "x", plain_http=lambda _url: True) == target


class TestMirrors:
    @needs_gpgv
    @pytest.mark.parametrize("kind", ["down", "incomplete", "limited"])
    async def test_the_next_one_has_what_the_first_lacks(
        self, mirror: FileServer, other: FileServer, tmp_path: Path, kind: str
    ) -> None:
        other.files = signed()
        mirror.is_down = kind == "down"
        path = f"{FOLDER}/InRelease"
        mirror.files = {path: other.files[path]} if kind == "incomplete" else {}
        note = " type:deb" if kind == "limited" else ""
        lines = (
            f"# ours\n\n{other.url}/debian\tpriority:2\n{mirror.url}/debian/\tpriority:1{note}\n"
        )
        (tmp_path / "mirrors.txt").write_text(lines)
        apt = of_mirror(mirror, tmp_path, f"mirror+file:{tmp_path}/mirrors.txt")
        assert len(await apt.index(max_age=0)) == 2
        assert bool(mirror.asked()) is (kind != "limited")
        assert other.asked()
        assert (await apt.index(max_age=0)).suites[0].name == "garden"
        await apt.aclose()

    @needs_gpgv
    async def test_a_list_from_a_server(
        self, mirror: FileServer, other: FileServer, tmp_path: Path
    ) -> None:
        other.files = signed()
        mirror.files = {"/list": f"file:/srv/debian\n{other.url}/debian\n".encode()}
        apt = of_mirror(mirror, tmp_path, f"mirror+{mirror.url}/list")
        assert len(await apt.index(max_age=0)) == 2
        await apt.aclose()
        short = mirror.url.replace("http:", "mirror:")
        apt = of_mirror(mirror, tmp_path / "other", f"{short}/list")
        assert len(await apt.index(max_age=0)) == 2
        await apt.aclose()

    async def test_a_trusted_source_uses_no_list_that_anyone_could_change(
        self, mirror: FileServer, tmp_path: Path
    ) -> None:
        (tmp_path / "mirrors.txt").write_text("http://far.example/debian\n")
        address = f"mirror+file:{tmp_path}/mirrors.txt"
        for uri in (address, "mirror+http://far.example/list"):
            apt = of_mirror(mirror, tmp_path, uri, "trusted=yes")
            with pytest.raises(Forbidden, match="over plain http anyone could change it"):
                await apt.index(max_age=0)
            await apt.aclose()

    def test_what_a_list_says(self) -> None:
        text = (
            "https://late.example/d\n# https://no.example\n\nftp://old.example/d\n"
            "file:/srv/d\tpriority:1 type:index\nhttp://[bad\n"
            "https://some.example/d/\tpriority:2 arch:amd64 arch:all component:main\r\n"
        )
        local, some, late = parse_mirrors(text, "file:/etc/apt/mirrors.txt")
        assert [each.uri for each in (local, some, late)] == [
            "file:/srv/d/",
            "https://some.example/d/",
            "https://late.example/d/",
        ]
        can: Callable[..., bool] = lambda **about: some.has({"type": "index", **about})  # noqa: E731
        assert (can(), can(arch="amd64"), can(arch="i386")) == (True, True, False)
        assert (can(arch="all", component="main"), can(component="contrib")) == (True, False)
        assert local.is_named_here
        remote = parse_mirrors(text, "https://lists.example/x")
        assert [each.uri for each in remote] == [some.uri, late.uri]
        assert not any(each.is_named_here for each in remote)
