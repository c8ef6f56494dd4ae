/** `millpond deploy template.yaml` and `millpond destroy STACK`: CloudFormation, with its events as they come. */
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import colors from 'picocolors';
import { Client, type CallOutput } from './client.ts';
import { findConnection, type ConnectionFlags } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';
import { isPlatformError } from '#kernel/errors';
import { formatDuration, type Output } from './output.ts';
import { type ArtifactStore, packageTemplate } from './package/artifacts.ts';
import { pollUntil } from './poll.ts';
import { ensureBucket } from './sql.ts';

export interface DeployFlags extends ConnectionFlags {
  readonly stackName?: string;
  readonly parameter?: readonly string[];
  readonly tag?: readonly string[];
  readonly wait?: boolean;
  readonly timeout?: string;
}

// Limit: CloudFormation takes 51,200 bytes of template in a request; larger ones go by way of a bucket.
const inlineBytesMax = 51_200;

export async function runDeploy(template: string, flags: DeployFlags, output: Output): Promise<void> {
  const client = new Client(findConnection(flags));
  const stackName = flags.stackName ?? nameFromPath(template);
  const outputs = await deploy(client, {
    stackName,
    body: await packageTemplate(template, readTemplate(template), artifactStore(client)),
    parameters: pairs(flags.parameter, '--parameter'),
    tags: pairs(flags.tag, '--tag'),
    wait: flags.wait !== false,
    timeoutSeconds: flags.timeout === undefined ? undefined : Number(flags.timeout),
    onEvent: (event) => output.note(describeEvent(event)),
  });
  output.rows(['OutputKey', 'OutputValue', 'Description'], outputs);
}

export async function runDestroy(stackName: string, flags: DeployFlags, output: Output): Promise<void> {
  const client = new Client(findConnection(flags));
  await destroy(client, stackName, {
    wait: flags.wait !== false,
    onEvent: (event) => output.note(describeEvent(event)),
  });
  output.result({ stackName, status: 'DELETE_COMPLETE' }, `${stackName} is deleted.`);
}

interface DeployOptions {
  readonly stackName: string;
  readonly body: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly wait?: boolean;
  readonly timeoutSeconds?: number | undefined;
  readonly onEvent?: (event: CallOutput) => void;
}

/** Creates the stack, or updates it when it is there. @returns its outputs */
export async function deploy(client: Client, options: DeployOptions): Promise<CallOutput[]> {
  const { stackName, tags = {}, wait = true } = options;
  const before = await findStack(client, stackName);
  const template = await templateInput(client, options.body);
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const input = {
    StackName: stackName,
    ...template,
    Parameters: await parametersInput(client, template, options.parameters ?? {}, before),
    // A stack keeps its tags when none are given.
    ...(Tags.length > 0 && { Tags }),
    Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'],
  };
  const seen = new Set(
    before === undefined ? [] : (await eventsOf(client, before.StackId)).map((event) => event.EventId),
  );
  try {
    await client.call('cloudformation', before === undefined ? 'CreateStack' : 'UpdateStack', input);
  } catch (error) {
    if (isPlatformError(error) && error.message.includes('No updates are to be performed'))
      return before?.Outputs ?? [];
    throw error;
  }
  if (!wait) return [];
  const stack = await followStack(client, stackName, seen, options);
  if (!['CREATE_COMPLETE', 'UPDATE_COMPLETE'].includes(stack.StackStatus)) throw await failureOf(client, stack);
  return stack.Outputs ?? [];
}

export async function destroy(
  client: Client,
  stackName: string,
  options: Pick<DeployOptions, 'wait' | 'onEvent'> = {},
): Promise<void> {
  const stack = await findStack(client, stackName);
  if (stack === undefined) throw new CliError(`There is no stack ${stackName}.`, exitCodes.notFound);
  const seen = new Set((await eventsOf(client, stack.StackId)).map((event) => event.EventId));
  await client.call('cloudformation', 'DeleteStack', { StackName: stackName });
  if (options.wait === false) return;
  const ended = await followStack(client, stack.StackId, seen, options);
  if (ended.StackStatus !== 'DELETE_COMPLETE') throw await failureOf(client, ended);
}

export function describeEvent(event: CallOutput): string {
  const status = String(event.ResourceStatus);
  const paint =
    status.includes('FAILED') || status.includes('ROLLBACK')
      ? colors.red
      : status.endsWith('COMPLETE')
        ? colors.green
        : colors.dim;
  const reason = event.ResourceStatusReason === undefined ? '' : ` ${event.ResourceStatusReason}`;
  return `${event.Timestamp.toISOString().slice(11, 19)} ${paint(status.padEnd(20))} ${event.LogicalResourceId} ${colors.dim(event.ResourceType)}${reason}`;
}

async function followStack(
  client: Client,
  stack: string,
  seen: Set<string>,
  { onEvent, timeoutSeconds }: Pick<DeployOptions, 'onEvent' | 'timeoutSeconds'>,
): Promise<CallOutput> {
  const started = performance.now();
  const showEvents = async (): Promise<void> => {
    for (const event of (await eventsOf(client, stack)).reverse()) {
      if (seen.has(event.EventId)) continue;
      seen.add(event.EventId);
      onEvent?.(event);
    }
  };
  const ended = await pollUntil<CallOutput>({
    read: async () => (await client.call('cloudformation', 'DescribeStacks', { StackName: stack })).Stacks[0],
    isDone: ({ StackStatus }) => !String(StackStatus).endsWith('_IN_PROGRESS'),
    onValue: showEvents,
    timeoutSeconds,
    what: `Stack ${stack} (${formatDuration(performance.now() - started)})`,
  });
  await showEvents();
  return ended;
}

async function failureOf(client: Client, stack: CallOutput): Promise<CliError> {
  const events = await eventsOf(client, stack.StackId);
  const begin = events.findIndex((event) => event.ResourceStatusReason === 'User Initiated');
  const first = events
    .slice(0, begin + 1)
    .findLast(
      (event) =>
        String(event.ResourceStatus).endsWith('_FAILED') && !/cancelled/i.test(event.ResourceStatusReason ?? ''),
    );
  const why =
    first === undefined ? (stack.StackStatusReason ?? '') : `${first.LogicalResourceId}: ${first.ResourceStatusReason}`;
  return new CliError(`Stack ${stack.StackName} ended ${stack.StackStatus}. ${why}`, exitCodes.failed);
}

async function findStack(client: Client, stackName: string): Promise<CallOutput> {
  try {
    return (await client.call('cloudformation', 'DescribeStacks', { StackName: stackName })).Stacks[0];
  } catch (error) {
    if (isPlatformError(error, 'ValidationError') && error.message.includes('does not exist')) return undefined;
    throw error;
  }
}

/** Newest first. */
function eventsOf(client: Client, stack: string): Promise<CallOutput[]> {
  return client.list('cloudformation', 'DescribeStackEvents', { StackName: stack }, 'StackEvents');
}

async function templateInput(client: Client, body: string): Promise<object> {
  if (Buffer.byteLength(body) <= inlineBytesMax) return { TemplateBody: body };
  const store = artifactStore(client);
  const key = `${Date.now()}.template`;
  return { TemplateURL: store.urlOf(await store.put(key, Buffer.from(body)), key) };
}

/** The values given and, of what the stack has and the template still asks for, those that it has. */
async function parametersInput(
  client: Client,
  template: object,
  given: Readonly<Record<string, string>>,
  before: CallOutput,
): Promise<object[]> {
  const values = Object.entries(given).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
  const had: string[] = (before?.Parameters ?? []).map((parameter: CallOutput) => parameter.ParameterKey);
  if (had.length === 0) return values;
  const { Parameters: asked = [] } = await client.call('cloudformation', 'ValidateTemplate', template);
  const kept = asked
    .map((parameter: CallOutput): string => parameter.ParameterKey)
    .filter((key: string) => had.includes(key) && !Object.hasOwn(given, key));
  return [...values, ...kept.map((ParameterKey: string) => ({ ParameterKey, UsePreviousValue: true }))];
}

/** The bucket for templates and what they name, made at first use. */
function artifactStore(client: Client): ArtifactStore {
  let found: Promise<string> | undefined;
  const bucketOf = async (): Promise<string> => {
    const { Account: account } = await client.call('sts', 'GetCallerIdentity', {});
    const bucket = `cf-templates-${account}-${client.connection.region}`;
    await ensureBucket(client, bucket);
    return bucket;
  };
  return {
    async put(key, body) {
      found ??= bucketOf();
      const bucket = await found;
      await client.putObject(bucket, key, body);
      return bucket;
    },
    urlOf: (bucket, key) => `${client.connection.endpoint}/${bucket}/${key}`,
  };
}

function readTemplate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const error = new CliError(
      `The template ${path} cannot be read.`,
      exitCodes.notFound,
      'Name a CloudFormation template: millpond deploy template.yaml',
    );
    error.cause = cause;
    throw error;
  }
}

/** `examples/data-lake/template.yaml` deploys the stack `data-lake`. */
function nameFromPath(path: string): string {
  const file = basename(path).replace(/\.[^.]+$/, '');
  const name = file === 'template' ? basename(dirname(resolve(path))) : file;
  return name.replaceAll(/[^A-Za-z0-9-]/g, '-').replace(/^[^A-Za-z]+/, '');
}

function pairs(texts: readonly string[] | undefined, flag: string): Record<string, string> {
  return Object.fromEntries(
    (texts ?? []).map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new CliError(`'${text}' is not a pair.`, exitCodes.usage, `Write ${flag} name=value.`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
