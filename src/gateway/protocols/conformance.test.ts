/**
 * The Smithy protocol tests as botocore carries them (`testdata/`, restated by `scripts/conformance-data.ts`), run against
 * the codecs from the server's side: requests are decoded, answers and errors are encoded.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { PlatformError } from '#kernel/errors';
import type { HttpResponse } from '../api.ts';
import { ServiceModel, type Member, type Operation, type RawModel } from '../model/model.ts';
import { toWireError } from '../status.ts';
import { decodeCbor } from './cbor.ts';
import { Protocols, type WireForm } from './registry.ts';
import { createCborCodec } from './cbor-rpc.ts';
import { createJsonCodec, parseJson } from './json.ts';
import { isRecord } from './tree.ts';
import { parseXml, type XmlElement } from './xml-reader.ts';
import { decodeXml } from './xml-values.ts';

interface Case {
  readonly id: string;
  readonly given: RawModel['operations'][string];
  readonly params?: Record<string, unknown>;
  readonly serialized?: { method: string; uri: string; body?: string; headers?: Record<string, string> };
  readonly result?: Record<string, unknown>;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly error?: Record<string, unknown>;
  readonly response?: { status_code: number; body?: string; headers?: Record<string, string> };
}

interface Suite {
  readonly metadata: RawModel['metadata'];
  readonly shapes: RawModel['shapes'];
  readonly cases: readonly Case[];
}

const suites: readonly (readonly [file: string, form: WireForm])[] = [
  ['json_1_0', 'json-1.0'],
  ['json_1_0-query-compatible', 'json-1.0'],
  ['json', 'json-1.1'],
  ['query', 'query'],
  ['ec2', 'ec2'],
  ['rest-json', 'rest-json'],
  ['rest-xml', 'rest-xml'],
  ['smithy-rpc-v2-cbor', 'rpc-cbor'],
  ['smithy-rpc-v2-cbor-query-compatible', 'rpc-cbor'],
  ['smithy-rpc-v2-cbor-non-query-compatible', 'rpc-cbor'],
];

/** Cases that say nothing of a server, and why. */
const skipped: readonly (readonly [ids: RegExp, reason: string])[] = [
  [/^SDKApp/, 'the suite gives no compressed body; tested in hostile.test.ts'],
  [/IdempotencyToken|ProtocolIdempotencyToken/, 'a client makes up the token'],
  [/FooErrorUsing|^RestJsonFooError|UnsetUnion$/, 'spellings of an error that only clients must read'],
  [/EndpointTrait|HostWithPath|HostPrefix/, 'the host is made by the client'],
  [
    /EmptyQueryMaps|EmptyQueryLists|PrefixHeadersAreNotPresent|OmitsNullQuery|OmitsEmptyListQuery/,
    'an empty one is not sent',
  ],
  [/NullAndEmptyHeaders|ListsSerializeNull|MapsSerializeNull/, 'a null is not sent'],
  [/QueryPrecedence/, 'the client decides which of two values it sends'],
  [/HttpWithEmptyStructurePayload|HttpWithHeadersButNoPayload/, 'the client sends an empty body for an absent one'],
  [/^InvalidGreetingError$/, 'the answer has a member that its model has not'],
];

const protocols = new Protocols();
const jsonCodec = createJsonCodec();
const cborCodec = createCborCodec('rpc-v2');

for (const [file, form] of suites) {
  for (const direction of ['input', 'output'] as const) {
    const path = join(import.meta.dirname, '..', 'testdata', `${direction}-${file}.json`);
    if (!existsSync(path)) continue;
    const all = readCases(path);
    const cases = all.filter(({ id }) => !skipped.some(([ids]) => ids.test(id)));
    test(`${form}: ${cases.length} ${direction} cases of ${file} hold, ${all.length - cases.length} are a client's`, async () => {
      const failures: string[] = [];
      for (const { model, operation, facts } of cases.map(open)) {
        try {
          if (direction === 'input') checkInput(form, operation, facts);
          else await checkOutput(form, model, operation, facts);
        } catch (error) {
          failures.push(`${facts.id}: ${(error as Error).message.slice(0, 1500)}`);
        }
      }
      assert.equal(failures.length, 0, failures.join('\n\n'));
    });
  }
}

function readCases(path: string): (Case & { suite: Suite })[] {
  const suitesOfFile = JSON.parse(readFileSync(path, 'utf8')) as Suite[];
  return suitesOfFile.flatMap((suite) => suite.cases.map((facts) => ({ ...facts, suite })));
}

function open(facts: Case & { suite: Suite }): { model: ServiceModel; operation: Operation; facts: Case } {
  const { metadata, shapes } = facts.suite;
  // The suite leaves out what botocore reads over in an answer: the element around the result.
  const { output, name } = facts.given;
  const given =
    metadata.protocol === 'query' && output !== undefined
      ? { ...facts.given, output: { ...output, resultWrapper: `${name}Result` } }
      : facts.given;
  const model = new ServiceModel('test', { metadata, shapes, operations: { [name]: given } });
  return { model, operation: model.findOperation(facts.given.name)!, facts };
}

function checkInput(form: WireForm, operation: Operation, { serialized, params, given }: Case): void {
  const { method, uri, body = '', headers = {} } = serialized!;
  const [rawPath = '/', rawQuery = ''] = uri.split('?');
  const request = {
    method,
    rawPath,
    rawQuery,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: form === 'rpc-cbor' ? Buffer.from(body, 'base64') : Buffer.from(body),
  };
  const protocol = protocols.get(form);
  const found =
    protocol.findOperation(operation.model, request, given.name) ??
    protocol.operationInBody(operation.model, request, request.body);
  assert.equal(found.name, given.name);
  const expected = operation.input === undefined ? {} : fromFacts(operation.input, params ?? {});
  const decoded = protocol.decode(operation, request) as Record<string, unknown>;
  // A map of the whole query holds, on the server's side, the parameters that have members of their own as well.
  for (const { name, traits, shape } of operation.input?.shape.members.values() ?? []) {
    if (traits.location === 'querystring' && shape.type === 'map') delete decoded[name];
    if (traits.location === 'querystring' && shape.type === 'map') delete (expected as Record<string, unknown>)[name];
  }
  assert.deepEqual(plain(decoded), plain(expected));
}

async function checkOutput(form: WireForm, model: ServiceModel, operation: Operation, facts: Case): Promise<void> {
  const protocol = protocols.get(form);
  const answer = { requestId: 'foo-id', model, resource: '/' };
  const response = facts.response!;
  const encoded =
    facts.errorCode === undefined
      ? protocol.encode(operation, operation.output && fromFacts(operation.output, facts.result ?? {}), answer)
      : protocol.encodeError(toWireError(toError(facts, model), protocol.family, model), answer);
  assert.equal(encoded.status, response.status_code);
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    if (['content-type', 'content-length', 'x-amz-target', 'x-amzn-requestid'].includes(name.toLowerCase())) continue;
    assert.equal(encoded.headers?.[name.toLowerCase()], value, `header ${name}`);
  }
  await checkBody(form, encoded, response.body, facts.errorCode === undefined ? operation.output : undefined, facts);
}

function toError({ errorCode, errorMessage, error = {}, given }: Case, model: ServiceModel): PlatformError {
  const shape = model.findError(errorCode!) ?? model.shape(given.errors![0]!.shape);
  const kind = shape.raw.fault === true ? 'unavailable' : 'invalid';
  return new PlatformError(kind, errorCode!, errorMessage ?? '', {
    details: fromFacts(model.member('error', { shape: shape.name }), error) as Record<string, unknown>,
  });
}

/** Equal as a tree; or, where the suite shows what a client must tolerate, equal in what the model reads from it. */
async function checkBody(
  form: WireForm,
  encoded: HttpResponse,
  expected: string | undefined,
  output: Member | undefined,
  facts: Case,
): Promise<void> {
  const { body } = encoded;
  const ours = body instanceof Readable ? await buffer(body) : Buffer.from((body as string | undefined) ?? '');
  const theirs = Buffer.from(expected ?? '', form === 'rpc-cbor' ? 'base64' : 'utf8');
  const [ourTree, theirTree] = [ours, theirs].map((bytes) => readTree(form, bytes));
  const isUnread = output === undefined && facts.errorCode === undefined;
  if (isUnread || isDeepStrictEqual(ourTree, theirTree)) return;
  if (output === undefined) assert.deepEqual(ourTree, theirTree);
  else assert.deepEqual(readValue(form, output, ours), readValue(form, output, theirs));
}

function readTree(form: WireForm, bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  if (form === 'rpc-cbor') return plain(withoutMessage(decodeCbor(bytes)));
  const text = bytes.toString().trim();
  if (text.startsWith('<')) return canonicalXml(parseXml(bytes));
  return text.startsWith('{') || text.startsWith('[') ? withoutMessage(JSON.parse(text)) : bytes.toString();
}

/** Every error of ours has a message; some of the suite have none. */
function withoutMessage(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([name]) => name.toLowerCase() !== 'message');
  return Object.fromEntries(kept.map(([name, child]) => [name, name === '__type' ? localName(child) : child]));
}

/** Clients read `namespace#Name:uri` as `Name`. */
function localName(value: unknown): string {
  return String(value).replace(/^.*#/, '').replace(/:.*$/, '');
}

function readValue(form: WireForm, output: Member, bytes: Buffer): unknown {
  const target = output.shape.payload ?? output;
  if (form === 'rpc-cbor') return plain(cborCodec.decode(target, bytes.length === 0 ? {} : decodeCbor(bytes)));
  if (form === 'query' || form === 'ec2' || form === 'rest-xml') {
    const root = bytes.length === 0 ? emptyElement : parseXml(bytes);
    return plain(decodeXml(target, form === 'query' ? (root.children[0] ?? emptyElement) : root));
  }
  return plain(jsonCodec.decode(target, parseJson(bytes)));
}

const emptyElement: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };

/** Order of children does not matter, nor do namespaces, request ids and white space between elements. */
function canonicalXml({ name, attributes, children, text }: XmlElement): unknown {
  const inner = children
    .filter((child) => !['ResponseMetadata', 'RequestId', 'requestId', 'RequestID', 'Message'].includes(child.name))
    .map(canonicalXml)
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const kept = [...attributes].filter(([attribute]) => !attribute.startsWith('xmlns'));
  return { name, attributes: kept, inner, text: children.length > 0 ? text.trim() : text };
}

/** The suites write times as epoch seconds, blobs as text and infinities as words. */
function fromFacts(member: Member, value: unknown): unknown {
  const { shape } = member;
  if (value === null || shape.isDocument) return value;
  switch (shape.type) {
    case 'structure':
      return Object.fromEntries(
        Object.entries(value as object)
          .filter(([name, child]) => shape.members.has(name) && child !== null)
          .map(([name, child]) => [name, fromFacts(shape.members.get(name)!, child)]),
      );
    case 'list':
      return (value as unknown[]).map((child) => fromFacts(shape.item, child));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as object).map(([key, child]) => [key, fromFacts(shape.value, child)]),
      );
    case 'timestamp':
      return new Date(Number(value) * 1000);
    case 'blob':
      return Buffer.from(value as string);
    case 'float':
    case 'double':
      return Number(value);
    default:
      return value;
  }
}

/** One look for what the codecs and the facts say alike: streams aside, own keys only. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (value instanceof Readable) return { stream: true };
  if (value instanceof Date) return { time: value.getTime() };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plain(child)]));
}
