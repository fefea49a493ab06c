"""The top of the package screen: what the package is and how fresh that is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from textual.content import Content

from tgtui.basics.formatting import ago, counted, size, sparkline
from tgtui.basics.links import shown_link
from tgtui.data.views.advisories import Finding, PackageStanding
from tgtui.data.views.facts import InstallWeight, VersionFacts
from tgtui.data.views.insights import PackageInsights
from tgtui.data.views.packages import DeletedPackage, PackageDetail
from tgtui.data.views.versions import VersionRow
from tgtui.output.advisories.words import none_known, trust
from tgtui.output.facts import licence_in_words, spelled, weight_in_words
from tgtui.output.insights import by_day, counts_in_words
from tgtui.output.uses import used_by_in_words
from tgtui.registries.registration import HOLDS_A_NAME, registration, withdrawal
from tgtui.syntax.advisories.ranks import severity_word
from tgtui.widgets.content import safe
from tgtui.widgets.flow import Flow, Page, PageText
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED, TAG_GAP, registry_label, tag_label, worst_label
from tgtui.widgets.packages.preview import freshness

DESCRIPTION_LIMIT = 400
BARS = 12
"""Of a count over time: the last twelve weeks."""
DAYS_A_BAR = 7


class PackageHeader(PageText):
    """At most six lines."""

    DEFAULT_CSS = """
    PackageHeader { height: auto; max-height: 6; padding: 0 2; margin: 1 0; }
    """

    def show(
        self,
        detail: PackageDetail,
        version: VersionRow | None,
        now: datetime,
        insights: PackageInsights | None = None,
        facts: VersionFacts | None = None,
        weight: InstallWeight | None = None,
    ) -> None:
        """`version` is the selected one, whose warning, facts and weight are shown."""
        self.update(header_text(detail, version, now, insights, facts, weight))

    def show_farewell(
        self, package: DeletedPackage | None, now: datetime, *, can_restore: bool
    ) -> None:
        """The package is no longer in the catalogue."""
        self.update(farewell(package, now, can_restore=can_restore))


def header_text(
    detail: PackageDetail,
    version: VersionRow | None,
    now: datetime,
    insights: PackageInsights | None = None,
    facts: VersionFacts | None = None,
    weight: InstallWeight | None = None,
) -> Page:
    """Facts, description, warning, tags and links; what is not known is left out."""
    lines: list[Content | Flow] = [_facts(detail, now, facts)]
    told = _of_version(facts, weight)
    if version is not None and version.worst is None and detail.standing is not None:
        told.append(safe(none_known(detail.standing.of(version.version)), 80, style=MUTED))
    if told:
        lines.append(Flow(told, Content.styled(" · ", MUTED)))
    if detail.description:
        lines.append(safe(detail.description, DESCRIPTION_LIMIT))
    if version is not None and version.is_yanked:
        word, reason = withdrawal(detail.registry, version.yank_message)
        lines.append(
            Content.assemble(
                Content.styled(f"{word.capitalize()} ", "bold $text-warning"),
                safe(f"{version.version}: {reason}", 300, style="$text-warning"),
            )
        )
    if facts is not None:
        lines += [safe(each, 300, style="$text-warning") for each in facts.said.warnings]
    if version is not None and registration(detail.registry).placeholder(version.version):
        lines.append(Content.styled(f"{version.version}: {HOLDS_A_NAME}", "$text-warning"))
    if version is not None and version.worst is not None:
        shown = detail.findings if detail.latest and detail.latest.id == version.id else ()
        lines.append(_advisories(version, shown, detail.standing))
    if detail.state != "ready":
        lines.append(safe(freshness(detail, now), style="$text-warning"))
    if insights is not None and (told := _insights(insights)):
        lines.append(Flow(told, Content.styled(" · ", MUTED)))
    last = [tag_label(tag) for tag in detail.tags]
    last += [
        safe(shown_link(address), 120, style=MUTED)
        for address in dict.fromkeys((detail.homepage, detail.repository))
        if address
    ]
    if detail.elsewhere:
        same = ", ".join(f"{each.registry}:{each.name}" for each in detail.elsewhere)
        lines.append(Content.assemble(("Also ", MUTED), safe(same, 300)))
    if last:
        lines.append(Flow(last, TAG_GAP))
    return Page(lines, "\n")


def farewell(package: DeletedPackage | None, now: datetime, *, can_restore: bool) -> Content:
    """Who deleted the package, and how it comes back; None if nothing is known of that."""
    back = key("app.back")
    if package is None:
        return Content(f"This package is no longer in the catalogue; {back} goes back.")
    by = f" by {package.deleted_by}" if package.deleted_by else ""
    told = f"{package.registry}:{package.name} was deleted{by}, {ago(package.deleted_at, now)}."
    does = (
        (key("package.restore"), "bold $text-accent"),
        f" restores it, {back} goes back.",
    )
    if not can_restore:
        does = ((back, "bold $text-accent"), " goes back; an admin can restore it.")
    return Content.assemble(safe(told, 300, style="$text-warning"), " ", *does)


def _advisories(
    version: VersionRow, findings: Sequence[Finding], standing: PackageStanding | None
) -> Flow:
    """How many are known about the version, the worst, and how fresh that is."""
    assert version.worst is not None
    told = [
        Content.assemble(
            worst_label(version.worst),
            f" {counted(version.worst.count, 'advisory', 'advisories')} about {version.version},"
            f" the worst {severity_word(version.worst.severity)}",
        )
    ]
    if findings and findings[0].summary:
        told.append(safe(findings[0].summary, 120))
    if standing is not None:
        told.append(safe(trust(standing.of(version.version)), 120, style=MUTED))
    told.append(Content(f"{key('package.advisories')} shows them"))
    return Flow(told, Content.styled(" · ", MUTED))


def _of_version(facts: VersionFacts | None, weight: InstallWeight | None) -> list[Content]:
    """`MIT`, `219.0 kB`, then what an install of it weighs; nothing before anything is known."""
    told: list[Content] = []
    if facts is not None and facts.licence.shown:
        is_mild = facts.licence.kind == "permissive"
        told.append(
            safe(licence_in_words(facts.licence), 80, style="" if is_mild else "$text-warning")
        )
    elif facts is not None:
        told.append(Content("licence unknown"))
    if facts is not None and facts.unpacked_size is not None:
        told.append(Content(f"{size(facts.unpacked_size)} unpacked"))
    if facts is not None and facts.said.install_scripts:
        told.append(Content.styled("runs install scripts", "$text-warning"))
    if weight is not None and weight.is_known and weight.packages > 1:
        words = weight_in_words(weight)
        told.append(
            Content(
                f"with {counted(weight.packages - 1, 'dependency', 'dependencies')}: {words[0]}"
            )
        )
        told += map(Content, words[1:])
    return told


def _insights(found: PackageInsights) -> list[Content]:
    """What the analytics found out last, each with how it was before: a line of bars, oldest first."""
    brings = counts_in_words(found)
    parts: list[Content] = []
    if brings and found.as_of is not None:
        days = [found.as_of - timedelta(days=DAYS_A_BAR * n) for n in reversed(range(BARS))]
        for told, name in zip(brings, ("packages", "dependents_all"), strict=True):
            counts = by_day(found, name, days)
            parts.append(_with_bars(told, counts))
    if found.uses:
        uses = [count for _week, count in found.uses[-BARS:]]
        parts.append(_with_bars(f"used {counted(uses[-1], 'time')} this week", uses))
    if parts and found.as_of is not None:
        parts.append(Content.styled(f"as of {found.as_of}", MUTED))
    return parts


def _with_bars(told: str, counts: list[int]) -> Content:
    """What never changed has no bars."""
    if len(set(counts)) < 2:
        return Content(told)
    return Content.assemble(told, " ", (sparkline(counts), "$primary"))


def _facts(detail: PackageDetail, now: datetime, facts: VersionFacts | None) -> Flow:
    name = [safe(spelled(detail.name, facts), 214, style="bold")]
    if detail.latest is not None:
        name.append(safe(detail.latest.version, 60, style="bold $primary"))
    parts = [Content(" ").join(name), registry_label(detail.registry)]
    if detail.latest is not None and detail.latest.published_at is not None:
        parts.append(Content(f"published {ago(detail.latest.published_at, now)}"))
    if detail.version_count:
        parts.append(Content(counted(detail.version_count, "version")))
    if detail.state == "ready":
        installed, *others = used_by_in_words(detail.used_by)
        parts += [Content(f"used by {installed}"), *map(Content, others)]
        parts.append(Content.styled(freshness(detail, now), MUTED))
    return Flow(parts, Content.styled(" · ", MUTED))
