"""The dialog to create or change a tag, with problems beside each field and a preview below."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tgtui.basics.errors import TgtuiError
from tgtui.basics.formatting import counted
from tgtui.basics.text import clean
from tgtui.data.tags.changes import TagChanged
from tgtui.data.tags.names import TagDeleted, problems_among
from tgtui.data.views.tags import TagRow
from tgtui.screens.dialogs.dialog import Dialog
from tgtui.syntax.tag import (
    COLORS,
    FIELDS,
    Field,
    TagDraft,
    TagInvalid,
    color_for,
    problems_of,
    slug_of,
    tidied,
)
from tgtui.widgets.content import safe
from tgtui.widgets.keys import ENTER, key
from tgtui.widgets.labels import MUTED, SQUARE, tag_square
from tgtui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from tgtui.data.storage.reader import Reader
    from tgtui.services.curation import Curating

LABELS: dict[Field, str] = {
    "name": "Name",
    "slug": "Slug",
    "description": "Description",
    "color": "Colour",
}
HINTS: dict[Field, str] = {
    "name": "As it is shown beside a package.",
    "slug": "Made from the name; used in searches.",
    "description": "What it is for; may be empty.",
    "color": "{} {} choose one, or write #rrggbb.",
}


MAX_VALUE = 500
"""Characters in a field, which may hold more than its rules allow."""


class FieldInput(LineInput):
    """One line of the dialog."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.step(1)", "next", show=False, id="tag.down"),
        Binding("up", "screen.step(-1)", "previous", show=False, id="tag.up"),
    ]


class TagEditor(Dialog[TagRow | None]):
    """Returns the stored tag, None on escape."""

    CSS_PATH = [*Dialog.CSS_PATH, Path(__file__).with_name("tag_editor.tcss")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="tag.close"),
        Binding("ctrl+r", "restore", "Restore", id="tag.restore"),
    ]

    def __init__(
        self, read: Reader, curating: Curating, tag: TagRow | None = None, *, name: str = ""
    ) -> None:
        """Changes `tag`, or creates one; the new tag's name starts as `name`."""
        super().__init__(
            f"Edit {tag.name}" if tag is not None else "New tag",
            f"{ENTER} saves · {key('tag.close')} closes",
        )
        self._read = read
        self._curating = curating
        self._tag = tag
        self._start = TagDraft(name, slug_of(name), "", color_for(slug_of(name)))
        if tag is not None:
            self._start = draft_of(tag)
        self._follows = tag is None
        """The slug follows the name until someone writes one."""
        self._colors_itself = tag is None
        self._problems: dict[Field, str] = {}
        self._restorable: TagRow | None = None
        self._is_saving = False

    def compose_body(self) -> Iterable[Widget]:
        for field in FIELDS:
            with Horizontal(classes="field"):
                yield Static(Content(LABELS[field]), classes="label")
                # Cleaned, because a text box draws its value unchanged.
                value = clean(getattr(self._start, field), MAX_VALUE)
                yield FieldInput(value, compact=True, select_on_focus=False, id=f"tag-{field}")
            yield Static(classes="beside", id=f"beside-{field}")
        with Horizontal(classes="field"):
            yield Static(Content("Preview"), classes="label")
            yield Static(classes="preview -on-dark", id="preview-dark")
            yield Static(classes="preview -on-light", id="preview-light")
        yield Static(id="verdict")

    def on_mount(self) -> None:
        self._input("name").focus()
        self._judge()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        field = str(event.input.id).removeprefix("tag-")
        if field == "name" and self._follows:
            self._set("slug", slug_of(event.value))
        if field == "slug" and event.input.has_focus:
            self._follows = not event.value  # when emptied, it follows the name again
        if field == "color" and event.input.has_focus:
            self._colors_itself = False
        if field in {"name", "slug"} and self._colors_itself:
            self._set("color", color_for(self._draft.slug))
        self._restorable = None
        self._judge()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.act(self._save, failed=lambda _: None, group="save")

    def action_step(self, step: int) -> None:
        """To the next field; in the colour field, to the next colour."""
        focused = self.focused
        if isinstance(focused, FieldInput) and focused.id == "tag-color":
            here = COLORS.index(focused.value) if focused.value in COLORS else -1
            if (step < 0 and here <= 0) or here + step >= len(COLORS):
                self._input("description" if step < 0 else "name").focus()
                return
            self._colors_itself = False
            self._set("color", COLORS[here + step])
            self._judge()
        elif step > 0:
            self.focus_next()
        else:
            self.focus_previous()

    async def action_restore(self) -> None:
        if self._restorable is not None:
            await self._try(self._curating.restore_tag(self._restorable.id))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "restore":
            return self._restorable is not None
        return True

    @property
    def _draft(self) -> TagDraft:
        return tidied(TagDraft(**{field: self._input(field).value for field in FIELDS}))

    def _input(self, field: Field) -> FieldInput:
        return self.query_one(f"#tag-{field}", FieldInput)

    def _set(self, field: Field, value: str) -> None:
        box = self._input(field)
        with box.prevent(Input.Changed):
            box.value = value

    async def _save(self) -> None:
        draft, curating = self._draft, self._curating
        if self._problems or problems_of(draft):
            self._judge()
            self.app.bell()
        elif self._tag is None:
            await self._try(curating.create_tag(draft))
        else:
            await self._try(curating.edit_tag(self._tag.id, draft, seen=self._tag.updated_at))

    async def _try(self, work: Any) -> None:
        if self._is_saving:
            work.close()
            return
        self._is_saving = True
        try:
            self.dismiss(await work)
        except TagInvalid as error:
            self._show_problems(dict(error.problems))
        except TagDeleted as error:
            self._restorable = error.tag
            self._say(Content.assemble(
                safe(error, 300, style="$text-warning"), " ", (key("tag.restore"), "bold $text-accent"),
                f" restores it to {counted(error.tag.packages, 'package')}.",
            ))  # fmt: skip
        except TagChanged as error:
            self._say_changed(error.tag)
        except TgtuiError as error:
            self._say(safe(error, 300, style="$text-error"))
        finally:
            self._is_saving = False
        self.refresh_bindings()

    def _say_changed(self, now: TagRow) -> None:
        """Someone else saved first: shows their changes, and what enter and escape do now."""
        before = self._tag
        assert before is not None
        changes = [
            f"{LABELS[field].lower()} {getattr(before, field) or 'none'} → {getattr(now, field) or 'none'}"
            for field in FIELDS
            if getattr(before, field) != getattr(now, field)
        ]
        self._tag = now
        told = "; ".join(changes) or "no difference is left"
        self._say(
            Content.assemble(
                safe(f"Someone else changed it meanwhile: {told}.", 400, style="$text-warning"),
                f" {ENTER} overwrites it with yours, {key('tag.close')} keeps theirs.",
            )
        )

    def _judge(self) -> None:
        """Show what is wrong with the text at once, and conflicts with other tags a moment later."""
        draft = self._draft
        self._show_problems(problems_of(draft) if draft.name or self._tag else {})
        self._show_preview(draft)
        self.start(self._look_up_twins, failed=lambda _: None)  # saving shows it

    async def _look_up_twins(self) -> None:
        draft = self._draft
        but = self._tag.id if self._tag is not None else None
        others = await self._read(problems_among, draft, but=but)
        if self.display and draft == self._draft:  # it may have been closed meanwhile
            for field, problem in others.items():
                self._beside(field, problem, is_problem=True)

    def _show_problems(self, problems: dict[Field, str]) -> None:
        self._problems = problems
        for field in FIELDS:
            problem = problems.get(field)
            self._beside(
                field,
                problem or HINTS[field].format(key("tag.up"), key("tag.down")),
                is_problem=problem is not None,
            )
        self._say(Content(""))

    def _beside(self, field: Field, text: str, *, is_problem: bool) -> None:
        content = safe(text, 120, style="$text-error" if is_problem else MUTED)
        if field == "color" and not is_problem:
            squares = Content("").join([tag_square(color) for color in COLORS])
            content = Content.assemble(squares, " ", content)
        self.query_one(f"#beside-{field}", Static).update(content)

    def _show_preview(self, draft: TagDraft) -> None:
        square = tag_square(draft.color) if draft.color else Content(SQUARE)  # seen on both
        label = Content.assemble(square, " ", safe(draft.name or "…", 40))
        for place in ("dark", "light"):
            self.query_one(f"#preview-{place}", Static).update(label)

    def _say(self, text: Content) -> None:
        self.query_one("#verdict", Static).update(text)


def draft_of(tag: TagRow) -> TagDraft:
    """The tag as people would type it in."""
    return TagDraft(tag.name, tag.slug, tag.description or "", tag.color or "")
