/** `x-amz-copy-source`: `bucket/key` or `/bucket/key`, percent-encoded, with `?versionId=` behind it. */
import type { ReadConditions } from '../content/conditions.ts';
import { invalidArgument } from '../errors.ts';

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

/** @throws InvalidArgument */
export function parseCopySource(text: string | undefined): CopySource {
  const match = /^\/?([^/?]+)\/(.+?)(?:\?versionId=(.*))?$/s.exec(text ?? '');
  const bad = invalidArgument(
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey.',
    'x-amz-copy-source',
    text,
  );
  if (match === null) throw bad;
  const [, bucket = '', key = '', versionId] = match;
  try {
    return {
      bucket: decodeURIComponent(bucket),
      key: decodeURIComponent(key.replaceAll('+', '%2B')),
      versionId: versionId === undefined || versionId === '' ? undefined : versionId,
    };
  } catch {
    throw bad;
  }
}

interface CopyConditionInput {
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
}

/** The conditions on the source. */
export function copyConditionsOf(input: CopyConditionInput): ReadConditions {
  return {
    ifMatch: input.CopySourceIfMatch,
    ifNoneMatch: input.CopySourceIfNoneMatch,
    ifModifiedSince: input.CopySourceIfModifiedSince,
    ifUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  };
}
