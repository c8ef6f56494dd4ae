import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine } from '#logs';
import { FakeClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { FunctionLog } from './function-log.ts';

test('lines are gathered for 100 ms, those that come during a write too', async () => {
  const clock = new FakeClock();
  const written: string[][] = [];
  let finishWrite: () => void = () => undefined;
  const logs = {
    append(_scope: string, _group: string, _stream: string, lines: readonly LogLine[]) {
      written.push(lines.map((line) => (typeof line === 'string' ? line : line.message)));
      return new Promise<void>((resolve) => (finishWrite = resolve));
    },
  };
  const log = new FunctionLog({ logs, clock, log: silentLog, scope: 'a/r', group: 'g', stream: 's' });
  log.say('one');
  log.say('two');
  clock.advance(100);
  log.say('three');
  finishWrite();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(written, [['one', 'two']]);
  clock.advance(100);
  assert.deepEqual(written, [['one', 'two'], ['three']]);
  log.say('four');
  const everything = log.written();
  finishWrite();
  await new Promise((resolve) => setImmediate(resolve));
  finishWrite();
  await everything;
  assert.deepEqual(written, [['one', 'two'], ['three'], ['four']]);
});
