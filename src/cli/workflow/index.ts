/** `millpond workflow NAME`: starts an execution of a state machine and draws it while it runs. */
import { readFileSync } from 'node:fs';
import colors from 'picocolors';
import { Client, type CallOutput } from '../client.ts';
import { findConnection, type ConnectionFlags } from '../connection.ts';
import { CliError, exitCodes } from '../exit.ts';
import type { Output } from '../output.ts';
import { pollUntil } from '../poll.ts';
import { drawLines, nodesOf, visitsOf, type HistoryEvent } from './picture.ts';

export interface WorkflowFlags extends ConnectionFlags {
  readonly input?: string;
  readonly executionName?: string;
  readonly timeout?: string;
  readonly wait?: boolean;
}

export async function runWorkflowCommand(name: string, flags: WorkflowFlags, output: Output): Promise<void> {
  const client = new Client(findConnection(flags));
  const execution = await startWorkflow(client, name, {
    input: readInput(flags.input ?? '{}'),
    ...(flags.executionName === undefined ? {} : { executionName: flags.executionName }),
  });
  if (flags.wait === false) return output.result({ executionArn: execution }, execution);
  const ended = await followExecution(client, execution, output, {
    timeoutSeconds: flags.timeout === undefined ? undefined : Number(flags.timeout),
  });
  output.result(ended, `${ended.name} ${ended.status}`);
  if (ended.status !== 'SUCCEEDED') throw new CliError(failureOf(ended), exitCodes.failed);
}

/** @param name a state machine's name or ARN @returns the execution's ARN */
export async function startWorkflow(
  client: Client,
  name: string,
  { input, executionName }: { input: string; executionName?: string },
): Promise<string> {
  const stateMachineArn = name.startsWith('arn:') ? name : await findMachine(client, name);
  const { executionArn } = await client.call('stepfunctions', 'StartExecution', {
    stateMachineArn,
    input,
    ...(executionName === undefined ? {} : { name: executionName }),
  });
  return executionArn;
}

/** Draws the execution until it ended. @returns its description */
export async function followExecution(
  client: Client,
  executionArn: string,
  output: Output,
  { timeoutSeconds }: { timeoutSeconds?: number | undefined } = {},
): Promise<CallOutput> {
  const { definition } = await client.call('stepfunctions', 'DescribeStateMachineForExecution', { executionArn });
  const nodes = nodesOf(JSON.parse(definition));
  return pollUntil<CallOutput>({
    read: () => client.call('stepfunctions', 'DescribeExecution', { executionArn }),
    isDone: ({ status }) => status !== 'RUNNING' && status !== 'PENDING_REDRIVE',
    onValue: async ({ status }) => {
      const visits = visitsOf(await historyOf(client, executionArn), status);
      output.picture(drawLines(nodes, visits), { done: status !== 'RUNNING' });
    },
    timeoutSeconds,
    what: `Execution ${executionArn}`,
  });
}

/** What an execution failed of, for people. */
export function failureOf({ status, error, cause }: CallOutput): string {
  const reason = [error, cause].filter((text) => text !== undefined && text !== '').join(': ');
  return `The execution ended ${status}${reason === '' ? '.' : `: ${colors.bold(reason)}`}`;
}

async function historyOf(client: Client, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for (let nextToken: string | undefined; ;) {
    const page = await client.call('stepfunctions', 'GetExecutionHistory', {
      executionArn,
      maxResults: 1000,
      includeExecutionData: false,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    events.push(...page.events);
    nextToken = page.nextToken;
    if (nextToken === undefined) return events;
  }
}

async function findMachine(client: Client, name: string): Promise<string> {
  for (let nextToken: string | undefined; ;) {
    const page = await client.call('stepfunctions', 'ListStateMachines', nextToken === undefined ? {} : { nextToken });
    const found = page.stateMachines.find((machine: { name: string }) => machine.name === name);
    if (found !== undefined) return found.stateMachineArn;
    nextToken = page.nextToken;
    if (nextToken === undefined) break;
  }
  throw new CliError(
    `There is no state machine ${name}.`,
    exitCodes.notFound,
    'List them with `millpond aws stepfunctions list-state-machines`.',
  );
}

function readInput(text: string): string {
  const input = text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text;
  try {
    JSON.parse(input);
  } catch {
    throw new CliError(
      `The input ${text} is not JSON.`,
      exitCodes.usage,
      `Write --input '{"name": "value"}' or --input @file.`,
    );
  }
  return input;
}
