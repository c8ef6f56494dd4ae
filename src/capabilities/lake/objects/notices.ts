/**
 * Tells what happened to objects: to listeners inside the process for every bucket, and to EventBridge and the
 * destinations of notifications for buckets that ask for them.
 *
 * What leaves the lake is owed from the commit that decides the change: a line in the journal says what is to be told.
 * It is told once the file is in place, so that whoever hears of an object finds it, and by the next start after a crash.
 *
 * Limit: a file that is dropped, edited or deleted with ordinary tools raises no event; nobody watches the folders.
 */
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import type { Transaction } from '#kernel/state';
import type { Bucket } from '../buckets/bucket.ts';
import { toPlatformEvent, type Announcement, type ChangeKind } from '../notifications/announcement.ts';
import { subscriptionsOf, type NotificationConfiguration, type Subscription } from '../notifications/configuration.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { JournalLine } from '../store/object-store.ts';
import type { ObjectVersion, Origin } from './object.ts';
import type { Shelf } from './shelf.ts';

export interface ObjectNotice {
  readonly kind: ChangeKind;
  readonly bucket: Bucket;
  readonly key: string;
  /** Absent for the deletion of what was known by nothing but its key. */
  readonly version?: ObjectVersion;
  /** The API operation, or `Lifecycle Expiration`. */
  readonly reason: string;
  readonly origin: Origin;
}

export type ObjectListener = (notice: ObjectNotice) => void;

export interface NoticeParts {
  readonly shelf: Shelf;
  readonly events: EventHub;
  readonly clock: Clock;
  /** The same object as long as the configuration is the same. */
  readonly configurationOf: (bucket: string) => NotificationConfiguration | undefined;
  /** Absent where nothing is there to send to. */
  readonly notifications?: Notifications | undefined;
}

export class ObjectNotices {
  readonly #parts: NoticeParts;
  readonly #listeners = new Set<ObjectListener>();
  readonly #subscriptions = new WeakMap<NotificationConfiguration, readonly Subscription[]>();

  constructor(parts: NoticeParts) {
    this.#parts = parts;
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: ObjectListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells the listeners. */
  tell(notice: ObjectNotice): void {
    for (const listener of this.#listeners) listener(notice);
  }

  /** Lines for the commit that decides a change; none where nobody outside of the process wants to hear of it. */
  owe(notice: ObjectNotice): readonly JournalLine[] {
    const { shelf, configurationOf } = this.#parts;
    if (configurationOf(notice.bucket.name) === undefined) return [];
    const entry = { kind: 'notice', announcement: this.#announce(notice) } as const;
    return [{ id: shelf.store.nextId(), entry }];
  }

  /** Tells what was owed, behind the caller's back. */
  pay(lines: readonly JournalLine[]): void {
    if (lines.length > 0) this.#parts.shelf.inBackground(this.payNow(lines));
  }

  /** Drops what was owed for a change that did not come about. */
  cancel(lines: readonly JournalLine[]): void {
    if (lines.length === 0) return;
    const { shelf } = this.#parts;
    shelf.inBackground(shelf.store.apply({ journalDoneIds: lines.map(({ id }) => id) }));
  }

  /** The lines go in the very commit in which their deliveries come. */
  async payNow(lines: readonly JournalLine[]): Promise<void> {
    await this.#parts.shelf.store.apply({ journalDoneIds: lines.map(({ id }) => id) }, (db) => {
      for (const { entry } of lines) if (entry.kind === 'notice') this.#record(db, entry.announcement);
    });
  }

  /** Writes what is owed for a change that is done in this very transaction. */
  record(db: Transaction, notice: ObjectNotice): void {
    if (this.#parts.configurationOf(notice.bucket.name) !== undefined) this.#record(db, this.#announce(notice));
  }

  #record(db: Transaction, announcement: Announcement): void {
    const { events, configurationOf, notifications } = this.#parts;
    const configuration = configurationOf(announcement.bucket);
    if (configuration === undefined) return;
    if (configuration.EventBridgeConfiguration !== undefined) events.record(db, toPlatformEvent(announcement));
    let subscriptions = this.#subscriptions.get(configuration);
    if (subscriptions === undefined) {
      subscriptions = subscriptionsOf(configuration);
      this.#subscriptions.set(configuration, subscriptions);
    }
    if (subscriptions.length > 0) notifications?.add(db, announcement, subscriptions);
  }

  #announce({ kind, bucket, key, version, reason, origin }: ObjectNotice): Announcement {
    const nowMs = this.#parts.clock.nowMs();
    return {
      id: newUuid(),
      kind,
      bucket: bucket.name,
      accountId: bucket.accountId,
      region: bucket.region,
      key,
      ...(version && { rowId: version.id, sizeBytes: version.sizeBytes }),
      ...(version && version.etag !== '' && { etag: version.etag }),
      ...(version && bucket.versioning !== undefined && { versionId: version.versionId }),
      sequencer: sequencerOf(version, nowMs),
      timeMs: nowMs,
      reason,
      ...origin,
    };
  }
}

/** Hexadecimal, comparable for one key: the later event has the higher one. */
function sequencerOf(version: ObjectVersion | undefined, nowMs: number): string {
  const text = `${nowMs.toString(16).padStart(12, '0')}${(version?.sequence ?? 0).toString(16).padStart(6, '0')}`;
  return text.toUpperCase();
}
