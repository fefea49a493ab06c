"""The catalogue that benchmarks run on: its derived rows are those that the program would count."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks.catalogue import content
from benchmarks.catalogue.filling import fill
from tgtui.basics.files.paths import sqlite_url
from tgtui.data.models.search import package_search
from tgtui.data.search.index import refresh
from tgtui.data.search.results import search_packages
from tgtui.data.storage.engine import WRITES, open_engine, parse_url
from tgtui.syntax.query import parse_search

SIZE = 1_200
"""Enough for one package of each kind, failed ones included."""


def test_its_rows_are_those_the_program_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "MANY_VERSIONS", 300)
    url = sqlite_url(tmp_path / "generated.sqlite3")
    fill(url, SIZE)
    engine = open_engine(parse_url(url))
    with engine.execution_options(**{WRITES: True}).connect() as connection:
        search = package_search
        everything = select(search).order_by(search.c.id)
        before = connection.execute(everything).all()
        assert len(before) == SIZE
        refresh(connection, [row.package_id for row in before])
        assert connection.execute(everything).all() == before
        rows = search_packages(connection, parse_search("react")).rows
        assert rows[0].name == "react"
    engine.dispose()
