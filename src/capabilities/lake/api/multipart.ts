/** Multipart uploads: Create, UploadPart, UploadPartCopy, Complete, Abort, ListParts, ListMultipartUploads. */
import type { S3 } from '@aws-sdk/client-s3';
import type { HandlersOf, RequestContext } from '#gateway';
import {
  assertChecksumType,
  checksumAlgorithms,
  defaultChecksumType,
  parseChecksumAlgorithm,
  type ChecksumAlgorithm,
  type ChecksumType,
} from '../content/checksum.ts';
import { assertCopyConditions } from '../content/conditions.ts';
import { invalidArgument, invalidRequest } from '../errors.ts';
import type { LakeParts } from '../lake.ts';
import { commonPrefixOf } from '../objects/listing.ts';
import { assertPartNumber, type Upload, type UploadedPart } from '../uploads/upload.ts';
import { describeChecksum, describeEncryption, readAttributes } from './attributes.ts';
import { copyConditionsOf, parseCopySource } from './copy-source.ts';
import { ownerOf } from './listing.ts';
import { bucketOf, given, originOf, quoted, versionIdOf } from './request.ts';
import { receiveBody } from './upload-body.ts';

const pageSizeMax = 1000;

interface UploadInput {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly UploadId?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

export function createMultipartHandlers({ shelf, buckets, objects, uploads }: LakeParts) {
  return {
    async CreateMultipartUpload(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const attributes = readAttributes(input, buckets, bucket.name);
      const checksumAlgorithm = parseChecksumAlgorithm(input.ChecksumAlgorithm);
      const checksumType = checksumTypeOf(checksumAlgorithm, input.ChecksumType);
      const upload = await uploads.start({
        bucket: bucket.name,
        key: input.Key ?? '',
        attributes,
        checksumAlgorithm,
        checksumType,
      });
      return {
        Bucket: bucket.name,
        Key: upload.key,
        UploadId: upload.id,
        ChecksumAlgorithm: checksumAlgorithm,
        ChecksumType: checksumType,
        ...describeEncryption(attributes.encryption),
      };
    },

    async UploadPart(input, context) {
      const upload = uploadOf(input, context);
      const number = assertPartNumber(input.PartNumber);
      const { staged, checksum } = await receiveBody(shelf, input, context, upload.checksumAlgorithm);
      if (upload.checksumAlgorithm && checksum && checksum.algorithm !== upload.checksumAlgorithm) {
        staged.discard();
        throw invalidRequest(
          `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksumAlgorithm.toLowerCase()}, actual checksum Type: ${checksum.algorithm.toLowerCase()}.`,
        );
      }
      const part = await uploads.putPart(upload, number, staged);
      return {
        ETag: quoted(part.etag),
        ...(checksum && { [`Checksum${checksum.algorithm}`]: checksum.value }),
        ...describeEncryption(upload.attributes.encryption),
      };
    },

    async UploadPartCopy(input, context) {
      const upload = uploadOf(input, context);
      const number = assertPartNumber(input.PartNumber);
      const from = parseCopySource(input.CopySource);
      const sourceBucket = buckets.get(from.bucket, context.accountId, input.ExpectedSourceBucketOwner);
      const { found, body } = await objects.open(
        sourceBucket,
        from.key,
        (version) => {
          assertCopyConditions(copyConditionsOf(input), version);
          return copyRangeOf(input.CopySourceRange, version.sizeBytes);
        },
        { versionId: from.versionId },
      );
      const { checksumAlgorithm: algorithm } = upload;
      const staged = await shelf.staging.write(shelf.store.nextId(), body, {
        algorithms: algorithm ? [algorithm] : [],
      });
      const part = await uploads.putPart(upload, number, staged);
      return {
        CopyPartResult: { ETag: quoted(part.etag), LastModified: part.lastModified, ...checksumMembers(part) },
        CopySourceVersionId: versionIdOf(sourceBucket, found.version),
      };
    },

    async CompleteMultipartUpload(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const upload = uploadOf(input, context);
      if (input.ChecksumType !== undefined && input.ChecksumType !== upload.checksumType) {
        throw invalidRequest(
          `The upload was started with the checksum type ${upload.checksumType}, not ${input.ChecksumType}.`,
        );
      }
      const version = await uploads.complete({
        bucket,
        upload,
        parts: (input.MultipartUpload?.Parts ?? []).map((part) => ({
          number: part.PartNumber ?? 0,
          etag: part.ETag ?? '',
          checksums: checksumsIn(part),
        })),
        checksums: checksumsIn(input),
        sizeBytes: input.MpuObjectSize,
        conditions: { ifMatch: input.IfMatch, ifNoneMatch: input.IfNoneMatch },
        origin: originOf(context),
      });
      return {
        Location: `${context.endpoint}/${bucket.name}/${upload.key.split('/').map(encodeURIComponent).join('/')}`,
        Bucket: bucket.name,
        Key: upload.key,
        ETag: quoted(version.etag),
        VersionId: versionIdOf(bucket, version),
        ...describeChecksum(version.attributes.checksum),
        ...describeEncryption(version.attributes.encryption),
      };
    },

    async AbortMultipartUpload(input, context) {
      await uploads.abort(uploadOf(input, context));
      return {};
    },

    ListParts(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const upload = uploadOf(input, context);
      const after = Number(input.PartNumberMarker ?? 0);
      const limit = Math.min(input.MaxParts ?? pageSizeMax, pageSizeMax);
      const rest = uploads.listParts(upload).filter((part) => part.number > after);
      const page = rest.slice(0, limit);
      const isTruncated = rest.length > page.length;
      return {
        Bucket: bucket.name,
        Key: upload.key,
        UploadId: upload.id,
        PartNumberMarker: String(after),
        NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
        MaxParts: limit,
        IsTruncated: isTruncated,
        Parts: page.map((part) => ({
          PartNumber: part.number,
          LastModified: part.lastModified,
          ETag: quoted(part.etag),
          Size: part.sizeBytes,
          ...checksumMembers(part),
        })),
        Initiator: ownerOf(bucket.accountId).Owner,
        ...ownerOf(bucket.accountId),
        StorageClass: (upload.attributes.storageClass ?? 'STANDARD') as 'STANDARD',
        ChecksumAlgorithm: upload.checksumAlgorithm,
        ChecksumType: upload.checksumType,
      };
    },

    ListMultipartUploads(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const prefix = input.Prefix ?? '';
      const limit = Math.min(input.MaxUploads ?? pageSizeMax, pageSizeMax);
      const delimiter = given(input.Delimiter);
      const marker = input.KeyMarker ?? '';
      // Without an upload id the marker's own key is behind us; "~" is above every hexadecimal id.
      const after = uploads.listAfter(bucket, marker, given(input.UploadIdMarker) ?? '~');
      const page = pageOfUploads(
        after.filter((upload) => upload.key.startsWith(prefix)),
        { prefix, delimiter, limit, marker },
      );
      return {
        Bucket: bucket.name,
        KeyMarker: marker,
        UploadIdMarker: input.UploadIdMarker ?? '',
        NextKeyMarker: page.next?.key,
        NextUploadIdMarker: page.next?.id,
        Prefix: prefix,
        Delimiter: input.Delimiter,
        MaxUploads: limit,
        IsTruncated: page.next !== undefined,
        EncodingType: input.EncodingType,
        Uploads: page.uploads.map((upload) => ({
          UploadId: upload.id,
          Key: input.EncodingType === 'url' ? encodeURIComponent(upload.key).replaceAll('%2F', '/') : upload.key,
          Initiated: upload.initiatedAt,
          StorageClass: (upload.attributes.storageClass ?? 'STANDARD') as 'STANDARD',
          Initiator: ownerOf(bucket.accountId).Owner,
          ...ownerOf(bucket.accountId),
          ChecksumAlgorithm: upload.checksumAlgorithm,
          ChecksumType: upload.checksumType,
        })),
        CommonPrefixes: page.commonPrefixes.map((Prefix) => ({ Prefix })),
      };
    },
  } satisfies HandlersOf<S3>;

  function uploadOf(input: UploadInput, context: RequestContext): Upload {
    return uploads.get(bucketOf(buckets, input, context), input.Key ?? '', input.UploadId ?? '');
  }
}

interface UploadPage {
  readonly uploads: Upload[];
  readonly commonPrefixes: string[];
  readonly next: { key: string; id?: string } | undefined;
}

function pageOfUploads(
  all: readonly Upload[],
  options: { prefix: string; delimiter: string | undefined; limit: number; marker: string },
): UploadPage {
  const uploads: Upload[] = [];
  const commonPrefixes: string[] = [];
  let last: UploadPage['next'];
  for (const upload of all) {
    const common = commonPrefixOf(upload.key, options.prefix, options.delimiter);
    if (common !== undefined && (common === commonPrefixes.at(-1) || common === options.marker)) continue;
    if (uploads.length + commonPrefixes.length >= options.limit) return { uploads, commonPrefixes, next: last };
    if (common === undefined) uploads.push(upload);
    else commonPrefixes.push(common);
    last = common === undefined ? { key: upload.key, id: upload.id } : { key: common };
  }
  return { uploads, commonPrefixes, next: undefined };
}

function checksumTypeOf(algorithm: ChecksumAlgorithm | undefined, text: string | undefined): ChecksumType | undefined {
  if (algorithm === undefined) {
    if (text !== undefined)
      throw invalidRequest('The x-amz-checksum-type header needs x-amz-checksum-algorithm beside it.');
    return undefined;
  }
  const type = (text ?? defaultChecksumType(algorithm)) as ChecksumType;
  assertChecksumType(algorithm, type);
  return type;
}

function checksumsIn(input: object): Partial<Record<ChecksumAlgorithm, string>> {
  const values = input as Readonly<Record<string, string | undefined>>;
  return Object.fromEntries(
    checksumAlgorithms.flatMap((algorithm) => {
      const value = values[`Checksum${algorithm}`];
      return value === undefined ? [] : [[algorithm, value]];
    }),
  );
}

function checksumMembers(part: UploadedPart) {
  return Object.fromEntries(
    Object.entries(part.checksums).map(([algorithm, value]) => [`Checksum${algorithm}`, value]),
  );
}

/** Unlike a Range header this one must be exact. @throws InvalidArgument */
function copyRangeOf(text: string | undefined, sizeBytes: number) {
  if (text === undefined) return { start: 0, end: sizeBytes };
  const match = /^bytes=(\d+)-(\d+)$/.exec(text);
  const [start, end] = [Number(match?.[1]), Number(match?.[2]) + 1];
  if (match === null || end <= start || end > sizeBytes) {
    throw invalidArgument(
      `The x-amz-copy-source-range '${text}' must be bytes=first-last within the ${sizeBytes} bytes of the source.`,
      'x-amz-copy-source-range',
      text,
    );
  }
  return { start, end };
}
