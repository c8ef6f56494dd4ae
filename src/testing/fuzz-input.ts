/**
 * Inputs for an operation made from its service model: sound ones, whose names are those of things that exist, and
 * hostile ones, which differ from a sound one in a place or two. The same seed gives the same inputs.
 */
import type { Member, Operation, Shape } from '#gateway';

/** A stream of numbers from 0 to below 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Texts that break careless code; any may stand for any text. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '__proto__',
  'constructor',
  'toString',
  '..',
  '../../etc/passwd',
  '%2e%2e/%00',
  '/',
  '//',
  '\\',
  '*',
  '%',
  '_',
  "'; DROP TABLE x; --",
  '"',
  '`',
  '${jndi:ldap://x}',
  '{{resolve:ssm:a}}',
  '{"a":',
  '[]',
  'null',
  'NaN',
  '-1',
  '1e999',
  '99999999999999999999',
  '\uD800',
  '\uFFFE\uFFFF',
  'e\u0301\u{1F600}\u202E',
  '\r\nX-Injected: 1',
  '<a>&b;</a>',
  'arn:aws:s3:::',
  'arn:::::::',
  's3://',
  's3://../x',
  'x'.repeat(1025),
  'y'.repeat(70_000),
  '('.repeat(3000),
  '['.repeat(3000),
  '2026-99-99T99:99:99Z',
];

const hostileNumbers = [0, -1, 1, 1000, 1001, 2 ** 31, -(2 ** 31), 2 ** 53, -(2 ** 53), 2 ** 63, 0.5, NaN, Infinity];

/** Values of a wrong type for nearly every member. */
const strangers: readonly unknown[] = [
  null,
  true,
  17,
  'text',
  [],
  {},
  [[]],
  [null],
  { a: { b: [] } },
  new Uint8Array(3),
];

/** Texts that pass the patterns and the parsers of many members. */
const soundTexts: readonly string[] = [
  'fuzz',
  'fuzz-name',
  'fuzz_two',
  '/fuzz/path',
  's3://fuzz-bucket/table/',
  's3://fuzz-bucket/results/',
  'arn:aws:iam::000000000000:role/fuzz',
  'arn:aws:iam::000000000000:policy/fuzz',
  'arn:aws:s3:::fuzz-bucket',
  'arn:aws:glue:us-east-1:000000000000:table/fuzz/fuzz',
  'arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012',
  'arn:aws:athena:us-east-1:000000000000:workgroup/primary',
  '12345678-1234-1234-1234-123456789012',
  '000000000000',
  'us-east-1',
  'primary',
  'default',
  'cron(0 12 * * ? *)',
  'rate(5 minutes)',
  'SELECT 1',
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  '{"source":["fuzz"]}',
  '{"Resources":{"G":{"Type":"AWS::Logs::LogGroup"}}}',
  '1',
  'true',
  'ami-12345678',
];

export interface FuzzInputOptions {
  readonly random: () => number;
  /** Known good values by the lower-case name of the member that takes them (`bucket`, `databasename`). */
  readonly known: ReadonlyMap<string, readonly unknown[]>;
}

export class FuzzInput {
  readonly #random: () => number;
  readonly #known: ReadonlyMap<string, readonly unknown[]>;

  constructor({ random, known }: FuzzInputOptions) {
    this.#random = random;
    this.#known = known;
  }

  /** An input of which nothing that the model says is broken, as far as patterns can be met. */
  sound(operation: Operation): Record<string, unknown> {
    return operation.input === undefined ? {} : this.#structure(operation.input.shape, 0);
  }

  /** A sound input with one to three places spoiled. */
  hostile(operation: Operation): Record<string, unknown> {
    const input = this.sound(operation);
    const spoils = 1 + Math.floor(this.#random() * 3);
    for (let count = 0; count < spoils; count++) this.#spoil(input);
    return input;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)]!;
  }

  #structure(shape: Shape, depth: number): Record<string, unknown> {
    const required = new Set(shape.raw.required);
    const members = [...shape.members.values()];
    const optional = depth === 0 ? 0.4 : 0.3 / depth;
    const one = shape.raw.union === true ? this.#pick(members) : undefined;
    const chosen = members.filter(
      (member) => member === one || (one === undefined && (required.has(member.name) || this.#chance(optional))),
    );
    return Object.fromEntries(chosen.map((member) => [member.name, this.#value(member, depth + 1)]));
  }

  #value(member: Member, depth: number): unknown {
    const known = this.#known.get(member.name.toLowerCase());
    if (known !== undefined && this.#chance(0.7)) return this.#pick(known);
    const { shape } = member;
    if (shape.isDocument) return { document: [1, 'two', null] };
    const { min = 0, max = 3 } = shape.raw;
    const length = depth > 6 ? min : Math.min(max, Math.max(min, Math.floor(this.#random() * 3)));
    switch (shape.type) {
      case 'structure':
        return this.#structure(shape, depth);
      case 'list':
        return Array.from({ length: Math.min(length, 50) }, () => this.#value(shape.item, depth + 1));
      case 'map':
        return Object.fromEntries(
          Array.from({ length }, () => [this.#text(shape.key.shape), this.#value(shape.value, depth + 1)]),
        );
      case 'string':
        return this.#text(shape);
      case 'boolean':
        return this.#chance(0.5);
      case 'timestamp':
        return new Date(this.#pick([0, 1_700_000_000_000, 4_102_444_800_000]));
      case 'blob':
        return Buffer.from(this.#pick(['', 'a,b\n1,2\n', 'x'.repeat(1000)]));
      default:
        return Math.min(shape.raw.max ?? 1000, Math.max(min, this.#pick([0, 1, 2, 10, 100])));
    }
  }

  #text(shape: Shape): string {
    const { enum: values, pattern, min = 0, max = 10_000 } = shape.raw;
    if (values !== undefined) return this.#pick(values);
    const edge = this.#pick([min, Math.min(max, 300), max > 10_000 ? 1 : max]);
    const candidates = [...soundTexts, 'e'.repeat(Math.max(1, edge))].filter(
      (text) => text.length >= min && text.length <= max && matches(pattern, text),
    );
    return candidates.length === 0 ? 'fuzz' : this.#pick(candidates);
  }

  /** Puts a hostile value in a random place of the tree, takes one away, or adds one that the model does not know. */
  #spoil(root: Record<string, unknown>): void {
    let place: Record<string, unknown> | unknown[] = root;
    for (;;) {
      const keys = Object.keys(place);
      if (keys.length === 0 || this.#chance(0.03)) {
        if (Array.isArray(place)) place.push(this.#hostileValue(undefined));
        else setOwn(place, this.#pick(hostileTexts), this.#hostileValue(undefined));
        return;
      }
      const key: keyof typeof place = this.#pick(keys);
      const child: unknown = place[key];
      if (isContainer(child) && this.#chance(0.75)) {
        place = child;
        continue;
      }
      if (this.#chance(0.1) && !Array.isArray(place)) delete place[key];
      else place[key] = this.#hostileValue(child);
      return;
    }
  }

  #hostileValue(present: unknown): unknown {
    const roll = this.#random();
    if (roll < 0.25) return structuredClone(this.#pick(strangers));
    if (typeof present === 'number') return this.#pick(hostileNumbers);
    if (Array.isArray(present) && present.length > 0 && isSmall(present[0]))
      return Array<unknown>(1001).fill(present[0]);
    if (present instanceof Date) return this.#pick([new Date(8.64e15), new Date(-8.64e15), 'yesterday', 1e20]);
    if (present instanceof Uint8Array) return this.#pick([Buffer.alloc(70_000), 'text']);
    return this.#pick(hostileTexts);
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array);
}

/** Sets a key, `__proto__` included, as nothing but a key. */
function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Whether a thousand of it make a request that is worth sending. */
function isSmall(value: unknown): boolean {
  return (JSON.stringify(value) ?? '').length < 2000;
}

/** Whether the text meets a pattern of the models; patterns of Java that do not compile here are passed. */
function matches(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined) return true;
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(text);
  } catch {
    return true;
  }
}
