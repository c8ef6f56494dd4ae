/**
 * Tells what happened to objects, after it is durable: to listeners inside the process for every bucket, and as
 * EventBridge events ("Amazon S3 event notification types and destinations") for buckets that ask for them.
 *
 * Limit: a file that is dropped, edited or deleted with ordinary tools raises no event; nobody watches the folders.
 */
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import { bucketArn, type Bucket } from '../buckets/bucket.ts';
import type { ObjectVersion, Origin } from './object.ts';

export interface ObjectNotice {
  readonly kind: 'created' | 'deleted' | 'marked' | 'tagged' | 'untagged';
  readonly bucket: Bucket;
  readonly key: string;
  /** Absent for the deletion of what was known by nothing but its key. */
  readonly version?: ObjectVersion;
  /** The API operation, or `Lifecycle Expiration`. */
  readonly reason: string;
  readonly origin: Origin;
}

export type ObjectListener = (notice: ObjectNotice) => void;

const detailTypes: Record<ObjectNotice['kind'], string> = {
  created: 'Object Created',
  deleted: 'Object Deleted',
  marked: 'Object Deleted',
  tagged: 'Object Tags Added',
  untagged: 'Object Tags Deleted',
};

export class ObjectNotices {
  readonly #events: EventHub;
  readonly #clock: Clock;
  readonly #wantsEvents: (bucket: string) => boolean;
  readonly #listeners = new Set<ObjectListener>();

  constructor(events: EventHub, clock: Clock, wantsEvents: (bucket: string) => boolean) {
    this.#events = events;
    this.#clock = clock;
    this.#wantsEvents = wantsEvents;
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: ObjectListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  created(bucket: Bucket, version: ObjectVersion, reason: string, origin: Origin): void {
    this.tell({ kind: 'created', bucket, key: version.key, version, reason, origin });
  }

  tell(notice: ObjectNotice): void {
    for (const listener of this.#listeners) listener(notice);
    if (this.#wantsEvents(notice.bucket.name)) this.#publish(notice);
  }

  #publish({ kind, bucket, key, version, reason, origin }: ObjectNotice): void {
    const isDeletion = kind === 'deleted' || kind === 'marked';
    this.#events.publish({
      id: newUuid(),
      source: 'aws.s3',
      detailType: detailTypes[kind],
      accountId: bucket.accountId,
      region: bucket.region,
      time: this.#clock.now(),
      resources: [bucketArn(bucket.name)],
      detail: {
        version: '0',
        bucket: { name: bucket.name },
        object: {
          key,
          ...(!isDeletion && version && { size: version.sizeBytes }),
          ...(version && version.etag !== '' && { etag: version.etag }),
          ...(bucket.versioning !== undefined && version && { 'version-id': version.versionId }),
          ...((kind === 'created' || isDeletion) && { sequencer: sequencerOf(version, this.#clock) }),
        },
        'request-id': origin.requestId,
        requester: origin.requester,
        'source-ip-address': origin.sourceIp,
        ...((kind === 'created' || isDeletion) && { reason }),
        ...(isDeletion && { 'deletion-type': kind === 'marked' ? 'Delete Marker Created' : 'Permanently Deleted' }),
      },
    });
  }
}

/** Hexadecimal, comparable for one key: the later event has the higher one. */
function sequencerOf(version: ObjectVersion | undefined, clock: Clock): string {
  const text = `${clock.nowMs().toString(16).padStart(12, '0')}${(version?.sequence ?? 0).toString(16).padStart(6, '0')}`;
  return text.toUpperCase();
}
