"""The promises of a decoded packument: odd shapes come out typed and bounded, dependencies as npm reads them."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgtui.registries.base import DeclaredDependency, Malformed, NotFound, TooLarge
from tgtui.registries.npm.document import NpmDocument, decode_packument
from tgtui.registries.registration import registration

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = [
    "dependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "devDependencies",
    "bundleDependencies",
    "deprecated",
    "engines",
    "description",
    "homepage",
    "repository",
]


def read(document: dict[str, Any]) -> NpmDocument:
    """Decode `document`, which is of the package `x` unless it says otherwise."""
    return decode_packument(json.dumps({"name": "x", **document}).encode(), "x")


def one(**version: Any) -> NpmDocument:
    """A document with the single version 1.0.0."""
    return read({"versions": {"1.0.0": version}})


def edges(**version: Any) -> list[DeclaredDependency]:
    return list(one(**version).dependencies_of("1.0.0"))


def brief(found: list[DeclaredDependency]) -> list[tuple[str, str, str, bool]]:
    return [(edge.name, edge.range, edge.type, edge.is_optional) for edge in found]


def test_each_map_has_its_type_and_its_word() -> None:
    found = edges(
        dependencies={"a": "^1"},
        optionalDependencies={"b": "^2"},
        peerDependencies={"c": "^3", "d": "^4"},
        peerDependenciesMeta={"d": {"optional": True}, "c": {"optional": False}, "e": 7},
        devDependencies={"f": "^5"},
    )
    assert {(e.name, e.range, e.type, e.source_field, e.is_optional) for e in found} == {
        ("a", "^1", "runtime", "dependencies", False),
        ("b", "^2", "optional", "optionalDependencies", True),
        ("c", "^3", "peer", "peerDependencies", False),
        ("d", "^4", "peer", "peerDependencies", True),
        ("f", "^5", "dev", "devDependencies", False),
    }
    assert all(e.registry == "npm" and e.declared_name is None for e in found)


def test_optional_replaces_dependencies_which_replace_peers() -> None:
    found = edges(
        peerDependencies={"a": "1", "b": "1"},
        dependencies={"a": "2", "b": "2", "c": "2"},
        optionalDependencies={"b": "3", "c": "3"},
    )
    assert brief(found) == [
        ("a", "2", "runtime", False),
        ("b", "3", "optional", True),
        ("c", "3", "optional", True),
    ]


def test_a_development_dependency_replaces_nothing() -> None:
    found = edges(dependencies={"a": "1"}, devDependencies={"a": "2"})
    assert brief(found) == [("a", "1", "runtime", False), ("a", "2", "dev", False)]


@pytest.mark.parametrize(
    ("spec", "name", "wanted"),
    [
        ("npm:target@^1.2", "target", "^1.2"),
        ("npm:@scope/target@1 || 2", "@scope/target", "1 || 2"),
        ("npm:target", "target", ""),
        ("npm:@scope/target", "@scope/target", ""),
        ("npm:target@next", "target", "next"),
        ("NPM:target@1 ", "target", "1 "),
    ],
)
def test_an_alias_leads_to_its_target(spec: str, name: str, wanted: str) -> None:
    (edge,) = edges(dependencies={"alias": spec})
    assert (edge.name, edge.declared_name, edge.range) == (name, "alias", wanted)


@pytest.mark.parametrize(
    "spec",
    [
        "git+https://git.example/a.git#v1",
        "github:user/repo",
        "user/repo",
        "file:../a",
        "https://files.example/a.tgz",
        "workspace:*",
        "catalog:",
        "npm:npm:nested@1",
        "npm:",
        "npm:../evil@1",
        "npm:a@file:../b",
        "npm:a@user/repo",
        " npm:a@1",
        "",
        "*",
        "latest",
    ],
)
def test_any_other_specifier_stays_as_it_is(spec: str) -> None:
    (edge,) = edges(dependencies={"a": spec})
    assert (edge.name, edge.declared_name, edge.range) == ("a", None, spec)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["a@1.0", "b", "c >= 2", 7, "@s/d@^1", None], [("a", "1.0"), ("b", ""), ("c", ">= 2")]),
        ("a@1.0, b@2", [("a", "1.0"), ("b", "2")]),
        ("", []),
        ([], []),
        (7, []),
        (None, []),
        (True, []),
        ({"a": 7, "b": None, "c": ["1"], "d": {}, "e": "1", "": "1"}, [("e", "1")]),
    ],
)
def test_dependencies_of_old_shapes_are_read_as_npm_does(
    found: Any, expected: list[tuple[str, str]]
) -> None:
    edge_pairs = [(e.name, e.range) for e in edges(dependencies=found, devDependencies=found)]
    assert edge_pairs == expected * 2


@pytest.mark.parametrize("bundled", [True, False, ["a"], "a", {"a": 1}, None])
def test_bundled_dependencies_of_any_shape_change_nothing(bundled: Any) -> None:
    found = edges(dependencies={"a": "1"}, bundleDependencies=bundled, bundledDependencies=bundled)
    assert brief(found) == [("a", "1", "runtime", False)]


def test_nul_is_replaced_and_makes_no_other_name_or_range() -> None:
    document = read(
        {
            "description": "a\0b",
            "dist-tags": {"la\0test": "1.0.0"},
            "versions": {
                "1.0.0": {
                    "deprecated": "x\0y",
                    "engines": {"node": ">\0 1"},
                    "dependencies": {"n\0ame": "^\0001"},
                },
                "2.0.0\0": {},
            },
        }
    )
    assert document.description == "ab"
    assert document.dist_tags == {"la\ufffdtest": "1.0.0"}
    (version,) = document.versions
    assert (version.yank_message, version.engines_node) == ("xy", ">\ufffd 1")
    (edge,) = document.dependencies_of("1.0.0")
    assert (edge.name, edge.range) == ("n\ufffdame", "^\ufffd1")


def test_two_thousand_dependencies_are_read_and_one_more_is_too_large() -> None:
    names = {f"d{number}": "1" for number in range(2_000)}
    assert len(edges(dependencies=names)) == 2_000
    document = one(dependencies={**names, "more": "1"})
    with pytest.raises(TooLarge, match=r"npm:x: version 1\.0\.0 has more than 2,000 dependencies"):
        document.dependencies_of("1.0.0")
    with pytest.raises(TooLarge):
        edges(dependencies=[f"d{number}" for number in range(2_001)])


def test_twenty_thousand_versions_are_read_and_one_more_is_too_large() -> None:
    versions: dict[str, Any] = {f"1.0.{number}": {} for number in range(20_000)}
    assert len(read({"versions": versions}).versions) == 20_000
    versions["2.0.0"] = {}
    with pytest.raises(TooLarge, match="npm:x has more than 20,000 versions"):
        read({"versions": versions})


def test_dependencies_of_a_version_that_is_not_published_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        one().dependencies_of("9.9.9")


@pytest.mark.parametrize(
    ("deprecated", "is_yanked", "message"),
    [
        ("use y", True, "use y"),
        ("", False, None),
        (True, True, None),
        (False, False, None),
        (None, False, None),
        ({}, True, None),
        ("m" * 1_001, True, "m" * 999 + "…"),
    ],
)
def test_deprecation_of_any_shape(deprecated: Any, is_yanked: bool, message: str | None) -> None:
    (version,) = one(deprecated=deprecated).versions
    assert (version.is_yanked, version.yank_message) == (is_yanked, message)


@pytest.mark.parametrize(
    ("engines", "node"),
    [({"node": ">=18"}, ">=18"), (["node >=0.6"], None), ("node", None), ({"node": 4}, None)],
)
def test_engines_count_only_as_npm_reads_them(engines: Any, node: str | None) -> None:
    assert one(engines=engines).versions[0].engines_node == node


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("2020-01-02T03:04:05.678Z", datetime(2020, 1, 2, 3, 4, 5, 678000, UTC)),
        ("2020-01-02T03:04:05.678901+00:00", datetime(2020, 1, 2, 3, 4, 5, 678901, UTC)),
        ("2020-01-02T03:04:05+02:00", datetime(2020, 1, 2, 1, 4, 5, 0, UTC)),
        ("2020-01-02T03:04:05", datetime(2020, 1, 2, 3, 4, 5, 0, UTC)),
        ("0001-01-01T00:00:00+02:00", None),
        ("yesterday", None),
        (7, None),
        (None, None),
    ],
)
def test_timestamps_are_utc_or_none(found: Any, expected: datetime | None) -> None:
    document = read({"versions": {"1.0.0": {}}, "time": {"1.0.0": found, "modified": 7}})
    assert document.versions[0].published_at == expected


@pytest.mark.parametrize("times", [None, [], "x", {}, 7])
def test_a_document_without_times_is_read(times: Any) -> None:
    assert read({"versions": {"1.0.0": {}}, "time": times}).versions[0].published_at is None


@pytest.mark.parametrize("tags", [None, [], "x", {"latest": "9.9.9", "a": 7, "": "1.0.0"}])
def test_tags_that_point_nowhere_are_left_out(tags: Any) -> None:
    assert read({"versions": {"1.0.0": {}}, "dist-tags": tags}).dist_tags == {}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("https://x.example/a", "https://x.example/a"),
        (["https://x.example/a"], "https://x.example/a"),
        ({"url": "http://x.example"}, "http://x.example"),
        ([""], None),
        ("javascript:alert(1)", None),
        ("https://x.example/ [/]", None),
        ("https://x.example/" + "a" * 2_000, None),
        (7, None),
    ],
)
def test_a_homepage_is_a_web_address_or_none(found: Any, expected: str | None) -> None:
    assert read({"versions": {"1.0.0": {}}, "homepage": found}).homepage == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"type": "git", "url": "git+https://github.com/a/b.git"}, "https://github.com/a/b"),
        ("git://github.com/a/b.git#main", "https://github.com/a/b#main"),
        ("git+ssh://git@github.com/a/b.git", "https://github.com/a/b"),
        ("git@gitlab.com:a/b.git", "https://gitlab.com/a/b"),
        ("a/b", "https://github.com/a/b"),
        ("github:a/b", "https://github.com/a/b"),
        ("gist:0123", "https://gist.github.com/0123"),
        ([{"url": "gitlab:a/b"}], "https://gitlab.com/a/b"),
        ("svn://x.example/a", None),
        ("file:///etc/passwd", None),
        ("word", None),
        ({"url": 7}, None),
        ([], None),
    ],
)
def test_a_repository_is_a_web_address_or_none(found: Any, expected: str | None) -> None:
    assert read({"versions": {"1.0.0": {}}, "repository": found}).repository == expected


def test_a_description_is_bounded_and_a_string_or_none() -> None:
    versions = {"1.0.0": {"description": "of the version"}}
    assert read({"versions": versions, "description": ["x"]}).description is None
    assert read({"versions": versions, "description": "d" * 9_000}).description == "d" * 3_999 + "…"
    assert read({"versions": versions}).description == "of the version"
    assert one(description=7, homepage=7, repository=7).description is None


def test_versions_that_can_not_be_read_are_left_out() -> None:
    versions: dict[str, Any] = {
        "1.0.0": {},
        "2.0.0": "text",
        "3.0.0": None,
        "4.0.0": [],
        "": {},
        "1" * 257: {},
        "unknown": {},
        "1.2": {},
        "latest": {},
        "1.0.0.0": {},
        "created": {},
        "9007199254740993.0.0": {},
        "v1.1.0": {},
        "=1.2.0": {},
        "1.3.0beta": {},
    }
    assert [v.version for v in read({"versions": versions}).versions] == [
        "1.0.0",
        "v1.1.0",
        "=1.2.0",
        "1.3.0beta",
    ]
    with pytest.raises(Malformed):
        read({"versions": {"2.0.0": "text"}})


def test_the_id_names_a_document_without_name() -> None:
    body = json.dumps({"_id": "y", "versions": {"1.0.0": {}}}).encode()
    assert decode_packument(body, "y").name == "y"
    cased = json.dumps({"name": "Express", "versions": {"1.0.0": {}}}).encode()
    assert decode_packument(cased, "express").name == "express"
    with pytest.raises(Malformed, match="another package"):
        decode_packument(body, "x")


def test_half_an_emoji_does_not_cost_the_package() -> None:
    escapes = {
        rb"\ud83d": "\ufffd",
        rb"\ude00": "\ufffd",
        rb"\ud83d\ude00": "😀",
        rb"\\ud83d": r"\ud83d",
    }
    for escape, expected in escapes.items():
        body = (
            b'{"name":"x","readme":"cut ' + escape + b'","description":"d' + escape + b'",'
            b'"versions":{"1.0.0":{"readme":"' + escape + b' cut","deprecated":"' + escape + b'"}}}'
        )
        document = decode_packument(body, "x")
        assert document.description == "d" + expected
        assert document.versions[0].yank_message == expected


@pytest.mark.parametrize(
    ("version", "is_one"),
    [
        ("0.0.1-security", True),
        ("0.0.2-security", True),
        ("0.0.1-security.1", True),
        ("0.0.12-security.0", True),
        ("1.0.0", False),
        ("1.0.0-security", False),
        ("0.0.1-security-fix", False),
        ("0.0.1", False),
    ],
)
def test_what_npm_puts_in_place_of_malware_is_a_package_that_is_known_as_such(
    version: str, is_one: bool
) -> None:
    holder = {"repository": "npm/security-holder", "description": "security holding package"}
    document = read({"versions": {version: holder}, "dist-tags": {"latest": version}})
    assert document.description == "security holding package"
    assert [each.version for each in document.versions] == [version]
    assert registration("npm").placeholder(version) is is_one


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"unpublished": {"time": "2020-02-03T00:00:00.000Z"}}, "was unpublished on 2020-02-03"),
        ({"unpublished": "x"}, "was unpublished$"),
        ({}, "has no published version"),
    ],
)
@pytest.mark.parametrize("versions", [{}, None])
def test_a_package_without_versions_is_not_found_with_the_reason(
    times: Any, reason: str, versions: Any
) -> None:
    with pytest.raises(NotFound, match=f"npm:x {reason}"):
        read({"time": times, "versions": versions})


def test_it_weighs_what_it_keeps_in_memory() -> None:
    body = json.dumps({"name": "x", "versions": {"1.0.0": {"description": "word " * 9_999}}})
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        document = decode_packument(body.encode(), "x")
        after, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.8 < document.weight / (after - before) < 1.2


def test_an_object_of_millions_of_keys_is_refused_while_it_is_read() -> None:
    keys = b",".join(b'"k%d":0' % number for number in range(200_000))
    with pytest.raises(TooLarge):
        decode_packument(b'{"name":"x","versions":{' + keys + b"}}", "x")
    times = decode_packument(b'{"name":"x","versions":{"1.0.0":{}},"time":{' + keys + b"}}", "x")
    assert times.versions[0].published_at is None
    with pytest.raises(TooLarge, match="dist-tags"):
        decode_packument(b'{"name":"x","versions":{"1.0.0":{}},"dist-tags":{' + keys + b"}}", "x")


@given(
    st.fixed_dictionaries(
        {"versions": st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=2) | JSON_VALUES},
        optional=dict.fromkeys(("name", "time", "dist-tags", *FIELDS), JSON_VALUES),
    ),
    st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON_VALUES)),
)
def test_any_json_is_a_document_or_one_of_the_errors(
    document: dict[str, Any], version: dict[str, Any]
) -> None:
    if isinstance(document["versions"], dict):
        document["versions"]["1.0.0"] = version
    try:
        found = read(document)
    except (NotFound, Malformed):
        return
    for known in found.versions:
        for edge in found.dependencies_of(known.version):
            assert "\0" not in edge.name + edge.range
            assert len(edge.name) <= 214
            assert len(edge.range) <= 1_000
