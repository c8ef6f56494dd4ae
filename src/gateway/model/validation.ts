/**
 * Checks of an input against the constraints of its model: required members, lengths, ranges, enums, patterns.
 *
 * A check is compiled from its shape once, when the operation is first called. Messages follow AWS's form:
 * `1 validation error detected: Value '…' at 'name' failed to satisfy constraint: …`.
 */
import type { Member, Shape } from './model.ts';
import { compilePattern } from './patterns.ts';

type Check = (value: unknown, problems: Problems) => void;

// Limit: a pattern is checked on texts of at most 8192 characters, since some of the patterns in the models need time
// that grows faster than the text; longer texts are checked by length alone.
const patternTextMax = 8192;

// Limit: at most 20 problems are listed in one answer.
const problemsMax = 20;

/** Collects what is wrong and where; the path is kept as a stack so that valid input costs no strings. */
class Problems {
  readonly found: Problem[] = [];
  readonly #path: (string | number)[] = [];

  /** More would not be told: hostile input of thousands of wrong texts is not read to its end. */
  get isFull(): boolean {
    return this.found.length >= problemsMax;
  }

  enter(part: string | number): void {
    this.#path.push(part);
  }

  leave(): void {
    this.#path.pop();
  }

  add(value: unknown, constraint: string): void {
    if (!this.isFull) this.found.push({ path: [...this.#path], value, constraint });
  }
}

export interface Problem {
  /** Member names, and 1-based positions in lists. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly constraint: string;
}

/** Compiled checks, kept by shape. One per gateway. */
export class Validator {
  readonly #structures = new WeakMap<Shape, Check>();

  /** What is wrong with a decoded input; empty when nothing is. */
  problems(input: Member | undefined, value: unknown): readonly Problem[] {
    if (input === undefined) return [];
    const problems = new Problems();
    this.#check(input.shape)(value, problems);
    return problems.found;
  }

  #check(shape: Shape): Check {
    const known = this.#structures.get(shape);
    if (known !== undefined) return known;
    let compiled: Check | undefined;
    this.#structures.set(shape, (value, problems) => compiled?.(value, problems));
    compiled = this.#compile(shape);
    this.#structures.set(shape, compiled);
    return compiled;
  }

  #compile(shape: Shape): Check {
    if (shape.isDocument) return pass;
    if (shape.type === 'structure') return this.#structure(shape);
    if (shape.type === 'list') return this.#list(shape);
    if (shape.type === 'map') return this.#map(shape);
    if (shape.type === 'string') return text(shape);
    if (shape.type === 'blob') return (value, problems) => checkSize(shape, value, blobSize(value), problems);
    return ['integer', 'long', 'float', 'double'].includes(shape.type) ? range(shape) : pass;
  }

  #structure(shape: Shape): Check {
    const required = new Set(shape.raw.required);
    const members = [...shape.members.values()].map((member) => ({
      name: member.name,
      pathName: lowerFirst(member.name),
      isRequired: required.has(member.name),
      check: this.#check(member.shape),
    }));
    return (value, problems) => {
      const record = value as Record<string, unknown>;
      for (const { name, pathName, isRequired, check } of members) {
        const child = record[name];
        if (child === undefined && !isRequired) continue;
        problems.enter(pathName);
        if (child === undefined) problems.add(null, 'Member must not be null');
        else check(child, problems);
        problems.leave();
      }
    };
  }

  #list(shape: Shape): Check {
    const checkItem = this.#check(shape.item.shape);
    return (value, problems) => {
      const items = value as readonly unknown[];
      checkSize(shape, value, items.length, problems);
      for (const [index, item] of items.entries()) {
        if (problems.isFull) return;
        problems.enter(index + 1);
        problems.enter('member');
        if (item === null) problems.add(null, 'Member must not be null');
        else checkItem(item, problems);
        problems.leave();
        problems.leave();
      }
    };
  }

  #map(shape: Shape): Check {
    const checkKey = this.#check(shape.key.shape);
    const checkValue = this.#check(shape.value.shape);
    return (value, problems) => {
      const entries = Object.entries(value as Record<string, unknown>);
      checkSize(shape, value, entries.length, problems);
      for (const [key, item] of entries) {
        if (problems.isFull) return;
        problems.enter(key);
        checkKey(key, problems);
        if (item !== null) {
          problems.enter('member');
          checkValue(item, problems);
          problems.leave();
        }
        problems.leave();
      }
    };
  }
}

/** The message of AWS for these problems. */
export function describeProblems(problems: readonly Problem[]): string {
  const texts = problems.map(
    ({ path, value, constraint }) =>
      `Value ${describeValue(value)} at '${path.join('.')}' failed to satisfy constraint: ${constraint}`,
  );
  const noun = texts.length === 1 ? 'error' : 'errors';
  return `${texts.length} validation ${noun} detected: ${texts.join('; ')}`;
}

const pass: Check = () => undefined;

function text(shape: Shape): Check {
  const { enum: values, pattern: source } = shape.raw;
  const allowed = values && new Set(values);
  const pattern = source === undefined ? undefined : compilePattern(source);
  return (value, problems) => {
    const found = value as string;
    if (allowed !== undefined && !allowed.has(found)) {
      problems.add(found, `Member must satisfy enum value set: [${values?.join(', ')}]`);
      return;
    }
    if (!checkSize(shape, found, found.length, problems)) return;
    if (pattern === undefined || found.length > patternTextMax || pattern.test(found)) return;
    problems.add(found, `Member must satisfy regular expression pattern: ${source}`);
  };
}

function range(shape: Shape): Check {
  const { min = -Infinity, max = Infinity } = shape.raw;
  return (value, problems) => {
    const found = value as number;
    if (found < min) problems.add(found, `Member must have value greater than or equal to ${min}`);
    if (found > max) problems.add(found, `Member must have value less than or equal to ${max}`);
  };
}

function checkSize(shape: Shape, value: unknown, size: number, problems: Problems): boolean {
  const { min = 0, max = Infinity } = shape.raw;
  if (size >= min && size <= max) return true;
  // AWS counts characters, not UTF-16 units; only a text near its limit is worth counting again.
  const exact = typeof value === 'string' ? codePoints(value) : size;
  if (exact < min) problems.add(value, `Member must have length greater than or equal to ${min}`);
  if (exact > max) problems.add(value, `Member must have length less than or equal to ${max}`);
  return exact >= min && exact <= max;
}

function codePoints(text: string): number {
  return text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0);
}

function blobSize(value: unknown): number {
  return value instanceof Uint8Array ? value.byteLength : 0;
}

function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `of ${value.byteLength} bytes`;
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  return `'${plain.length > 256 ? `${plain.slice(0, 256)}…` : plain}'`;
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
