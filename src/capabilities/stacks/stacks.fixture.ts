/** A platform of stacks alone, with resource types that keep their things in a map and fail on demand. */
import { CloudFormation, type CreateStackCommandInput, type Stack } from '@aws-sdk/client-cloudformation';
import type { Properties, ResourceContext, ResourceType } from '#capability';
import type { Handler } from '#gateway';
import { PlatformError } from '#kernel/errors';
import { type Clock, SystemClock } from '#kernel/clock';
import { EventHub, type PlatformEvent } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State } from '#kernel/state';
import type { ResourceSchema } from '#languages/template/index';
import { clientConfig, startGateway, until } from '#testing';
import { createStacks } from './capability.ts';
import { openSchemas } from './intake/schemas.ts';
import { stacksSchema } from './store.ts';

export interface Thing {
  readonly name: string;
  readonly properties: Properties;
}

/** Where the synthetic resources live: outlasts a restart of the platform, as a disk does. */
export class Workshop {
  readonly things = new Map<string, Thing>();
  readonly log: string[] = [];
  /** Things whose step of this kind fails, such as `create Bad`. */
  readonly broken = new Set<string>();
  /** Steps that wait until they are let go; `started` hears of it. */
  readonly held = new Map<string, PromiseWithResolvers<void>>();
  readonly tokens = new Map<string, string[]>();

  /** Makes a step wait. @returns lets it go */
  hold(step: string): () => void {
    const gate = Promise.withResolvers<void>();
    gate.promise.catch(() => undefined);
    this.held.set(step, gate);
    return () => {
      this.held.delete(step);
      gate.resolve();
    };
  }

  /** Ends the steps that wait as the death of the process does: they never come back. */
  abandon(): void {
    for (const gate of this.held.values()) gate.reject(new Error('the process died'));
    this.held.clear();
  }

  async enter(step: string, context: ResourceContext): Promise<void> {
    this.log.push(step);
    this.tokens.set(step, [...(this.tokens.get(step) ?? []), context.token]);
    const held = this.held.get(step);
    if (held !== undefined) await held.promise;
    if (this.broken.has(step)) throw new PlatformError('invalid', 'InvalidRequest', `${step} was told to fail`);
  }
}

export const widgetSchema: ResourceSchema = {
  type: 'Test::Shop::Widget',
  identifier: ['Name'],
  attributes: ['Arn', 'Size'],
  tags: { property: 'Tags', form: 'list' },
  properties: {
    Name: { type: 'string', replacement: 'always' },
    Size: { type: 'integer' },
    Enabled: { type: 'boolean' },
    Colours: { type: 'list<string>' },
    Parts: { type: 'list<Part>' },
    Link: { type: 'string' },
    Policy: { type: 'json' },
    Secret: { type: 'string' },
    Tags: { type: 'list<Tag>' },
  },
  definitions: { Part: { Label: { type: 'string', required: true }, Weight: { type: 'number' } } },
};

/** Like a widget, but every change replaces it. */
const monolithSchema: ResourceSchema = { ...widgetSchema, type: 'Test::Shop::Monolith' };

export function shopTypes(workshop: Workshop): readonly ResourceType[] {
  const physicalIdOf = (properties: Properties, context: ResourceContext): string =>
    (properties['Name'] as string | undefined) ?? context.generatedName({ maxLength: 40 });
  const read = (physicalId: string) => Promise.resolve(workshop.things.get(physicalId)?.properties);
  const create = async (properties: Properties, context: ResourceContext) => {
    await workshop.enter(`create ${context.logicalId}`, context);
    const name = physicalIdOf(properties, context);
    if (workshop.things.has(name)) {
      throw new PlatformError('conflict', 'AlreadyExistsException', `The thing ${name} already exists`);
    }
    workshop.things.set(name, { name, properties });
    await workshop.enter(`created ${context.logicalId}`, context);
    return stateOf(name, properties);
  };
  const remove = async (physicalId: string, _properties: Properties, context: ResourceContext) => {
    await workshop.enter(`delete ${context.logicalId}`, context);
    workshop.things.delete(physicalId);
  };
  const widget: ResourceType = {
    type: 'Test::Shop::Widget',
    create,
    async update(physicalId, next, _previous, context) {
      await workshop.enter(`update ${context.logicalId}`, context);
      workshop.things.set(physicalId, { name: physicalId, properties: next });
      return stateOf(physicalId, next);
    },
    delete: remove,
    physicalIdOf,
    read,
  };
  return [widget, { type: 'Test::Shop::Monolith', create, delete: remove, physicalIdOf }];
}

function stateOf(name: string, properties: Properties) {
  return { physicalId: name, attributes: { Arn: `arn:test:${name}`, Size: (properties['Size'] as number) ?? 0 } };
}

export interface Shop {
  readonly cloudFormation: CloudFormation;
  readonly endpoint: string;
  readonly events: PlatformEvent[];
  /** Ends it in order: the steps in hand are waited for. */
  stop(): Promise<void>;
  /** Ends it as a crash does: what runs is forgotten, nothing more is written. */
  crash(): Promise<void>;
}

export interface ShopOptions {
  readonly file: string;
  readonly workshop: Workshop;
  readonly clock?: Clock;
  /** Objects of the lake by `bucket/key`. */
  readonly objects?: ReadonlyMap<string, string>;
  readonly parameters?: ReadonlyMap<string, string>;
  /** Hears what custom resources ask of a function. */
  readonly provider?: (request: CustomRequest) => Promise<void> | void;
}

/** The document that a custom resource sends to its provider. */
export interface CustomRequest {
  readonly RequestType: string;
  readonly ResponseURL: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceType: string;
  readonly ResourceProperties: Readonly<Record<string, unknown>>;
  readonly OldResourceProperties?: Readonly<Record<string, unknown>>;
}

export async function openShop(options: ShopOptions): Promise<Shop> {
  const clock = options.clock ?? new SystemClock();
  const state = State.open(options.file, [outboxSchema, stacksSchema]);
  const hub = new EventHub(silentLog);
  const events: PlatformEvent[] = [];
  hub.subscribe((event) => void events.push(event));
  const ownSchemas = openSchemas();
  const schemas = new Map([widgetSchema, monolithSchema].map((known) => [known.type, known]));
  const built = createStacks({
    state,
    clock,
    log: silentLog,
    events: hub,
    dispatcher: {
      call: (service, operation, input, as) => server.dispatcher.call(service, operation, input, as),
      serves: (service, operation) => server.dispatcher.serves(service, operation),
    },
    endpoint: () => server.endpoint,
    resources: () => shopTypes(options.workshop),
    schemas: (type) => schemas.get(type) ?? ownSchemas(type),
  });
  const server = await startGateway({
    routes: built.capability.routes ?? [],
    apis: [
      ...(built.capability.apis ?? []),
      { service: 's3', operations: { GetObject: readObject(options.objects ?? new Map()) } },
      { service: 'lambda', operations: { Invoke: invokeOf(options.provider) } },
      { service: 'ssm', operations: parameterStore(options.parameters ?? new Map()) },
    ],
  });
  await built.capability.start?.();
  const cloudFormation = new CloudFormation(clientConfig(server.endpoint));
  return {
    cloudFormation,
    endpoint: server.endpoint,
    events,
    async stop() {
      await built.capability.stop?.();
      cloudFormation.destroy();
      await server.close();
      state.close();
    },
    async crash() {
      // Closed first, so that no result of a step in hand can be recorded any more.
      state.close();
      cloudFormation.destroy();
      const stopped = built.capability.stop?.();
      options.workshop.abandon();
      await Promise.all([server.close(), stopped]);
    },
  };
}

/** Lambda as a custom resource needs it: the request is taken, the answer comes later. */
function invokeOf(provider: ShopOptions['provider']): Handler {
  return (input: { FunctionName: string; Payload: Uint8Array }) => {
    if (input.FunctionName.endsWith(':absent')) {
      throw new PlatformError('absent', 'ResourceNotFoundException', `Function not found: ${input.FunctionName}`);
    }
    void provider?.(JSON.parse(Buffer.from(input.Payload).toString('utf8')) as CustomRequest);
    return { StatusCode: 202 };
  };
}

function readObject(objects: ReadonlyMap<string, string>): Handler {
  return (input: { Bucket: string; Key: string }) => {
    const text = objects.get(`${input.Bucket}/${input.Key}`);
    if (text === undefined) throw new PlatformError('absent', 'NoSuchKey', 'The specified key does not exist.');
    return { Body: Buffer.from(text) };
  };
}

function parameterStore(parameters: ReadonlyMap<string, string>): Record<string, Handler> {
  const find = (name: string) => {
    const value = parameters.get(name);
    if (value === undefined) throw new PlatformError('absent', 'ParameterNotFound', `no parameter ${name}`);
    return { Name: name, Type: 'String', Value: value };
  };
  return {
    GetParameter: (input: { Name: string }) => ({ Parameter: find(input.Name) }),
    GetParameters: (input: { Names: string[] }) => {
      const known = input.Names.filter((name) => parameters.has(name));
      return { Parameters: known.map(find), InvalidParameters: input.Names.filter((name) => !parameters.has(name)) };
    },
  };
}

/** Waits until nothing is in progress on a stack. @returns the stack as described */
export async function settled(cloudFormation: CloudFormation, name: string): Promise<Stack> {
  let found: Stack | undefined;
  await until(async () => {
    const { Stacks = [] } = await cloudFormation.describeStacks({ StackName: name });
    found = Stacks[0];
    return !(found?.StackStatus ?? '').endsWith('_IN_PROGRESS');
  }, `stack ${name}`);
  if (found === undefined) throw new Error(`no stack ${name}`);
  return found;
}

/** Creates a stack and waits for its end. @returns the stack as described */
export async function deployed(cloudFormation: CloudFormation, input: CreateStackCommandInput): Promise<Stack> {
  const { StackId } = await cloudFormation.createStack(input);
  return settled(cloudFormation, StackId ?? '');
}

/** The events of a stack in order, as `Logical STATUS reason`. */
export async function eventsOf(cloudFormation: CloudFormation, name: string): Promise<string[]> {
  const { StackEvents = [] } = await cloudFormation.describeStackEvents({ StackName: name });
  return StackEvents.reverse().map((event) =>
    [event.LogicalResourceId, event.ResourceStatus, event.ResourceStatusReason].filter(Boolean).join(' ').trim(),
  );
}

/** What detection finds changed or gone, as `Logical [differences]`. */
export async function driftsOf(cloudFormation: CloudFormation, StackName: string): Promise<string[]> {
  const { StackDriftDetectionId } = await cloudFormation.detectStackDrift({ StackName });
  await until(async () => {
    const found = await cloudFormation.describeStackDriftDetectionStatus({ StackDriftDetectionId });
    if (found.DetectionStatus === 'DETECTION_FAILED') throw new Error(found.DetectionStatusReason);
    return found.DetectionStatus === 'DETECTION_COMPLETE';
  }, `drift of ${StackName}`);
  const { StackResourceDrifts = [] } = await cloudFormation.describeStackResourceDrifts({ StackName });
  return StackResourceDrifts.filter(({ StackResourceDriftStatus: status = '' }) => /MODIFIED|DELETED/.test(status)).map(
    ({ LogicalResourceId, PropertyDifferences }) => `${LogicalResourceId} ${JSON.stringify(PropertyDifferences)}`,
  );
}

/** A template of widgets: each line is `Id` or `Id: properties in YAML's flow form`. */
export function widgets(lines: Readonly<Record<string, string>>, more = ''): string {
  const resources = Object.entries(lines).map(([id, body]) => `  ${id}: { Type: Test::Shop::Widget, ${body} }`);
  return `Resources:\n${resources.join('\n')}\n${more}`;
}
