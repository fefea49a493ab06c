from __future__ import annotations

import pytest

from tgtui.versions.npm.platform import Platform


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("linux-x64", "linux-x64-glibc"),
        ("linux-arm64-musl", "linux-arm64-musl"),
        (" Darwin-ARM64 ", "darwin-arm64"),
        ("win32-x64", "win32-x64"),
    ],
)
def test_platforms_as_people_write_them(written: str, read: str) -> None:
    assert str(Platform.read(written)) == read


@pytest.mark.parametrize("written", ["", "linux", "darwin-arm64-glibc", "linux-x64-uclibc", "a b"])
def test_what_is_none(written: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Platform.read(written)


def test_this_machines_can_be_written_and_read() -> None:
    assert Platform.read(str(Platform.here())) == Platform.here()


@pytest.mark.parametrize(
    ("os", "cpu", "libc", "is_installed"),
    [
        ((), (), (), True),
        (("linux",), ("x64",), ("glibc",), True),
        (("darwin", "linux"), (), (), True),
        (("darwin",), (), (), False),
        (("!win32",), (), (), True),
        (("!linux",), (), (), False),
        ((), ("arm64",), (), False),
        ((), (), ("musl",), False),
        (("any",), ("any",), (), True),
    ],
)
def test_what_can_be_installed(
    os: tuple[str, ...], cpu: tuple[str, ...], libc: tuple[str, ...], is_installed: bool
) -> None:
    assert Platform.read("linux-x64").admits(os, cpu, libc) is is_installed


def test_what_has_a_libc_is_for_linux_alone() -> None:
    assert not Platform.read("darwin-arm64").admits((), (), ("glibc",))
