"""What is said in place of results: why there are none, and what people can do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from tgtui.basics.errors import UsageError
from tgtui.basics.formatting import ago
from tgtui.data.views.packages import DeletedPackage
from tgtui.data.views.requests import RequestRow
from tgtui.identity.people import Principal
from tgtui.identity.roles import lacking
from tgtui.output.requests import is_active, request_text
from tgtui.syntax.names import name_key
from tgtui.syntax.query import SearchQuery, unknown_operator
from tgtui.syntax.reference import PackageReference, parse_reference
from tgtui.widgets.content import safe
from tgtui.widgets.labels import MUTED

if TYPE_CHECKING:
    from tgtui.data.search.absent import Absence

EXAMPLES = "express   npm:@babel/core   pkg:npm/express"


def reference_text(query: SearchQuery) -> str:
    """What was searched for, as people would ask for it: `npm:left-padd`."""
    if len(query.words) != 1:
        return query.text
    (registry,) = query.registries if len(query.registries) == 1 else ("",)
    is_plain = ":" not in query.text
    return f"{registry}:{query.text}" if registry and is_plain else query.text


def wanted_reference(query: SearchQuery) -> PackageReference | str | None:
    """The package that was searched for, or why there can be none; None for several words or none, and if
    filters may hide it."""
    if len(query.words) != 1 or query.is_filtered:
        return None
    mistaken = unknown_operator(query.text)
    if mistaken is not None:
        return mistaken
    try:
        return parse_reference(reference_text(query)).package
    except UsageError as error:
        return str(error)


def nothing_found(
    query: SearchQuery,
    reference: PackageReference | str | None,
    request: RequestRow | None,
    key: str,
    now: datetime,
    *,
    person: Principal,
    absent: Sequence[Absence] = (),
) -> Content:
    """`absent` are the parts of the search that no package can match; `key` asks for the package."""
    if absent:
        told = [safe(each.sentence, 400) for each in absent]
        return Content.assemble(
            Content("\n").join(told), "\n\n", _do("ctrl+l", "clears the search")
        )
    if query.is_filtered or (query.registries and not query.words):
        named = Content.assemble(" named ", safe(query.text, 120, style="bold"))
        return Content.assemble(
            "No package",
            named if query.words else "",
            " matches these filters.\n\n",
            _short_words(query),
            _do("ctrl+l", "clears them"),
        )
    if not query.words:
        return Content.assemble(
            "The catalogue is empty.\n\n",
            _do("a" if key == "a" else "↓ a", "asks for a package")
            if person.can("ask")
            else lacking(person, "authenticated"),
        )
    lines: list[Content | str] = [
        Content("`").append(safe(query.text, 120, style="bold")).append("`"),
        " is not in the catalogue.\n\n",
        _short_words(query),
    ]
    if isinstance(reference, str):
        lines.append(safe(reference, style="$text-warning"))
    elif reference is None:
        lines.append(Content.styled("No package has all of these words in its name.", MUTED))
    elif request is not None and is_active(request):
        lines += [safe(reference, style="bold"), ": ", safe(request_text(request, now))]
    else:
        if request is not None:
            lines += [safe(request_text(request, now), style="$text-warning"), "\n\n"]
        if person.can("ask"):
            lines += ["Press ", Content.styled(key, "bold $text-accent"), " to ask for "]
            lines.append(safe(reference, style="bold"))
        else:
            lines.append(Content.styled(lacking(person, "authenticated"), MUTED))
    return Content.assemble(*lines)


def _short_words(query: SearchQuery) -> Content:
    """What a search for a word of one or two letters does not find."""
    from tgtui.data.search.words import SHORT

    short = [word for word in query.words if 0 < len(name_key(word)) < SHORT]
    if not short:
        return Content("")
    word = safe(short[0], style="bold")
    told = Content.assemble(
        "`", word, "` is short: it only matches the beginning of a word in a name."
    )
    return Content.assemble(told.stylize(MUTED), "\n\n")


def is_now(asked: PackageReference, own: PackageReference, key: str) -> Content:
    """After a search for an alias or an old name."""
    return Content.assemble(
        safe(asked, style="bold"),
        " is now ",
        safe(own, style="bold"),
        ".\n\n",
        _do(key, "opens it"),
    )


def was_deleted(deleted: DeletedPackage, now: datetime, *, can_restore: bool) -> Content:
    """After a search for a package that an admin deleted."""
    by = f" by {deleted.deleted_by}" if deleted.deleted_by else ""
    package = f"{deleted.registry}:{deleted.name}"
    told = f"{package} was deleted{by}, {ago(deleted.deleted_at, now)}."
    does = _do("Z", "lists what can be restored") if can_restore else "An admin can restore it."
    return Content.assemble(safe(told, 300, style="$text-warning"), "\n\n", does)


def _do(key: str, what: str) -> Content:
    return Content.assemble(Content.styled(key, "bold $text-accent"), " ", what)
