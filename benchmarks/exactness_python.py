"""Compares what tgtui says pip would install with what pip says, for real roots on this machine's index.

    .venv/bin/python -m benchmarks.exactness_python --pip /path/to/newest/bin/pip [ROOT ...]

pip runs `install --dry-run --report`, which builds source archives where it must, and so runs their code. A root is
written as for pip: `celery[redis]`. Names are compared normalised, versions as PEP 440 reads them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from benchmarks.python_names import NAMES
from tgtui.registries.base import RegistryError
from tgtui.registries.http.cache import DocumentCache
from tgtui.registries.http.gate import HostGate
from tgtui.registries.pypi.adapter import PypiAdapter
from tgtui.registries.pypi.configuration.indexes import read_index_config
from tgtui.registries.pypi.documents.metadata import Metadata, requirement_of
from tgtui.registries.pypi.documents.page import Candidate, Page
from tgtui.registries.registration import RegistryOptions
from tgtui.versions.pypi.order import parsed, sort_key
from tgtui.versions.pypi.rules import PypiRules
from tgtui.versions.rules import Picked

ROOTS = [
    "flask",
    "fastapi",
    "jupyter",
    "black",
    "celery[redis]",
    "uvicorn[standard]",
    "boto3",
    "requests[socks]",
    "django",
    "sphinx",
    "pandas",
    "poetry",
    "aiobotocore[boto3]",
    "apache-airflow-core",
    "requests",
    "numpy",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "sqlalchemy",
    "pytest",
    "tox",
    "mypy",
    "ruff",
    "httpx[http2]",
    "aiohttp[speedups]",
    "pydantic[email]",
    "typer[all]",
    "rich",
    "textual",
    "click",
    "jinja2",
    "cryptography",
    "paramiko",
    "fabric",
    "ansible-core",
    "scrapy",
    "beautifulsoup4[lxml]",
    "pillow",
    "plotly",
    "dash",
    "streamlit",
    "notebook",
    "jupyterlab",
    "ipython",
    "pylint",
    "flake8",
    "isort",
    "bandit",
    "pre-commit",
    "hatch",
    "pdm",
    "twine",
    "build",
    "setuptools",
    "wheel",
    "cookiecutter",
    "mkdocs-material",
    "gunicorn[gevent]",
    "dask[complete]",
    "xarray",
    "sentry-sdk[flask]",
    "opentelemetry-sdk",
    "google-cloud-storage",
    "azure-storage-blob",
    "stripe",
    "psycopg[binary]",
    "redis[hiredis]",
]


def by_pip(pip: str, root: str, folder: Path) -> tuple[dict[str, Version] | str, float]:
    """What pip would install, or its last line of error; seconds."""
    report = folder / "report.json"
    began = time.monotonic()
    done = subprocess.run(
        [
            pip, "--isolated", "--no-cache-dir", "install", "--dry-run", "--ignore-installed",
            "--no-input", "--report", str(report), "-q", root,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    took = time.monotonic() - began
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["?"])[-1], took
    told: dict[str, Any] = json.loads(report.read_text())
    found: dict[str, Version] = {
        canonicalize_name(each["metadata"]["name"]): Version(each["metadata"]["version"])
        for each in told["install"]
    }
    return found, took


async def by_tgtui(adapter: PypiAdapter, root: str) -> tuple[dict[str, Version] | str, float]:
    """The same."""
    began = time.monotonic()
    try:
        fetched = await adapter.fetch(root, max_age=3_600)
        latest = fetched.document.dist_tags["latest"]
        extras: str = getattr(fetched.document, "asked_extras", "")
        found = await adapter.environment(fetched, latest, extras)
    except (RegistryError, KeyError) as error:
        return str(error), time.monotonic() - began
    took = time.monotonic() - began
    return found.error or {m.name: Version(m.version) for m in found.members}, took


class Watched(PypiAdapter):
    """Keeps the pages and the metadata it read."""

    seen: ClassVar[dict[str, Page]] = {}
    asked: ClassVar[set[tuple[str, str]]] = set()
    """Names, and specifiers that metadata has for them."""

    async def metadata(self, name: str, found: Candidate) -> Metadata:
        told = await super().metadata(name, found)
        for text in told.requires:
            if (wanted := requirement_of(text)) is not None:
                self.asked.add((canonicalize_name(wanted.name), str(wanted.specifier)))
        return told

    async def page(self, name: str, max_age: float) -> Page:
        found = self.seen[name] = await super().page(name, max_age)
        return found


def compare_order(pages: Mapping[str, Page], pairs: int = 200_000) -> None:
    """Sort keys next to `packaging`: every page sorted both ways, and pairs of versions of any packages."""
    texts = [release.text for page in pages.values() for release in page.releases]
    read = [text for text in texts if parsed(text) is not None]
    wrong = 0
    for page in pages.values():
        mine = [r.text for r in page.releases if parsed(r.text)]
        wrong += [Version(t) for t in sorted(mine, key=sort_key)] != sorted(map(Version, mine))
    chance = random.Random(1)
    for _pair in range(pairs):
        one, other = chance.choice(read), chance.choice(read)
        before = Version(one) < Version(other)
        wrong += before != (sort_key(one) < sort_key(other) and Version(one) != Version(other))
    size = sum(len(sort_key(text)) for text in texts) / len(texts)
    print(
        f"{len(pages)} packages, {len(texts)} versions, {len(texts) - len(read)} refused by PEP 440,"
        f" {pairs} pairs, {wrong} in another order than packaging has; {size:.1f} bytes a key"
    )


def compare_specifiers(pages: Mapping[str, Page], asked: Iterable[tuple[str, str]]) -> None:
    """What each specifier that metadata has would take of its package, next to `packaging` by pip's rules, from scratch."""
    rules = PypiRules()
    count = wrong = 0
    for name, text in sorted(asked):
        if name not in pages:
            continue
        count += 1
        releases = [r for r in pages[name].releases if parsed(r.text)]
        yanked = {r.text for r in releases if r.is_yanked}
        mine = rules.index([r.text for r in releases], {}, yanked, {}).pick(text, None)
        specifier = SpecifierSet(text)
        left = [Version(each) for each in specifier.filter([r.text for r in releases])]
        is_pin = any(
            s.operator == "===" or (s.operator == "==" and "*" not in s.version) for s in specifier
        )
        open_ones = [each for each in left if str(each) not in yanked]
        best = max(left if is_pin and not open_ones else open_ones, default=None)
        if (str(best) if best is not None else None) != (
            mine.version if isinstance(mine, Picked) else None
        ):
            wrong += 1
            print(f"    {name}{text}: tgtui {mine}, packaging {best}")
    print(
        f"{count} specifiers of real metadata, {wrong} that take another version than packaging has"
    )


async def read_pages(adapter: Watched, names: Iterable[str]) -> None:
    """Three at a time; what is not on the index is left out."""
    turns = asyncio.Semaphore(3)

    async def read(name: str) -> None:
        async with turns:
            try:
                await adapter.page(name, 3_600)
            except RegistryError as error:
                print(f"    {name}: {error}")

    await asyncio.gather(*(read(name) for name in names))


async def compare(pip: str, roots: list[str]) -> int:
    differing = 0
    installs = 0
    with tempfile.TemporaryDirectory() as folder:
        options = RegistryOptions(cache_folder=Path(folder) / "cache")
        settings = options.pypi
        cache = DocumentCache(options.cache_folder)
        adapter = Watched(read_index_config(settings), settings, cache, gate=HostGate())
        for root in roots:
            ours, own_seconds = await by_tgtui(adapter, root)
            if not pip:
                print(
                    f"{root:28} {ours if isinstance(ours, str) else len(ours)}, {own_seconds:.1f} s"
                )
                continue
            theirs, pip_seconds = await asyncio.to_thread(by_pip, pip, root, Path(folder))
            if isinstance(ours, str) or isinstance(theirs, str):
                is_same = isinstance(ours, str) and isinstance(theirs, str)
                print(f"{root:28} {'both fail' if is_same else 'DIFFERS'}")
                print(f"    tgtui: {ours if isinstance(ours, str) else len(ours)}")
                print(f"    pip:   {theirs if isinstance(theirs, str) else len(theirs)}")
            else:
                is_same = ours == theirs
                installs += len(theirs)
                word = "same" if is_same else "DIFFERS"
                print(
                    f"{root:28} {word} {len(theirs):4} installs, {own_seconds:5.1f} s"
                    f" (pip {pip_seconds:5.1f} s)"
                )
                for name in sorted(ours.keys() | theirs.keys()):
                    if ours.get(name) != theirs.get(name):
                        print(f"    {name}: tgtui {ours.get(name)}, pip {theirs.get(name)}")
            differing += not is_same
        await read_pages(adapter, (name for name in NAMES if name not in adapter.seen))
        await adapter.aclose()
    compare_order(adapter.seen)
    compare_specifiers(adapter.seen, adapter.asked)
    print(f"{len(roots)} roots, {installs} installs, {differing} differ")
    return differing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pip",
        default="",
        help="the newest pip, under the Python of this program; without it only versions are compared",
    )
    parser.add_argument("roots", nargs="*", default=ROOTS)
    given = parser.parse_args()
    return min(1, asyncio.run(compare(given.pip, given.roots)))


if __name__ == "__main__":
    raise SystemExit(main())
