/** All operations of all models: made-up values go through every codec and come out the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCbor, encodeCbor } from '../protocols/cbor.ts';
import { createCborCodec } from '../protocols/cbor-rpc.ts';
import { createJsonCodec, parseJson } from '../protocols/json.ts';
import { parseXml } from '../protocols/xml-reader.ts';
import { decodeXml, encodeXml } from '../protocols/xml-values.ts';
import { ModelLibrary, type Member, type Shape } from './model.ts';
import { compilePattern } from './patterns.ts';
import { Redactor } from './redaction.ts';
import { describeProblems, Validator } from './validation.ts';

const library = new ModelLibrary();
const models = [...library.summaries.keys()].map((name) => library.find(name)!);
const operations = models.flatMap((model) => model.operationNames.map((name) => model.findOperation(name)!));
const uses = operations.flatMap(({ input, output }) => [input, output]).filter((use) => use !== undefined);

/** A value of the shape with all members, cut off where shapes contain themselves. */
function makeValue(member: Member, depth = 0): unknown {
  const { shape } = member;
  if (shape.isDocument) return { any: ['json', 1] };
  switch (shape.type) {
    case 'structure':
      return makeStructure(shape, depth);
    case 'list':
      return depth > 4 ? [] : [makeValue(shape.item, depth + 1)];
    case 'map':
      return depth > 4 ? {} : { [makeValue(shape.key, depth + 1) as string]: makeValue(shape.value, depth + 1) };
    case 'string':
      return shape.raw.enum?.[0] ?? 'ä <&> "1"\n\t\u{1F600}';
    case 'boolean':
      return true;
    case 'timestamp':
      return new Date(1_700_000_000_000);
    case 'blob':
      return Buffer.from([0, 255, 10]);
    case 'integer':
    case 'long':
      return 7;
    case 'float':
    case 'double':
      return 0.5;
  }
}

function makeStructure(shape: Shape, depth: number): Record<string, unknown> {
  if (depth > 4) return {};
  // A stream stands in no body, and of a union one member is set.
  const members = [...shape.members.values()].filter(({ traits }) => traits.streaming !== true && !isEvents(traits));
  const chosen = shape.raw.union === true ? members.slice(0, 1) : members;
  const inBody = chosen.filter(({ traits }) => traits.location === undefined);
  return Object.fromEntries(inBody.map((member) => [member.name, makeValue(member, depth + 1)]));
}

function isEvents(traits: object): boolean {
  return 'eventstream' in traits;
}

/** Buffers of either make compare by their bytes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, child: unknown) => (child instanceof Uint8Array ? [...child] : child)));
}

/** Deep recursion leaves unions without a member, which JSON and CBOR rightly refuse. */
function hasEmptyUnion(member: Member, value: unknown): boolean {
  const { shape } = member;
  if (value === null || typeof value !== 'object' || shape.isDocument) return false;
  if (shape.type === 'list') return (value as unknown[]).some((child) => hasEmptyUnion(shape.item, child));
  if (shape.type === 'map') return Object.values(value).some((child) => hasEmptyUnion(shape.value, child));
  if (shape.type !== 'structure') return false;
  if (shape.raw.union === true && Object.keys(value).length === 0) return true;
  return Object.entries(value).some(([name, child]) => hasEmptyUnion(shape.members.get(name)!, child));
}

const samples = uses
  .map((use) => ({ use, value: makeValue(use) }))
  .filter(({ use, value }) => !hasEmptyUnion(use, value));

function samplesOf(protocols: readonly string[]): typeof samples {
  const spoken = operations.filter(({ model }) => protocols.includes(model.metadata.protocol));
  const wanted = new Set(spoken.flatMap(({ input, output }) => [input, output]));
  return samples.filter(({ use }) => wanted.has(use));
}

const asTrees = samplesOf(['json', 'rest-json', 'query']);
const asXml = samplesOf(['query', 'rest-xml']);

test(`${asTrees.length} inputs and outputs pass through JSON and CBOR unchanged`, () => {
  const json = createJsonCodec();
  const cbor = { rpc: createCborCodec('rpc-v2'), aws: createCborCodec('aws') };
  for (const { use, value } of asTrees) {
    const expected = plain(value);
    const text = JSON.stringify(json.encode(use, value));
    assert.deepEqual(plain(json.decode(use, parseJson(Buffer.from(text)))), expected, `${use.name} in JSON`);
    for (const codec of [cbor.rpc, cbor.aws]) {
      const decoded = codec.decode(use, decodeCbor(encodeCbor(codec.encode(use, value))));
      assert.deepEqual(plain(decoded), expected, `${use.name} in CBOR`);
    }
  }
});

test(`${asXml.length} inputs and outputs pass through XML unchanged`, () => {
  for (const { use, value } of asXml) {
    if (/^(Get|Put)BucketNotification$/.test(use.name)) continue; // Deprecated, with two members of one name.
    const decoded = decodeXml(use, parseXml(Buffer.from(encodeXml(use, value, 'Root'))));
    assert.deepEqual(withoutEmpty(plain(decoded)), withoutEmpty(plain(value)), use.name);
  }
});

/** An empty flattened list leaves no trace in XML. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return Array.isArray(value) ? value.map(withoutEmpty) : value;
  }
  const entries = Object.entries(value).map(([name, child]) => [name, withoutEmpty(child)] as const);
  return Object.fromEntries(
    entries.filter(([, child]) => typeof child !== 'object' || Object.keys(child as object).length > 0),
  );
}

test('every constraint of every input compiles, and what it says can be read', () => {
  const validator = new Validator();
  const redactor = new Redactor();
  for (const { use, value } of samples) {
    const problems = validator.problems(use, value);
    if (problems.length > 0) assert.match(describeProblems(problems), /^\d+ validation errors? detected: Value /);
    redactor.redact(use, value);
  }
});

test('all patterns of the models but a few are JavaScript, and none is slow on long text', () => {
  const shapes = new Map<string, Shape>();
  const visit = ({ shape }: Member): void => {
    const name = `${uses.length}${shape.name}${shape.raw.pattern ?? ''}`;
    if (shapes.has(name)) return;
    shapes.set(name, shape);
    if (shape.type === 'structure') for (const member of shape.members.values()) visit(member);
    if (shape.type === 'list') visit(shape.item);
    if (shape.type === 'map') [shape.key, shape.value].forEach(visit);
  };
  uses.forEach(visit);
  const sources = new Set([...shapes.values()].flatMap(({ raw }) => raw.pattern ?? []));
  const refused = [...sources].filter((source) => compilePattern(source) === undefined);
  assert.deepEqual(refused, []);
  const hostile = ['a', '0', 'a-', 'a.', 'a/', ':', ' ', 'arn:aws:'].map((part) => `${part.repeat(100)}\u0000`);
  const slow = [...sources].filter((source) => {
    const pattern = compilePattern(source)!;
    const started = performance.now();
    for (const text of hostile) pattern.test(text.slice(0, 8192));
    return performance.now() - started > 1000;
  });
  assert.deepEqual(slow, []);
});

test('patterns hold for the whole text and know the classes of Java', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['[\\w+=,.@-]+', 'a b', false],
    ['[\\w+=,.@-]+', 'ab', true],
    ['\\p{Print}*', 'plain', true],
    ['[\\p{Print}]*', 'bell\u0007', false],
    ['(?s).*', 'two\nlines', true],
    ['^[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*$', 'emoji \u{1F600}', true],
    ['[a-z\\_\\@]+', 'a_@', true],
  ];
  for (const [source, text, expected] of cases) assert.equal(compilePattern(source)!.test(text), expected, source);
});
