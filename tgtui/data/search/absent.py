"""Parts of a search that name something not in the catalogue, and what was likely meant. Queried when nothing was
found, and for excluded parts; never while rows are awaited."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Connection, exists, func, select

from tgtui.basics import clock
from tgtui.data.models.live import is_here
from tgtui.data.models.tables import (
    package_dependencies,
    package_tags,
    package_versions,
    packages,
    tags,
)
from tgtui.data.search.pages import Search
from tgtui.data.search.results import search_packages
from tgtui.data.versions.edges import asked_by
from tgtui.registries.base import REGISTRIES
from tgtui.syntax.query import OPERATORS, Dependency, Operator, SearchQuery

NEAR = 3
"""Suggestions for one missing name."""
LIKE = 70
"""Percent of similarity from which a tag is suggested."""
NAMES_LOOKED_AT = 10
USES: dict[Operator, str] = {
    "dep": "depends on `{}`",
    "sugdep": "suggests `{}` without needing it",
    "devdep": "uses `{}` for development only",
}
VERSIONS_LOOKED_AT = 200
"""The highest versions that are looked at for ones that something resolved to."""


class Absence(Struct, frozen=True):
    """A part of a search that no package can match."""

    part: str
    """As typed, without a minus: `tag:fronted`."""
    reason: str
    """A sentence; its names are untrusted text."""
    near: tuple[str, ...] = ()
    """What may be meant, as it would be typed, most likely first."""

    @property
    def sentence(self) -> str:
        """`There is no tag fronted. Did you mean tag:frontend?`"""
        if not self.near:
            return self.reason
        return f"{self.reason} Did you mean {' or '.join(self.near)}?"


def absent_parts(
    connection: Connection, tags: Iterable[str], dependencies: Iterable[Dependency]
) -> tuple[Absence, ...]:
    """Those of these slugs and dependencies that no package has."""
    found = [_absent_tag(connection, slug) for slug in sorted(tags)]
    found += [_absent_dependency(connection, each) for each in sorted(dependencies)]
    return tuple(each for each in found if each is not None)


def _absent_tag(connection: Connection, slug: str) -> Absence | None:
    tag_id = connection.scalar(
        select(tags.c.id).where(tags.c.slug == slug, tags.c.deleted_at.is_(None))
    )
    if tag_id is None:
        near = tuple(f"tag:{each}" for each in _tags_like(connection, slug))
        return Absence(f"tag:{slug}", f"There is no tag `{slug}`.", near)
    given = select(package_tags.c.id).where(
        package_tags.c.tag_id == tag_id, is_here(package_tags.c.package_id)
    )
    if connection.scalar(select(exists(given))):
        return None
    return Absence(f"tag:{slug}", f"No package has the tag `{slug}` yet.")


def _tags_like(connection: Connection, typed: str) -> list[str]:
    """Slugs by the similarity of them or their names."""
    known = connection.execute(
        select(tags.c.slug, tags.c.name).where(tags.c.deleted_at.is_(None))
    ).all()
    written = [(text, tag.slug) for tag in known for text in (tag.slug, tag.name.casefold())]
    texts = [text for text, _slug in written]
    near = process.extract(typed, texts, scorer=fuzz.WRatio, score_cutoff=LIKE, limit=2 * NEAR)
    return list(dict.fromkeys(written[index][1] for _text, _score, index in near))[:NEAR]


def _absent_dependency(connection: Connection, wanted: Dependency) -> Absence | None:
    if _is_used(connection, wanted):
        return None
    anyone = replace(wanted, version="")
    if not (wanted.version and _is_used(connection, anyone)):
        others = [replace(wanted, operator=each) for each in OPERATORS if each != wanted.operator]
        near = tuple(str(each) for each in others if _is_used(connection, each))
        near = near or tuple(map(str, _used_names_like(connection, anyone)))
        reason = f"No package here {USES[wanted.operator].format(anyone.named)}."
        return Absence(str(wanted), reason, near)
    versions = _versions_in_use(connection, wanted, begun=wanted.version)
    versions = versions or _versions_in_use(connection, wanted, begun="")
    near = tuple(str(replace(wanted, version=version)) for version in versions)
    reason = f"Nothing here resolved to exactly `{wanted.named}`."
    return Absence(str(wanted), reason, near)


def _is_used(connection: Connection, wanted: Dependency) -> bool:
    query = SearchQuery(dependencies=frozenset({wanted}), sort="name")
    return bool(Search(connection, query, clock.now()).page(None, 1))


def _used_names_like(connection: Connection, wanted: Dependency) -> list[Dependency]:
    """Names that a search for the name finds."""
    page = search_packages(connection, SearchQuery(words=(wanted.name,)), limit=NAMES_LOOKED_AT)
    named = dict.fromkeys(
        replace(wanted, name=row.name, registry=row.registry if wanted.registry else "")
        for row in page.rows
    )
    near: list[Dependency] = []
    for each in named:
        if len(near) < NEAR and each != wanted and _is_used(connection, each):
            near.append(each)
    return near


def _versions_in_use(connection: Connection, wanted: Dependency, *, begun: str) -> Sequence[str]:
    """The highest versions with this beginning that something resolved to."""
    known = (
        select(package_versions.c.version, package_versions.c.sort_key)
        .join(packages, packages.c.id == package_versions.c.package_id)
        .where(
            packages.c.name == wanted.name,
            packages.c.registry.in_(_registries(wanted)),
            packages.c.deleted_at.is_(None),
            func.substr(package_versions.c.version, 1, len(begun)) == begun,
        )
        .order_by(package_versions.c.sort_key.desc())
        .limit(VERSIONS_LOOKED_AT)
        .subquery()
    )
    edges = select(package_dependencies.c.id).where(*_edges_to(wanted, known.c.version))
    return connection.scalars(
        select(known.c.version).where(exists(edges)).order_by(known.c.sort_key.desc()).limit(NEAR)
    ).all()


def _edges_to(wanted: Dependency, version: Any = None) -> list[ColumnElement[bool]]:
    """With the registries given, the whole index on name, registry and version is used."""
    conditions = [
        package_dependencies.c.dependency_name == wanted.name,
        package_dependencies.c.dependency_registry.in_(_registries(wanted)),
        asked_by(package_dependencies.c, wanted.operator),
    ]
    version = version if version is not None else wanted.version or None
    if version is not None:
        conditions.append(package_dependencies.c.resolved_version == version)
    return conditions


def _registries(wanted: Dependency) -> Collection[str]:
    return [wanted.registry] if wanted.registry else list(REGISTRIES)
