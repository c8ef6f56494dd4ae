/**
 * Attempts to reach past the tables of a query: files, network, settings, other databases, the engine's insides. At this
 * layer each must be refused before any SQL is made; the engine's sandbox is the second wall.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { SqlError } from './index.ts';
import { translate } from './testing.ts';

const attempts = readFileSync(join(import.meta.dirname, 'testdata', 'escapes.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe('attempts to escape from a query', () => {
  test('there are at least 75 of them', () => assert.ok(attempts.length >= 75, String(attempts.length)));
  for (const sql of attempts) {
    test(sql.slice(0, 80), () => {
      assert.throws(() => translate(sql), SqlError);
    });
  }

  test('text that the user writes stands in the SQL only as a quoted literal or name', () => {
    const { sql } = translate(`SELECT 'x''; DROP TABLE y; --' AS "a""; ATTACH 'z"`);
    assert.equal(sql, `SELECT 'x''; DROP TABLE y; --' AS "a""; ATTACH 'z"`);
    const nul = translate(`SELECT 'a\0b'`);
    assert.equal(nul.sql, `SELECT ('a' || chr(0) || 'b') AS "_col0"`);
  });
});
