import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseSource } from './source.ts';

const fails = (text: string, message: RegExp) =>
  assert.throws(() => parseSource(text), { code: 'ValidationError', message });

test('short forms of functions become their long forms', () => {
  const { value } = parseSource(`
A: !Ref Bucket
B: !GetAtt Bucket.Outputs.Name
C: !Sub ['\${x}', { x: !Ref Y }]
D: !If [IsBig, !Select [0, !GetAZs ''], !Ref AWS::NoValue]
E: !Condition IsBig
`);
  assert.deepEqual(value, {
    A: { Ref: 'Bucket' },
    B: { 'Fn::GetAtt': ['Bucket', 'Outputs.Name'] },
    C: { 'Fn::Sub': ['${x}', { x: { Ref: 'Y' } }] },
    D: { 'Fn::If': ['IsBig', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, { Ref: 'AWS::NoValue' }] },
    E: { Condition: 'IsBig' },
  });
});

test('versions, dates and account ids keep their digits', () => {
  const { value } = parseSource(
    'a: 2012-10-17\nb: 012345678901\nc: 1.0\nd: 1e3\ne: 1:30\nf: 12345678901234567890\ng: 7\nh: 0.5',
  );
  assert.deepEqual(value, {
    a: '2012-10-17',
    b: '012345678901',
    c: '1.0',
    d: '1e3',
    e: '1:30',
    f: '12345678901234567890',
    g: 7,
    h: 0.5,
  });
});

test('yes, no, on and off are booleans as values and stay text as keys', () => {
  assert.deepEqual(parseSource('on: yes\noff: No\nx: "yes"').value, { on: true, off: false, x: 'yes' });
});

test('JSON with tabs and escapes reads as JSON does', () => {
  const text = '{\n\t"a": [1, -2.5, true, "\\ud83d\\ude00\\/"],\n\t"b": {"Ref": "C"}\n}';
  assert.deepEqual(parseSource(text).value, JSON.parse(text));
});

test('a value can be located by line and column', () => {
  const source = parseSource('Resources:\n  A:\n    Type: X\n');
  assert.deepEqual(source.locate(['Resources', 'A', 'Type']), { line: 3, column: 11 });
  assert.equal(source.locate(['Resources', 'B']), undefined);
});

test('what is not well-formed is refused with its place', () => {
  fails('a: [1, 2', /YAML not well-formed\. \(line 1, column \d+\)/);
  fails('{"a": 1', /JSON not well-formed\. \(line 1, column \d+\)/);
  fails('a: 1\nb: !Reff x', /line 2, column 10\): the tag !Reff is unknown\. Did you mean !Ref\?/);
  fails('a: 1\na: 2', /line 2, column 1\): the key 'a' stands here twice/);
  fails('{"a": 1, "a": 2}', /JSON not well-formed.*the key 'a' stands here twice/);
  fails('---\na: 1\n---\nb: 2', /one YAML document/);
  fails('', /empty/);
  fails('? [a]\n: 1', /a key must be text/);
});

test('a prototype cannot be smuggled in', () => {
  fails('__proto__: { polluted: 1 }', /'__proto__' is not allowed/);
  fails('{"a": {"__proto__": {"polluted": 1}}}', /'__proto__' is not allowed/);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('aliases are refused, and so is a bomb of them, within 100 ms', () => {
  const bomb = Array.from(
    { length: 9 },
    (_, i) =>
      `a${i}: &a${i} [${Array(9)
        .fill(i === 0 ? 'x' : `*a${i - 1}`)
        .join(', ')}]`,
  );
  const startedMs = performance.now();
  fails(bomb.join('\n'), /YAML aliases are not allowed/);
  assert.ok(performance.now() - startedMs < 100);
  assert.deepEqual(parseSource('a: "*x"\nb: a*b\nc: |\n  *not an alias\n').value, {
    a: '*x',
    b: 'a*b',
    c: '*not an alias\n',
  });
});

test('deep nesting is refused in every form, again and again, within 100 ms each', () => {
  const forms = [
    '['.repeat(500_000),
    '{a: '.repeat(100_000),
    '{"a":'.repeat(100_000),
    '- '.repeat(250_000),
    '? '.repeat(250_000),
    '["]", '.repeat(100_000),
    Array.from({ length: 1000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
  ];
  for (const form of forms) {
    const rounds = Array.from({ length: 5 }, () => {
      const startedMs = performance.now();
      fails(form, /nested more than 100 levels deep/);
      return performance.now() - startedMs;
    });
    assert.ok(Math.min(...rounds) < 100, form.slice(0, 20));
  }
});

test('a text above 1 MB is refused, and many keys take linear time', () => {
  fails('a'.repeat(1_000_001), /1000001 bytes; at most 1000000/);
  const startedMs = performance.now();
  const wide = Array.from({ length: 10_000 }, (_, index) => `key${index}: value`).join('\n');
  assert.equal(Object.keys(parseSource(wide).value as object).length, 10_000);
  assert.ok(performance.now() - startedMs < 5000);
});

test('any JSON of template values survives the way through the reader', () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const name = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
  const document = fc.dictionary(name, fc.oneof(scalar, fc.array(scalar), fc.dictionary(name, scalar)), { minKeys: 1 });
  fc.assert(
    fc.property(document, (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      assert.deepEqual(parseSource(JSON.stringify(plain, null, 2)).value, plain);
    }),
    { numRuns: 200 },
  );
});
