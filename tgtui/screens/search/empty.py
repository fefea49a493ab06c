"""What is said in place of results: why there are none, what people can do, and what enter does then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from textual.content import Content

from tgtui.basics.errors import UsageError
from tgtui.basics.formatting import ago
from tgtui.data.views.packages import DeletedPackage
from tgtui.data.views.requests import RequestRow
from tgtui.identity.people import Principal
from tgtui.identity.roles import lacking
from tgtui.output.requests import is_active, request_text
from tgtui.screens.base.opening import OpenAdvisory
from tgtui.syntax.names import name_key
from tgtui.syntax.query import SearchQuery, unknown_operator
from tgtui.syntax.reference import PackageReference, parse_reference
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED, key_does

if TYPE_CHECKING:
    from tgtui.data.search.absent import Absence

FILTERED = "Nothing matches these filters; {} clears them."
SEVERAL_WORDS = "No package has all of these words in its name."


class Open(Struct, frozen=True):
    """Enter opens a package."""

    label: ClassVar[str] = "open"
    package_id: UUID


class OpenFlaw(Struct, frozen=True):
    """Enter opens the advisory that was searched for."""

    label: ClassVar[str] = "advisory"
    what: OpenAdvisory


class Ask(Struct, frozen=True):
    """Enter asks for a package."""

    label: ClassVar[str] = "ask"
    package: PackageReference


class Nothing(Struct, frozen=True):
    """Enter does nothing."""

    label: ClassVar[str] = ""
    why: str = ""
    """A sentence, which may come from anywhere; empty if nothing was searched for."""


OnEnter = Open | OpenFlaw | Ask | Nothing
"""What enter does, and by its label what the key line says of it."""


def reference_text(query: SearchQuery) -> str:
    """What was searched for, as people would ask for it: `npm:left-padd`."""
    if len(query.words) != 1:
        return query.text
    (registry,) = query.registries if len(query.registries) == 1 else ("",)
    is_plain = ":" not in query.text
    return f"{registry}:{query.text}" if registry and is_plain else query.text


def wanted_advisory(query: SearchQuery) -> str:
    """The id, if that is all that is searched for; else empty."""
    alone = replace(query, advisories=frozenset(), sort="relevance")
    return (
        next(iter(query.advisories))
        if alone == SearchQuery() and len(query.advisories) == 1
        else ""
    )


def wanted_reference(query: SearchQuery) -> PackageReference | str | None:
    """The package that was searched for, or why there can be none; None for several words or none, and if
    filters may hide it. An operator that there is none of is told in any case."""
    mistaken = unknown_operator(query, is_empty=True)
    if mistaken is not None:
        return mistaken
    if len(query.words) != 1 or query.is_filtered:
        return None
    try:
        return parse_reference(reference_text(query)).package
    except UsageError as error:
        return str(error)


def ask_or_nothing(
    query: SearchQuery,
    reference: PackageReference | str | None,
    request: RequestRow | None,
    deleted: DeletedPackage | None,
    now: datetime,
    person: Principal,
) -> Ask | Nothing:
    """What enter does if nothing is found and nothing goes by this name."""
    if isinstance(reference, str):
        return Nothing(reference)
    if not query.words:
        return Nothing()
    if query.is_filtered:
        return Nothing(FILTERED.format(key("search.clear")))
    if deleted is not None:
        return Nothing(_deletion(deleted, now))
    if reference is None:
        return Nothing(SEVERAL_WORDS)
    if request is not None and is_active(request):
        return Nothing(f"{reference}: {request_text(request, now)}")
    if not person.can("authenticated"):
        return Nothing(lacking(person, "authenticated"))
    return Ask(reference)


def nothing_found(
    query: SearchQuery,
    reference: PackageReference | str | None,
    request: RequestRow | None,
    enter: Ask | Nothing,
    asking: str,
    now: datetime,
    *,
    person: Principal,
    is_typing: bool,
    absent: Sequence[Absence] = (),
) -> Content:
    """`absent` are the parts of the search that no package can match; `asking` is the key that asks for the package.
    `is_typing`: letters go into the search line."""
    if absent:
        told = [safe(each.sentence, 400) for each in absent]
        return Content.assemble(
            Content("\n").join(told), "\n\n", key_does(key("search.clear"), "clears the search")
        )
    if query.is_filtered or (query.registries and not query.words):
        named = Content.assemble(" named ", safe(query.text, 120, style="bold"))
        return Content.assemble(
            "No package",
            named if query.words else "",
            " matches these filters.\n\n",
            Content.assemble(safe(reference, style="$text-warning"), "\n\n")
            if isinstance(reference, str)
            else _short_words(query),
            key_does(key("search.clear"), "clears them"),
        )
    if not query.words:
        return Content.assemble(
            "The catalogue is empty.\n\n",
            key_does(
                f"{key('search.results')} {key('app.ask')}" if is_typing else key("app.ask"),
                "asks for a package",
            )
            if person.can("authenticated")
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
        lines.append(Content.styled(SEVERAL_WORDS, MUTED))
    elif request is not None and is_active(request):
        lines += [safe(reference, style="bold"), ": ", safe(request_text(request, now))]
    else:
        if request is not None:
            lines += [safe(request_text(request, now), style="$text-warning"), "\n\n"]
        if isinstance(enter, Ask):
            lines += ["Press ", Content.styled(asking, "bold $text-accent"), " to ask for "]
            lines.append(safe(enter.package, style="bold"))
        else:
            lines.append(Content.styled(enter.why, MUTED))
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


def is_now(asked: PackageReference, own: PackageReference, opening: str) -> Content:
    """`opening` is the key that opens it. After a search for an alias or an old name."""
    return Content.assemble(
        safe(asked, style="bold"),
        " is now ",
        safe(own, style="bold"),
        ".\n\n",
        key_does(opening, "opens it"),
    )


def was_deleted(deleted: DeletedPackage, now: datetime, *, can_restore: bool) -> Content:
    """After a search for a package that an admin deleted."""
    told = safe(_deletion(deleted, now), 300, style="$text-warning")
    does = (
        key_does(key("app.deleted"), "lists what can be restored")
        if can_restore
        else "An admin can restore it."
    )
    return Content.assemble(told, "\n\n", does)


def _deletion(deleted: DeletedPackage, now: datetime) -> str:
    by = f" by {deleted.deleted_by}" if deleted.deleted_by else ""
    package = f"{deleted.registry}:{deleted.name}"
    return f"{package} was deleted{by}, {ago(deleted.deleted_at, now)}."
