/** Trino statements with known answers: each line of testdata/*.sql, then `-->` and a row as JSON. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type TestCatalog, TestEngine } from './testing.ts';

const tables: TestCatalog = {
  nums: { columns: { n: 'integer' }, rows: 'SELECT * FROM (VALUES (1), (2)) AS v(n)' },
  sales: {
    columns: {
      id: 'integer',
      region: 'varchar',
      amount: 'decimal(10,2)',
      when: 'date',
      tags: 'array(varchar)',
      doc: 'varchar',
    },
    rows: `SELECT * FROM (VALUES
      (1, 'east', 10.00, DATE '2020-01-06', ['a', 'b'], '{"k": "v1", "n": 7, "l": [10, 20]}'),
      (2, 'east', 20.50, DATE '2020-01-30', ['b'], 'no json'),
      (3, 'west', 10.00, DATE '2020-02-01', NULL, '{}'),
      (4, 'west', 10.00, DATE '2020-02-29', [], NULL),
      (5, NULL, 1.00, DATE '2021-03-01', NULL, NULL)
    ) AS v(id, region, amount, "when", tags, doc)`,
  },
  regions: {
    columns: { name: 'varchar', boss: 'varchar', open: 'boolean' },
    rows: `SELECT * FROM (VALUES ('east', 'ann', true), ('west', 'bob', false), ('north', 'cat', NULL)) AS v(name, boss, open)`,
  },
};

interface Fixture {
  readonly sql: string;
  readonly rows: unknown[];
}

function readFixtures(file: string): Fixture[] {
  const fixtures: Fixture[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    if (line.startsWith('--> ')) fixtures.at(-1)?.rows.push(JSON.parse(line.slice(4)));
    else fixtures.push({ sql: line, rows: [] });
  }
  return fixtures;
}

describe('Trino statements answer as Trino answers', () => {
  let engine: TestEngine;
  before(async () => {
    engine = await TestEngine.start();
  });
  after(() => engine.close());
  for (const file of globSync(join(import.meta.dirname, 'testdata', '*.sql')).sort()) {
    for (const [index, { sql, rows }] of readFixtures(file).entries()) {
      test(`${basename(file)} ${index + 1}: ${sql.slice(0, 60)}`, async () => {
        assert.deepEqual(await engine.rows(sql, tables), rows);
      });
    }
  }
});
