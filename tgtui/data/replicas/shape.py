"""The tables, columns and relations of the catalogue as a client names them: the one source of both TypeScript schemas."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Double,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from tgtui.data.access.published import published
from tgtui.data.models.every import TABLES
from tgtui.data.storage.types import Key, UtcTimestamp

Kind = Literal[
    "uuid", "text", "timestamp", "date", "boolean", "integer", "bigint", "double", "bytea"
]
Scope = Literal["all", "public", "requests"]
"""Everything; what everyone may have; that and people's requests."""

KINDS: Mapping[type, Kind] = {
    Key: "uuid",
    UtcTimestamp: "timestamp",
    Text: "text",
    Date: "date",
    Boolean: "boolean",
    BigInteger: "bigint",
    Integer: "integer",
    Double: "double",
    LargeBinary: "bytea",
}
ONE_OF = re.compile(r"(\w+) IN \((.*)\)")
"""A check that lists the values of a column."""
REVERSED: Mapping[tuple[str, str], str] = {
    ("package_dependencies", "dependency_package_id"): "dependents",
    ("package_dependencies", "resolved_version_id"): "dependents",
    ("package_requests", "source_request_id"): "caused_requests",
    ("package_tags", "package_id"): "package_tags",
}
"""How the other end calls the rows that refer to it by a column, where no rule gives a good name."""


class Field(Struct, frozen=True):
    """A column."""

    name: str
    """In TypeScript."""
    column: str
    kind: Kind
    is_optional: bool
    values: tuple[str, ...]
    """All that it may have; empty if anything."""


class Relation(Struct, frozen=True):
    """One of a pair: from a row that refers to another, or back."""

    name: str
    is_many: bool
    column: str
    """Of the own table."""
    target: str
    """A table."""
    target_column: str
    pair: str
    """The same for both ends."""


class Entity(Struct, frozen=True):
    """A table."""

    name: str
    """In TypeScript."""
    table: Table
    fields: tuple[Field, ...]
    relations: tuple[Relation, ...]

    def field(self, column: str) -> Field:
        return next(field for field in self.fields if field.column == column)

    def has(self, columns: Iterator[str]) -> bool:
        """Whether the client knows all of these columns."""
        return {*columns} <= {field.column for field in self.fields}


def shape_of(scope: Scope, *, without: frozenset[Kind] = frozenset()) -> tuple[Entity, ...]:
    """All tables in the scope, in the order of the models. `without`: kinds of columns that the client can't have."""
    columns: Mapping[str, tuple[str, ...]]
    if scope == "all":
        columns = {name: tuple(table.columns.keys()) for name, table in TABLES.items()}
    else:
        columns = published(with_requests=scope == "requests")
    fields = {
        name: tuple(
            field
            for field in _fields(table)
            if field.column in columns[name] and field.kind not in without
        )
        for name, table in TABLES.items()
        if name in columns
    }
    return tuple(
        Entity(camel(name), TABLES[name], fields[name], tuple(_relations(name, fields)))
        for name in fields
    )


def camel(name: str) -> str:
    """`published_at` as `publishedAt`."""
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def _fields(table: Table) -> Iterator[Field]:
    values = dict(_values(table))
    for column in table.columns:
        yield Field(
            camel(column.name),
            column.name,
            KINDS[type(column.type)],
            bool(column.nullable),
            values.get(column.name, ()),
        )


def _values(table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and (
            found := ONE_OF.fullmatch(str(constraint.sqltext))
        ):
            yield found[1], tuple(re.findall(r"'([^']*)'", found[2]))


def _relations(name: str, fields: Mapping[str, tuple[Field, ...]]) -> Iterator[Relation]:
    """Those of which both ends are known: first where its rows refer to, then who refers to them."""
    for table, column, target in references():
        known = [field.column for field in fields.get(table, ())]
        if target not in fields or column not in known:
            continue
        pair, is_unique = f"{table}_{column}", _is_unique(TABLES[table], column)
        if table == name:
            taken = {field.name for field in fields[name]}
            yield Relation(_forward(table, column, taken), False, column, target, "id", pair)
        if target == name:
            back = _back(table, column, target)
            yield Relation(back, not is_unique, "id", table, column, pair)


def references() -> Iterator[tuple[str, str, str]]:
    """(table, column, table that it refers to) of every foreign key."""
    for name, table in TABLES.items():
        for column in table.columns:
            for key in column.foreign_keys:
                yield name, column.name, key.column.table.name


def _is_unique(table: Table, column: str) -> bool:
    return any(
        isinstance(constraint, UniqueConstraint) and [*constraint.columns.keys()] == [column]
        for constraint in table.constraints
    )


def _forward(table: str, column: str, taken: set[str]) -> str:
    """`package_id` is `package`, `deleted_by` is `deletedByAccount`, `resolved_version_id` is `resolved`: there is a column
    `resolved_version`, and Zero wants no relation named like a column."""
    words = column.split("_")
    words = [*words, "account"] if words[-1] == "by" else words[:-1]
    while camel("_".join(words)) in taken and len(words) > 1:
        words = words[:-1]
    return camel("_".join(words))


def _back(table: str, column: str, target: str) -> str:
    """Without the words that both tables begin with: a package has `versions`, and an account `requestedPackageRequests`."""
    if (table, column) in REVERSED:
        return camel(REVERSED[table, column])
    own, others = singular(target).split("_"), table.split("_")
    common = 0
    while common < min(len(own), len(others) - 1) and own[common] == others[common]:
        common += 1
    plain = others[common:]
    role = column.split("_")
    if role[-1] == "by":
        return camel("_".join([*role[:-1], *plain]))
    if role[:-1] == own[-1:] or role[:-1] == own:
        return camel("_".join(plain))
    return camel("_".join([*plain, "as", *role[:-1]]))


def singular(name: str) -> str:
    """Of a table."""
    return re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")


def clashes(entities: tuple[Entity, ...]) -> list[str]:
    """Names that a client could not tell apart; a test wants none."""
    found = []
    for entity in entities:
        names = [field.name for field in entity.fields]
        names += [relation.name for relation in entity.relations]
        found += [f"{entity.name}.{name}" for name, n in Counter(names).items() if n > 1]
    return found
