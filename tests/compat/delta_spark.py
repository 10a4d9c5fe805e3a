"""Spark's side of delta_spark.sh: writes tables into DIR/theirs, reads every version of all tables of
DIR, and puts the rows into DIR/expected/LAYER.NAME.VERSION.parquet."""

import sys
from pathlib import Path

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

ROOT = Path(sys.argv[1])
spark = SparkSession.builder.config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS").getOrCreate()


def their(name):
    return str(ROOT / "theirs" / name)


def rows(start, stop):
    return spark.range(start, stop).selectExpr(
        "id",
        "cast(id as int) k",
        "cast(id / 3 as double) score",
        "cast(id as decimal(10, 2)) price",
        "concat('Film “', id, '”') title",
        "timestamp_micros(1704067200123456 + id) at",
        "date_add(date'2024-01-01', cast(id as int)) day",
        "array(cast(id as string), null) tags",
        "named_struct('a', id) s",
        "map('k', id) m",
        "element_at(array('Film Noir', 'a/b', null, 'x=y'), cast(id % 4 as int) + 1) genre",
    )


def write_tables():
    rows(0, 100).write.format("delta").save(their("changes"))
    table = DeltaTable.forPath(spark, their("changes"))
    table.delete("id % 10 = 3")
    table.update("id < 20", {"title": f.lit("changed")})
    merge = table.alias("t").merge(rows(90, 110).alias("s"), "t.id = s.id")
    merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    for i in range(8):
        rows(1000 + i, 1001 + i).write.format("delta").mode("append").save(their("changes"))
    table.optimize().executeCompaction()
    table.restoreToVersion(2)

    rows(0, 40).write.format("delta").partitionBy("genre", "day").save(their("partitions"))
    rows(40, 80).write.format("delta").mode("append").save(their("partitions"))
    DeltaTable.forPath(spark, their("partitions")).delete("genre = 'a/b'")

    spark.range(3).write.format("delta").save(their("evolved"))
    more = spark.range(3, 6).selectExpr("id", "named_struct('x', 1) s")
    more.write.format("delta").mode("append").option("mergeSchema", "true").save(their("evolved"))
    more = spark.range(6, 9).selectExpr("id", "named_struct('x', 1, 'y', 'new') s")
    more.write.format("delta").mode("append").option("mergeSchema", "true").save(their("evolved"))

    naive = spark.range(3).selectExpr("id", "timestamp_ntz'2024-01-01 01:02:03.456789' at")
    naive.write.format("delta").save(their("naive_times"))

    name = str(ROOT / "refused" / "theirs" / "vectors")
    spark.range(100).coalesce(1).write.format("delta").option("delta.enableDeletionVectors", "true").save(name)
    DeltaTable.forPath(spark, name).delete("id = 7")
    read(ROOT / "refused", Path(name))


def read(root, path):
    latest = DeltaTable.forPath(spark, str(path)).history(1).collect()[0]["version"]
    for version in range(latest + 1):
        frame = spark.read.format("delta").option("versionAsOf", version).load(str(path))
        expected = root / "expected" / f"{path.parent.name}.{path.name}.{version}.parquet"
        frame.coalesce(1).write.parquet(str(expected))


def check_skipping(path):
    """Spark skips files by their statistics: each extreme value is still found."""
    frame = spark.read.format("delta").load(str(path))
    for field in frame.schema.fields:
        if field.dataType.typeName() in ("array", "struct", "map", "binary", "boolean"):
            continue
        values = [row[0] for row in frame.select(field.name).collect() if row[0] is not None and row[0] == row[0]]
        for value in {min(values), max(values)} if values else ():
            column = f.col(field.name)
            found = frame.filter(column == f.lit(value).cast(field.dataType)).count()
            assert found == values.count(value), f"{path.name}: {field.name} = {value!r}: {found} rows"


write_tables()
for table in sorted([*(ROOT / "ours").iterdir(), *(ROOT / "theirs").iterdir()]):
    read(ROOT, table)
for table in sorted((ROOT / "ours").iterdir()):
    check_skipping(table)
    print(f"ok   Spark finds the extremes of ours.{table.name}")
