/** Where code or a definition lies: `s3://bucket/key`, or a mapping of bucket, key and version. */
import { type Mapping, type Value, isMapping } from '../value.ts';
import { serverlessError } from './errors.ts';
import type { ServerlessResource } from './expansion.ts';

interface MemberNames {
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
}

export const codeMembers: MemberNames = { bucket: 'S3Bucket', key: 'S3Key', version: 'S3ObjectVersion' };
export const definitionMembers: MemberNames = { bucket: 'Bucket', key: 'Key', version: 'Version' };

/** @throws ValidationError for a folder on somebody's disk, which has to be packaged first */
export function locationOf(resource: ServerlessResource, property: string, value: Value, names: MemberNames): Mapping {
  if (isMapping(value) && value['Bucket'] !== undefined && value['Key'] !== undefined) {
    const { Bucket, Key, Version } = value as Readonly<Record<'Bucket' | 'Key' | 'Version', Value>>;
    return { [names.bucket]: Bucket, [names.key]: Key, ...(Version !== undefined && { [names.version]: Version }) };
  }
  const [, bucket, key, version] =
    typeof value === 'string' ? (/^s3:\/\/([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(value) ?? []) : [];
  if (bucket !== undefined && key !== undefined) {
    return { [names.bucket]: bucket, [names.key]: key, ...(version !== undefined && { [names.version]: version }) };
  }
  throw serverlessError(
    resource.logicalId,
    `'${property}' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter. ` +
      'A folder has to be packaged first: `millpond deploy` and `sam package` do.',
  );
}
