"""Who replicates the database, and what a change of its schema means for them: event triggers, replication slots."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from sqlalchemy import Connection, text

from tgtui.basics.formatting import size

_TRIGGERS = text(
    """
    SELECT trigger.evtname::text AS name, quote_ident(namespace.nspname) AS schema,
           quote_ident(running.name) AS role,
           (SELECT rolsuper FROM pg_roles WHERE rolname = running.name) OR function.prosecdef
           OR (has_schema_privilege(running.name, namespace.oid, 'USAGE')
               AND has_function_privilege(running.name, function.oid, 'EXECUTE')
               AND NOT EXISTS (
                   SELECT FROM pg_class AS of WHERE of.relnamespace = namespace.oid AND of.relkind = 'r'
                   AND NOT (has_table_privilege(running.name, of.oid, 'SELECT')
                            AND has_table_privilege(running.name, of.oid, 'INSERT')
                            AND has_table_privilege(running.name, of.oid, 'UPDATE')
                            AND has_table_privilege(running.name, of.oid, 'DELETE')))) AS is_open
    FROM pg_event_trigger AS trigger
    JOIN pg_proc AS function ON function.oid = trigger.evtfoid
    JOIN pg_namespace AS namespace ON namespace.oid = function.pronamespace
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT pg_get_userbyid(relowner) FROM pg_class
                         WHERE oid = to_regclass('alembic_version')), session_user) AS name) AS running
    WHERE trigger.evtenabled IN ('O', 'A') AND trigger.evtevent <> 'login'
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_event_trigger'::regclass
                      AND objid = trigger.oid AND deptype = 'e')
    ORDER BY 1
    """
)
"""With the role that migrations run as (`upkeep/migrate.py`). What an extension brings is its own matter."""
_SLOTS = text(
    """
    SELECT slot_name::text AS name, active, wal_status,
           CASE WHEN restart_lsn IS NULL THEN NULL ELSE pg_wal_lsn_diff(
               CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
               restart_lsn)::bigint END AS held_bytes
    FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database() ORDER BY 1
    """
)

FORBIDDEN = (
    "The event triggers {names} run with each change of the schema, and {role}, as which tgtui migrates, may not use"
    " what they use: the migration will be refused, and nothing is changed. A superuser runs, in this database: {remedy}"
)
HEARD = "What replicates the database is told of each change of the schema by the event triggers {names}, and goes on."
UNHEARD = (
    "The database is replicated ({names}), and no event trigger tells of changes of the schema: zero-cache stops when a"
    " column that it copies has changed, and copies everything anew when it is started again (docs/zero.md)."
)
ABANDONED = (
    "Nothing reads the replication slot {name}, and the server keeps {held} of WAL for it, more with each change. If"
    " what read it does not come back, a superuser runs: SELECT pg_drop_replication_slot('{quoted}');"
)
LOST = (
    "The replication slot {name} is lost: it fell too far behind. What read it has to copy everything anew. A superuser"
    " runs: SELECT pg_drop_replication_slot('{quoted}');"
)


class EventTrigger(Struct, frozen=True):
    """Somebody else's: tgtui has none."""

    name: str
    schema: str
    """Of its function, quoted if needed."""
    role: str
    """As which migrations run, quoted if needed."""
    is_open: bool
    """That role may run it, as far as one can tell without it."""


class Slot(Struct, frozen=True):
    """A place in the log from which somebody replicates this database."""

    name: str
    is_read: bool
    """Somebody is connected to it."""
    is_lost: bool
    held_bytes: int


class Listeners(Struct, frozen=True):
    """Empty where nobody replicates, and on SQLite."""

    triggers: tuple[EventTrigger, ...] = ()
    slots: tuple[Slot, ...] = ()

    def at_migration(self) -> Iterator[str]:
        """What a change of the schema will do to them, and what to do first; sentences."""
        forbidden = list(self.forbidden())
        if forbidden:
            yield from forbidden
        elif self.triggers:
            yield HEARD.format(names=", ".join(trigger.name for trigger in self.triggers))
        elif self.slots:
            yield UNHEARD.format(names=", ".join(slot.name for slot in self.slots))
        yield from self.abandoned()

    def forbidden(self) -> Iterator[str]:
        """Why a change of the schema will be refused, a sentence; nothing if it won't, as far as one can tell."""
        closed = [trigger for trigger in self.triggers if not trigger.is_open]
        if closed:
            names = ", ".join(trigger.name for trigger in closed)
            schemas = sorted({trigger.schema for trigger in closed})
            remedy = " ".join(_granted(schema, closed[0].role) for schema in schemas)
            yield FORBIDDEN.format(names=names, role=closed[0].role, remedy=remedy)

    def abandoned(self) -> Iterator[str]:
        """What slots that nothing reads cost; sentences."""
        for slot in self.slots:
            quoted = slot.name.replace("'", "''")
            if slot.is_lost:
                yield LOST.format(name=slot.name, quoted=quoted)
            elif not slot.is_read:
                yield ABANDONED.format(name=slot.name, held=size(slot.held_bytes), quoted=quoted)


def listeners_of(connection: Connection) -> Listeners:
    """Of this database; any login may look."""
    if connection.dialect.name == "sqlite":
        return Listeners()
    return Listeners(
        tuple(
            EventTrigger(row.name, row.schema, row.role, row.is_open)
            for row in connection.execute(_TRIGGERS)
        ),
        tuple(
            Slot(row.name, row.active, row.wal_status == "lost", max(0, row.held_bytes or 0))
            for row in connection.execute(_SLOTS)
        ),
    )


def _granted(schema: str, role: str) -> str:
    return (
        f"GRANT USAGE ON SCHEMA {schema} TO {role};"
        f" GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};"
    )
