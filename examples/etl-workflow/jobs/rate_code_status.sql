-- RateCodeStatus: the distances of MilesPerRateCode joined with the fares, as one CSV file. One argument: the root path.
CREATE EXTERNAL TABLE trips (
  vendor_id string, pickup_datetime string, dropoff_datetime string, passenger_count int, trip_distance decimal(18, 2), rate_code_id string,
  store_and_fwd_flag string, pickup_location_id int, dropoff_location_id int, payment_type int, fare_amount decimal(18, 2))
ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
LOCATION '${1}/emr-step-functions/input/'
TBLPROPERTIES ('skip.header.line.count' = '1');

CREATE EXTERNAL TABLE distances (rate_code string, total_distance decimal(38, 2))
STORED AS PARQUET
LOCATION '${1}/emr-step-functions/miles-per-rate/';

UNLOAD (
  WITH fares AS (SELECT nullif(rate_code_id, '') AS rate_code_id, sum(fare_amount) AS total_fare_amount FROM trips GROUP BY 1),
  lines AS (
    SELECT 0 AS line, 'rate_code_id' AS rate_code_id, 'total_distance' AS total_distance, 'total_fare_amount' AS total_fare_amount
    UNION ALL
    SELECT 1, rate_code_id, CAST(total_distance AS varchar), CAST(total_fare_amount AS varchar)
    FROM fares JOIN distances ON rate_code_id = rate_code)
  SELECT rate_code_id, total_distance, total_fare_amount FROM lines ORDER BY line, rate_code_id)
TO '${1}/emr-step-functions/rate-code-status/'
WITH (format = 'TEXTFILE', field_delimiter = ',', compression = 'NONE');
