import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { useTempFolder } from '#testing';
import { readResultPage } from './result-file.ts';

const folder = useTempFolder();

function fileOf(text: string): string {
  const path = join(folder, 'result.csv');
  writeFileSync(path, text);
  return path;
}

test('quotes, line ends and commas inside values, NULL beside the empty string', async () => {
  const file = fileOf('"a","b"\n"x ""y""\n,z",\n,""\n');
  const page = await readResultPage(file, 'csv', { rowsMax: 10, executionId: 'e' });
  assert.deepEqual(page.rows, [
    ['a', 'b'],
    ['x "y"\n,z', null],
    [null, ''],
  ]);
  assert.equal(page.nextToken, undefined);
});

test('pages of any size give every row once', async () => {
  const rows = Array.from({ length: 500 }, (_, index) => `"${index}","${'ü"",\n'.repeat(index % 7)}"`);
  const file = fileOf(`${rows.join('\n')}\n`);
  for (const rowsMax of [1, 7, 499, 500, 501]) {
    const seen: (string | null | undefined)[] = [];
    let token: string | undefined;
    do {
      const page = await readResultPage(file, 'csv', { token, rowsMax, executionId: 'e' });
      seen.push(...page.rows.map((row) => row[0]));
      token = page.nextToken;
    } while (token !== undefined);
    assert.deepEqual(
      seen,
      Array.from({ length: 500 }, (_, index) => String(index)),
    );
  }
});

test('a token of another execution is refused', async () => {
  const file = fileOf('"1"\n"2"\n');
  const { nextToken } = await readResultPage(file, 'csv', { rowsMax: 1, executionId: 'mine' });
  await assert.rejects(readResultPage(file, 'csv', { token: nextToken, rowsMax: 1, executionId: 'other' }), {
    code: 'InvalidRequestException',
  });
  await assert.rejects(readResultPage(file, 'csv', { token: 'nonsense', rowsMax: 1, executionId: 'mine' }), {
    code: 'InvalidRequestException',
  });
});
