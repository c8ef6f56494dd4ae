/** Carries lifecycle rules out, a minute after the start and then once an hour: expiration, old versions, lone delete markers, stale uploads. */
import type { Clock, Timer } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { Bucket } from './bucket.ts';
import type { Buckets } from './buckets.ts';
import type { Deletions } from '../objects/deletions.ts';
import { isDue, isExpired, matchesRule, prefixOf, type LifecycleRule } from './lifecycle.ts';
import type { ListedVersion, Listing } from '../objects/listing.ts';
import type { Origin } from '../objects/object.ts';
import type { Uploads } from '../uploads/uploads.ts';

const firstDelayMs = 60_000;
const intervalMs = 3_600_000;
const pageSize = 1000;
const reason = 'Lifecycle Expiration';
const origin: Origin = { requestId: 'lifecycle', requester: 's3.amazonaws.com', sourceIp: 's3.amazonaws.com' };

export class LifecycleSweep {
  readonly #buckets: Buckets;
  readonly #listing: Listing;
  readonly #deletions: Deletions;
  readonly #uploads: Uploads;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Timer | undefined;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    parts: { buckets: Buckets; listing: Listing; deletions: Deletions; uploads: Uploads },
    clock: Clock,
    log: Log,
  ) {
    this.#buckets = parts.buckets;
    this.#listing = parts.listing;
    this.#deletions = parts.deletions;
    this.#uploads = parts.uploads;
    this.#clock = clock;
    this.#log = log;
  }

  start(delayMs = firstDelayMs): void {
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#running = this.#running
        .then(() => this.run())
        .catch((error: unknown) => this.#log.error('a lifecycle sweep failed', { error }));
      if (!this.#isStopped) this.start(intervalMs);
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  /** One sweep over all buckets that have rules. */
  async run(): Promise<void> {
    for (const name of this.#buckets.listConfigured('lifecycle')) {
      const bucket = this.#buckets.find(name);
      const rules = findLifecycleRules(this.#buckets, name) ?? [];
      for (const rule of rules.filter(({ Status }) => Status === 'Enabled')) {
        if (bucket === undefined || this.#isStopped) break;
        await this.#sweep(bucket, rule);
      }
    }
  }

  async #sweep(bucket: Bucket, rule: LifecycleRule): Promise<void> {
    const now = this.#clock.now();
    if (rule.Expiration?.Days !== undefined || rule.Expiration?.Date !== undefined)
      await this.#expireCurrent(bucket, rule, now);
    if (rule.NoncurrentVersionExpiration !== undefined || rule.Expiration?.ExpiredObjectDeleteMarker) {
      await this.#expireVersions(bucket, rule, now);
    }
    const staleDays = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
    if (staleDays === undefined) return;
    for (const upload of this.#uploads.listAfter(bucket, '', '')) {
      const isStale = upload.key.startsWith(prefixOf(rule)) && isDue(upload.initiatedAt, staleDays, now);
      if (isStale) await this.#uploads.abort(upload).catch(() => undefined);
    }
  }

  async #expireCurrent(bucket: Bucket, rule: LifecycleRule, now: Date): Promise<void> {
    for await (const { version } of this.#listing.objects(bucket, { prefix: prefixOf(rule) })) {
      if (this.#isStopped) return;
      if (!isExpired(rule, version, now)) continue;
      // If-Match: what was overwritten since it was looked at is a new object with a time of its own.
      await this.#deletions
        .delete({ bucket, key: version.key, ifMatch: version.etag, reason, origin })
        .catch((error: unknown) => this.#log.debug('an expired object stays', { key: version.key, error }));
    }
  }

  async #expireVersions(bucket: Bucket, rule: LifecycleRule, now: Date): Promise<void> {
    let after: { key: string; versionId?: string } | undefined;
    let group: ListedVersion[] = [];
    do {
      const page = await this.#listing.versions(bucket, {
        prefix: prefixOf(rule),
        after: after?.key,
        afterVersionId: after?.versionId,
        limit: pageSize,
      });
      for (const listed of page.versions) {
        if (group[0] !== undefined && group[0].version.key !== listed.version.key) {
          await this.#expireGroup(bucket, rule, group, now);
          group = [];
        }
        group.push(listed);
      }
      after = page.next;
    } while (after !== undefined && !this.#isStopped);
    await this.#expireGroup(bucket, rule, group, now);
  }

  /** @param group all versions of one key, newest first */
  async #expireGroup(bucket: Bucket, rule: LifecycleRule, group: readonly ListedVersion[], now: Date): Promise<void> {
    const remove = (listed: ListedVersion): Promise<unknown> =>
      this.#deletions.delete({ bucket, key: listed.version.key, versionId: listed.version.versionId, reason, origin });
    const { NoncurrentDays: days, NewerNoncurrentVersions: kept = 0 } = rule.NoncurrentVersionExpiration ?? {};
    if (days !== undefined) {
      const noncurrent = group
        .map((listed, index) => ({ listed, since: group[index - 1]?.version.lastModified }))
        .slice(1);
      for (const { listed, since } of noncurrent.slice(kept)) {
        if (since !== undefined && matchesRule(rule, listed.version) && isDue(since, days, now)) await remove(listed);
      }
    }
    const [only] = group;
    if (rule.Expiration?.ExpiredObjectDeleteMarker && group.length === 1 && only?.version.isMarker) await remove(only);
  }
}

/** The rules as they were put, with their dates. */
export function findLifecycleRules(buckets: Buckets, bucket: string): LifecycleRule[] | undefined {
  const stored = buckets.findConfiguration<{ Rules?: (LifecycleRule & { Expiration?: { Date?: string } })[] }>(
    bucket,
    'lifecycle',
  );
  return stored?.Rules?.map((rule) => {
    const date: string | Date | undefined = rule.Expiration?.Date;
    return date === undefined ? rule : { ...rule, Expiration: { ...rule.Expiration, Date: new Date(date) } };
  });
}
