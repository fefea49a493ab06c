"""An adapter on the fake index, and what it would install."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.python_index import PythonIndex
from tgtui.basics.settings import PypiSettings
from tgtui.registries.base import Environment
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.pypi.adapter import PypiAdapter
from tgtui.registries.pypi.configuration.indexes import read_index_config


@pytest.fixture
def index() -> Iterator[PythonIndex]:
    with PythonIndex() as running:
        yield running


@asynccontextmanager
async def adapter(folder: Path, *indexes: str, **settings: str) -> AsyncIterator[PypiAdapter]:
    told = PypiSettings(
        index=indexes[0],
        extra_indexes=list(indexes[1:]),
        python_version=settings.get("python_version"),
        platform=settings.get("platform"),
    )
    made = PypiAdapter(read_index_config(told, env={}), told, DocumentCache(folder / "cache"))
    try:
        yield made
    finally:
        await made.aclose()


async def environment(
    folder: Path, *indexes: str, root: str = "root", **settings: str
) -> Environment:
    """Of the root's latest version, or of `root==1.0`."""
    name, _sign, version = root.partition("==")
    async with adapter(folder, *indexes, **settings) as pypi:
        fetched = await pypi.fetch(name, max_age=0)
        chosen = version or fetched.document.dist_tags["latest"]
        extras = getattr(fetched.document, "asked_extras", "")
        return await pypi.environment(fetched, chosen, extras)


def members(found: Environment) -> str:
    """`c==1.0 root==1.0[x]`"""
    return " ".join(
        f"{m.name}=={m.version}" + (f"[{m.extras}]" if m.extras else "") for m in found.members
    )
