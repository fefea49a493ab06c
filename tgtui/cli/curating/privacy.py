"""`tgtui privacy`: what is recorded of a person for the insights, and how to end that."""

from __future__ import annotations

import click

from tgtui.basics.formatting import counted
from tgtui.cli.opening import Options, complain, principal_of, reading
from tgtui.cli.output import emit, emit_json, fields

EPILOG = """\b
Examples:
  tgtui privacy                      what is recorded of you
  tgtui privacy --stay-out           appear in no list of people, from now on
  tgtui privacy --take-part          appear again, from the next refresh on
  tgtui privacy --delete             delete what is recorded of you
  tgtui privacy --person ada --delete
                                     of someone else; needs the role admin

\b
Recorded is which packages you open, find, request and tag, once a day for each.
record_interactions = false in the settings records nothing more. Requests and
tags themselves stay: they are the catalogue's. What was exported before has
pseudonyms in place of accounts; tgtui analytics clear deletes it.
What you watch, and comparisons that you saved, only you see, and your projects
unless you share them; tgtui unwatch --all, tgtui compare --delete NAME and
tgtui project remove NAME end it.
"""


@click.command(epilog=EPILOG, short_help="Show or delete what is recorded of you.")
@click.option("--stay-out", is_flag=True, help="Leave the insights about people at once.")
@click.option("--take-part", is_flag=True, help="Appear in them again.")
@click.option("--delete", is_flag=True, help="Delete what is recorded.")
@click.option("--person", metavar="NAME", help="Of this person, by name or login.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def privacy(
    options: Options,
    stay_out: bool,
    take_part: bool,
    delete: bool,
    person: str | None,
    as_json: bool,
) -> None:
    """Show what is recorded of you for the insights, leave them, or delete it."""
    from tgtui.basics.errors import UsageError
    from tgtui.data.insights.comparing.saved import saved_comparisons
    from tgtui.data.packages.projects.kept import project_rows
    from tgtui.data.packages.watching.watches import watch_count
    from tgtui.services import insights

    if stay_out and take_part:
        raise UsageError("Choose one of --stay-out and --take-part.")
    with reading(options) as database:
        principal = principal_of(options, database)
        account_id = insights.person_meant(database, principal, person)
        deleted = insights.forget(database, account_id) if delete else None
        if stay_out or take_part:
            insights.set_part(database, account_id, takes_part=take_part)
        found = insights.recorded(database, account_id)
        is_own = account_id == principal.account_id
        watched = database.read_now(watch_count, account_id) if is_own else None
        kept = database.read_now(saved_comparisons, account_id) if is_own else None
        compared = None if kept is None else len(kept)
        rows = database.read_now(project_rows, account_id) if is_own else None
        projects = None if rows is None else sum(row.is_own for row in rows)
    if as_json:
        emit_json(
            {
                "person": found.name,
                "takes_part": found.takes_part,
                "recorded": found.interactions,
                "watched": watched,
                "comparisons": compared,
                "projects": projects,
            }
        )
    else:
        emit(
            fields(
                (
                    ("person", found.name),
                    ("insights", "takes part" if found.takes_part else "stays out"),
                    ("recorded", counted(found.interactions, "interaction")),
                    ("watched", None if watched is None else counted(watched, "package")),
                    ("saved", None if compared is None else counted(compared, "comparison")),
                    ("projects", None if projects is None else f"{projects}"),
                )
            )
        )
    if deleted is not None:
        complain(f"{counted(deleted, 'interaction')} deleted.")
