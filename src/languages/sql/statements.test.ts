/** Statements other than queries, what is refused by name, and the words of syntax errors. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isPlatformError } from '#kernel/errors';
import {
  parseScript,
  parseStatement,
  splitScript,
  SqlError,
  type Statement,
  type StatementKind,
  type StatementOf,
} from './index.ts';

function parse<K extends StatementKind>(kind: K, text: string): StatementOf<K> {
  const statement: Statement = parseStatement(text);
  assert.equal(statement.kind, kind, text);
  return statement as StatementOf<K>;
}

function refusal(text: string): SqlError {
  try {
    parseStatement(text);
  } catch (error) {
    assert.ok(error instanceof SqlError && isPlatformError(error), String(error));
    return error;
  }
  return assert.fail(`'${text}' was accepted`);
}

describe('data definition', () => {
  test('a table in Hive’s full form', () => {
    const table = parse(
      'create-table',
      `CREATE EXTERNAL TABLE IF NOT EXISTS \`my_db\`.\`t\` (
        \`id\` bigint COMMENT 'the key', tags array < string >, info struct<a:int, b : map<string,double>>, d decimal(10, 2), v varchar(20), \`date\` date, big DOUBLE PRECISION, n decimal
      ) COMMENT "a table"
      PARTITIONED BY (year int, month string COMMENT 'm')
      CLUSTERED BY (id) SORTED BY (id DESC) INTO 8 BUCKETS
      ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' COLLECTION ITEMS TERMINATED BY '\\002'
        MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\\n' NULL DEFINED AS ''
      STORED AS INPUTFORMAT 'in' OUTPUTFORMAT 'out'
      LOCATION 's3://b/p/' TBLPROPERTIES ('skip.header.line.count'='1', "projection.enabled"="true")`,
    );
    assert.deepEqual(
      table.columns.map(({ name, type }) => [name, type]),
      [
        ['id', 'bigint'],
        ['tags', 'array<string>'],
        ['info', 'struct<a:int,b:map<string,double>>'],
        ['d', 'decimal(10,2)'],
        ['v', 'varchar(20)'],
        ['date', 'date'],
        ['big', 'double'],
        ['n', 'decimal(10,0)'],
      ],
    );
    assert.equal(table.columns[0]?.comment, 'the key');
    assert.equal(table.comment, 'a table');
    assert.deepEqual(table.partitionedBy, [
      { name: 'year', type: 'int' },
      { name: 'month', type: 'string', comment: 'm' },
    ]);
    assert.deepEqual(table.clusteredBy, {
      columns: ['id'],
      sortedBy: [{ column: 'id', descending: true }],
      buckets: 8,
    });
    assert.deepEqual(table.rowFormat, {
      kind: 'delimited',
      fieldDelimiter: '\t',
      escape: '\\',
      collectionDelimiter: '\u0002',
      mapKeyDelimiter: ':',
      lineDelimiter: '\n',
      nullFormat: '',
    });
    assert.deepEqual(table.storedAs, { kind: 'classes', input: 'in', output: 'out' });
    assert.deepEqual(table.properties, { 'skip.header.line.count': '1', 'projection.enabled': 'true' });
    assert.deepEqual(
      table.name.parts.map((part) => part.value),
      ['my_db', 't'],
    );
  });

  test('a table from a query, with its properties', () => {
    const table = parse(
      'create-table-as',
      "CREATE TABLE db.t WITH (format = 'PARQUET', external_location = 's3://b/p/', partitioned_by = ARRAY['y', 'm'], bucket_count = 4, write_compression = 'SNAPPY') AS SELECT 1 AS x WITH NO DATA",
    );
    assert.deepEqual(table.properties, {
      format: 'PARQUET',
      external_location: 's3://b/p/',
      partitioned_by: ['y', 'm'],
      bucket_count: 4,
      write_compression: 'SNAPPY',
    });
    assert.equal(table.withData, false);
    assert.equal(parse('create-table-as', 'CREATE TABLE IF NOT EXISTS t AS (SELECT 1 x)').ifNotExists, true);
  });

  test('views keep the text of their query', () => {
    const view = parse('create-view', 'CREATE OR REPLACE VIEW v AS  SELECT a, /* c */ b FROM t -- end');
    assert.equal(view.queryText, 'SELECT a, /* c */ b FROM t');
    assert.equal(view.replace, true);
  });

  test('databases', () => {
    const database = parse(
      'create-database',
      "CREATE DATABASE IF NOT EXISTS `d` COMMENT 'c' LOCATION 's3://b/' WITH DBPROPERTIES ('a'='b')",
    );
    assert.deepEqual(
      [database.name, database.comment, database.location, database.properties],
      ['d', 'c', 's3://b/', { a: 'b' }],
    );
    assert.equal(parse('drop-database', 'DROP SCHEMA IF EXISTS d CASCADE').cascade, true);
    assert.deepEqual(parse('alter-database', "ALTER DATABASE d SET DBPROPERTIES ('x'='y')").properties, { x: 'y' });
  });

  test('every ALTER TABLE', () => {
    const action = (text: string): unknown => parse('alter-table', `ALTER TABLE t ${text}`).action;
    assert.deepEqual(
      action("ADD IF NOT EXISTS PARTITION (y='2020', m=1) LOCATION 's3://b/1' PARTITION (y='2021', m=2)"),
      {
        kind: 'add-partitions',
        ifNotExists: true,
        partitions: [
          {
            spec: [
              { key: 'y', value: '2020' },
              { key: 'm', value: '1' },
            ],
            location: 's3://b/1',
          },
          {
            spec: [
              { key: 'y', value: '2021' },
              { key: 'm', value: '2' },
            ],
          },
        ],
      },
    );
    assert.deepEqual(action("DROP IF EXISTS PARTITION (y < '2020'), PARTITION (y = '2030')"), {
      kind: 'drop-partitions',
      ifExists: true,
      partitions: [[{ key: 'y', operator: '<', value: '2020' }], [{ key: 'y', operator: '=', value: '2030' }]],
    });
    assert.deepEqual(action("PARTITION (y='1') RENAME TO PARTITION (y='2')"), {
      kind: 'rename-partition',
      from: [{ key: 'y', value: '1' }],
      to: [{ key: 'y', value: '2' }],
    });
    assert.deepEqual(action('ADD COLUMNS (a int)'), { kind: 'add-columns', columns: [{ name: 'a', type: 'int' }] });
    assert.deepEqual(action('REPLACE COLUMNS (a int, b string)'), {
      kind: 'replace-columns',
      columns: [
        { name: 'a', type: 'int' },
        { name: 'b', type: 'string' },
      ],
    });
    assert.deepEqual(action("CHANGE COLUMN a b bigint COMMENT 'c' AFTER z"), {
      kind: 'change-column',
      from: 'a',
      column: { name: 'b', type: 'bigint', comment: 'c' },
      position: { kind: 'after', column: 'z' },
    });
    assert.deepEqual(action("PARTITION (y='1') SET LOCATION 's3://b/x'"), {
      kind: 'set-location',
      partition: [{ key: 'y', value: '1' }],
      location: 's3://b/x',
    });
    assert.deepEqual(action("SET TBLPROPERTIES ('a'='b')"), { kind: 'set-properties', properties: { a: 'b' } });
  });

  test('writing, describing and the rest', () => {
    assert.equal(parse('insert', 'INSERT INTO db.t (a, b) SELECT 1, 2').columns?.length, 2);
    parse('insert', 'INSERT INTO t VALUES (1), (2)');
    assert.equal(
      parse('unload', "UNLOAD (SELECT * FROM t) TO 's3://b/o/' WITH (format = 'JSON', partitioned_by = ARRAY['y'])")
        .location,
      's3://b/o/',
    );
    parse('repair-table', 'MSCK REPAIR TABLE db.t');
    assert.equal(parse('show-databases', "SHOW DATABASES LIKE 'a%'").pattern, 'a%');
    assert.equal(parse('show-tables', "SHOW TABLES IN db 'x*'").pattern, 'x*');
    parse('show-views', 'SHOW VIEWS');
    assert.deepEqual(
      parse('show-columns', 'SHOW COLUMNS FROM t IN db').name.parts.map((part) => part.value),
      ['db', 't'],
    );
    parse('show-partitions', 'SHOW PARTITIONS t');
    parse('show-create-table', 'SHOW CREATE TABLE db.t');
    parse('show-create-view', 'SHOW CREATE VIEW v');
    assert.equal(parse('show-properties', "SHOW TBLPROPERTIES t('comment')").property, 'comment');
    parse('show-functions', 'SHOW FUNCTIONS');
    parse('show-catalogs', 'SHOW CATALOGS');
    assert.equal(parse('describe', 'DESCRIBE FORMATTED db.t PARTITION (y=1) col.field').column, 'col.field');
    assert.equal(parse('describe', 'DESC EXTENDED t').mode, 'extended');
    parse('describe-view', 'DESCRIBE VIEW v');
    assert.equal(parse('explain', 'EXPLAIN ANALYZE (FORMAT JSON) SELECT 1').format, 'JSON');
    assert.equal(
      parse('prepare', 'PREPARE p FROM SELECT * FROM t WHERE a = ?;').statementText,
      'SELECT * FROM t WHERE a = ?',
    );
    assert.deepEqual(parse('execute', "EXECUTE p USING 1, concat('a', ', b')").argumentTexts, [
      '1',
      "concat('a', ', b')",
    ]);
    parse('deallocate', 'DEALLOCATE PREPARE p');
    assert.deepEqual(parse('use', 'USE c.d').database, 'd');
    parse('drop-table', 'DROP TABLE IF EXISTS `db`.`t`');
    parse('drop-view', 'DROP VIEW v');
  });

  test('a script is cut at its semicolons, not at those in strings and comments', () => {
    const text = "SELECT ';'; -- a; b\n;SELECT 2 /* ; */;";
    assert.deepEqual(splitScript(text), ["SELECT ';'", 'SELECT 2']);
    assert.equal(parseScript(text).length, 2);
    assert.throws(() => parseScript('SELECT 1;\nSELECT'), /^PlatformError: line 2:7: /);
  });
});

describe('refusals', () => {
  const words: readonly (readonly [string, RegExp])[] = [
    ['SELECT * FROM t GROUP BYY a', /^line 1:23: mismatched input 'BYY'. Expecting: 'BY'$/],
    ['SELEC 1', /^line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER', /],
    ['SELECT a frm t', /^line 1:14: mismatched input 't'. Expecting: ','/],
    ['SELECT 1 FROM', /^line 1:14: mismatched input '<EOF>'. Expecting: .*<identifier>/],
    ['SELECT (1', /mismatched input '<EOF>'. Expecting: '\)', ','/],
    ["SELECT 'a", /^line 1:8: the string that starts here has no closing quote/],
    ['SELECT 1x', /identifiers must not start with a digit/],
    ['SELECT `a` FROM t', /backquoted identifiers are not supported/],
    ['SELECT 1 /* x', /the comment that starts here has no end/],
    ['SELECT #', /'#' starts no token/],
    ['SELECT CAST(1 AS wat)', /^line 1:18: Unknown type: wat$/],
    ["CREATE EXTERNAL TABLE t (a wat) LOCATION 's3://b/'", /Unknown type: wat/],
    ["CREATE EXTERNAL TABLE t (a int) LOCATION '/etc/'", /LOCATION is an S3 path/],
    ['SELECT 1 2', /mismatched input '2'/],
    ['', /mismatched input '<EOF>'/],
  ];
  for (const [text, message] of words) {
    test(`'${text}' says where and what`, () => {
      const error = refusal(text);
      assert.equal(error.code, 'SYNTAX_ERROR');
      assert.match(error.message, message);
    });
  }

  const unsupported: readonly (readonly [string, RegExp])[] = [
    ['DELETE FROM t', /DELETE/],
    ['UPDATE t SET a = 1', /UPDATE/],
    ['MERGE INTO t USING s ON true', /MERGE/],
    ['VACUUM t', /VACUUM/],
    ['OPTIMIZE t REWRITE DATA', /OPTIMIZE/],
    ['CALL p()', /CALL/],
    ['GRANT SELECT ON t TO u', /GRANT/],
    ['SET SESSION a = 1', /SET/],
    ["COPY t FROM 'x'", /COPY/],
    ['START TRANSACTION', /START/],
    ['INSERT OVERWRITE t SELECT 1', /INSERT OVERWRITE/],
    ['ALTER TABLE t RENAME TO u', /RENAME TO/],
    ['ALTER TABLE t DROP COLUMN a', /DROP COLUMN/],
    ["CREATE TABLE t WITH (table_type = 'ICEBERG') AS SELECT 1 a", /ICEBERG/],
    ["CREATE TABLE t (a int) LOCATION 's3://b/' TBLPROPERTIES ('table_type'='ICEBERG')", /ICEBERG/],
    ["CREATE TABLE t (a int) PARTITIONED BY (day(a)) LOCATION 's3://b/'", /partition transforms/],
    ['SELECT * FROM t FOR TIMESTAMP AS OF now()', /time travel/],
    ['SELECT * FROM t MATCH_RECOGNIZE (PATTERN (a))', /MATCH_RECOGNIZE/],
    ['SELECT * FROM TABLE(f(1))', /table function/],
    ["SELECT * FROM read_csv('/etc/passwd')", /the table function 'read_csv'/],
    ['create external schema s from data catalog', /CREATE EXTERNAL SCHEMA/],
    ['SHOW STATS FOR t', /SHOW STATS/],
    ['CREATE FUNCTION f() RETURNS int RETURN 1', /CREATE FUNCTION/],
    ['CREATE MATERIALIZED VIEW v AS SELECT 1', /MATERIALIZED/],
  ];
  for (const [text, name] of unsupported) {
    test(`'${text.slice(0, 40)}' is refused by name`, () => {
      const error = refusal(text);
      assert.equal(error.code, 'NOT_SUPPORTED');
      assert.match(error.message, name);
      assert.match(error.message, /^line \d+:\d+: /);
    });
  }
});

describe('hostile statements', () => {
  const bombs: Readonly<Record<string, string>> = {
    parentheses: `SELECT ${'('.repeat(100_000)}1`,
    'a long sum': `SELECT 1${'+1'.repeat(100_000)}`,
    'NOT upon NOT': `SELECT ${'NOT '.repeat(50_000)}true`,
    subscripts: `SELECT a${'[1]'.repeat(50_000)}`,
    fields: `SELECT a${'.b'.repeat(100_000)}`,
    'nested types': `SELECT CAST(1 AS ${'array('.repeat(20_000)}`,
    calls: `SELECT ${'f('.repeat(60_000)}`,
    explains: 'EXPLAIN '.repeat(30_000),
    cases: `SELECT ${'CASE WHEN '.repeat(20_000)}`,
    lambdas: `SELECT f(${'x -> '.repeat(40_000)}1)`,
    subqueries: `SELECT * FROM ${'(SELECT * FROM '.repeat(10_000)}`,
    joins: `SELECT 1 FROM a ${'CROSS JOIN a '.repeat(15_000)}`,
    'Hive types': `CREATE EXTERNAL TABLE t (a ${'array<'.repeat(30_000)}`,
    'a huge statement': `SELECT '${'x'.repeat(300_000)}'`,
  };
  for (const [name, text] of Object.entries(bombs)) {
    test(`${name} end in an error, not in a crash`, () => {
      assert.match(refusal(text).message, /^line \d+:\d+: /);
    });
  }

  test('a thousand conditions and a thousand unions are no nesting', () => {
    parseStatement(`SELECT 1 WHERE ${Array.from({ length: 5000 }, (_, index) => `a = ${index}`).join(' OR ')}`);
    parseStatement(Array.from({ length: 1000 }, () => 'SELECT 1').join(' UNION ALL '));
  });
});
