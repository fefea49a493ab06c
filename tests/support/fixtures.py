"""Fixtures of the fake registry, loaded by tests/conftest.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.fake_registry import FakeRegistry


@pytest.fixture
def fake_registry() -> Iterator[FakeRegistry]:
    """An empty npm registry on the loopback, for one test."""
    with FakeRegistry() as registry:
        yield registry
