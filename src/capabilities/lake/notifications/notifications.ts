/**
 * Notifications on their way: what the configuration of a bucket wants of a change is written down with it and handed
 * to queues, topics and functions at least once, in no order, as S3 does.
 */
import { serviceCaller } from '#access';
import type { Dispatcher } from '#gateway';
import { parseArn } from '#kernel/arn';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import { Outbox } from '#kernel/outbox';
import { retryWithin } from '#kernel/retry';
import type { State, Transaction } from '#kernel/state';
import { invalidArgument } from '../errors.ts';
import { eventNameOf, toRecordText, type Announcement } from './announcement.ts';
import { wants, type Subscription } from './configuration.ts';

interface Delivery {
  readonly arn: string;
  readonly service: Subscription['service'];
  readonly text: string;
  readonly traceHeader?: string | undefined;
}

const invokedBy = 's3.amazonaws.com';
const pauseMaxMs = 480_000;
// Limit: a notification is tried for a day, with pauses that double up to 8 minutes, and then dropped with a word in the log.
const ageMaxMs = 86_400_000;

export class Notifications {
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #outbox: Outbox<Delivery>;

  constructor(parts: { state: State; clock: Clock; log: Log; dispatcher: Dispatcher }) {
    const { state, clock, log, dispatcher } = parts;
    this.#dispatcher = dispatcher;
    this.#clock = clock;
    this.#outbox = new Outbox({
      state,
      clock,
      log,
      box: 'lake-notifications',
      deliver: ({ payload }, signal) => this.#send(payload, signal),
      retryAfterMs: retryWithin(clock, { ageMaxMs, pauseMaxMs }),
      giveUp(_db, { payload }, error) {
        log.warn('a notification did not reach its destination', { destination: payload.arn, why: messageOf(error) });
      },
    });
  }

  start(): void {
    this.#outbox.start();
  }

  stop(): Promise<void> {
    return this.#outbox.stop();
  }

  /** Writes what is owed for a change, in its transaction. */
  add(db: Transaction, announcement: Announcement, subscriptions: readonly Subscription[]): void {
    const eventName = eventNameOf(announcement);
    for (const subscription of subscriptions) {
      if (!wants(subscription, eventName, announcement.key)) continue;
      const { arn, service, id } = subscription;
      const { traceHeader } = announcement;
      this.#outbox.add(db, { arn, service, text: toRecordText(announcement, id), traceHeader });
    }
  }

  /**
   * Sends the test message to queues and topics, and looks for functions.
   * @throws InvalidArgument naming the destination that cannot be reached
   */
  async test(
    bucket: string,
    requestId: string,
    subscriptions: readonly Subscription[],
    signal: AbortSignal,
  ): Promise<void> {
    const text = JSON.stringify({
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Time: this.#clock.now().toISOString(),
      Bucket: bucket,
      RequestId: requestId,
      HostId: requestId,
    });
    for (const { arn, service } of subscriptions) {
      try {
        if (service === 'lambda') await this.#call(arn, 'lambda', 'GetFunction', { FunctionName: arn }, signal);
        else await this.#send({ arn, service, text }, signal);
      } catch (error) {
        const message = `Unable to validate the following destination configurations (${messageOf(error)})`;
        throw invalidArgument(message, arn, messageOf(error));
      }
    }
  }

  async #send({ arn, service, text, traceHeader }: Delivery, signal: AbortSignal): Promise<void> {
    const call = (target: string, operation: string, input: object): Promise<unknown> =>
      this.#call(arn, target, operation, input, signal, traceHeader);
    if (service === 'sns') {
      await call('sns', 'Publish', { TopicArn: arn, Message: text, Subject: 'Amazon S3 Notification' });
    } else if (service === 'lambda') {
      await call('lambda', 'Invoke', { FunctionName: arn, InvocationType: 'Event', Payload: text });
    } else {
      const where = { QueueName: parseArn(arn).resource };
      const { QueueUrl } = (await call('sqs', 'GetQueueUrl', where)) as { QueueUrl: string };
      await call('sqs', 'SendMessage', { QueueUrl, MessageBody: text });
    }
  }

  #call(
    arn: string,
    service: string,
    operation: string,
    input: object,
    signal: AbortSignal,
    traceHeader?: string,
  ): Promise<unknown> {
    const { accountId, region } = parseArn(arn);
    const caller = serviceCaller(invokedBy, accountId);
    return this.#dispatcher.call(service, operation, input, { caller, region, signal, invokedBy, traceHeader });
  }
}
