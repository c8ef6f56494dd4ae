import { test } from 'node:test';
import assert from 'node:assert/strict';
import { bindArguments } from './script-arguments.ts';

const values = { '--name': "O'Brien", '--target': 's3://lake/out/', '--table': 'sales.orders', '--count': '10' };

test('a colon puts the argument as a string literal', () => {
  assert.equal(bindArguments('WHERE a = :name', values), "WHERE a = 'O''Brien'");
  assert.equal(bindArguments('CAST(:count AS bigint)', values), "CAST('10' AS bigint)");
});

test('inside quotes the text is escaped for those quotes', () => {
  assert.equal(bindArguments("TO '${target}x'", values), "TO 's3://lake/out/x'");
  assert.equal(bindArguments("'${name}'", values), "'O''Brien'");
  assert.equal(bindArguments('"${name}"', { '--name': 'a"b' }), '"a""b"');
});

test('outside of quotes only names and numbers may stand', () => {
  assert.equal(bindArguments('FROM ${table} LIMIT ${count}', values), 'FROM sales.orders LIMIT 10');
  for (const evil of ['x; DROP TABLE y', "x' OR 1=1", 'a b', '1 OR 1', '--x', 'a.b.c.d', '']) {
    assert.throws(() => bindArguments('FROM ${table}', { '--table': evil }), { code: 'ScriptFailed' });
  }
});

test('comments and texts with colons are left alone', () => {
  const script = "-- :nothing ${nothing}\n/* :nothing */ SELECT ':nothing', \"a:b\", x::y, TIME '10:20'";
  assert.equal(bindArguments(script, {}), script);
});

test('an argument that the run has not is named with its line', () => {
  assert.throws(() => bindArguments('SELECT 1;\nSELECT :day', {}), { message: /'day' in line 2/ });
  assert.throws(() => bindArguments("SELECT '${constructor}'", {}), { message: /'constructor'/ });
});
