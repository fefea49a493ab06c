"""Asking for a package that is not in the catalogue: the dialog, and what an empty result offers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tgtui.data.request_views import RequestRow
from tgtui.data.tag_views import DeletedPackage
from tgtui.errors import UsageError
from tgtui.formatting import ago
from tgtui.identity import Principal
from tgtui.identity.roles import lacking
from tgtui.names import name_key
from tgtui.references import PackageReference, parse_reference
from tgtui.searching import SearchQuery, unknown_operator
from tgtui.text import clean
from tgtui.widgets.content import safe
from tgtui.widgets.preview import request_text
from tgtui.widgets.registry import MUTED

if TYPE_CHECKING:
    from tgtui.data.absent import Absence

EXAMPLES = "express   npm:@babel/core   pkg:npm/express"


class AskScreen(ModalScreen[str | None]):
    """One line for a name; says while one types whether the registry would accept it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close", id="ask.close")]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = clean(text)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Ask for a package")
            dialog.border_subtitle = Content("enter asks · esc closes")
            yield Input(self._text, placeholder=EXAMPLES, compact=True, id="name")
            yield Static(id="verdict")

    def on_mount(self) -> None:
        self._judge(self._text)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._judge(event.value)

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        try:
            parse_reference(event.value)
        except UsageError:
            self._judge(event.value)
            self.app.bell()
        else:
            self.dismiss(event.value)

    def _judge(self, text: str) -> None:
        verdict = self.query_one("#verdict", Static)
        if not text.strip():
            verdict.update(Content("It is fetched with everything an install of it brings."))
            return
        try:
            reference = parse_reference(text)
        except UsageError as error:
            verdict.update(safe(error, style="$text-error"))
        else:
            verdict.update(
                Content.assemble("Asks for ", safe(reference.package, style="bold $text-success"))
            )


def reference_text(query: SearchQuery) -> str:
    """What was searched for as people would ask for it: `npm:left-padd`."""
    if len(query.words) != 1:
        return query.text
    (registry,) = query.registries if len(query.registries) == 1 else ("",)
    is_plain = ":" not in query.text
    return f"{registry}:{query.text}" if registry and is_plain else query.text


def wanted_reference(query: SearchQuery) -> PackageReference | str | None:
    """The package that was searched for, or why there can't be such; None for several words or none, and
    where filters may hide it."""
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
    """What stands in the place of results: why there are none, and what one can do. `absent` are parts of the
    search that no package can fulfil."""
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
            " passes these filters.\n\n",
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
    elif request is not None and request.status in {"pending", "fetching"}:
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
    """What one may not expect of a search for a word of one or two letters."""
    from tgtui.data.search_words import SHORT

    short = [word for word in query.words if 0 < len(name_key(word)) < SHORT]
    if not short:
        return Content("")
    word = safe(short[0], style="bold")
    told = Content.assemble(
        "`", word, "` is short: it is looked for only where a word of a name begins."
    )
    return Content.assemble(told.stylize(MUTED), "\n\n")


def is_now(asked: PackageReference, own: PackageReference, key: str) -> Content:
    """What stands in the place of results where an alias or old name was searched for."""
    return Content.assemble(
        safe(asked, style="bold"),
        " is now ",
        safe(own, style="bold"),
        ".\n\n",
        _do(key, "opens it"),
    )


def was_deleted(deleted: DeletedPackage, now: datetime, *, can_restore: bool) -> Content:
    """The same of a package that an admin deleted."""
    by = f" by {deleted.deleted_by}" if deleted.deleted_by else ""
    package = f"{deleted.registry}:{deleted.name}"
    told = f"{package} was deleted{by}, {ago(deleted.deleted_at, now)}."
    does = _do("Z", "lists what can be restored") if can_restore else "An admin can restore it."
    return Content.assemble(safe(told, 300, style="$text-warning"), "\n\n", does)


def _do(key: str, what: str) -> Content:
    return Content.assemble(Content.styled(key, "bold $text-accent"), " ", what)
