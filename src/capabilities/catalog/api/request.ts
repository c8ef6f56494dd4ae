/** Members that stand in most requests to the catalog. */
import type { RequestContext } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import { entityNotFound, invalidInput } from '../errors.ts';

/** @throws EntityNotFoundException for the catalog of another account */
export function checkCatalogId(catalogId: string | undefined, context: RequestContext): void {
  if (catalogId !== undefined && catalogId !== context.accountId) throw entityNotFound(`Catalog ${catalogId}`);
}

/**
 * Refuses members that would change the answer and that we do not carry out.
 * @throws InvalidInputException naming the first that is set
 */
export function refuseMembers(input: object, members: readonly string[]): void {
  for (const member of members) {
    if ((input as Record<string, unknown>)[member] !== undefined) {
      throw invalidInput(`${member} is not supported by Millpond. Leave it out.`);
    }
  }
}

/** @throws InvalidInputException naming the member */
export function required<T>(value: T | undefined, member: string): T {
  if (value === undefined) throw invalidInput(`${member} must be given.`);
  return value;
}

/** The key behind which the page starts; empty for the first page. */
export function tokenToKey(token: string | undefined): string {
  return token === undefined || token === '' ? '' : String(decodeToken(token)[0] ?? '');
}

export function keyToToken(key: string | undefined): string | undefined {
  return key === undefined ? undefined : encodeToken([key]);
}

/**
 * Cuts a page out of what `read` gives for one entry more than the page holds.
 * @param keyOf what the next page starts behind
 */
export function pageByName<T>(
  request: { NextToken?: string | undefined; MaxResults?: number | undefined },
  sizeMax: number,
  read: (range: { after: string; limit: number }) => T[],
  keyOf: (item: T) => string,
): { items: T[]; nextToken?: string } {
  const size = Math.min(request.MaxResults ?? sizeMax, sizeMax);
  const found = read({ after: tokenToKey(request.NextToken), limit: size + 1 });
  const items = found.slice(0, size);
  const last = items.at(-1);
  return found.length > size && last !== undefined ? { items, nextToken: encodeToken([keyOf(last)]) } : { items };
}
