"""`tgtui audit`: the advisories about a package and all that it brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tgtui.cli.opening import Options, complain, on_catalogue, reading
from tgtui.cli.output import emit, emit_json
from tgtui.cli.reading.finding import find_version
from tgtui.cli.reading.tree import doubts_about, kinds
from tgtui.cli.reading.why import steps_data

if TYPE_CHECKING:
    from tgtui.data.graph.audit import Audit, Threat
    from tgtui.services.catalogue import Catalogue
    from tgtui.syntax.advisories.accepted import Accepted

FOUND = 6
"""Exit code: advisories were found."""
NOT_WHOLE = 1
"""Exit code: none was found, and not everything could be checked."""
SEVERITIES = ("low", "medium", "high", "critical", "malware")
"""Of `syntax/advisories/ranks.py`, without the unknown; a test compares them."""
NEVER = "never"
ANY = "any"

EPILOG = """\b
Examples:
  tgtui audit npm:express                   with everything it brings
  tgtui audit npm:express@4.17.1 --paths 5
  tgtui audit npm:express --fail-on high    for CI: exit code 6 from high on
  tgtui audit npm:express --format sarif > tgtui.sarif
  tgtui audit npm:express --json
  tgtui audit --project .                   what the lock files of a folder have
  tgtui audit --project web --fail-on high  a project that was added

\b
What is accepted for now stands in tgtui-accepted.toml: of the project's
folder, else of a folder above it, else of the current one; or in the file
that --accepted names. Each entry needs a reason and an end:
  [[accepted]]
  advisory = "GHSA-cxjh-pqwp-8mfp"
  package = "npm:follow-redirects"
  reason = "Only our own hosts are asked."
  until = 2027-03-31

\b
Advisories come from `tgtui advisories import` and from the worker. No advisory
is only good news where "as of" stands; what was not checked is said.

\b
Exit codes: 0 nothing found; 6 found; 1 nothing found, but not everything could
be checked; 4 the package is not in the catalogue.
"""


@click.command(epilog=EPILOG, short_help="Show what threatens a package and what it brings.")
@click.argument("packages", metavar="PACKAGE...", nargs=-1)
@click.option(
    "--project", metavar="NAME|PATH", help="What a project has locked, instead of PACKAGE."
)
@click.option(
    "--fail-on",
    type=click.Choice((ANY, *SEVERITIES, NEVER)),
    default=ANY,
    show_default=True,
    help="The mildest severity that gives exit code 6.",
)
@click.option(
    "--paths",
    type=click.IntRange(1, 1_000),
    default=1,
    show_default=True,
    help="Paths to show to each.",
)
@click.option("--dev", is_flag=True, help="Include PACKAGE's own dev dependencies.")
@click.option(
    "--accepted",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Findings that are accepted; by default the nearest tgtui-accepted.toml.",
)
@click.option(
    "--format", type=click.Choice(("text", "json", "sarif")), help="Output format; text by default."
)
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.pass_context
def audit(
    ctx: click.Context,
    packages: tuple[str, ...],
    project: str | None,
    fail_on: str,
    paths: int,
    dev: bool,
    accepted: str | None,
    format: str | None,
    as_json: bool,
) -> None:
    """Show the advisories about PACKAGE and everything it brings, with the paths and the nearest version that fixes it.

    With --project, about everything that a project has locked.
    """
    from msgspec.structs import replace

    from tgtui.basics import clock
    from tgtui.data.graph.audit import audit as audited
    from tgtui.syntax.reference import parse_reference

    options: Options = ctx.obj
    if as_json and format not in (None, "json"):
        raise click.UsageError(f"--json and --format {format} contradict each other.")
    format = "json" if as_json else format or "text"
    if bool(packages) == (project is not None):
        raise click.UsageError("Give either a PACKAGE or --project.")
    if project is not None and dev:
        raise click.UsageError("A project is audited with its dev dependencies; leave out --dev.")
    references = [parse_reference(package) for package in packages]
    audits: list[Audit] = []
    if project is not None:
        found, folder = _of_project(options, project, paths)
        audits.append(found)
        known = _accepted(accepted, folder)
    else:
        known = _accepted(accepted, None)
        with reading(options) as database:
            for reference in references:
                _detail, version = find_version(database, reference, options)
                of_one = database.read_now(
                    audited,
                    version.id,
                    kinds((), dev=dev),
                    ways=paths,
                    extras=reference.extras,
                )
                if of_one is not None:
                    doubts = doubts_about(database, reference, version)
                    problems = (*of_one.problems, *doubts.sentences)
                    audits.append(
                        replace(of_one, problems=problems, is_partial=not doubts.is_known)
                    )
    today = clock.now().date()
    told = [
        (each, [(threat, _reason(threat, known, today)) for threat in each.threats])
        for each in audits
    ]
    if format == "json":
        emit_json([_as_data(each, threats) for each, threats in told])
    elif format == "sarif":
        from tgtui.output.advisories.sarif import as_sarif

        emit_json(
            as_sarif(
                [
                    (threat, accepted.reason if accepted else "")
                    for _each, threats in told
                    for threat, accepted in threats
                ],
                {},
            )
        )
    else:
        emit(_as_text(told))
    if format != "json":
        from tgtui.output.advisories.words import gaps

        for each in audits:
            for gap in gaps(each):
                complain(gap)
    ctx.exit(_exit_code(told, fail_on))


def _of_project(options: Options, project: str, paths: int) -> tuple[Audit, Path | None]:
    """With the folder it lies in, if that is on this machine."""
    from tgtui.services.personal.projects.auditing import audit_of

    async def work(catalogue: Catalogue) -> tuple[Audit, Path | None]:
        name, problems, contents = await catalogue.projects.opened(project)
        report = await catalogue.projects.assess(contents)
        folder = await catalogue.projects.folder_of(project)
        return audit_of(name, report, [each.sentence for each in problems], paths), folder

    return on_catalogue(options, work)


Told = Sequence[tuple["Audit", Sequence[tuple["Threat", "Accepted | None"]]]]


def _accepted(given: str | None, folder: Path | None) -> tuple[Accepted, ...]:
    """Of the file that is given, else of the nearest one: of the project's folder or one above it, else of the current
    folder."""
    from tgtui.basics.errors import UsageError
    from tgtui.basics.files.trouble import why
    from tgtui.syntax.advisories.accepted import FILE, read_accepted

    above = (folder, *folder.parents) if folder is not None else ()
    near = (each / FILE for each in (*above, Path()))
    file = Path(given) if given else next((each for each in near if each.is_file()), None)
    if file is None:
        return ()
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} can't be read: {why(error)}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is no text in UTF-8.") from None
    return read_accepted(text, str(file))


def _reason(threat: Threat, known: Sequence[Accepted], today: Any) -> Accepted | None:
    names = (threat.finding.flaw, *threat.finding.names, *threat.finding.aliases)
    return next((each for each in known if each.covers(names, threat.package, today)), None)


def _exit_code(told: Told, fail_on: str) -> int:
    from tgtui.syntax.advisories.ranks import SEVERITIES as RANKS

    if fail_on != NEVER:
        least = 0 if fail_on == ANY else RANKS.index(fail_on)
        for _each, threats in told:
            if any(
                accepted is None and threat.finding.severity >= least
                for threat, accepted in threats
            ):
                return FOUND
    return 0 if all(_is_whole(each) for each, _threats in told) else NOT_WHOLE


def _is_whole(audit: Audit) -> bool:
    is_checked = not any(each.standing.has_source for each in audit.unchecked)
    return (
        is_checked
        and not audit.is_partial
        and not (audit.totals.missing or audit.totals.not_loaded)
    )


def _as_text(told: Told) -> Iterator[str]:
    from tgtui.output.advisories.words import heading, lines_of

    for place, (each, threats) in enumerate(told):
        if place:
            yield ""
        yield heading(each, [threat for threat, accepted in threats if accepted is None])
        for threat, accepted in threats:
            yield from lines_of(
                threat, f"{accepted.reason} (until {accepted.until})" if accepted else ""
            )


def _as_data(each: Audit, threats: Sequence[tuple[Threat, Accepted | None]]) -> dict[str, Any]:
    from tgtui.output.advisories.words import paths_of, trust
    from tgtui.syntax.advisories.ranks import severity_word

    return {
        "root": str(each.root),
        "versions": each.versions,
        "as_of": each.as_of,
        "is_whole": _is_whole(each),
        "missing": each.totals.missing,
        "not_loaded": each.totals.not_loaded,
        "not_checked": [
            {
                "registry": part.registry,
                "versions": part.versions,
                "has_source": part.standing.has_source,
                "reason": trust(part.standing),
            }
            for part in each.unchecked
        ],
        "problems": each.problems,
        "paths": dict(zip(("count", "has_more"), paths_of(each.threats), strict=True)),
        "findings": [
            {
                "package": str(threat.name),
                "advisory": threat.finding.flaw,
                "names": (*threat.finding.names, *threat.finding.aliases),
                "severity": severity_word(threat.finding.severity),
                "score": threat.finding.score,
                "is_malware": threat.finding.is_malware,
                "summary": threat.finding.summary,
                "fixed_in": threat.mended_in,
                "file": threat.file,
                "paths": [steps_data(way) for way in threat.ways],
                "has_more_paths": threat.has_more_ways,
                "accepted": {"reason": accepted.reason, "until": accepted.until}
                if accepted
                else None,
            }
            for threat, accepted in threats
        ],
    }
