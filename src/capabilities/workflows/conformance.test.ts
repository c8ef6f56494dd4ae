/** The executions recorded from AWS, where they are at hand; `npm run conformance` shows them by category. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..', '..');
const isAbsent = !existsSync(join(root, '..', 'shared', 'asl-conformance'));

test(
  'what AWS was recorded to answer is answered here',
  { skip: isAbsent && 'the recorded executions are not beside the project' },
  async () => {
    const script = join(root, 'scripts', 'conformance.ts');
    const run = promisify(execFile)(process.execPath, [script, '--failed'], { maxBuffer: 2 ** 24 });
    const { stdout } = await run.catch((error: { stdout: string; stderr: string }) => {
      assert.fail(`${error.stdout}\n${error.stderr}`);
    });
    assert.match(stdout, /ok {5}outcome/);
  },
);
