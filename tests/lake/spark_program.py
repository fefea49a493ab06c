"""Run by a test in a process of its own: asks tables in Spark's local mode, as a JSON job on stdin says.

The job has `jar`, `uri`, `tables` (catalog.namespace), `statements` and `job`, the path of the example. Prints JSON.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import Any

from pyspark.sql import SparkSession


def main() -> None:
    job = json.load(sys.stdin)
    catalog = "spark.sql.catalog.garden"
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", job["jar"])
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config(catalog, "org.apache.iceberg.spark.SparkCatalog")
    )
    for name, value in job["catalog"].items():
        builder = builder.config(f"{catalog}.{name}", value)
    spark = builder.getOrCreate()
    spark.sql(f"USE {job['tables']}")
    answers = [[list(row) for row in spark.sql(each).collect()] for each in job["statements"]]
    spec = importlib.util.spec_from_file_location("example", job["job"])
    assert spec is not None
    assert spec.loader is not None
    example: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    counts = example.transitive_counts(spark, job["tables"]).collect()
    reached = sorted([row["name"], row["reached"]] for row in counts)
    print("RESULT " + json.dumps({"answers": answers, "reached": reached}, default=str))
    spark.stop()


if __name__ == "__main__":
    main()
