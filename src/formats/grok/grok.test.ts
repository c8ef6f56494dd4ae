import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isPlatformError, messageOf } from '#kernel/errors';
import { formatHiveType } from '../hive-type.ts';
import { compileGrok, compileGrokOf, compileUserRegex, grokColumns, logFormats } from './index.ts';
import { library } from './library.ts';

const log = '../shared/data/logs/apache_access.log.gz';
const skip = existsSync(log) ? false : 'the shared data are not here';

const samples: Readonly<Record<string, string>> = {
  combined_apache:
    '127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326 "http://x/" "Mozilla/4.08 [en]"',
  apache: '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 304 -',
  nginx_error: '2015/12/01 10:20:30 [error] 123#0: *45 open() "/x" failed (2: No such file), client: 1.2.3.4',
  alb: 'h2 2018-07-02T22:23:00.186641Z app/lb/50dc 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:x "Root=1"',
  elb: '2015-05-13T23:39:43.945958Z my-lb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
  s3_access:
    '79a5 bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 79a5 3E57 REST.GET.VERSIONING - "GET /b?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" - s9lz SigV2',
  syslog: 'Oct  9 22:33:20 host sshd[1234]: Accepted publickey for x',
  syslog5424: '<34>1 2003-10-11T22:14:15.003Z mymachine su - ID47 - failed for lonvick',
  ruby_logger: 'I, [1999-03-03T02:34:24.895701 #19074]  INFO -- Main: info.',
  redislog: '1234:M 27 Jul 2015 12:34:56.789 * Background saving started',
  squid: '1066036250.603    310 192.0.0.1 TCP_HIT/200 874 GET http://x/ - NONE/- text/html',
};

test('every pattern of the library compiles', () => {
  for (const name of Object.keys(library)) assert.doesNotThrow(() => compileGrok(`%{${name}}`), name);
});

test('every built-in log format knows its own sample and no other', () => {
  for (const format of logFormats) {
    const pattern = format.compile();
    const known = Object.entries(samples)
      .filter(([, line]) => pattern.match(line) !== undefined)
      .map(([name]) => name);
    assert.deepEqual(known, [format.classification]);
  }
});

test('the fast engine and RE2 find the same fields in the samples', () => {
  for (const format of logFormats) {
    const line = samples[format.classification] ?? '';
    assert.deepEqual(format.compile().match(line), compileGrok(format.pattern).match(line), format.classification);
  }
});

test('fields have the types that were given, and custom patterns come first', () => {
  const pattern = compileGrok('%{NUMBER:took:double} %{MINE:level} (?<rest>.*)', '# mine\nMINE [A-Z]+\n');
  assert.deepEqual(
    grokColumns(pattern).map((column) => `${column.name} ${formatHiveType(column.type)}`),
    ['took double', 'level string', 'rest string'],
  );
  assert.deepEqual(pattern.match('1.5 WARN all of it'), ['1.5', 'WARN', 'all of it']);
  assert.equal(pattern.match('nothing'), undefined);
});

test('patterns that cannot be used say why', () => {
  const cases: [string, string, RegExp][] = [
    ['%{NOPE:x}', '', /no pattern %\{NOPE\}/],
    ['%{WORD:x:money}', '', /'money' is no type/],
    ['%{A}', 'A %{B}\nB %{A}', /refers to itself/],
    ['(?=x)', '', /look-around/],
    ['(a)\\1', '', /back-references/],
    ['%{A}', 'A', /a name, a blank and an expression/],
    ['%{A}%{A}', `A ${'x'.repeat(60_000)}`, /too long/],
  ];
  for (const [pattern, custom, message] of cases) {
    assert.throws(
      () => compileGrok(pattern, custom),
      (error) => isPlatformError(error, 'InvalidInputException') && message.test(messageOf(error)),
      pattern,
    );
  }
});

test('atomic groups and possessive quantifiers of other engines are taken', () => {
  assert.deepEqual(compileGrok('(?>%{WORD:a})\\s++%{INT:b}').match('x  17'), ['x', '17']);
  assert.deepEqual(compileUserRegex('([]a]+)-(\\++)', { isWhole: true, title: 'x' }).match(']a-++'), [']a', '++']);
});

test('a pattern that others backtrack in ends at once', () => {
  const startMs = performance.now();
  assert.equal(compileGrok('^(a+)+$').match(`${'a'.repeat(20_000)}b`), undefined);
  assert.ok(performance.now() - startMs < 2000);
});

test('the fast formats stay linear on hostile lines', () => {
  const pieces = ['1.2.3.4 - - [', '"', '"\\', 'a b ', ' - ', '0.', '[10/Oct/2000:13:55:36 -0700] "GET ', ': '];
  const known = compileGrok('^%{COMBINEDAPACHELOG}', '', { isTrusted: true });
  for (const format of [...logFormats, { classification: 'combined_apache', compile: () => known }]) {
    const pattern = format.compile();
    for (const piece of [...pieces, ...Object.values(samples).map((line) => line.slice(0, 40))]) {
      const line = (samples[format.classification] ?? '').slice(0, 30) + piece.repeat(20_000 / piece.length);
      const startMs = performance.now();
      pattern.match(line);
      assert.ok(performance.now() - startMs < 500, `${format.classification} with ${JSON.stringify(piece)}`);
    }
  }
});

test('9,999 of 10,000 lines of a real access log match', { skip }, () => {
  const lines = gunzipSync(readFileSync(log))
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
  const pattern = compileGrokOf('%{COMBINEDAPACHELOG}');
  const matched = lines.map((line) => pattern.match(line)).filter((cells) => cells !== undefined);
  assert.equal(matched.length, 9999);
  const names = pattern.fields.map((field) => field.name);
  assert.equal(matched[0]?.[names.indexOf('clientip')], '83.149.9.216');
  assert.equal(matched[0]?.[names.indexOf('bytes')], '203023');
});
