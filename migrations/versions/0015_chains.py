"""A chain is a thing of its own: it may have several roots, and share its requests with other chains.

Chains of before get the id of their root; who followed a request gets a chain of their own. None of them counts as
complete: the worker looks once whether all it needs is here, and queues what a cancel of another person took away.
Workers have a table for their signs of life.
"""

# ruff: noqa: S608 - all of the statements are put together from what stands in this file

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEY = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
TIMESTAMP = sa.TIMESTAMP()
FUNCTIONS = Path(__file__).resolve().parent.parent / "functions"
REQUESTS, CHAINS, MEMBERS = (
    "package_requests",
    "package_request_chains",
    "package_request_members",
)
WATCHERS = "package_request_watchers"
SIGNS = "worker_signs"
ROOT = "root_request_id"
NEW_KEY = {"sqlite": "randomblob(16)", "postgresql": "tgtui_uuid7()"}

FORMER = (
    "tgtui_cancel_chain(uuid, uuid, boolean)",
    "tgtui_cancel(uuid, uuid, boolean)",
    "tgtui_retry(uuid, uuid, boolean, boolean, integer, interval)",
    "tgtui_active_packages()",
    "tgtui_hurry(uuid, text[], text[])",
    "tgtui_bring_to_front(text, text)",
    "tgtui_want_version(uuid, uuid)",
    "tgtui_ask(text, text, uuid, boolean, integer, integer, interval)",
    "tgtui_queue(text, text, uuid, boolean, integer, integer, interval)",
    "tgtui_refused(text, text, uuid, integer, interval)",
    "tgtui_outcome(text, uuid, text, timestamp, integer, integer)",
    "tgtui_is_visible_to(uuid, uuid)",
    "tgtui_my_requests()",
)
PRESENT = (
    "tgtui_cancel_chain(uuid, uuid, boolean)",
    "tgtui_cancel(uuid, uuid, boolean)",
    "tgtui_retry(uuid, uuid, boolean, boolean, integer, interval)",
    "tgtui_active_packages()",
    "tgtui_hurry(uuid, text[], text[])",
    "tgtui_bring_to_front(text, text)",
    "tgtui_want_version(uuid, uuid)",
    "tgtui_ask(text[], text[], uuid, boolean, integer, integer, interval)",
    "tgtui_queue(text[], text[], uuid, boolean, integer, integer, interval)",
    "tgtui_renew(uuid[], uuid[], boolean)",
    "tgtui_is_needed(uuid)",
    "tgtui_remembered(text, text, interval)",
    "tgtui_over_limit(uuid, integer)",
    "tgtui_chain_of(uuid, uuid, boolean)",
    "tgtui_is_visible_to(uuid, uuid)",
    "tgtui_my_chains()",
)

COLUMNS = (
    "id, package_name, registry, requested_by, source_request_id, depth, is_auto_queued, priority,"
    " status, is_forced, error_code, error_message, package_id, attempt_count, alone_count, retry_after,"
    " lease_token, lease_expires_at, locked_by, stage, stage_done, stage_total, created_at,"
    " updated_at"
)

UP = (
    f"""
    INSERT INTO {CHAINS}
        (id, requested_by, charges, charged_at, created_at, updated_at, cancelled_at, settled_at)
    SELECT id, requested_by,
           CASE WHEN is_auto_queued OR requested_by IS NULL THEN 0 ELSE 1 END,
           CASE WHEN is_auto_queued OR requested_by IS NULL THEN NULL ELSE created_at END,
           created_at, updated_at,
           (SELECT max(below.updated_at) FROM {REQUESTS} AS below
            WHERE below.{ROOT} = request.id AND below.status = 'cancelled'
              AND below.error_code = 'chain_cancelled'),
           NULL
    FROM {REQUESTS} AS request
    WHERE NOT is_auto_queued OR {ROOT} IS NULL OR {ROOT} = id
       OR EXISTS (SELECT 1 FROM {REQUESTS} AS below WHERE below.{ROOT} = request.id)
    """,
    f"""
    INSERT INTO {MEMBERS} (id, chain_id, request_id, is_root, cancelled_at, created_at)
    SELECT id, coalesce({ROOT}, id), id, coalesce({ROOT} = id, true),
           CASE WHEN status = 'cancelled' THEN updated_at END, created_at
    FROM {REQUESTS}
    """,
    f"""
    INSERT INTO {CHAINS}
        (id, requested_by, charges, charged_at, created_at, updated_at, cancelled_at, settled_at)
    SELECT id, account_id, 0, NULL, created_at, created_at, NULL, NULL FROM {WATCHERS}
    """,
    f"""
    INSERT INTO {MEMBERS} (id, chain_id, request_id, is_root, cancelled_at, created_at)
    SELECT {{key}}, watcher.id, request.id, request.id = watcher.request_id,
           CASE WHEN request.status = 'cancelled' THEN request.updated_at END, request.created_at
    FROM {WATCHERS} AS watcher
    JOIN {REQUESTS} AS request
      ON request.id = watcher.request_id OR request.{ROOT} = watcher.request_id
    """,
)
DOWN = (
    f"""
    UPDATE {REQUESTS} SET {ROOT} = (
        SELECT root.request_id FROM {MEMBERS} AS member
        JOIN {MEMBERS} AS root ON root.chain_id = member.chain_id AND root.is_root
        WHERE member.request_id = {REQUESTS}.id
        ORDER BY member.chain_id, root.request_id LIMIT 1)
    """,
    f"UPDATE {REQUESTS} SET {ROOT} = id WHERE NOT is_auto_queued",
    f"""
    INSERT INTO {WATCHERS} (id, request_id, account_id, created_at)
    SELECT {{key}}, member.request_id, chain.requested_by, min(chain.created_at)
    FROM {MEMBERS} AS member
    JOIN {CHAINS} AS chain ON chain.id = member.chain_id
    JOIN {REQUESTS} AS request ON request.id = member.request_id
    WHERE member.is_root AND member.cancelled_at IS NULL AND chain.requested_by IS NOT NULL
      AND (request.requested_by IS NULL OR request.requested_by <> chain.requested_by)
    GROUP BY member.request_id, chain.requested_by
    """,
)


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    dialect = op.get_context().dialect.name
    _create_chains()
    _create_signs()
    for statement in UP:
        op.execute(statement.format(key=NEW_KEY[dialect]))
    if dialect == "postgresql":
        # The policies of a guarded database are made again at once, from what is decided today.
        op.execute(f"DROP POLICY IF EXISTS tgtui_member_select ON {REQUESTS}")
        _drop_functions(FORMER)
        op.drop_column(REQUESTS, ROOT)
        op.drop_table(WATCHERS)
        _run("0015_chains.sql")
        _run("0015_queue.sql")
    else:
        op.drop_table(WATCHERS)
        _rebuild_requests(with_root=False)


def downgrade() -> None:
    dialect = op.get_context().dialect.name
    if dialect == "postgresql":
        for table in (REQUESTS, CHAINS, MEMBERS):
            op.execute(f"DROP POLICY IF EXISTS tgtui_member_select ON {table}")
        _drop_functions(PRESENT)
        op.add_column(REQUESTS, sa.Column(ROOT, KEY, nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{REQUESTS}_{ROOT}"), REQUESTS, REQUESTS, [ROOT], ["id"], ondelete="SET NULL"
        )
        op.create_index(f"idx_{REQUESTS}_{ROOT}", REQUESTS, [ROOT, "status"])
    else:
        _rebuild_requests(with_root=True)
    _create_watchers()
    for statement in DOWN:
        op.execute(statement.format(key=NEW_KEY[dialect]))
    op.drop_table(MEMBERS)
    op.drop_table(CHAINS)
    op.drop_table(SIGNS)
    if dialect == "postgresql":
        _run("0015_before.sql")
        _run("0007_queue.sql")


def _run(file: str) -> None:
    op.get_bind().exec_driver_sql((FUNCTIONS / file).read_text(encoding="utf-8"))


def _drop_functions(signatures: tuple[str, ...]) -> None:
    for signature in signatures:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("DROP TYPE tgtui_asked")


def _create_chains() -> None:
    op.create_table(
        CHAINS,
        sa.Column("id", KEY, nullable=False),
        sa.Column("requested_by", KEY, nullable=True),
        sa.Column("charges", sa.Integer(), nullable=False),
        sa.Column("charged_at", TIMESTAMP, nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.Column("cancelled_at", TIMESTAMP, nullable=True),
        sa.Column("settled_at", TIMESTAMP, nullable=True),
        sa.ForeignKeyConstraint(
            ["requested_by"],
            ["account.id"],
            name=op.f(f"fk_{CHAINS}_requested_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{CHAINS}")),
    )
    op.create_index(f"idx_{CHAINS}_requested_by", CHAINS, ["requested_by", "id"])
    op.create_index(f"idx_{CHAINS}_charged", CHAINS, ["requested_by", "charged_at"])
    op.create_index(
        f"idx_{CHAINS}_unsettled",
        CHAINS,
        ["id"],
        **where("settled_at IS NULL AND cancelled_at IS NULL"),
    )
    op.create_table(
        MEMBERS,
        sa.Column("id", KEY, nullable=False),
        sa.Column("chain_id", KEY, nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("is_root", sa.Boolean(), nullable=False),
        sa.Column("cancelled_at", TIMESTAMP, nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id"], [f"{CHAINS}.id"], name=op.f(f"fk_{MEMBERS}_chain_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            [f"{REQUESTS}.id"],
            name=op.f(f"fk_{MEMBERS}_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{MEMBERS}")),
        sa.UniqueConstraint(
            "chain_id", "request_id", name=op.f(f"{MEMBERS}_chain_id_request_id_key")
        ),
    )
    op.create_index(f"idx_{MEMBERS}_request_id", MEMBERS, ["request_id", "chain_id"])


def _create_signs() -> None:
    op.create_table(
        SIGNS,
        sa.Column("id", KEY, nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("looked_at", TIMESTAMP, nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{SIGNS}")),
        sa.UniqueConstraint("worker", name=op.f(f"{SIGNS}_worker_key")),
    )


def _create_watchers() -> None:
    op.create_table(
        WATCHERS,
        sa.Column("id", KEY, nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f(f"fk_{WATCHERS}_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            [f"{REQUESTS}.id"],
            name=op.f(f"fk_{WATCHERS}_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{WATCHERS}")),
        sa.UniqueConstraint(
            "request_id", "account_id", name=op.f(f"{WATCHERS}_request_id_account_id_key")
        ),
    )
    op.create_index(f"idx_{WATCHERS}_account_id", WATCHERS, ["account_id"])


def _rebuild_requests(*, with_root: bool) -> None:
    """SQLite drops no column that a foreign key names, and adds no foreign key: the table is written anew."""
    new = f"{REQUESTS}_new"
    references = {
        "package_id": "packages",
        "requested_by": "account",
        "source_request_id": REQUESTS,
        **({ROOT: REQUESTS} if with_root else {}),
    }
    op.create_table(
        new,
        sa.Column("id", KEY, nullable=False),
        sa.Column("package_name", sa.Text(), nullable=False),
        sa.Column("registry", sa.Text(), nullable=False),
        sa.Column("requested_by", KEY, nullable=True),
        sa.Column("source_request_id", KEY, nullable=True),
        *([sa.Column(ROOT, KEY, nullable=True)] if with_root else []),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("is_auto_queued", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_forced", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("package_id", KEY, nullable=True),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("alone_count", sa.Integer(), nullable=True),
        sa.Column("retry_after", TIMESTAMP, nullable=True),
        sa.Column("lease_token", KEY, nullable=True),
        sa.Column("lease_expires_at", TIMESTAMP, nullable=True),
        sa.Column("locked_by", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("stage_done", sa.BigInteger(), nullable=True),
        sa.Column("stage_total", sa.BigInteger(), nullable=True),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.CheckConstraint(
            "registry IN ('npm', 'jsr', 'brew', 'apt')", name=op.f(f"ck_{REQUESTS}_registry")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'fetching', 'completed', 'failed', 'cancelled')",
            name=op.f(f"ck_{REQUESTS}_status"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_{REQUESTS}_{column}"),
                ondelete="SET NULL",
            )
            for column, table in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{REQUESTS}")),
    )
    op.execute(f"INSERT INTO {new} ({COLUMNS}) SELECT {COLUMNS} FROM {REQUESTS}")
    op.drop_table(REQUESTS)
    op.rename_table(new, REQUESTS)
    queued = where("status IN ('pending', 'fetching')")
    indexes: tuple[tuple[str, list[Any], dict[str, Any]], ...] = (
        ("claim", ["registry", "priority", "id"], where("status = 'pending' AND retry_after IS NULL")),
        ("retry", ["registry", "retry_after"], where("status = 'pending' AND retry_after IS NOT NULL")),
        ("lease", ["lease_expires_at"], where("status = 'fetching'")),
        ("is_auto_queued", ["is_auto_queued", "status"], {}),
        ("package", ["package_name", "registry", "id"], {}),
        ("requested_by_created", ["requested_by", sa.text("created_at DESC")], {}),
        ("source_request_id", ["source_request_id"], {}),
        ("status_created", ["status", "created_at"], queued),
        ("unique_pending", ["package_name", "registry"], {**queued, "unique": True}),
        *([(ROOT, [ROOT, "status"], {})] if with_root else []),
    )  # fmt: skip
    for name, columns, options in indexes:
        op.create_index(f"idx_{REQUESTS}_{name}", REQUESTS, columns, **options)
