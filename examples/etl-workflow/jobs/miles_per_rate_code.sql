-- MilesPerRateCode: the distance of all trips, summed for each rate code, as Parquet. One argument: the root path.
CREATE EXTERNAL TABLE trips (
  vendor_id string, pickup_datetime string, dropoff_datetime string, passenger_count int, trip_distance decimal(18, 2), rate_code_id string)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION '${1}/emr-step-functions/input/'
TBLPROPERTIES ('skip.header.line.count' = '1');

UNLOAD (SELECT nullif(rate_code_id, '') AS rate_code, sum(trip_distance) AS total_distance FROM trips GROUP BY 1)
TO '${1}/emr-step-functions/miles-per-rate/'
WITH (format = 'PARQUET');
