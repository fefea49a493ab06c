"""Saved comparisons of the person who uses the program. Roles are checked here."""

from __future__ import annotations

from collections.abc import Sequence

from tgtui.basics.errors import UsageError
from tgtui.data.insights.comparing import saved
from tgtui.data.views.comparing import FEWEST, MOST, SavedComparison
from tgtui.services.personal.keeping import Kept
from tgtui.syntax.reference import PackageReference, references_in


def compared_in(text: str) -> list[PackageReference]:
    """The packages of a comparison as they are typed. UsageError for a wrong name, and for too few or too many."""
    return comparable(references_in(text))


def comparable(packages: Sequence[PackageReference]) -> list[PackageReference]:
    """Each once. UsageError for too few or too many."""
    different = list(dict.fromkeys(packages))
    if len(different) < FEWEST:
        raise UsageError("Name two to four packages: npm:react npm:preact")
    if len(different) > MOST:
        raise UsageError(f"{len(different)} packages don't fit side by side; name {MOST} at most.")
    return different


def written(packages: Sequence[PackageReference]) -> str:
    """As `compared_in` reads them."""
    return " ".join(map(str, packages))


class SavedComparisons(Kept):
    """Under names."""

    async def own(self) -> list[SavedComparison]:
        """The person's own, by name; empty without an account."""
        account_id = self._own
        if account_id is None:
            return []
        return await self._database.read(saved.saved_comparisons, account_id)

    async def save(self, name: str, packages: Sequence[PackageReference]) -> None:
        """Replaces one of the same name. UsageError if the name or the packages are not usable."""
        text = written(comparable(packages))
        await self._database.write(saved.save_comparison, self._account(), name, text)

    async def rename(self, name: str, to: str) -> bool:
        """False if there was none of this name. UsageError if the new one is taken or not usable."""
        return await self._database.write(saved.rename_comparison, self._account(), name, to)

    async def delete(self, name: str) -> bool:
        """False if there was none of this name."""
        return await self._database.write(saved.delete_comparison, self._account(), name)
