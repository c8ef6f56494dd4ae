SELECT count(*) FROM sales
--> ["5"]
SELECT region, sum(amount) FROM sales GROUP BY region ORDER BY region
--> ["east","30.50"]
--> ["west","20.00"]
--> [null,"1.00"]
SELECT region, count(*) AS n FROM sales WHERE region IS NOT NULL GROUP BY region HAVING sum(amount) > 25 ORDER BY n
--> ["east","2"]
SELECT id FROM sales WHERE amount BETWEEN 5 AND 15 ORDER BY id
--> [1]
--> [3]
--> [4]
SELECT id FROM sales WHERE region <> 'east' ORDER BY id
--> [3]
--> [4]
SELECT id FROM sales WHERE region IS DISTINCT FROM 'east' ORDER BY id
--> [3]
--> [4]
--> [5]
SELECT id FROM sales WHERE region NOT IN ('east', NULL)
SELECT id FROM sales WHERE "when" >= DATE '2020-02-01' ORDER BY id
--> [3]
--> [4]
--> [5]
SELECT id FROM sales WHERE year("when") = 2020 AND month("when") = 1 ORDER BY id
--> [1]
--> [2]
SELECT date_trunc('month', "when") AS m, count(*) FROM sales GROUP BY 1 ORDER BY 1
--> ["2020-01-01","2"]
--> ["2020-02-01","2"]
--> ["2021-03-01","1"]
SELECT date_format("when", '%Y-%m') AS m, max(amount) FROM sales GROUP BY date_format("when", '%Y-%m') ORDER BY m
--> ["2020-01","20.50"]
--> ["2020-02","10.00"]
--> ["2021-03","1.00"]
SELECT id, tag FROM sales CROSS JOIN UNNEST(tags) AS t(tag) WHERE id < 3 ORDER BY id, tag
--> [1,"a"]
--> [1,"b"]
--> [2,"b"]
SELECT tag, count(*) FROM sales, UNNEST(tags) AS t(tag) GROUP BY tag ORDER BY 2 DESC, 1
--> ["b","2"]
--> ["a","1"]
SELECT id FROM sales WHERE contains(tags, 'b') ORDER BY id
--> [1]
--> [2]
SELECT id, cardinality(tags) FROM sales WHERE id IN (1, 4) ORDER BY id
--> [1,"2"]
--> [4,"0"]
SELECT id, tags[1] FROM sales WHERE cardinality(tags) > 0 ORDER BY id
--> [1,"a"]
--> [2,"b"]
SELECT id, element_at(tags, 2) FROM sales WHERE id < 3 ORDER BY id
--> [1,"b"]
--> [2,null]
SELECT id, json_extract_scalar(doc, '$.k') FROM sales ORDER BY id LIMIT 3
--> [1,"v1"]
--> [2,null]
--> [3,null]
SELECT id, CAST(json_extract(doc, '$.n') AS integer) + 1 FROM sales WHERE id = 1
--> [1,8]
SELECT id, CAST(json_extract(doc, '$.l') AS array(integer))[2] FROM sales WHERE id = 1
--> [1,20]
SELECT id, n FROM sales CROSS JOIN UNNEST(CAST(json_extract(doc, '$.l') AS array(integer))) AS t(n) WHERE id = 1 ORDER BY n
--> [1,10]
--> [1,20]
SELECT id, rank() OVER (PARTITION BY region ORDER BY amount DESC) AS r FROM sales WHERE region IS NOT NULL ORDER BY id
--> [1,"2"]
--> [2,"1"]
--> [3,"1"]
--> [4,"1"]
SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY region ORDER BY id) AS rn FROM sales) WHERE rn = 1 ORDER BY id
--> [1]
--> [3]
--> [5]
SELECT id, sum(amount) OVER (ORDER BY id) FROM sales ORDER BY id
--> [1,"10.00"]
--> [2,"30.50"]
--> [3,"40.50"]
--> [4,"50.50"]
--> [5,"51.50"]
SELECT id, amount - lag(amount) OVER (ORDER BY id) FROM sales ORDER BY id LIMIT 2
--> [1,null]
--> [2,"10.50"]
SELECT id, avg(amount) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM sales ORDER BY id LIMIT 2
--> [1,"15.25"]
--> [2,"13.50"]
SELECT id, date_diff('day', "when", DATE '2020-03-01') FROM sales ORDER BY id LIMIT 2
--> [1,"55"]
--> [2,"31"]
SELECT id FROM sales s WHERE EXISTS (SELECT 1 FROM regions r WHERE r.name = s.region AND r.open) ORDER BY id
--> [1]
--> [2]
SELECT id FROM sales s WHERE NOT EXISTS (SELECT 1 FROM regions r WHERE r.name = s.region) ORDER BY id
--> [5]
SELECT s.id, r.boss FROM sales s JOIN regions r ON s.region = r.name WHERE r.open ORDER BY s.id
--> [1,"ann"]
--> [2,"ann"]
SELECT s.id, r.boss FROM sales s LEFT JOIN regions r ON s.region = r.name AND r.open ORDER BY s.id LIMIT 3
--> [1,"ann"]
--> [2,"ann"]
--> [3,null]
SELECT r.name, count(s.id) FROM sales s RIGHT JOIN regions r ON s.region = r.name GROUP BY r.name ORDER BY r.name
--> ["east","2"]
--> ["north","0"]
--> ["west","2"]
SELECT name, boss FROM regions WHERE name = (SELECT region FROM sales WHERE id = 1)
--> ["east","ann"]
SELECT region, (SELECT boss FROM regions r WHERE r.name = s.region) FROM sales s WHERE id IN (1, 5) ORDER BY id
--> ["east","ann"]
--> [null,null]
SELECT DISTINCT region FROM sales ORDER BY region NULLS FIRST
--> [null]
--> ["east"]
--> ["west"]
SELECT count(DISTINCT region), count(region), count(*) FROM sales
--> ["2","4","5"]
SELECT max_by(id, amount), min_by(id, amount) FROM sales
--> [2,5]
SELECT region, array_agg(id ORDER BY id) FROM sales GROUP BY region ORDER BY region
--> ["east",[1,2]]
--> ["west",[3,4]]
--> [null,[5]]
SELECT array_agg(region ORDER BY id) FROM sales
--> [["east","east","west","west",null]]
SELECT map_agg(name, boss)['west'] FROM regions
--> ["bob"]
SELECT listagg(name, '; ') WITHIN GROUP (ORDER BY name) FROM regions
--> ["east; north; west"]
SELECT sum(CASE WHEN region = 'east' THEN 1 ELSE 0 END), sum(IF(region = 'west', amount)) FROM sales
--> ["2","20.00"]
SELECT count(*) FILTER (WHERE amount > 5) * 100.0 / count(*) FROM sales
--> ["80.0"]
SELECT amount / 3, amount * 2, amount + 1, -amount FROM sales WHERE id = 1
--> ["3.33","20.00","11.00","-10.00"]
SELECT id / 2, id % 2, CAST(id AS double) / 2 FROM sales WHERE id = 3
--> [1,1,1.5]
SELECT round(amount / 3, 1), floor(amount / 3), ceil(amount / 3) FROM sales WHERE id = 2
--> ["6.80","6","7"]
SELECT CAST(amount AS varchar), CAST(amount AS integer), CAST(amount AS double) FROM sales WHERE id = 2
--> ["20.50",21,20.5]
SELECT concat(region, '-', CAST(id AS varchar)) FROM sales WHERE id IN (1, 5) ORDER BY id
--> ["east-1"]
--> [null]
SELECT coalesce(region, 'none') AS r, count(*) FROM sales GROUP BY coalesce(region, 'none') ORDER BY r
--> ["east","2"]
--> ["none","1"]
--> ["west","2"]
SELECT upper(substr(region, 1, 1)) || substr(region, 2) FROM sales WHERE id = 1
--> ["East"]
SELECT id FROM sales WHERE region LIKE 'e%' AND NOT region LIKE '%x' ORDER BY id
--> [1]
--> [2]
SELECT id FROM sales WHERE regexp_like(region, '^(ea|no)') ORDER BY id
--> [1]
--> [2]
WITH totals AS (SELECT region, sum(amount) AS total FROM sales GROUP BY region) SELECT region FROM totals WHERE total = (SELECT max(total) FROM totals)
--> ["east"]
WITH a AS (SELECT id FROM sales WHERE id < 3), b AS (SELECT id FROM a WHERE id > 1) SELECT * FROM b
--> [2]
SELECT id FROM sales WHERE id < 2 UNION ALL SELECT id FROM sales WHERE id > 4 ORDER BY id
--> [1]
--> [5]
SELECT region FROM sales EXCEPT SELECT name FROM regions
--> [null]
SELECT region FROM sales INTERSECT SELECT name FROM regions ORDER BY 1
--> ["east"]
--> ["west"]
SELECT region, id % 2 AS odd, count(*) FROM sales WHERE id < 5 GROUP BY CUBE (region, id % 2) ORDER BY 3 DESC, 1, 2 LIMIT 3
--> [null,null,"4"]
--> ["east",null,"2"]
--> ["west",null,"2"]
SELECT a.id, b.id FROM sales a JOIN sales b ON a.region = b.region AND a.id < b.id ORDER BY 1
--> [1,2]
--> [3,4]
SELECT * FROM regions ORDER BY name LIMIT 1
--> ["east","ann",true]
SELECT R.NAME FROM Regions AS r WHERE R.Open
--> ["east"]
SELECT name AS "Region Name" FROM default.regions WHERE awsdatacatalog.default.regions.open
--> ["east"]
SELECT approx_distinct(region), approx_percentile(id, 0.5) FROM sales
--> ["2","3"]
SELECT try(id / (id - 1)) FROM sales ORDER BY id LIMIT 2
--> [null]
--> [2]
SELECT sum(n) FROM sales CROSS JOIN LATERAL (SELECT id * 2 AS n)
--> ["30"]
SELECT transform(filter(tags, t -> t <> 'a'), t -> t || CAST(id AS varchar)) FROM sales WHERE id = 1
--> [["b1"]]
SELECT id, reduce(tags, '', (s, t) -> s || t, s -> upper(s)) FROM sales WHERE id = 1
--> [1,"AB"]
SELECT min(id) FROM sales GROUP BY region ORDER BY min(id) DESC
--> [5]
--> [3]
--> [1]
SELECT count(*) FROM sales WHERE "when" > current_date - INTERVAL '10' YEAR
--> ["5"]
SELECT id FROM sales ORDER BY amount DESC, id LIMIT 1
--> [2]
SELECT id FROM sales ORDER BY length(region) DESC NULLS LAST, id DESC OFFSET 1 LIMIT 1
--> [3]
SELECT t.n FROM (SELECT count(*) AS n FROM sales) AS t WHERE t.n = 5
--> ["5"]
SELECT nums.n, s.id FROM nums JOIN sales s ON nums.n = s.id ORDER BY 1
--> [1,1]
--> [2,2]
SELECT first_value(id) OVER (PARTITION BY region ORDER BY amount DESC), nth_value(id, 2) OVER (PARTITION BY region ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM sales WHERE region = 'east' ORDER BY id
--> [2,2]
--> [2,2]
SELECT percent_rank() OVER (ORDER BY id), cume_dist() OVER (ORDER BY id) FROM sales ORDER BY id LIMIT 1
--> [0,0.2]
