"""The statements of an ingest, built once: building one costs several times what running it does."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from tgtui.data.models.environments import package_environment_members, package_environments
from tgtui.data.models.tables import (
    cross_registry_links,
    package_dependencies,
    package_dist_tags,
    package_requests,
    package_versions,
    packages,
)
from tgtui.data.requests.chains import ACTIVE, in_state, is_wanted, members
from tgtui.data.storage.pairs import wanted
from tgtui.data.storage.sql import AnySelect
from tgtui.data.versions.edges import installed
from tgtui.data.versions.latest import latest_version_id
from tgtui.data.views.edges import UNRESOLVED
from tgtui.registries.base import REGISTRIES
from tgtui.registries.registration import registration

versions = package_versions
dist_tags = package_dist_tags
edges = package_dependencies
software = cross_registry_links
requests = package_requests


# By names alone: of several pairs SQLite looks none up in an index. Whoever reads the rows leaves out other registries.
_NAMED = packages.c.name.in_(bindparam("names", expanding=True))
_DEPENDS_ON_NAMED = edges.c.dependency_name.in_(bindparam("names", expanding=True))

_latest = versions.alias("latest")

PACKAGES = (
    select(
        packages.c.registry,
        packages.c.name,
        packages.c.id,
        packages.c.deleted_at,
        packages.c.last_fetch_success,
        _latest.c.version.label("latest"),
    )
    .select_from(packages.outerjoin(_latest, _latest.c.id == latest_version_id(packages.c.id)))
    .where(_NAMED)
)

LATEST_ID = select(latest_version_id(packages.c.id)).where(packages.c.id == bindparam("package_id"))

HELD_PACKAGES = (
    select(packages.c.registry, packages.c.name, packages.c.id, packages.c.deleted_at)
    .where(_NAMED)
    .order_by(packages.c.id)
    .with_for_update(key_share=True)
)
"""In the order of all transactions: until this one ends no administrator deletes one."""

FETCHED: dict[str, ColumnElement[Any]] = {
    column: bindparam(column)
    for column in (
        "description",
        "homepage",
        "repository",
        "last_fetch_attempt",
        "last_fetch_success",
        "updated_at",
    )
}
"""The columns of `packages` that every fetch sets."""

UPDATE_PACKAGE = update(packages).where(packages.c.id == bindparam("of_id")).values(FETCHED)

_OF_PACKAGES: BindParameter[Any] = bindparam("package_ids", expanding=True)

VERSIONS = select(
    versions.c.package_id,
    versions.c.id,
    versions.c.version,
    versions.c.is_yanked,
    versions.c.yank_message,
    versions.c.published_at,
).where(versions.c.package_id.in_(_OF_PACKAGES))

LOADED_VERSIONS: AnySelect = select(
    versions.c.package_id, versions.c.version, versions.c.dependencies_fetched_at
).where(
    versions.c.package_id.in_(_OF_PACKAGES),
    versions.c.dependencies_fetched_at.is_not(None),
)


@cache
def versions_among(size: int) -> AnySelect:
    """Of pairs of a package and a version: `pairs.rows_of`."""
    pairs = wanted(size, versions.c.package_id, versions.c.version)
    is_one = and_(
        versions.c.package_id == pairs.c.package_id, versions.c.version == pairs.c.version
    )
    return select(
        versions.c.package_id,
        versions.c.version,
        versions.c.id,
        versions.c.dependencies_fetched_at,
    ).select_from(pairs.join(versions, is_one))


OPENED_VERSIONS = (
    select(packages.c.registry, packages.c.name, versions.c.version)
    .join(packages, packages.c.id == versions.c.package_id)
    .where(_NAMED, versions.c.dependencies_wanted_at.is_not(None))
)

_roots = packages.alias("roots")
_environments_of_roots = (
    package_environment_members.join(
        package_environments,
        package_environments.c.id == package_environment_members.c.environment_id,
    )
    .join(versions, versions.c.id == package_environments.c.version_id)
    .join(_roots, _roots.c.id == versions.c.package_id)
)

MEMBER_VERSIONS = (
    select(
        _roots.c.registry,
        package_environment_members.c.package_name,
        package_environment_members.c.version,
    )
    .select_from(_environments_of_roots)
    .where(package_environment_members.c.package_name.in_(bindparam("names", expanding=True)))
    .distinct()
)
"""What some root chose of these packages."""

REACHED_VERSIONS = (
    select(edges.c.dependency_registry, edges.c.dependency_name, edges.c.resolved_version)
    .where(_DEPENDS_ON_NAMED, edges.c.resolved_version != UNRESOLVED, installed(edges.c))
    .distinct()
)

IN_CATALOGUE = select(packages.c.registry, packages.c.name).where(
    _NAMED, exists().where(versions.c.package_id == packages.c.id)
)

CHANGE_VERSION = (
    update(versions)
    .where(versions.c.id == bindparam("of_id"))
    .values(
        is_yanked=bindparam("is_yanked"),
        yank_message=bindparam("yank_message"),
        published_at=bindparam("published_at"),
    )
)

DELETE_VERSIONS = delete(versions).where(versions.c.id.in_(bindparam("ids", expanding=True)))

MARK_LOADED = (
    update(versions)
    .where(versions.c.id.in_(bindparam("ids", expanding=True)))
    .values(dependencies_fetched_at=bindparam("now"), dependencies_wanted_at=None, fingerprint=None)
)

SET_CONFLICTS = (
    update(versions)
    .where(versions.c.id == bindparam("of_id"))
    .values(conflicts=bindparam("conflicts"))
)

DIST_TAGS = select(dist_tags.c.package_id, dist_tags.c.tag, dist_tags.c.version).where(
    dist_tags.c.package_id.in_(_OF_PACKAGES)
)

SOFTWARE = select(software.c.package_id, software.c.software).where(
    software.c.package_id.in_(_OF_PACKAGES)
)

DELETE_SOFTWARE = delete(software).where(software.c.package_id.in_(_OF_PACKAGES))

DELETE_DIST_TAGS = delete(dist_tags).where(dist_tags.c.package_id.in_(_OF_PACKAGES))

DELETE_EDGES = delete(edges).where(edges.c.version_id.in_(bindparam("ids", expanding=True)))

WAITING_EDGES = select(
    edges.c.id,
    edges.c.package_id,
    edges.c.dependency_registry,
    edges.c.dependency_name,
    edges.c.resolved_version,
    edges.c.resolution_error,
    edges.c.dependency_version_range,
    installed(edges.c).label("is_installed"),
).where(_DEPENDS_ON_NAMED, edges.c.resolved_version_id.is_(None))

LINK_EDGE = (
    update(edges)
    .where(edges.c.id == bindparam("of_id"))
    .values(
        dependency_package_id=bindparam("dependency_package_id"),
        resolved_version=bindparam("resolved_version"),
        resolved_version_id=bindparam("resolved_version_id"),
        resolution_error=bindparam("resolution_error"),
    )
)

_target = versions.alias("target")

UNLOADED_TARGETS = (
    select(
        edges.c.package_id,
        edges.c.dependency_registry,
        edges.c.dependency_name,
        edges.c.resolved_version,
        _target.c.id,
    )
    .outerjoin(_target, _target.c.id == edges.c.resolved_version_id)
    .where(
        edges.c.package_id.in_(_OF_PACKAGES),
        installed(edges.c),
        edges.c.resolved_version != UNRESOLVED,
        or_(_target.c.id.is_(None), _target.c.dependencies_fetched_at.is_(None)),
    )
    .distinct()
)

_member = packages.alias("member")
_member_version = versions.alias("member_version")

UNLOADED_MEMBERS = (
    select(
        versions.c.package_id,
        versions.c.id.label("root_id"),
        _roots.c.registry,
        package_environment_members.c.package_name,
        _member_version.c.id,
    )
    .select_from(
        _environments_of_roots.outerjoin(
            _member,
            and_(
                _member.c.name == package_environment_members.c.package_name,
                _member.c.registry == _roots.c.registry,
            ),
        ).outerjoin(
            _member_version,
            and_(
                _member_version.c.package_id == _member.c.id,
                _member_version.c.version == package_environment_members.c.version,
            ),
        )
    )
    .where(
        # Else each of a package's 20,000 versions is looked up in vain.
        _roots.c.registry.in_([each for each in REGISTRIES if registration(each).resolves_whole]),
        or_(_member_version.c.id.is_(None), _member_version.c.dependencies_fetched_at.is_(None)),
    )
)
"""What the environments of roots have and is missing or not loaded."""
MEMBERS_OF_PACKAGES = UNLOADED_MEMBERS.where(versions.c.package_id.in_(_OF_PACKAGES))
MEMBERS_OF_VERSIONS = UNLOADED_MEMBERS.where(
    versions.c.id.in_(bindparam("version_ids", expanding=True))
)

REPLACED_ENVIRONMENTS = delete(package_environments).where(
    package_environments.c.version_id.in_(bindparam("version_ids", expanding=True)),
    package_environments.c.extras.in_(bindparam("extras", expanding=True)),
)

WITH_EDGES = (
    select(edges.c.version_id)
    .where(edges.c.version_id.in_(bindparam("ids", expanding=True)))
    .distinct()
)

MISSED_SINCE = (
    select(edges.c.dependency_registry, edges.c.dependency_name, func.max(edges.c.created_at))
    .where(
        edges.c.dependency_name.in_(bindparam("names", expanding=True)),
        edges.c.resolved_version_id.is_(None),
        edges.c.resolved_version != UNRESOLVED,
        installed(edges.c),
    )
    .group_by(edges.c.dependency_registry, edges.c.dependency_name)
)
"""When the newest edge was written that leads to a version of these which is not here."""

_is_target = requests.c.package_name.in_(bindparam("names", expanding=True))

ACTIVE_OF = (
    select(requests.c.registry, requests.c.package_name, requests.c.id)
    .where(requests.c.id.in_(bindparam("ids", expanding=True)), in_state(*ACTIVE))
    .order_by(requests.c.id)
)
# Locked: a cancel at the same moment comes before or after.
LOCK_ACTIVE = ACTIVE_OF.with_for_update(key_share=True)
LOCK_ACTIVE_NOW = ACTIVE_OF.with_for_update(key_share=True, nowait=True)

REQUESTS_FOR = select(
    requests.c.id,
    requests.c.registry,
    requests.c.package_name,
    requests.c.status,
    requests.c.error_code,
    requests.c.updated_at,
).where(_is_target)

MEMBERSHIPS = select(
    members.c.chain_id, members.c.request_id, is_wanted().label("is_wanted")
).where(
    members.c.chain_id.in_(bindparam("chain_ids", expanding=True)),
    members.c.request_id.in_(bindparam("request_ids", expanding=True)),
)

LEFT_MEMBERSHIPS = MEMBERSHIPS.where(~is_wanted())
"""Of what was cancelled in the chains."""

RAISE_PRIORITY = (
    update(requests)
    .where(
        requests.c.id.in_(bindparam("ids", expanding=True)),
        in_state("pending"),  # what is fetched is left to its worker, which may be writing it
        or_(requests.c.priority > bindparam("to"), requests.c.depth > bindparam("at_depth")),
    )
    .values(
        priority=case(
            (requests.c.priority > bindparam("to"), bindparam("to")), else_=requests.c.priority
        ),
        depth=case(
            (requests.c.depth > bindparam("at_depth"), bindparam("at_depth")),
            else_=requests.c.depth,
        ),
    )
)
"""What someone waits for sooner, or at a lesser depth."""

WANT_LATEST = (
    update(requests)
    .where(requests.c.id.in_(bindparam("ids", expanding=True)), in_state("pending"))
    .values(is_auto_queued=False)
)
"""A dependency's request brings only the versions that others need."""

CHAIN_LENGTHS = (
    select(members.c.chain_id, func.count())
    .where(members.c.chain_id.in_(bindparam("chain_ids", expanding=True)))
    .group_by(members.c.chain_id)
)
