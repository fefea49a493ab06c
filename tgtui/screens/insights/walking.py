"""Where a bar leads: the search that finds what it counts."""

from __future__ import annotations

from tgtui.data.views.insights import Insight, InsightRow

AGES = {
    "a week": "updated:<7d",
    "a month": "updated:<30d",
    "half a year": "updated:<182d",
    "a year": "updated:<365d",
    "two years": "updated:<730d",
    "five years": "updated:<1826d",
    "longer": "updated:>1826d",
}
"""Of how old the latest version is; each with all that are newer."""


def search_for(insight: Insight, row: InsightRow, registry: str) -> str | None:
    """As it is typed; None if no search finds that: a person, a day."""
    if row.registry and insight.name == "single-points":
        return f"{row.registry}: dep:{row.registry}:{row.name}"
    if row.registry:
        return f"{row.registry}: {row.name}"
    among = f"{registry}: " if registry else ""
    if insight.name == "freshness" and row.key in AGES:
        return f"{among}{AGES[row.key]} sort:updated"
    if insight.name == "deprecated":
        return f"{row.key}: is:deprecated"
    return None
