"""Where a login is kept: the system's keyring, or a file or nothing where somebody chose that."""

from __future__ import annotations

import asyncio
import getpass
import io
import os
import stat
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import keyring
import pytest
from keyring.backends import chainer, fail, null

from tests.support.logins import (
    START,
    AskingKeyring,
    HangingKeyring,
    LockedKeyring,
    MemoryKeyring,
    config_for,
)
from tgtui.identity.oidc.config import OidcConfig
from tgtui.identity.oidc.errors import NoKeyring, StoreError
from tgtui.identity.oidc.keeping.kept import KeptLogin
from tgtui.identity.oidc.keeping.keyring import KeyringStore
from tgtui.identity.oidc.keeping.store import FileStore, MemoryStore, Store
from tgtui.identity.oidc.protocol.client import Grant
from tgtui.identity.oidc.secrets import Secret
from tgtui.identity.oidc.session import LoginSession
from tgtui.identity.people import Identity

PATIENCE_S = 20
"""Less than a call to the keyring is given."""
TOKEN = "a-refresh-token" * 20
CONFIG = config_for("https://login.example")


def login_of(token: str | None = TOKEN) -> KeptLogin:
    grant = Grant(
        identity=Identity("https://login.example", "ada", "Ada Lövelace \N{SEEDLING}"),
        values=("admins", "staff"),
        expires_at=START + timedelta(minutes=5),
        nonce="n",
        refresh_token=Secret(token) if token else None,
    )
    return KeptLogin(grant, START, "roles")


class SlowKeyring(MemoryKeyring):
    """Writes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def set_password(self, service: str, username: str, password: str) -> None:
        self.released.wait(PATIENCE_S)
        super().set_password(service, username, password)


class PlaintextKeyring(MemoryKeyring):
    """As the package keyrings.alt has one."""


PlaintextKeyring.__module__ = "keyrings.alt.file"

Make = Callable[[OidcConfig, Path], Store]


@pytest.mark.parametrize(
    "make",
    [
        lambda config, _folder: KeyringStore(config),
        lambda config, _folder: KeyringStore(config, piece=40),
        lambda config, folder: FileStore(config, folder),
        lambda _config, _folder: MemoryStore(),
    ],
    ids=["keyring", "keyring in pieces", "file", "memory"],
)
@pytest.mark.parametrize("token", [TOKEN, None])
def test_what_is_kept_is_found_again_until_it_is_forgotten(
    make: Make, token: str | None, tmp_path: Path, system_keyring: MemoryKeyring
) -> None:
    store = make(CONFIG, tmp_path)
    store.check()
    assert store.load() is None
    store.forget()
    for login in (login_of("a longer one " * 100), login_of(token)):
        store.save(login)
        assert store.load() == login
    store.forget()
    assert store.load() is None
    assert not system_keyring.entries


def test_half_of_a_login_is_none(system_keyring: MemoryKeyring) -> None:
    store = KeyringStore(CONFIG, piece=40)
    store.save(login_of())
    assert len(system_keyring.entries) > 2
    last = list(system_keyring.entries)[-2]
    system_keyring.entries[last] = "of another login"
    assert store.load() is None


@pytest.mark.parametrize("number", ["", "1", "-1", "999", "9" * 5_000, "²"], ids=len)
@pytest.mark.parametrize("rest", ["", " abc:{}", ":"])
def test_what_somebody_else_wrote_is_no_login(
    system_keyring: MemoryKeyring, number: str, rest: str
) -> None:
    store = KeyringStore(CONFIG)
    store.save(login_of())
    (entry,) = system_keyring.entries
    system_keyring.entries[entry] = number + rest
    assert store.load() is None


def test_a_keyring_that_hangs_is_given_up(system_keyring: MemoryKeyring) -> None:
    hanging = HangingKeyring()
    keyring.set_keyring(hanging)
    try:
        with pytest.raises(StoreError, match="waiting for a password"):
            KeyringStore(CONFIG, seconds=0.05).load()
    finally:
        hanging.released.set()


def test_a_keyring_that_fails_says_so_without_the_token(system_keyring: MemoryKeyring) -> None:
    keyring.set_keyring(LockedKeyring())
    with pytest.raises(StoreError, match="can't be written") as caught:
        KeyringStore(CONFIG).save(login_of())
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("backend", [fail.Keyring(), null.Keyring(), PlaintextKeyring()])  # type: ignore[no-untyped-call]
def test_a_keyring_that_keeps_nothing_safely_is_none(
    system_keyring: MemoryKeyring, backend: MemoryKeyring
) -> None:
    keyring.set_keyring(backend)
    with pytest.raises(NoKeyring):
        KeyringStore(CONFIG).check()
    with pytest.raises(NoKeyring):
        KeyringStore(CONFIG).save(login_of())
    if isinstance(backend, PlaintextKeyring):
        assert not backend.entries


ASKING: dict[str, Callable[[], object]] = {
    "getpass": getpass.getpass,
    "input": lambda: input("Password: "),
    "the terminal": lambda: os.open("/dev/tty", os.O_RDWR),
    "a file": lambda: open("/dev/pts/0", "rb"),  # noqa: PTH123, SIM115 - as a backend does it
}


@pytest.mark.parametrize("way", ASKING)
@pytest.mark.parametrize("to_read", [True, False])
def test_a_keyring_does_not_ask_on_the_terminal_and_says_so_before_a_code_is_entered(
    system_keyring: MemoryKeyring, capfd: pytest.CaptureFixture[str], way: str, to_read: bool
) -> None:
    keyring.set_keyring(AskingKeyring(ASKING[way], to_read=to_read))
    with pytest.raises(StoreError, match="asks for its password on the terminal"):
        KeyringStore(CONFIG).check()
    assert capfd.readouterr() == ("", "")


def test_the_programs_own_files_and_questions_are_left_alone(
    system_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    KeyringStore(CONFIG).check()
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert input() == "yes"
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert not system_keyring.entries


def test_a_call_that_was_given_up_happens_before_the_next(system_keyring: MemoryKeyring) -> None:
    slow = SlowKeyring()
    keyring.set_keyring(slow)
    store = KeyringStore(CONFIG, seconds=0.05)
    with pytest.raises(StoreError, match="did not answer"):
        store.save(login_of("an older one"))
    with pytest.raises(StoreError, match="did not answer"):
        store.forget()
    slow.released.set()
    patient = store._calls.bounded(lambda: dict(slow.entries), PATIENCE_S)
    assert not patient


def test_of_several_keyrings_a_safe_one_is_taken(system_keyring: MemoryKeyring) -> None:
    safe, unsafe = MemoryKeyring(), PlaintextKeyring()
    chain = type("Chain", (chainer.ChainerBackend,), {"backends": [unsafe, safe]})()
    keyring.set_keyring(chain)
    KeyringStore(CONFIG).save(login_of())
    assert safe.entries
    assert not unsafe.entries


def test_logins_of_other_clients_are_apart(system_keyring: MemoryKeyring, tmp_path: Path) -> None:
    other = config_for("https://login.example/realms/other")
    KeyringStore(CONFIG).save(login_of())
    FileStore(CONFIG, tmp_path).save(login_of())
    assert KeyringStore(other).load() is None
    assert FileStore(other, tmp_path).load() is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
class TestFile:
    def test_nobody_else_may_read_it(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            store = FileStore(CONFIG, tmp_path / "new")
            store.save(login_of())
        finally:
            os.umask(before)
        assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
        assert list(store.path.parent.iterdir()) == [store.path]

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
    def test_one_that_others_may_read_is_not_used(self, tmp_path: Path, mode: int) -> None:
        store = FileStore(CONFIG, tmp_path)
        store.save(login_of())
        store.path.chmod(mode)
        with pytest.raises(StoreError, match="Other users can read"):
            store.load()
        store.save(login_of())  # which makes it anew
        assert store.load() == login_of()

    def test_a_link_to_another_file_is_not_followed(self, tmp_path: Path) -> None:
        store = FileStore(CONFIG, tmp_path)
        store.save(login_of())
        elsewhere = store.path.rename(tmp_path / "elsewhere")
        store.path.symlink_to(elsewhere)
        with pytest.raises(StoreError):
            store.load()

    def test_a_folder_in_its_place_is_told(self, tmp_path: Path) -> None:
        store = FileStore(CONFIG, tmp_path)
        store.path.mkdir()
        with pytest.raises(StoreError, match="can't be used"):
            store.save(login_of())

    @pytest.mark.parametrize(
        "text", [b"", b"{}", b"\xff", b"[1]", b'{"format": 99}', b'{"more":' + b"[" * 5_000]
    )
    def test_a_damaged_one_is_no_login(self, tmp_path: Path, text: bytes) -> None:
        store = FileStore(CONFIG, tmp_path)
        store.save(login_of())
        store.path.write_bytes(text)
        assert store.load() is None


async def test_no_file_is_ever_made_unless_somebody_chose_it(
    system_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    session = LoginSession(CONFIG, tmp_path)
    with pytest.raises(NoKeyring):
        await session.choose("keyring")
    await session.restore()
    assert session.notice == ""
    await session.close()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a coroutine, whose files may not be awaited


async def test_a_folder_that_takes_no_lock_is_told_before_anybody_logs_in(
    system_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")
    session = LoginSession(CONFIG, in_the_way / "folder")
    with pytest.raises(StoreError, match="lock"):
        await session.choose("keyring")
    await session.choose("memory")
    await session.close()


async def test_a_keyring_that_takes_no_login_leaves_it_in_memory_and_says_so(
    system_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    keyring.set_keyring(LockedKeyring())
    session = LoginSession(CONFIG, tmp_path)
    await session._save(login_of())
    assert session.place == "memory"
    assert "until this program exits" in session.notice
    await session.close()


def test_a_keyring_that_hangs_does_not_hold_up_the_end_of_the_program(
    system_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    hanging = HangingKeyring()
    keyring.set_keyring(hanging)

    async def program() -> None:
        session = LoginSession(CONFIG, tmp_path)
        restoring = asyncio.create_task(session.restore())
        while not hanging.is_asked.is_set():  # noqa: ASYNC110 - by a thread
            await asyncio.sleep(0.001)
        restoring.cancel()
        await session.close()

    thread = threading.Thread(target=asyncio.run, args=[program()], daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    has_ended = not thread.is_alive()
    hanging.released.set()
    assert has_ended


async def test_without_the_extra_a_program_says_so_and_goes_on(
    system_keyring: MemoryKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("keyring", "fasteners", "joserfc", "segno"):
        monkeypatch.setitem(sys.modules, name, None)
    session = LoginSession(CONFIG, tmp_path)
    await session.restore()
    await session.close()
    assert "pip install 'tgtui[oidc]'" in session.notice
    assert session.person.identity is None
