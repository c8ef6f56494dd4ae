/** If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since: RFC 9110 section 13, in the words of S3. */
import { notModified, preconditionFailed } from '../errors.ts';

export interface ReadConditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: Date | undefined;
  readonly ifUnmodifiedSince?: Date | undefined;
}

export interface WriteConditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

interface Validators {
  readonly etag: string;
  readonly lastModified: Date;
}

/**
 * For GET and HEAD.
 * @throws NotModified or PreconditionFailed
 */
export function assertReadConditions(conditions: ReadConditions, object: Validators): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined && !matchesEtag(ifMatch, object.etag)) throw preconditionFailed('If-Match');
  if (ifMatch === undefined && ifUnmodifiedSince !== undefined && isLater(object.lastModified, ifUnmodifiedSince)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  const details = { ETag: `"${object.etag}"`, LastModified: object.lastModified };
  if (ifNoneMatch !== undefined) {
    if (matchesEtag(ifNoneMatch, object.etag)) throw notModified(details);
    return;
  }
  if (ifModifiedSince !== undefined && !isLater(object.lastModified, ifModifiedSince)) throw notModified(details);
}

/**
 * For the source of a copy, where what does not hold is always an error.
 * @throws PreconditionFailed
 */
export function assertCopyConditions(conditions: ReadConditions, object: Validators): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined && !matchesEtag(ifMatch, object.etag)) {
    throw preconditionFailed('x-amz-copy-source-If-Match');
  }
  if (ifMatch === undefined && ifUnmodifiedSince !== undefined && isLater(object.lastModified, ifUnmodifiedSince)) {
    throw preconditionFailed('x-amz-copy-source-If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined && matchesEtag(ifNoneMatch, object.etag)) {
    throw preconditionFailed('x-amz-copy-source-If-None-Match');
  }
  if (ifNoneMatch === undefined && ifModifiedSince !== undefined && !isLater(object.lastModified, ifModifiedSince)) {
    throw preconditionFailed('x-amz-copy-source-If-Modified-Since');
  }
}

/** Whether a list of ETags, with or without quotes, has this one; `*` has any. */
export function matchesEtag(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const text = item.trim().replace(/^W\//, '');
    return text === '*' || text.replaceAll('"', '') === etag;
  });
}

/** HTTP dates have no fractions of a second. */
function isLater(time: Date, than: Date): boolean {
  return Math.floor(time.getTime() / 1000) > Math.floor(than.getTime() / 1000);
}
