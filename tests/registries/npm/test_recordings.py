"""Documents as a registry really served them, trimmed: each is read, and says what it should."""

from __future__ import annotations

import json

import pytest

from tests.support.places import RECORDINGS
from tgtui.registries.base import NotFound
from tgtui.registries.npm.document import NpmDocument, decode_packument
from tgtui.versions.rules import NotPicked, Picked
from tgtui.worker.ingest.resolution import index_of

DOCUMENTS = RECORDINGS / "npm"
GONE = {"fs", "crossenv"}
"""Recorded after the registry had emptied them."""


def recorded(name: str) -> NpmDocument:
    return decode_packument((DOCUMENTS / f"{name}.json").read_bytes(), name_in(name))


def name_in(stem: str) -> str:
    name: str = json.loads((DOCUMENTS / f"{stem}.json").read_text("utf-8"))["name"]
    return name


@pytest.mark.parametrize("stem", sorted({path.stem for path in DOCUMENTS.glob("*.json")} - GONE))
def test_every_version_of_a_real_document_is_read(stem: str) -> None:
    raw = json.loads((DOCUMENTS / f"{stem}.json").read_text("utf-8"))
    document = recorded(stem)
    assert [v.version for v in document.versions] == list(raw["versions"])
    assert document.dist_tags == raw["dist-tags"]
    assert document.description
    assert (document.repository or "").startswith(("https://github.com/", "http://github.com/"))
    for version in document.versions:
        assert version.published_at is not None
        names = {
            key
            for field in ("dependencies", "optionalDependencies", "peerDependencies")
            for key in raw["versions"][version.version].get(field, {})
        }
        found = [e for e in document.dependencies_of(version.version) if e.type != "dev"]
        assert {edge.declared_name or edge.name for edge in found} == names
        assert len(found) == len(names)


def test_express_has_versions_that_are_not_strict_semver() -> None:
    versions = [v.version for v in recorded("express").versions]
    assert "1.0.0beta" in versions
    assert "2.0.0beta2" in versions


def test_optional_dependencies_of_request_may_be_absent() -> None:
    found = recorded("request").dependencies_of("2.40.0")
    kinds = {edge.name: (edge.type, edge.is_optional) for edge in found if edge.type != "dev"}
    assert kinds["hawk"] == ("optional", True)
    assert kinds["qs"] == ("runtime", False)


def test_optional_peers_of_next_are_marked() -> None:
    peers = {
        e.name: e.is_optional
        for e in recorded("next").dependencies_of("15.1.0")
        if e.type == "peer"
    }
    assert peers["react"] is False
    assert peers["sass"] is True


def test_what_the_registry_emptied_is_not_found() -> None:
    with pytest.raises(NotFound, match="no published version"):
        recorded("fs")


def test_what_npm_put_in_place_of_malware_is_resolved_as_npm_does() -> None:
    index = index_of(recorded("crossenv"))
    assert index.latest() == "0.0.2-security"
    for wanted in ("*", "", "latest", "0.0.2-security", "^0.0.2-security"):
        assert index.pick(wanted, None) == Picked("0.0.2-security"), wanted
    for wanted in ("^6.1.0", ">=1", "0.0.2", "next", "x", ">=0"):
        assert isinstance(index.pick(wanted, None), NotPicked), wanted
