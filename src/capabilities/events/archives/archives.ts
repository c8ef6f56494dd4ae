/**
 * Archives at work: events are kept in the transaction that tells of them. Those that are too old are told of no more at
 * once, and removed a few at a time.
 */
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import type { Transaction } from '#kernel/state';
import { compileEventPattern, type EventTest } from '#languages/event-pattern/event-pattern';
import type { BusAddress } from '../buses/bus.ts';
import { archiveAbsent, busAbsent } from '../errors.ts';
import type { EventEnvelope } from '../event.ts';
import type { ArchiveStore, StoredArchive } from '../store/archives.ts';
import { changeArchive, type Archive, type ArchiveSettings } from './archive.ts';

export interface ArchiveSize {
  readonly count: number;
  readonly sizeBytes: number;
}

export interface ArchivesParts {
  readonly store: ArchiveStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly hasBus: (address: BusAddress) => boolean;
}

interface OpenArchive {
  readonly id: number;
  readonly test: EventTest;
}

const sweepEveryMs = 3_600_000;
const sweepBatch = 1000;

export class Archives {
  readonly #parts: ArchivesParts;
  /** Held against every event, so that a bus without archives costs nothing. */
  readonly #byBus = new Map<string, readonly OpenArchive[]>();
  #sweeping: Promise<void> | undefined;
  #sweptMs = 0;
  #isStopped = false;

  constructor(parts: ArchivesParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#sweep();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#sweeping;
  }

  /** @throws ResourceNotFoundException (the bus), ResourceAlreadyExistsException, InvalidEventPatternException, LimitExceededException */
  async create({ scope, bus }: BusAddress, settings: ArchiveSettings): Promise<Archive> {
    const { store, clock, hasBus } = this.#parts;
    if (!hasBus({ scope, bus })) throw busAbsent(bus);
    const archive = changeArchive({ name: settings.name, bus, retentionDays: 0, createdMs: clock.nowMs() }, settings);
    await store.insert(scope, archive);
    this.#forget({ scope, bus });
    return archive;
  }

  /** What is not given stays. @throws ResourceNotFoundException, InvalidEventPatternException */
  async update(scope: string, settings: ArchiveSettings): Promise<Archive> {
    const change = (before: Archive): Archive => changeArchive(before, settings);
    const archive = await this.#parts.store.change(scope, settings.name, change);
    this.#forget({ scope, bus: archive.bus });
    this.#sweep();
    return archive;
  }

  /** With its events. @throws ResourceNotFoundException */
  async delete(scope: string, name: string): Promise<void> {
    const { bus } = await this.#parts.store.delete(scope, name);
    this.#forget({ scope, bus });
    this.#sweep();
  }

  /** @throws ResourceNotFoundException */
  get(scope: string, name: string): StoredArchive {
    const found = this.#parts.store.find(scope, name);
    if (found === undefined) throw archiveAbsent(name);
    return found;
  }

  list(scope: string): StoredArchive[] {
    return this.#parts.store.list(scope);
  }

  measure(stored: StoredArchive): ArchiveSize {
    return this.#parts.store.measure(stored, this.#parts.clock.nowMs());
  }

  hasAny(address: BusAddress): boolean {
    return this.#openOf(address).length > 0;
  }

  wants(address: BusAddress, event: EventEnvelope): boolean {
    return this.#matching(address, event).length > 0;
  }

  /** Keeps an event in each archive of the bus that wants it. */
  record(db: Transaction, address: BusAddress, event: EventEnvelope): void {
    const wanting = this.#matching(address, event);
    if (wanting.length === 0) return;
    const { store, clock } = this.#parts;
    const nowMs = clock.nowMs();
    for (const { id } of wanting) store.addEvent(db, id, event, nowMs);
    if (nowMs - this.#sweptMs > sweepEveryMs) db.afterCommit(() => this.#sweep());
  }

  /** What a replay sends again is in the archive already. */
  #matching(address: BusAddress, event: EventEnvelope): readonly OpenArchive[] {
    return event['replay-name'] === undefined ? this.#openOf(address).filter(({ test }) => test(event)) : [];
  }

  #openOf({ scope, bus }: BusAddress): readonly OpenArchive[] {
    const key = `${scope}\n${bus}`;
    let open = this.#byBus.get(key);
    if (open === undefined) {
      open = this.#parts.store.listOfBus(scope, bus).flatMap((stored) => this.#compile(stored));
      this.#byBus.set(key, open);
    }
    return open;
  }

  #compile({ id, archive }: StoredArchive): OpenArchive[] {
    if (archive.pattern === undefined) return [{ id, test: () => true }];
    try {
      return [{ id, test: compileEventPattern(archive.pattern) }];
    } catch (error) {
      // A pattern that an earlier version took must not hold up those who tell of events.
      const why = messageOf(error);
      this.#parts.log.error('an archive keeps nothing, since its pattern cannot be read', {
        archive: archive.name,
        why,
      });
      return [];
    }
  }

  #forget({ scope, bus }: BusAddress): void {
    this.#byBus.delete(`${scope}\n${bus}`);
  }

  #sweep(): void {
    this.#sweptMs = this.#parts.clock.nowMs();
    // One after the other: what was deleted meanwhile is seen by the later one.
    this.#sweeping = Promise.resolve(this.#sweeping).then(() => this.#sweepAll());
  }

  /** Never rejects. */
  async #sweepAll(): Promise<void> {
    const { store, clock, log } = this.#parts;
    try {
      let removed = sweepBatch;
      while (removed === sweepBatch && !this.#isStopped) removed = await store.sweep(clock.nowMs(), sweepBatch);
    } catch (error) {
      log.warn('old events of archives could not be removed; it is tried again later', { error });
    }
  }
}
