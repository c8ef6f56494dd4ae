import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { useTempFolder } from '#testing';
import { ApplicationLog, readLogPage, readLogTail, readOutput, reasonInLog } from './application-log.ts';

const root = useTempFolder();

test('lines of both streams stand whole in the log, each stream by itself as it came', () => {
  const folder = join(root, 'lines');
  const log = new ApplicationLog(folder);
  log.write('stdout', Buffer.from('half '));
  log.write('stderr', Buffer.from('warning\r\n'));
  log.write('stdout', Buffer.from('a line\nend'));
  log.write('stdout', Buffer.from([0xe2, 0x82]));
  log.write('stdout', Buffer.from([0xac]));
  log.close();
  assert.deepEqual(readLogPage(folder, 0, 10).lines, ['warning', 'half a line', 'end€']);
  assert.deepEqual(readLogPage(folder, -1, 2), { from: 1, total: 3, lines: ['half a line', 'end€'] });
  assert.deepEqual(readLogPage(folder, 7, 2), { from: 3, total: 3, lines: [] });
  assert.deepEqual(readLogPage(folder, 1, 1), { from: 1, total: 3, lines: ['half a line'] });
  assert.deepEqual(readLogPage(folder, 1, 0).lines, []);
  assert.deepEqual(readLogTail(folder, 2), ['half a line', 'end€']);
  assert.deepEqual(readLogTail(join(root, 'none'), 2), []);
  assert.equal(readOutput(folder, 'stderr').toString(), 'warning\r\n');
  assert.deepEqual(readLogPage(join(root, 'none'), -1, 5), { from: 0, total: 0, lines: [] });
});

test('output without end or without line breaks is bounded, and its end is kept', () => {
  const folder = join(root, 'endless');
  const log = new ApplicationLog(folder);
  for (let count = 0; count < 40; count++) log.write('stdout', Buffer.alloc(2 ** 20, 'x'));
  log.write('stdout', Buffer.from('\nRuntimeError: the last word\n'));
  log.close();
  assert.ok(statSync(join(folder, 'log')).size < 18 * 2 ** 20);
  assert.equal(reasonInLog(folder), 'RuntimeError: the last word');
  assert.deepEqual(readLogTail(folder, 1), ['RuntimeError: the last word']);
  assert.match(readOutput(folder, 'stdout').toString(), /bytes of output were left out here/);
});

test('the reason is the last error, not what is printed behind it', () => {
  const folder = join(root, 'reason');
  const log = new ApplicationLog(folder);
  log.say('Traceback (most recent call last):');
  log.say('pyspark.errors.exceptions.captured.AnalysisException: [PATH_ALREADY_EXISTS] Path s3://b/x already exists.');
  log.say('26/11/22 23:18:16 INFO SparkContext: Invoking stop() from shutdown hook');
  log.close();
  assert.match(reasonInLog(folder) ?? '', /AnalysisException: \[PATH_ALREADY_EXISTS\]/);
});

test('the reason is found whichever language tells it', () => {
  const reasons: [string, string[]][] = [
    ['Exception: no trips', ['Traceback (most recent call last):', '  File "a.py", line 1', 'Exception: no trips']],
    ['Error: no trips', ['a.mjs:1', 'Error: no trips', '    at a.mjs:1:7', '', 'Node.js v26.1.0']],
    ["Cannot find module '/a.mjs'", ["Cannot find module '/a.mjs'", '    at load', 'Node.js v26.1.0']],
    ['bash: line 1: trips: command not found', ['starting', 'bash: line 1: trips: command not found']],
  ];
  for (const [index, [expected, lines]] of reasons.entries()) {
    const folder = join(root, `language-${index}`);
    const log = new ApplicationLog(folder);
    for (const line of lines) log.say(line);
    log.close();
    assert.equal(reasonInLog(folder), expected);
  }
});
