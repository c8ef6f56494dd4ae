/** Dead letters: what could not be delivered goes to the queue that its target names, with the reason beside it. */
import type { Clock } from '#kernel/clock';
import { PlatformError, messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import { Outbox } from '#kernel/outbox';
import type { State, Transaction } from '#kernel/state';
import { findArn } from '#kernel/arn';
import { validation } from '../errors.ts';
import type { Message, Sender } from './sender.ts';
import { planRetry, type Exhausted } from './target.ts';

export interface DeadLetter {
  readonly queueArn: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly invokedBy: Message['invokedBy'];
}

export class DeadLetters {
  readonly #outbox: Outbox<DeadLetter>;

  constructor(parts: { state: State; clock: Clock; log: Log; sender: Sender }) {
    const { state, clock, log, sender } = parts;
    this.#outbox = new Outbox({
      state,
      clock,
      log,
      box: 'events-dead-letters',
      deliver: ({ payload }, signal) => deliver(sender, payload, signal),
      retryAfterMs({ attempts, addedMs }) {
        const plan = planRetry({}, attempts, clock.nowMs() - addedMs);
        return typeof plan === 'string' ? undefined : plan.pauseMs;
      },
      giveUp(_db, { payload }, error) {
        log.error('a dead letter was lost', { queue: payload.queueArn, why: messageOf(error), body: payload.body });
      },
    });
  }

  add(db: Transaction, letter: DeadLetter): void {
    this.#outbox.add(db, letter);
  }

  start(): void {
    this.#outbox.start();
  }

  stop(): Promise<void> {
    return this.#outbox.stop();
  }
}

/** @throws ValidationException when the ARN is not that of a queue */
export function checkDeadLetterQueue(arn: string): void {
  queueOf(arn);
}

/** What EventBridge says of a failure beside a dead letter. */
export function failureAttributes(
  error: unknown,
  attempts: number,
  exhausted: Exhausted | undefined,
): Record<string, string> {
  return {
    ERROR_CODE: errorCodeOf(error),
    ERROR_MESSAGE: messageOf(error),
    ...(exhausted !== undefined && { EXHAUSTED_RETRY_CONDITION: exhausted }),
    RETRY_ATTEMPTS: String(attempts),
  };
}

function errorCodeOf(error: unknown): string {
  if (!(error instanceof PlatformError)) return 'SDK_CLIENT_ERROR';
  switch (error.kind) {
    case 'absent':
      return 'NO_RESOURCE';
    case 'denied':
      return 'NO_PERMISSIONS';
    case 'throttled':
      return 'THROTTLING';
    case 'invalid':
      return 'INVALID_PARAMETER';
    default:
      return 'SDK_CLIENT_ERROR';
  }
}

async function deliver(sender: Sender, letter: DeadLetter, signal: AbortSignal): Promise<void> {
  const MessageAttributes = Object.fromEntries(
    Object.entries(letter.attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
  const members = { MessageBody: letter.body, MessageAttributes };
  await sender.sendToQueue(queueOf(letter.queueArn), members, { invokedBy: letter.invokedBy }, signal);
}

function queueOf(arn: string): { scope: string; queue: string } {
  const parts = findArn(arn);
  if (parts?.service !== 'sqs') {
    throw validation(`Parameter DeadLetterConfig.Arn is not valid: ${arn} is not the ARN of an SQS queue.`);
  }
  if (parts.resource.endsWith('.fifo')) {
    throw validation(`Parameter DeadLetterConfig.Arn is not valid: ${arn} is a FIFO queue; name a standard one.`);
  }
  return { scope: `${parts.accountId}/${parts.region}`, queue: parts.resource };
}
