"""Facts come with a package's dependencies, and to what had none at its next refresh."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from tests.support.working import Workplace
from tgtui.data.models.facts import package_facts
from tgtui.data.versions.facts import facts_of
from tgtui.data.views.facts import VersionFacts

DAY = timedelta(days=1)


async def facts(place: Workplace, name: str) -> dict[str, VersionFacts]:
    """By version."""
    versions = {row.id: version for version, row in (await place.versions(name)).items()}
    found = await place.database.read(facts_of, versions)
    return {versions[id]: each for id, each in found.items()}


async def test_what_is_loaded_and_the_latest_have_facts(place: Workplace) -> None:
    of_b = {
        version: {"license": licence}
        for version, licence in (("1.0.0", "MIT"), ("1.5.0", "ISC"), ("2.0.0", "GPL-3.0-only"))
    }
    place.registry.add_package("b", of_b)
    place.registry.add_package("a", {"1.0.0": {"license": "MIT", "dependencies": {"b": "1.0.0"}}})
    await place.bring("a")
    assert {v: each.licence.shown for v, each in (await facts(place, "b")).items()} == {
        "1.0.0": "MIT",
        "2.0.0": "GPL-3.0-only",
    }
    assert (await facts(place, "a"))["1.0.0"].licence.kind == "permissive"


async def test_a_refresh_brings_what_was_not_stored_and_what_differs(place: Workplace) -> None:
    said = {"license": "MIT", "dist": {"unpackedSize": 5, "fileCount": 1}}
    place.registry.add_package("a", {"1.0.0": said})
    await place.bring("a")
    await place.change(delete(package_facts))  # as one that a former program stored
    await place.age(DAY, "a")
    await place.bring("a")
    assert (await facts(place, "a"))["1.0.0"].unpacked_size == 5
    place.registry.add_package("a", {"1.0.0": {"license": "ISC"}})
    await place.age(DAY, "a")
    await place.bring("a")
    changed = (await facts(place, "a"))["1.0.0"]
    assert (changed.licence.shown, changed.unpacked_size) == ("ISC", None)
