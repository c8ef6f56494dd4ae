/**
 * What the topics of a stack (`NotificationARNs`) are told: each of its events, in order and at least once, as the text
 * of lines that CloudFormation sends. User guide, "Setting CloudFormation stack options", "Stack notification options".
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
import type { StackEvent } from './stack.ts';

interface Notice {
  readonly topicArn: string;
  readonly text: string;
}

const principal = 'cloudformation.amazonaws.com';
const pauseMaxMs = 300_000;
/** Limit: a topic that cannot be reached is tried for an hour, then the event is dropped with a word in the log. */
const ageMaxMs = 3_600_000;

export class Notifications {
  readonly #dispatcher: Dispatcher;
  readonly #outbox: Outbox<Notice>;

  constructor(parts: { state: State; clock: Clock; log: Log; dispatcher: Dispatcher }) {
    const { state, clock, log, dispatcher } = parts;
    this.#dispatcher = dispatcher;
    this.#outbox = new Outbox({
      state,
      clock,
      log,
      box: 'stacks-notifications',
      deliver: ({ payload }, signal) => this.#publish(payload, signal),
      retryAfterMs: retryWithin(clock, { ageMaxMs, pauseMaxMs }),
      giveUp(_db, { payload }, error) {
        log.warn('an event of a stack did not reach its topic', { topic: payload.topicArn, why: messageOf(error) });
      },
    });
  }

  start(): void {
    this.#outbox.start();
  }

  stop(): Promise<void> {
    return this.#outbox.stop();
  }

  /** Writes what is owed for an event, in its transaction. */
  owe(db: Transaction, event: StackEvent): void {
    for (const topicArn of event.notificationArns ?? []) {
      this.#outbox.add(db, { topicArn, text: noticeText(event) }, { orderingKey: `${event.stackId} ${topicArn}` });
    }
  }

  async #publish({ topicArn, text }: Notice, signal: AbortSignal): Promise<void> {
    const { accountId, region } = parseArn(topicArn);
    const input = { TopicArn: topicArn, Message: text, Subject: 'AWS CloudFormation Notification' };
    const caller = serviceCaller(principal, accountId);
    await this.#dispatcher.call('sns', 'Publish', input, { caller, region, signal, invokedBy: principal });
  }
}

/** One `Name='value'` a line, which is how programs read it. */
function noticeText(event: StackEvent): string {
  const { accountId } = parseArn(event.stackId);
  const members = {
    StackId: event.stackId,
    Timestamp: new Date(event.timeMs).toISOString(),
    EventId: event.id,
    LogicalResourceId: event.logicalId,
    Namespace: accountId,
    PhysicalResourceId: event.physicalId,
    PrincipalId: accountId,
    ResourceProperties: event.properties ?? 'null',
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason ?? '',
    ResourceType: event.type,
    StackName: event.stackName,
    ClientRequestToken: event.clientToken ?? 'null',
  };
  return Object.entries(members)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}
