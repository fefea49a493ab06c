"""The columns of a search's results."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import datetime

from textual.content import Content

from tgtui.data.views import PackageRow
from tgtui.formatting import age
from tgtui.widgets.columns import Column
from tgtui.widgets.content import safe
from tgtui.widgets.registry import MUTED, registry_label, state_label, tag_labels


def result_columns(
    now: Callable[[], datetime],
    marked: Container[PackageRow],
    is_similar: Callable[[PackageRow], bool],
) -> list[Column[PackageRow]]:
    """Mark, registry, name, version or state, age of the version; tags and description as there is room.

    A name that is only similar to what was typed is muted.
    """

    def registry(row: PackageRow) -> Content:
        if row in marked:
            return (
                Content.styled("●", "bold $text-success")
                .append(" ")
                .append(registry_label(row.registry))
            )
        return Content("  ").append(registry_label(row.registry))

    def name(row: PackageRow) -> Content:
        return safe(row.name, 214, style=MUTED if is_similar(row) else "")

    def version(row: PackageRow) -> Content:
        if row.state != "ready":
            return state_label(row.state)
        style = "$text-warning strike" if row.is_yanked else ""
        return safe(row.latest_version or "no version", 40, style=style)

    return [
        Column(registry, width=6),
        Column(name, share=7, at_most=44),
        Column(version, at_least=11, share=1, at_most=20),
        Column(
            lambda row: Content.styled(age(row.published_at, now()), MUTED),
            width=6,
            align="right",
            from_width=44,
        ),
        Column(lambda row: tag_labels(row.tags), share=4, at_most=24, from_width=60),
        Column(lambda row: safe(row.description or "", style=MUTED), share=8, from_width=90),
    ]
