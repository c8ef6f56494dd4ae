"""PyAthena: the DB-API and its cursors, SQLAlchemy's reflection and statements, pandas on both."""
import datetime
import decimal
import sys
from urllib.parse import quote_plus

import boto3
import pandas as pd
import pyathena
from pyathena import connect
from pyathena.async_cursor import AsyncCursor
from pyathena.cursor import DictCursor
from pyathena.pandas.cursor import PandasCursor
from sqlalchemy import Column, MetaData, Table, create_engine, func, inspect, select, text, types
from sqlalchemy.exc import NoSuchTableError

staging = "s3://dbapi/results/"
boto3.client("s3").create_bucket(Bucket="dbapi")
boto3.client("glue").create_database(DatabaseInput={"Name": "dbapi"})
to = {"s3_staging_dir": staging, "region_name": "us-east-1", "schema_name": "dbapi", "poll_interval": 0.05}

cursor = connect(**to).cursor()
cursor.execute("CREATE EXTERNAL TABLE rides (id int, driver string, fare decimal(5,2), day date) STORED AS PARQUET LOCATION 's3://dbapi/rides/'")
cursor.execute("INSERT INTO rides VALUES (1, 'it''s', DECIMAL '1.50', DATE '2024-01-01'), (2, NULL, DECIMAL '2.50', DATE '2024-01-02')")
row = cursor.execute("SELECT * FROM rides ORDER BY id").fetchone()
assert row == (1, "it's", decimal.Decimal("1.50"), datetime.date(2024, 1, 1)), row
assert [(name, kind) for name, kind, *_ in cursor.description][2] == ("fare", "decimal")
assert cursor.execute("SELECT id FROM rides WHERE driver = %(who)s", {"who": "it's"}).fetchall() == [(1,)]
assert cursor.execute("SELECT id FROM rides WHERE id > ?", ["1"], paramstyle="qmark").fetchall() == [(2,)]
answer = cursor.execute("SELECT true, 1.5e0, ARRAY[1, 2], TIMESTAMP '2024-01-02 03:04:05.678', x'0102', JSON '{\"a\":1}', NULL").fetchone()
assert answer == (True, 1.5, [1, 2], datetime.datetime(2024, 1, 2, 3, 4, 5, 678000), b"\x01\x02", {"a": 1}, None), answer
assert connect(cursor_class=DictCursor, **to).cursor().execute("SELECT 1 AS one").fetchall() == [{"one": 1}]
frame = connect(cursor_class=PandasCursor, **to).cursor().execute("SELECT * FROM rides").as_pandas()
unloaded = connect(cursor_class=PandasCursor, **to).cursor(unload=True).execute("SELECT * FROM rides").as_pandas()
assert frame.shape == unloaded.shape == (2, 4)
query, future = connect(cursor_class=AsyncCursor, **to).cursor().execute("SELECT 7")
assert future.result().fetchall() == [(7,)]
for _ in range(2):
    cursor.execute("SELECT 42", result_reuse_enable=True, result_reuse_minutes=10)
assert cursor.reused_previous_result
try:
    cursor.execute("SELECT absent FROM rides")
    raise AssertionError("a column that is absent was found")
except pyathena.OperationalError as error:
    assert "COLUMN_NOT_FOUND" in str(error), error

engine = create_engine(f"awsathena+rest://@athena.us-east-1.amazonaws.com:443/dbapi?s3_staging_dir={quote_plus(staging)}&poll_interval=0.05&location={quote_plus('s3://dbapi/frames/')}&file_format=parquet")
seen = inspect(engine)
assert seen.get_table_names() == ["rides"] and not seen.has_table("absent")
try:
    Table("absent", MetaData(), autoload_with=engine)
    raise AssertionError("a table that is absent was reflected")
except NoSuchTableError:
    pass
made = Table("made", MetaData(), Column("id", types.Integer), Column("part", types.String, awsathena_partition=True), awsathena_location="s3://dbapi/made/", awsathena_file_format="PARQUET")
made.drop(engine, checkfirst=True)
made.create(engine)
rides = Table("rides", MetaData(), autoload_with=engine)
with engine.connect() as connection:
    connection.execute(made.insert(), [{"id": 1, "part": "x"}, {"id": 2, "part": "y"}])
    assert connection.execute(select(func.count()).select_from(made)).scalar() == 2
    assert connection.execute(select(func.sum(rides.c.fare))).scalar() == decimal.Decimal("4.00")
    connection.execute(text("CREATE OR REPLACE VIEW cheap AS SELECT id, upper(driver) AS driver FROM rides"))
    assert connection.execute(text("SELECT count(*) FROM cheap")).scalar() == 2
assert inspect(engine).get_view_names() == ["cheap"]
made.drop(engine)
pd.DataFrame({"a": [1, 2], "b": ["x", None]}).to_sql("frames", engine, if_exists="append", index=False, method="multi", schema="dbapi")
assert len(pd.read_sql("SELECT * FROM frames", engine)) == 2
print("rides", len(frame), file=sys.stdout)
