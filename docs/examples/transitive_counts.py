"""Counts what each package brings, on Spark, by joins that are repeated until nothing new is reached.

    spark-submit --packages org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.11.0 \\
        --conf spark.sql.catalog.garden=org.apache.iceberg.spark.SparkCatalog ... transitive_counts.py garden.tgtui

It is for graphs that outgrow one machine: tgtui's own counts, in the table `results`, are made faster. Writes nothing: it
prints the first packages. The count is of the versions that the latest version reaches through dependencies an install follows,
itself left out.
"""

from __future__ import annotations

import sys

from pyspark.sql import DataFrame, SparkSession

EDGES = """
    SELECT version_id, target_version_id FROM {tables}.dependencies
    WHERE day = (SELECT max(day) FROM {tables}.packages) AND is_followed AND target_version_id IS NOT NULL
"""
ROOTS = """
    SELECT package_id, registry, name, latest_version_id AS version_id FROM {tables}.packages
    WHERE day = (SELECT max(day) FROM {tables}.packages) AND latest_version_id IS NOT NULL
"""


def transitive_counts(spark: SparkSession, tables: str) -> DataFrame:
    """One row for each package: package_id, registry, name, reached."""
    edges = spark.sql(EDGES.format(tables=tables)).distinct().cache()
    roots = spark.sql(ROOTS.format(tables=tables)).cache()
    reached = roots.selectExpr("version_id AS root", "version_id AS node").cache()
    frontier = reached
    while True:
        found = (
            frontier.join(edges, frontier.node == edges.version_id)
            .selectExpr("root", "target_version_id AS node")
            .distinct()
            .join(reached, ["root", "node"], "left_anti")
            # Cuts the plan, which would grow with each round.
            .localCheckpoint()
        )
        if found.isEmpty():
            break
        reached = reached.union(found).localCheckpoint()
        frontier = found
    counts = reached.groupBy("root").count().selectExpr("root", "count - 1 AS reached")
    return roots.join(counts, roots.version_id == counts.root).select(
        "package_id", "registry", "name", "reached"
    )


if __name__ == "__main__":
    session = SparkSession.builder.getOrCreate()
    transitive_counts(session, sys.argv[1]).orderBy("reached", ascending=False).show(50)
