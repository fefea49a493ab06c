"""Who may do what with each table of PostgreSQL: `grants.py` turns it into SQL, docs/security.md explains it.

A table or function that is not named here is the owner's alone, and a test fails.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

ANONYMOUS, MEMBER, ADMIN, WORKER = "tgtui_anonymous", "tgtui_member", "tgtui_admin", "tgtui_worker"

INHERITS: Mapping[str, str] = {MEMBER: ANONYMOUS, ADMIN: MEMBER, WORKER: ANONYMOUS}
"""A group and the one whose rights it inherits."""

ME = "(SELECT tgtui_me())"
MINE = "(SELECT tgtui_my_chains())"
"""A subquery, so that PostgreSQL evaluates it once per statement instead of per row."""

REMOVED = "status = 'failed' AND error_code = 'removed_by_admin'"


class Policy(Struct, frozen=True):
    """Rows of a table that a group may use. Several policies add up."""

    group: str
    command: str
    """SELECT, UPDATE or ALL."""
    using: str
    """Condition on existing rows."""
    check: str | None = None
    """Condition on rows as they are written; None means the same as `using`."""


class Guarded(Struct, frozen=True):
    """Rights and policies of a table. Without policies a right to the table covers every row."""

    rights: Mapping[str, str]
    """By group, as GRANT spells them, without inherited ones."""
    policies: tuple[Policy, ...] = field(default=())


READABLE = {ANONYMOUS: "SELECT"}
WORKED_ON = Guarded({**READABLE, WORKER: "INSERT, UPDATE, DELETE"})
"""A table that anyone reads and the worker writes."""

MY_PROJECTS = f"SELECT id FROM projects WHERE account_id = {ME}"  # noqa: S608 - ours
OF_A_PROJECT = Guarded(
    {MEMBER: "SELECT, INSERT, DELETE"},
    (
        Policy(MEMBER, "ALL", f"project_id IN ({MY_PROJECTS})"),
        # Of the projects that the person may see.
        Policy(MEMBER, "SELECT", "project_id IN (SELECT id FROM projects)"),
    ),
)
"""What the files of a project say is its owner's, and whoever it is shared with may read it."""

TABLES: Mapping[str, Guarded] = {
    "alembic_version": Guarded(READABLE),
    "packages": Guarded(
        {
            **READABLE,
            ADMIN: "UPDATE (deleted_at, deleted_by, updated_at)",
            WORKER: (
                "INSERT, UPDATE (name, search_name, registry, description, homepage, repository,"
                " last_fetch_attempt, last_fetch_success, updated_at)"
            ),
        }
    ),
    "package_versions": WORKED_ON,
    "package_dist_tags": WORKED_ON,
    "package_dependencies": WORKED_ON,
    # Restoring a package counts it; the note left by a trigger makes a worker count again what it may see.
    "package_search": Guarded(
        {
            **READABLE,
            ADMIN: (
                "UPDATE (about, rank, dependents, optional_dependents, peer_dependents,"
                " suggested_dependents, dev_dependents, uses, released_at, is_deprecated,"
                " is_incomplete, is_failed, licence, terms, unpacked_size, severity, advisories)"
            ),
            WORKER: "INSERT, UPDATE, DELETE",
        }
    ),
    "package_facts": WORKED_ON,
    "package_environments": WORKED_ON,
    "package_environment_members": WORKED_ON,
    # The first worker says what it works for, so that those after it do the same; only an admin changes that.
    "catalogue_settings": Guarded(
        {**READABLE, ADMIN: "INSERT, UPDATE (value, updated_at), DELETE", WORKER: "INSERT"}
    ),
    # Counting a package adds its licence.
    "search_licences": Guarded({**READABLE, ADMIN: "INSERT", WORKER: "INSERT, UPDATE, DELETE"}),
    "package_search_stale": Guarded({ADMIN: "INSERT", WORKER: "SELECT, INSERT, UPDATE, DELETE"}),
    "cross_registry_links": WORKED_ON,
    "registry_imports": WORKED_ON,
    "registry_outages": WORKED_ON,
    # A worker's name has the name of its machine.
    "worker_signs": Guarded({ADMIN: "SELECT", WORKER: "SELECT, INSERT, UPDATE, DELETE"}),
    "tags": Guarded(
        {
            **READABLE,
            ADMIN: (
                "INSERT, UPDATE (name, slug, description, color, deleted_at, deleted_by, updated_at)"
            ),
        }
    ),
    # A row keeps who applied the tag: a merge moves the row and changes nothing else in it.
    "package_tags": Guarded({**READABLE, ADMIN: "INSERT, DELETE, UPDATE (tag_id)"}),
    # A worker stores the names of people who take part in the insights, and learns of no others.
    "account": Guarded(
        READABLE,
        (
            Policy(MEMBER, "SELECT", f"id = {ME}"),
            Policy(ADMIN, "SELECT", "true"),
            Policy(WORKER, "SELECT", "stays_out_since IS NULL"),
        ),
    ),
    "package_requests": Guarded(
        {
            **READABLE,
            ADMIN: (
                "UPDATE (status, error_code, error_message, retry_after, lease_token,"
                " lease_expires_at, locked_by, stage, stage_done, stage_total, updated_at)"
            ),
            WORKER: "INSERT, UPDATE, DELETE",
        },
        (
            Policy(
                MEMBER,
                "SELECT",
                "EXISTS (SELECT FROM package_request_members AS mine"
                f" WHERE mine.request_id = package_requests.id AND mine.chain_id IN {MINE})",
            ),
            Policy(ADMIN, "SELECT", "true"),
            # Deleting a package cancels what is queued for it, and completes nothing.
            Policy(ADMIN, "UPDATE", "status IN ('pending', 'fetching')", REMOVED),
            Policy(WORKER, "ALL", "true"),
        ),
    ),
    "package_request_chains": Guarded(
        {
            **READABLE,
            # A chain of its own, for what is watched: a trigger refuses one in a person's name.
            WORKER: "INSERT, UPDATE (settled_at, left_out), DELETE",
        },
        (
            Policy(MEMBER, "SELECT", f"id IN {MINE}"),
            Policy(ADMIN, "SELECT", "true"),
            Policy(WORKER, "ALL", "true"),
        ),
    ),
    "package_request_members": Guarded(
        {**READABLE, WORKER: "INSERT, DELETE"},
        (
            Policy(MEMBER, "SELECT", f"chain_id IN {MINE}"),
            Policy(ADMIN, "SELECT", "true"),
            Policy(WORKER, "ALL", "true"),
        ),
    ),
    "package_interactions": Guarded(
        {MEMBER: "SELECT", WORKER: "SELECT"},
        (
            Policy(MEMBER, "SELECT", f"account_id = {ME}"),
            Policy(ADMIN, "SELECT", "true"),
            Policy(WORKER, "SELECT", "true"),
        ),
    ),
    "advisories": WORKED_ON,
    "advisory_aliases": WORKED_ON,
    "advisory_packages": WORKED_ON,
    "advisory_ranges": WORKED_ON,
    "advisory_findings": WORKED_ON,
    "advisory_sources": WORKED_ON,
    "advisory_checks": WORKED_ON,
    "insight_refreshes": WORKED_ON,
    "package_measures": WORKED_ON,
    "package_use_weeks": WORKED_ON,
    "insight_results": WORKED_ON,
    "saved_searches": Guarded(
        {MEMBER: "SELECT, INSERT, UPDATE, DELETE"},
        (Policy(MEMBER, "ALL", f"account_id = {ME}"),),
    ),
    # A worker fetches what is watched, and writes down what is new.
    "package_watches": Guarded(
        {
            MEMBER: "SELECT, INSERT, DELETE, UPDATE (news, news_at)",
            WORKER: "SELECT, UPDATE (news, news_at)",
        },
        (
            Policy(MEMBER, "ALL", f"account_id = {ME}"),
            Policy(WORKER, "SELECT", "true"),
            Policy(WORKER, "UPDATE", "true"),
        ),
    ),
    "package_comparisons": Guarded(
        {MEMBER: "SELECT, INSERT, UPDATE, DELETE"},
        (Policy(MEMBER, "ALL", f"account_id = {ME}"),),
    ),
    "projects": Guarded(
        {MEMBER: "SELECT, INSERT, UPDATE, DELETE"},
        (
            Policy(MEMBER, "ALL", f"account_id = {ME}"),
            Policy(MEMBER, "SELECT", "shared_at IS NOT NULL"),
        ),
    ),
    "project_packages": OF_A_PROJECT,
    "project_dependencies": OF_A_PROJECT,
    "project_edges": OF_A_PROJECT,
}

CALLED_BY: Mapping[str, str] = dict.fromkeys(
    (
        "tgtui_me",
        "tgtui_my_chains",
        "tgtui_sign_in",
        "tgtui_ask",
        "tgtui_want_version",
        "tgtui_bring_to_front",
        "tgtui_hurry",
        "tgtui_active_packages",
        "tgtui_retry",
        "tgtui_cancel",
        "tgtui_cancel_chain",
        "tgtui_record",
        "tgtui_take_part",
        "tgtui_forget",
    ),
    MEMBER,
)
"""Functions that run with the owner's rights, and who may call them. Each checks its arguments."""

TRIGGERED = ("packages_search", "tgtui_deleted_by", "tgtui_created_by")
"""Functions of triggers; with the owner's rights, because not everyone may read what they look at."""

INTERNAL = (
    "tgtui_now",
    "tgtui_uuid7",
    "tgtui_is_restricted",
    "tgtui_may",
    "tgtui_require",
    "tgtui_acting_for",
    "tgtui_about",
    "tgtui_is_visible_to",
    "tgtui_chain_of",
    "tgtui_is_needed",
    "tgtui_remembered",
    "tgtui_over_limit",
    "tgtui_renew",
    "tgtui_queue",
    "tgtui_requested_by",
)
"""Functions that only those above call, and that of a trigger with the rights of who writes. `tgtui_limits`, which
`db grants` writes, is another one."""

LOCKS_OF: Mapping[str, tuple[str, ...]] = {
    ADMIN: ("pg_advisory_xact_lock(bigint)",),
    WORKER: (
        "pg_advisory_xact_lock(bigint)",
        "pg_advisory_xact_lock(integer, integer)",
        "pg_advisory_xact_lock_shared(integer, integer)",
        "pg_try_advisory_xact_lock(bigint)",
    ),
}
"""PostgreSQL's functions of advisory locks that the program calls, by group."""
HARMFUL = r"^(lo_.*|lo(read|write)|pg_(try_)?advisory_.*)$"
"""Names of PostgreSQL's own functions that let any login fill the disk with large objects, or stop workers by locks."""
