SELECT ARRAY[1, 2, 3][2], ARRAY['a'] || 'b', ARRAY[1] || ARRAY[2], 0 || ARRAY[1], cardinality(ARRAY[1, 2]), element_at(ARRAY[1, 2], -1), element_at(ARRAY[1], 5)
--> [2,["a","b"],[1,2],[0,1],"2",2,null]
SELECT array_sort(ARRAY[3, 1, NULL, 2]), array_distinct(ARRAY[3, 1, 3, NULL, NULL]), array_max(ARRAY[1, 3]), array_min(ARRAY[1, NULL]), array_position(ARRAY[1, 2], 2), array_position(ARRAY[1], 9), array_remove(ARRAY[1, 2, 1], 1)
--> [[1,2,3,null],[3,1,null],3,null,"2","0",[2]]
SELECT array_join(ARRAY[1, NULL, 2], '-'), array_join(ARRAY[1, NULL], '-', 'x'), array_union(ARRAY[1, 2], ARRAY[2, 3]), array_intersect(ARRAY[1, 2, 2], ARRAY[2, 3]), array_except(ARRAY[1, 2], ARRAY[2]), arrays_overlap(ARRAY[1], ARRAY[1, 2])
--> ["1-2","1-x",[1,2,3],[2],[1],true]
SELECT contains(ARRAY[1, 2], 2), contains(ARRAY[1, NULL], 2), slice(ARRAY[1, 2, 3, 4], 2, 2), slice(ARRAY[1, 2, 3], -2, 2), reverse(ARRAY[1, 2]), flatten(ARRAY[ARRAY[1], ARRAY[2, 3]]), repeat('a', 2), trim_array(ARRAY[1, 2, 3], 1)
--> [true,null,[2,3],[2,3],[2,1],[1,2,3],["a","a"],[1,2]]
SELECT transform(ARRAY[1, 2], x -> x * 10), filter(ARRAY[1, 2, 3], x -> x > 1), reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s), any_match(ARRAY[1, 2], x -> x = 2), all_match(ARRAY[1, 2], x -> x > 1), none_match(ARRAY[1], x -> x = 2)
--> [[10,20],[2,3],75,true,false,true]
SELECT reduce(ARRAY[5, 6, 10, 20], CAST(ROW(0.0e0, 0) AS ROW(sum double, count integer)), (s, x) -> CAST(ROW(x + s.sum, s.count + 1) AS ROW(sum double, count integer)), s -> IF(s.count = 0, NULL, s.sum / s.count))
--> [10.25]
SELECT transform(ARRAY[ARRAY[1, 2], ARRAY[3]], a -> transform(a, x -> x + cardinality(a))), transform(ARRAY[1, 2], x -> transform(ARRAY[10], y -> x + y))
--> [[["3","4"],["4"]],[[11],[12]]]
SELECT zip(ARRAY[1, 2], ARRAY['a'])[2][1], zip_with(ARRAY[1, 2], ARRAY[10, 20], (x, y) -> x + y), sequence(1, 3), sequence(5, 1, -2), ngrams(ARRAY['a', 'b', 'c'], 2)
--> [2,[11,22],["1","2","3"],["5","3","1"],[["a","b"],["b","c"]]]
SELECT MAP(ARRAY['a', 'b'], ARRAY[1, 2])['b'], element_at(MAP(ARRAY['a'], ARRAY[1]), 'z'), map_keys(MAP(ARRAY['a'], ARRAY[1])), map_values(MAP(ARRAY['a'], ARRAY[1])), cardinality(MAP(ARRAY['a'], ARRAY[1])), cardinality(map_entries(MAP(ARRAY['a'], ARRAY[1])))
--> [2,null,["a"],[1],"1","1"]
SELECT map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1)['b'], transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> k || CAST(v AS varchar))['a'], transform_keys(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> k || 'x')['ax'], map_concat(MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['a'], ARRAY[2]))['a'], map_from_entries(ARRAY[(1, 'x'), (2, 'y')])[2]
--> [2,"a1",1,2,"y"]
SELECT ROW(1, 'a')[2], CAST(ROW(1, 'a') AS ROW(x integer, y varchar)).y, (CAST(ROW(ROW(5)) AS ROW(a ROW(b integer)))).a.b, ROW(1, 2) = ROW(1, 2)
--> ["a","a",5,true]
SELECT t.r.x, r.y FROM (SELECT CAST(ROW(1, 'a') AS ROW(x integer, y varchar)) AS r) t
--> [1,"a"]
SELECT json_extract_scalar('{"a":{"b":"x"}}', '$.a.b'), json_extract_scalar('{"a":{}}', '$.a'), json_extract_scalar('[1,2]', '$[1]'), json_extract_scalar('{"a b":1}', '$["a b"]'), json_extract('{"a":[1,{"c":2}]}', '$.a[1]'), json_extract('not json', '$.a'), json_extract('{"a":1}', '$.b')
--> ["x",null,"2","1","{\"c\":2}",null,null]
SELECT json_array_length('[1,2,3]'), json_array_contains('[1,2]', 2), json_size('{"a":{"b":1,"c":2}}', '$.a'), json_format(json_parse('{"a": 1}')), json_array_get('["x","y"]', 1), is_json_scalar('1'), is_json_scalar('[1]')
--> ["3",true,"2","{\"a\":1}","\"y\"",true,false]
SELECT CAST(json_extract('{"id":"q-1"}', '$.id') AS varchar), CAST(json_parse('[1,2]') AS array(integer)), CAST(json_parse('{"a":1}') AS map(varchar, integer))['a'], CAST(json_parse('{"a":1,"b":"x"}') AS row(a integer, b varchar)).b, CAST(json_parse('12') AS bigint), CAST(json_parse('null') AS varchar), CAST(JSON '1.5' AS double)
--> ["q-1",[1,2],1,"x","12",null,1.5]
SELECT CAST(ARRAY[1, 2] AS json), CAST(MAP(ARRAY['k'], ARRAY[1]) AS json), CAST('x' AS json), json_format(CAST(CAST(ROW('Bob', 38) AS ROW(name varchar, age integer)) AS json)), json_extract_scalar('{"a":null}', '$.a') IS NULL, json_extract('{"a":null}', '$.a') IS NOT NULL
--> ["[1,2]","{\"k\":1}","\"x\"","{\"name\":\"Bob\",\"age\":38}",true,true]
SELECT n, a FROM UNNEST(ARRAY['x', 'y']) WITH ORDINALITY AS t(a, n) ORDER BY n
--> ["1","x"]
--> ["2","y"]
SELECT a, b FROM UNNEST(ARRAY[1, 2], ARRAY['x']) AS t(a, b) ORDER BY a
--> [1,"x"]
--> [2,null]
SELECT k, v FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(k, v) ORDER BY k
--> ["a",1]
--> ["b",2]
SELECT x, y FROM UNNEST(ARRAY[CAST(ROW(1, 'a') AS ROW(p integer, q varchar))]) AS t(x, y)
--> [1,"a"]
SELECT id, tag FROM (VALUES (1, ARRAY['a', 'b']), (2, ARRAY['c']), (3, ARRAY[])) AS t(id, tags) CROSS JOIN UNNEST(tags) AS u(tag) ORDER BY id, tag
--> [1,"a"]
--> [1,"b"]
--> [2,"c"]
SELECT id, tag, n FROM (VALUES (1, ARRAY['a']), (2, NULL)) AS t(id, tags) LEFT JOIN UNNEST(tags) WITH ORDINALITY AS u(tag, n) ON TRUE ORDER BY id
--> [1,"a","1"]
--> [2,null,null]
SELECT t.id, x.v FROM (VALUES (1, ARRAY[ARRAY[1, 2], ARRAY[3]])) AS t(id, m), UNNEST(t.m) AS r(l), UNNEST(r.l) AS x(v) ORDER BY v
--> [1,1]
--> [1,2]
--> [1,3]
SELECT (SELECT max(x) FROM UNNEST(t.l) AS u(x)) FROM (VALUES ARRAY[1, 3], ARRAY[2]) AS t(l) ORDER BY 1
--> [2]
--> [3]
