/**
 * Values of a model to and from XML (Smithy 2.0, "XML binding traits"): the bodies of restXml and the answers of the
 * query protocol.
 */
import { unreadable } from '../errors.ts';
import type { Member, Shape } from '../model/model.ts';
import { formatTimestamp, parseTimestamp, epochSeconds } from '../model/timestamps.ts';
import { fitsInteger, readBase64, setOwn, toBytes, toDate } from './tree.ts';
import type { XmlElement } from './xml-reader.ts';

/** @throws SerializationException when a text is not of its shape's type */
export function decodeXml(member: Member, element: XmlElement): unknown {
  const { shape } = member;
  if (shape.type === 'structure') return decodeStructure(shape, element);
  if (shape.type === 'list')
    return decodeItems(
      shape,
      element.children.filter(({ name }) => name === itemName(shape)),
    );
  if (shape.type === 'map')
    return decodeEntries(
      shape,
      element.children.filter(({ name }) => name === 'entry'),
    );
  return decodeText(member, element.text, 'iso8601');
}

/** A scalar from its text, as it also stands in headers and queries. */
export function decodeText(member: Member, text: string, timeFormat: 'iso8601' | 'rfc822'): unknown {
  switch (member.shape.type) {
    case 'string':
      return text;
    case 'boolean': {
      const lower = text.trim().toLowerCase();
      if (lower === 'true' || lower === 'false') return lower === 'true';
      throw refuse(member, text, 'true or false');
    }
    case 'integer':
    case 'long':
      if (/^\s*[+-]?\d{1,19}\s*$/.test(text) && fitsInteger(member, Number(text))) return Number(text);
      throw refuse(member, text, 'a whole number');
    case 'float':
    case 'double': {
      const value = text.trim() === '' ? Number.NaN : Number(text);
      if (Number.isNaN(value) && text !== 'NaN') throw refuse(member, text, 'a number');
      return value;
    }
    case 'timestamp': {
      const time = parseTimestamp(text.trim(), member.traits.timestampFormat ?? timeFormat);
      if (time === undefined) throw refuse(member, text, 'a timestamp');
      return time;
    }
    case 'blob': {
      const bytes = readBase64(text.replace(/\s/g, ''));
      if (bytes === undefined) throw refuse(member, text, 'base64');
      return bytes;
    }
    default:
      throw refuse(member, text, `a ${member.shape.type}`);
  }
}

/** A scalar as text. */
export function encodeText(member: Member, value: unknown, timeFormat: 'iso8601' | 'rfc822'): string {
  switch (member.shape.type) {
    case 'timestamp': {
      const format = member.traits.timestampFormat ?? timeFormat;
      return format === 'unixTimestamp' ? String(epochSeconds(toDate(value))) : formatTimestamp(toDate(value), format);
    }
    case 'blob':
      return Buffer.from(toBytes(value)).toString('base64');
    default:
      return String(value);
  }
}

/**
 * @param name of the element that holds the value
 * @param namespace put on this element; the shape's own wins
 */
export function encodeXml(member: Member, value: unknown, name: string, namespace?: string): string {
  const { shape } = member;
  const attributes = namespaceAttribute(member, namespace);
  if (shape.type === 'structure')
    return element(name, attributes + xmlAttributes(shape, value), encodeMembers(shape, value));
  if (shape.type === 'list') return element(name, attributes, encodeItems(shape, value, itemName(shape)));
  if (shape.type === 'map') return element(name, attributes, encodeEntries(shape, value, 'entry'));
  return element(name, attributes, escapeText(encodeText(member, value, 'iso8601')));
}

/** The members of a structure without an element around them. */
export function encodeMembers(shape: Shape, value: unknown, only?: (member: Member) => boolean): string {
  const record = value as Record<string, unknown>;
  let result = '';
  for (const member of shape.members.values()) {
    const child = record[member.name];
    if (child === undefined || child === null || member.traits.xmlAttribute === true) continue;
    if (only?.(member) === false) continue;
    result += encodeMember(member, child);
  }
  return result;
}

export function escapeText(text: string): string {
  if (!/[&<>"\r\n\u0085\u2028]/.test(text)) return stripControls(text);
  return stripControls(text).replace(/[&<>"\r\n\u0085\u2028]/g, (char) => escapes[char] ?? char);
}

export function element(name: string, attributes: string, content: string): string {
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
  '\u0085': '&#x85;',
  '\u2028': '&#x2028;',
};

/** Characters that XML 1.0 cannot hold in any spelling. */
function stripControls(text: string): string {
  return /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(text)
    ? text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
    : text;
}

function encodeMember(member: Member, value: unknown): string {
  const { shape } = member;
  const name = member.traits.queryName ?? member.wireName;
  if (member.traits.flattened === true && shape.type === 'list') return encodeItems(shape, value, name, member);
  if (member.traits.flattened === true && shape.type === 'map') return encodeEntries(shape, value, name);
  return encodeXml(member, value, name);
}

function encodeItems(shape: Shape, value: unknown, name: string, use?: Member): string {
  const { item } = shape;
  const namespace = use === undefined ? undefined : namespaceUri(use);
  let result = '';
  for (const child of value as Iterable<unknown>) {
    if (child !== undefined && child !== null) result += encodeXml(item, child, name, namespace);
  }
  return result;
}

function encodeEntries(shape: Shape, value: unknown, name: string): string {
  const { key, value: item } = shape;
  let result = '';
  for (const [text, child] of Object.entries(value as Record<string, unknown>)) {
    if (child === undefined || child === null) continue;
    const content = encodeXml(key, text, key.wireName) + encodeXml(item, child, item.wireName);
    result += element(name, '', content);
  }
  return result;
}

export function xmlAttributes(shape: Shape, value: unknown): string {
  let result = '';
  for (const member of shape.members.values()) {
    const child = (value as Record<string, unknown>)[member.name];
    if (member.traits.xmlAttribute !== true || child === undefined || child === null) continue;
    result += ` ${member.wireName}="${escapeText(encodeText(member, child, 'iso8601'))}"`;
  }
  return result;
}

function namespaceAttribute(member: Member, fallback: string | undefined): string {
  const { xmlNamespace } = member.traits;
  if (typeof xmlNamespace === 'object' && xmlNamespace.prefix !== undefined) {
    return ` xmlns:${xmlNamespace.prefix}="${escapeText(xmlNamespace.uri)}"`;
  }
  const uri = namespaceUri(member) ?? fallback;
  return uri === undefined ? '' : ` xmlns="${escapeText(uri)}"`;
}

function namespaceUri(member: Member): string | undefined {
  const { xmlNamespace } = member.traits;
  return typeof xmlNamespace === 'object' ? xmlNamespace.uri : xmlNamespace;
}

function decodeStructure(shape: Shape, parent: XmlElement): Record<string, unknown> {
  const byName = new Map<string, XmlElement[]>();
  for (const child of parent.children) {
    const same = byName.get(child.name);
    if (same === undefined) byName.set(child.name, [child]);
    else same.push(child);
  }
  const result: Record<string, unknown> = {};
  for (const member of shape.members.values()) {
    if (member.traits.xmlAttribute === true) {
      const text = parent.attributes.get(member.wireName);
      if (text !== undefined) result[member.name] = decodeText(member, text, 'iso8601');
      continue;
    }
    const found = byName.get(localPart(member.wireName)) ?? byName.get(localPart(flatItemName(member)));
    if (found !== undefined) result[member.name] = decodeMember(member, found);
  }
  return result;
}

function decodeMember(member: Member, found: readonly XmlElement[]): unknown {
  const { shape } = member;
  if (member.traits.flattened === true && shape.type === 'list') return decodeItems(shape, found);
  if (member.traits.flattened === true && shape.type === 'map') return decodeEntries(shape, found);
  return decodeXml(member, found[0]!);
}

function decodeItems(shape: Shape, found: readonly XmlElement[]): unknown[] {
  const { item } = shape;
  return found.map((child) => decodeXml(item, child));
}

function decodeEntries(shape: Shape, found: readonly XmlElement[]): Record<string, unknown> {
  const { key, value } = shape;
  const result: Record<string, unknown> = {};
  for (const entry of found) {
    const keyElement = entry.children.find(({ name }) => name === localPart(key.wireName));
    const valueElement = entry.children.find(({ name }) => name === localPart(value.wireName));
    if (keyElement === undefined) throw unreadable('A map entry has no key.');
    if (valueElement !== undefined) setOwn(result, keyElement.text, decodeXml(value, valueElement));
  }
  return result;
}

/** Some clients know a flattened list by the name of its items. */
function flatItemName(member: Member): string {
  const isFlat = member.traits.flattened === true && member.shape.type === 'list';
  return isFlat ? member.shape.item.wireName : member.wireName;
}

function itemName(shape: Shape): string {
  return shape.item.wireName;
}

function localPart(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function refuse(member: Member, text: string, expected: string): Error {
  return unreadable(`'${member.name}' must be ${expected}, not '${text.slice(0, 100)}'.`);
}
