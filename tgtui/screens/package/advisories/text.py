"""One advisory in full: what it says, how it gets here, what mends it, who else here is affected."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tgtui.basics.formatting import counted
from tgtui.basics.links import shown_link
from tgtui.data.graph.audit import Threat
from tgtui.data.views.advisories import AdvisoryDetail, AffectedHere
from tgtui.output.advisories.words import mended, path
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED, severity_label

HERE_SHOWN = 20
LINKS_SHOWN = 8
AFFECTED_SHOWN = 12
DETAILS_CHARS = 4_000


def advisory_text(
    threat: Threat,
    detail: AdvisoryDetail | None,
    here: Sequence[AffectedHere],
    projects: Sequence[tuple[str, str, str]] = (),
) -> Content:
    """`here` are all packages of the catalogue that it affects; `projects` are names, packages and lock files."""
    finding = threat.finding
    names = ", ".join((finding.flaw, *finding.names[1:], *finding.aliases))
    score = f" · CVSS {finding.score}" if finding.score is not None else ""
    lines = [
        Content.assemble(severity_label(finding.severity), "  ", safe(f"{names}{score}", 300)),
    ]
    if finding.summary:
        lines.append(safe(finding.summary, 400, style="bold"))
    lines += [Content(""), _name(f"In {threat.name}"), _below(f"{mended(threat)}", 300)]
    lines += [_below(f"{path(way, threat.name.registry)}", 600) for way in threat.ways]
    if threat.has_more_ways:
        lines.append(Content.styled("  and other paths", MUTED))
    if detail is not None:
        lines += _told(detail)
    lines += [Content(""), _name(f"Affected here: {counted(len(here), 'package')}")]
    for each in here[:HERE_SHOWN]:
        fixed = f", fixed in {each.fixed_in}" if each.fixed_in else ", nothing fixes it"
        latest = "the latest, too" if each.is_latest else "not the latest"
        versions = counted(each.versions, "version")
        told = f"{each.registry}:{each.name} up to {each.newest} ({versions}, {latest}){fixed}"
        lines.append(_below(told, 300))
    if len(here) > HERE_SHOWN:
        lines.append(Content.styled(f"  and {len(here) - HERE_SHOWN} more", MUTED))
    if projects:
        lines += [Content(""), _name("Your projects that have it locked")]
        lines += [
            _below(f"{name}: {package} ({file})", 300)
            for name, package, file in projects[:HERE_SHOWN]
        ]
    if len(projects) > HERE_SHOWN:
        lines.append(Content.styled(f"  and {len(projects) - HERE_SHOWN} more", MUTED))
    if detail is not None and detail.details:
        text = detail.details[:DETAILS_CHARS]
        lines += [Content(""), *(safe(line, 500) for line in text.splitlines())]
    return Content("\n").join(lines)


def _told(detail: AdvisoryDetail) -> list[Content]:
    lines = [Content(""), _name("Affects")]
    for each in detail.affected[:AFFECTED_SHOWN]:
        ranges = "; ".join(each.ranges) or f"{counted(len(each.versions), 'version')} by name"
        lines.append(_below(f"{each.ecosystem} {each.name}: {ranges}", 400))
    if len(detail.affected) > AFFECTED_SHOWN:
        more = len(detail.affected) - AFFECTED_SHOWN
        lines.append(Content.styled(f"  and {more} more", MUTED))
    dates = [
        f"{word} {moment:%Y-%m-%d}"
        for word, moment in (
            ("published", detail.published_at),
            ("changed", detail.modified_at),
            ("withdrawn", detail.withdrawn_at),
        )
        if moment is not None
    ]
    lines.append(Content.styled("  " + ", ".join(dates), MUTED))
    if detail.links:
        lines += [Content(""), _name("See")]
        lines += [_below(f"{shown_link(url)}", 200) for _type, url in detail.links[:LINKS_SHOWN]]
    return lines


def _below(text: str, limit: int) -> Content:
    """Under a name."""
    return Content("  ") + safe(text, limit)


def _name(text: str) -> Content:
    return safe(text, 300, style=MUTED)
