/**
 * Workflows: an execution that was accepted is never lost and comes to its end; its history has no gap and enters no state twice; its
 * task sends at most as many messages as the history shows tries.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SFN, type HistoryEvent } from '@aws-sdk/client-sfn';
import { SQS } from '@aws-sdk/client-sqs';
import { drive as loop, settings, type CrashContext, type Held } from './platform.ts';

export { command, ready } from './platform.ts';

const machine = 'crash';
const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${machine}`;
const roleArn = 'arn:aws:iam::000000000000:role/crash';
const witness = 'crash-witness';
/** No execution may be under way longer than this after a restart. */
const settleMs = Number(process.env['CRASH_SETTLE_MS'] ?? 60_000);

/** Five states: a wait that a crash falls into, a task whose effect is counted, a choice, branches, an end. */
const definition = {
  StartAt: 'Rest',
  States: {
    Rest: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Send' },
    Send: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Parameters: { QueueUrl: '', 'MessageBody.$': '$.id' },
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 3 }],
      ResultPath: '$.sent',
      Next: 'Which',
    },
    Which: {
      Type: 'Choice',
      Choices: [{ Variable: '$.sent.MessageId', IsPresent: true, Next: 'Both' }],
      Default: 'Lost',
    },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Left', States: { Left: { Type: 'Pass', End: true } } },
        { StartAt: 'Right', States: { Right: { Type: 'Wait', Seconds: 1, End: true } } },
      ],
      Next: 'Done',
    },
    Done: { Type: 'Succeed' },
    Lost: { Type: 'Fail', Error: 'NothingSent' },
  },
};

/** Messages seen, by execution. */
const sent = new Map<string, number>();
/** Executions whose history was found sound in an earlier round. */
const sound = new Set<string>();

export async function drive(context: CrashContext): Promise<void> {
  const common = settings(context);
  const [sfn, sqs] = [new SFN(common), new SQS(common)];
  const { QueueUrl = '' } = await sqs
    .createQueue({ QueueName: witness })
    .catch(() => ({ QueueUrl: `${common.endpoint}/000000000000/${witness}` }));
  definition.States.Send.Parameters.QueueUrl = QueueUrl;
  await sfn
    .createStateMachine({ name: machine, definition: JSON.stringify(definition), roleArn })
    .catch(() => undefined);
  await loop(context, 4, async (id) => {
    context.attempt(id);
    await sfn.startExecution({
      stateMachineArn,
      name: id,
      input: JSON.stringify({ id, seconds: context.rnd() < 0.5 ? 0 : 1 }),
    });
    context.ack(id);
    // Some 10,000 executions over 200 kills: enough to be caught anywhere, few enough to read every history.
    await sleep(50);
  });
  sfn.destroy();
  sqs.destroy();
}

export async function* inspect(context: CrashContext): AsyncIterable<Held> {
  const sfn = new SFN(settings(context));
  const deadline = performance.now() + settleMs;
  while ((await list(sfn, 'RUNNING')).length > 0 && performance.now() < deadline) await sleep(100);
  for (const name of await list(sfn, 'SUCCEEDED')) yield { id: name };
  sfn.destroy();
}

export async function check(context: CrashContext): Promise<string[]> {
  const sfn = new SFN(settings(context));
  await drain(context);
  const found: string[] = [];
  for (const status of ['RUNNING', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const) {
    for (const name of await list(sfn, status)) found.push(`${name} is ${status}`);
  }
  for (const name of await list(sfn, 'SUCCEEDED')) {
    if (sound.has(name)) continue;
    const problems = problemsOf(name, await history(sfn, name));
    if (problems.length === 0) sound.add(name);
    found.push(...problems);
  }
  sfn.destroy();
  return found;
}

function problemsOf(name: string, events: readonly HistoryEvent[]): string[] {
  const found: string[] = [];
  if (events.some((event, index) => event.id !== index + 1)) found.push(`${name} has a gap in its history`);
  const entered = events.flatMap((event) => event.stateEnteredEventDetails?.name ?? []);
  if (new Set(entered).size !== entered.length) found.push(`${name} entered a state twice: ${entered.join(', ')}`);
  const tries = events.filter((event) => event.type === 'TaskStarted').length;
  const effects = sent.get(name) ?? 0;
  if (effects === 0) found.push(`${name} succeeded and sent nothing`);
  if (effects > tries) found.push(`${name} sent ${effects} messages; its history shows ${tries} tries`);
  return found;
}

async function list(
  sfn: SFN,
  statusFilter: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED',
): Promise<string[]> {
  const names: string[] = [];
  for (let nextToken: string | undefined; ;) {
    const page = await sfn.listExecutions({
      stateMachineArn,
      statusFilter,
      maxResults: 1000,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    names.push(...(page.executions ?? []).map(({ name }) => name!));
    nextToken = page.nextToken;
    if (nextToken === undefined) return names;
  }
}

async function history(sfn: SFN, name: string): Promise<HistoryEvent[]> {
  const executionArn = stateMachineArn.replace(':stateMachine:', ':execution:').concat(`:${name}`);
  const { events = [] } = await sfn.getExecutionHistory({ executionArn, maxResults: 1000 });
  return events;
}

async function drain(context: CrashContext): Promise<void> {
  const common = settings(context);
  const sqs = new SQS(common);
  const QueueUrl = `${common.endpoint}/000000000000/${witness}`;
  for (;;) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    if (Messages.length === 0) break;
    for (const { Body = '' } of Messages) sent.set(Body, (sent.get(Body) ?? 0) + 1);
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle: ReceiptHandle! }));
    await sqs.deleteMessageBatch({ QueueUrl, Entries });
  }
  sqs.destroy();
}
