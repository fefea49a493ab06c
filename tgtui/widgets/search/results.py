"""The columns of search results."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import datetime
from functools import lru_cache

from textual.content import Content

from tgtui.basics.formatting import age
from tgtui.data.views.packages import PackageRow
from tgtui.registries.registration import registration
from tgtui.widgets.content import MAX_NAME, MAX_VERSION, safe
from tgtui.widgets.labels import MUTED, registry_label, state_label, tag_labels, worst_label
from tgtui.widgets.lists.columns import Column


def result_columns(
    now: Callable[[], datetime],
    marked: Container[PackageRow],
    is_similar: Callable[[PackageRow], bool],
) -> list[Column[PackageRow]]:
    """Mark, registry, name, version or state, age of the version; tags and description if there is room. For a name
    that would be cut, its row does without these.

    A name that is only similar to what was typed is muted.
    """

    def registry(row: PackageRow) -> Content:
        return _registry(row.registry, row in marked)

    def name(row: PackageRow) -> Content:
        return safe(row.name, MAX_NAME, style=MUTED if is_similar(row) else "")

    def version(row: PackageRow) -> Content:
        if row.state != "ready":
            return state_label(row.state)
        is_warned = row.is_yanked or registration(row.registry).placeholder(
            row.latest_version or ""
        )
        strike = " strike" if row.is_yanked else ""
        style = f"$text-warning{strike}" if is_warned else ""
        text = safe(row.latest_version or "no version", MAX_VERSION, style=style)
        return text if row.worst is None else worst_label(row.worst).append(" ") + text

    return [
        Column(registry, width=6),
        Column(name, share=7, at_most=44, tells=True),
        Column(version, at_least=11, share=1, at_most=20, tells=True),
        Column(
            lambda row: _muted(age(row.published_at, now())),
            width=6,
            align="right",
            is_spare=True,
            from_width=44,
        ),
        Column(lambda row: tag_labels(row.tags), share=4, at_most=24, is_spare=True, from_width=60),
        Column(
            lambda row: safe(row.description or "", style=MUTED),
            share=8,
            is_spare=True,
            from_width=90,
        ),
    ]


@lru_cache
def _registry(registry: str, is_marked: bool) -> Content:
    mark = Content.styled("●", "bold $text-success").append(" ") if is_marked else Content("  ")
    return mark.append(registry_label(registry))


@lru_cache
def _muted(text: str) -> Content:
    return Content.styled(text, MUTED)
