SELECT date_add('day', -1, DATE '2020-01-01'), date_add('month', 1, DATE '2020-01-31'), date_add('hour', 25, TIMESTAMP '2020-01-01 00:00:00'), date_add('quarter', 1, DATE '2020-01-01'), date_add('week', 1, DATE '2020-01-01'), date_add('year', -1, DATE '2020-02-29')
--> ["2019-12-31","2020-02-29","2020-01-02 01:00:00","2020-04-01","2020-01-08","2019-02-28"]
SELECT date_diff('day', TIMESTAMP '2020-01-01 12:00:00', TIMESTAMP '2020-01-02 11:00:00'), date_diff('month', DATE '2020-01-31', DATE '2020-02-28'), date_diff('year', DATE '2019-06-01', DATE '2020-05-31'), date_diff('hour', TIMESTAMP '2020-01-01 00:59:00', TIMESTAMP '2020-01-01 01:01:00'), date_diff('day', DATE '2020-03-01', DATE '2020-02-01')
--> ["0","0","0","0","-29"]
SELECT date_trunc('month', TIMESTAMP '2020-02-03 04:05:06'), date_trunc('week', DATE '2020-01-01'), date_trunc('hour', TIMESTAMP '2020-02-03 04:05:06'), date_trunc('year', DATE '2020-05-05'), date_trunc('quarter', DATE '2020-05-05')
--> ["2020-02-01 00:00:00","2019-12-30","2020-02-03 04:00:00","2020-01-01","2020-04-01"]
SELECT EXTRACT(DOW FROM DATE '2020-01-05'), EXTRACT(YEAR FROM DATE '2020-01-05'), day_of_week(DATE '2020-01-06'), week(DATE '2021-01-01'), year_of_week(DATE '2021-01-01'), quarter(DATE '2020-05-01'), day_of_year(DATE '2020-12-31'), month(DATE '2020-05-01'), day(DATE '2020-05-07')
--> ["7","2020","1","53","2020","2","366","5","7"]
SELECT EXTRACT(HOUR FROM TIMESTAMP '2020-01-01 13:14:15.678'), minute(TIMESTAMP '2020-01-01 13:14:15.678'), second(TIMESTAMP '2020-01-01 13:14:15.678'), millisecond(TIMESTAMP '2020-01-01 13:14:15.678')
--> ["13","14","15","678"]
SELECT date_format(TIMESTAMP '2020-01-02 03:04:05', '%Y-%m-%d %H:%i:%s'), date_format(TIMESTAMP '2020-01-02 15:04:05', '%W %M %e %Y %l:%i %p'), date_format(DATE '2020-01-02', '%y%j')
--> ["2020-01-02 03:04:05","Thursday January 2 2020 3:04 PM","20002"]
SELECT date_parse('2020-01-02 03:04:05', '%Y-%m-%d %H:%i:%s'), date_parse('02/01/2020', '%d/%m/%Y'), format_datetime(TIMESTAMP '2020-01-02 03:04:05', 'yyyy-MM-dd''T''HH:mm:ss'), format_datetime(TIMESTAMP '2020-01-02 03:04:05', 'EEE, d MMM yy'), parse_datetime('2020-01-02', 'yyyy-MM-dd')
--> ["2020-01-02 03:04:05","2020-01-02 00:00:00","2020-01-02T03:04:05","Thu, 2 Jan 20","2020-01-02 00:00:00+00"]
SELECT from_iso8601_timestamp('2020-05-11T11:15:05Z'), from_iso8601_date('2020-05-11'), to_iso8601(DATE '2020-05-11'), to_iso8601(TIMESTAMP '2020-05-11 11:15:05'), to_iso8601(from_iso8601_timestamp('2020-05-11T11:15:05+02:00'))
--> ["2020-05-11 11:15:05+00","2020-05-11","2020-05-11","2020-05-11T11:15:05.000","2020-05-11T09:15:05.000Z"]
SELECT from_unixtime(1577934245), to_unixtime(TIMESTAMP '2020-01-02 03:04:05'), from_unixtime(1.5)
--> ["2020-01-02 03:04:05+00",1577934245,"1970-01-01 00:00:01.5+00"]
SELECT hour(TIMESTAMP '2020-01-01 00:00:00 UTC' AT TIME ZONE 'America/New_York'), CAST(TIMESTAMP '2020-07-01 00:00:00 UTC' AT TIME ZONE 'Europe/Paris' AS varchar), date_trunc('day', TIMESTAMP '2020-01-01 03:00:00 UTC' AT TIME ZONE 'America/New_York'), CAST(TIMESTAMP '2020-01-01 03:00:00 UTC' AT TIME ZONE 'America/New_York' AS date)
--> ["19","2020-07-01 02:00:00 Europe/Paris","2019-12-31 05:00:00+00","2019-12-31"]
SELECT TIMESTAMP '2020-01-01 00:00:00 America/New_York' = TIMESTAMP '2020-01-01 05:00:00 UTC', at_timezone(TIMESTAMP '2020-01-01 00:00:00 UTC', 'Asia/Tokyo') = TIMESTAMP '2020-01-01 09:00:00 +09:00', with_timezone(TIMESTAMP '2020-01-01 00:00:00', 'Asia/Tokyo') = TIMESTAMP '2019-12-31 15:00:00 UTC'
--> [true,true,true]
SELECT DATE '2020-01-31' + INTERVAL '1' MONTH, DATE '2020-01-01' - INTERVAL '1' DAY, TIMESTAMP '2020-01-01 00:00:00' + INTERVAL '90' MINUTE, TIMESTAMP '2020-01-02 00:00:00' - TIMESTAMP '2020-01-01 12:00:00' = INTERVAL '12' HOUR
--> ["2020-02-29","2019-12-31","2020-01-01 01:30:00",true]
SELECT INTERVAL '3' DAY = INTERVAL '72' HOUR, INTERVAL '1' YEAR = INTERVAL '12' MONTH, CAST(INTERVAL '1' DAY AS varchar), CAST(INTERVAL '1-6' YEAR TO MONTH AS varchar), INTERVAL '2' DAY * 2 = INTERVAL '4' DAY, CAST(INTERVAL -'1 02:03:04.567' DAY TO SECOND AS varchar)
--> [true,true,"1 00:00:00.000","1-6",true,"-1 02:03:04.567"]
SELECT last_day_of_month(DATE '2020-02-05'), date(TIMESTAMP '2020-02-05 10:00:00'), date('2020-02-05'), TIME '01:02:03' < TIME '02:00:00', current_date - INTERVAL '1' DAY
--> ["2020-02-29","2020-02-05","2020-02-05",true,"2026-01-01"]
SELECT DATE '2020-01-01' < TIMESTAMP '2020-01-01 00:00:01', DATE '2020-01-01' = TIMESTAMP '2020-01-01 00:00:00', now() > date_add('day', -1, now()), localtimestamp
--> [true,true,true,"2026-01-02 03:04:05.678"]
SELECT sequence(DATE '2020-01-01', DATE '2020-01-03'), sequence(DATE '2020-01-01', DATE '2020-03-01', INTERVAL '1' MONTH), cardinality(sequence(TIMESTAMP '2020-01-01 00:00:00', TIMESTAMP '2020-01-01 02:00:00', INTERVAL '1' HOUR))
--> [["2020-01-01","2020-01-02","2020-01-03"],["2020-01-01","2020-02-01","2020-03-01"],"3"]
SELECT parse_datetime('2018-07-02T22:23:00.186641Z', 'yyyy-MM-dd''T''HH:mm:ss.SSSSSS''Z')
--> ["2018-07-02 22:23:00.186641+00"]
