import { messageOf } from '#kernel/errors';
import { malformedQuery } from '../errors.ts';
import { compileRegex } from '../filter-expression.ts';
import type { QueryRecord, Value } from './record.ts';
import { tokenize, type Token } from './syntax.ts';

/** Walks the words of a query and keeps its text at hand, since a column without a name is called as it was written. */
export class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  /** What a call by this name means where it is read, before the functions of one record; set by commands. */
  meaningOf: (name: string) => ((record: QueryRecord) => Value) | undefined = () => undefined;

  /** @throws MalformedQueryException */
  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  get isAtEnd(): boolean {
    return this.peek().kind === 'end';
  }

  peekSymbol(symbol: string): boolean {
    const { kind, text } = this.peek();
    return kind === 'symbol' && text === symbol;
  }

  takeSymbol(symbol: string): boolean {
    const isThere = this.peekSymbol(symbol);
    if (isThere) this.take();
    return isThere;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.fault(`'${symbol}' is expected`);
  }

  /** Words of the language are read in any case of letters. */
  peekWord(word: string, ahead = 0): boolean {
    const { kind, text } = this.peek(ahead);
    return kind === 'name' && text.toLowerCase() === word;
  }

  takeWord(word: string): boolean {
    const isThere = this.peekWord(word);
    if (isThere) this.take();
    return isThere;
  }

  expectName(what: string): string {
    const { kind, text } = this.peek();
    if (kind !== 'name' && kind !== 'quotedName') throw this.fault(`${what} is expected`);
    this.take();
    return text;
  }

  /** What `readOne` reads, with commas between. */
  list<Item>(readOne: () => Item): Item[] {
    const items = [readOne()];
    while (this.takeSymbol(',')) items.push(readOne());
    return items;
  }

  /** Reads with other meanings of calls than those around. */
  within<Item>(meaningOf: TokenReader['meaningOf'], read: () => Item): Item {
    const around = this.meaningOf;
    this.meaningOf = meaningOf;
    const item = read();
    this.meaningOf = around;
    return item;
  }

  /** The text of everything that `read` took. */
  textOf<Item>(read: () => Item): { item: Item; text: string } {
    const { start } = this.peek();
    const item = read();
    return { item, text: this.#text.slice(start, this.#tokens[this.#at - 1]?.end ?? start).trim() };
  }

  /** @throws MalformedQueryException at the word that was taken last */
  regexOf(text: string): ReturnType<typeof compileRegex> {
    try {
      return compileRegex(text);
    } catch (error) {
      throw this.faultAtLast(messageOf(error));
    }
  }

  fault(why: string): Error {
    const { start, end, text } = this.peek();
    return malformedQuery(`${why} before '${text === '' ? 'the end' : text}'`, start, end);
  }

  faultAtLast(why: string): Error {
    const { start, end } = this.#tokens[Math.max(0, this.#at - 1)]!;
    return malformedQuery(why, start, end);
  }
}
