/** Text to call: `States.Format('{} of {}', $.a, States.ArrayLength($.b))`. */
import { parseSourcePath, type SourcePath } from '../paths/source-path.ts';

export type Argument =
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'path'; readonly path: SourcePath }
  /** `raw` keeps the backslashes, for States.Format. */
  | { readonly kind: 'text'; readonly value: string; readonly raw: string }
  | { readonly kind: 'value'; readonly value: null | boolean | number };

export interface Call {
  readonly name: string;
  readonly arguments: readonly Argument[];
  readonly source: string;
}

/** A text that is no call of an intrinsic function. */
export class IntrinsicSyntaxError extends Error {
  override readonly name = 'IntrinsicSyntaxError';
}

// Limit: intrinsic functions nest 10 deep and take 10,000 characters, as in AWS.
const nestingMax = 10;
const sourceMax = 10_000;

/** @throws IntrinsicSyntaxError, PathSyntaxError */
export function parseCall(source: string): Call {
  if (source.length > sourceMax) throw new IntrinsicSyntaxError(`longer than ${sourceMax} characters`);
  const parser = new CallParser(source);
  const call = parser.call(1);
  parser.end();
  return call;
}

class CallParser {
  private readonly text: string;
  private position = 0;

  constructor(text: string) {
    this.text = text;
  }

  call(depth: number): Call {
    if (depth > nestingMax) throw this.error(`functions nest more than ${nestingMax} deep`);
    const from = this.position;
    const name = this.match(/States\.[A-Za-z0-9]+/y);
    if (name === undefined) throw this.error('a function is missing');
    this.skipSpace();
    this.expect('(');
    const found: Argument[] = [];
    for (this.skipSpace(); this.text[this.position] !== ')'; this.skipSpace()) {
      if (found.length > 0) {
        this.expect(',');
        this.skipSpace();
      }
      found.push(this.argument(depth));
    }
    this.position++;
    return { name, arguments: found, source: this.text.slice(from, this.position) };
  }

  end(): void {
    this.skipSpace();
    if (this.position < this.text.length) throw this.error('text after the closing parenthesis');
  }

  private argument(depth: number): Argument {
    const first = this.text[this.position];
    if (first === "'") return this.quoted();
    if (first === '$') return { kind: 'path', path: parseSourcePath(this.path()) };
    if (first === 'S') return { kind: 'call', call: this.call(depth + 1) };
    const word = this.match(/(?:true|false|null)(?=\s*[,)])|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*[,)])/y);
    if (word === undefined) throw this.error('an argument is missing');
    return { kind: 'value', value: JSON.parse(word.replace(/^(-?)0+(?=\d)/, '$1')) as null | boolean | number };
  }

  private quoted(): Argument {
    const from = ++this.position;
    let value = '';
    for (; this.text[this.position] !== "'"; this.position++) {
      if (this.position >= this.text.length) throw this.error('the closing quote is missing');
      if (this.text[this.position] === '\\') {
        this.position++;
        if (!"'{}\\".includes(this.text[this.position] ?? ' ')) value += '\\';
      }
      value += this.text[this.position] ?? '';
    }
    const raw = this.text.slice(from, this.position++);
    return { kind: 'text', value, raw };
  }

  /** Up to the comma or parenthesis that ends the argument. */
  private path(): string {
    const from = this.position;
    let depth = 0;
    let quote: string | undefined;
    for (; this.position < this.text.length; this.position++) {
      const character = this.text[this.position] as string;
      if (quote !== undefined) {
        if (character === '\\') this.position++;
        else if (character === quote) quote = undefined;
      } else if (character === "'" || character === '"') {
        quote = character;
      } else if ('[('.includes(character)) {
        depth++;
      } else if (depth > 0 && '])'.includes(character)) {
        depth--;
      } else if (depth === 0 && ',)'.includes(character)) {
        break;
      }
    }
    return this.text.slice(from, this.position).trim();
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    this.position += found?.length ?? 0;
    return found;
  }

  private expect(token: string): void {
    if (this.text[this.position] !== token) throw this.error(`'${token}' expected`);
    this.position++;
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.position] ?? '')) this.position++;
  }

  private error(message: string): IntrinsicSyntaxError {
    return new IntrinsicSyntaxError(`${message} at position ${this.position} of '${this.text.slice(0, 200)}'`);
  }
}
