/**
 * Subscription filters of log groups. What fits one is owed to its function in the transaction that keeps the events, and
 * handed over at least once (CloudWatch Logs User Guide, "Real-time processing of log data with subscriptions").
 */
import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { serviceCaller } from '#access';
import type { Dispatcher } from '#gateway';
import { findArn, parseArn } from '#kernel/arn';
import type { Clock } from '#kernel/clock';
import { isPlatformError, messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import { Outbox } from '#kernel/outbox';
import { growingPause } from '#kernel/retry';
import type { State, Transaction } from '#kernel/state';
import { groupAbsent, invalidParameter, subscriptionAbsent, tooManySubscriptions } from '../errors.ts';
import { parseFilterPattern } from '../filter-pattern.ts';
import { eventIdOf } from '../log-event.ts';
import type { LogGroup } from '../log-group.ts';
import { removeSubscription, selectSubscriptions, upsertSubscription } from './store.ts';
import { checkSubscriptionFilter, type StoredEvent, type SubscriptionFilter } from './subscription-filter.ts';

// Limit: a log group has at most 2 subscription filters, as in AWS.
const filtersMax = 2;
/** Text of the events of one hand-over: packed it stays below what an asynchronous invocation may carry. */
const batchCharactersMax = 500_000;
// Limit: what a function does not take for 24 hours is dropped, as in AWS.
const ageMaxMs = 24 * 3_600_000;
const pauseMaxMs = 60_000;

const serviceName = 'logs.amazonaws.com';
const pack = promisify(gzip);

interface Owed {
  readonly destinationArn: string;
  readonly filter: string;
  readonly accountId: string;
  readonly group: string;
  readonly stream: string;
  readonly events: readonly StoredEvent[];
}

export interface SubscriptionsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly dispatcher: Dispatcher;
}

export class Subscriptions {
  readonly #parts: SubscriptionsParts;
  readonly #owed: Outbox<Owed>;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
    const { clock, log } = parts;
    this.#owed = new Outbox<Owed>({
      ...parts,
      box: 'logs-subscriptions',
      deliver: ({ payload }, signal) => this.#handOver(payload, signal),
      // Also what is refused now: a function may come back.
      retryAfterMs: ({ attempts, addedMs }) =>
        clock.nowMs() - addedMs > ageMaxMs ? undefined : growingPause(attempts, pauseMaxMs),
      giveUp: (_db, { payload }, error) =>
        log.warn('log events did not reach the function that subscribed to them', {
          group: payload.group,
          target: payload.destinationArn,
          error: messageOf(error),
        }),
    });
  }

  start(): void {
    this.#owed.start();
  }

  async stop(): Promise<void> {
    await this.#owed.stop();
  }

  /** @throws InvalidParameterException, LimitExceededException */
  async put(group: LogGroup, filter: SubscriptionFilter): Promise<void> {
    checkSubscriptionFilter(filter);
    await this.#checkDestination(group, filter.destinationArn);
    await this.#parts.state.write((db) => {
      // The group may have gone while the function was looked at.
      if (db.prepare('SELECT 1 FROM logs_group WHERE id = ?').get(group.id) === undefined)
        throw groupAbsent(group.name);
      const before = selectSubscriptions(db, group.id);
      const known = before.find(({ name }) => name === filter.name);
      if (known === undefined && before.length >= filtersMax) throw tooManySubscriptions();
      upsertSubscription(db, group.id, { ...filter, createdMs: known?.createdMs ?? filter.createdMs });
    });
  }

  /** @throws ResourceNotFoundException */
  async delete(group: LogGroup, name: string): Promise<void> {
    const wasThere = await this.#parts.state.write((db) => removeSubscription(db, group.id, name));
    if (!wasThere) throw subscriptionAbsent(name);
  }

  list(group: LogGroup): SubscriptionFilter[] {
    return selectSubscriptions(this.#parts.state.reader, group.id);
  }

  /** Notes in the transaction that keeps the events what is owed because of them. */
  record(
    db: Transaction,
    target: { readonly scope: string; readonly group: string; readonly stream: string; readonly groupId: number },
    events: readonly StoredEvent[],
  ): void {
    const { scope, group, stream, groupId } = target;
    const [accountId = ''] = scope.split('/');
    for (const { name, pattern, destinationArn } of selectSubscriptions(db, groupId)) {
      const fits = parseFilterPattern(pattern);
      const wanted = events.filter(({ message }) => fits(message));
      for (const part of partsOf(wanted)) {
        this.#owed.add(db, { destinationArn, filter: name, accountId, group, stream, events: part });
      }
    }
  }

  async #handOver({ destinationArn, filter, accountId, group, stream, events }: Owed, signal: AbortSignal) {
    const message = {
      messageType: 'DATA_MESSAGE',
      owner: accountId,
      logGroup: group,
      logStream: stream,
      subscriptionFilters: [filter],
      logEvents: events.map(({ id, timestampMs, message: text }) => ({
        id: eventIdOf(id),
        timestamp: timestampMs,
        message: text,
      })),
    };
    const data = (await pack(JSON.stringify(message))).toString('base64');
    await this.#call(
      destinationArn,
      accountId,
      'Invoke',
      {
        FunctionName: destinationArn,
        InvocationType: 'Event',
        Payload: Buffer.from(JSON.stringify({ awslogs: { data } })),
      },
      signal,
    );
  }

  /** As in AWS: the function must be there, and not hear of its own log without end. */
  async #checkDestination(group: LogGroup, arn: string): Promise<void> {
    const [accountId = ''] = group.scope.split('/');
    let logGroup: string | undefined;
    try {
      const input = { FunctionName: arn };
      const answer = (await this.#call(arn, accountId, 'GetFunctionConfiguration', input)) as {
        LoggingConfig?: { LogGroup?: string };
      };
      logGroup = answer.LoggingConfig?.LogGroup;
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      throw invalidParameter(`Could not execute the lambda function: ${messageOf(error)}`);
    }
    if (logGroup !== group.name || findArn(arn)?.region !== group.scope.split('/')[1]) return;
    throw invalidParameter(
      'The log group provided is reserved for the function log output of the destination function.',
    );
  }

  #call(arn: string, accountId: string, operation: string, input: object, signal?: AbortSignal): Promise<unknown> {
    const { region } = parseArn(arn);
    const caller = serviceCaller(serviceName, accountId);
    const as = { caller, region, invokedBy: serviceName, ...(signal !== undefined && { signal }) };
    return this.#parts.dispatcher.call('lambda', operation, input, as) as Promise<unknown>;
  }
}

/** Cuts what is too much for one hand-over. */
function partsOf(events: readonly StoredEvent[]): StoredEvent[][] {
  const parts: StoredEvent[][] = [];
  let characters = Infinity;
  for (const event of events) {
    if (characters + event.message.length > batchCharactersMax) {
      parts.push([]);
      characters = 0;
    }
    characters += event.message.length;
    parts.at(-1)?.push(event);
  }
  return parts;
}
