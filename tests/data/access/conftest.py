"""What tests of the grants share."""

from __future__ import annotations

import pytest

from tests.data.access.garden import Garden, plant
from tests.support.team import Team


@pytest.fixture
def garden(team: Team) -> Garden:
    """A guarded catalogue with one of everything."""
    return plant(team)
