/**
 * What changed, told inside the process in the form of an EventBridge event, so that a rule, a trigger and a live view
 * read the same thing. Telling never fails the teller: a subscriber that throws is logged.
 *
 * Two kinds of listeners. A subscriber hears of an event once it is on disk, as long as the process lives. A recorder
 * writes what it owes for the event (a delivery to a target) inside a transaction, so that a crash cannot lose it:
 * the publisher's own transaction with `record`, one of the hub's with `publish`.
 */
import type { Log } from './log.ts';
import type { State, Transaction } from './state.ts';

export interface PlatformEvent {
  readonly id: string;
  /** `aws.s3`, `aws.glue`, `aws.athena` … */
  readonly source: string;
  /** `Object Created`, `Glue Job State Change` … */
  readonly detailType: string;
  readonly accountId: string;
  readonly region: string;
  readonly time: Date;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

export type Subscriber = (event: PlatformEvent) => void | Promise<void>;

export interface Recorder {
  /** Cheap: asked for every event of the platform. */
  wants(event: PlatformEvent): boolean;
  /** Runs inside a transaction; what it throws undoes that transaction. */
  record(db: Transaction, event: PlatformEvent): void;
}

export class EventHub {
  readonly #log: Log;
  readonly #state: State | undefined;
  readonly #subscribers = new Set<Subscriber>();
  readonly #recorders = new Set<Recorder>();

  /** @param state where `publish` lets recorders write; without one only subscribers hear of events */
  constructor(log: Log, state?: State) {
    this.#log = log;
    this.#state = state;
  }

  /** @returns a function that ends the subscription. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /** @returns a function that ends the recording. */
  addRecorder(recorder: Recorder): () => void {
    this.#recorders.add(recorder);
    return () => this.#recorders.delete(recorder);
  }

  /** Tells of an event as part of a change: recorders write with it, subscribers hear of it once it is on disk. */
  record(db: Transaction, event: PlatformEvent): void {
    for (const recorder of this.#recorders) if (recorder.wants(event)) recorder.record(db, event);
    db.afterCommit(() => this.#tell(event));
  }

  /** Tells of an event whose change is on disk already. */
  publish(event: PlatformEvent): void {
    void this.publishDurably(event).catch((error: unknown) => {
      this.#log.error('an event could not be recorded', { error, source: event.source, detailType: event.detailType });
    });
  }

  /** As `publish`; resolves once the recorders' writes are on disk. */
  async publishDurably(event: PlatformEvent): Promise<void> {
    const isWanted = [...this.#recorders].some((recorder) => recorder.wants(event));
    if (isWanted && this.#state !== undefined) await this.#state.write((db) => this.record(db, event));
    else this.#tell(event);
  }

  #tell(event: PlatformEvent): void {
    for (const subscriber of this.#subscribers) {
      Promise.resolve()
        .then(() => subscriber(event))
        .catch((error: unknown) => {
          this.#log.error('an event subscriber failed', { error, source: event.source, detailType: event.detailType });
        });
    }
  }
}
