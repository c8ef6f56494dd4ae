import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRecord, isLogged } from './log-record.ts';

const event = {
  id: 3,
  previousEventId: 2,
  timestampMs: 1_700_000_000_123,
  type: 'PassStateExited',
  stateExitedEventDetails: { name: 'A', output: '{"secret":1}', outputDetails: { truncated: false } },
};
const subject = { arn: 'arn:aws:states:us-east-1:000000000000:execution:m:e', redriveCount: 1 };

test('the levels let through all events, those of failures, the end of the execution, or none', () => {
  const types = ['PassStateEntered', 'TaskFailed', 'FailStateEntered', 'TaskStateAborted', 'ExecutionTimedOut'];
  const loggedAt = (level: 'ALL' | 'ERROR' | 'FATAL' | 'OFF') => types.filter((type) => isLogged(type, level));
  assert.deepEqual(loggedAt('ALL'), types);
  assert.deepEqual(loggedAt('ERROR'), types.slice(1));
  assert.deepEqual(loggedAt('FATAL'), ['ExecutionTimedOut']);
  assert.deepEqual(loggedAt('OFF'), []);
});

test("a record has the members of AWS's log lines, numbers as text", () => {
  assert.deepEqual(JSON.parse(formatRecord(event, subject, true)), {
    id: '3',
    type: 'PassStateExited',
    details: { name: 'A', output: '{"secret":1}', outputDetails: { truncated: false } },
    redrive_count: '1',
    previous_event_id: '2',
    event_timestamp: '1700000000123',
    execution_arn: subject.arn,
  });
});

test('without execution data no input or output gets into a log', () => {
  assert.doesNotMatch(formatRecord(event, subject, false), /secret/);
});
