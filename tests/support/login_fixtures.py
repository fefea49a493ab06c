"""Fixtures of a clock that a test moves and of a keyring of its own, loaded by tests/conftest.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.logins import HandClock, MemoryKeyring


@pytest.fixture
def hand() -> HandClock:
    """Stands still until the test moves it."""
    return HandClock()


@pytest.fixture
def system_keyring() -> Iterator[MemoryKeyring]:
    """What the system offers, instead of the developer's own."""
    import keyring

    before = keyring.get_keyring()
    ours = MemoryKeyring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)
