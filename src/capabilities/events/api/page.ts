import { pageOf, type Page } from '#kernel/paging';

// Limit: a page of a list has at most 100 entries, as in AWS.
const pageSizeMax = 100;

/** How EventBridge (`Limit`) and Scheduler (`MaxResults`) ask for a page. */
interface PageRequest {
  readonly NextToken?: string | undefined;
  readonly Limit?: number | undefined;
  readonly MaxResults?: number | undefined;
}

/** @throws ValidationException for a token that is not ours */
export function pageFor<T>(
  items: readonly T[],
  { NextToken: token, Limit, MaxResults }: PageRequest,
  key: (item: T) => readonly string[],
): Page<T> {
  return pageOf(items, { token, sizeMax: Limit ?? MaxResults ?? pageSizeMax, key, code: 'ValidationException' });
}
