/** Members of inputs and outputs that stand in the path, the query, the headers and the status (Smithy 2.0, HTTP bindings). */
import { unreadable } from '../../errors.ts';
import type { Member, Operation, Shape } from '../../model/model.ts';
import { decodeText, encodeText } from '../xml-values.ts';
import type { WireRequest } from '../protocol.ts';
import { parseQuery, type RestRouter } from './router.ts';
import { setOwn } from '../tree.ts';

/** The input without what the body says. */
export function decodeBindings(
  operation: Operation,
  request: WireRequest,
  router: RestRouter,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const shape = operation.input?.shape;
  if (shape === undefined) return result;
  const labels = router.labels(operation, request.rawPath);
  const query = parseQuery(request.rawQuery);
  for (const member of shape.members.values()) {
    const value = decodeBinding(member, labels, query, request.headers);
    if (value !== undefined) result[member.name] = value;
  }
  return result;
}

export function isInBody(member: Member): boolean {
  return member.traits.location === undefined;
}

/** An answer has neither path nor query: members bound to them stand in its body. */
export function isInAnswerBody({ traits: { location } }: Member): boolean {
  return location === undefined || location === 'querystring' || location === 'uri';
}

export interface EncodedBindings {
  readonly headers: Record<string, string>;
  /** Where a member of the output is the status. */
  readonly status: number | undefined;
}

export function encodeBindings(shape: Shape | undefined, output: Record<string, unknown>): EncodedBindings {
  const headers: Record<string, string> = {};
  let status: number | undefined;
  for (const member of shape?.members.values() ?? []) {
    const value = output[member.name];
    if (value === undefined || value === null) continue;
    const { location } = member.traits;
    if (location === 'header') headers[member.wireName.toLowerCase()] = encodeHeader(member, value);
    else if (location === 'headers') Object.assign(headers, encodeHeaderMap(member, value));
    else if (location === 'statusCode') status = Number(value);
  }
  return { headers, status };
}

function decodeBinding(
  member: Member,
  labels: Readonly<Record<string, string>>,
  query: ReadonlyMap<string, readonly string[]>,
  headers: Readonly<Record<string, string>>,
): unknown {
  const { wireName } = member;
  switch (member.traits.location) {
    case 'uri':
      return labels[wireName] === undefined ? undefined : decodeText(member, labels[wireName], 'iso8601');
    case 'querystring':
      return decodeQuery(member, query);
    case 'header': {
      const text = headers[wireName.toLowerCase()];
      return text === undefined ? undefined : decodeHeader(member, text);
    }
    case 'headers':
      return decodeHeaderMap(wireName.toLowerCase(), headers);
    default:
      return undefined;
  }
}

function decodeQuery(member: Member, query: ReadonlyMap<string, readonly string[]>): unknown {
  const { shape, wireName } = member;
  if (shape.type === 'map') return decodeQueryMap(shape, query);
  const values = query.get(wireName);
  if (values === undefined) return undefined;
  if (shape.type === 'list') return values.map((value) => decodeText(shape.item, value, 'iso8601'));
  return decodeText(member, values[0]!, 'iso8601');
}

/** A map in the query takes every parameter. */
function decodeQueryMap(shape: Shape, query: ReadonlyMap<string, readonly string[]>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, values] of query) setOwn(result, name, shape.value.shape.type === 'list' ? [...values] : values[0]);
  return result;
}

function decodeHeader(member: Member, text: string): unknown {
  const { shape } = member;
  if (shape.type === 'list') return splitHeader(shape, text).map((part) => decodeText(shape.item, part, 'rfc822'));
  if (member.traits.jsonvalue === true) return decodeJsonHeader(member, text);
  return decodeText(member, asListed(shape, text), 'rfc822');
}

/** S3 takes the words of its headers in any case: the C++ SDK writes `x-amz-checksum-mode: enabled`. */
function asListed(shape: Shape, text: string): string {
  const words = shape.raw.enum;
  if (words === undefined || words.includes(text)) return text;
  return words.find((word) => word.toLowerCase() === text.toLowerCase()) ?? text;
}

function decodeJsonHeader(member: Member, text: string): unknown {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
  } catch {
    throw unreadable(`The header ${member.wireName} must be JSON in base64.`);
  }
}

/** Values are parted by commas; HTTP dates hold one of their own, and quoted values may. */
function splitHeader(shape: Shape, text: string): string[] {
  const { type, raw } = shape.item.shape;
  if (type === 'timestamp' && (shape.item.traits.timestampFormat ?? raw.timestampFormat ?? 'rfc822') === 'rfc822') {
    return [...text.matchAll(/[^,]+,[^,]+/g)].map(([part]) => part.trim());
  }
  return [...text.matchAll(/\s*("(?:[^"\\]|\\.)*"|[^,]*)\s*(?:,|$)/g)]
    .map(([, part = '']) => part.trim())
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('"') ? part.slice(1, -1).replace(/\\(.)/g, '$1') : part));
}

function decodeHeaderMap(
  prefix: string,
  headers: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const result: Record<string, string> = {};
  let count = 0;
  for (const name of Object.keys(headers)) {
    if (!name.startsWith(prefix) || name.length === prefix.length) continue;
    setOwn(result, name.slice(prefix.length), headers[name]);
    count += 1;
  }
  return count === 0 ? undefined : result;
}

function encodeHeader(member: Member, value: unknown): string {
  const { shape } = member;
  if (shape.type === 'list') {
    const parts = Array.from(value as Iterable<unknown>, (item) => encodeText(shape.item, item, 'rfc822'));
    return parts.map((part) => (shape.item.shape.type === 'string' ? quoteHeader(part) : part)).join(', ');
  }
  if (member.traits.jsonvalue === true) return Buffer.from(String(value)).toString('base64');
  return headerText(encodeText(member, value, 'rfc822'));
}

function quoteHeader(part: string): string {
  return /[",]/.test(part) ? `"${part.replace(/["\\]/g, '\\$&')}"` : part;
}

function encodeHeaderMap(member: Member, value: unknown): Record<string, string> {
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([name, text]) => [`${member.wireName}${name}`.toLowerCase(), headerText(String(text))]),
  );
}

/** A header cannot hold line breaks; text beyond Latin-1 goes out as its UTF-8 bytes, as it came in. */
function headerText(text: string): string {
  const oneLine = text.replace(/[\r\n\0]/g, ' ');
  return /[^\x00-\xFF]/.test(oneLine) ? Buffer.from(oneLine, 'utf8').toString('latin1') : oneLine;
}
