import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { useTempFolder } from '#testing';

const execute = promisify(execFile);

test('the bundle starts, prints one line when ready, answers a query, and ends at SIGTERM', async (t) => {
  const dataDir = useTempFolder();
  // Below node_modules, so that the bundle finds DuckDB as it does where it is installed.
  const folder = join('node_modules', '.cache', 'millpond-bundle');
  await execute(process.execPath, ['scripts/build.ts', folder]);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'millpond.js');

  const server = spawn(process.execPath, [bundle, 'start', '--port', '0', '--data-dir', dataDir, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => server.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  const { endpoint } = JSON.parse(line) as { endpoint: string };
  const health = (await (await fetch(`${endpoint}/health`)).json()) as { status: string };
  assert.equal(health.status, 'ok');

  const { stdout } = await execute(process.execPath, [
    bundle,
    'sql',
    'SELECT 1 AS one',
    '--data-dir',
    dataDir,
    '-o',
    'csv',
  ]);
  assert.equal(stdout, 'one\n1\n');

  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});
