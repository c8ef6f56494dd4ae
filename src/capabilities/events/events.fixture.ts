/** The events capability behind a gateway on a free port, with logs and queues to send to and a clock to turn. */
import { join } from 'node:path';
import { after } from 'node:test';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { Scheduler } from '@aws-sdk/client-scheduler';
import { SQS } from '@aws-sdk/client-sqs';
import type { Capability } from '#capability';
import { FakeClock } from '#kernel/clock';
import { EventHub } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { createLogs, logsSchema } from '#logs';
import { createQueues, queuesSchema } from '#queues';
import { clientConfig, startGateway, until, useTempFolder } from '#testing';
import { createEvents } from './capability.ts';
import { eventsSchema } from './store/schema.ts';

export const scope = '000000000000/us-east-1';

export type EventsBench = Awaited<ReturnType<typeof startEvents>>;

/** Everything is closed behind the tests of the file; `crash` ends it earlier, for another start on the same folder. */
export async function startEvents(options: { dataDir?: string; clock?: FakeClock } = {}) {
  const dataDir = options.dataDir ?? useTempFolder();
  const clock = options.clock ?? new FakeClock();
  const schemas = [outboxSchema, logsSchema, queuesSchema, eventsSchema];
  const state = State.open(join(dataDir, 'state.sqlite'), schemas);
  const hub = new EventHub(silentLog, state);
  const ground = {
    state,
    clock,
    log: silentLog,
    events: hub,
    vault: Vault.open(join(dataDir, 'secret.key')),
    dataDir,
    endpoint: () => server.endpoint,
  };
  const capabilities: Capability[] = [];
  const server = await startGateway({ apis: () => capabilities.flatMap(({ apis = [] }) => apis) });
  const logs = createLogs(ground);
  const queues = createQueues(ground);
  const notified: string[] = [];
  const events = createEvents({
    ...ground,
    logs: logs.logs,
    dispatcher: server.dispatcher,
    notifyWorkflow: (at, workflow, eventId) => {
      notified.push(`${at} ${workflow} ${eventId}`);
      return Promise.resolve();
    },
  });
  capabilities.push(logs.capability, queues.capability, events.capability);
  for (const capability of capabilities) await capability.start?.();
  const client = new EventBridge(clientConfig(server.endpoint));
  const scheduler = new Scheduler(clientConfig(server.endpoint));
  const sqs = new SQS(clientConfig(server.endpoint));
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    for (const each of [client, scheduler, sqs]) each.destroy();
    for (const capability of capabilities.toReversed()) await capability.stop?.();
    await server.close();
    state.close();
  };
  after(close);

  const logLines = (group: string, stream: string): string[] => {
    try {
      const { events: lines } = logs.logs.getEvents(scope, group, stream, { limit: 100, fromHead: true });
      return lines.map((line) => line.message);
    } catch {
      return [];
    }
  };
  return {
    ...events,
    clock,
    client,
    scheduler,
    sqs,
    hub,
    state,
    server,
    dataDir,
    notified,
    close,
    groupArn: (name: string) => `arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/${name}`,
    queueArn: (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`,
    /** The lines that a rule wrote into its log group, once there are so many. */
    lines: async (group: string, stream: string, count: number): Promise<string[]> => {
      await until(() => logLines(`/aws/events/${group}`, stream).length >= count, `${count} lines in ${group}`);
      return logLines(`/aws/events/${group}`, stream);
    },
    /** Puts an event of the detail type `order`. */
    put: (source: string, detail: object, bus?: string) =>
      client.putEvents({
        Entries: [
          { Source: source, DetailType: 'order', Detail: JSON.stringify(detail), ...(bus && { EventBusName: bus }) },
        ],
      }),
    makeQueue: async (name: string): Promise<string> => {
      const Attributes = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
      return (await sqs.createQueue({ QueueName: name, Attributes })).QueueUrl ?? '';
    },
    /** Messages of a queue, once there are so many; they are taken out of it. */
    messages: async (QueueUrl: string, count = 1) => {
      const found: { body: string; attributes: Record<string, string | undefined> }[] = [];
      await until(async () => {
        const { Messages = [] } = await sqs.receiveMessage({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        });
        for (const { Body = '', MessageAttributes = {}, ReceiptHandle } of Messages) {
          const attributes = Object.entries(MessageAttributes).map(([key, value]) => [key, value.StringValue] as const);
          found.push({ body: Body, attributes: Object.fromEntries(attributes) });
          await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
        }
        return found.length >= count;
      }, `${count} messages`);
      return found;
    },
  };
}
