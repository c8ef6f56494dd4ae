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
  const start = Buffer.from(head.subarray(0, 512)).toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
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
    if (row.fields.size > fieldsMax) throw overLimit('xml', `a row of ${row.fields.size} fields`, `${fieldsMax} fields`);
    rowCount += 1;
    columns = widenColumns(columns, [...row.fields].map(([name, type]) => ({ name, type })));
  }
  if (rowCount === 0 || columns.length === 0) return undefined;
  return { columns, rowCount, reason: `XML; rows are <${tag}> elements, ${rowCount} seen` };
}

const tokenPattern =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<!DOCTYPE[^>[]*(?:\[[^\]]*\])?[^>]*>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>/g;
const attributePattern = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** Elements of that name that are whole, wherever they stand. */
function* rowsOf(text: string, rowTag: string): Generator<Element> {
  const open: Element[] = [];
  let last = 0;
  tokenPattern.lastIndex = 0;
  for (const token of text.matchAll(tokenPattern)) {
    const [whole, cdata, closing, opening, attributes = '', selfClosing] = token;
    const current = open.at(-1);
    if (current !== undefined) current.text += decodeEntities(text.slice(last, token.index)) + (cdata ?? '');
    last = token.index + whole.length;
    if (opening !== undefined && (current !== undefined || opening === rowTag)) {
      const element = elementOf(opening, attributes);
      if (selfClosing !== '/') open.push(element);
      else if (current === undefined) yield element;
      else addChild(current, element);
      if (open.length > depthMax) throw overLimit('xml', 'the nesting of elements', `${depthMax} levels`);
    } else if (closing !== undefined && current?.name === closing) {
      open.pop();
      const parent = open.at(-1);
      if (parent === undefined) yield current;
      else addChild(parent, current);
    }
  }
}

function elementOf(name: string, attributes: string): Element {
  const fields = new Map<string, HiveType>();
  for (const [, key = '', double, single] of attributes.matchAll(attributePattern)) {
    fields.set(`_${key.toLowerCase()}`, scalarTypeOf(decodeEntities(double ?? single ?? '').trim()));
  }
  return { name, fields, counts: new Map(), text: '' };
}

function addChild(parent: Element, child: Element): void {
  const name = child.name.toLowerCase();
  const own = typeOf(child);
  const known = parent.fields.get(name);
  const count = (parent.counts.get(name) ?? 0) + 1;
  parent.counts.set(name, count);
  if (known === undefined) parent.fields.set(name, own);
  else if (known.kind === 'array' && count > 2) parent.fields.set(name, { kind: 'array', element: widen(known.element, own) });
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
  for (const [, , closing, opening, , selfClosing] of text.slice(0, 1 << 18).matchAll(tokenPattern)) {
    if (closing !== undefined) depth -= 1;
    if (opening === undefined) continue;
    if (depth === 1) counts.set(opening, (counts.get(opening) ?? 0) + 1);
    if (selfClosing !== '/') depth += 1;
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.includes('&') ? text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] as string) : text;
}
