"""Fills a new catalogue: its first tags, and popular packages in the queue."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from tgtui.basics.ids import uuid7
from tgtui.data.access.accounts import ensure_account
from tgtui.data.models.tables import package_requests, package_tags, packages, tags
from tgtui.data.requests.asking import PRIORITY_SEED, ask
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
    ("pypi:requests", ("utility",)),
    ("pypi:flask", ("backend",)),
    ("pypi:django", ("backend",)),
    ("pypi:fastapi", ("backend",)),
    ("pypi:pandas", ("database",)),
    ("pypi:pytest", ("testing",)),
)
"""Packages in the order they are fetched, with their tags; of npm unless another registry is named."""


def is_empty(connection: Connection) -> bool:
    """Whether it has no tags, packages or requests, not even deleted ones: it was never used."""
    used = (select(id).limit(1) for id in (tags.c.id, packages.c.id, package_requests.c.id))
    return not any(connection.scalar(found) for found in used)


def seed(connection: Connection) -> bool:
    """Fill a database that was never used; False if there was anything in it."""
    if connection.dialect.name == "postgresql":
        # Of programs that start at once only one seeds; SQLite has one writer anyway.
        connection.execute(select(func.pg_advisory_xact_lock(SEED_LOCK)))
    if not is_empty(connection):
        return False
    now = database_now(connection)
    account_id = ensure_account(connection, "tgtui", "seed", "TechGarden")
    tag_ids = {name: uuid7() for name, _color, _description in TAGS}
    connection.execute(
        insert(tags),
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
    for written, labels in PACKAGES:
        registry, name = written.split(":") if ":" in written else ("npm", written)
        package_id = uuid7()
        connection.execute(
            insert(packages),
            [
                {
                    "id": package_id,
                    "name": name,
                    "search_name": fold(name),
                    "registry": registry,
                    "created_at": now,
                    "updated_at": now,
                }
            ],
        )
        connection.execute(
            insert(package_tags),
            [
                {
                    "id": uuid7(),
                    "package_id": package_id,
                    "tag_id": tag_ids[tag],
                    "created_by": account_id,
                    "created_at": now,
                }
                for tag in labels
            ],
        )
        ask(connection, registry, name, account_id=account_id, priority=PRIORITY_SEED)
    return True
