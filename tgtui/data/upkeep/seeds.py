"""Fills a new catalogue: its first tags, and popular packages in the queue."""

from __future__ import annotations

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tgtui.basics.ids import uuid7
from tgtui.data.access.accounts import ensure_account
from tgtui.data.models.tables import Package, PackageRequest, PackageTag, Tag
from tgtui.data.requests.asking import PRIORITY_SEED, ask
from tgtui.data.storage.sql import table_of
from tgtui.data.storage.times import database_now
from tgtui.syntax.names import fold

SEED_LOCK = 0x7365_6564
"""Key of PostgreSQL's advisory lock: 'seed' in ASCII."""

TAGS = (
    ("frontend", "#38bdf8", "User interfaces in the browser"),
    ("backend", "#34d399", "Servers and services"),
    ("database", "#fbbf24", "Storing and querying data"),
    ("testing", "#f472b6", "Tests and what runs them"),
    ("devops", "#a78bfa", "Building, shipping, operating"),
    ("tooling", "#fb923c", "Compilers, bundlers, linters"),
    ("utility", "#94a3b8", "Small helpers used everywhere"),
)
"""Name, colour, description; few and broad, as the specification wants them."""

PACKAGES = (
    ("react", ("frontend",)),
    ("vue", ("frontend",)),
    ("express", ("backend",)),
    ("hono", ("backend",)),
    ("svelte", ("frontend",)),
    ("typescript", ("tooling",)),
    ("vite", ("tooling", "frontend")),
    ("axios", ("utility",)),
    ("zod", ("utility",)),
    ("lodash", ("utility",)),
    ("fastify", ("backend",)),
    ("drizzle-orm", ("database",)),
    ("vitest", ("testing",)),
    ("eslint", ("tooling",)),
    ("prettier", ("tooling",)),
    ("webpack", ("tooling",)),
    ("pm2", ("devops",)),
    ("next", ("frontend", "backend")),
)
"""npm packages in the order they are fetched, with their tags."""


def is_empty(session: Session) -> bool:
    """Whether it has no tags, packages or requests, not even deleted ones: it was never used."""
    used = (select(model.id).limit(1) for model in (Tag, Package, PackageRequest))
    return not any(session.scalar(found) for found in used)


def seed(session: Session) -> bool:
    """Fill a database that was never used; False if there was anything in it."""
    if session.get_bind().dialect.name == "postgresql":
        # Of programs that start at once only one seeds; SQLite has one writer anyway.
        session.execute(select(func.pg_advisory_xact_lock(SEED_LOCK)))
    if not is_empty(session):
        return False
    now = database_now(session)
    account_id = ensure_account(session, "tgtui", "seed", "TechGarden")
    tag_ids = {name: uuid7() for name, _color, _description in TAGS}
    session.connection().execute(
        insert(table_of(Tag)),
        [
            {
                "id": tag_ids[name],
                "name": name,
                "slug": name,
                "description": description,
                "color": color,
                "created_at": now,
                "updated_at": now,
            }
            for name, color, description in TAGS
        ],
    )
    for name, tags in PACKAGES:
        package_id = uuid7()
        session.connection().execute(
            insert(table_of(Package)),
            [
                {
                    "id": package_id,
                    "name": name,
                    "search_name": fold(name),
                    "registry": "npm",
                    "created_at": now,
                    "updated_at": now,
                }
            ],
        )
        session.connection().execute(
            insert(table_of(PackageTag)),
            [
                {
                    "id": uuid7(),
                    "package_id": package_id,
                    "tag_id": tag_ids[tag],
                    "created_by": account_id,
                    "created_at": now,
                }
                for tag in tags
            ],
        )
        ask(session, "npm", name, account_id=account_id, priority=PRIORITY_SEED)
    return True
