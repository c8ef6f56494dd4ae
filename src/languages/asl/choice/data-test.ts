/** The data tests of a JSONPath Choice state: a variable against a constant or another path. */
import { StateFailure } from '../failure.ts';
import type { Json, Scope } from '../machine.ts';
import { parseSourcePath, readSourcePath, type SourcePath } from '../paths/source-path.ts';
import { parseTimestamp } from '../timestamp.ts';

/** Synchronous, unlike a JSONata condition. */
export type DataTest = (root: Json, scope: Scope) => boolean;

/** True, false, or undefined when one of the values is of another type. */
type Comparison = (value: Json, operand: Json) => boolean;

export type OperandType = 'string' | 'number' | 'timestamp' | 'boolean';

interface Order {
  readonly type: OperandType;
  read(value: Json): string | number | undefined;
}

const orders: Readonly<Record<string, Order>> = {
  String: { type: 'string', read: (value) => (typeof value === 'string' ? value : undefined) },
  Numeric: { type: 'number', read: (value) => (typeof value === 'number' ? value : undefined) },
  Timestamp: { type: 'timestamp', read: (value) => (typeof value === 'string' ? parseTimestamp(value) : undefined) },
};

type Ordered = string | number;

const relations: Readonly<Record<string, (left: Ordered, right: Ordered) => boolean>> = {
  Equals: (left, right) => left === right,
  LessThan: (left, right) => left < right,
  GreaterThan: (left, right) => left > right,
  LessThanEquals: (left, right) => left <= right,
  GreaterThanEquals: (left, right) => left >= right,
};

const typeTests: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsNumeric: (value) => typeof value === 'number',
  IsString: (value) => typeof value === 'string',
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: (value) => typeof value === 'string' && parseTimestamp(value) !== undefined,
};

export interface DataOperator {
  readonly operand: OperandType | 'path';
  compile(operand: Json): (variable: SourcePath) => DataTest;
}

/** All operators by name; `And`, `Or` and `Not` are no data tests. */
export const dataOperators: ReadonlyMap<string, DataOperator> = new Map(
  [...orderOperators(), ...otherOperators()].map(({ name, ...operator }) => [name, operator]),
);

type Named = DataOperator & { readonly name: string };

function orderOperators(): Named[] {
  return Object.entries(orders).flatMap(([prefix, order]) =>
    Object.entries(relations).flatMap(([suffix, relation]) => {
      const compare: Comparison = (value, operand) => {
        const left = order.read(value);
        const right = order.read(operand);
        return left !== undefined && right !== undefined && relation(left, right);
      };
      return [constantOperator(prefix + suffix, order.type, compare), pathOperator(`${prefix}${suffix}Path`, compare)];
    }),
  );
}

function otherOperators(): Named[] {
  const equals: Comparison = (value, operand) => typeof value === 'boolean' && value === operand;
  return [
    constantOperator('BooleanEquals', 'boolean', equals),
    pathOperator('BooleanEqualsPath', equals),
    {
      name: 'StringMatches',
      operand: 'string',
      compile: (operand) => {
        const pattern = compileWildcards(operand as string);
        return (variable) => (root, scope) => {
          const value = readVariable(variable, root, scope);
          return typeof value === 'string' && pattern(value);
        };
      },
    },
    {
      name: 'IsPresent',
      operand: 'boolean',
      compile: (operand) => (variable) => (root, scope) =>
        !('missing' in readSourcePath(variable, root, scope)) === operand,
    },
    ...Object.entries(typeTests).map(([name, test]) =>
      constantOperator(name, 'boolean', (value, operand) => test(value) === operand),
    ),
  ];
}

function constantOperator(name: string, operand: OperandType, compare: Comparison): Named {
  return {
    name,
    operand,
    compile: (constant) => (variable) => (root, scope) => compare(readVariable(variable, root, scope), constant),
  };
}

function pathOperator(name: string, compare: Comparison): Named {
  return {
    name,
    operand: 'path',
    compile: (source) => {
      const other = parseSourcePath(source as string);
      return (variable) => (root, scope) =>
        compare(readVariable(variable, root, scope), readVariable(other, root, scope));
    },
  };
}

function readVariable(path: SourcePath, root: Json, scope: Scope): Json {
  const found = readSourcePath(path, root, scope);
  if (!('missing' in found)) return found.value as Json;
  throw new StateFailure(
    'States.Runtime',
    `Invalid path '${path.source}': The choice state's condition path references an invalid value.`,
  );
}

/** `*` stands for any text, `\\*` for a star, `\\\\` for a backslash. Linear in the text for each star. */
function compileWildcards(pattern: string): (text: string) => boolean {
  const pieces = [''];
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index] as string;
    if (character === '*') {
      pieces.push('');
    } else {
      const isEscape = character === '\\' && (pattern[index + 1] === '*' || pattern[index + 1] === '\\');
      pieces[pieces.length - 1] += isEscape ? (pattern[++index] as string) : character;
    }
  }
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  return (text) => {
    if (last === undefined) return text === first;
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let from = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, from);
      if (found === -1 || found + piece.length > end) return false;
      from = found + piece.length;
    }
    return true;
  };
}
