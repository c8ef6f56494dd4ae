/** Parquet's flattened schema tree as Hive types: logical types first, then converted types, then physical ones. */
import { badData } from '../errors.ts';
import type { Column, HiveType } from '../hive-type.ts';
import { numberOf, structOf, textOf, type ThriftStruct } from './thrift.ts';

/** A node of the schema; leaves have a physical type. */
export interface SchemaNode {
  readonly name: string;
  readonly repetition: number;
  readonly physical: number | undefined;
  readonly length: number;
  readonly converted: number | undefined;
  readonly logical: ThriftStruct | undefined;
  readonly precision: number | undefined;
  readonly scale: number | undefined;
  readonly children: readonly SchemaNode[];
}

const repeated = 2;
const depthMax = 100;

export function buildSchema(elements: readonly ThriftStruct[]): SchemaNode {
  let at = 0;
  const next = (depth: number): SchemaNode => {
    const element = elements[at];
    at += 1;
    if (element === undefined) throw badData('parquet', 'the schema names more children than it has');
    if (depth > depthMax) throw badData('parquet', `the schema nests deeper than ${depthMax}`);
    const childCount = numberOf(element, 5) ?? 0;
    if (childCount < 0 || childCount > elements.length)
      throw badData('parquet', `a group claims ${childCount} children`);
    return {
      name: textOf(element, 4) ?? '',
      repetition: numberOf(element, 3) ?? 0,
      physical: numberOf(element, 1),
      length: numberOf(element, 2) ?? 0,
      converted: numberOf(element, 6),
      logical: structOf(element, 10),
      scale: numberOf(element, 7),
      precision: numberOf(element, 8),
      children: Array.from({ length: childCount }, () => next(depth + 1)),
    };
  };
  return next(0);
}

export function columnsOf(root: SchemaNode): Column[] {
  return root.children.map((node) => ({ name: node.name.toLowerCase(), type: typeOf(node) }));
}

/** The leaves in the order of the file's column chunks, by dotted path. */
export function leavesOf(node: SchemaNode, path: readonly string[] = []): Map<string, SchemaNode> {
  const leaves = new Map<string, SchemaNode>();
  for (const child of node.children) {
    const own = [...path, child.name];
    if (child.children.length === 0) leaves.set(own.join('.'), child);
    else for (const [name, leaf] of leavesOf(child, own)) leaves.set(name, leaf);
  }
  return leaves;
}

function typeOf(node: SchemaNode): HiveType {
  const type = singleTypeOf(node);
  // A repeated field that no LIST or MAP stands over is a list by itself.
  return node.repetition === repeated ? { kind: 'array', element: type } : type;
}

function singleTypeOf(node: SchemaNode): HiveType {
  if (node.children.length === 0) return leafType(node);
  const isMap = node.converted === 1 || node.converted === 2 || node.logical?.has(2) === true;
  const isList = node.converted === 3 || node.logical?.has(3) === true;
  const [only] = node.children;
  if (isMap && only !== undefined && only.children.length >= 1 && only.repetition === repeated) {
    const [key, value] = only.children as [SchemaNode, SchemaNode | undefined];
    return { kind: 'map', key: typeOf(key), value: value === undefined ? { kind: 'boolean' } : typeOf(value) };
  }
  if (isList && only !== undefined && node.children.length === 1) return listType(node, only);
  return { kind: 'struct', fields: node.children.map((child) => ({ name: child.name, type: typeOf(child) })) };
}

/** The rules for older writers in LogicalTypes.md, "backward-compatibility rules" of lists. */
function listType(list: SchemaNode, middle: SchemaNode): HiveType {
  const [only] = middle.children;
  const isElement =
    only === undefined ||
    middle.children.length > 1 ||
    middle.name === 'array' ||
    middle.name === `${list.name}_tuple` ||
    middle.repetition !== repeated;
  return { kind: 'array', element: isElement ? singleTypeOf(middle) : typeOf(only) };
}

// Physical types of parquet.thrift.
export const physicalNames = ['boolean', 'int32', 'int64', 'int96', 'float', 'double', 'binary', 'fixed'] as const;

function leafType(node: SchemaNode): HiveType {
  const physical = physicalNames[node.physical ?? -1];
  return logicalType(node, physical) ?? convertedType(node) ?? physicalType(physical);
}

function logicalType(node: SchemaNode, physical: string | undefined): HiveType | undefined {
  const { logical } = node;
  if (logical === undefined) return undefined;
  if (logical.has(1) || logical.has(4) || logical.has(12)) return { kind: 'string' };
  const decimal = structOf(logical, 5);
  if (decimal !== undefined) return decimalType(numberOf(decimal, 2), numberOf(decimal, 1));
  if (logical.has(6)) return { kind: 'date' };
  if (logical.has(7)) return physical === 'int32' ? { kind: 'int' } : { kind: 'bigint' };
  if (logical.has(8)) return { kind: 'timestamp' };
  const integer = structOf(logical, 10);
  if (integer !== undefined) return integerType(numberOf(integer, 1) ?? 64, integer.get(2) === true);
  // A half-width float; UUIDs read as their text.
  if (logical.has(15)) return { kind: 'float' };
  if (logical.has(14)) return { kind: 'string' };
  return undefined;
}

function convertedType(node: SchemaNode): HiveType | undefined {
  switch (node.converted) {
    case 0:
    case 4:
    case 19:
      return { kind: 'string' };
    case 5:
      return decimalType(node.precision, node.scale);
    case 6:
      return { kind: 'date' };
    case 7:
      return { kind: 'int' };
    case 8:
      return { kind: 'bigint' };
    case 9:
    case 10:
      return { kind: 'timestamp' };
    case 11:
    case 12:
    case 13:
    case 14:
      return integerType(8 * 2 ** (node.converted - 11), false);
    case 15:
    case 16:
    case 17:
    case 18:
      return integerType(8 * 2 ** (node.converted - 15), true);
    default:
      return undefined;
  }
}

function physicalType(physical: (typeof physicalNames)[number] | undefined): HiveType {
  switch (physical) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'int32':
      return { kind: 'int' };
    case 'int64':
      return { kind: 'bigint' };
    case 'int96':
      return { kind: 'timestamp' };
    case 'float':
      return { kind: 'float' };
    case 'double':
      return { kind: 'double' };
    case 'binary':
    case 'fixed':
      return { kind: 'binary' };
    default:
      return { kind: 'unknown' };
  }
}

function integerType(bits: number, isSigned: boolean): HiveType {
  // Unsigned values need the next wider type.
  const needed = isSigned ? bits : bits * 2;
  if (needed <= 8) return { kind: 'tinyint' };
  if (needed <= 16) return { kind: 'smallint' };
  if (needed <= 32) return { kind: 'int' };
  return needed <= 64 ? { kind: 'bigint' } : { kind: 'decimal', precision: 20, scale: 0 };
}

function decimalType(precision = 38, scale = 0): HiveType {
  if (precision < 1 || scale < 0 || scale > precision) return { kind: 'double' };
  // Hive's decimals end at 38 digits; wider ones read as double.
  return precision > 38 ? { kind: 'double' } : { kind: 'decimal', precision, scale };
}
