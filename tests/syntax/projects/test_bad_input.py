"""Broken, hostile and unfinished files: a typed error with file and line, or what could be read and what could not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tgtui.syntax.projects import graph, text
from tgtui.syntax.projects.assembling import Contents, read_contents
from tgtui.syntax.projects.javascript.pnpm import read_pnpm
from tgtui.syntax.projects.javascript.yarn import read_yarn
from tgtui.syntax.projects.text import SourceFile, decoded
from tgtui.syntax.projects.values import ProjectFileError

PACKAGE = '{"name": "web", "dependencies": {"ms": "^2"}}'
LOCK = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "web", "dependencies": {"ms": "^2"}},
            "node_modules/ms": {"version": "2.1.3"},
        },
    }
)


def read(files: Mapping[str, str | bytes]) -> Contents:
    """Of these files by path."""
    contents = {
        path: each.encode() if isinstance(each, str) else each for path, each in files.items()
    }

    def open_file(path: str) -> SourceFile | None:
        return decoded(path, contents[path]) if path in contents else None

    return read_contents(list(contents), open_file)


def test_declared_and_locked_are_brought_together() -> None:
    found = read({"package.json": PACKAGE, "package-lock.json": LOCK})
    (stated,) = found.stated
    assert found.locks[stated.lock].packages[stated.package].version == "2.1.3"
    assert (stated.declared.line, found.problems, found.is_whole) == (1, (), True)


@pytest.mark.parametrize(
    ("path", "content", "line", "says"),
    [
        ("package.json", '{\n"name": ', 2, "not JSON"),
        ("package.json", "[]", 1, "not a JSON object"),
        ("package.json", "", 1, "not JSON"),
        ("package.json", b"\xff\xfe{}", 1, "UTF-8"),
        ("package-lock.json", '{"a":1,\n<<<<<<< HEAD\n', 2, "merge conflict"),
        ("package-lock.json", "[" * 100_000, 0, "deep"),
        ("package-lock.json", '{"a": ' + "9" * 5_000 + "}", 0, "number"),
        ("pnpm-lock.yaml", "a: [1\nb: 2", 2, "not YAML"),
        ("pnpm-lock.yaml", "- a\n", 1, "table"),
        ("pnpm-lock.yaml", "lockfileVersion: '4.0'\n", 0, "lockfileVersion"),
        ("pnpm-lock.yaml", "", 0, "empty"),
        ("pnpm-lock.yaml", "[" * 50_000, 0, ""),
        ("yarn.lock", "# yarn lockfile v1\n\nnonsense\n", 3, "colon"),
        ("yarn.lock", '# yarn lockfile v1\na@1:\n  version\n', 3, "without a value"),
        ("bun.lock", '{"packages": {]}', 1, "not JSON"),
        ("uv.lock", "version = 1\n[[package]\n", 2, "not TOML"),
        ("pyproject.toml", "\n= 1", 2, "not TOML"),
        ("poetry.lock", "a = 1\na = 2", 2, "not TOML"),
        ("poetry.lock", "a = 1\n[a" + ".a" * 20_000 + "]", 2, "too many parts"),
        ("uv.lock", "a = " + "[" * 100_000, 0, "deep"),
        ("pnpm-lock.yaml", "\n".join(" " * n + "a:" for n in range(2_000)), 1_000, "nesting"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_says_where(
    path: str, content: str | bytes, line: int, says: str
) -> None:
    found = read({path: content, "Brewfile": 'brew "jq"\n'})
    assert found.broken == (path,)
    (problem,) = found.problems
    assert problem.path == path
    assert says in problem.message
    if line:
        assert problem.line == line
    assert [each.declared.name for each in found.stated] == ["jq"]  # the rest is read


def test_a_byte_order_mark_and_windows_lines_are_read() -> None:
    lock = b"\xef\xbb\xbf" + LOCK.encode().replace(b", ", b",\r\n")
    found = read({"package.json": b"\xef\xbb\xbf" + PACKAGE.encode(), "package-lock.json": lock})
    assert found.is_whole
    assert found.stated[0].package >= 0


def test_names_that_are_none_are_reported_and_the_rest_is_read() -> None:
    document = json.loads(LOCK)
    document["packages"]["node_modules/" + "x" * 300] = {"version": "1.0.0"}
    document["packages"]["node_modules/a b"] = {"version": "1.0.0"}
    document["packages"]["node_modules/list"] = []
    found = read({"package.json": PACKAGE, "package-lock.json": json.dumps(document)})
    assert len(found.locks[0].packages) == 2
    assert len(found.problems) == 3


def test_a_table_in_the_place_of_text_breaks_nothing() -> None:
    values: list[Any] = [1, None, [], {}, [[]], "x", True, 1.5]
    for value in values:
        for key in (
            "packages",
            "workspaces",
            "specifiers",
            "npm",
            "dependencies",
            "importers",
            "package",
            "project",
        ):
            for path in ("package.json", "package-lock.json", "bun.lock", "deno.lock", "deno.json"):
                document = {"lockfileVersion": 3, "version": "5", key: value}
                assert read({path: json.dumps(document)}) is not None
                nested = {"lockfileVersion": 3, "version": "5", key: {"a@1": value, "": value}}
                assert read({path: json.dumps(nested)}) is not None


def test_the_last_document_of_pnpm_is_the_project() -> None:
    tools = "lockfileVersion: '9.0'\nimporters:\n  .:\n    configDependencies: {}\n"
    project = (
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      ms:\n"
        "        specifier: ^2\n        version: 2.1.3\npackages:\n  ms@2.1.3: {}\n"
        "snapshots:\n  ms@2.1.3: {}\n"
    )
    lock = read_pnpm(SourceFile("pnpm-lock.yaml", f"---\n{tools}---\n{project}"), [])
    assert [package.name for package in lock.packages] == [".", "ms"]


def test_keys_that_yaml_takes_for_values_are_names() -> None:
    body = (
        '__metadata:\n  version: 8\n\n"no@npm:1":\n  version: 1.0.0\n  resolution: "no@npm:1.0.0"\n'
    )
    root = '\n"web@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "web@workspace:."\n  dependencies:\n    no: "npm:1"\n'
    lock = read_yarn(SourceFile("yarn.lock", body + root), [])
    assert [(package.name, package.version) for package in lock.packages] == [
        ("no", "1.0.0"),
        ("web", None),
    ]
    assert len(lock.edges) == 1


def test_anchors_that_multiply_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MAX_EDGES", 1_000)
    shared = "x: &x {" + ", ".join(f"p{n}: 1.0.0" for n in range(100)) + "}\n"
    packages = "".join(f"  p{n}@1.0.0: {{dependencies: *x}}\n" for n in range(100))
    file = SourceFile("pnpm-lock.yaml", f"lockfileVersion: '9.0'\n{shared}snapshots:\n{packages}")
    with pytest.raises(ProjectFileError, match="more than"):
        read_pnpm(file, [])


def test_a_file_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_BYTES", 10)
    with pytest.raises(ProjectFileError, match="larger"):
        decoded("package.json", b" " * 11)


def test_credentials_in_addresses_are_masked() -> None:
    manifest = '{"dependencies": {"a": "git+https://me:secret@host.example/a.git"}}'
    (stated,) = read({"package.json": manifest}).stated
    assert "secret" not in stated.declared.range
    assert stated.declared.source == "git"


def test_requirements_that_include_each_other_end() -> None:
    found = read(
        {
            "requirements.txt": "-r requirements-dev.txt\na==1\n",
            "requirements-dev.txt": "-r requirements.txt\nb==1\n-r ../outside.txt\n-r none.txt\n",
        }
    )
    assert {each.declared.name for each in found.stated} == {"a", "b"}
    assert any("includes itself" in each.message for each in found.problems)
    assert any("not in this project" in each.message for each in found.problems)
    assert any("no such file" in each.message for each in found.problems)


def test_the_shrinkwrap_wins_and_the_binary_lock_of_bun_says_what_to_do() -> None:
    other = LOCK.replace("2.1.3", "2.0.0")
    found = read({"package.json": PACKAGE, "package-lock.json": other, "npm-shrinkwrap.json": LOCK})
    assert [lock.path for lock in found.locks] == ["npm-shrinkwrap.json"]
    (problem,) = read({"package.json": PACKAGE, "bun.lockb": b"\x00"}).problems
    assert "bun install" in problem.message


def test_workspaces_of_yarn_find_each_other_and_what_they_declare() -> None:
    found = read(
        {
            "package.json": '{"name": "top", "workspaces": ["packages/*", "!packages/c"]}',
            "packages/a/package.json": '{"name": "a", "version": "1.0.0", "dependencies": {"b": "^1", "ms": "^2"}}',
            "packages/b/package.json": '{"name": "b", "version": "1.0.0", "devDependencies": {"ms": "^1"}}',
            "packages/c/package.json": '{"name": "c", "dependencies": {"ms": "^2"}}',
            "yarn.lock": '# yarn lockfile v1\n"ms@^1", other@^3:\n  version "1.0.0"\nms@^2:\n  version "2.1.3"\n',
        }
    )
    (lock,) = found.locks
    assert {p.name for p in lock.packages if p.source == "workspace"} == {"top", "a", "b"}
    versions = {
        (each.workspace, each.declared.name): lock.packages[each.package].version
        for each in found.stated
        if each.package >= 0
    }
    assert versions == {
        ("packages/a", "b"): "1.0.0",
        ("packages/a", "ms"): "2.1.3",
        ("packages/b", "ms"): "1.0.0",
    }
    types = {lock.packages[edge.dependent].name: edge.type for edge in lock.edges}
    assert types["b"] == "dev"


def test_a_name_of_requirements_is_bounded() -> None:
    found = read({"requirements.txt": "x" * 300 + "==1\na==2\n"})
    assert [each.declared.name for each in found.stated] == ["a"]
    assert "is no name of a package" in found.problems[0].message


def test_names_of_prototypes_are_names() -> None:
    names = ("__proto__", "constructor", "toString")
    manifest = {"dependencies": dict.fromkeys(names, "^1")}
    locked = {f"node_modules/{name}": {"version": "1.0.0"} for name in names}
    lock = {"lockfileVersion": 3, "packages": {"": manifest, **locked}}
    found = read({"package.json": json.dumps(manifest), "package-lock.json": json.dumps(lock)})
    assert {found.locks[0].packages[each.package].name for each in found.stated} == set(names)


def test_halves_of_characters_and_escapes_become_harmless() -> None:
    lock = LOCK.replace("2.1.3", "2\\ud800\\u0000\\u001b]0;x\\u0007")
    found = read({"package.json": PACKAGE, "package-lock.json": lock})
    version = found.locks[0].packages[-1].version or ""
    version.encode()
    assert version.isprintable()
