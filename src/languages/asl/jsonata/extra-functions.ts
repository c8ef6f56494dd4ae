/** The functions that Step Functions adds to JSONata, the one it takes away, and one whose own form takes too long. */
import { createHash } from 'node:crypto';
import { randomUuid, seededRandom } from '../intrinsics/numbers.ts';
import { hashNames } from '../intrinsics/texts.ts';
import type { Scope } from '../machine.ts';

// Limit: $range gives at most 1,000 numbers, as States.ArrayRange does.
const rangeMax = 1000;

/** To be bound by these names beside the variables. */
export function extraFunctions(scope: Scope): Readonly<Record<string, unknown>> {
  return {
    partition,
    range,
    hash,
    random: (seed?: number) => (seed === undefined ? scope.random() : seededRandom(seed)),
    uuid: () => randomUuid(() => scope.random()),
    parse,
    distinct,
    // Unbound: calling it fails as with any name that is no function.
    eval: undefined,
  };
}

function partition(list: unknown, size: unknown): unknown {
  if (list === undefined) return undefined;
  const length = integerOf(size, '$partition');
  if (length < 1) throw failure('D3141', '$partition: the size must be positive');
  const items = Array.isArray(list) ? list : [list];
  return sequence(
    Array.from({ length: Math.ceil(items.length / length) }, (_, index) =>
      items.slice(index * length, (index + 1) * length),
    ),
  );
}

function range(first: unknown, last: unknown, step: unknown): unknown {
  const [from, to, by] = [first, last, step].map((value) => integerOf(value, '$range')) as [number, number, number];
  if (by === 0) throw failure('D3141', '$range: the increment must not be 0');
  const length = Math.max(0, Math.floor((to - from) / by) + 1);
  if (length > rangeMax) throw failure('D2014', `$range: the range holds more than ${rangeMax} items`);
  return sequence(Array.from({ length }, (_, index) => from + index * by));
}

function hash(value: unknown, algorithm: unknown): unknown {
  if (value === undefined) return undefined;
  const name = typeof algorithm === 'string' ? hashNames[algorithm] : hashNames['SHA-256'];
  if (name === undefined) throw failure('D3141', `$hash: the algorithm ${JSON.stringify(algorithm)} is not known`);
  return createHash(name)
    .update(typeof value === 'string' ? value : JSON.stringify(value))
    .digest('hex');
}

/** In the time of one look at each item; the library compares each with each. */
function distinct(list: unknown): unknown {
  if (!Array.isArray(list) || list.length < 2) return list;
  const seen = new Set<unknown>();
  const items = (list as unknown[]).filter((item) => {
    const key = typeof item === 'function' || item === undefined ? item : canonicalText(item);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
  return 'sequence' in list ? sequence(items) : items;
}

/** The same text for values that are equal whatever the order of their members. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function parse(text: unknown): unknown {
  if (text === undefined) return undefined;
  if (typeof text !== 'string')
    throw failure('T0410', 'Argument 1 of function "parse" does not match function signature');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw failure('D3141', '$parse: the text is not valid JSON');
  }
}

function integerOf(value: unknown, name: string): number {
  if (typeof value === 'number') return Math.round(value);
  throw failure('T0410', `Argument of function "${name.slice(1)}" does not match function signature`);
}

/** Marks a list as the library marks its own results, so that one item alone stands for itself. */
function sequence(items: unknown[]): unknown[] {
  return Object.defineProperty(items, 'sequence', { value: true, enumerable: false });
}

/** An error in the library's own form. */
function failure(code: string, message: string): { code: string; message: string } {
  return { code, message };
}
