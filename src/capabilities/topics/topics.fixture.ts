/** Topics, queues and the outside world they deliver to: a web server and a mail server. */
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { SMTPServer } from 'smtp-server';
import type { Dispatcher, ServiceApi } from '#gateway';
import { SystemClock, type Clock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { createQueues, queuesSchema } from '#queues';
import { clientConfig, startGateway } from '#testing';
import { createTopics } from './capability.ts';
import { topicsSchema } from './store/schema.ts';

export interface TestTopics {
  readonly endpoint: string;
  readonly sns: SNS;
  readonly sqs: SQS;
  readonly newTopic: (name: string, attributes?: Record<string, string>) => Promise<string>;
  /** A queue and its ARN. */
  readonly newQueue: (name: string, attributes?: Record<string, string>) => Promise<{ url: string; arn: string }>;
  /** Waits for the next message of a queue and deletes it. */
  readonly next: (url: string) => Promise<string>;
  close(): Promise<void>;
}

export interface TestTopicsOptions {
  readonly clock?: Clock;
  readonly smtpUrl?: string;
  /** Further services, such as functions that only listen. */
  readonly apis?: readonly ServiceApi[];
}

export async function startTopics({
  clock = new SystemClock(),
  smtpUrl = '',
  apis = [],
}: TestTopicsOptions = {}): Promise<TestTopics> {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-topics-'));
  const state = State.open(join(folder, 'state.sqlite'), [outboxSchema, queuesSchema, topicsSchema]);
  const queues = createQueues({ state, clock, log: silentLog, endpoint: () => '' });
  const late: { dispatcher?: Dispatcher } = {};
  const topics = createTopics({
    state,
    clock,
    log: silentLog,
    vault: Vault.open(join(folder, 'key')),
    dispatcher: {
      call: (...call) => late.dispatcher!.call(...call),
      serves: (...operation) => late.dispatcher!.serves(...operation),
    },
    endpoint: () => gateway.endpoint,
    mail: { url: smtpUrl, from: 'Topics <topics@example.com>' },
  });
  const gateway = await startGateway({
    apis: [...(queues.capability.apis ?? []), ...(topics.capability.apis ?? []), ...apis],
    routes: topics.capability.routes ?? [],
    clock,
  });
  late.dispatcher = gateway.dispatcher;
  await topics.capability.start?.();
  const config = { ...clientConfig(gateway.endpoint), systemClockOffset: clock.nowMs() - Date.now() };
  const [sns, sqs] = [new SNS(config), new SQS(config)];
  return {
    endpoint: gateway.endpoint,
    sns,
    sqs,
    newTopic: async (Name, Attributes = {}) => (await sns.createTopic({ Name, Attributes })).TopicArn ?? '',
    async newQueue(QueueName, Attributes = {}) {
      const { QueueUrl: url = '' } = await sqs.createQueue({ QueueName, Attributes });
      return { url, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
    },
    async next(QueueUrl) {
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 5 });
      const [message] = Messages;
      if (message === undefined) throw new Error(`Nothing came to ${QueueUrl}.`);
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
      return message.Body ?? '';
    },
    async close() {
      sns.destroy();
      sqs.destroy();
      await gateway.close();
      await topics.capability.stop?.();
      await queues.capability.stop?.();
      state.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A web server that keeps what it is sent and answers with the statuses it is told, 200 behind them. */
export async function startWebServer(statuses: number[] = []) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(statuses.shift() ?? 200, { connection: 'close' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url: `http://127.0.0.1:${port}/hook`, received, close };
}

/** A mail server that keeps the mails it is sent. */
export async function startMailServer(listenPort = 0) {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString('utf8'));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(listenPort, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
