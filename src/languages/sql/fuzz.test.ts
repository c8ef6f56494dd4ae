/** Whatever the words and their order: a statement is translated, or refused with a place, and nothing else happens. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assert as check, constantFrom, nat, property, string, tuple } from 'fast-check';
import { parseStatement, SqlError } from './index.ts';
import { type TestCatalog, translate } from './testing.ts';

const tables: TestCatalog = {
  sales: { columns: { id: 'integer', region: 'varchar', tags: 'array(varchar)' }, rows: 'SELECT 1' },
  nums: { columns: { n: 'integer' }, rows: 'SELECT 1' },
};

const words = globSync(join(import.meta.dirname, 'testdata', '*.sql'))
  .sort()
  .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  .filter((line) => line !== '' && !line.startsWith('-->'))
  .map((line) => line.match(/'[^']*'|"[^"]*"|\w+|\S/g) ?? []);

function refusedOrDone(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    assert.match(error.message, /^line \d+:\d+: /);
  }
}

test('mutants of good statements end in a translation or in an error with a place', () => {
  const line = constantFrom(...words);
  const mutant = tuple(line, line, nat(1000), nat(1000), constantFrom('cut', 'splice', 'double', 'swap'))
    .map(([a, b, x, y, how]) => {
      const [i, j] = [x % (a.length + 1), y % (b.length + 1)];
      if (how === 'cut') return [...a.slice(0, i), ...a.slice(i + 1)];
      if (how === 'splice') return [...a.slice(0, i), ...b.slice(j)];
      if (how === 'double') return [...a.slice(0, i), ...a.slice(Math.max(0, i - 2))];
      return [...a.slice(0, i), ...b.slice(j, j + 2), ...a.slice(i)];
    })
    .map((tokens) => tokens.join(' '));
  check(
    property(mutant, (sql) => refusedOrDone(() => translate(sql, tables))),
    { numRuns: 1000, seed: 20_260_101 },
  );
});

test('any text at all ends in a statement or in an error with a place', () => {
  check(
    property(string({ unit: 'binary', maxLength: 60 }), (text) => refusedOrDone(() => parseStatement(text))),
    { numRuns: 1000, seed: 20_260_102 },
  );
});
