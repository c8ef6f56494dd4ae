/** Where a deployment package comes from: the request itself, or an object of a bucket. */
import type { Readable } from 'node:stream';
import type { Caller, Dispatcher } from '#gateway';
import { isPlatformError, messageOf } from '#kernel/errors';
import { invalidParameter } from '../errors.ts';
import { lambdaService } from '../runtime/role-credentials.ts';

// Limit: an archive has at most 250 MiB; in the request itself what one request may carry (16 MiB).
const archiveBytesMax = 262_144_000;

export interface CodeLocation {
  readonly ZipFile?: Uint8Array | undefined;
  readonly S3Bucket?: string | undefined;
  readonly S3Key?: string | undefined;
  readonly S3ObjectVersion?: string | undefined;
  readonly ImageUri?: string | undefined;
}

/** @throws InvalidParameterValueException when there is no code, or none can be read */
export async function fetchCode(
  location: CodeLocation,
  dispatcher: Dispatcher,
  as: { readonly caller: Caller; readonly region: string; readonly signal: AbortSignal },
): Promise<Buffer> {
  if (location.ImageUri !== undefined) {
    throw invalidParameter('Code in a container image is not supported here; deploy the function as a zip.');
  }
  if (location.ZipFile !== undefined) return Buffer.from(location.ZipFile);
  const { S3Bucket: Bucket, S3Key: Key, S3ObjectVersion: VersionId } = location;
  if (Bucket === undefined || Key === undefined) throw invalidParameter('Please provide a source for function code.');
  try {
    const input = { Bucket, Key, ...(VersionId !== undefined && { VersionId }) };
    const { Body } = (await dispatcher.call('s3', 'GetObject', input, { ...as, invokedBy: lambdaService })) as {
      Body: Readable | Uint8Array;
    };
    return await readAll(Body);
  } catch (error) {
    if (!isPlatformError(error) || error.code === 'InvalidParameterValueException') throw error;
    throw invalidParameter(
      `Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${messageOf(error)}`,
      error,
    );
  }
}

async function readAll(body: Readable | Uint8Array): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > archiveBytesMax) throw invalidParameter(`The archive has more than ${archiveBytesMax} bytes.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
