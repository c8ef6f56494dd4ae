/** A path on a document: what it finds, or why it finds nothing, in the words of the library that AWS uses. */
import { PathCondition } from './path-condition.ts';
import { applyPathFunction } from './path-functions.ts';
import {
  formatPath,
  formatSegment,
  type Condition,
  type Operand,
  type Path,
  type RootedPath,
  type Segment,
} from './path.ts';
import { PathTooCostly } from './path-too-costly.ts';

export type Found = { readonly value: unknown } | { readonly missing: string };

// Limit: reading one path looks at 1,000,000 values at most.
const visitsMax = 1_000_000;

/**
 * A definite path that leads nowhere is `missing`, with the reason; an indefinite one gives the list of what it finds.
 * @throws PathTooCostly when it would look at more than a million values
 */
export function readPath(path: Path, root: unknown): Found {
  return new PathReader(root).read(path, root);
}

class PathReader {
  private readonly root: unknown;
  private visits = 0;

  constructor(root: unknown) {
    this.root = root;
  }

  read(path: Path, start: unknown): Found {
    if (path.segments.some((segment) => segment.kind === 'function')) return this.readFunction(path, start);
    return path.isDefinite ? this.readDefinite(path.segments, start) : { value: this.readAll(path.segments, [start]) };
  }

  /** All that `segments` lead to from each of `values`. */
  private readAll(segments: readonly Segment[], values: readonly unknown[]): unknown[] {
    let found = [...values];
    for (const segment of segments) {
      const next: unknown[] = [];
      for (const value of found) this.step(segment, value, next);
      found = next;
    }
    return found;
  }

  private readDefinite(segments: readonly Segment[], start: unknown): Found {
    let value = start;
    for (let index = 0; index < segments.length; index++) {
      const segment = segments[index] as Segment;
      const next = this.stepDefinite(segment, value);
      if (next === undefined) return { missing: missingReason(segments, index, value) };
      value = next;
    }
    return { value };
  }

  /** Undefined when there is nothing; what is read is JSON, which has no undefined. */
  private stepDefinite(segment: Segment, value: unknown): unknown {
    if (segment.kind === 'names' && segment.names.length === 1) {
      const name = segment.names[0] as string;
      return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    }
    const found: unknown[] = [];
    this.step(segment, value, found);
    return found[0];
  }

  private readFunction(path: Path, start: unknown): Found {
    const at = path.segments.findIndex((segment) => segment.kind === 'function');
    const segment = path.segments[at] as Segment & { kind: 'function' };
    const before = path.segments.slice(0, at);
    const isDefinite = before.every(({ kind }) => kind === 'names' || kind === 'indexes');
    const found = isDefinite ? this.readDefinite(before, start) : { value: this.readAll(before, [start]) };
    if ('missing' in found) return found;
    const operands = segment.operands.map((operand) => this.operandValue(operand, start));
    const value = applyPathFunction(segment.name, found.value, operands);
    if (value === undefined) return { missing: `Aggregation function attempted to calculate value using empty array` };
    const rest = path.segments.slice(at + 1);
    return rest.length === 0 ? { value } : this.readDefinite(rest, value);
  }

  private step(segment: Segment, value: unknown, into: unknown[]): void {
    this.visit();
    switch (segment.kind) {
      case 'names':
        return this.stepNames(segment.names, value, into);
      case 'indexes':
        if (Array.isArray(value)) {
          for (const index of segment.indexes) {
            const position = index < 0 ? value.length + index : index;
            if (position >= 0 && position < value.length) into.push(value[position]);
          }
        }
        return;
      case 'slice':
        if (Array.isArray(value)) for (const item of value.slice(segment.from ?? 0, segment.to)) this.push(item, into);
        return;
      case 'wildcard':
        for (const item of membersOf(value)) this.push(item, into);
        return;
      case 'filter':
        return this.stepFilter(segment.condition, value, into);
      case 'descendants':
        return this.stepDescendants(value, into);
      case 'function':
        return;
    }
  }

  private stepNames(names: readonly string[], value: unknown, into: unknown[]): void {
    if (!isObject(value)) return;
    if (names.length > 1) {
      into.push(
        Object.fromEntries(names.filter((name) => Object.hasOwn(value, name)).map((name) => [name, value[name]])),
      );
      return;
    }
    const name = names[0] as string;
    if (Object.hasOwn(value, name)) into.push(value[name]);
  }

  /** Tests the items of a list, or an object itself. */
  private stepFilter(condition: Condition, value: unknown, into: unknown[]): void {
    const test = new PathCondition((operand, current) => this.operandValue(operand, current));
    for (const item of Array.isArray(value) ? value : isObject(value) ? [value] : []) {
      this.visit();
      if (test.holds(condition, item)) into.push(item);
    }
  }

  private stepDescendants(value: unknown, into: unknown[]): void {
    const waiting = [value];
    while (waiting.length > 0) {
      const next = waiting.pop();
      this.push(next, into);
      const members = membersOf(next);
      for (let index = members.length - 1; index >= 0; index--) waiting.push(members[index]);
    }
  }

  private push(item: unknown, into: unknown[]): void {
    this.visit();
    into.push(item);
  }

  private visit(): void {
    if (++this.visits > visitsMax) throw new PathTooCostly(visitsMax);
  }

  private operandValue(operand: Operand, current: unknown): unknown {
    if (operand.kind === 'value') return operand.value;
    if (operand.kind === 'pattern') return operand.pattern;
    return this.rootedValue(operand.path, current);
  }

  private rootedValue(path: RootedPath, current: unknown): unknown {
    const found = this.read(path, path.root === '@' ? current : this.root);
    return 'missing' in found ? undefined : found.value;
  }
}

function missingReason(segments: readonly Segment[], index: number, value: unknown): string {
  const segment = segments[index] as Segment;
  const before = formatPath(segments.slice(0, index));
  const here = formatPath(segments.slice(0, index + 1));
  if (segment.kind === 'names' && !isObject(value)) {
    return `Expected to find an object with property ${formatSegment(segment)} in path ${before} but found '${javaClass(value)}'. This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.`;
  }
  if (segment.kind === 'indexes' && !Array.isArray(value)) {
    return value === null
      ? `The path ${before} is null`
      : `Filter: ${formatSegment(segment)} can only be applied to arrays. Current context is: ${JSON.stringify(value)}`;
  }
  if (index === segments.length - 1 || segment.kind === 'indexes')
    return `No results for path: ${formatPath(segments)}`;
  return `Missing property in path ${here}`;
}

function javaClass(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'java.util.ArrayList';
  if (typeof value === 'string') return 'java.lang.String';
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  return Number.isInteger(value) ? 'java.lang.Integer' : 'java.lang.Double';
}

function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
