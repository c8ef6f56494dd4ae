"""MilesPerRateCode: the distance of all trips, summed for each rate code, as Parquet. One argument: the root path."""
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, sum as total

root = sys.argv[1] + "/emr-step-functions"
spark = SparkSession.builder.appName("MilesPerRateCode").getOrCreate()

trips = spark.read.option("header", True).csv(f"{root}/input/tripdata.csv")
distances = trips.groupBy(col("rate_code_id").alias("rate_code")).agg(
    total(col("trip_distance").cast("decimal(18, 2)")).alias("total_distance")
)
distances.write.parquet(f"{root}/miles-per-rate")
spark.stop()
