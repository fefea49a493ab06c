"""Which tables and columns others may have a copy of: clients that replicate the catalogue, and the schemas written for them.

The one list of it. The publication and both schemas are made of it, docs/schema.md shows it, and tests compare it with
the models and the grants: a table or column that is not named here makes them fail, with the line that it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Whose = Literal["everyone", "person", "no one"]
"""Everyone's rows may be seen by anyone; a person's only by that person and administrators."""


class Shared(Struct, frozen=True):
    """A table, and which of its columns leave the database."""

    whose: Whose
    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    """Every other column, by name: a new one is in neither, and a test asks which it is."""
    because: str = ""
    """Of a table that is no one's: why not. Its columns need no names."""


def everyone(shown: str, *, but: str = "") -> Shared:
    """Names of columns, separated by spaces."""
    return Shared("everyone", tuple(shown.split()), tuple(but.split()))


def person(shown: str, *, but: str = "") -> Shared:
    """Rows that belong to people: replicated only on request, and the server of queries must ask whose they are."""
    return Shared("person", tuple(shown.split()), tuple(but.split()))


def no_one(because: str) -> Shared:
    """Never replicated."""
    return Shared("no one", because=because)


SHARED: Mapping[str, Shared] = {
    "account": no_one("says who the people are"),
    "packages": everyone(
        "id name search_name registry description homepage repository last_fetch_attempt"
        " last_fetch_success deleted_at created_at updated_at",
        but="deleted_by",
    ),
    "package_versions": everyone(
        "id package_id version sort_key is_prerelease is_yanked yank_message"
        " published_at dependencies_fetched_at conflicts created_at",
        but="dependencies_wanted_at fingerprint",
    ),
    "package_facts": everyone(
        "id licence expression licence_kind download_size unpacked_size file_count measured_size"
        " measured_files details",
        but="digest",
    ),
    "package_environments": no_one("is derived: a worker works it out anew with each fetch"),
    "package_environment_members": no_one("is derived, like the environments"),
    "catalogue_settings": no_one("says how workers are set up"),
    "package_dist_tags": everyone("id package_id tag version created_at"),
    "package_dependencies": everyone(
        "id package_id version_id dependency_registry dependency_name declared_name"
        " dependency_package_id dependency_version_range resolved_version resolved_version_id"
        " resolution_error dependency_type source_field is_optional alternatives created_at"
    ),
    "package_requests": person(
        "id package_name registry source_request_id depth is_auto_queued status error_code"
        " error_message package_id attempt_count retry_after stage stage_done stage_total"
        " created_at updated_at",
        # Another person may have asked first; whose a request is, its chains say.
        but="requested_by priority is_forced lease_token lease_expires_at locked_by alone_count",
    ),
    "package_request_chains": person(
        "id requested_by created_at updated_at cancelled_at settled_at left_out",
        but="charges charged_at",
    ),
    "package_request_members": person("id chain_id request_id is_root cancelled_at created_at"),
    "registry_outages": no_one("names machines"),
    "worker_signs": no_one("names machines"),
    "tags": everyone(
        "id name slug description color deleted_at created_at updated_at", but="deleted_by"
    ),
    "package_tags": everyone("id package_id tag_id created_at", but="created_by"),
    "package_interactions": no_one("says what people did"),
    "cross_registry_links": everyone("id package_id software created_at"),
    "registry_imports": no_one("is of use to workers only"),
    "package_search": no_one("is derived, and would be a third of a copy"),
    "search_licences": no_one("is derived, of use to searches only"),
    "package_search_stale": no_one("is of use to workers only"),
    "saved_searches": no_one("says what people look for"),
    "package_watches": no_one("says what people watch"),
    "package_comparisons": no_one("says what people compare"),
    "projects": no_one("says what people work on"),
    "project_packages": no_one("says what people work on"),
    "project_dependencies": no_one("says what people work on"),
    "project_edges": no_one("says what people work on"),
    "advisories": no_one("is published by others, who offer copies themselves"),
    "advisory_aliases": no_one("is a part of it"),
    "advisory_packages": no_one("is a part of it"),
    "advisory_ranges": no_one("is a part of it"),
    "advisory_findings": no_one("is derived"),
    "advisory_sources": no_one("is of use to the program only"),
    "advisory_checks": no_one("is of use to the program only"),
    "insight_results": no_one("names people, and is replaced each day"),
    "insight_refreshes": no_one("is of use to the program only"),
    "package_measures": no_one("is derived, and grows each day"),
    "package_use_weeks": no_one("is derived, and grows each week"),
}
"""In the order of the models."""


def published(*, with_requests: bool) -> Mapping[str, tuple[str, ...]]:
    """The columns of each table that is replicated; people's requests only if asked for."""
    wanted = {"everyone", "person"} if with_requests else {"everyone"}
    return {table: shared.shown for table, shared in SHARED.items() if shared.whose in wanted}
