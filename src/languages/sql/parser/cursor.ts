/** A place in the tokens of one statement, and the error that says what could have stood there. */
import { type SqlError, syntaxError } from '../errors.ts';
import type { Identifier, Position } from '../tree/expressions.ts';
import type { QualifiedName } from '../tree/queries.ts';
import type { Token, TokenKind } from './tokens.ts';

/** Words that no unquoted name may be (Trino's reserved words). */
const reserved = new Set(
  `ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE
  CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE
  EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN LEFT
  LIKE LISTAGG LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP
  SELECT SKIP TABLE THEN TRIM TRUE UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH`
    .split(/\s+/)
    .filter(Boolean),
);

export function isReserved(upperCaseWord: string): boolean {
  return reserved.has(upperCaseWord);
}

// Limit: expressions and queries nest at most 300 levels deep.
export const nestingMax = 300;

export class Cursor {
  readonly source: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;
  /** What was looked for and not found at `#triedIndex`. */
  #tried = new Set<string>();
  #triedIndex = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.source = source;
    this.#tokens = tokens;
  }

  get index(): number {
    return this.#index;
  }

  get token(): Token {
    return this.peek();
  }

  get at(): Position {
    return this.token.at;
  }

  get lastEnd(): number {
    return this.#tokens[this.#index - 1]?.end ?? 0;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#index++;
    return token;
  }

  /** Goes back to where `index` was, for the few places where one token does not decide. */
  rewind(index: number): void {
    this.#index = index;
  }

  /** Whether the next tokens are these words (upper case) or symbols; looks only. */
  is(...texts: readonly string[]): boolean {
    return texts.every((text, ahead) => matches(this.peek(ahead), text));
  }

  isKind(kind: TokenKind): boolean {
    return this.token.kind === kind;
  }

  /** Takes the words or symbols when all of them stand here. */
  accept(...texts: readonly string[]): boolean {
    if (!this.is(...texts)) {
      this.#try(`'${texts[0]}'`);
      return false;
    }
    this.#index += texts.length;
    return true;
  }

  expect(...texts: readonly string[]): void {
    for (const text of texts) {
      if (!this.accept(text)) throw this.mismatch();
    }
  }

  /** The words of `texts` of which one stands here. */
  acceptAny<T extends string>(...texts: readonly T[]): T | undefined {
    return texts.find((text) => this.accept(text));
  }

  expectAny<T extends string>(...texts: readonly T[]): T {
    const found = this.acceptAny(...texts);
    if (found === undefined) throw this.mismatch();
    return found;
  }

  isIdentifier(ahead = 0): boolean {
    const token = this.peek(ahead);
    return (
      token.kind === 'quoted' || token.kind === 'backquoted' || (token.kind === 'word' && !reserved.has(token.value))
    );
  }

  identifier(): Identifier {
    const token = this.token;
    if (!this.isIdentifier()) throw this.mismatch('<identifier>');
    if (token.kind === 'backquoted') {
      throw syntaxError(token.at, 'backquoted identifiers are not supported; use double quotes to quote identifiers');
    }
    return this.anyIdentifier();
  }

  /** As `identifier`, with Hive's backquotes too. */
  anyIdentifier(): Identifier {
    const token = this.token;
    if (!this.isIdentifier()) throw this.mismatch('<identifier>');
    this.#index++;
    const text = token.kind === 'word' ? token.text : token.value;
    if (text === '') throw syntaxError(token.at, 'Zero-length delimited identifier not allowed');
    return { value: text.toLowerCase(), text, quoted: token.kind !== 'word', at: token.at };
  }

  /** @param hive whether backquotes are allowed, as in DDL */
  qualifiedName(hive = false): QualifiedName {
    const { at } = this;
    const name = (): Identifier => (hive ? this.anyIdentifier() : this.identifier());
    const parts = [name()];
    while (this.accept('.')) parts.push(name());
    if (parts.length > 3) throw syntaxError(at, `a name has at most three parts, not ${parts.length}`);
    return { parts, at };
  }

  string(): string {
    if (!this.isKind('string')) throw this.mismatch('<string>');
    return this.next().value;
  }

  integer(): number {
    if (!this.isKind('integer')) throw this.mismatch('<integer>');
    return Number(this.next().value);
  }

  /** `item, item …` */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.accept(',')) items.push(item());
    return items;
  }

  /** `(item, item …)` */
  parenthesized<T>(item: () => T): T[] {
    this.expect('(');
    const items = this.list(item);
    this.expect(')');
    return items;
  }

  /** Runs `parse` one level deeper. @throws STATEMENT_TOO_LARGE beyond `nestingMax` */
  nested<T>(parse: () => T): T {
    this.refuseDeeper(++this.#depth);
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }

  refuseDeeper(levels: number): void {
    if (levels <= nestingMax) return;
    throw syntaxError(
      this.at,
      `the statement nests more than ${nestingMax} levels deep`,
      'Split it with WITH, or build long chains from shorter expressions.',
    );
  }

  expectEnd(): void {
    if (this.isKind('end')) return;
    throw this.mismatch('<EOF>');
  }

  mismatch(...alternatives: readonly string[]): SqlError {
    for (const alternative of alternatives) this.#try(alternative);
    const tried = this.#triedIndex === this.#index ? [...this.#tried].sort() : [];
    const expecting = tried.length === 0 ? '' : `. Expecting: ${tried.join(', ')}`;
    return syntaxError(this.at, `mismatched input '${this.token.text.slice(0, 80)}'${expecting}`);
  }

  #try(text: string): void {
    if (this.#triedIndex !== this.#index) {
      this.#tried = new Set();
      this.#triedIndex = this.#index;
    }
    this.#tried.add(text);
  }
}

function matches(token: Token, text: string): boolean {
  return (token.kind === 'word' || token.kind === 'symbol') && token.value === text;
}
