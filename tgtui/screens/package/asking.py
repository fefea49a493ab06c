"""What is asked of a registry from a package's screen: the package again, or what its dependencies lack."""

from __future__ import annotations

from tgtui.basics.errors import TgtuiError
from tgtui.data.views.edges import Edge
from tgtui.data.views.packages import PackageDetail
from tgtui.screens.base.opening import OpenAsk
from tgtui.screens.base.screen import BaseScreen

FORCE_HINT = "ctrl+r reads it now all the same."


async def refresh(screen: BaseScreen, detail: PackageDetail, *, is_forced: bool) -> None:
    """Have it read again, or say when that may be."""
    try:
        await screen.catalogue.requesting.refresh(detail.registry, detail.name, force=is_forced)
    except TgtuiError as error:
        may_force = not is_forced and screen.catalogue.principal.can("admin")
        screen.tell(f"{error} {FORCE_HINT}" if may_force else error)
    else:
        screen.tell(f"{detail.registry}:{detail.name} is read from its registry again.")


async def ask(screen: BaseScreen, detail: PackageDetail | None, edge: Edge | None) -> None:
    """For the dependency under the cursor if it is not here, for the package itself while it was not fetched; else a line to write in."""
    if edge is not None and (edge.is_missing or edge.is_unresolved):
        await screen.ask_for(f"{edge.registry}:{edge.name}")
    elif detail is not None and detail.state in {"unknown", "failed"}:
        await screen.ask_for(f"{detail.registry}:{detail.name}")
    else:
        screen.app.open(OpenAsk())
