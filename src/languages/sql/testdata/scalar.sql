SELECT 1
--> [1]
SELECT 7/2, -7/2, 7 % 3, -7 % 3
--> [3,-3,1,-1]
SELECT 1.0/3, 2.5*3, 1.10+2.3, 5.0 % 3
--> ["0.3","7.5","3.40","2.0"]
SELECT 10.00/3.00, 1/3.0, -1.0/3, 2.0/3
--> ["3.33","0.3","-0.3","0.7"]
SELECT 1e0/0, 2147483648, 0x1F
--> ["Infinity","2147483648",31]
SELECT TRY(1/0), TRY(CAST('x' AS integer)), COALESCE(TRY(1/0), 5)
--> [null,null,5]
SELECT abs(-5), ceil(1.2), floor(-1.2), round(2.5), round(-2.5), round(1.235e0, 2), truncate(1.9e0), sign(-3)
--> [5,"2","-2","3","-3",1.24,1,-1]
SELECT mod(7,3), power(2,10), sqrt(16), round(cbrt(27), 9), exp(0), ln(1), log10(1000), log2(8), log(2, 8)
--> [1,1024,4,3,1,0,3,3,3]
SELECT is_nan(nan()), is_infinite(infinity()), is_finite(1e0), is_nan(sqrt(-1))
--> [true,true,true,true]
SELECT to_base(255, 16), from_base('ff', 16), bitwise_and(6, 3), bitwise_or(6, 3), bitwise_xor(6, 3), bitwise_not(0), bit_count(9, 64)
--> ["ff","255","2","7","5","-1","2"]
SELECT width_bucket(5.3e0, 0.2e0, 10.6e0, 5), greatest(1, 3, 2), least(1, NULL), greatest('a', 'b')
--> ["3",3,null,"b"]
SELECT length('héllo'), upper('abc'), lower('ABC'), reverse('abc'), trim('  a  '), ltrim('  a'), rtrim('a  '), trim(BOTH 'x' FROM 'xax'), trim(LEADING 'x' FROM 'xxa')
--> ["5","ABC","abc","cba","a","a","a","a","a"]
SELECT substr('hello', 2), substr('hello', 2, 3), substr('hello', -3), substr('hello', 0), substring('hello' FROM 2 FOR 2), substr('hello', -10)
--> ["ello","ell","llo","","el",""]
SELECT strpos('hello', 'l'), position('l' IN 'hello'), strpos('a.b.c', '.', 2), strpos('hello', 'x'), starts_with('hello', 'he')
--> ["3","3","4","0",true]
SELECT replace('hello', 'l'), replace('hello', 'l', 'L'), lpad('x', 3, 'ab'), rpad('x', 3, 'ab'), lpad('hello', 2, 'x'), chr(65), codepoint('A')
--> ["heo","heLLo","abx","xab","he","A",65]
SELECT split('a,b,c', ','), split('a,b,c', ',', 2), split_part('a,b,c', ',', 2), split_part('a,b', ',', 5), split_to_map('a=1&b=2', '&', '=')['b']
--> [["a","b","c"],["a","b,c"],"b",null,"2"]
SELECT 'a' || 'b' || 'c', concat('a', 'b', 'c'), concat('a', NULL), 'a' || NULL, concat_ws(',', 'a', NULL, 'b')
--> ["abc","abc",null,null,"a,b"]
SELECT 'it''s', U&'\0041', from_utf8(X'616263'), to_utf8('a') = X'61'
--> ["it's","A","abc",true]
SELECT levenshtein_distance('kitten', 'sitting'), hamming_distance('abc', 'abd'), translate('abcd', 'abc', 'xyz')
--> ["3","1","xyzd"]
SELECT format('%s-%05d %.2f %,d %%', 'a', 42, 1.5, 1234567), format('%10s|%-5s|', 'ab', 'cd'), format('%x', 255)
--> ["a-00042 1.50 1,234,567 %","        ab|cd   |","ff"]
SELECT regexp_like('1a 2b 14m', '\d+b'), regexp_extract('1a 2b 14m', '\d+'), regexp_extract('1a 2b 14m', '(\d+)([a-z]+)', 2), regexp_extract('abc', 'x')
--> [true,"1","a",null]
SELECT regexp_extract_all('1a 2b 14m', '\d+'), regexp_replace('1a 2b 14m', '\d+[ab] '), regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 '), regexp_split('1a 2b 14m', '\s*[a-z]+\s*')
--> [["1","2","14"],"14m","3ca 3cb 14m",["1","2","14",""]]
SELECT regexp_count('1a 2b 14m', '\s*[a-z]+\s*'), regexp_position('I have 23 apples', '\d'), regexp_replace('new york', '(\w)', '[$1]')
--> ["3",8,"[n][e][w] [y][o][r][k]"]
SELECT 'abc' LIKE 'a%', 'a_c' LIKE 'a\_c' ESCAPE '\', 'abc' NOT LIKE '_b_', 'A' LIKE 'a', '100%' LIKE '%!%' ESCAPE '!'
--> [true,true,false,false,true]
SELECT CASE WHEN 1 > 2 THEN 'a' WHEN 1 = 1 THEN 'b' ELSE 'c' END, CASE 3 WHEN 1 THEN 'one' ELSE 'many' END, IF(1 < 2, 'y', 'n'), IF(false, 1), NULLIF(1, 1), NULLIF(1, 2), COALESCE(NULL, 2)
--> ["b","many","y",null,null,1,2]
SELECT 1 BETWEEN 0 AND 2, 1 NOT BETWEEN 2 AND 3, 1 IN (1, 2), 3 NOT IN (1, 2), NULL IS NULL, 1 IS NOT NULL, 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL, NOT true
--> [true,true,true,true,true,true,true,true,false]
SELECT true AND NULL, false AND NULL, true OR NULL, NULL = NULL, 1 <> 2, 1 != 1
--> [null,false,true,null,true,false]
SELECT typeof(1), typeof(2147483648), typeof(1.5), typeof('a'), typeof(NULL), typeof(1e0), typeof(ARRAY[1]), typeof(MAP(ARRAY['a'], ARRAY[1])), typeof(ROW(1, 'a')), typeof(DATE '2020-01-01')
--> ["integer","bigint","decimal(2,1)","varchar(1)","unknown","double","array(integer)","map(varchar(1), integer)","row(integer, varchar(1))","date"]
SELECT typeof(CAST(1 AS varchar(5))), typeof(CAST(ROW(1) AS ROW(a bigint))), typeof(now()), typeof(TIMESTAMP '2020-01-01 00:00:00.123'), typeof(count(*)), typeof(INTERVAL '1' DAY)
--> ["varchar(5)","row(a bigint)","timestamp(3) with time zone","timestamp(3)","bigint","interval day to second"]
SELECT CAST('12' AS integer), CAST(2.5e0 AS integer), CAST(3.5e0 AS bigint), CAST(-2.5e0 AS integer), CAST(2.5 AS integer), CAST('1.5' AS double), CAST(true AS integer), CAST('true' AS boolean), CAST('f' AS boolean)
--> [12,3,"4",-3,3,1.5,1,true,false]
SELECT CAST(1e10 AS varchar), CAST(0.00012e0 AS varchar), CAST(1.5e0 AS varchar), CAST(100e0 AS varchar), CAST(12345678e0 AS varchar), CAST(-0.001e0 AS varchar), CAST(nan() AS varchar), CAST(1.10 AS varchar), CAST(1e300 AS varchar)
--> ["1.0E10","1.2E-4","1.5","100.0","1.2345678E7","-0.001","NaN","1.10","1.0E300"]
SELECT CAST(DATE '2020-01-02' AS varchar), CAST(TIMESTAMP '2020-01-02 03:04:05' AS varchar), CAST(TIMESTAMP '2020-01-02 03:04:05.5' AS timestamp) = TIMESTAMP '2020-01-02 03:04:05.500', CAST(TIMESTAMP '2020-01-02 03:04:05.123' AS varchar)
--> ["2020-01-02","2020-01-02 03:04:05",true,"2020-01-02 03:04:05.123"]
SELECT CAST('abcdef' AS varchar(3)), CAST(true AS varchar), CAST('2020-01-02' AS date) + INTERVAL '1' DAY, CAST(DATE '2020-01-02' AS timestamp), CAST(TIMESTAMP '2020-01-02 03:04:05' AS date)
--> ["abc","true","2020-01-03","2020-01-02 00:00:00","2020-01-02"]
SELECT TRY_CAST('x' AS integer), TRY_CAST('1.5' AS integer), TRY_CAST('2020-13-01' AS date), TRY_CAST('7' AS bigint), TRY_CAST('yes' AS boolean)
--> [null,null,null,"7",null]
SELECT CAST(1 AS decimal(5,2)), CAST('1.239' AS decimal(5,2)), CAST(1.239 AS decimal(5,2)), DECIMAL '10.50', CAST(12345.5 AS real)
--> ["1.00","1.24","1.24","10.50",12345.5]
SELECT to_hex(md5(to_utf8('a'))), to_hex(sha1(to_utf8('a'))), to_hex(from_hex('ff0a')), to_base64(to_utf8('hello')), from_utf8(from_base64('aGVsbG8=')), length(to_utf8('é'))
--> ["0CC175B9C0F1B6A831C399E269772661","86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8","FF0A","aGVsbG8=","hello","2"]
SELECT url_extract_host('https://u:p@ex.com:8080/a/b?x=1&y=a%20b#f'), url_extract_port('http://h:81/'), url_extract_path('http://h/a/b?c'), url_extract_query('http://h/a?x=1#f'), url_extract_fragment('http://h/#f'), url_extract_protocol('https://h'), url_extract_parameter('http://h/?x=1&y=a%20b', 'y')
--> ["ex.com","81","/a/b","x=1","f","https","a b"]
SELECT url_encode('a b&c/d'), url_decode('a+b%26c'), url_extract_parameter('http://h/?x=1', 'z')
--> ["a+b%26c%2Fd","a b&c",null]
SELECT current_user, current_catalog, current_schema, current_date, CAST(current_timestamp AS varchar)
--> ["analyst","awsdatacatalog","default","2026-01-02","2026-01-02 03:04:05.678 UTC"]
