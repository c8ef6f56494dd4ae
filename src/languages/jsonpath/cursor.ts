/** A place in the text of a path, with the small reads that both of its parsers share. */
import { PathSyntaxError } from './path-syntax-error.ts';

export class Cursor {
  readonly text: string;
  position: number;

  constructor(text: string, position = 0) {
    this.text = text;
    this.position = position;
  }

  get isAtEnd(): boolean {
    return this.position >= this.text.length;
  }

  peek(length = 1): string {
    return this.text.slice(this.position, this.position + length);
  }

  skipSpace(): void {
    while (/\s/.test(this.peek())) this.position++;
  }

  /** Takes `token` when it stands here. */
  accept(token: string): boolean {
    if (!this.text.startsWith(token, this.position)) return false;
    this.position += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token)) throw this.error(`'${token}' expected`);
  }

  /** What the sticky `pattern` matches here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  /** A text in single or double quotes. A backslash before a character that needs none stays, as AWS was recorded to read it. */
  quoted(): string {
    const quote = this.peek();
    let text = '';
    for (this.position++; this.peek() !== quote; this.position++) {
      if (this.isAtEnd) throw this.error(`the closing ${quote} is missing`);
      if (this.peek() === '\\') text += this.escaped(quote);
      else text += this.peek();
    }
    this.position++;
    return text;
  }

  private escaped(quote: string): string {
    this.position++;
    const character = this.peek();
    const simple = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }[character];
    if (simple !== undefined) return simple;
    const code = /^u([0-9a-fA-F]{4})/.exec(this.peek(5))?.[1];
    if (code === undefined) return character === quote || character === '\\' ? character : `\\${character}`;
    this.position += 4;
    return String.fromCharCode(Number.parseInt(code, 16));
  }

  error(message: string): PathSyntaxError {
    return new PathSyntaxError(`${message} at position ${this.position} of '${this.text.slice(0, 200)}'`);
  }
}
