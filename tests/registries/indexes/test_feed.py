"""What an index says as messages: the same whether this process or another one reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.apt_archive import MADE, packages, stanza
from tgtui.registries.apt.index.build import build
from tgtui.registries.apt.index.view import AptIndex
from tgtui.registries.indexes import feed as index_feed
from tgtui.registries.indexes.feed import FeedBroken, ToldPackage, feed, read_edges

PACKAGES = 30
needs_shell = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[AptIndex]:
    source, target = tmp_path / "Packages", tmp_path / "apt.index"
    stanzas = [
        stanza(f"p{n:02}", Depends=f"p{(n + 1) % PACKAGES:02} (>= 1) | none", Homepage="https://a.example/")
        for n in range(PACKAGES)
    ]  # fmt: skip
    source.write_bytes(packages(*stanzas))
    part = {"path": str(source), "compression": "", "label": "garden", "sha256": "", "size": 0}
    suites = '[{"name": "garden", "pin": 500}]'
    build(
        {
            "path": str(target),
            "architecture": "amd64",
            "problems": [],
            "parts": [{**part, "source": 0, "pin": 500}],
            "facts": {"architecture": "amd64", "digest": "d", "suites": suites},
        }
    )
    made = AptIndex(target, MADE, recommends=True)
    yield made
    made.close()


def everything(index: AptIndex) -> list[ToldPackage]:
    with feed("apt", index) as told:
        return [package for some in told for package in some]


def test_another_process_says_the_same(index: AptIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    here = everything(index)
    monkeypatch.setattr(index_feed, "LARGE", 1)
    there = everything(index)
    assert [p.name for p in there] == [f"p{n:02}" for n in range(PACKAGES)]
    for mine, theirs in zip(here, there, strict=True):
        assert (mine.facts, mine.software, mine.dist_tags) == (
            theirs.facts,
            theirs.software,
            theirs.dist_tags,
        )
        (one,), (other,) = mine.versions, theirs.versions
        assert (one.version, one.sort_key, one.fingerprint) == (
            other.version,
            other.sort_key,
            other.fingerprint,
        )
        assert read_edges(one) == read_edges(other)


def test_a_process_that_dies_ends_the_feed_with_an_error(
    index: AptIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_feed, "LARGE", 1)
    index.file.path.unlink()
    with pytest.raises(FeedBroken, match="apt: reading the index failed"):
        everything(index)


@needs_shell
def test_a_message_that_ends_in_the_middle_is_no_message(
    index: AptIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\nprintf '\\000\\000\\001\\000half'\nexit 9\n")
    dying.chmod(0o755)
    monkeypatch.setattr(index_feed, "LARGE", 1)
    monkeypatch.setattr(sys, "executable", str(dying))
    with pytest.raises(FeedBroken, match="reading the index failed"):
        everything(index)


def test_whoever_stops_listening_ends_the_process(
    index: AptIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_feed, "LARGE", 1)
    monkeypatch.setattr(index_feed, "PACKAGES_AT_ONCE", 1)

    def stop_early() -> None:
        with feed("apt", index) as told:
            next(iter(told))
            raise KeyError

    with pytest.raises(KeyError):
        stop_early()
