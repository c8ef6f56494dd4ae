/**
 * What is told of a change of an object, to EventBridge and to the destinations of a bucket's notifications. It is
 * written into the journal with the change and holds all that the messages say, so that they can be made after a crash.
 * Formats: "Amazon S3 event notification types", "Event message structure" and the EventBridge event schema of the S3
 * user guide.
 */
import type { PlatformEvent } from '#kernel/events';
import { bucketArn } from '../buckets/bucket.ts';

export type ChangeKind = 'created' | 'deleted' | 'marked' | 'tagged' | 'untagged';

export interface Announcement {
  readonly id: string;
  readonly kind: ChangeKind;
  readonly bucket: string;
  readonly accountId: string;
  readonly region: string;
  readonly key: string;
  /** Number of the row that came, went or was changed. */
  readonly rowId?: number;
  /** Only in a bucket that keeps versions. */
  readonly versionId?: string;
  readonly etag?: string;
  readonly sizeBytes?: number;
  readonly sequencer: string;
  readonly timeMs: number;
  /** The API operation, or `Lifecycle Expiration`. */
  readonly reason: string;
  readonly requestId: string;
  readonly requester: string;
  readonly sourceIp: string;
  readonly traceHeader?: string | undefined;
}

export const lifecycleReason = 'Lifecycle Expiration';

const detailTypes: Record<ChangeKind, string> = {
  created: 'Object Created',
  deleted: 'Object Deleted',
  marked: 'Object Deleted',
  tagged: 'Object Tags Added',
  untagged: 'Object Tags Deleted',
};

/** `ObjectCreated:Put` and the like, as the records name it. */
export function eventNameOf({ kind, reason }: Pick<Announcement, 'kind' | 'reason'>): string {
  switch (kind) {
    case 'created':
      return `ObjectCreated:${creations[reason] ?? 'Put'}`;
    case 'deleted':
      return reason === lifecycleReason ? 'LifecycleExpiration:Delete' : 'ObjectRemoved:Delete';
    case 'marked':
      return reason === lifecycleReason
        ? 'LifecycleExpiration:DeleteMarkerCreated'
        : 'ObjectRemoved:DeleteMarkerCreated';
    case 'tagged':
      return 'ObjectTagging:Put';
    case 'untagged':
      return 'ObjectTagging:Delete';
  }
}

const creations: Readonly<Record<string, string>> = {
  PutObject: 'Put',
  'POST Object': 'Post',
  CopyObject: 'Copy',
  CompleteMultipartUpload: 'CompleteMultipartUpload',
};

export function toPlatformEvent(announcement: Announcement): PlatformEvent {
  const { kind, bucket, key, versionId, etag, sizeBytes, sequencer } = announcement;
  const isDeletion = kind === 'deleted' || kind === 'marked';
  return {
    id: announcement.id,
    source: 'aws.s3',
    detailType: detailTypes[kind],
    accountId: announcement.accountId,
    region: announcement.region,
    time: new Date(announcement.timeMs),
    resources: [bucketArn(bucket)],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        ...(!isDeletion && sizeBytes !== undefined && { size: sizeBytes }),
        ...(etag !== undefined && { etag }),
        ...(versionId !== undefined && { 'version-id': versionId }),
        ...((kind === 'created' || isDeletion) && { sequencer }),
      },
      'request-id': announcement.requestId,
      requester: announcement.requester,
      'source-ip-address': announcement.sourceIp,
      ...((kind === 'created' || isDeletion) && { reason: announcement.reason }),
      ...(isDeletion && { 'deletion-type': kind === 'marked' ? 'Delete Marker Created' : 'Permanently Deleted' }),
    },
  };
}

/** The message of a notification: one record. */
export function toRecordText(announcement: Announcement, configurationId: string): string {
  const { kind, bucket, key, versionId, etag, sizeBytes, sequencer } = announcement;
  const eventName = eventNameOf(announcement);
  const isCreation = kind === 'created';
  const record = {
    // Records of tagging and of lifecycles came with a later version of the structure.
    eventVersion: /^(ObjectTagging|LifecycleExpiration)/.test(eventName) ? '2.3' : '2.1',
    eventSource: 'aws:s3',
    awsRegion: announcement.region,
    eventTime: new Date(announcement.timeMs).toISOString(),
    eventName,
    userIdentity: { principalId: announcement.requester },
    requestParameters: { sourceIPAddress: announcement.sourceIp },
    responseElements: { 'x-amz-request-id': announcement.requestId, 'x-amz-id-2': announcement.requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: { name: bucket, ownerIdentity: { principalId: announcement.accountId }, arn: bucketArn(bucket) },
      object: {
        key: encodeKey(key),
        ...(isCreation && sizeBytes !== undefined && { size: sizeBytes }),
        ...(kind !== 'deleted' && etag !== undefined && { eTag: etag }),
        ...(versionId !== undefined && { versionId }),
        sequencer,
      },
    },
  };
  return JSON.stringify({ Records: [record] });
}

/** As a form encodes it, slashes excepted: a space is a plus sign. */
function encodeKey(key: string): string {
  return new URLSearchParams([['', key]]).toString().slice(1).replaceAll('%2F', '/');
}
