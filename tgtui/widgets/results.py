"""The columns of a search's results."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.content import Content

from tgtui.data.views import PackageRow
from tgtui.formatting import age
from tgtui.widgets.columns import Column
from tgtui.widgets.content import safe
from tgtui.widgets.registry import MUTED, registry_label, state_label, tag_labels


def result_columns(now: Callable[[], datetime]) -> list[Column[PackageRow]]:
    """Registry, name, version or state, age of the version; tags and description as there is room."""

    def version(row: PackageRow) -> Content:
        if row.state != "ready":
            return state_label(row.state)
        style = "$text-warning strike" if row.is_yanked else ""
        return safe(row.latest_version or "no version", 40, style=style)

    return [
        Column(lambda row: registry_label(row.registry), width=4),
        Column(lambda row: safe(row.name, 214), share=5, at_most=44),
        Column(version, width=11),
        Column(
            lambda row: Content.styled(age(row.published_at, now()), MUTED),
            width=6,
            align="right",
            from_width=44,
        ),
        Column(lambda row: tag_labels(row.tags), share=2, at_most=20, from_width=54),
        Column(lambda row: safe(row.description or "", style=MUTED), share=9, from_width=90),
    ]
