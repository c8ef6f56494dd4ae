"""A data scientist's day with the AWS SDK for pandas: datasets, their tables, and queries in the three ways it has."""
import datetime
import decimal
import sys

import awswrangler as wr
import boto3
import pandas as pd

bucket, database, table = "wrangler", "wrangler_db", "rides"
wr.config.athena_query_wait_polling_delay = 0.05
boto3.client("s3").create_bucket(Bucket=bucket)
wr.catalog.create_database(database)
out = {"s3_output": f"s3://{bucket}/results/"}

rides = pd.DataFrame(
    {
        "id": range(10),
        "driver": [None if n == 3 else f"driver {n}" for n in range(10)],
        "at": pd.date_range("2024-01-01", periods=10, freq="h"),
        "day": [datetime.date(2024, 1, 1 + n) for n in range(10)],
        "fare": [decimal.Decimal("1.25")] * 10,
        "tags": [["a", "b"]] * 10,
        "zone": [f"z{n % 2}" for n in range(10)],
    }
)
where = {"path": f"s3://{bucket}/rides/", "dataset": True, "database": database, "table": table, "partition_cols": ["zone"]}
wr.s3.to_parquet(rides, mode="overwrite", glue_table_settings={"description": "of a day", "columns_comments": {"id": "the key"}}, **where)
wr.s3.to_parquet(rides.assign(tip=1.5), mode="append", **where)
wr.s3.to_parquet(rides.assign(tip=2.5), mode="overwrite_partitions", **where)
assert len(wr.s3.read_parquet(where["path"], dataset=True)) == 10

select = f"SELECT id, driver, at, day, fare, tags, zone, tip FROM {table} ORDER BY id"
plain = f"SELECT id, driver, at, day, fare, zone, tip FROM {table} ORDER BY id"
by_table = wr.athena.read_sql_query(select, database, ctas_approach=True, **out)
by_unload = wr.athena.read_sql_query(select, database, ctas_approach=False, unload_approach=True, s3_output=f"s3://{bucket}/unload/")
by_csv = wr.athena.read_sql_query(plain, database, ctas_approach=False, **out)
for frame in (by_table, by_unload, by_csv):
    frame = frame.sort_values("id")
    assert frame["fare"].tolist() == rides["fare"].tolist(), frame
    assert frame["day"].tolist() == rides["day"].tolist(), frame
    assert frame["driver"].isna().tolist() == rides["driver"].isna().tolist(), frame
    assert (frame["at"].to_numpy() == rides["at"].to_numpy()).all(), frame
assert list(by_table["tags"].iloc[0]) == ["a", "b"]
assert [len(part) for part in wr.athena.read_sql_query(plain, database, ctas_approach=False, chunksize=4, **out)] == [4, 4, 2]
assert len(wr.athena.read_sql_query(f"SELECT id FROM {table} WHERE driver = :who", database, params={"who": "driver 4"}, **out)) == 1
assert len(wr.athena.read_sql_query(f"SELECT id FROM {table} WHERE id < 0", database, ctas_approach=False, **out)) == 0

assert wr.catalog.get_table_types(database, table)["fare"] == "decimal(3,2)"
assert wr.catalog.get_columns_comments(database, table)["id"] == "the key"
assert not wr.catalog.does_table_exist(database, "absent")
assert len(wr.catalog.get_partitions(database, table, expression="zone = 'z1'")) == 1
assert table in set(wr.catalog.tables(database=database)["Table"])
wr.catalog.add_column(database, table, "note", "string", column_comment="new")
wr.catalog.delete_column(database, table, "note")
wr.catalog.upsert_table_parameters({"owner": "ann"}, database, table)
wr.catalog.delete_all_partitions(table, database)
wr.athena.repair_table(table, database, **out)
assert len(wr.catalog.get_partitions(database, table)) == 2
assert "id" in set(wr.athena.describe_table(table, database, **out)["Column Name"])
assert "EXTERNAL TABLE" in wr.athena.show_create_table(table, database, **out)
wr.s3.delete_objects(f"s3://{bucket}/")
assert wr.s3.list_objects(f"s3://{bucket}/") == []
print("rides", len(by_table), file=sys.stdout)
