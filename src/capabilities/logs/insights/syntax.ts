/** The words of a Logs Insights query ("CloudWatch Logs Insights language query syntax"). */
import { malformedQuery } from '../errors.ts';

export type TokenKind = 'name' | 'quotedName' | 'string' | 'number' | 'regex' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** A name without its back-ticks, a string without its quotes, a regular expression without its slashes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const forms: readonly (readonly [TokenKind | 'space', RegExp])[] = [
  ['space', /(?:\s+|#[^\n]*)+/y],
  ['number', /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.@])/y],
  // A period of time such as 5m reads as a name.
  ['name', /[@A-Za-z_\d][\w.@]*/y],
  ['quotedName', /`[^`]*`/y],
  ['string', /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y],
  ['symbol', /!=|<=|>=|=~|[|,()[\]=<>+\-*/%^]/y],
];
const regexForm = /\/((?:[^/\\\n]|\\.)+)\//y;

/** @throws MalformedQueryException where no word begins */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const token = readToken(text, at, tokens);
    if (token.kind !== 'space') tokens.push(token as Token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: at, end: at });
  return tokens;
}

function readToken(text: string, at: number, before: readonly Token[]): Omit<Token, 'kind'> & { kind: string } {
  if (text[at] === '/' && mayBeRegex(before)) {
    regexForm.lastIndex = at;
    const match = regexForm.exec(text);
    if (match !== null) return { kind: 'regex', text: match[1] ?? '', start: at, end: regexForm.lastIndex };
  }
  for (const [kind, form] of forms) {
    form.lastIndex = at;
    const raw = form.exec(text)?.[0];
    if (raw !== undefined) return { kind, text: plain(kind, raw), start: at, end: at + raw.length };
  }
  throw malformedQuery(`unexpected symbol found '${text[at] ?? ''}'`, at, at + 1);
}

/** A slash divides, except where only a regular expression can stand. */
function mayBeRegex(before: readonly Token[]): boolean {
  const [field, last] = before.slice(-2).map(({ text }) => text.toLowerCase());
  return [last ?? field, last === undefined ? undefined : field].some(
    (word, place) => word === 'parse' || (place === 0 && (word === 'like' || word === '=~')),
  );
}

function plain(kind: string, raw: string): string {
  if (kind === 'quotedName') return raw.slice(1, -1);
  return kind === 'string' ? raw.slice(1, -1).replaceAll(/\\(["'\\])/g, '$1') : raw;
}
