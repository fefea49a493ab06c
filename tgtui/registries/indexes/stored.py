"""The common part of every PackageIndex in an index file (`file.py`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

from tgtui.registries.indexes.file import IndexFile


class StoredIndex:
    """The part of a PackageIndex that does not depend on its registry. Threads may share it."""

    def __init__(self, path: Path, confirmed_at: datetime) -> None:
        """ValueError, KeyError or sqlite3.Error if the file is damaged."""
        self.file = IndexFile(path)
        self.confirmed_at = confirmed_at

    @property
    def digest(self) -> str:
        return self.file.facts["digest"]

    @property
    def facts(self) -> Mapping[str, str]:
        """Facts from when it was built."""
        return self.file.facts

    @cached_property
    def problems(self) -> Sequence[str]:
        return [str(problem) for problem in json.loads(self.file.facts["problems"])]

    @cached_property
    def failures(self) -> Sequence[str]:
        return [str(failure) for failure in json.loads(self.file.facts.get("failures", "[]"))]

    @property
    def is_partial(self) -> bool:
        return bool(json.loads(self.file.facts.get("is_partial", "false")))

    def __len__(self) -> int:
        return self.file.count()

    def close(self) -> None:
        self.file.close()
