/** `s3://bucket/key`, and the older spellings `s3a` and `s3n` of Hadoop. */
import { PlatformError } from '#kernel/errors';

export interface S3Uri {
  readonly bucket: string;
  /** Without a leading slash; empty for the whole bucket. */
  readonly key: string;
}

export function findS3Uri(text: string): S3Uri | undefined {
  const match = /^s3[an]?:\/\/([^/]+)(?:\/(.*))?$/s.exec(text);
  return match === null ? undefined : { bucket: match[1] ?? '', key: match[2] ?? '' };
}

/**
 * @param code the error code of the service that was given the location
 * @throws invalid, naming the text
 */
export function parseS3Uri(text: string, code = 'InvalidRequest'): S3Uri {
  const uri = findS3Uri(text);
  if (uri === undefined) {
    throw new PlatformError('invalid', code, `'${text}' is not an S3 location. Write s3://bucket/path/.`);
  }
  return uri;
}

export function formatS3Uri({ bucket, key }: S3Uri): string {
  return `s3://${bucket}/${key}`;
}
