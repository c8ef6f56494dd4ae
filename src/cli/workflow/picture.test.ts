import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { drawLines, nodesOf, visitsOf, type HistoryEvent } from './picture.ts';

const definition = {
  StartAt: 'Submit',
  States: {
    Submit: { Type: 'Task', Next: 'Rest' },
    Rest: { Type: 'Wait', Next: 'Done?' },
    'Done?': { Type: 'Choice', Choices: [{ Next: 'Both' }, { Next: 'Failed' }], Default: 'Rest' },
    Failed: { Type: 'Fail' },
    Both: {
      Type: 'Parallel',
      Branches: [{ StartAt: 'Left', States: { Left: { Type: 'Pass' } } }],
      Next: 'End',
    },
    End: { Type: 'Succeed' },
  },
};

function event(type: 'Entered' | 'Exited', name: string, seconds: number): HistoryEvent {
  const timestamp = new Date(seconds * 1000);
  return type === 'Entered'
    ? { type: 'StateEntered', timestamp, stateEnteredEventDetails: { name } }
    : { type: 'StateExited', timestamp, stateExitedEventDetails: { name } };
}

test('states stand in the order in which they may be reached, branches indented', () => {
  assert.deepEqual(
    nodesOf(definition).map(({ name, depth }) => `${' '.repeat(depth)}${name}`),
    ['Submit', 'Rest', 'Done?', 'Both', ' Left', 'Failed', 'End'],
  );
});

test('each state shows what became of it, how long it took and how often it was entered', () => {
  const events = [
    event('Entered', 'Submit', 0),
    event('Exited', 'Submit', 1),
    event('Entered', 'Rest', 1),
    event('Exited', 'Rest', 3),
    event('Entered', 'Done?', 3),
    event('Exited', 'Done?', 3),
    event('Entered', 'Rest', 3),
    event('Exited', 'Rest', 5),
    event('Entered', 'Done?', 5),
    event('Exited', 'Done?', 5),
    event('Entered', 'Failed', 5),
  ];
  const lines = drawLines(nodesOf(definition), visitsOf(events, 'FAILED')).map(stripVTControlCharacters);
  assert.deepEqual(lines, [
    '✔ Submit  1.0 s',
    '✔ Rest    4.0 s  2 x',
    '✔ Done?     2 x',
    '○ Both',
    '○   Left',
    '✖ Failed',
    '○ End',
  ]);
});

test('what is open is running until the execution ends', () => {
  assert.equal(visitsOf([event('Entered', 'Submit', 0)], 'RUNNING').get('Submit')?.fate, 'running');
});
