/** A bucket: its names, what may be a name, and whether it keeps versions. */
import { invalidBucketName } from '../errors.ts';

export type VersioningStatus = 'Enabled' | 'Suspended' | undefined;

export interface Bucket {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  readonly createdAt: Date;
  readonly versioning: VersioningStatus;
}

/**
 * The general rules of the S3 user guide, "Bucket naming rules".
 * @throws InvalidBucketName naming the rule that was broken
 */
export function assertBucketName(name: string): void {
  const rule = brokenRule(name);
  if (rule !== undefined) throw invalidBucketName(name, rule);
}

function brokenRule(name: string): string | undefined {
  if (name.length < 3 || name.length > 63) return 'it must have 3 to 63 characters';
  if (!/^[a-z0-9.-]+$/.test(name)) return 'only lower-case letters, digits, dots and hyphens are allowed';
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return 'it must begin and end with a letter or a digit';
  if (name.includes('..')) return 'two dots must not stand side by side';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return 'it must not look like an IP address';
  if (/^(xn--|sthree-|amzn-s3-demo-)/.test(name)) return 'this prefix is reserved';
  if (/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)) return 'this suffix is reserved';
  return undefined;
}

export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;
