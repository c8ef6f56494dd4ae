import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { useTempFolder } from '#testing';
import { findDemoData } from '../../src/cli/demo/data.ts';
import { addFile, formatCents, type Totals } from '../../src/cli/demo/totals.ts';
import { startTestPlatform } from '../../src/testing/platform.ts';
import { runReadme } from '../../src/testing/readme.ts';
import { generateMonths } from './generate.ts';

const monthly = join('..', 'shared', 'data', 'taxi', 'monthly');

test('the README does what it says', async () => {
  const scratch = useTempFolder();
  const platform = await startTestPlatform({ open: false });
  try {
    const run = { pid: process.pid, endpoint: platform.endpoint, accountId: '000000000000' };
    writeFileSync(join(platform.dataDir, 'run.json'), JSON.stringify(run));
    await runReadme({ path: 'examples/data-lake/README.md', env: { MILLPOND_DATA_DIR: platform.dataDir }, scratch });
  } finally {
    await platform.close();
  }
});

test('generated months are the same bytes for the same seed, and have the odd corners of the real ones', () => {
  const [first, second] = [generateMonths({ months: 4, rows: 2000 }), generateMonths({ months: 4, rows: 2000 })].map(
    (months) => [...months],
  );
  assert.deepEqual(first, second);
  assert.notDeepEqual([...generateMonths({ months: 1, rows: 2000, seed: 2 })][0]?.content, first?.[0]?.content);
});

test(
  'real months are counted to the cent before they are held against queries',
  { skip: existsSync(monthly) ? false : `${monthly} is not there` },
  () => {
    const totals: Totals = { rows: 0, fareCents: 0n, totalCents: 0n };
    const { files } = findDemoData({ data: monthly, months: 0, rows: 0, scratch: '' });
    for (const file of files) addFile(totals, file);
    assert.deepEqual(
      [totals.rows, formatCents(totals.fareCents), formatCents(totals.totalCents)],
      [180_000, '2782496.22', '3520541.63'],
    );
  },
);
