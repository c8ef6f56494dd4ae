import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, suite, test } from 'node:test';
import { useTempFolder } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';

function millpond(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((settle) => {
    const env = { PATH, HOME, NO_COLOR: '1' };
    execFile(process.execPath, [resolve('src/main.ts'), ...args], { env }, (error, stdout, stderr) =>
      settle({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

suite('millpond applications', async () => {
  const platform = await startTestPlatform({ sparkHome: '/nowhere' });
  const url = platform.livyUrl ?? '';
  const folder = useTempFolder();
  after(() => platform.close());
  const submit = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    writeFileSync(file, text);
    const answer = await fetch(`${url}/batches`, { method: 'POST', body: JSON.stringify({ file }) });
    return String(((await answer.json()) as { id: number }).id);
  };

  test('follows an application to its end and says how it ended', async () => {
    const good = await submit('good.py', 'import time\nprint("begun", flush=True)\ntime.sleep(0.5)\nprint("ended")\n');
    const followed = await millpond(['applications', good, '--follow', '--livy-url', url]);
    assert.equal(followed.code, 0, followed.stderr);
    assert.match(followed.stdout, /begun\nended\n$/);
    assert.match(followed.stderr, /good\.py +success/);
    const bad = await submit('bad.py', 'raise ValueError("no fares")\n');
    const failed = await millpond(['applications', bad, '--follow', '--livy-url', url]);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /ValueError: no fares/);
    const listed = await millpond(['applications', '--json', '--livy-url', url]);
    const rows = JSON.parse(listed.stdout) as { id: number; state: string; by: string }[];
    assert.deepEqual(
      rows.map(({ state }) => state),
      ['dead', 'success'],
    );
    const shown = await millpond(['applications', bad, '--livy-url', url]);
    assert.match(shown.stdout, /submitted .* by arn:aws:iam::000000000000:root/);
    const absent = await millpond(['applications', '99', '--livy-url', url]);
    assert.deepEqual([absent.code, /Session '99' not found/.test(absent.stderr)], [1, true]);
  });
});
