/** Queues behind a gateway of their own, on a state that can be closed and opened again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQS } from '@aws-sdk/client-sqs';
import { SystemClock, type Clock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { clientConfig, startGateway } from '#testing';
import { createQueues } from './capability.ts';
import { queuesSchema } from './store/schema.ts';

export interface TestQueues {
  readonly endpoint: string;
  readonly sqs: SQS;
  readonly state: State;
  readonly newQueue: (name: string, attributes?: Record<string, string>) => Promise<string>;
  readonly arnOf: (url: string) => Promise<string>;
  /** Bodies of up to ten messages that can be received now. */
  readonly bodiesOf: (url: string, max?: number) => Promise<(string | undefined)[]>;
  /** Ends it without a word, as far as one process can, and opens the same state anew. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startQueues({ clock = new SystemClock() }: { clock?: Clock } = {}): Promise<TestQueues> {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-queues-'));
  const open = async () => {
    const state = State.open(join(folder, 'state.sqlite'), [queuesSchema]);
    const { capability, queues } = createQueues({ state, clock, log: silentLog, endpoint: () => '' });
    const gateway = await startGateway({ apis: capability.apis ?? [], clock });
    await capability.start?.();
    const sqs = new SQS({ ...clientConfig(gateway.endpoint), systemClockOffset: clock.nowMs() - Date.now() });
    const close = async (): Promise<void> => {
      sqs.destroy();
      await gateway.close();
      await capability.stop?.();
      state.close();
    };
    return { state, sqs, queues, endpoint: gateway.endpoint, close };
  };
  let parts = await open();
  return {
    get endpoint() {
      return parts.endpoint;
    },
    get sqs() {
      return parts.sqs;
    },
    get state() {
      return parts.state;
    },
    async newQueue(QueueName, Attributes = {}) {
      return (await parts.sqs.createQueue({ QueueName, Attributes })).QueueUrl ?? '';
    },
    async arnOf(QueueUrl) {
      const { Attributes } = await parts.sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
      return Attributes?.['QueueArn'] ?? '';
    },
    async bodiesOf(QueueUrl, MaxNumberOfMessages = 10) {
      const { Messages = [] } = await parts.sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages });
      return Messages.map(({ Body }) => Body);
    },
    async restart() {
      await parts.close();
      parts = await open();
    },
    async close() {
      await parts.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
