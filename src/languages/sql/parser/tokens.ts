/**
 * Text to tokens, by the lexical rules of Trino's SqlBase grammar. Typographic quotes, which articles and word
 * processors put in the place of straight ones, are read as the quotes they stand for.
 */
import { SqlError, syntaxError } from '../errors.ts';
import type { Position } from '../tree/expressions.ts';

export type TokenKind =
  | 'word'
  | 'quoted'
  | 'backquoted'
  | 'string'
  | 'binary'
  | 'integer'
  | 'decimal'
  | 'double'
  | 'symbol'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Words in upper case, symbols as they are, strings and quoted names without their quotes. */
  readonly value: string;
  /** As it stands in the text. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly at: Position;
}

// Limit: a statement has at most 262,144 bytes, as in Athena.
export const statementSizeMaxBytes = 262_144;

const longSymbols = new Set(['<>', '!=', '<=', '>=', '||', '->', '=>']);
const shortSymbols = new Set('()[],.;+-*/%=<>?:$@{}!|&^~'.split(''));
const space = /[ \t\r\n\f\u00a0\ufeff]+/y;
const lineComment = /--[^\r\n]*/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const double = /(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)[eE][+-]?\d+/y;
const decimal = /\d[\d_]*\.[\d_]*|\.\d[\d_]*/y;
const radixInteger = /0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+/y;
const integer = /\d[\d_]*/y;

/** @throws SYNTAX_ERROR for text that ends inside quotes or a comment, or has a character that starts no token */
export function tokenize(text: string): Token[] {
  refuseTooLarge(text);
  return new Tokenizer(text).run();
}

function refuseTooLarge(text: string): void {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= statementSizeMaxBytes) return;
  throw new SqlError(
    'STATEMENT_TOO_LARGE',
    { line: 1, column: 1 },
    `the statement has ${sizeBytes} bytes; at most ${statementSizeMaxBytes} are allowed`,
  );
}

class Tokenizer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #offset = 0;
  #line = 1;
  #lineStart = 0;
  #nextNewline: number;

  constructor(text: string) {
    this.#text = text;
    this.#nextNewline = this.#newlineFrom(0);
  }

  run(): Token[] {
    while (this.#skipBlank()) this.#token();
    this.#push('end', '<EOF>', this.#offset);
    return this.#tokens;
  }

  /** @returns whether anything is left. */
  #skipBlank(): boolean {
    for (;;) {
      const blank = this.#match(space) ?? this.#match(lineComment);
      if (blank !== undefined) {
        this.#advance(this.#offset + blank.length);
      } else if (this.#text.startsWith('/*', this.#offset)) {
        const end = this.#text.indexOf('*/', this.#offset + 2);
        if (end === -1) throw syntaxError(this.#position(), 'the comment that starts here has no end (*/)');
        this.#advance(end + 2);
      } else {
        return this.#offset < this.#text.length;
      }
    }
  }

  #token(): void {
    const char = this.#text[this.#offset] ?? '';
    if (char === "'" || char === '\u2018' || char === '\u2019') return this.#string('string', this.#offset);
    if (char === '"' || char === '\u201c' || char === '\u201d') return this.#quoted();
    if (char === '`') return this.#delimited('backquoted', '`', this.#offset + 1);
    if (/[xX]/.test(char) && this.#text[this.#offset + 1] === "'") return this.#binary();
    if (/^[uU]&'/.test(this.#text.slice(this.#offset, this.#offset + 3))) return this.#unicodeString();
    const name = this.#match(word);
    if (name !== undefined) return this.#push('word', name.toUpperCase(), this.#offset + name.length);
    if (/\d/.test(char) || (char === '.' && /\d/.test(this.#text[this.#offset + 1] ?? ''))) return this.#number();
    const two = this.#text.slice(this.#offset, this.#offset + 2);
    const symbol = longSymbols.has(two) ? two : shortSymbols.has(char) ? char : undefined;
    if (symbol === undefined) {
      const shown = String.fromCodePoint(this.#text.codePointAt(this.#offset) ?? 0);
      throw syntaxError(
        this.#position(),
        `'${shown}' starts no token`,
        'Put names with other characters in double quotes.',
      );
    }
    this.#push('symbol', symbol === '!=' ? '<>' : symbol, this.#offset + symbol.length);
  }

  #number(): void {
    const found =
      (['double', 'decimal', 'integer'] as const)
        .map((kind, index) => ({ kind, text: this.#match([double, decimal, integer][index] as RegExp) }))
        .find(({ text }) => text !== undefined) ?? invariantNumber();
    const radix = this.#match(radixInteger);
    const text = radix ?? found.text ?? '';
    const next = this.#text[this.#offset + text.length] ?? '';
    if (/[A-Za-z_]/.test(next)) {
      throw syntaxError(
        this.#position(),
        'identifiers must not start with a digit; surround the identifier with double quotes',
      );
    }
    const value = radix === undefined ? text.replaceAll('_', '') : String(BigInt(radix.toLowerCase()));
    this.#push(radix === undefined ? found.kind : 'integer', value, this.#offset + text.length);
  }

  #string(kind: 'string', start: number): void {
    const straight = this.#text[start] === "'";
    let value = '';
    let index = start + 1;
    for (; ; index++) {
      const char = this.#text[index];
      if (char === undefined) throw syntaxError(this.#position(), 'the string that starts here has no closing quote');
      const closes = char === "'" || (!straight && (char === '\u2018' || char === '\u2019'));
      if (!closes) value += char;
      else if (char === "'" && this.#text[index + 1] === "'") value += this.#text[index++];
      else break;
    }
    this.#push(kind, value, index + 1);
  }

  /** `"name"`; one that was opened straight may be closed by a typographic quote when the line has no straight one. */
  #quoted(): void {
    const lineEnd = this.#text.indexOf('\n', this.#offset);
    const line = this.#text.slice(this.#offset + 1, lineEnd === -1 ? undefined : lineEnd);
    const straight = this.#text[this.#offset] === '"';
    const typographic = /[\u201c\u201d"]/.exec(line);
    if ((straight && line.includes('"')) || typographic === null) {
      return this.#delimited('quoted', '"', this.#offset + 1);
    }
    this.#push('quoted', line.slice(0, typographic.index), this.#offset + 1 + typographic.index + 1);
  }

  #delimited(kind: 'quoted' | 'backquoted', quote: string, start: number): void {
    let value = '';
    let from = start;
    for (;;) {
      const end = this.#text.indexOf(quote, from);
      if (end === -1) throw syntaxError(this.#position(), `the name that starts here has no closing ${quote}`);
      value += this.#text.slice(from, end);
      if (this.#text[end + 1] !== quote) return this.#push(kind, value, end + 1);
      value += quote;
      from = end + 2;
    }
  }

  #binary(): void {
    const end = this.#text.indexOf("'", this.#offset + 2);
    const hex = this.#text.slice(this.#offset + 2, end === -1 ? undefined : end).replaceAll(/\s/g, '');
    if (end === -1 || !/^([0-9a-fA-F]{2})*$/.test(hex)) {
      throw syntaxError(this.#position(), "a binary literal is an even number of hexadecimal digits in X'…'");
    }
    this.#push('binary', hex.toUpperCase(), end + 1);
  }

  #unicodeString(): void {
    const at = this.#position();
    const opened = this.#offset;
    this.#string('string', this.#offset + 2);
    const token = this.#tokens.pop() as Token;
    const value = token.value.replaceAll(/\\(\\|\+[0-9a-fA-F]{6}|[0-9a-fA-F]{4})/g, (_, code: string) => {
      if (code === '\\') return '\\';
      const point = Number.parseInt(code.replace('+', ''), 16);
      if (point > 0x10_ffff) throw syntaxError(at, `'\\${code}' is no Unicode code point`);
      return String.fromCodePoint(point);
    });
    this.#tokens.push({ ...token, value, text: this.#text.slice(opened, token.end), start: opened, at });
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    return pattern.exec(this.#text)?.[0];
  }

  #push(kind: TokenKind, value: string, end: number): void {
    const start = this.#offset;
    const at = this.#position();
    this.#advance(end);
    this.#tokens.push({ kind, value, text: kind === 'end' ? '<EOF>' : this.#text.slice(start, end), start, end, at });
  }

  #advance(end: number): void {
    while (this.#nextNewline < end) {
      this.#line++;
      this.#lineStart = this.#nextNewline + 1;
      this.#nextNewline = this.#newlineFrom(this.#lineStart);
    }
    this.#offset = end;
  }

  /** Looked up once a line: a search at every token would be quadratic in a text of one long line. */
  #newlineFrom(offset: number): number {
    const found = this.#text.indexOf('\n', offset);
    return found === -1 ? Number.POSITIVE_INFINITY : found;
  }

  #position(): Position {
    return { line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }
}

function invariantNumber(): never {
  throw new RangeError('a digit that starts no number');
}
