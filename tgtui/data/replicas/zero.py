"""Writes the schema that a client of Zero needs, as TypeScript."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tgtui.data.replicas.shape import Entity, Field, Kind, Relation, Scope, camel, shape_of

PACKAGE = "@rocicorp/zero"
NEVER_SYNCED: frozenset[Kind] = frozenset({"bytea"})
"""Zero replicates no such column, and refuses a schema that has one."""
TYPES: Mapping[Kind, str] = {
    "uuid": "string",
    "text": "string",
    "timestamp": "number",
    "date": "number",
    "boolean": "boolean",
    "integer": "number",
    "bigint": "number",
    "double": "number",
}
"""Times are milliseconds since 1970, in UTC."""
HEAD = """\
// Written by `tgtui db zero-schema`: write it anew after each `tgtui db upgrade` instead of changing it.
// Times are milliseconds since 1970. Rows of packages and tags that were deleted are there: ask for deletedAt IS NULL.
"""


def zero_schema(scope: Scope) -> Iterator[str]:
    """Its lines."""
    entities = shape_of(scope, without=NEVER_SYNCED)
    used = sorted({TYPES[field.kind] for entity in entities for field in entity.fields})
    names = ["createBuilder", "createSchema", "relationships", "table", *used]
    yield from HEAD.splitlines()
    yield f'import {{ {", ".join(sorted(names))} }} from "{PACKAGE}";'
    for entity in entities:
        yield ""
        yield from _table(entity)
    related = [entity for entity in entities if entity.relations]
    for entity in related:
        yield ""
        yield from _relationships(entity)
    yield ""
    yield "export const schema = createSchema({"
    yield f"  tables: [{', '.join(entity.name for entity in entities)}],"
    yield f"  relationships: [{', '.join(f'{entity.name}Relations' for entity in related)}],"
    yield "});"
    yield "export type Schema = typeof schema;"
    yield "export const zql = createBuilder(schema);"
    yield ""
    yield f'declare module "{PACKAGE}" {{'
    yield "  interface DefaultTypes {"
    yield "    schema: Schema;"
    yield "  }"
    yield "}"


def _table(entity: Entity) -> Iterator[str]:
    renamed = f'.from("{entity.table.name}")' if entity.name != entity.table.name else ""
    yield f'export const {entity.name} = table("{entity.name}"){renamed}'
    yield "  .columns({"
    for field in entity.fields:
        yield f"    {field.name}: {_column(field)},"
    yield "  })"
    yield '  .primaryKey("id");'


def _column(field: Field) -> str:
    of = f"<{' | '.join(map(json.dumps, field.values))}>" if field.values else ""
    optional = ".optional()" if field.is_optional else ""
    renamed = f'.from("{field.column}")' if field.name != field.column else ""
    return f"{TYPES[field.kind]}{of}(){optional}{renamed}"


def _relationships(entity: Entity) -> Iterator[str]:
    kinds = sorted({_kind(relation) for relation in entity.relations}, reverse=True)
    yield (
        f"export const {entity.name}Relations ="
        f" relationships({entity.name}, ({{ {', '.join(kinds)} }}) => ({{"
    )
    for relation in entity.relations:
        yield (
            f"  {relation.name}: {_kind(relation)}({{"
            f' sourceField: ["{camel(relation.column)}"],'
            f' destField: ["{camel(relation.target_column)}"],'
            f" destSchema: {camel(relation.target)} }}),"
        )
    yield "}));"


def _kind(relation: Relation) -> str:
    return "many" if relation.is_many else "one"
