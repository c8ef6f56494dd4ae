import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import type { LogLine } from '#logs';
import { ExecutionLog } from './execution-log.ts';

const scope = '000000000000/us-east-1';
const revision = {
  machineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m',
  machineName: 'm',
  type: 'EXPRESS' as const,
  roleArn: 'r',
  revisionId: '1.1',
  definition: '{}',
};
const logGroupArn = 'arn:aws:logs:us-east-1:000000000000:log-group:/states/m:*';
const destinations = [{ cloudWatchLogsLogGroup: { logGroupArn } }];
const event = { id: 1, previousEventId: 0, timestampMs: 5, type: 'ExecutionStarted' };

function open(append: (scope: string, group: string, stream: string, lines: readonly LogLine[]) => Promise<void>) {
  return new ExecutionLog({ logs: { append }, clock: new FakeClock(), log: silentLog });
}

test('events go to the group of their machine in one write for each turn', async () => {
  const written: [string, string, number][] = [];
  const log = open((at, group, stream, lines) => {
    assert.match(stream, /^states\/m\/2026-01-01-00-00\/[0-9a-f]{8}$/);
    written.push([at, group, lines.length]);
    return Promise.resolve();
  });
  const logging = { level: 'ALL' as const, destinations };
  const run = { origin: { arn: 'a', scope, revision: { ...revision, logging } }, redriveCount: 0 };
  log.record(run, [event]);
  log.record(run, [event, event]);
  await log.stop();
  assert.deepEqual(written, [[scope, '/states/m', 3]]);
});

test('a machine that logs nothing costs nothing, and a group that cannot be written harms nobody', async () => {
  const log = open(() => Promise.reject(new Error('the group is gone')));
  const off = {
    origin: { arn: 'a', scope, revision: { ...revision, logging: { level: 'OFF' as const } } },
    redriveCount: 0,
  };
  log.record(off, [event]);
  const logging = { level: 'ALL' as const, destinations };
  log.record({ origin: { ...off.origin, revision: { ...revision, logging } }, redriveCount: 0 }, [event]);
  await log.stop();
});
