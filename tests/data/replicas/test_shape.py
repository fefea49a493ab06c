"""Both schemas say what the models say, under names that no client confuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tgtui.data.access.published import SHARED
from tgtui.data.models.every import TABLES
from tgtui.data.replicas.drizzle import drizzle_schema
from tgtui.data.replicas.shape import Entity, Scope, clashes, references, shape_of, singular
from tgtui.data.replicas.zero import NEVER_SYNCED, zero_schema

RECORDED = Path(__file__).parent / "drizzle_zero.json"
"""What drizzle-zero made of our schema for Drizzle; `--zero` compares it with what it makes now."""
SCOPES: tuple[Scope, ...] = ("all", "public", "requests")


@pytest.mark.parametrize("scope", SCOPES)
def test_no_name_is_used_twice(scope: Scope) -> None:
    assert clashes(shape_of(scope)) == []


def test_every_reference_is_a_relation_from_both_ends() -> None:
    relations = {
        (relation.pair, entity.table.name)
        for entity in shape_of("all")
        for relation in entity.relations
    }
    for table, column, target in references():
        assert {(f"{table}_{column}", table), (f"{table}_{column}", target)} <= relations


def test_relations_have_the_names_that_people_expect() -> None:
    names = {
        f"{entity.name}.{relation.name}": relation.is_many
        for entity in shape_of("all")
        for relation in entity.relations
    }
    one = [
        "packageVersions.package",
        "packageDependencies.resolved",
        "packageDependencies.dependencyPackage",
        "packages.deletedByAccount",
        "packages.search",
        "packageTags.tag",
    ]
    many = [
        "packages.versions",
        "packages.dependents",
        "packages.packageTags",
        "packageVersions.dependencies",
        "packageRequests.causedRequests",
        "packageRequestChains.members",
        "account.deletedPackages",
    ]
    assert {name: names.get(name) for name in one + many} == {
        **dict.fromkeys(one, False),
        **dict.fromkeys(many, True),
    }


@pytest.mark.parametrize(
    ("table", "one"), [("package_dependencies", "package_dependency"), ("tags", "tag")]
)
def test_one_of_many(table: str, one: str) -> None:
    assert singular(table) == one


def test_everything_has_every_column_and_public_what_the_list_shows() -> None:
    for entity in shape_of("all"):
        assert [field.column for field in entity.fields] == TABLES[entity.table.name].columns.keys()
    for scope, whose in (("public", {"everyone"}), ("requests", {"everyone", "person"})):
        shown = {e.table.name: {f.column for f in e.fields} for e in shape_of(scope)}  # type: ignore[arg-type]
        assert shown == {
            name: {*shared.shown} for name, shared in SHARED.items() if shared.whose in whose
        }


@pytest.mark.parametrize("scope", SCOPES)
def test_zero_is_told_every_column_it_can_have(scope: Scope) -> None:
    written: dict[str, dict[str, str]] = {}
    for line in zero_schema(scope):
        if table := re.match(r'export const (\w+) = table\("\1"\)', line):
            fields = written[table[1]] = {}
        elif field := re.match(r"    (\w+): (string|number|boolean)\b", line):
            fields[field[1]] = field[2]
    kinds = {"boolean": "boolean", "uuid": "string", "text": "string"}
    assert written == {
        entity.name: {field.name: kinds.get(field.kind, "number") for field in entity.fields}
        for entity in shape_of(scope, without=NEVER_SYNCED)
    }


@pytest.mark.parametrize("scope", SCOPES)
def test_drizzle_is_told_every_constraint_and_index_of_the_columns_it_has(scope: Scope) -> None:
    text = "\n".join(drizzle_schema(scope))
    named = re.findall(r'(?:index|uniqueIndex|unique|check)\("(\w+)"|name: "(\w+)"', text)
    written = {first or second for first, second in named}
    expected = {name for entity in shape_of(scope) for name in said_of(entity, scope)}
    if scope == "all":
        expected |= {f"package_search_text_{name}" for name in ("words", "about", "terms")}
    assert written == expected


def said_of(entity: Entity, scope: Scope) -> set[str]:
    known = {field.column for field in entity.fields}
    tables = {entity.table.name for entity in shape_of(scope)}
    constraints = {
        str(each.name)
        for each in entity.table.constraints
        if {column.name for column in each.columns} <= known  # type: ignore[attr-defined]
        and {key.column.table.name for key in getattr(each, "elements", ())} <= tables
    } - {f"pk_{entity.table.name}"}
    indexes = {
        str(index.name)
        for index in entity.table.indexes
        if {column.name for column in index.columns} <= known
    }
    return constraints | indexes


def test_drizzle_orders_descending_indexes_as_postgresql_does() -> None:
    text = "\n".join(drizzle_schema("all"))
    assert 'index("idx_packages_created_at").on(table.createdAt.desc().nullsFirst())' in text


@pytest.mark.parametrize("scope", ["public", "requests"])
def test_what_is_hidden_is_nowhere_in_the_files_for_clients(scope: Scope) -> None:
    text = "\n".join([*drizzle_schema(scope), *zero_schema(scope)])
    assert not re.search(r"lease_?[tT]oken|saved_?[sS]earches|pgTable\(\"account\"", text)


def test_what_drizzle_zero_made_of_it_is_what_we_write() -> None:
    """Tables and columns that are newer than the recorded answer are not in it: `--zero` records it anew."""
    ours = described(shape_of("all", without=NEVER_SYNCED))
    for table, recorded in json.loads(RECORDED.read_text(encoding="utf-8")).items():
        for kind in ("columns", "relations"):
            assert {name: ours[table][kind].get(name) for name in recorded[kind]} == recorded[kind]


def described(entities: tuple[Entity, ...]) -> dict[str, dict[str, dict[str, str]]]:
    """Tables, their columns and relations, in the words of the recorded answer."""
    kinds = {"boolean": "boolean", "uuid": "string", "text": "string"}
    targets = {entity.table.name: entity.name for entity in entities}
    return {
        entity.name: {
            "columns": {
                field.name: f"{field.column} {kinds.get(field.kind, 'number')}"
                f"{' optional' if field.is_optional else ''}"
                for field in entity.fields
            },
            "relations": {
                relation.name: f"{'many' if relation.is_many else 'one'} {targets[relation.target]}"
                f" {camelled(entity, relation.column)} {camelled_of(entities, relation.target, relation.target_column)}"
                for relation in entity.relations
            },
        }
        for entity in entities
    }


def camelled(entity: Entity, column: str) -> str:
    return entity.field(column).name


def camelled_of(entities: tuple[Entity, ...], table: str, column: str) -> str:
    return next(entity.field(column).name for entity in entities if entity.table.name == table)
