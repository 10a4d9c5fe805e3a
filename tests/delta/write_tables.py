"""Writes tables with delta-rs and Polars into DIR/theirs/NAME, and what they read back, version by
version, as DIR/expected/theirs.NAME.VERSION.parquet."""

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

ROOT = Path(sys.argv[1])
UTC = dt.timezone.utc


def path(name):
    folder = ROOT / "theirs" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    return str(folder)


def ids(start, stop, **columns):
    return pa.table({"id": pa.array(range(start, stop), pa.int64()), **columns})


def every_type(start, stop):
    n = range(start, stop)
    first = dt.datetime(2024, 1, 1, 0, 0, 0, 123456, UTC)
    return pa.table(
        {
            "id": pa.array(n, pa.int64()),
            "k": pa.array(n, pa.int32()),
            "small": pa.array(n, pa.int16()),
            "tiny": pa.array([i % 100 for i in n], pa.int8()),
            "score": pa.array([None if i % 5 == 0 else i / 3 for i in n], pa.float64()),
            "rating": pa.array([i / 3 for i in n], pa.float32()),
            "title": pa.array([None if i % 4 == 0 else f"Film “{i}” 東京" for i in n]),
            "seen": pa.array([i % 2 == 0 for i in n]),
            "bytes": pa.array([bytes([i % 256, 0, 255]) for i in n], pa.binary()),
            "day": pa.array([dt.date(2024, 1, 1) + dt.timedelta(i) for i in n]),
            "rated_at": pa.array([first + dt.timedelta(seconds=i) for i in n], pa.timestamp("us", "UTC")),
            "price": pa.array([Decimal(i) / 4 for i in n], pa.decimal128(10, 2)),
            "tags": pa.array([[str(i), None] for i in n], pa.list_(pa.string())),
            "nested": pa.array([{"a": i, "b": "x"} for i in n]),
        }
    )


def types():
    write_deltalake(path("types"), every_type(0, 50))
    write_deltalake(path("types"), every_type(50, 300), mode="append")


def naive_times():
    times = [dt.datetime(2024, 1, 1, 1, 2, 3, 456789), None]
    write_deltalake(path("naive_times"), ids(0, 2, at=pa.array(times, pa.timestamp("us"))))


def partitions():
    values = [None, "Film Noir", "a/b", "x=y&z", "100% é 東", "it's \"q\" [a]*?", "2024-01-05", "NULL"]

    def part(start):
        return ids(start, start + len(values), genre=pa.array(values), year=pa.array(range(8), pa.int32()))

    write_deltalake(path("partitions"), part(0), partition_by=["genre"])
    write_deltalake(path("partitions"), part(100), mode="append")
    DeltaTable(path("partitions")).delete("genre = 'Film Noir'")


def typed_partitions():
    days = pa.array([dt.date(2024, 1, 1), dt.date(2024, 1, 2), None])
    times = pa.array([dt.datetime(2024, 1, 1, 1, 2, 3, 123456, UTC)] * 3, pa.timestamp("us", "UTC"))
    table = ids(0, 3, day=days, at=times, flag=pa.array([True, False, None]), k=pa.array([1, 2, 3], pa.int32()))
    write_deltalake(path("typed_partitions"), table, partition_by=["day", "at", "flag", "k"])


def changes():
    name = path("changes")
    write_deltalake(name, ids(0, 100, v=pa.array(range(100), pa.int64())))
    table = DeltaTable(name)
    table.delete("id % 10 = 3")
    table.update(predicate="id < 20", updates={"v": "v + 1000"})
    source = ids(90, 110, v=pa.array([7] * 20, pa.int64()))
    (
        table.merge(source, predicate="t.id = s.id", source_alias="s", target_alias="t")
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )
    for i in range(5):
        write_deltalake(name, ids(1000 + i, 1001 + i, v=pa.array([i], pa.int64())), mode="append")
    table = DeltaTable(name)
    table.optimize.compact()
    table.restore(2)


def schema_merge():
    name = path("schema_merge")
    write_deltalake(name, ids(0, 5, a=pa.array(["x"] * 5)))
    write_deltalake(name, ids(5, 9, b=pa.array([1.5] * 4)), mode="append", schema_mode="merge")
    write_deltalake(name, ids(9, 12, c=pa.array([[1]] * 3)), mode="append", schema_mode="merge")
    write_deltalake(name, ids(0, 2, z=pa.array(["new"] * 2)), mode="overwrite", schema_mode="overwrite")


def nested_merge():
    name = path("nested_merge")
    write_deltalake(name, ids(0, 2, s=pa.array([{"a": 1}] * 2), t=pa.array([[{"x": 1}]] * 2)))
    more = ids(2, 4, s=pa.array([{"a": 2, "b": "new"}, None]), t=pa.array([[{"x": 2, "y": "z"}], None]))
    write_deltalake(name, more, mode="append", schema_mode="merge")


def checkpointed():
    name = path("checkpointed")
    for i in range(25):
        write_deltalake(name, ids(i * 10, i * 10 + 10, p=pa.array([f"p{i % 3}"] * 10)), mode="append", partition_by=["p"])
        if i == 12:
            DeltaTable(name).delete("id < 35")
    DeltaTable(name).create_checkpoint()
    write_deltalake(name, ids(900, 901, p=pa.array(["p9"])), mode="append")


def cleaned_up():
    name = path("cleaned_up")
    for i in range(15):
        write_deltalake(name, ids(i, i + 1), mode="append")
    DeltaTable(name).create_checkpoint()
    write_deltalake(name, ids(99, 100), mode="append")
    for file in sorted((Path(name) / "_delta_log").glob("*.json"))[:14]:
        file.unlink()


def by_polars():
    name = path("by_polars")
    frame = pl.DataFrame({"id": [1, 2, 3], "genres": [["a", "b"], [], None], "at": [dt.datetime(2024, 1, 1)] * 3})
    frame.write_delta(name)
    frame.write_delta(name, mode="append")
    frame.head(1).write_delta(name, mode="overwrite")


def emptied():
    name = path("emptied")
    write_deltalake(name, ids(0, 5, s=pa.array(["x"] * 5)))
    DeltaTable(name).delete()


def main():
    (ROOT / "expected").mkdir(parents=True)
    makers = [types, naive_times, partitions, typed_partitions, changes, schema_merge, nested_merge, checkpointed, cleaned_up]
    for make in [*makers, by_polars, emptied]:
        make()
        name = make.__name__
        latest = DeltaTable(path(name)).version()
        oldest = 14 if name == "cleaned_up" else 0
        for version in range(oldest, latest + 1):
            rows = DeltaTable(path(name), version=version).to_pyarrow_table()
            pq.write_table(rows, ROOT / "expected" / f"theirs.{name}.{version}.parquet")


main()
