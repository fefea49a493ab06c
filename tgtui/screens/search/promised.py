"""Counts of a search that keep their promise: a filter that said "at least 5,000" shows no fewer once it is on.

If there are many matches, each search counts a different part of them. What one search counted is a lower bound for
the next and is remembered here; a search that is counted completely needs no bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec.structs import replace

from tgtui.data.views.searches import Facet, SearchFacets
from tgtui.syntax.query import STATES, WATCHED, SearchQuery, parse_search

KEPT = 500
"""Searches whose lower bound is remembered: the latest that a filter leads to."""

Kind = Literal["registry", "tag", "age", "state", "licence", "project"]


def narrowed(query: SearchQuery, kind: Kind, value: str) -> SearchQuery:
    """The search with this filter turned on or off."""
    if kind == "registry":
        return query.toggled_registry(value)
    if kind == "tag":
        return query.toggled_tag(value)
    if kind == "state" and value == WATCHED:
        return query.toggled_watched()
    if kind == "state":
        return query.toggled_state(next(state for state in STATES if state == value))
    if kind == "project":
        return replace(
            query,
            projects=query.projects ^ {value},
            without_projects=query.without_projects - {value},
        )
    if kind == "licence":
        return query.toggled_licence(value)
    asked = parse_search(f"updated:{value}")
    return query.toggled_age(asked.newer_than, asked.older_than)


class PromisedCounts:
    """Remembers what was shown."""

    def __init__(self) -> None:
        self._least: dict[str, int] = {}

    def kept(self, query: SearchQuery, facets: SearchFacets) -> SearchFacets:
        """The counts of this search as they should be shown; what they promise is remembered."""
        if facets.is_bound:
            matching = max(facets.matching, self._least.get(_key(query), 0))
            facets = _with_matching(query, replace(facets, matching=matching))
        self._remember(query, facets)
        return facets

    def _remember(self, query: SearchQuery, facets: SearchFacets) -> None:
        for kind, facet in _each(facets):
            least = _least_behind(query, facets, kind, facet)
            key = _key(narrowed(query, kind, facet.value))
            self._least[key] = max(least, self._least.pop(key, 0))
        for key in list(self._least)[:-KEPT]:
            del self._least[key]


def _least_behind(query: SearchQuery, facets: SearchFacets, kind: Kind, facet: Facet) -> int:
    """At least this many are found once this filter is toggled."""
    is_on = _is_on(query, kind, facet.value)
    if _is_one_of_several(query, kind) and is_on:
        return 0  # what the other registries find on their own was not counted
    widens = is_on or (kind == "registry" and bool(query.registries))
    return max(facet.count, facets.matching) if widens else facet.count


def _is_one_of_several(query: SearchQuery, kind: Kind) -> bool:
    """Several registries are on: one more adds matches, one less removes some."""
    return kind == "registry" and len(query.registries) > 1


def _with_matching(query: SearchQuery, facets: SearchFacets) -> SearchFacets:
    """A filter that every match passes has as many as there are matches."""

    def counted(kind: Kind, of: Iterable[Facet]) -> tuple[Facet, ...]:
        return tuple(
            replace(each, count=facets.matching, is_bound=True)
            if _is_on(query, kind, each.value) and not _is_one_of_several(query, kind)
            else each
            for each in of
        )

    return replace(
        facets,
        registries=counted("registry", facets.registries),
        tags=counted("tag", facets.tags),
        ages=counted("age", facets.ages),
        states=counted("state", facets.states),
        licences=counted("licence", facets.licences),
    )


def _each(facets: SearchFacets) -> Iterator[tuple[Kind, Facet]]:
    kinds: tuple[tuple[Kind, tuple[Facet, ...]], ...] = (
        ("registry", facets.registries),
        ("tag", facets.tags),
        ("age", facets.ages),
        ("state", facets.states),
        ("licence", facets.licences),
    )
    return ((kind, facet) for kind, group in kinds for facet in group)


def _is_on(query: SearchQuery, kind: Kind, value: str) -> bool:
    if kind == "age":
        asked = parse_search(f"updated:{value}")
        return (query.newer_than, query.older_than) == (asked.newer_than, asked.older_than)
    chosen: dict[str, Iterable[str]] = {
        "registry": query.registries,
        "tag": query.tags,
        "state": query.states,
        "licence": query.licences,
    }
    return value in chosen[kind]


def _key(query: SearchQuery) -> str:
    """The same for any order and any way of typing it."""
    return str(query.sorted_by("relevance"))
