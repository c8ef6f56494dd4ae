"""RateCodeStatus: the distances of MilesPerRateCode joined with the fares, as one CSV file. One argument: the root path."""
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, sum as total

root = sys.argv[1] + "/emr-step-functions"
spark = SparkSession.builder.appName("RateCodeStatus").getOrCreate()

trips = spark.read.option("header", True).csv(f"{root}/input/tripdata.csv")
fares = trips.groupBy("rate_code_id").agg(
    total(col("fare_amount").cast("decimal(18, 2)")).alias("total_fare_amount")
)
distances = spark.read.parquet(f"{root}/miles-per-rate")
status = fares.join(distances, fares.rate_code_id == distances.rate_code).select(
    "rate_code_id", "total_distance", "total_fare_amount"
)
status.orderBy("rate_code_id").coalesce(1).write.option("header", True).csv(f"{root}/rate-code-status")
spark.stop()
