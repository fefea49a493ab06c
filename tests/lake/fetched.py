"""What the group brings itself: jars by Maven, pyspark and moto by pip, into a cache folder, once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Before tests move home away.
CACHE = Path(
    os.environ.get("TGTUI_TEST_LAKE_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tgtui-tests" / "lake"
)
POM = Path(__file__).with_name("pom.xml")
PYSPARK = "pyspark==4.0.2"
RUNTIME = "org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.11.0"
MOTO = "moto[server]==5.2.5"
"""Apache 2.0; run in a process of its own, with its own libraries."""
DONE = "complete"
PATIENCE_S = 1_800


def jars() -> Path:
    """The folder of the reference catalog's jars; skips the test where Java, Maven or the network is missing."""
    need("java")
    folder = CACHE / "catalog"
    _once(
        folder,
        [
            "mvn",
            "-q",
            "-f",
            str(POM),
            "dependency:copy-dependencies",
            f"-DoutputDirectory={folder}",
        ],
    )
    return folder


def spark() -> Path:
    """The folder to put on the path for `import pyspark`."""
    need("java")
    folder = CACHE / "pyspark"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), PYSPARK]
    _once(folder, pip)
    return folder


def runtime() -> Path:
    """Iceberg's jar for Spark."""
    folder = CACHE / "runtime"
    _once(
        folder,
        [
            "mvn", "-q", "dependency:copy", f"-Dartifact={RUNTIME}", f"-DoutputDirectory={folder}",
        ],
    )  # fmt: skip
    return next(folder.glob("*.jar"))


def moto() -> Path:
    """The folder to put on the path for a store like S3 that keeps all in memory."""
    folder = CACHE / "moto"
    _once(
        folder, [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), MOTO]
    )
    return folder


def need(program: str) -> str:
    """Its path; skips the test if it is not on this machine."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not on this machine")
    return found


def _once(folder: Path, command: list[str]) -> None:
    if (folder / DONE).exists():
        return
    need(command[0])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    if done.returncode:
        pytest.skip(
            f"{command[0]} could not fetch what is needed: {(done.stdout + done.stderr)[-400:]}"
        )
    (folder / DONE).touch()
