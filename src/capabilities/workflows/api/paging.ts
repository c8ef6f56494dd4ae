/** Pages as Step Functions cuts them. */
import { pageOf, type Page } from '#kernel/paging';
import { isPlatformError } from '#kernel/errors';
import { invalidToken } from '../errors.ts';

export interface PageInput {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

const sizeDefault = 100;

/** 0 means the default of 100, as in AWS. */
export function sizeOf(maxResults: number | undefined): number {
  return maxResults === undefined || maxResults === 0 ? sizeDefault : maxResults;
}

/** @throws InvalidToken */
export function pageBy<T>(
  items: readonly T[],
  { maxResults, nextToken }: PageInput,
  key: (item: T) => readonly (string | number)[],
): Page<T> {
  return withToken(() => pageOf(items, { token: nextToken, sizeMax: sizeOf(maxResults), key, code: 'InvalidToken' }));
}

/** Answers a token that was not ours in AWS's words. */
export function withToken<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isPlatformError(error, 'InvalidToken') ? invalidToken() : error;
  }
}
