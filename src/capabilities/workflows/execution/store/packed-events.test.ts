import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEvent } from '../execution.ts';
import { Datum } from '../datum.ts';
import { eventOf, exitDetails, inputDetails, outputDetails } from '../history.ts';
import { packEvents, unpackEvents } from './packed-events.ts';

const events: readonly HistoryEvent[] = [
  eventOf(7, 0, 1000, 'ExecutionStarted', { ...inputDetails('{"a": 1}'), roleArn: 'r' }),
  eventOf(8, 0, 1000, 'PassStateEntered', { ...inputDetails('{}'), name: 'A' }),
  eventOf(9, 8, 1001, 'PassStateExited', exitDetails('A', Datum.of({}), { x: 1 })),
  eventOf(10, 9, 1002, 'MapStateExited', exitDetails('M', Datum.of([]), undefined)),
  eventOf(11, 10, 1003, 'MapRunSucceeded'),
  eventOf(12, 10, 1003, 'TaskScheduled', { resource: 'publish', parameters: '{}' }),
  eventOf(13, 12, 1004, 'TaskSucceeded', { resource: 'publish', ...outputDetails('1') }),
  eventOf(14, 13, 1004, 'ExecutionFailed', {}),
];

test('events that were packed are read back as they were', () => {
  assert.deepEqual(unpackEvents(packEvents(events), 7), events);
});

test('rows with whole events are still read', () => {
  assert.deepEqual(unpackEvents(JSON.stringify(events), 7), events);
});
