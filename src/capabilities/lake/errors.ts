/** The errors of S3, each naming the value and what to do. Codes as in the S3 API reference, "Error responses". */
import { PlatformError } from '#kernel/errors';

export const noSuchBucket = (bucket: string): PlatformError =>
  new PlatformError('absent', 'NoSuchBucket', `The bucket '${bucket}' does not exist. Create it first.`, {
    details: { BucketName: bucket },
  });

export const noSuchKey = (bucket: string, key: string): PlatformError =>
  new PlatformError('absent', 'NoSuchKey', `There is no object '${key}' in bucket '${bucket}'.`, {
    details: { Key: key },
  });

export const noSuchVersion = (key: string, versionId: string): PlatformError =>
  new PlatformError('absent', 'NoSuchVersion', `Object '${key}' has no version '${versionId}'.`, {
    details: { Key: key, VersionId: versionId },
  });

export const noSuchUpload = (uploadId: string): PlatformError =>
  new PlatformError(
    'absent',
    'NoSuchUpload',
    `There is no multipart upload '${uploadId}' for this key. It may have been completed or aborted.`,
    { details: { UploadId: uploadId } },
  );

/** A bucket's configuration that was never put; every kind has its own code. */
export const noSuchConfiguration = (code: string, bucket: string, what: string): PlatformError =>
  new PlatformError('absent', code, `Bucket '${bucket}' has no ${what}.`, { details: { BucketName: bucket } });

export const bucketNotEmpty = (bucket: string, found: string): PlatformError =>
  new PlatformError('conflict', 'BucketNotEmpty', `The bucket '${bucket}' is not empty: it holds ${found}.`, {
    details: { BucketName: bucket },
  });

export const bucketPolicyExists = (bucket: string): PlatformError =>
  new PlatformError('conflict', 'AlreadyExists', `The bucket policy already exists on bucket ${bucket}.`, {
    details: { BucketName: bucket },
  });

export const bucketAlreadyExists = (bucket: string): PlatformError =>
  new PlatformError(
    'conflict',
    'BucketAlreadyExists',
    `The bucket name '${bucket}' is taken by another account. Choose another name.`,
    { details: { BucketName: bucket } },
  );

export const bucketAlreadyOwnedByYou = (bucket: string): PlatformError =>
  new PlatformError('conflict', 'BucketAlreadyOwnedByYou', `You own the bucket '${bucket}' already.`, {
    details: { BucketName: bucket },
  });

export const invalidBucketName = (bucket: string, rule: string): PlatformError =>
  new PlatformError('invalid', 'InvalidBucketName', `'${bucket}' is not a bucket name: ${rule}.`, {
    details: { BucketName: bucket },
  });

export const keyTooLong = (key: string): PlatformError =>
  new PlatformError(
    'invalid',
    'KeyTooLongError',
    `The key has ${Buffer.byteLength(key)} bytes in UTF-8; at most 1024 are allowed.`,
  );

export const invalidArgument = (message: string, name?: string, value?: string): PlatformError =>
  new PlatformError('invalid', 'InvalidArgument', message, {
    details: { ...(name && { ArgumentName: name }), ...(value !== undefined && { ArgumentValue: value }) },
  });

export const invalidRequest = (message: string): PlatformError =>
  new PlatformError('invalid', 'InvalidRequest', message);

export const malformedXml = (message: string): PlatformError => new PlatformError('invalid', 'MalformedXML', message);

export const badDigest = (what: string): PlatformError =>
  new PlatformError('invalid', 'BadDigest', `The ${what} you specified did not match what we received. Send it again.`);

export const invalidDigest = (value: string): PlatformError =>
  new PlatformError('invalid', 'InvalidDigest', `The Content-MD5 '${value}' is not the Base64 of 16 bytes.`);

export const incompleteBody = (expectedBytes: number, receivedBytes: number): PlatformError =>
  new PlatformError(
    'invalid',
    'IncompleteBody',
    `The request announced ${expectedBytes} bytes and brought ${receivedBytes}. Send it again.`,
  );

export const entityTooLarge = (sizeBytes: number, maxBytes: number): PlatformError =>
  new PlatformError(
    'invalid',
    'EntityTooLarge',
    `The body has ${sizeBytes} bytes; at most ${maxBytes} are allowed here. Use a multipart upload.`,
    { details: { ProposedSize: sizeBytes, MaxSizeAllowed: maxBytes } },
  );

export const entityTooSmall = (part: number, sizeBytes: number): PlatformError =>
  new PlatformError(
    'invalid',
    'EntityTooSmall',
    `Part ${part} has ${sizeBytes} bytes; every part but the last must have at least 5 MiB.`,
    { details: { PartNumber: part, ProposedSize: sizeBytes, MinSizeAllowed: 5 * 1024 * 1024 } },
  );

export const preconditionFailed = (condition: string): PlatformError =>
  new PlatformError(
    'conflict',
    'PreconditionFailed',
    `At least one of the preconditions you specified did not hold: ${condition}.`,
    { details: { Condition: condition } },
  );

export const notModified = (details: Readonly<Record<string, unknown>>): PlatformError =>
  new PlatformError('conflict', 'NotModified', 'The object was not modified.', { details });

export const invalidRange = (range: string, sizeBytes: number): PlatformError =>
  new PlatformError('invalid', 'InvalidRange', `The range '${range}' lies outside the object's ${sizeBytes} bytes.`, {
    details: { RangeRequested: range, ActualObjectSize: sizeBytes },
  });

export const accessDenied = (message: string): PlatformError => new PlatformError('denied', 'AccessDenied', message);

export const notImplemented = (what: string): PlatformError =>
  new PlatformError(
    'invalid',
    'NotImplemented',
    `Millpond's lake does not implement ${what}. Leave it out, or see docs/reference/coverage.md.`,
  );

export const methodNotAllowed = (method: string, versionId: string): PlatformError =>
  new PlatformError('invalid', 'MethodNotAllowed', `${method} is not allowed against a delete marker.`, {
    details: { Method: method, ResourceType: 'DeleteMarker', VersionId: versionId, DeleteMarker: true },
  });

export const aclNotSupported = (): PlatformError =>
  new PlatformError(
    'invalid',
    'AccessControlListNotSupported',
    'The bucket does not allow ACLs. Leave the ACL out; rights are those of the account.',
  );

export const unsupportedProperty = (property: string): PlatformError =>
  new PlatformError(
    'invalid',
    'ValidationException',
    `AWS::S3::Bucket: the property '${property}' is not supported. Leave it out of the template.`,
  );
