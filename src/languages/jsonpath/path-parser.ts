/** Text to path: `$.a['b'][0][1:3][*]..c[?(@.price < 10)].length()`. */
import type { Operand, Path, RootedPath, Segment } from './path.ts';
import { ConditionParser } from './condition-parser.ts';
import { Cursor } from './cursor.ts';
import { PathSyntaxError } from './path-syntax-error.ts';

const functionNames = new Set([
  'length',
  'size',
  'min',
  'max',
  'avg',
  'sum',
  'stddev',
  'keys',
  'concat',
  'append',
  'first',
  'last',
  'index',
]);

// Limit: a path has at most 256 segments and 10,000 characters.
const segmentsMax = 256;
const textMax = 10_000;

/** What ends a name that is written without quotes. */
const bareName = /[^.[\]()\s,'"?*@:=<>!~&|]+/y;

/**
 * @param text begins with `$`
 * @throws PathSyntaxError
 */
export function parsePath(text: string): Path {
  if (text.length > textMax) throw new PathSyntaxError(`a path is longer than ${textMax} characters`);
  const parser = new PathParser(text);
  return parser.document();
}

class PathParser {
  private readonly cursor: Cursor;
  private readonly conditions: ConditionParser;

  constructor(text: string) {
    this.cursor = new Cursor(text);
    this.conditions = new ConditionParser(this.cursor, (depth) => this.rootedPath(depth));
  }

  document(): Path {
    this.cursor.expect('$');
    const path = this.segments(0);
    if (!this.cursor.isAtEnd) throw this.cursor.error(`'${this.cursor.peek()}' is not expected`);
    return path;
  }

  /** A path within a filter or among the operands of a function. */
  private rootedPath(depth: number): RootedPath {
    const root = this.cursor.accept('@') ? '@' : '$';
    if (root === '$') this.cursor.expect('$');
    return { root, ...this.segments(depth) };
  }

  /** All segments from here on. */
  private segments(depth: number): Path {
    const { cursor } = this;
    const found: Segment[] = [];
    for (;;) {
      if (found.length > segmentsMax) throw cursor.error(`more than ${segmentsMax} segments`);
      if (cursor.accept('..')) {
        found.push({ kind: 'descendants' }, cursor.peek() === '[' ? this.bracket(depth) : this.dotted(depth));
      } else if (cursor.accept('.')) {
        found.push(this.dotted(depth));
      } else if (cursor.peek() === '[') {
        found.push(this.bracket(depth));
      } else {
        return { segments: found, isDefinite: found.every(isDefiniteSegment) };
      }
    }
  }

  private dotted(depth: number): Segment {
    const { cursor } = this;
    if (cursor.accept('*')) return { kind: 'wildcard' };
    const name = cursor.match(bareName);
    if (name === undefined) throw cursor.error('a name is missing');
    if (!cursor.accept('(')) return { kind: 'names', names: [name] };
    if (!functionNames.has(name)) throw cursor.error(`there is no function '${name}'`);
    const operands: Operand[] = [];
    for (cursor.skipSpace(); !cursor.accept(')'); cursor.skipSpace()) {
      if (operands.length > 0) cursor.expect(',');
      cursor.skipSpace();
      operands.push(this.conditions.operand(depth + 1));
    }
    return { kind: 'function', name, operands };
  }

  private bracket(depth: number): Segment {
    this.cursor.expect('[');
    this.cursor.skipSpace();
    const segment = this.bracketContent(depth);
    this.cursor.skipSpace();
    this.cursor.expect(']');
    return segment;
  }

  private bracketContent(depth: number): Segment {
    const { cursor } = this;
    if (cursor.accept('*')) return { kind: 'wildcard' };
    if (cursor.accept('?')) return this.filter(depth);
    if (/['"]/.test(cursor.peek())) return { kind: 'names', names: this.list(() => cursor.quoted()) };
    return this.positions();
  }

  private filter(depth: number): Segment {
    const { cursor } = this;
    cursor.skipSpace();
    cursor.expect('(');
    const from = cursor.position;
    const condition = this.conditions.condition(depth + 1);
    const source = cursor.text.slice(from, cursor.position).trim();
    cursor.skipSpace();
    cursor.expect(')');
    return { kind: 'filter', condition, source };
  }

  private positions(): Segment {
    const { cursor } = this;
    const first = this.integer();
    cursor.skipSpace();
    if (cursor.accept(':')) {
      cursor.skipSpace();
      return { kind: 'slice', from: first, to: this.integer() };
    }
    if (first === undefined) throw cursor.error('a position, a name in quotes, * or a filter is missing');
    const rest = cursor.accept(',') ? this.list(() => this.integer()) : [];
    const indexes = [first, ...rest].filter((index) => index !== undefined);
    if (indexes.length <= rest.length) throw cursor.error('a position is missing');
    return { kind: 'indexes', indexes };
  }

  private integer(): number | undefined {
    const digits = this.cursor.match(/-?\d{1,9}/y);
    return digits === undefined ? undefined : Number(digits);
  }

  private list<T>(item: () => T): T[] {
    const { cursor } = this;
    cursor.skipSpace();
    const items = [item()];
    for (cursor.skipSpace(); cursor.accept(','); cursor.skipSpace()) {
      cursor.skipSpace();
      items.push(item());
    }
    return items;
  }
}

function isDefiniteSegment(segment: Segment, index: number, all: readonly Segment[]): boolean {
  switch (segment.kind) {
    case 'names':
      return segment.names.length === 1 || index === all.length - 1;
    case 'indexes':
      return segment.indexes.length === 1;
    default:
      // A function gives one value whatever the path before it finds.
      return segment.kind === 'function' || all.slice(index + 1).some((later) => later.kind === 'function');
  }
}
