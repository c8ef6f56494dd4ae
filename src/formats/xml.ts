/**
 * XML by row tag, as Glue's XML classifiers read it: each element of that name is a row, its children and attributes are
 * columns. Entities other than the five of the XML standard are left as they stand, a DOCTYPE is passed over, so nothing
 * expands. Attributes are fields with `_` before their names; text beside them is `_value`, as Spark's XML source names it.
 */
import { badDefinition, overLimit } from './errors.ts';
import type { Column, HiveType } from './hive-type.ts';
import { scalarTypeOf } from './delimited/index.ts';
import { widen, widenColumns } from './widening.ts';

export interface XmlSchema {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  readonly reason: string;
}

interface Element {
  readonly name: string;
  readonly fields: Map<string, HiveType>;
  /** How often each child came, so that the second makes an array. */
  readonly counts: Map<string, number>;
  text: string;
}

// Limit: elements nest at most 200 deep, a row has at most 5,000 different fields.
const depthMax = 200;
const fieldsMax = 5000;

/** @throws InvalidInputException when the row tag is no element name, or one that closes itself */
export function assertRowTag(rowTag: string): void {
  if (!/^[A-Za-z_:][\w:.-]*$/.test(rowTag)) throw badDefinition('Row tag', rowTag, 'it is no name of an element');
}

/** Whether the bytes begin as an XML document does. */
export function looksLikeXml(head: Uint8Array): boolean {
  const start = Buffer.from(head.subarray(0, 512))
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  return start.startsWith('<?xml') || /^<(?:!DOCTYPE|!--|[A-Za-z_][\w:.-]*[\s/>])/.test(start);
}

/**
 * @param rowTag the name of the element that is a row; without one, the element that comes most often right under the root
 * @returns undefined when no such element is whole in `head`
 */
export function inferXml(head: Uint8Array, rowTag?: string): XmlSchema | undefined {
  const text = new TextDecoder().decode(head);
  const tag = rowTag ?? commonChild(text);
  if (tag === undefined) return undefined;
  let columns: Column[] = [];
  let rowCount = 0;
  for (const row of rowsOf(text, tag)) {
    if (row.fields.size > fieldsMax)
      throw overLimit('xml', `a row of ${row.fields.size} fields`, `${fieldsMax} fields`);
    rowCount += 1;
    columns = widenColumns(
      columns,
      [...row.fields].map(([name, type]) => ({ name, type })),
    );
  }
  if (rowCount === 0 || columns.length === 0) return undefined;
  return { columns, rowCount, reason: `XML; rows are <${tag}> elements, ${rowCount} seen` };
}

interface Token {
  /** Where the token begins and where the text behind it begins. */
  readonly start: number;
  readonly end: number;
  readonly kind: 'open' | 'close' | 'self-closing' | 'cdata' | 'other';
  /** The element's name, or the text of a CDATA section. */
  readonly text: string;
  readonly attributes: string;
}

/** Marks of the text in order; ends at the first that is not closed. Each character is looked at once or twice. */
function* tokensOf(text: string): Generator<Token> {
  for (let start = text.indexOf('<'); start !== -1;) {
    const token = tokenAt(text, start);
    if (token === undefined) return;
    yield token;
    start = text.indexOf('<', token.end);
  }
}

function tokenAt(text: string, start: number): Token | undefined {
  const upTo = (mark: string, from: number): number => {
    const at = text.indexOf(mark, from);
    return at === -1 ? -1 : at + mark.length;
  };
  const other = (end: number): Token | undefined =>
    end === -1 ? undefined : { start, end, kind: 'other', text: '', attributes: '' };
  if (text.startsWith('<!--', start)) return other(upTo('-->', start + 4));
  if (text.startsWith('<?', start)) return other(upTo('?>', start + 2));
  if (text.startsWith('<![CDATA[', start)) {
    const end = upTo(']]>', start + 9);
    return end === -1 ? undefined : { start, end, kind: 'cdata', text: text.slice(start + 9, end - 3), attributes: '' };
  }
  if (text.startsWith('<!', start)) return other(endOfTag(text, start + 2, '[', ']'));
  const end = endOfTag(text, start + 1);
  if (end === -1) return undefined;
  const inner = text.slice(start + 1, end - 1);
  if (inner.startsWith('/')) return { start, end, kind: 'close', text: inner.slice(1).trim(), attributes: '' };
  const isSelfClosing = inner.endsWith('/');
  const body = isSelfClosing ? inner.slice(0, -1) : inner;
  const blank = body.search(/\s/);
  const name = blank === -1 ? body : body.slice(0, blank);
  return {
    start,
    end,
    kind: isSelfClosing ? 'self-closing' : 'open',
    text: name,
    attributes: blank === -1 ? '' : body.slice(blank),
  };
}

/** The place behind the `>` that closes a tag; one in quotes or, for a DOCTYPE, in brackets closes nothing. */
function endOfTag(text: string, from: number, opening = '', closing = ''): number {
  let quote = '';
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at] as string;
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === opening) depth += 1;
    else if (character === closing) depth -= 1;
    else if (character === '>' && depth <= 0) return at + 1;
  }
  return -1;
}

/** Elements of that name that are whole, wherever they stand. */
function* rowsOf(text: string, rowTag: string): Generator<Element> {
  const open: Element[] = [];
  let last = 0;
  for (const token of tokensOf(text)) {
    const current = open.at(-1);
    if (current !== undefined) current.text += decodeEntities(text.slice(last, token.start));
    if (current !== undefined && token.kind === 'cdata') current.text += token.text;
    last = token.end;
    if ((token.kind === 'open' || token.kind === 'self-closing') && (current !== undefined || token.text === rowTag)) {
      const element = elementOf(token.text, token.attributes);
      if (token.kind === 'open') open.push(element);
      else if (current === undefined) yield element;
      else addChild(current, element);
      if (open.length > depthMax) throw overLimit('xml', 'the nesting of elements', `${depthMax} levels`);
    } else if (token.kind === 'close' && current?.name === token.text) {
      open.pop();
      const parent = open.at(-1);
      if (parent === undefined) yield current;
      else addChild(parent, current);
    }
  }
}

function elementOf(name: string, attributes: string): Element {
  const fields = new Map<string, HiveType>();
  for (let at = 0; at < attributes.length;) {
    const equals = attributes.indexOf('=', at);
    if (equals === -1) break;
    const key = attributes.slice(at, equals).trim();
    const open = firstQuote(attributes, equals + 1);
    const close = attributes.indexOf(attributes[open] as string, open + 1);
    if (open === -1 || close === -1) break;
    fields.set(`_${key.toLowerCase()}`, scalarTypeOf(decodeEntities(attributes.slice(open + 1, close)).trim()));
    at = close + 1;
  }
  return { name, fields, counts: new Map(), text: '' };
}

function firstQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) if (text[at] === '"' || text[at] === "'") return at;
  return -1;
}

function addChild(parent: Element, child: Element): void {
  const name = child.name.toLowerCase();
  const own = typeOf(child);
  const known = parent.fields.get(name);
  const count = (parent.counts.get(name) ?? 0) + 1;
  parent.counts.set(name, count);
  if (known === undefined) parent.fields.set(name, own);
  else if (known.kind === 'array' && count > 2)
    parent.fields.set(name, { kind: 'array', element: widen(known.element, own) });
  else parent.fields.set(name, { kind: 'array', element: widen(known, own) });
}

function typeOf(element: Element): HiveType {
  const text = element.text.trim();
  if (element.fields.size === 0) return scalarTypeOf(text);
  const fields = [...element.fields].map(([name, type]) => ({ name, type }));
  if (text !== '') fields.push({ name: '_value', type: scalarTypeOf(text) });
  return { kind: 'struct', fields };
}

function commonChild(text: string): string | undefined {
  const counts = new Map<string, number>();
  let depth = 0;
  for (const { kind, text: name } of tokensOf(text.slice(0, 1 << 18))) {
    if (kind === 'close') depth -= 1;
    if (kind !== 'open' && kind !== 'self-closing') continue;
    if (depth === 1) counts.set(name, (counts.get(name) ?? 0) + 1);
    if (kind === 'open') depth += 1;
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.includes('&')
    ? text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] as string)
    : text;
}
