import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { promisify, stripVTControlCharacters } from 'node:util';
import { missingPython, useTempFolder } from '#testing';

test('the demo runs to its end in an empty folder, with no setting but free ports', async () => {
  const { PATH = '', HOME = '' } = process.env;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [resolve('src/main.ts'), 'demo', '--once', '--port', '0', '--livy-port', '0', '--months', '2', '--rows', '500'],
    { cwd: useTempFolder(), env: { PATH, HOME, NO_COLOR: '1' } },
  );
  const progress = stripVTControlCharacters(stderr);
  assert.match(progress, /All three agree to the cent\./);
  if (missingPython() !== false) {
    assert.match(progress, /The workflow is left out: its functions are in Python/);
    return;
  }
  assert.match(stdout, /rate_code_id.*total_distance.*total_fare_amount/);
  assert.match(progress, /Run it again.*MilesPerRate job failed/s);
});
