"""The words in place of versions and dependencies that are not loaded: why, what they wait for, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from tgtui.data.views.packages import PackageDetail
from tgtui.data.views.requests import RequestRow
from tgtui.data.views.versions import VersionRow
from tgtui.identity.people import Principal
from tgtui.identity.roles import lacking
from tgtui.output.requests import ACTIVE, request_text
from tgtui.widgets.content import safe
from tgtui.widgets.keys import key
from tgtui.widgets.labels import MUTED, key_does
from tgtui.widgets.packages.preview import freshness


def is_on_its_way(version: VersionRow, request: RequestRow | None) -> bool:
    """Its dependencies were asked for, and that request is active."""
    return version.dependencies_wanted and request is not None and request.status in ACTIVE


def can_be_loaded(version: VersionRow | None, detail: PackageDetail | None) -> bool:
    """Its dependencies are neither loaded nor on their way."""
    if version is None or version.dependencies_loaded or detail is None:
        return False
    return not is_on_its_way(version, detail.request)


def no_versions(detail: PackageDetail, hint: str, now: datetime, *, person: Principal) -> Content:
    """In place of a package's versions. `hint` is what keeps its request waiting, if anything does."""
    if detail.state == "ready":
        return Content.styled("Its registry lists no versions.", MUTED)
    status = detail.request.status if detail.request is not None else None
    said = safe(freshness(detail, now))
    if status in ACTIVE:
        return _with(said, hint)
    if not person.can("authenticated"):
        return _with(Content("Only its name is known."), lacking(person, "authenticated"))
    does = "asks for it" if status is None else "asks again"
    return Content.assemble(said, "\n\n", key_does(key("app.ask"), does))


def not_loaded(
    version: VersionRow, request: RequestRow | None, hint: str, now: datetime, *, person: Principal
) -> Content:
    """In place of a version's dependencies; `request` is the newest one for its package."""
    if version.dependencies_wanted or not person.can("authenticated"):
        return being_loaded(
            [version.version], request, hint, now, asks="package.load", person=person
        )
    return Content.assemble(
        ("Not loaded yet: nothing here needs this version.", MUTED),
        "\n\n",
        key_does(key("package.load"), "loads them"),
    )


def being_loaded(
    versions: Sequence[str],
    request: RequestRow | None,
    hint: str,
    now: datetime,
    *,
    asks: str,
    person: Principal,
) -> Content:
    """The dependencies of these versions were asked for: what `request` waits for, or the key that asks again, of the
    binding `asks`."""
    named = Content.assemble("The dependencies of ", safe(" and ".join(versions), 200), " ")
    if not person.can("authenticated"):
        how = lacking(person, "authenticated")
        return Content.assemble(named, f"are not loaded. {how}").stylize(MUTED)
    if request is not None and request.status in ACTIVE:
        state = safe(request_text(request, now), style=MUTED)
        return _with(Content.assemble(named, "are being loaded.\n\n", state), hint)
    if request is not None and request.status == "failed":
        why = f"could not be loaded: {request.error_message or 'reason unknown'}"
        return Content.assemble(
            named, safe(why, style="$text-error"), "\n\n", key_does(key(asks), "asks again")
        )
    return Content.assemble(
        named, "were requested but could not be loaded.\n\n", key_does(key(asks), "asks again")
    )


def _with(said: Content, hint: str) -> Content:
    return Content.assemble(said, "\n\n", safe(hint, style="$text-warning")) if hint else said
