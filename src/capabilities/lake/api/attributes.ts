/** Attributes of objects between their headers and their record. */
import { PlatformError } from '#kernel/errors';
import type { Buckets } from '../buckets/buckets.ts';
import { defaultContentType } from '../content/content-type.ts';
import { parseTagging } from '../content/tags.ts';
import { aclNotSupported, invalidArgument, notImplemented } from '../errors.ts';
import type { Checksum } from '../content/checksum.ts';
import type { Encryption, ObjectAttributes } from '../objects/object.ts';

/** The members that PutObject, CopyObject and CreateMultipartUpload have in common. */
export interface AttributeInput {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Expires?: Date | undefined;
  readonly Metadata?: Record<string, string> | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly StorageClass?: string | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
  readonly Tagging?: string | undefined;
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}

const metadataBytesMax = 2048;
const storageClasses = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
];

interface EncryptionRules {
  readonly Rules?: readonly {
    readonly ApplyServerSideEncryptionByDefault?: { readonly SSEAlgorithm?: string; readonly KMSMasterKeyID?: string };
    readonly BucketKeyEnabled?: boolean;
  }[];
}

/** @throws InvalidTag, MetadataTooLarge, InvalidStorageClass, AccessControlListNotSupported, NotImplemented */
export function readAttributes(input: AttributeInput, buckets: Buckets, bucket: string): ObjectAttributes {
  if (input.ObjectLockMode ?? input.ObjectLockRetainUntilDate ?? input.ObjectLockLegalHoldStatus) {
    throw notImplemented('object lock');
  }
  if (input.SSECustomerAlgorithm !== undefined) throw notImplemented('encryption with keys of the client (SSE-C)');
  assertAcl(input, buckets, bucket);
  const metadata = readMetadata(input.Metadata);
  const tags = parseTagging(input.Tagging);
  const encryption = readEncryption(input) ?? defaultEncryption(buckets, bucket);
  const { StorageClass: storageClass } = input;
  if (storageClass !== undefined && !storageClasses.includes(storageClass)) {
    throw new PlatformError('invalid', 'InvalidStorageClass', `The storage class '${storageClass}' is not valid here.`);
  }
  return {
    contentType: input.ContentType ?? defaultContentType,
    ...(input.CacheControl !== undefined && { cacheControl: input.CacheControl }),
    ...(input.ContentDisposition !== undefined && { contentDisposition: input.ContentDisposition }),
    ...contentEncodingOf(input.ContentEncoding),
    ...(input.ContentLanguage !== undefined && { contentLanguage: input.ContentLanguage }),
    ...(input.Expires !== undefined && { expires: input.Expires.toISOString() }),
    ...(input.WebsiteRedirectLocation !== undefined && { redirectLocation: input.WebsiteRedirectLocation }),
    ...(metadata && { metadata }),
    ...(tags && { tags }),
    ...(storageClass !== undefined && storageClass !== 'STANDARD' && { storageClass }),
    ...(encryption && { encryption }),
  };
}

/** The headers of GET and HEAD. */
export function describeAttributes(attributes: ObjectAttributes) {
  const { expires, storageClass, tags } = attributes;
  const tagCount = Object.keys(tags ?? {}).length;
  return {
    ContentType: attributes.contentType,
    CacheControl: attributes.cacheControl,
    ContentDisposition: attributes.contentDisposition,
    ContentEncoding: attributes.contentEncoding,
    ContentLanguage: attributes.contentLanguage,
    Expires: expires === undefined ? undefined : new Date(expires),
    WebsiteRedirectLocation: attributes.redirectLocation,
    Metadata: attributes.metadata === undefined ? undefined : { ...attributes.metadata },
    StorageClass: storageClass as 'STANDARD_IA' | undefined,
    TagCount: tagCount === 0 ? undefined : tagCount,
    ...describeEncryption(attributes.encryption),
  };
}

// Differs from AWS: encryption is recorded and echoed, not done; encrypt the disk. Only what was asked for is echoed.
export function describeEncryption(encryption: Encryption | undefined) {
  if (encryption === undefined) return {};
  return {
    ServerSideEncryption: encryption.algorithm as 'AES256',
    SSEKMSKeyId: encryption.kmsKeyId,
    BucketKeyEnabled: encryption.isBucketKeyEnabled,
  };
}

/** `ChecksumCRC32` and its like, with the type. */
export function describeChecksum(checksum: Checksum | undefined) {
  if (checksum === undefined) return {};
  return { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type };
}

function readMetadata(metadata: Record<string, string> | undefined): Record<string, string> | undefined {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  if (entries.length === 0) return undefined;
  const sizeBytes = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (sizeBytes > metadataBytesMax) {
    throw new PlatformError(
      'invalid',
      'MetadataTooLarge',
      `The metadata headers have ${sizeBytes} bytes; at most ${metadataBytesMax} are allowed.`,
      {
        details: { Size: sizeBytes, MaxSizeAllowed: metadataBytesMax },
      },
    );
  }
  return Object.fromEntries(entries);
}

function readEncryption(input: AttributeInput): Encryption | undefined {
  const { ServerSideEncryption: algorithm, SSEKMSKeyId: kmsKeyId, BucketKeyEnabled: isBucketKeyEnabled } = input;
  if (algorithm === undefined) {
    if (kmsKeyId !== undefined)
      throw invalidArgument('A KMS key needs the header x-amz-server-side-encryption: aws:kms.');
    return undefined;
  }
  if (!['AES256', 'aws:kms', 'aws:kms:dsse'].includes(algorithm)) {
    throw invalidArgument(
      `The encryption method '${algorithm}' is not supported.`,
      'x-amz-server-side-encryption',
      algorithm,
    );
  }
  return {
    algorithm,
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    ...(isBucketKeyEnabled !== undefined && { isBucketKeyEnabled }),
  };
}

function defaultEncryption(buckets: Buckets, bucket: string): Encryption | undefined {
  const rule = buckets.findConfiguration<EncryptionRules>(bucket, 'encryption')?.Rules?.[0];
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: kmsKeyId } = rule?.ApplyServerSideEncryptionByDefault ?? {};
  if (algorithm === undefined) return undefined;
  return {
    algorithm,
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    ...(rule?.BucketKeyEnabled && { isBucketKeyEnabled: true }),
  };
}

/** `aws-chunked` is how the body travelled, not what the object is. */
function contentEncodingOf(text: string | undefined): { contentEncoding?: string } {
  const encodings = (text ?? '')
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'aws-chunked');
  return encodings.length === 0 ? {} : { contentEncoding: encodings.join(',') };
}

/** @throws AccessControlListNotSupported for what would give rights away while the bucket's owner is enforced */
export function assertAcl(
  input: AttributeInput & { GrantWrite?: string | undefined },
  buckets: Buckets,
  bucket: string,
): void {
  const hasGrants = [
    input.GrantFullControl,
    input.GrantRead,
    input.GrantReadACP,
    input.GrantWriteACP,
    input.GrantWrite,
  ].some((grant) => grant !== undefined);
  const isHarmless = input.ACL === undefined || ['private', 'bucket-owner-full-control'].includes(input.ACL);
  if (isHarmless && !hasGrants) return;
  const ownership = buckets.findConfiguration<{ Rules?: { ObjectOwnership?: string }[] }>(bucket, 'ownershipControls');
  if (['ObjectWriter', 'BucketOwnerPreferred'].includes(ownership?.Rules?.[0]?.ObjectOwnership ?? '')) {
    throw notImplemented('access control lists that give rights to others');
  }
  throw aclNotSupported();
}
