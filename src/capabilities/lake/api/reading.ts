/** GetObject, HeadObject, GetObjectAttributes. */
import type { S3 } from '@aws-sdk/client-s3';
import type { HandlersOf } from '#gateway';
import type { Bucket } from '../buckets/bucket.ts';
import { formatContentRange, parseRange, type ByteRange } from '../content/range.ts';
import { invalidArgument, invalidRange, invalidRequest } from '../errors.ts';
import type { LakeParts } from '../lake.ts';
import type { ObjectAttributes, ObjectVersion } from '../objects/object.ts';
import type { GetOptions } from '../objects/objects.ts';
import { describeAttributes, describeChecksum } from './attributes.ts';
import { bucketOf, given, quoted, versionIdOf } from './request.ts';

interface ReadInput {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
  readonly Range?: string | undefined;
  readonly PartNumber?: number | undefined;
  readonly ChecksumMode?: string | undefined;
  readonly ResponseCacheControl?: string | undefined;
  readonly ResponseContentDisposition?: string | undefined;
  readonly ResponseContentEncoding?: string | undefined;
  readonly ResponseContentLanguage?: string | undefined;
  readonly ResponseContentType?: string | undefined;
  readonly ResponseExpires?: Date | undefined;
}

export function createReadingHandlers({ buckets, objects }: LakeParts) {
  return {
    async GetObject(input, context) {
      const bucket = bucketOf(buckets, input, context);
      let part: ReadPart | undefined;
      const { found, body } = await objects.open(
        bucket,
        input.Key ?? '',
        (version) => {
          part = partOf(input, version);
          return part?.range ?? { start: 0, end: version.sizeBytes };
        },
        getOptions(input, 'GET'),
      );
      return { ...describe(input, bucket, found.version, part), Body: body as never };
    },

    async HeadObject(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const { version } = await objects.get(bucket, input.Key ?? '', getOptions(input, 'HEAD'));
      return describe(input, bucket, version, partOf(input, version));
    },

    async GetObjectAttributes(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const { version } = await objects.get(bucket, input.Key ?? '', { versionId: given(input.VersionId) });
      const wanted = input.ObjectAttributes ?? [];
      if (wanted.length === 0)
        throw invalidArgument('At least one attribute must be asked for.', 'x-amz-object-attributes');
      const { checksum } = version.attributes;
      return {
        LastModified: version.lastModified,
        VersionId: versionIdOf(bucket, version),
        ETag: wanted.includes('ETag') ? version.etag : undefined,
        ObjectSize: wanted.includes('ObjectSize') ? version.sizeBytes : undefined,
        StorageClass: wanted.includes('StorageClass')
          ? ((version.attributes.storageClass ?? 'STANDARD') as 'STANDARD')
          : undefined,
        Checksum: wanted.includes('Checksum') && checksum ? describeChecksum(checksum) : undefined,
        ObjectParts: wanted.includes('ObjectParts')
          ? describeParts(version, input.PartNumberMarker, input.MaxParts)
          : undefined,
      };
    },
  } satisfies HandlersOf<S3>;
}

interface ReadPart {
  readonly range: ByteRange;
}

function getOptions(input: ReadInput, method: string): GetOptions {
  return {
    versionId: given(input.VersionId),
    method,
    conditions: {
      ifMatch: input.IfMatch,
      ifNoneMatch: input.IfNoneMatch,
      ifModifiedSince: input.IfModifiedSince,
      ifUnmodifiedSince: input.IfUnmodifiedSince,
    },
  };
}

function describe(input: ReadInput, bucket: Bucket, version: ObjectVersion, part: ReadPart | undefined) {
  return {
    AcceptRanges: 'bytes',
    ContentLength: part ? part.range.end - part.range.start : version.sizeBytes,
    ContentRange: part && formatContentRange(part.range, version.sizeBytes),
    ETag: quoted(version.etag),
    LastModified: version.lastModified,
    VersionId: versionIdOf(bucket, version),
    PartsCount: input.PartNumber === undefined ? undefined : version.attributes.parts?.length,
    ...describeAttributes(version.attributes),
    ...overrides(input, version.attributes),
    ...(input.ChecksumMode === 'ENABLED' && part === undefined && describeChecksum(version.attributes.checksum)),
  };
}

/** The part of the object that is asked for; undefined for all of it. */
function partOf(input: ReadInput, version: ObjectVersion): ReadPart | undefined {
  const { PartNumber: number, Range: text } = input;
  if (number === undefined) {
    const range = parseRange(text, version.sizeBytes);
    return range && { range };
  }
  if (text !== undefined) throw invalidRequest('Cannot specify both Range header and partNumber query parameter.');
  const parts = version.attributes.parts ?? [{ number: 1, sizeBytes: version.sizeBytes }];
  const index = parts.findIndex((part) => part.number === number);
  const part = parts[index];
  if (part === undefined) throw invalidRange(`part ${number}`, version.sizeBytes);
  if (version.sizeBytes === 0) return undefined;
  const start = parts.slice(0, index).reduce((sum, before) => sum + before.sizeBytes, 0);
  return { range: { start, end: start + part.sizeBytes } };
}

function overrides(input: ReadInput, attributes: ObjectAttributes) {
  return {
    ...(input.ResponseCacheControl !== undefined && { CacheControl: input.ResponseCacheControl }),
    ...(input.ResponseContentDisposition !== undefined && { ContentDisposition: input.ResponseContentDisposition }),
    ...(input.ResponseContentEncoding !== undefined && { ContentEncoding: input.ResponseContentEncoding }),
    ...(input.ResponseContentLanguage !== undefined && { ContentLanguage: input.ResponseContentLanguage }),
    ContentType: input.ResponseContentType ?? attributes.contentType,
    ...(input.ResponseExpires !== undefined && { Expires: input.ResponseExpires }),
  };
}

function describeParts(version: ObjectVersion, marker: string | number | undefined, maxParts: number | undefined) {
  const { parts, checksum } = version.attributes;
  if (parts === undefined) return undefined;
  const after = Number(marker ?? 0);
  const limit = Math.min(maxParts ?? 1000, 1000);
  const rest = parts.filter((part) => part.number > after);
  const page = rest.slice(0, limit);
  const isTruncated = rest.length > page.length;
  return {
    TotalPartsCount: parts.length,
    PartNumberMarker: String(after),
    NextPartNumberMarker: isTruncated ? String(page.at(-1)?.number ?? after) : undefined,
    MaxParts: limit,
    IsTruncated: isTruncated,
    // As S3 does, the parts themselves are listed only where they have checksums of their own.
    Parts: page
      .filter((part) => part.checksum !== undefined)
      .map((part) => ({
        PartNumber: part.number,
        Size: part.sizeBytes,
        [`Checksum${checksum?.algorithm}`]: part.checksum,
      })),
  };
}
