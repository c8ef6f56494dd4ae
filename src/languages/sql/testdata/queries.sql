SELECT a, count(*) FROM (VALUES (1, 'x'), (1, 'y'), (2, 'z')) AS t(a, b) GROUP BY a ORDER BY 2 DESC, a
--> [1,"2"]
--> [2,"1"]
SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x
--> [1]
--> [2]
--> [null]
SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x DESC
--> [2]
--> [1]
--> [null]
SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x DESC NULLS FIRST LIMIT 1
--> [null]
SELECT DISTINCT x % 2 AS parity FROM (VALUES 1, 2, 3) t(x) ORDER BY parity
--> [0]
--> [1]
SELECT x AS a, count(*) AS c FROM (VALUES 1, 1, 2) t(x) GROUP BY 1 HAVING count(*) > 1
--> [1,"2"]
SELECT a, b, sum(c) AS s FROM (VALUES (1, 2, 3), (1, 3, 4)) t(a, b, c) GROUP BY ROLLUP (a, b) ORDER BY a, b
--> [1,2,"3"]
--> [1,3,"4"]
--> [1,null,"7"]
--> [null,null,"7"]
SELECT a, b, grouping(a, b) FROM (VALUES (1, 2)) t(a, b) GROUP BY GROUPING SETS ((a), (b), ()) ORDER BY 3
--> [1,null,"1"]
--> [null,2,"2"]
--> [null,null,"3"]
SELECT count(*) FROM (VALUES (1, 2), (3, 4)) t(a, b) GROUP BY CUBE (a, b) ORDER BY 1 DESC LIMIT 1
--> ["2"]
SELECT sum(x), avg(x), min(x), max(x), count(DISTINCT x), count(x) FROM (VALUES 1, 2, 2, NULL) t(x)
--> ["5",1.6666666666666667,1,2,"2","3"]
SELECT sum(x), avg(x), sum(CAST(x AS double)) FROM (VALUES 1.10, 2.25) t(x)
--> ["3.35","1.68",3.35]
SELECT count(*) FILTER (WHERE x > 1), count_if(x > 1), sum(x) FILTER (WHERE x > 100), bool_and(x > 0), every(x > 1), bool_or(x > 2) FROM (VALUES 1, 2, 3) t(x)
--> ["2","2",null,true,false,true]
SELECT array_agg(x ORDER BY x DESC), max_by(y, x), min_by(y, x), max(x, 2), arbitrary(1), listagg(y, ',') WITHIN GROUP (ORDER BY y DESC) FROM (VALUES (1, 'a'), (2, 'b'), (3, 'c')) t(x, y)
--> [[3,2,1],"c","a",[3,2],1,"c,b,a"]
SELECT map_agg(k, v)['a'], multimap_agg(k, v)['a'], histogram(k)['a'], approx_distinct(k), array_agg(DISTINCT k ORDER BY k) FROM (VALUES ('a', 1), ('b', 2), ('a', 3)) t(k, v)
--> [1,[1,3],"2","2",["a","b"]]
SELECT round(stddev(x), 6), round(variance(x), 6), round(stddev_pop(x), 6), round(var_pop(x), 6), corr(x, x), round(covar_pop(x, x), 6), approx_percentile(x, 0.5), round(geometric_mean(x), 6) FROM (VALUES 2, 4, 8) t(x)
--> [3.05505,9.333333,2.494438,6.222222,1,6.222222,"4",4]
SELECT regr_slope(y, x), regr_intercept(y, x), round(skewness(x), 6) FROM (VALUES (1e0, 2e0), (2e0, 4e0), (6e0, 12e0)) t(x, y)
--> [2,0,0.595170]
SELECT x, row_number() OVER (ORDER BY x), rank() OVER (ORDER BY x), dense_rank() OVER (ORDER BY x), ntile(2) OVER (ORDER BY x) FROM (VALUES 1, 1, 2) t(x) ORDER BY 2
--> [1,"1","1","1","1"]
--> [1,"2","1","1","1"]
--> [2,"3","3","2","2"]
SELECT x, sum(x) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), lag(x) OVER (ORDER BY x), lead(x, 1, 0) OVER (ORDER BY x), first_value(x) OVER w, last_value(x) OVER w FROM (VALUES 1, 2, 3) t(x) WINDOW w AS (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) ORDER BY 1
--> [1,"1",null,2,1,3]
--> [2,"3",1,3,1,3]
--> [3,"6",2,0,1,3]
SELECT g, x, sum(x) OVER (PARTITION BY g), count(*) OVER () FROM (VALUES ('a', 1), ('a', 2), ('b', 5)) t(g, x) ORDER BY g, x
--> ["a",1,"3","3"]
--> ["a",2,"3","3"]
--> ["b",5,"5","3"]
SELECT g, sum(x), rank() OVER (ORDER BY sum(x) DESC) FROM (VALUES ('a', 1), ('a', 2), ('b', 5)) t(g, x) GROUP BY g ORDER BY g
--> ["a","3","2"]
--> ["b","5","1"]
SELECT last_value(x) IGNORE NULLS OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM (VALUES (1, 7), (2, NULL)) t(n, x) ORDER BY n
--> [7]
--> [7]
SELECT * FROM (VALUES (1, 2)) a(x, y) JOIN (VALUES (1, 3)) b(x, z) USING (x)
--> [1,2,3]
SELECT a.x, b.z FROM (VALUES 1, 2) a(x) LEFT JOIN (VALUES (1, 3)) b(x, z) ON a.x = b.x ORDER BY 1
--> [1,3]
--> [2,null]
SELECT x, a.v, b.v FROM (VALUES (1, 'l')) a(x, v) FULL OUTER JOIN (VALUES (2, 'r')) b(x, v) USING (x) ORDER BY x
--> [1,"l",null]
--> [2,null,"r"]
SELECT a.x, b.y FROM (VALUES 1, 2) a(x) CROSS JOIN (VALUES 'p') b(y) ORDER BY 1
--> [1,"p"]
--> [2,"p"]
SELECT t.x, l.m FROM (VALUES 1, 2) t(x) CROSS JOIN LATERAL (SELECT t.x * 10 AS m) l ORDER BY 1
--> [1,10]
--> [2,20]
SELECT x FROM (VALUES 1, 2, 3) t(x) WHERE x IN (SELECT y FROM (VALUES 2, 3) u(y)) AND EXISTS (SELECT 1 FROM (VALUES 2) v(z) WHERE v.z = t.x)
--> [2]
SELECT x FROM (VALUES 1, 2, 3) t(x) WHERE x > ALL (SELECT y FROM (VALUES 1, 2) u(y)) OR x = ANY (VALUES 1) ORDER BY 1
--> [1]
--> [3]
SELECT x, (SELECT count(*) FROM (VALUES 1, 2, 3) u(y) WHERE u.y < t.x) AS c FROM (VALUES 1, 3) t(x) ORDER BY 1
--> [1,"0"]
--> [3,"2"]
WITH a AS (SELECT 1 AS x), b(y) AS (SELECT x + 1 FROM a) SELECT a.x, b.y FROM a, b
--> [1,2]
WITH t AS (SELECT 1 AS x) SELECT * FROM (WITH t AS (SELECT 2 AS x) SELECT x FROM t) u, t
--> [2,1]
WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n), max(n) FROM t
--> ["15",5]
SELECT 1 UNION SELECT 1 UNION ALL SELECT 2 ORDER BY 1
--> [1]
--> [2]
SELECT 1 AS a INTERSECT SELECT 1 EXCEPT SELECT 2
--> [1]
(SELECT 1 AS v UNION ALL SELECT 2.5) ORDER BY v DESC LIMIT 1
--> ["2.5"]
VALUES (1, 'a'), (2, 'b')
--> [1,"a"]
--> [2,"b"]
SELECT x FROM (VALUES 1, 2, 3, 4) t(x) ORDER BY x OFFSET 1 LIMIT 2
--> [2]
--> [3]
SELECT x FROM (VALUES 1, 2, 3) t(x) ORDER BY x OFFSET 2 ROWS FETCH FIRST 1 ROW ONLY
--> [3]
SELECT x + 1 AS y FROM (VALUES 1, 2) t(x) ORDER BY y DESC, x + 5
--> [3]
--> [2]
SELECT upper(b) AS u, count(*) FROM (VALUES 'a', 'A', 'b') t(b) GROUP BY upper(b) ORDER BY count(*) DESC, u
--> ["A","2"]
--> ["B","1"]
SELECT a / b FROM (VALUES (6, 3), (7, 2)) t(a, b) GROUP BY a / b ORDER BY 1
--> [2]
--> [3]
SELECT t.* FROM (VALUES (1, 2)) t(a, b)
--> [1,2]
SELECT r.* FROM (SELECT CAST(ROW(1, 'x') AS ROW(a integer, b varchar)) AS r)
--> [1,"x"]
SELECT a.*, b.y FROM (VALUES 1) a(x), (VALUES 2) b(y)
--> [1,2]
SELECT "Mixed Case" FROM (SELECT 1 AS "Mixed Case")
--> [1]
SELECT count(*) FROM (VALUES 1, 2) t(x) TABLESAMPLE BERNOULLI (100)
--> ["2"]
SELECT CASE WHEN x > 1 THEN 'big' ELSE 'small' END AS size, count(*) FROM (VALUES 1, 2, 3) t(x) GROUP BY CASE WHEN x > 1 THEN 'big' ELSE 'small' END ORDER BY 1
--> ["big","2"]
--> ["small","1"]
SELECT sum(x) * 1.0 / count(*), sum(x) / count(*) FROM (VALUES 1, 2) t(x)
--> ["1.5","1"]
SELECT max(x) FROM (VALUES 1) t(x) WHERE x > 5
--> [null]
SELECT count(*), sum(x) FROM (SELECT 1 AS x WHERE false)
--> ["0",null]
SELECT ((SELECT 1) + 1), (((2)))
--> [2,2]
TABLE nums
--> [1]
--> [2]
SELECT n FROM nums WHERE n < 2 ORDER BY 'literal'
--> [1]
SELECT n FROM nums WHERE n < 2 UNION ALL SELECT 7 WHERE false ORDER BY 'literal'
--> [1]
