/** Form-encoded input of the query protocol: `Tags.member.1.Key=a&Tags.member.1.Value=b` as values of a model. */
import { PlatformError } from '#kernel/errors';
import { unreadable } from '../errors.ts';
import type { Member, Shape } from '../model/model.ts';
import { setOwn } from './tree.ts';
import { decodeText } from './xml-values.ts';

export type FormFlavour = 'query' | 'ec2';

/** A name's value and what stands under it behind a dot. */
interface Node {
  text: string | undefined;
  readonly children: Map<string, Node>;
}

// Limit: a form may have 10,000 parameters, each name 32 parts.
const parametersMax = 10_000;
const partsMax = 32;

/** The parameters in a tree by the dots of their names. */
export function parseForm(text: string): Node {
  const root = newNode();
  let count = 0;
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    count += 1;
    if (count > parametersMax) throw malformed(`it has more than ${parametersMax} parameters`);
    const cut = pair.indexOf('=');
    const name = decodeFormText(cut === -1 ? pair : pair.slice(0, cut));
    const parts = name.split('.');
    if (parts.length > partsMax) throw malformed(`'${name.slice(0, 100)}' has more than ${partsMax} parts`);
    let node = root;
    for (const part of parts) node = childOf(node, part);
    node.text = cut === -1 ? '' : decodeFormText(pair.slice(cut + 1));
  }
  return root;
}

/** The value of a parameter at the top, such as `Action`. */
export function formValue(form: Node, name: string): string | undefined {
  return form.children.get(name)?.text;
}

/** @throws SerializationException or MalformedQueryString */
export function decodeForm(shape: Shape, node: Node, flavour: FormFlavour): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const member of shape.members.values()) {
    const child = findChild(node, member, flavour);
    if (child !== undefined) result[member.name] = decodeNode(member, child, flavour);
  }
  return result;
}

function decodeNode(member: Member, node: Node, flavour: FormFlavour): unknown {
  const { shape } = member;
  switch (shape.type) {
    case 'structure':
      return decodeForm(shape, node, flavour);
    case 'list':
      return decodeList(member, node, flavour);
    case 'map':
      return decodeMap(member, node, flavour);
    default:
      return decodeText(member, node.text ?? '', 'iso8601');
  }
}

function decodeList(member: Member, node: Node, flavour: FormFlavour): unknown[] {
  const { item } = member.shape;
  const isFlat = flavour === 'ec2' || member.traits.flattened === true;
  const holder = isFlat ? node : node.children.get(item.wireName);
  // `Tags=` alone is an empty list.
  return holder === undefined ? [] : numbered(holder).map((child) => decodeNode(item, child, flavour));
}

function decodeMap(member: Member, node: Node, flavour: FormFlavour): Record<string, unknown> {
  const { key, value } = member.shape;
  const holder = member.traits.flattened === true ? node : node.children.get('entry');
  const result: Record<string, unknown> = {};
  for (const entry of holder === undefined ? [] : numbered(holder)) {
    const name = entry.children.get(key.wireName)?.text;
    const child = entry.children.get(value.wireName);
    if (name === undefined) throw unreadable(`An entry of '${member.name}' has no key.`);
    if (child !== undefined) setOwn(result, name, decodeNode(value, child, flavour));
  }
  return result;
}

/** Children by their numbers; gaps close up. */
function numbered(node: Node): Node[] {
  const entries = [...node.children].map(([name, child]): [number, Node] => {
    if (!/^[1-9]\d{0,8}$/.test(name)) throw malformed(`'${name.slice(0, 100)}' is not a position in a list`);
    return [Number(name), child];
  });
  return entries.sort(([a], [b]) => a - b).map(([, child]) => child);
}

/** EC2 writes names with a capital, unless the model gives a name for queries alone. */
function findChild(node: Node, member: Member, flavour: FormFlavour): Node | undefined {
  if (flavour === 'ec2') return node.children.get(member.traits.queryName ?? upperFirst(member.wireName));
  const found = node.children.get(member.traits.queryName ?? member.wireName);
  // Some clients know a flattened list by the name of its items.
  const isFlatList = member.traits.flattened === true && member.shape.type === 'list';
  return found ?? (isFlatList ? node.children.get(member.shape.item.wireName) : undefined);
}

function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function childOf(node: Node, name: string): Node {
  let child = node.children.get(name);
  if (child === undefined) {
    child = newNode();
    node.children.set(name, child);
  }
  return child;
}

function newNode(): Node {
  return { text: undefined, children: new Map() };
}

function decodeFormText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw malformed(`'${text.slice(0, 100)}' is not properly percent-encoded`);
  }
}

function malformed(why: string): PlatformError {
  return new PlatformError('invalid', 'MalformedQueryString', `The query string is malformed: ${why}.`);
}
