"""One advisory in full: what it says, how it gets here, what mends it, who else here is affected."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from textual.content import Content

from tgtui.basics.formatting import counted
from tgtui.basics.links import shown_link
from tgtui.data.graph.audit import Threat
from tgtui.data.graph.dependents import Step
from tgtui.data.views.advisories import AdvisoryDetail, AffectedHere
from tgtui.output.advisories.words import affects_in_words, mended, path
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
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
    lines += [Content(""), _name(f"In {threat.name}"), _below(mended(threat), 300)]
    lines += [_below(path(way, threat.name.registry), 600) for way in threat.ways]
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
    lines += _in_projects(projects)
    if detail is not None:
        lines += _details(detail)
    return Content("\n").join(lines)


class Bringing(Struct, frozen=True):
    """What brings an affected package."""

    row: AffectedHere
    ways: tuple[tuple[Step, ...], ...]
    """From those that are nearest, each to an affected version."""
    count: int
    """How many versions bring it, whether shown or not."""


def record_text(
    detail: AdvisoryDetail, bringing: Bringing | None, projects: Sequence[tuple[str, str, str]]
) -> Content:
    """An advisory by itself; `bringing` is about the package that is looked at."""
    names = ", ".join((detail.name, *detail.aliases))
    score = f" · CVSS {detail.score}" if detail.score is not None else ""
    lines = [Content.assemble(severity_label(detail.severity), "  ", safe(f"{names}{score}", 300))]
    if detail.withdrawn_at is not None:
        lines.append(
            Content.styled(
                f"Withdrawn {detail.withdrawn_at:%Y-%m-%d}: it affects nothing.", "$text-warning"
            )
        )
    if detail.summary:
        lines.append(safe(detail.summary, 400, style="bold"))
    if bringing is not None:
        row = bringing.row
        what = f"{row.registry}:{row.name}"
        lines += [Content(""), _name(f"{what} is brought by {counted(bringing.count, 'version')}")]
        if not bringing.count:
            lines.append(_below("nothing in this catalogue installs an affected version", 100))
        lines += [_below(path(way, row.registry), 600) for way in bringing.ways]
        if bringing.count > len(bringing.ways):
            more = bringing.count - len(bringing.ways)
            lines.append(
                Content.styled(f"  and {more:,} more; {key('advisory.bringers')} shows who", MUTED)
            )
    lines += _in_projects(projects)
    lines += _told(detail)
    if detail.vector:
        lines.append(_below(detail.vector, 200))
    lines += _details(detail)
    return Content("\n").join(lines)


def _in_projects(projects: Sequence[tuple[str, str, str]]) -> list[Content]:
    if not projects:
        return []
    lines = [Content(""), _name("Your projects that have it locked")]
    lines += [
        _below(f"{name}: {package} ({file})", 300) for name, package, file in projects[:HERE_SHOWN]
    ]
    if len(projects) > HERE_SHOWN:
        lines.append(Content.styled(f"  and {len(projects) - HERE_SHOWN} more", MUTED))
    return lines


def _details(detail: AdvisoryDetail) -> list[Content]:
    text = (detail.details or "")[:DETAILS_CHARS]
    return [Content(""), *(safe(line, 500) for line in text.splitlines())] if text else []


def _told(detail: AdvisoryDetail) -> list[Content]:
    lines = [Content(""), _name("Affects")]
    lines += [_below(affects_in_words(each), 400) for each in detail.affected[:AFFECTED_SHOWN]]
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
        lines += [_below(shown_link(url), 200) for _type, url in detail.links[:LINKS_SHOWN]]
    return lines


def _below(text: str, limit: int) -> Content:
    """Under a name."""
    return Content("  ") + safe(text, limit)


def _name(text: str) -> Content:
    return safe(text, 300, style=MUTED)
