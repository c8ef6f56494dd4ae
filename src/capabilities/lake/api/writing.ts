/** PutObject, CopyObject, DeleteObject, DeleteObjects. */
import type { S3 } from '@aws-sdk/client-s3';
import type { HandlersOf } from '#gateway';
import { PlatformError, isPlatformError } from '#kernel/errors';
import { parseChecksumAlgorithm, type Checksum } from '../content/checksum.ts';
import { assertCopyConditions } from '../content/conditions.ts';
import { parseTagging } from '../content/tags.ts';
import { entityTooLarge, invalidRequest, malformedXml } from '../errors.ts';
import type { LakeParts } from '../lake.ts';
import type { ObjectAttributes } from '../objects/object.ts';
import type { StoredObject } from '../objects/shelf.ts';
import { describeChecksum, describeEncryption, readAttributes } from './attributes.ts';
import { copyConditionsOf, parseCopySource, type CopySource } from './copy-source.ts';
import { bucketOf, given, originOf, quoted, versionIdOf } from './request.ts';
import { putBytesMax, receiveBody } from './upload-body.ts';

/** Deletions of one request that run side by side. */
const deletionsAtOnce = 64;

export function createWritingHandlers({ shelf, buckets, objects, deletions }: LakeParts) {
  return {
    async PutObject(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const key = input.Key ?? '';
      objects.assertKey(key);
      if (input.WriteOffsetBytes !== undefined) throw invalidRequest('Appending is offered by directory buckets only.');
      const attributes = readAttributes(input, buckets, bucket.name);
      const { staged, checksum } = await receiveBody(shelf, input, context);
      const version = await objects.write({
        bucket,
        key,
        staged,
        attributes: { ...attributes, ...(checksum && { checksum }) },
        conditions: { ifMatch: input.IfMatch, ifNoneMatch: input.IfNoneMatch },
        reason: 'PutObject',
        origin: originOf(context),
      });
      return {
        ETag: quoted(version.etag),
        VersionId: versionIdOf(bucket, version),
        ...describeChecksum(checksum),
        ...describeEncryption(attributes.encryption),
      };
    },

    async CopyObject(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const key = input.Key ?? '';
      objects.assertKey(key);
      const from = parseCopySource(input.CopySource);
      const sourceBucket = buckets.get(from.bucket, context.accountId, input.ExpectedSourceBucketOwner);
      assertCopyChanges(input, from);
      const asked = readAttributes(input, buckets, bucket.name);
      const askedAlgorithm = parseChecksumAlgorithm(input.ChecksumAlgorithm);
      const { found: source, body } = await objects.open(
        sourceBucket,
        from.key,
        ({ etag, lastModified, sizeBytes }) => {
          assertCopyConditions(copyConditionsOf(input), { etag, lastModified });
          if (sizeBytes > putBytesMax) throw entityTooLarge(sizeBytes, putBytesMax);
          return { start: 0, end: sizeBytes };
        },
        { versionId: from.versionId },
      );
      const algorithm = askedAlgorithm ?? source.version.attributes.checksum?.algorithm;
      const staged = await shelf.staging.write(shelf.store.nextId(), body, {
        algorithms: algorithm ? [algorithm] : [],
      });
      const value = algorithm && staged.checksums[algorithm];
      const checksum: Checksum | undefined = algorithm && value ? { algorithm, value, type: 'FULL_OBJECT' } : undefined;
      const attributes = copiedAttributes(input, source, asked);
      const version = await objects.write({
        bucket,
        key,
        staged,
        attributes: { ...attributes, ...(checksum && { checksum }) },
        conditions: { ifMatch: input.IfMatch, ifNoneMatch: input.IfNoneMatch },
        reason: 'CopyObject',
        origin: originOf(context),
      });
      return {
        CopyObjectResult: {
          ETag: quoted(version.etag),
          LastModified: version.lastModified,
          ...describeChecksum(checksum),
        },
        CopySourceVersionId: versionIdOf(sourceBucket, source.version),
        VersionId: versionIdOf(bucket, version),
        ...describeEncryption(attributes.encryption),
      };
    },

    async DeleteObject(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const { isMarker, versionId } = await deletions.delete({
        bucket,
        key: input.Key ?? '',
        versionId: given(input.VersionId),
        ifMatch: input.IfMatch,
        reason: 'DeleteObject',
        origin: originOf(context),
      });
      return { DeleteMarker: isMarker ? true : undefined, VersionId: versionId };
    },

    async DeleteObjects(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const wanted = input.Delete?.Objects ?? [];
      if (wanted.length === 0 || wanted.length > 1000) {
        throw malformedXml(`DeleteObjects takes 1 to 1000 keys, not ${wanted.length}.`);
      }
      const isQuiet = input.Delete?.Quiet ?? false;
      const deleteOne = async ({ Key: key = '', VersionId, ETag }: (typeof wanted)[number]) => {
        const versionId = given(VersionId);
        try {
          const result = await deletions.delete({
            bucket,
            key,
            versionId,
            ifMatch: ETag,
            reason: 'DeleteObjects',
            origin: originOf(context),
          });
          const marker = { DeleteMarker: true, DeleteMarkerVersionId: result.versionId };
          return { deleted: { Key: key, VersionId: versionId, ...(result.isMarker && marker) } };
        } catch (error) {
          const known = isPlatformError(error)
            ? error
            : new PlatformError('internal', 'InternalError', 'We encountered an internal error. Please try again.', {
                cause: error,
              });
          return { failed: { Key: key, VersionId: versionId, Code: known.code, Message: known.message } };
        }
      };
      const outcomes: Awaited<ReturnType<typeof deleteOne>>[] = [];
      for (let start = 0; start < wanted.length; start += deletionsAtOnce) {
        outcomes.push(...(await Promise.all(wanted.slice(start, start + deletionsAtOnce).map(deleteOne))));
      }
      return {
        Deleted: isQuiet ? [] : outcomes.flatMap(({ deleted }) => deleted ?? []),
        Errors: outcomes.flatMap(({ failed }) => failed ?? []),
      };
    },
  } satisfies HandlersOf<S3>;
}

interface CopyInput {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly MetadataDirective?: string | undefined;
  readonly TaggingDirective?: string | undefined;
  readonly Tagging?: string | undefined;
  readonly StorageClass?: string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly ChecksumAlgorithm?: string | undefined;
}

/** @throws InvalidRequest for a copy in place that would change nothing */
function assertCopyChanges(input: CopyInput, from: CopySource): void {
  const isInPlace = from.bucket === input.Bucket && from.key === input.Key && from.versionId === undefined;
  const changes = [
    input.StorageClass,
    input.WebsiteRedirectLocation,
    input.ServerSideEncryption,
    input.ChecksumAlgorithm,
  ];
  const isReplaced = input.MetadataDirective === 'REPLACE' || input.TaggingDirective === 'REPLACE';
  if (!isInPlace || isReplaced || changes.some((change) => change !== undefined)) return;
  throw invalidRequest(
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

function copiedAttributes(input: CopyInput, source: StoredObject, asked: ObjectAttributes): ObjectAttributes {
  const {
    storageClass: _,
    encryption: __,
    redirectLocation: ___,
    checksum: ____,
    parts: _____,
    tags,
    ...rest
  } = source.version.attributes;
  const base: ObjectAttributes = input.MetadataDirective === 'REPLACE' ? asked : { ...rest };
  const kept = input.TaggingDirective === 'REPLACE' ? parseTagging(input.Tagging) : tags;
  const { tags: _tags, ...untagged } = base;
  return {
    ...untagged,
    ...(kept && { tags: kept }),
    ...(asked.storageClass !== undefined && { storageClass: asked.storageClass }),
    ...(asked.encryption && { encryption: asked.encryption }),
    ...(asked.redirectLocation !== undefined && { redirectLocation: asked.redirectLocation }),
  };
}
