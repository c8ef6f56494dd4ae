import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogMirror } from './log-mirror.ts';

const { signal } = new AbortController();

/** Follows a log that has these lines at each look. */
async function follow(looks: readonly (readonly string[])[]): Promise<string[][]> {
  let lines: readonly string[] = [];
  const readLog = async (_id: number, from: number, size: number) => ({
    from,
    total: lines.length,
    log: lines.slice(from, from + size),
  });
  const mirror = new LogMirror({ readLog }, 7);
  const told: string[][] = [];
  for (lines of looks) {
    const now: string[] = [];
    await mirror.follow((line) => now.push(line), signal);
    told.push(now);
  }
  return told;
}

test('a log that keeps every line is told to its end, however long it is', async () => {
  const long = Array.from({ length: 12_345 }, (_, index) => `line ${index}`);
  const [first, second, third] = await follow([['line 0'], long, long]);
  assert.deepEqual([first, second?.length, second?.at(-1), third], [['line 0'], 12_344, 'line 12344', []]);
});

test("each part of Livy's log tells what is new, though lines move and the oldest are forgotten", async () => {
  const told = await follow([
    ['stdout: ', 'a', 'b', '\nstderr: ', 'x'],
    ['stdout: ', 'a', 'b', 'c', '\nstderr: ', 'x', '\nYARN Diagnostics: '],
    ['stdout: ', 'b', 'c', 'c', '\nstderr: ', 'x', 'x', '\nYARN Diagnostics: ', 'killed'],
    ['stdout: ', 'd', 'e', 'f', '\nstderr: ', 'x', 'x', '\nYARN Diagnostics: ', 'killed'],
  ]);
  assert.deepEqual(told, [['a', 'b', 'x'], ['c'], ['c', 'x', 'killed'], ['d', 'e', 'f']]);
});

test('lines that are too long for a page come in smaller ones, and a server that is silent has nothing new', async () => {
  const sizes: number[] = [];
  const readLog = async (_id: number, from: number, size: number) => {
    sizes.push(size);
    if (size > 100) throw new Error('it answered too much');
    return { from, total: 1, log: from === 0 ? ['x'] : [] };
  };
  const lines: string[] = [];
  await new LogMirror({ readLog }, 7).follow((line) => lines.push(line), signal);
  assert.deepEqual([lines, sizes.length], [['x'], 2]);
  const silent = { readLog: () => Promise.reject(new Error('down')) };
  await new LogMirror(silent, 7).follow((line) => lines.push(line), signal);
  assert.equal(lines.length, 1);
});
