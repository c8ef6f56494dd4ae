/** The filters of a path: `@.price < 10 && (@.tag in ['a', 'b'] || !(@.sold))`. */
import { RE2JS } from 're2js';
import type { Cursor } from './cursor.ts';
import type { Condition, Operand, RootedPath } from './path.ts';

// Limit: filters nest 16 deep.
const nestingMax = 16;

type ParsePath = (depth: number) => RootedPath;

const operators =
  /(?:===|!==|==|!=|<=|>=|=~|<|>|(?:in|nin|subsetof|anyof|noneof|contains|size|empty|startsWith|endsWith)\b)/iy;

export class ConditionParser {
  private readonly cursor: Cursor;
  private readonly parsePath: ParsePath;

  /** @param parsePath reads a path of either root at the cursor */
  constructor(cursor: Cursor, parsePath: ParsePath) {
    this.cursor = cursor;
    this.parsePath = parsePath;
  }

  condition(depth: number): Condition {
    return this.joined('||', 'or', () => this.joined('&&', 'and', () => this.term(depth)));
  }

  private joined(token: string, kind: 'and' | 'or', part: () => Condition): Condition {
    const parts = [part()];
    for (this.cursor.skipSpace(); this.cursor.accept(token); this.cursor.skipSpace()) parts.push(part());
    return parts.length === 1 ? (parts[0] as Condition) : { kind, parts };
  }

  private term(depth: number): Condition {
    const { cursor } = this;
    if (depth > nestingMax) throw cursor.error('filters are nested too deeply');
    cursor.skipSpace();
    if (cursor.peek() === '!' && cursor.peek(2) !== '!=') {
      cursor.position++;
      return { kind: 'not', part: this.term(depth + 1) };
    }
    if (cursor.accept('(')) {
      const condition = this.condition(depth + 1);
      cursor.skipSpace();
      cursor.expect(')');
      return condition;
    }
    const left = this.operand(depth + 1);
    cursor.skipSpace();
    const operator = cursor.match(operators)?.toLowerCase();
    if (operator === undefined) {
      if (left.kind !== 'path') throw cursor.error('a comparison is missing');
      return { kind: 'exists', path: left.path };
    }
    cursor.skipSpace();
    return { kind: 'compare', operator, left, right: this.operand(depth + 1) };
  }

  /** A path, a text, number, boolean, null, list or regular expression. */
  operand(depth: number): Operand {
    const first = this.cursor.peek();
    if (first === '@' || first === '$') return { kind: 'path', path: this.parsePath(depth) };
    if (first === "'" || first === '"') return { kind: 'value', value: this.cursor.quoted() };
    if (first === '/') return this.pattern();
    if (first === '[') return this.list(depth);
    const word = this.cursor.match(/true\b|false\b|null\b|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (word === undefined) throw this.cursor.error('a value is missing');
    return { kind: 'value', value: JSON.parse(word) as unknown };
  }

  private list(depth: number): Operand {
    const { cursor } = this;
    if (depth > nestingMax) throw cursor.error('lists are nested too deeply');
    cursor.expect('[');
    const items: unknown[] = [];
    for (cursor.skipSpace(); !cursor.accept(']'); cursor.skipSpace()) {
      if (items.length > 0) cursor.expect(',');
      cursor.skipSpace();
      const item = this.operand(depth + 1);
      if (item.kind !== 'value') throw cursor.error('a list of a filter holds values only');
      items.push(item.value);
    }
    return { kind: 'value', value: items };
  }

  private pattern(): Operand {
    const { cursor } = this;
    cursor.expect('/');
    let source = '';
    for (; cursor.peek() !== '/'; cursor.position++) {
      if (cursor.isAtEnd) throw cursor.error('the closing / is missing');
      if (cursor.peek() === '\\') source += cursor.text[cursor.position++];
      source += cursor.peek();
    }
    cursor.position++;
    const flags = cursor.match(/[a-z]*/y) ?? '';
    try {
      return { kind: 'pattern', pattern: compilePattern(source, flags) };
    } catch (error) {
      throw cursor.error(`the regular expression /${source}/ is not valid: ${(error as Error).message}`);
    }
  }
}

function compilePattern(source: string, flags: string): RE2JS {
  const bits =
    (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.includes('s') ? RE2JS.DOTALL : 0) |
    (flags.includes('m') ? RE2JS.MULTILINE : 0);
  return RE2JS.compile(source, bits);
}
