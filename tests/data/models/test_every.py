"""What looks at every table sees those, too, whose module nothing else has imported."""

from __future__ import annotations

import subprocess
import sys

from tests.support.places import ROOT
from tgtui.data.access.guarded import TABLES

ALONE = "from tgtui.data.models.every import TABLES; print(*TABLES)"


def test_no_table_depends_on_what_was_imported_before() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {*done.stdout.split(), "alembic_version"} == set(TABLES)
