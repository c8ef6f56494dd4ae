import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { useTempFolder } from '#testing';
import { FunctionLog } from './function-log.ts';
import { Sandbox } from './sandbox.ts';

const clock = new SystemClock();

async function runScript(script: string) {
  const complaints: string[] = [];
  const logs = { append: () => Promise.resolve() };
  const folder = useTempFolder();
  const sandbox = new Sandbox({
    clock,
    log: new FunctionLog({ logs, clock, log: silentLog, scope: 'a/r', group: 'g', stream: 's' }),
    file: '/bin/sh',
    args: ['-c', script],
    cwd: folder,
    temporaryFolder: folder,
    memoryMb: 128,
    outputMark: undefined,
    expiresMs: Infinity,
    complain: (why) => complaints.push(why),
  });
  sandbox.start({ address: '', close: () => true }, {});
  const outcome = await sandbox.invoke(
    { requestId: 'r', payload: Buffer.from('{}'), functionArn: 'arn', traceId: 'Root=1-0-0' },
    5000,
  );
  await sandbox.kill();
  return { outcome, complaints };
}

test('walls that could not be put up are told of, in the answer and to the platform', async () => {
  const fault = "bwrap: Can't mkdir parents for /var/task: Permission denied";
  const { outcome, complaints } = await runScript(`echo "${fault}" >&2; exit 1`);
  assert.deepEqual(outcome, { kind: 'exit', how: `The sandbox could not start: ${fault}` });
  assert.deepEqual(complaints, [fault]);
});

test('a runtime that leaves by itself is no fault of the sandbox', async () => {
  const { outcome, complaints } = await runScript('echo "said bwrap: nothing" >&2; exit 3');
  assert.deepEqual(outcome, { kind: 'exit', how: 'Runtime exited with error: exit status 3' });
  assert.deepEqual(complaints, []);
});
