/**
 * Paging by a sort key, never by an offset: a token says after which key the next page starts, so that rows that come
 * and go between two pages are neither repeated nor skipped.
 */
import { PlatformError } from './errors.ts';

export interface Page<T> {
  readonly items: T[];
  readonly nextToken?: string;
}

export function encodeToken(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * @param code the error code of the service for a bad token
 * @throws invalid when the token was not made by `encodeToken`
 */
export function decodeToken(token: string, code?: string): (string | number)[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.every((part) => typeof part === 'string' || typeof part === 'number')) {
      return key;
    }
  } catch {
    // Falls through to the one error below.
  }
  throw badToken(token, code);
}

/**
 * A token whose key is numbers alone.
 * @param length how many there are
 * @throws invalid when the token was not made by `encodeToken` of such a key
 */
export function decodeNumberToken(token: string, length: number, code?: string): number[] {
  const key = decodeToken(token, code);
  const numbers = key.filter((part) => typeof part === 'number');
  if (key.length !== length || numbers.length !== length) throw badToken(token, code);
  return numbers;
}

/** Cuts a page out of items that are already in key order. */
export function pageOf<T>(
  items: readonly T[],
  options: {
    token?: string | undefined;
    sizeMax: number;
    key: (item: T) => readonly (string | number)[];
    code?: string;
  },
): Page<T> {
  const after = options.token === undefined ? undefined : JSON.stringify(decodeToken(options.token, options.code));
  const found =
    after === undefined
      ? -1
      : items.findIndex((item) => compareKeys(options.key(item), JSON.parse(after) as (string | number)[]) > 0);
  const start = after === undefined ? 0 : found === -1 ? items.length : found;
  const cut = items.slice(start, start + options.sizeMax);
  const last = cut.at(-1);
  return start + cut.length < items.length && last !== undefined
    ? { items: cut, nextToken: encodeToken(options.key(last)) }
    : { items: cut };
}

function compareKeys(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return a.length - b.length;
}

function badToken(token: string, code = 'InvalidInputException'): PlatformError {
  return new PlatformError(
    'invalid',
    code,
    `'${token.slice(0, 80)}' is not a token of this service. Use the token of the page before, unchanged.`,
  );
}
