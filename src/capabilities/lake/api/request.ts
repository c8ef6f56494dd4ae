/** What every operation reads from a request: the bucket, who asks, and how values are spelled on the wire. */
import type { RequestContext } from '#gateway';
import type { Bucket } from '../buckets/bucket.ts';
import type { Buckets } from '../buckets/buckets.ts';
import { nullVersionId, type ObjectVersion, type Origin } from '../objects/object.ts';

interface BucketInput {
  readonly Bucket?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** @throws NoSuchBucket, AccessDenied */
export function bucketOf(buckets: Buckets, input: BucketInput, context: RequestContext): Bucket {
  return buckets.get(input.Bucket ?? '', context.accountId, input.ExpectedBucketOwner);
}

export function originOf(context: RequestContext): Origin {
  const { requestId, accountId: requester, sourceIp, headers } = context;
  return { requestId, requester, sourceIp, traceHeader: headers['x-amzn-trace-id'] };
}

export const quoted = (etag: string): string => `"${etag}"`;

/** A bucket that never kept versions does not speak of them. */
export function versionIdOf(bucket: Bucket, version: Pick<ObjectVersion, 'versionId'>): string | undefined {
  if (bucket.versioning === undefined && version.versionId === nullVersionId) return undefined;
  return version.versionId;
}

/** An empty parameter is the same as none. */
export const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
