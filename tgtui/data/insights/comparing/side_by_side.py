"""Two to four packages side by side, of any registries, as the catalogue has them now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import Connection, case, func, select

from tgtui.data.graph.reach import closure_of, open_ends, totals_of
from tgtui.data.graph.weighing import weigh
from tgtui.data.insights.sharing import shared
from tgtui.data.models.search import package_search
from tgtui.data.models.tables import package_versions
from tgtui.data.packages.by_name import find_package
from tgtui.data.packages.detail import package_detail
from tgtui.data.versions.edges import edges_of
from tgtui.data.versions.facts import facts_of
from tgtui.data.versions.listing import find_version
from tgtui.data.views.comparing import Side, SideBySide
from tgtui.data.views.versions import VersionRow
from tgtui.syntax.reference import PackageReference
from tgtui.versions.npm.platform import Platform

YEAR = timedelta(days=365)


def side_by_side(
    connection: Connection, wanted: Sequence[PackageReference], now: datetime, platform: Platform
) -> SideBySide:
    """What is not in the catalogue, or has no such version, keeps its place. Ages are counted from `now`; installs are
    weighed for the platform."""
    sides = [_side(connection, each, now, platform) for each in wanted]
    placed = [(place, side.version_id) for place, side in enumerate(sides)]
    here = [(place, id) for place, id in placed if id is not None]
    common = shared(connection, [id for _place, id in here])
    places = [place for place, _id in here]
    return SideBySide(
        tuple(sides),
        tuple(
            replace(each, brought_by=tuple(places[place] for place in each.brought_by))
            for each in common
        ),
    )


def _side(
    connection: Connection, wanted: PackageReference, now: datetime, platform: Platform
) -> Side:
    side = Side(wanted.registry, wanted.name, wanted.version, None)
    package_id = find_package(connection, wanted.registry, wanted.name)
    detail = package_detail(connection, package_id) if package_id is not None else None
    if detail is None or package_id is None:
        return side
    version = detail.latest
    if wanted.version is not None:
        version = find_version(connection, package_id, wanted.version)
    first, dated, recent = connection.execute(
        select(
            func.min(package_versions.c.published_at),
            func.count(package_versions.c.published_at),
            func.count(case((package_versions.c.published_at >= now - YEAR, 1))),
        ).where(package_versions.c.package_id == package_id)
    ).one()
    counts = connection.execute(
        select(package_search.c.uses, package_search.c.dependents_all).where(
            package_search.c.package_id == package_id
        )
    ).one_or_none()
    side = replace(
        side,
        package_id=package_id,
        latest_version=detail.latest.version if detail.latest else None,
        first_published_at=first,
        version_count=detail.version_count,
        releases_last_year=recent if dated else None,
        dependents=detail.dependent_count,
        dependents_all=counts.dependents_all if counts else None,
        uses=counts.uses if counts else None,
    )
    return side if version is None else _with_version(connection, side, version, platform)


def _with_version(
    connection: Connection, side: Side, version: VersionRow, platform: Platform
) -> Side:
    side = replace(
        side,
        version_id=version.id,
        version=version.version,
        is_deprecated=version.is_yanked,
        published_at=version.published_at,
    )
    facts = facts_of(connection, [version.id]).get(version.id)
    if facts is not None:
        side = replace(
            side,
            licence=facts.licence.shown or None,
            download_size=facts.download_size,
            unpacked_size=facts.unpacked_size,
        )
    if not version.dependencies_loaded:
        return side
    closure = closure_of(connection, version.id)
    totals = totals_of(closure, open_ends(connection, closure))
    weight = weigh(connection, closure, platform).total
    is_whole = not (totals.missing or totals.not_loaded)
    return replace(
        side,
        install_size=weight.size if weight.sizes_known else None,
        is_all_weighed=is_whole and weight.sizes_known == weight.packages,
        direct=len(edges_of(connection, version.id, only_installed=True)),
        packages=totals.packages,
        depth=totals.depth,
        is_whole=is_whole,
    )
