/**
 * Events on their way to targets. What a rule wants is written down in the transaction that tells of the event, so that
 * no crash loses it, and handed over at least once: tried for up to a day, then put into the target's dead-letter queue.
 */
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { PlatformEvent, Recorder } from '#kernel/events';
import type { Log } from '#kernel/log';
import { Outbox, type OutboxEntry } from '#kernel/outbox';
import { isHopeless } from '#kernel/retry';
import type { State, Transaction } from '#kernel/state';
import type { Archives } from '../archives/archives.ts';
import { defaultBus, type BusAddress } from '../buses/bus.ts';
import type { ApiDestinations } from '../connections/api-destinations.ts';
import { busAbsent, validation } from '../errors.ts';
import { envelopeOf, type EventEnvelope } from '../event.ts';
import type { RuleTable } from '../rules/rule-table.ts';
import { ruleArn, type Rule } from '../rules/rule.ts';
import { failureAttributes, type DeadLetters } from './dead-letters.ts';
import { destinationOf } from './destination.ts';
import type { Sender } from './sender.ts';
import { planRetry, type Target } from './target.ts';
import { targetInput } from './target-input.ts';

/** One event for one target, as it was when the event came. */
interface Delivery {
  readonly ruleArn: string;
  readonly ruleName: string;
  readonly target: Target;
  readonly event: EventEnvelope;
  readonly ingestedMs: number;
  /** Buses that the event came through before this one. */
  readonly hops: number;
}

export interface DeliveriesParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly table: RuleTable;
  readonly sender: Sender;
  readonly apiDestinations: ApiDestinations;
  readonly deadLetters: DeadLetters;
  readonly hasBus: (address: BusAddress) => boolean;
  readonly archives: Archives;
}

export interface Passage {
  /** Buses that the event came through before. */
  readonly hops?: number;
  /** The only rules that may have it, where a replay names some. */
  readonly ruleArns?: readonly string[];
}

// Limit: an event goes from bus to bus at most 5 times, so that rules in a circle come to an end.
const hopsMax = 5;

export class Deliveries implements Recorder {
  readonly #parts: DeliveriesParts;
  readonly #outbox: Outbox<Delivery>;
  /** Endpoints out there may be slow; they have deliveries under way of their own. */
  readonly #httpOutbox: Outbox<Delivery>;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
    this.#outbox = this.#box('events');
    this.#httpOutbox = this.#box('events-http');
  }

  start(): void {
    this.#outbox.start();
    this.#httpOutbox.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#outbox.stop(), this.#httpOutbox.stop()]);
  }

  /** Whether a rule or an archive of the default bus wants an event of the platform. */
  wants(event: PlatformEvent): boolean {
    const { table, archives } = this.#parts;
    const address = { scope: `${event.accountId}/${event.region}`, bus: defaultBus };
    if (!table.hasRules(address.scope, address.bus) && !archives.hasAny(address)) return false;
    const envelope = envelopeOf(event);
    return table.matching(address.scope, address.bus, envelope).length > 0 || archives.wants(address, envelope);
  }

  record(db: Transaction, event: PlatformEvent): void {
    this.recordOn(db, { scope: `${event.accountId}/${event.region}`, bus: defaultBus }, envelopeOf(event));
  }

  /** Writes a delivery for each target of each rule of the bus that wants the event, and keeps it in archives. */
  recordOn(db: Transaction, address: BusAddress, event: EventEnvelope, { hops = 0, ruleArns }: Passage = {}): void {
    const { table, archives } = this.#parts;
    const { scope, bus } = address;
    archives.record(db, address, event);
    for (const { rule, targets } of table.matching(scope, bus, event)) {
      if (ruleArns !== undefined && !ruleArns.includes(ruleArn(scope, rule))) continue;
      this.recordFor(db, { scope, rule, targets, event, hops });
    }
  }

  /** Writes the deliveries of one rule, as when its time has come. */
  recordFor(
    db: Transaction,
    cause: { scope: string; rule: Rule; targets: readonly Target[]; event: EventEnvelope; hops?: number },
  ): void {
    const { scope, rule, targets, event, hops = 0 } = cause;
    for (const target of targets) {
      const roleArn = target.roleArn ?? rule.roleArn;
      const delivery: Delivery = {
        ruleArn: ruleArn(scope, rule),
        ruleName: rule.name,
        target: roleArn === undefined ? target : { ...target, roleArn },
        event,
        ingestedMs: this.#parts.clock.nowMs(),
        hops,
      };
      (target.arn.includes(':api-destination/') ? this.#httpOutbox : this.#outbox).add(db, delivery);
    }
  }

  #box(box: string): Outbox<Delivery> {
    const { state, clock, log } = this.#parts;
    return new Outbox({
      state,
      clock,
      log,
      box,
      deliver: (entry, signal) => this.#deliver(entry, signal),
      retryAfterMs: (entry, error) => {
        if (isHopeless(error)) return undefined;
        const plan = this.#plan(entry);
        return typeof plan === 'string' ? undefined : plan.pauseMs;
      },
      giveUp: (db, entry, error) => this.#giveUp(db, entry, error),
    });
  }

  async #deliver({ id, payload }: OutboxEntry<Delivery>, signal: AbortSignal): Promise<void> {
    const { target, event, ruleName } = payload;
    const destination = destinationOf(target.arn);
    const text = targetInput(target, event, { ...payload, ingestedAt: new Date(payload.ingestedMs) });
    if (destination.kind === 'bus') return this.#pass(destination, payload);
    if (destination.kind === 'api-destination') {
      const body = text;
      return this.#parts.apiDestinations.invoke(destination, { body, event, parameters: target.http }, signal);
    }
    const message = {
      id: `${event.id}_${id}`,
      eventId: event.id,
      text,
      roleArn: target.roleArn,
      messageGroupId: target.messageGroupId,
      stream: ruleName,
      invokedBy: 'events.amazonaws.com',
    } as const;
    return this.#parts.sender.send(destination, message, signal);
  }

  /** The event as it is, with its account and region, on another bus. */
  async #pass(address: BusAddress, { event, hops }: Delivery): Promise<void> {
    if (!this.#parts.hasBus(address)) throw busAbsent(address.bus);
    if (hops >= hopsMax) throw validation(`The event came through ${hops} buses already; rules send it in a circle.`);
    await this.#parts.state.write((db) => this.recordOn(db, address, event, { hops: hops + 1 }));
  }

  #plan({ payload, attempts }: OutboxEntry<Delivery>): ReturnType<typeof planRetry> {
    return planRetry(payload.target.retry, attempts, this.#parts.clock.nowMs() - payload.ingestedMs);
  }

  #giveUp(db: Transaction, entry: OutboxEntry<Delivery>, error: unknown): void {
    const { log, deadLetters } = this.#parts;
    const { ruleArn: RULE_ARN, ruleName, target, event } = entry.payload;
    log.warn('an event did not reach its target', { rule: ruleName, target: target.arn, why: messageOf(error) });
    if (target.deadLetterArn === undefined) return;
    const plan = isHopeless(error) ? undefined : this.#plan(entry);
    deadLetters.add(db, {
      queueArn: target.deadLetterArn,
      body: JSON.stringify(event),
      attributes: {
        RULE_ARN,
        TARGET_ARN: target.arn,
        ...failureAttributes(error, entry.attempts, typeof plan === 'string' ? plan : undefined),
      },
      invokedBy: 'events.amazonaws.com',
    });
  }
}
