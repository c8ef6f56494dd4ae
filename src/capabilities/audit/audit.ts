/**
 * Every call leaves a record. Records are written in batches off the request's path and delivered to the buckets of
 * trails as gzipped JSON, at least once.
 */
import { serviceCaller } from '#access';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Dispatcher, RequestLog, RequestRecord } from '#gateway';
import type { Clock, Timer } from '#kernel/clock';
import { isPlatformError, messageOf } from '#kernel/errors';
import { newUpperId } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { isDataEvent, recordOf, userNameOf } from './record.ts';
import type { AuditStore, NewEvent, StoredEvent } from './store.ts';
import { objectKey, selects, wantsDataEvents, type Trail } from './trail.ts';

export interface AuditOptions {
  readonly store: AuditStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Known once the gateway stands. */
  readonly dispatcher: () => Dispatcher;
  /** How often trails are delivered. */
  readonly deliveryMs: number;
  /** The trail that every account's owner finds there; undefined for none. */
  readonly builtInTrail?: Trail | undefined;
}

// Limit: a record may be lost when the process dies within half a second of the call; what the call did is not.
const flushMs = 500;
const bufferMax = 512;
// Limit: 90 days, as CloudTrail's event history, and a million records.
const retentionMs = 90 * 24 * 3_600_000;
const rowsMax = 1_000_000;
const recordsPerObjectMax = 10_000;

const compress = promisify(gzip);

export class Audit implements RequestLog {
  readonly #options: AuditOptions;
  #buffer: NewEvent[] = [];
  #flushTimer: Timer | undefined;
  #deliveryTimer: Timer | undefined;
  #dataEvents = false;
  #delivering: Promise<void> = Promise.resolve();

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { builtInTrail, store } = this.#options;
    if (builtInTrail !== undefined) await store.putBuiltInTrail(builtInTrail);
    this.refreshSelectors();
    const arm = (): void => {
      this.#deliveryTimer = this.#options.clock.setTimer(this.#options.deliveryMs, () => {
        void this.deliver().finally(arm);
      });
    };
    arm();
  }

  async stop(): Promise<void> {
    this.#deliveryTimer?.cancel();
    await this.deliver();
  }

  record(record: RequestRecord): void {
    const { context } = record;
    // Our own deliveries would otherwise be delivered too, for ever.
    if (context.caller.kind === 'service' && context.service === 's3') return;
    if (!this.#dataEvents && isDataEvent(context.service, context.operation)) return;
    this.#buffer.push({
      timeMs: record.time.getTime(),
      user: userNameOf(context.caller),
      accessKey: context.caller.accessKeyId ?? '',
      record: recordOf(record),
    });
    if (this.#buffer.length >= bufferMax) void this.flush();
    else this.#flushTimer ??= this.#options.clock.setTimer(flushMs, () => void this.flush());
  }

  /** Writes what is buffered; a failure is logged, and the records are tried again with the next batch. */
  async flush(): Promise<void> {
    const { store, clock, log } = this.#options;
    this.#flushTimer?.cancel();
    this.#flushTimer = undefined;
    const events = this.#buffer;
    if (events.length === 0) return;
    this.#buffer = [];
    try {
      await store.append(events, { fromMs: clock.nowMs() - retentionMs, rowsMax });
    } catch (error) {
      this.#buffer = [...events, ...this.#buffer].slice(-10 * bufferMax);
      log.error('audit records could not be written', { error, records: events.length });
    }
  }

  /** Call after any change to trails. */
  refreshSelectors(): void {
    this.#dataEvents = wantsDataEvents(this.#options.store.listTrails().map(({ trail }) => trail));
  }

  /** Delivers to every trail that is logging; one delivery at a time. */
  deliver(): Promise<void> {
    this.#delivering = this.#delivering.then(async () => {
      await this.flush();
      for (const { trail, deliveredSeq } of this.#options.store.listTrails()) {
        if (trail.isLogging) await this.#deliverTrail(trail, deliveredSeq);
      }
    });
    return this.#delivering;
  }

  async #deliverTrail(trail: Trail, deliveredSeq: number): Promise<void> {
    const { store, clock, log } = this.#options;
    for (let after = deliveredSeq; ;) {
      const events = store.listAfter(trail.accountId, after, recordsPerObjectMax);
      const last = events.at(-1);
      if (last === undefined) return;
      try {
        await this.#putObjects(
          trail,
          events.filter((event) => selects(trail, event.record)),
        );
      } catch (error) {
        log.warn('a trail could not be delivered', { trail: trail.name, bucket: trail.bucket, error });
        await store.setDelivered({ ...trail, deliveryError: messageOf(error) }, after);
        return;
      }
      after = last.seq;
      const { deliveryError: _, ...delivered } = trail;
      await store.setDelivered({ ...delivered, deliveredAt: clock.now().toISOString() }, after);
    }
  }

  async #putObjects(trail: Trail, events: readonly StoredEvent[]): Promise<void> {
    for (const [region, inRegion] of Map.groupBy(events, (event) => event.record.awsRegion)) {
      const key = objectKey(trail, region, this.#options.clock.now(), newUpperId(16));
      const body = await compress(JSON.stringify({ Records: inRegion.map((event) => event.record) }));
      const object = { Bucket: trail.bucket, Key: key, Body: body };
      await this.#put(trail, { ...object, ContentType: 'application/json', ContentEncoding: 'gzip' });
    }
  }

  async #put(trail: Trail, object: object): Promise<void> {
    const as = {
      caller: serviceCaller('cloudtrail.amazonaws.com', trail.accountId),
      region: trail.homeRegion,
      invokedBy: 'cloudtrail.amazonaws.com',
    };
    try {
      await this.#options.dispatcher().call('s3', 'PutObject', object, as);
    } catch (error) {
      if (trail.isBuiltIn !== true || !isPlatformError(error, 'NoSuchBucket')) throw error;
      await this.#options.dispatcher().call('s3', 'CreateBucket', { Bucket: trail.bucket }, as);
      await this.#options.dispatcher().call('s3', 'PutObject', object, as);
    }
  }
}
