/** ListObjects, ListObjectsV2, ListObjectVersions. */
import type { S3 } from '@aws-sdk/client-s3';
import type { HandlersOf } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import { invalidArgument } from '../errors.ts';
import type { LakeParts } from '../lake.ts';
import type { ObjectVersion } from '../objects/object.ts';
import { bucketOf, given, quoted } from './request.ts';

/** No page has more entries. */
const pageSizeMax = 1000;

export function createListingHandlers({ buckets, listing }: LakeParts) {
  return {
    async ListObjectsV2(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const limit = limitOf(input.MaxKeys);
      const encode = encoderOf(input.EncodingType);
      const token = input.ContinuationToken;
      const page = await listing.page(bucket, {
        prefix: input.Prefix,
        delimiter: given(input.Delimiter),
        after: token === undefined ? given(input.StartAfter) : decodeContinuation(token),
        limit,
      });
      const owner = input.FetchOwner === true ? ownerOf(bucket.accountId) : {};
      return {
        Name: bucket.name,
        Prefix: encode(input.Prefix ?? ''),
        Delimiter: input.Delimiter === undefined ? undefined : encode(input.Delimiter),
        MaxKeys: limit,
        KeyCount: page.objects.length + page.commonPrefixes.length,
        IsTruncated: page.next !== undefined,
        ContinuationToken: token,
        NextContinuationToken: page.next === undefined ? undefined : encodeToken([page.next]),
        StartAfter: input.StartAfter === undefined ? undefined : encode(input.StartAfter),
        EncodingType: input.EncodingType,
        Contents: page.objects.map(({ version }) => ({ ...describe(version, encode), ...owner })),
        CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      };
    },

    async ListObjects(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const limit = limitOf(input.MaxKeys);
      const encode = encoderOf(input.EncodingType);
      const delimiter = given(input.Delimiter);
      const page = await listing.page(bucket, { prefix: input.Prefix, delimiter, after: given(input.Marker), limit });
      return {
        Name: bucket.name,
        Prefix: encode(input.Prefix ?? ''),
        Marker: encode(input.Marker ?? ''),
        Delimiter: input.Delimiter === undefined ? undefined : encode(input.Delimiter),
        MaxKeys: limit,
        IsTruncated: page.next !== undefined,
        // Without a delimiter the last key is the marker, and S3 leaves it out.
        NextMarker: page.next !== undefined && delimiter !== undefined ? encode(page.next) : undefined,
        EncodingType: input.EncodingType,
        Contents: page.objects.map(({ version }) => ({ ...describe(version, encode), ...ownerOf(bucket.accountId) })),
        CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      };
    },

    async ListObjectVersions(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const limit = limitOf(input.MaxKeys);
      const encode = encoderOf(input.EncodingType);
      const after = given(input.KeyMarker);
      const afterVersionId = given(input.VersionIdMarker);
      if (afterVersionId !== undefined && after === undefined) {
        throw invalidArgument(
          'A version-id marker cannot be specified without a key marker.',
          'version-id-marker',
          afterVersionId,
        );
      }
      const page = await listing.versions(bucket, {
        prefix: input.Prefix,
        delimiter: given(input.Delimiter),
        after,
        afterVersionId,
        limit,
      });
      const entries = page.versions.map(({ version, isLatest }) => ({
        isMarker: version.isMarker,
        entry: {
          ...describe(version, encode),
          ...ownerOf(bucket.accountId),
          VersionId: version.versionId,
          IsLatest: isLatest,
        },
      }));
      return {
        Name: bucket.name,
        Prefix: encode(input.Prefix ?? ''),
        KeyMarker: encode(input.KeyMarker ?? ''),
        VersionIdMarker: input.VersionIdMarker ?? '',
        NextKeyMarker: page.next && encode(page.next.key),
        NextVersionIdMarker: page.next?.versionId,
        Delimiter: input.Delimiter === undefined ? undefined : encode(input.Delimiter),
        MaxKeys: limit,
        IsTruncated: page.next !== undefined,
        EncodingType: input.EncodingType,
        Versions: entries
          .filter(({ isMarker }) => !isMarker)
          .map(({ entry }) => entry as typeof entry & { StorageClass: 'STANDARD' }),
        DeleteMarkers: entries
          .filter(({ isMarker }) => isMarker)
          .map(({ entry: { Key, VersionId, IsLatest, LastModified, Owner } }) => ({
            Key,
            VersionId,
            IsLatest,
            LastModified,
            Owner,
          })),
        CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      };
    },
  } satisfies HandlersOf<S3>;
}

/** The canonical user id of an account: ours is the account id, made as long as AWS's. */
export function ownerOf(accountId: string) {
  return { Owner: { ID: accountId.padStart(64, '0'), DisplayName: accountId } };
}

function describe(version: ObjectVersion, encode: (text: string) => string) {
  const { checksum, storageClass } = version.attributes;
  return {
    Key: encode(version.key),
    LastModified: version.lastModified,
    ETag: quoted(version.etag),
    Size: version.sizeBytes,
    StorageClass: (storageClass ?? 'STANDARD') as 'STANDARD',
    ...(checksum && { ChecksumAlgorithm: [checksum.algorithm as 'CRC32'], ChecksumType: checksum.type }),
  };
}

function limitOf(maxKeys: number | undefined): number {
  if (maxKeys !== undefined && maxKeys < 0) {
    throw invalidArgument(
      `Argument maxKeys must be an integer between 0 and 2147483647, not ${maxKeys}.`,
      'max-keys',
      String(maxKeys),
    );
  }
  return Math.min(maxKeys ?? pageSizeMax, pageSizeMax);
}

/** XML cannot carry every character; with `encoding-type=url` keys travel percent-encoded, slashes excepted. */
function encoderOf(type: string | undefined): (text: string) => string {
  if (type === undefined) return (text) => text;
  if (type !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request.', 'encoding-type', type);
  return (text) =>
    encodeURIComponent(text)
      .replaceAll('%2F', '/')
      .replaceAll(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%20', '+');
}

function decodeContinuation(token: string): string {
  const [key] = decodeToken(token, 'InvalidArgument');
  if (typeof key !== 'string')
    throw invalidArgument('The continuation token provided is incorrect.', 'continuation-token', token);
  return key;
}
