"""Writes the schema for Drizzle on PostgreSQL, as TypeScript. What it leaves out, the file says itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement, UnaryExpression
from sqlalchemy.sql.operators import desc_op, nulls_last_op

from tgtui.data.models import indexes  # noqa: F401 - tables know theirs only with it
from tgtui.data.models.search import FULL_TEXT, package_search
from tgtui.data.replicas.shape import Entity, Field, Kind, Relation, Scope, camel, shape_of

NUMBERS = "package_search_number"
"""The sequence that numbers rows of the search."""
TRIGRAMS: Mapping[str, str] = {f"{FULL_TEXT}_{name}": name for name in ("words", "about")}
"""Indexes that no model describes, and their columns of `package_search`."""
TYPES: Mapping[Kind, str] = {
    "uuid": "uuid",
    "text": "text",
    "timestamp": "timestamp",
    "date": "date",
    "boolean": "boolean",
    "integer": "integer",
    "bigint": "bigint",
    "double": "doublePrecision",
    "bytea": "bytea",
}
HEAD = """\
// Written by `tgtui db drizzle-schema`: write it anew after each `tgtui db upgrade` instead of changing it.
// To read and to type. The database is tgtui's, which migrates it: never push, and generate no migrations from this file.
// Not in it, because Drizzle has no words for it: COLLATE "C" of folded names and sort keys, functions, triggers, row-level security.
"""
BYTEA = """\
const bytea = customType<{ data: Uint8Array }>({
  dataType: () => "bytea",
});
"""


def drizzle_schema(scope: Scope) -> Iterator[str]:
    """Its lines."""
    entities = shape_of(scope)
    body = list(_body(entities, scope))
    text = "\n".join(body)
    yield from HEAD.splitlines()
    yield f'import {{ {", ".join(_used(("relations", "sql"), text))} }} from "drizzle-orm";'
    core = (
        *(
            "bigint",
            "boolean",
            "check",
            "customType",
            "date",
            "doublePrecision",
            "foreignKey",
            "index",
            "integer",
        ),
        *("pgSequence", "pgTable", "text", "timestamp", "unique", "uniqueIndex", "uuid"),
    )
    yield f'import {{ {", ".join(_used(core, text))} }} from "drizzle-orm/pg-core";'
    yield from body


def _used(names: tuple[str, ...], text: str) -> list[str]:
    marks = ("(", "<", "`")
    return [name for name in names if any(f" {name}{mark}" in text for mark in marks)]


def _body(entities: tuple[Entity, ...], scope: Scope) -> Iterator[str]:
    if any(field.kind == "bytea" for entity in entities for field in entity.fields):
        yield ""
        yield from BYTEA.splitlines()
    if scope == "all":
        yield ""
        yield (
            f'export const {camel(NUMBERS)} = pgSequence("{NUMBERS}", {{ maxValue: 2147483647 }});'
        )
    known = {entity.table.name for entity in entities}
    for entity in entities:
        yield ""
        yield from _table(entity, known)
    for entity in entities:
        if entity.relations:
            yield ""
            yield from _relations(entity)


def _table(entity: Entity, known: set[str]) -> Iterator[str]:
    yield f'export const {entity.name} = pgTable("{entity.table.name}", {{'
    for field in entity.fields:
        yield f"  {field.name}: {_column(field)},"
    extras = list(_extras(entity, known))
    if not extras:
        yield "});"
        return
    yield "}, (table) => ["
    yield from (f"  {extra}," for extra in extras)
    yield "]);"


def _column(field: Field) -> str:
    given = [f'"{field.column}"']
    if field.values:
        given.append(f"{{ enum: {json.dumps(list(field.values))} }}")
    elif field.kind == "bigint":
        given.append('{ mode: "number" }')
    key = ".primaryKey()" if field.column == "id" else ""
    required = ".notNull()" if not field.is_optional and not key else ""
    return f"{TYPES[field.kind]}({', '.join(given)}){key}{required}"


def _extras(entity: Entity, known: set[str]) -> Iterator[str]:
    """What is said of several columns; left out if one of them is not known."""
    table = entity.table
    for constraint in sorted(table.constraints, key=lambda each: str(each.name)):
        columns = [*constraint.columns.keys()] if hasattr(constraint, "columns") else []
        if not entity.has(iter(columns)):
            continue
        if isinstance(constraint, UniqueConstraint):
            yield f'unique("{constraint.name}").on({_on(columns)})'
        elif isinstance(constraint, CheckConstraint):
            yield f'check("{constraint.name}", sql`{constraint.sqltext}`)'
    for column in table.columns:
        for key in column.foreign_keys:
            if entity.has(iter([column.name])) and key.column.table.name in known:
                yield _foreign_key(column, key)
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        if entity.has(column.name for column in _columns_of(index)):
            yield _index(index)
    if table is package_search:
        for name, column_name in TRIGRAMS.items():
            yield f'index("{name}").using("gin", table.{column_name}.op("gin_trgm_ops"))'
        yield f'index("{FULL_TEXT}_terms").using("gin", sql`string_to_array(${{table.terms}}, \' \')`)'


def _foreign_key(column: Column[Any], key: ForeignKey) -> str:
    assert key.constraint is not None
    does = f'.onDelete("{key.ondelete.lower()}")' if key.ondelete else ""
    target = camel(key.column.table.name)
    # Drizzle writes the type of a table that refers to itself only if it is told.
    return (
        f'foreignKey({{ name: "{key.constraint.name}", columns: [table.{camel(column.name)}],'
        f" foreignColumns: [{target if key.column.table is not column.table else 'table'}"
        f".{camel(key.column.name)}] }}){does}"
    )


def _index(index: Index) -> str:
    kind = "uniqueIndex" if index.unique else "index"
    keys = ", ".join(_key(expression) for expression in index.expressions)
    condition = index.dialect_options["postgresql"]["where"]
    where = f".where(sql`{condition}`)" if condition is not None else ""
    return f'{kind}("{index.name}").on({keys}){where}'


def _columns_of(index: Index) -> Iterator[Column[Any]]:
    for expression in index.expressions:
        found: list[Any] = [expression]
        while found:
            element = found.pop()
            if isinstance(element, Column):
                yield element
            else:
                found += element.get_children()


def _key(expression: Any) -> str:
    """With its order: Drizzle's own default puts nulls elsewhere than PostgreSQL's."""
    is_falling, nulls = False, ".nullsFirst()"
    while isinstance(expression, UnaryExpression) and expression.modifier is not None:
        is_falling |= expression.modifier is desc_op
        if expression.modifier is nulls_last_op:
            nulls = ".nullsLast()"
        expression = expression.element
    if isinstance(expression, Column):
        order = f".desc(){nulls}" if is_falling else ""
        return f"table.{camel(expression.name)}{order}"
    return f"sql`({_sql(expression)}){' desc' if is_falling else ''}`"


def _sql(expression: ColumnElement[Any]) -> str:
    compiled = expression.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True, "include_table": False},
    )
    return str(compiled)


def _on(columns: list[str]) -> str:
    return ", ".join(f"table.{camel(name)}" for name in columns)


def _relations(entity: Entity) -> Iterator[str]:
    kinds = sorted({_kind(relation) for relation in entity.relations}, reverse=True)
    yield (
        f"export const {entity.name}Relations ="
        f" relations({entity.name}, ({{ {', '.join(kinds)} }}) => ({{"
    )
    for relation in entity.relations:
        target = camel(relation.target)
        given = f'relationName: "{relation.pair}"'
        if not relation.is_many:
            given = (
                f"fields: [{entity.name}.{camel(relation.column)}],"
                f" references: [{target}.{camel(relation.target_column)}], {given}"
            )
        yield f"  {relation.name}: {_kind(relation)}({target}, {{ {given} }}),"
    yield "}));"


def _kind(relation: Relation) -> str:
    return "many" if relation.is_many else "one"
