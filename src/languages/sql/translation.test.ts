/** Translations: output columns, scans and their partitions, names, and the errors of analysis. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { errorOfEngine, formatType, fromHive, parseType, SqlError, toHive } from './index.ts';
import { type TestCatalog, TestEngine, translate } from './testing.ts';

const tables: TestCatalog = {
  sales: {
    columns: {
      id: 'bigint',
      amount: 'decimal(10,2)',
      who: 'row(name varchar, age integer)',
      tags: 'array(varchar)',
      wide: 'varchar',
    },
    keys: { year: 'integer', month: 'varchar', day: 'date' },
    rows: `SELECT 1::BIGINT AS id, 2.5::DECIMAL(10,2) AS amount, {'name': 'n', 'age': 3} AS who, ['a', 'b'] AS tags, 'w' AS wide,
      2020 AS year, '01' AS month, DATE '2020-01-05' AS day, 's3://b/year=2020/f' AS "$path"`,
  },
  other: { columns: { id: 'bigint', name: 'varchar' }, rows: "SELECT 1::BIGINT AS id, 'x' AS name" },
  letters: {
    columns: { id: 'bigint', name: 'varchar' },
    rows: `SELECT id::BIGINT AS id, name, 's3://b/f' AS "$path" FROM (VALUES (1, 'a'), (2, 'b')) AS v(id, name)`,
  },
  recent: { view: 'SELECT id, amount, year, month FROM sales' },
  loop: { view: 'SELECT * FROM loop' },
};

function failure(sql: string): SqlError {
  try {
    translate(sql, tables);
  } catch (error) {
    assert.ok(error instanceof SqlError, String(error));
    return error;
  }
  return assert.fail(`'${sql}' was translated`);
}

type Values = Record<string, string | null>;

/** Which of some partitions the first scan of a query keeps. */
function kept(sql: string, partitions: readonly Values[]): Values[] {
  const [scan] = translate(sql, tables).scans;
  return partitions.filter((values) => scan?.partitionFilter?.matches(values) ?? true);
}

describe('output columns', () => {
  test('have the names and types that Athena reports', () => {
    const { columns } = translate(
      'SELECT id, count(*), amount * 2 AS Twice, who.name, 1 + 1 FROM sales GROUP BY id, amount, who.name',
      tables,
    );
    assert.deepEqual(
      columns.map(({ name, type, anonymous }) => [name, formatType(type), anonymous]),
      [
        ['id', 'bigint', false],
        ['_col1', 'bigint', true],
        ['Twice', 'decimal(20,2)', false],
        ['name', 'varchar', false],
        ['_col4', 'integer', true],
      ],
    );
  });

  test('may stand twice', () => {
    assert.deepEqual(
      translate('SELECT id, id FROM sales', tables).columns.map(({ name }) => name),
      ['id', 'id'],
    );
  });
});

describe('scans', () => {
  test('tell which columns are read', () => {
    const used = (sql: string): unknown => translate(sql, tables).scans.map((scan) => scan.columnsUsed);
    assert.deepEqual(used('SELECT count(*) FROM sales'), [[]]);
    assert.deepEqual(used("SELECT id FROM sales WHERE wide = 'x' AND year = 2020"), [['id', 'wide', 'year']]);
    assert.deepEqual(used('SELECT id FROM (SELECT * FROM sales) t'), [['id']]);
    assert.deepEqual(used('WITH t AS (SELECT id, wide FROM sales) SELECT wide FROM t'), [['wide']]);
    assert.deepEqual(used('SELECT year FROM recent'), [['year']]);
    assert.deepEqual(used('SELECT s.id FROM sales s JOIN other o ON s.id = o.id'), [['id'], ['id']]);
    assert.deepEqual(used('WITH unread AS (SELECT wide FROM sales) SELECT name FROM other'), [['name']]);
  });

  test('tell whether the path is read', () => {
    assert.equal(translate('SELECT "$path" FROM sales', tables).scans[0]?.usesPath, true);
    assert.equal(translate('SELECT * FROM sales', tables).scans[0]?.usesPath, false);
  });

  const years: Values[] = ['2019', '2020', '2021'].map((year) => ({ year, month: '01', day: `${year}-01-05` }));
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['year = 2020', ['2020']],
    ['2020 = year', ['2020']],
    ['year <> 2020', ['2019', '2021']],
    ['year >= 2020', ['2020', '2021']],
    ['year BETWEEN 2019 AND 2020', ['2019', '2020']],
    ['year IN (2019, 2021)', ['2019', '2021']],
    ['year NOT IN (2019, 2021)', ['2020']],
    ['NOT (year = 2020)', ['2019', '2021']],
    ['year = 2019 OR year = 2021', ['2019', '2021']],
    ['year = 2019 OR id = 1', ['2019', '2020', '2021']],
    ['year = 2019 AND id = 1', ['2019']],
    ["CAST(year AS varchar) = '2020'", ['2020']],
    ["CAST(year AS varchar) || '-' || month = '2020-01'", ['2020']],
    ["day < DATE '2020-06-01'", ['2019', '2020']],
    ["month LIKE '0_'", ['2019', '2020', '2021']],
    ["month LIKE '1%'", []],
    ['year IS NULL', []],
    ['year IS NOT NULL', ['2019', '2020', '2021']],
    ['year = NULL', []],
    ['year + 0 = 2020', ['2019', '2020', '2021']],
    ['year > 2019.5', ['2020', '2021']],
  ];
  for (const [condition, expected] of cases) {
    test(`a partition is left out by: ${condition}`, () => {
      assert.deepEqual(
        kept(`SELECT id FROM sales WHERE ${condition}`, years).map((values) => values['year']),
        expected,
      );
    });
  }

  test('are pruned through views, subqueries and common tables that are read once', () => {
    const where = 'WHERE year = 2020';
    for (const sql of [
      `SELECT id FROM recent ${where}`,
      `SELECT id FROM (SELECT * FROM sales) t ${where}`,
      `WITH t AS (SELECT id, year FROM sales) SELECT id FROM t ${where}`,
      `SELECT * FROM (SELECT year, count(*) c FROM sales GROUP BY year) t ${where}`,
    ]) {
      assert.equal(kept(sql, years).length, 1, sql);
    }
  });

  test('are not pruned where the condition does not reach all their rows', () => {
    for (const sql of [
      'WITH t AS (SELECT id, year FROM sales) SELECT a.id FROM t a, t b WHERE a.year = 2020',
      'SELECT * FROM (SELECT year FROM sales LIMIT 5) t WHERE year = 2020',
      'SELECT * FROM (SELECT year, count(*) OVER () c FROM sales) t WHERE year = 2020',
      'SELECT * FROM (SELECT max(year) AS year FROM sales) t WHERE year = 2020',
      'SELECT * FROM (SELECT year, count(*) c FROM sales GROUP BY ROLLUP (year)) t WHERE year = 2020',
      'SELECT s.id FROM sales s LEFT JOIN other o ON s.id = o.id AND s.year = 2020',
    ]) {
      assert.equal(kept(sql, years).length, 3, sql);
    }
    const [, right] = translate(
      'SELECT o.id FROM other o LEFT JOIN sales s ON s.id = o.id WHERE s.year IS NULL',
      tables,
    ).scans;
    assert.equal(right?.partitionFilter, undefined);
  });

  test('give the values a key is fixed to', () => {
    const [scan] = translate("SELECT id FROM sales WHERE month IN ('01', '02') AND year = 2020", tables).scans;
    assert.deepEqual(scan?.partitionFilter?.fixedValues, { month: ['01', '02'], year: ['2020'] });
    assert.equal(scan?.partitionFilter?.text, "month IN ('01', '02') AND year = 2020");
  });
});

describe('what a query gets wrong', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['SELECT * FROM missing', 'TABLE_NOT_FOUND', /^line 1:15: Table 'awsdatacatalog.default.missing' does not exist$/],
    ['SELECT nme FROM other', 'COLUMN_NOT_FOUND', /^line 1:8: Column 'nme' cannot be resolved$/],
    ['SELECT foo(id) FROM sales', 'FUNCTION_NOT_FOUND', /^line 1:8: Function 'foo' not registered$/],
    ["SELECT id = 'a' FROM sales", 'TYPE_MISMATCH', /Cannot apply operator: bigint = varchar\(1\)/],
    ['SELECT id FROM sales s JOIN other o ON s.id = o.id', 'AMBIGUOUS_NAME', /Column 'id' is ambiguous/],
    [
      'SELECT id, count(*) FROM sales',
      'EXPRESSION_NOT_AGGREGATE',
      /^line 1:8: 'id' must be an aggregate expression or appear in GROUP BY clause$/,
    ],
    ['SELECT id FROM sales WHERE count(*) > 1', 'EXPRESSION_NOT_SCALAR', /WHERE clause cannot contain aggregations/],
    ['SELECT sum(count(*)) FROM sales', 'EXPRESSION_NOT_SCALAR', /Cannot nest aggregations/],
    ['SELECT rank() FROM sales', 'EXPRESSION_NOT_SCALAR', /requires an OVER clause/],
    ['SELECT id FROM sales ORDER BY 2', 'INVALID_COLUMN_REFERENCE', /ORDER BY position 2/],
    ['SELECT id FROM sales GROUP BY 2', 'INVALID_COLUMN_REFERENCE', /GROUP BY position 2/],
    ['SELECT id FROM sales UNION SELECT name FROM other', 'TYPE_MISMATCH', /incompatible types: bigint, varchar/],
    ['SELECT 1 UNION SELECT 1, 2', 'TYPE_MISMATCH', /different number of fields: 1, 2/],
    [
      'SELECT abs(wide) FROM sales',
      'FUNCTION_NOT_FOUND',
      /Unexpected parameters \(varchar\) for function abs. Expected: abs\(number\)/,
    ],
    ['SELECT st_point(1, 2)', 'NOT_SUPPORTED', /^line 1:8: the function 'st_point' is not supported$/],
    ["SELECT CAST(DATE '2020-01-01' AS integer)", 'TYPE_MISMATCH', /Cannot cast date to integer/],
    ["SELECT DATE '2020-99-01'", 'INVALID_LITERAL', /'2020-99-01' is not a valid DATE literal/],
    ['SELECT 99999999999999999999', 'INVALID_LITERAL', /Invalid numeric literal/],
    ['SELECT who.nope FROM sales', 'COLUMN_NOT_FOUND', /Column 'nope' cannot be resolved/],
    ['SELECT id.x FROM sales', 'TYPE_MISMATCH', /not of type ROW/],
    ['SELECT * FROM sales WHERE id', 'TYPE_MISMATCH', /WHERE clause must evaluate to a boolean \(actual: bigint\)/],
    ['WITH a AS (SELECT 1), a AS (SELECT 2) SELECT 1', 'DUPLICATE_NAMED_QUERY', /specified more than once/],
    ['SELECT x FROM (VALUES (1, 2)) t(x)', 'MISMATCHED_COLUMN_ALIASES', /1 entries but 't' has 2 columns/],
    ['SELECT *', 'COLUMN_NOT_FOUND', /SELECT \* not allowed in queries without FROM clause/],
    ['SELECT (SELECT 1, 2)', 'NOT_SUPPORTED', /Multiple columns returned by subquery/],
    ['SELECT transform(ARRAY[1], x -> (SELECT 1))', 'NOT_SUPPORTED', /subquery in a lambda/],
    ['SELECT x -> x', 'TYPE_MISMATCH', /lambda/],
    ['SELECT * FROM loop', 'VIEW_IS_RECURSIVE', /stands in itself/],
    ["SELECT date_trunc('eon', DATE '2020-01-01')", 'INVALID_ARGUMENTS', /'eon' is not a valid DATE field/],
    ["SELECT date_format(DATE '2020-01-01', '%Q')", 'NOT_SUPPORTED', /'%Q' in a pattern of date_format/],
    ["SELECT json_extract('{}', '$..a')", 'NOT_SUPPORTED', /the JSON path/],
    ['SELECT upper(*) FROM sales', 'FUNCTION_NOT_FOUND', /only count takes \*/],
    ['SELECT ?', 'INVALID_PARAMETER_USAGE', /no value was given for parameter 1/],
  ];
  for (const [sql, code, message] of cases) {
    test(`${code}: ${sql.slice(0, 60)}`, () => {
      const error = failure(sql);
      assert.match(error.message, message);
      assert.equal(error.code, code);
    });
  }

  test('a near name is suggested', () => {
    assert.equal(failure('SELECT amuont FROM sales').hint, "Did you mean 'amount'?");
    assert.equal(failure('SELECT uper(wide) FROM sales').hint, "Did you mean 'upper'?");
  });
});

describe('at run time', () => {
  let engine: TestEngine;
  before(async () => {
    engine = await TestEngine.start();
  });
  after(() => engine.close());

  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['SELECT 1 / (id - 1) FROM sales', 'DIVISION_BY_ZERO', /^Division by zero$/],
    ['SELECT 1.5 / (amount - 2.5) FROM sales', 'DIVISION_BY_ZERO', /Division by zero/],
    ['SELECT id % (id - 1) FROM sales', 'DIVISION_BY_ZERO', /Division by zero/],
    ["SELECT CAST(wide || '.5' AS integer) FROM sales", 'INVALID_CAST_ARGUMENT', /^Cannot cast 'w.5' to INTEGER$/],
    ['SELECT tags[5] FROM sales', 'INVALID_FUNCTION_ARGUMENT', /must be less than or equal to array length: 5 > 2/],
    ["SELECT MAP(ARRAY[1], ARRAY['a'])[id + 5] FROM sales", 'INVALID_FUNCTION_ARGUMENT', /Key not present in map: 6/],
    ['SELECT MAP(tags, tags)[wide] FROM sales', 'INVALID_FUNCTION_ARGUMENT', /Key not present in map: w/],
    ['SELECT CAST(id AS tinyint) + CAST(127 AS tinyint) FROM sales', 'NUMERIC_VALUE_OUT_OF_RANGE', /Overflow/],
    ['SELECT json_parse(wide) FROM sales', 'INVALID_FUNCTION_ARGUMENT', /Cannot convert value to JSON: w/],
  ];
  for (const [sql, code, message] of cases) {
    test(`${code}: ${sql}`, async () => {
      const error = await engine.rows(sql, tables).then(
        () => assert.fail('it ran'),
        (thrown: Error) => (thrown instanceof SqlError ? thrown : errorOfEngine(thrown.message)),
      );
      assert.deepEqual([error.code, message.test(error.message)], [code, true], error.message);
    });
  }

  test('rows, arrays and partition keys of a table are read', async () => {
    const sql =
      'SELECT s.who.name, t.tag, month, "$path" FROM sales s CROSS JOIN UNNEST(tags) AS t(tag) WHERE year = 2020 ORDER BY tag';
    await assert.rejects(engine.rows(sql, tables), /\$path/);
    assert.deepEqual(await engine.rows(sql.replace(', "$path"', ''), tables), [
      ['n', 'a', '01'],
      ['n', 'b', '01'],
    ]);
    assert.deepEqual(await engine.rows('SELECT "$path" FROM sales', tables), [['s3://b/year=2020/f']]);
  });

  test('an output of a subquery that nobody reads costs no column and changes no row', async () => {
    const rows = (sql: string): Promise<unknown[][]> => engine.rows(sql, tables);
    assert.deepEqual(await rows('SELECT count(*) FROM (SELECT id, upper(name) AS w FROM letters)'), [['2']]);
    assert.deepEqual(await rows('SELECT w FROM (SELECT id, upper(name) AS w FROM letters) ORDER BY 1'), [['A'], ['B']]);
    assert.deepEqual(await rows('SELECT 1 FROM (SELECT count(id) AS n FROM letters)'), [[1]]);
    assert.deepEqual(await rows('WITH a AS (SELECT id, name FROM letters) SELECT max(id) FROM a'), [['2']]);
    assert.deepEqual(await rows('SELECT id FROM (SELECT id, "$path" AS p FROM letters) ORDER BY 1'), [['1'], ['2']]);
  });

  test('parameters take the place of question marks', async () => {
    const rows = await engine.rows('SELECT id, ? FROM sales WHERE month = ? LIMIT ?', tables, {
      parameters: ["DATE '2020-01-01'", "'01'", '5'],
    });
    assert.deepEqual(rows, [['1', '2020-01-01']]);
    assert.throws(() => translate('SELECT 1', tables, { parameters: ['1'] }), /expected 0 but found 1/);
  });

  test('a thousand unions and five thousand conditions run', async () => {
    const unions = Array.from({ length: 300 }, (_, index) => `SELECT ${index} AS n`).join(' UNION ALL ');
    assert.deepEqual(await engine.rows(`SELECT count(*), max(n) FROM (${unions})`), [['300', 299]]);
    const terms = Array.from({ length: 3000 }, (_, index) => `id = ${index}`).join(' OR ');
    assert.deepEqual(await engine.rows(`SELECT count(*) FROM sales WHERE ${terms}`, tables), [['1']]);
  });
});

describe('types', () => {
  test('are spelled as Trino spells them', () => {
    for (const text of [
      'varchar',
      'varchar(10)',
      'decimal(10,2)',
      'timestamp(3) with time zone',
      'array(row(a integer, b map(varchar, double)))',
      'row(integer, varchar)',
      'interval day to second',
    ]) {
      assert.equal(formatType(parseType(text)), text);
    }
  });

  test('go to Hive and back', () => {
    for (const text of [
      'int',
      'array<struct<a:int,b:map<string,double>>>',
      'decimal(10,2)',
      'binary',
      'varchar(5)',
      'timestamp',
      'float',
    ]) {
      const type = fromHive(text);
      assert.equal(type && toHive(type), text);
    }
    assert.equal(fromHive('nonsense'), undefined);
    assert.equal(fromHive(`${'array<'.repeat(5000)}int`), undefined);
    assert.equal(toHive(parseType('json')), undefined);
  });
});
