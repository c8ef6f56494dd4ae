/** A trail: where records are delivered, and which. */
import { formatArn } from '#kernel/arn';
import type { AuditRecord } from './record.ts';

export interface DataResource {
  /** `AWS::S3::Object` */
  readonly type: string;
  /** ARN prefixes; `arn:aws:s3` means every bucket. */
  readonly values: readonly string[];
}

export interface EventSelector {
  readonly readWriteType: 'All' | 'ReadOnly' | 'WriteOnly';
  readonly includeManagementEvents: boolean;
  readonly dataResources: readonly DataResource[];
}

export interface Trail {
  readonly name: string;
  readonly accountId: string;
  readonly homeRegion: string;
  readonly bucket: string;
  readonly keyPrefix?: string;
  readonly includeGlobalServiceEvents: boolean;
  readonly isMultiRegion: boolean;
  readonly selectors: readonly EventSelector[];
  readonly tags: Readonly<Record<string, string>>;
  readonly isLogging: boolean;
  /** Made by the platform itself; its bucket is made with the first delivery. */
  readonly isBuiltIn?: boolean;
  readonly startedAt?: string;
  readonly stoppedAt?: string;
  readonly deliveredAt?: string;
  readonly deliveryError?: string;
}

export const managementOnly: readonly EventSelector[] = [
  { readWriteType: 'All', includeManagementEvents: true, dataResources: [] },
];

export function arnOfTrail(trail: Pick<Trail, 'name' | 'accountId' | 'homeRegion'>): string {
  return formatArn({
    service: 'cloudtrail',
    region: trail.homeRegion,
    accountId: trail.accountId,
    resource: `trail/${trail.name}`,
  });
}

const globalSources = new Set(['iam.amazonaws.com', 'sts.amazonaws.com']);

/** Whether a trail wants a record of its account. */
export function selects(trail: Trail, record: AuditRecord): boolean {
  const isGlobal = globalSources.has(record.eventSource);
  const inRegion = isGlobal
    ? trail.includeGlobalServiceEvents
    : trail.isMultiRegion || trail.homeRegion === record.awsRegion;
  if (!inRegion) return false;
  return trail.selectors.some((selector) => {
    if (selector.readWriteType === 'ReadOnly' && !record.readOnly) return false;
    if (selector.readWriteType === 'WriteOnly' && record.readOnly) return false;
    return record.managementEvent ? selector.includeManagementEvents : selectsObject(selector.dataResources, record);
  });
}

/** Whether any trail could want data events, so that the others cost nothing. */
export function wantsDataEvents(trails: readonly Trail[]): boolean {
  return trails.some(
    (trail) => trail.isLogging && trail.selectors.some((selector) => selector.dataResources.length > 0),
  );
}

function selectsObject(dataResources: readonly DataResource[], record: AuditRecord): boolean {
  const parameters = record.requestParameters as { bucket?: string; key?: string } | null;
  const arn = `arn:aws:s3:::${parameters?.bucket ?? ''}/${parameters?.key ?? ''}`;
  return dataResources.some(
    ({ type, values }) =>
      type === 'AWS::S3::Object' && values.some((value) => value === 'arn:aws:s3' || arn.startsWith(value)),
  );
}

/** `AWSLogs/<account>/CloudTrail/<region>/yyyy/mm/dd/<account>_CloudTrail_<region>_<time>_<id>.json.gz` */
export function objectKey(trail: Trail, region: string, time: Date, uniqueId: string): string {
  const iso = time.toISOString();
  const folder = [
    'AWSLogs',
    trail.accountId,
    'CloudTrail',
    region,
    iso.slice(0, 4),
    iso.slice(5, 7),
    iso.slice(8, 10),
  ].join('/');
  const stamp = `${iso.slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
  const prefix = trail.keyPrefix === undefined || trail.keyPrefix === '' ? '' : `${trail.keyPrefix}/`;
  return `${prefix}${folder}/${trail.accountId}_CloudTrail_${region}_${stamp}_${uniqueId}.json.gz`;
}
