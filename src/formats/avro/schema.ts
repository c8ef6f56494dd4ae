/** Avro schemas made into Hive types and into readers of values, in one pass (Avro specification 1.12, "Schema Declaration"). */
import { badData, unsupportedData } from '../errors.ts';
import type { HiveType, StructField } from '../hive-type.ts';
import { dateText, formatDecimal, timestampText } from '../orc/value.ts';
import type { Value } from '../row-batch.ts';
import type { Cursor } from './cursor.ts';

export type Reader = (cursor: Cursor) => Value;

export interface Node {
  readonly type: HiveType;
  readonly read: Reader;
  /** For a record: its fields, to read one at a time. */
  readonly fields?: readonly { readonly name: string; readonly type: HiveType; readonly read: Reader }[];
}

type Json = null | boolean | number | string | Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

// Limit: schemas nest at most 100 deep.
const depthMax = 100;

/** @throws HIVE_BAD_DATA for a schema that is wrong, HIVE_UNSUPPORTED_FORMAT for one that refers to itself */
export function compileSchema(schemaText: string): Node {
  let schema: Json;
  try {
    schema = JSON.parse(schemaText) as Json;
  } catch {
    throw badData('avro', 'the schema is no JSON');
  }
  return new Compiler().node(schema, '', 0);
}

const primitives: Readonly<Record<string, Node>> = {
  null: { type: { kind: 'unknown' }, read: () => null },
  boolean: { type: { kind: 'boolean' }, read: (cursor) => cursor.byte() === 1 },
  int: { type: { kind: 'int' }, read: (cursor) => Number(cursor.long()) },
  long: { type: { kind: 'bigint' }, read: (cursor) => BigInt(cursor.long()) },
  float: { type: { kind: 'float' }, read: (cursor) => cursor.float() },
  double: { type: { kind: 'double' }, read: (cursor) => cursor.double() },
  bytes: { type: { kind: 'binary' }, read: (cursor) => cursor.take(cursor.size()) },
  string: { type: { kind: 'string' }, read: (cursor) => cursor.text() },
};

class Compiler {
  readonly #named = new Map<string, Node | 'open'>();

  node(schema: Json, namespace: string, depth: number): Node {
    if (depth > depthMax) throw badData('avro', `the schema nests deeper than ${depthMax}`);
    if (typeof schema === 'string') return this.#reference(schema, namespace);
    if (Array.isArray(schema)) return this.#union(schema, namespace, depth);
    if (typeof schema !== 'object' || schema === null) throw badData('avro', `${JSON.stringify(schema)} is no schema`);
    return logical(schema, this.#physical(schema, namespace, depth));
  }

  #physical(schema: JsonObject, namespace: string, depth: number): Node {
    const { type } = schema;
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(schema, namespace, depth);
      case 'enum': {
        const symbols = Array.isArray(schema['symbols']) ? schema['symbols'].map(String) : [];
        return this.#define(schema, namespace, {
          type: { kind: 'string' },
          read: (cursor) => symbolOf(symbols, cursor.size()),
        });
      }
      case 'fixed': {
        const size = typeof schema['size'] === 'number' && schema['size'] >= 0 ? schema['size'] : Number.NaN;
        return this.#define(schema, namespace, { type: { kind: 'binary' }, read: (cursor) => cursor.take(size) });
      }
      case 'array': {
        const item = this.node(schema['items'] ?? null, namespace, depth + 1);
        return { type: { kind: 'array', element: item.type }, read: (cursor) => arrayOf(cursor, item.read) };
      }
      case 'map': {
        const value = this.node(schema['values'] ?? null, namespace, depth + 1);
        return {
          type: { kind: 'map', key: { kind: 'string' }, value: value.type },
          read: (cursor) => mapOf(cursor, value.read),
        };
      }
      default:
        return this.node(type ?? null, namespace, depth + 1);
    }
  }

  #record(schema: JsonObject, namespace: string, depth: number): Node {
    const name = fullName(schema, namespace);
    const inner = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '';
    this.#named.set(name, 'open');
    const list = Array.isArray(schema['fields']) ? schema['fields'] : [];
    const fields = list.map((field) => {
      if (typeof field !== 'object' || field === null || Array.isArray(field))
        throw badData('avro', `a field of ${name} is no object`);
      const { type, read } = this.node(field['type'] ?? null, inner, depth + 1);
      return { name: textOf(field['name']), type, read };
    });
    const members: StructField[] = fields.map(({ name: own, type }) => ({ name: own, type }));
    const node: Node = {
      type: { kind: 'struct', fields: members },
      read: (cursor) => Object.fromEntries(fields.map((field) => [field.name, field.read(cursor)])),
      fields,
    };
    this.#named.set(name, node);
    return node;
  }

  #define(schema: JsonObject, namespace: string, node: Node): Node {
    const defined = logical(schema, node);
    this.#named.set(fullName(schema, namespace), defined);
    return defined;
  }

  #reference(name: string, namespace: string): Node {
    const primitive = Object.hasOwn(primitives, name) ? primitives[name] : undefined;
    if (primitive !== undefined) return primitive;
    const node =
      this.#named.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`) ?? this.#named.get(name);
    if (node === undefined)
      throw badData('avro', `the schema names the type '${name.slice(0, 100)}', which it does not define`);
    if (node === 'open') throw unsupportedData('avro', `the type '${name.slice(0, 100)}', which holds itself,`);
    return node;
  }

  #union(schemas: readonly Json[], namespace: string, depth: number): Node {
    const nodes = schemas.map((schema) => this.node(schema, namespace, depth + 1));
    const members = nodes.filter((node) => node.type.kind !== 'unknown');
    const branchOf = (cursor: Cursor): number => {
      const branch = cursor.size();
      if (branch < 0 || branch >= nodes.length)
        throw badData('avro', `a union has no branch ${branch}`, `byte ${cursor.at}`);
      return branch;
    };
    if (members.length <= 1) {
      return {
        type: members[0]?.type ?? { kind: 'unknown' },
        read: (cursor) => (nodes[branchOf(cursor)] as Node).read(cursor),
      };
    }
    return {
      type: { kind: 'union', members: members.map((member) => member.type) },
      read: (cursor) => {
        const node = nodes[branchOf(cursor)] as Node;
        const tag = members.indexOf(node);
        const value = node.read(cursor);
        return tag === -1 ? null : { tag, [`value_${tag}`]: value };
      },
    };
  }
}

function fullName(schema: JsonObject, namespace: string): string {
  const name = textOf(schema['name']);
  if (name.includes('.')) return name;
  const own = typeof schema['namespace'] === 'string' ? schema['namespace'] : namespace;
  return own === '' ? name : `${own}.${name}`;
}

/** A text of the schema; empty where there is none. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A logical type over what the bytes are; one that is not known is passed over, as the specification says. */
function logical(schema: JsonObject, node: Node): Node {
  const { read } = node;
  const epoch = (unitsPerSecond: number): Node => ({
    type: { kind: 'timestamp' },
    read: (cursor) => epochText(read(cursor) as bigint, BigInt(unitsPerSecond)),
  });
  switch (`${node.type.kind} ${textOf(schema['logicalType'])}`) {
    case 'binary decimal':
      return decimalNode(Number(schema['precision'] ?? 0), Number(schema['scale'] ?? 0), read);
    case 'int date':
      return { type: { kind: 'date' }, read: (cursor) => dateText(read(cursor) as number) };
    case 'bigint timestamp-millis':
    case 'bigint local-timestamp-millis':
      return epoch(1000);
    case 'bigint timestamp-micros':
    case 'bigint local-timestamp-micros':
      return epoch(1_000_000);
    case 'bigint timestamp-nanos':
    case 'bigint local-timestamp-nanos':
      return epoch(1_000_000_000);
    case 'binary uuid':
      return { type: { kind: 'string' }, read: (cursor) => uuidText(read(cursor) as Uint8Array) };
    default:
      return node;
  }
}

/** Over Hive's 38 digits a decimal is exact text. */
function decimalNode(precision: number, scale: number, read: Reader): Node {
  if (!(precision >= 1 && scale >= 0 && scale <= precision && precision <= 1000))
    return { type: { kind: 'binary' }, read };
  const type: HiveType = precision <= 38 ? { kind: 'decimal', precision, scale } : { kind: 'string' };
  return { type, read: (cursor) => formatDecimal(signedOf(read(cursor) as Uint8Array), scale) };
}

function signedOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  if (bytes.length > 512) throw badData('avro', `a decimal has ${bytes.length} bytes`);
  const unsigned = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return BigInt.asIntN(bytes.length * 8, unsigned);
}

function epochText(value: bigint, unitsPerSecond: bigint): string {
  let seconds = value / unitsPerSecond;
  let rest = value % unitsPerSecond;
  if (rest < 0n) {
    seconds -= 1n;
    rest += unitsPerSecond;
  }
  return timestampText(Number(seconds), Number(rest * (1_000_000_000n / unitsPerSecond)));
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return bytes.length === 16 ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : hex;
}

function symbolOf(symbols: readonly string[], index: number): string {
  const symbol = symbols[index];
  if (symbol === undefined) throw badData('avro', `an enumeration has no symbol ${index}`);
  return symbol;
}

function arrayOf(cursor: Cursor, read: Reader): Value[] {
  const items: Value[] = [];
  cursor.items(() => items.push(read(cursor)));
  return items;
}

function mapOf(cursor: Cursor, read: Reader): Map<Value, Value> {
  const entries = new Map<Value, Value>();
  cursor.items(() => {
    const key = cursor.text();
    entries.set(key, read(cursor));
  });
  return entries;
}
