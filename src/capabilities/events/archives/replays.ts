/**
 * Replays at work: each piece of an archive goes through the rules in one transaction with how far the replay is, so that
 * after a crash it goes on there, with no event lost and none sent twice.
 */
import type { Clock } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { State, Transaction } from '#kernel/state';
import type { BusAddress } from '../buses/bus.ts';
import { busAbsent, replayAbsent, replayNotRunning } from '../errors.ts';
import { findArchiveById, needArchive, type ArchiveStore } from '../store/archives.ts';
import { needReplay, type ReplayStore, type StoredReplay } from '../store/replays.ts';
import type { Deliveries } from '../targets/deliveries.ts';
import { checkReplay, hasEnded, type Replay, type ReplayState } from './replay.ts';

export interface ReplaysParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: ReplayStore;
  readonly archives: ArchiveStore;
  readonly deliveries: Deliveries;
  readonly hasBus: (address: BusAddress) => boolean;
}

// Limit: a replay sends at most 4,000 events a second, so that what happens meanwhile does not wait for it.
const batchSize = 200;
const pauseMs = 50;
const retryMs = 1000;

export class Replays {
  readonly #parts: ReplaysParts;
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #isStarted = false;

  constructor(parts: ReplaysParts) {
    this.#parts = parts;
  }

  /** Goes on with what a crash or a stop interrupted. */
  start(): void {
    this.#isStarted = true;
    for (const { scope, name } of this.#parts.store.listOpen()) this.#run(scope, name);
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#stopping.abort(new Error('the platform is stopping'));
    await Promise.all(this.#running);
  }

  /** @throws ResourceNotFoundException (archive, bus), ValidationException, ResourceAlreadyExistsException, LimitExceededException */
  async create(scope: string, settings: Omit<Replay, 'state' | 'startedMs'>): Promise<Replay> {
    const { state, store, clock, hasBus } = this.#parts;
    const replay: Replay = { ...settings, state: 'STARTING', startedMs: clock.nowMs() };
    await state.write((db) => {
      const { id, archive } = needArchive(db, scope, replay.archive);
      if (!hasBus({ scope, bus: replay.bus })) throw busAbsent(replay.bus);
      checkReplay(replay, archive.bus);
      // Events tell their time in whole seconds.
      const place = { timeMs: Math.floor(replay.fromMs / 1000) * 1000, id: 0 };
      store.insert(db, scope, { replay, archiveId: id, place });
      db.afterCommit(() => this.#run(scope, replay.name));
    });
    return replay;
  }

  /** It ends before its next piece. @throws ResourceNotFoundException, IllegalStatusException */
  cancel(scope: string, name: string): Promise<Replay> {
    const { state, store } = this.#parts;
    return state.write((db) => {
      const stored = needReplay(db, scope, name);
      const { replay } = stored;
      if (hasEnded(replay) || replay.state === 'CANCELLING') throw replayNotRunning(name, replay.state);
      const cancelling: Replay = { ...replay, state: 'CANCELLING' };
      store.put(db, scope, { ...stored, replay: cancelling });
      return cancelling;
    });
  }

  /** @throws ResourceNotFoundException */
  get(scope: string, name: string): Replay {
    const found = this.#parts.store.find(scope, name);
    if (found === undefined) throw replayAbsent(name);
    return found;
  }

  list(scope: string): Replay[] {
    return this.#parts.store.list(scope);
  }

  #run(scope: string, name: string): void {
    if (!this.#isStarted) return;
    const work = this.#sendAll(scope, name).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  /** Never rejects. */
  async #sendAll(scope: string, name: string): Promise<void> {
    const { state, clock, log } = this.#parts;
    while (this.#isStarted) {
      let waitMs = pauseMs;
      try {
        if (await state.write((db) => this.#sendSome(db, scope, name))) return;
      } catch (error) {
        log.error('a piece of a replay could not be sent; it is tried again', { error, replay: name });
        waitMs = retryMs;
      }
      await clock.sleep(waitMs, this.#stopping.signal).catch(() => undefined);
    }
  }

  /** @returns whether the replay has ended */
  #sendSome(db: Transaction, scope: string, name: string): boolean {
    const { store, archives, deliveries, clock, hasBus } = this.#parts;
    const stored = needReplay(db, scope, name);
    const { replay, archiveId, place } = stored;
    const end = (state: ReplayState, stateReason?: string): true => {
      const reason = stateReason === undefined ? {} : { stateReason };
      store.put(db, scope, { ...stored, replay: { ...replay, state, ...reason, endedMs: clock.nowMs() } });
      return true;
    };
    if (replay.state === 'CANCELLING') return end('CANCELLED');
    const address = { scope, bus: replay.bus };
    const archive = findArchiveById(db, archiveId);
    if (archive === undefined) return end('FAILED', `Archive ${replay.archive} was deleted.`);
    if (!hasBus(address)) return end('FAILED', `Event bus ${replay.bus} was deleted.`);
    const range = { after: place, toMs: replay.toMs, nowMs: clock.nowMs(), limit: batchSize };
    const events = archives.listEvents(db, archive, range);
    const ruleArns = replay.ruleArns.length === 0 ? undefined : replay.ruleArns;
    for (const { event } of events) {
      deliveries.recordOn(db, address, { ...event, 'replay-name': name }, { ...(ruleArns && { ruleArns }) });
    }
    const isDone = events.length < batchSize;
    store.put(db, scope, behind(stored, events.at(-1), isDone ? { state: 'COMPLETED', endedMs: clock.nowMs() } : {}));
    return isDone;
  }
}

/** The replay behind the last event of a piece. */
function behind(
  { replay, archiveId, place }: StoredReplay,
  last: { id: number; timeMs: number } | undefined,
  end: Partial<Replay>,
): StoredReplay {
  if (last === undefined) return { archiveId, place, replay: { ...replay, state: 'RUNNING', ...end } };
  return {
    archiveId,
    place: { timeMs: last.timeMs, id: last.id },
    replay: { ...replay, state: 'RUNNING', lastEventMs: last.timeMs, ...end },
  };
}
