"""The same tables in Spark: what docs/analytics.md shows gives what it gives here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.lake.fetched import runtime, spark
from tests.support.places import ROOT
from tests.support.results import asked, ignore
from tgtui.analytics.exporting.export import export
from tgtui.analytics.tables.lake import Lake
from tgtui.data.storage.database import Database

pytestmark = pytest.mark.lake

DOCUMENT = ROOT / "docs" / "analytics.md"
EXAMPLE = ROOT / "docs" / "examples" / "transitive_counts.py"
PROGRAM = Path(__file__).with_name("spark_program.py")
PATIENCE_S = 600
JAVA = "/usr/lib/jvm/java-17-openjdk-amd64"


def shared_statements() -> list[str]:
    """Those of the document that every engine reads."""
    part = DOCUMENT.read_text(encoding="utf-8").partition("## SQL that every engine reads")[2]
    found = re.findall(r"```sql\n(.*?)\n```", part.partition("\n## ")[0], re.DOTALL)
    assert found
    return [each.rstrip(";") for each in found]


def test_spark_answers_as_we_do(lake: Lake, planted_database: Database) -> None:
    export(planted_database, lake, ignore)
    lake.made("results")
    chosen = lake.place.settings
    catalog = {
        "type": "rest",
        "uri": str(chosen.uri),
        "io-impl": "org.apache.iceberg.hadoop.HadoopFileIO",
    }
    given = {"warehouse": chosen.warehouse, "credential": lake.place.credential}
    catalog |= {name: value for name, value in given.items() if value}
    if lake.place.credential:
        catalog["scope"] = chosen.scope
    statements = shared_statements()
    found = in_spark(
        {
            "jar": str(runtime()),
            "catalog": catalog,
            "tables": f"garden.{lake.namespace}",
            "statements": statements,
            "job": str(EXAMPLE),
        }
    )
    ours = [[list(row) for row in asked(lake, each)] for each in statements]
    assert found["answers"] == json.loads(json.dumps(ours, default=str))
    assert found["reached"] == counted(lake)


def in_spark(job: dict[str, Any]) -> Any:
    path = os.pathsep.join([str(spark()), str(ROOT)])
    env = {
        **os.environ,
        "PYTHONPATH": path,
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    if Path(JAVA).exists():
        env["JAVA_HOME"] = JAVA  # Spark 4.0 runs on 17 and 21
    done = subprocess.run(
        [sys.executable, str(PROGRAM)], input=json.dumps(job), env=env, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert lines, done.stderr[-2_000:]
    return json.loads(lines[0].removeprefix("RESULT "))


def counted(lake: Lake) -> list[list[Any]]:
    """By a plain search."""
    after = defaultdict(set)
    for source, target in asked(
        lake,
        "SELECT version_id, target_version_id FROM dependencies WHERE is_followed AND target_version_id IS NOT NULL",
    ):
        after[source].add(target)
    found = []
    roots = "SELECT name, latest_version_id FROM packages WHERE latest_version_id IS NOT NULL"
    for name, root in asked(lake, roots):
        seen, todo = {root}, [root]
        while todo:
            new = after[todo.pop()] - seen
            seen |= new
            todo.extend(new)
        found.append([name, len(seen) - 1])
    return sorted(found)
