/**
 * What changed, told inside the process in the form of an EventBridge event, so that a rule, a trigger and a live view
 * read the same thing. Publishing never fails the publisher: a subscriber that throws is logged.
 */
import type { Log } from './log.ts';

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

export class EventHub {
  readonly #log: Log;
  readonly #subscribers = new Set<Subscriber>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @returns a function that ends the subscription. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  publish(event: PlatformEvent): void {
    for (const subscriber of this.#subscribers) {
      Promise.resolve()
        .then(() => subscriber(event))
        .catch((error: unknown) => {
          this.#log.error('an event subscriber failed', { error, source: event.source, detailType: event.detailType });
        });
    }
  }
}
