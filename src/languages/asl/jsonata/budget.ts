/**
 * What the evaluation of one expression may take: steps, time and sizes. The library bounds the depth and its own lists; a
 * text that doubles, a value that holds itself twice at every level and a function that reads a long list at every step
 * are stopped here.
 */

// Limit: a JSONata expression takes at most 500,000 steps and 10 seconds of computing.
const stepsMax = 500_000;
const busyMsMax = 10_000;
// Limit: a text in a JSONata expression has at most 1,048,576 characters, all texts that it makes 256 times as many.
const textMax = 2 ** 20;
const textSumMax = 256 * textMax;
// Limit: a value in a JSONata expression has at most 1,000,000 parts, all that it makes 30 times as many.
const partsMax = 1_000_000;
const partsSumMax = 30 * partsMax;
const sliceMs = 20;
const textsBetweenBreaks = 8 * textMax;

/** Steps that make no value. */
const readers: ReadonlySet<unknown> = new Set(['variable', 'name', 'lambda']);

export class Budget {
  #steps = 0;
  #busyMs = 0;
  #texts = 0;
  #partsSeen = 0;
  #textsAtBreak = 0;
  #sliceBeganMs = performance.now();
  readonly #parts = new WeakMap<object, number>();

  /** Before each step. @returns a promise when other work is to go on first */
  step(): Promise<void> | undefined {
    this.#steps += 1;
    if (this.#steps > stepsMax) throw new Error(`The expression takes more than ${stepsMax} steps`);
    const sliceLastedMs = performance.now() - this.#sliceBeganMs;
    if (this.#busyMs + sliceLastedMs > busyMsMax)
      throw new Error(`The expression takes more than ${busyMsMax / 1000} seconds`);
    const isDue = sliceLastedMs > sliceMs || this.#texts - this.#textsAtBreak > textsBetweenBreaks;
    return isDue ? this.#break(sliceLastedMs) : undefined;
  }

  /** After each step of the library, with what it gave. */
  stepped(nodeType: unknown, value: unknown): void {
    // Other texts are read, or come from a function, which has counted them.
    if (typeof value === 'string' ? nodeType === 'binary' : !readers.has(nodeType)) this.made(value);
  }

  /** Counts what was made. @returns the value */
  made<T>(value: T): T {
    if (typeof value === 'string') this.#countText(value.length);
    else if (typeof value === 'object' && value !== null) this.#countParts(value);
    return value;
  }

  async #break(sliceLastedMs: number): Promise<void> {
    this.#busyMs += sliceLastedMs;
    this.#textsAtBreak = this.#texts;
    await new Promise((resolve) => setImmediate(resolve));
    this.#sliceBeganMs = performance.now();
  }

  #countText(length: number): void {
    this.#texts += length;
    if (length > textMax) throw new Error(`A text has more than ${textMax} characters`);
    if (this.#texts > textSumMax) throw new Error(`The texts have more than ${textSumMax} characters together`);
  }

  /** Parts of a value as if it were written out; each object is looked into once, so that shared ones cost nothing. */
  #countParts(value: object): number {
    const known = this.#parts.get(value);
    if (known !== undefined) return known;
    let sum = 1;
    // Entered before its members, lest a ring has no end.
    this.#parts.set(value, sum);
    for (const inner of Array.isArray(value) ? (value as unknown[]) : plainMembers(value)) {
      this.#partsSeen += 1;
      sum += typeof inner === 'object' && inner !== null ? this.#countParts(inner) : 1;
      if (sum > partsMax) throw new Error(`A value has more than ${partsMax} parts`);
      if (this.#partsSeen > partsSumMax) throw new Error(`The values have more than ${partsSumMax} parts together`);
    }
    this.#parts.set(value, sum);
    return sum;
  }
}

/** Functions are not looked into: they hold their frames. */
function plainMembers(value: object): unknown[] {
  const isPlain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
  return isPlain && !('_jsonata_lambda' in value) && !('_jsonata_function' in value) ? Object.values(value) : [];
}

/** The functions of the library that make texts, lists and objects. */
const makers =
  'string substring substringBefore substringAfter lowercase uppercase trim pad match replace split join ' +
  'formatNumber formatBase formatInteger fromMillis base64encode base64decode encodeUrl encodeUrlComponent decodeUrl ' +
  'decodeUrlComponent keys append spread merge reverse zip shuffle sort map filter each sift clone';

/** A function as the library keeps it; it is called with the frame of its caller. */
interface NativeFunction {
  readonly implementation: (this: { readonly environment: Frame }, ...values: unknown[]) => unknown;
}

/** A frame of an evaluation, as the library hands it to its hooks. */
export interface Frame {
  /** That of the whole evaluation. */
  readonly base: { budget?: Budget };
  lookup(name: string): unknown;
}

/** The budget of the evaluation that a frame belongs to. */
export function budgetOf({ base }: Frame): Budget {
  return (base.budget ??= new Budget());
}

/**
 * The functions of the library with what they make counted, by name: one that is called last in another gives its value
 * to no step.
 */
export function meteredFunctions(frame: Frame): ReadonlyMap<string, unknown> {
  const metered = new Map<string, unknown>();
  for (const name of makers.split(' ')) {
    const native = frame.lookup(name) as NativeFunction | undefined;
    const implementation = native?.implementation;
    if (implementation === undefined) continue;
    const counted: NativeFunction['implementation'] = function (...values) {
      const value = implementation.apply(this, values);
      const budget = budgetOf(this.environment);
      return value instanceof Promise ? value.then((made: unknown) => budget.made(made)) : budget.made(value);
    };
    // The library reads the number of parameters, and for `$f(?, 1)` their names from the function's text.
    Object.defineProperties(counted, {
      length: { value: implementation.length },
      toString: { value: () => implementation.toString() },
    });
    metered.set(name, { ...native, implementation: counted });
  }
  return metered;
}
