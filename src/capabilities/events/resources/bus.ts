/** AWS::Events::EventBus and AWS::Events::EventBusPolicy. */
import {
  changeTags,
  tagsOf,
  unlessAbsent,
  wireTags,
  type Properties,
  type ResourceContext,
  type ResourceType,
} from '#capability';
import { busArn } from '../buses/bus.ts';
import { exists } from '../errors.ts';
import { saidOf } from './live.ts';

export const busType: ResourceType = {
  type: 'AWS::Events::EventBus',
  physicalIdOf: (properties) => String(properties['Name']),
  async create(properties, context) {
    const name = String(properties['Name']);
    const { Policy: policy, Tags: _tags, ...members } = properties;
    await context.call('events', 'CreateEventBus', { ...members, Tags: wireTags(tagsOf(properties, context)) });
    await putPolicy(name, policy, context);
    return stateOf(name, context);
  },
  async update(name, next, previous, context) {
    const { Policy: policy, Tags: _tags, ...members } = next;
    await context.call('events', 'UpdateEventBus', { ...members, Name: name });
    const ResourceARN = busArn(`${context.accountId}/${context.region}`, name);
    await changeTags(next, previous, context, {
      untag: (TagKeys) => context.call('events', 'UntagResource', { ResourceARN, TagKeys }),
      tag: (tags) => context.call('events', 'TagResource', { ResourceARN, Tags: wireTags(tags) }),
    });
    await putPolicy(name, policy, context);
    if (policy === undefined && previous['Policy'] !== undefined) {
      await context.call('events', 'RemovePermission', { EventBusName: name, RemoveAllPermissions: true });
    }
    return stateOf(name, context);
  },
  async delete(name, _properties, context) {
    await context.call('events', 'DeleteEventBus', { Name: name });
  },
  async read(name, properties, context) {
    const live = await unlessAbsent(context.call('events', 'DescribeEventBus', { Name: name }));
    if (live === undefined) return undefined;
    const { Description, DeadLetterConfig, Policy } = live as Record<string, unknown>;
    return saidOf(
      {
        Name: name,
        Description,
        DeadLetterConfig,
        Policy: typeof Policy === 'string' ? (JSON.parse(Policy) as unknown) : undefined,
        Tags: properties['Tags'] as unknown,
      },
      properties,
    );
  },
};

export const busPolicyType: ResourceType = {
  type: 'AWS::Events::EventBusPolicy',
  physicalIdOf: (properties) => `${busOf(properties)}|${String(properties['StatementId'])}`,
  async create(properties, context) {
    // PutPermission would replace the statement that is there.
    const statement = await findStatement(properties, context);
    if (statement !== undefined) throw exists(`Statement ${String(properties['StatementId'])} already exists.`);
    await putStatement(properties, context);
    return { physicalId: `${busOf(properties)}|${String(properties['StatementId'])}` };
  },
  async update(physicalId, next, _previous, context) {
    await putStatement(next, context);
    return { physicalId };
  },
  async delete(_physicalId, properties, context) {
    const StatementId = String(properties['StatementId']);
    await unlessAbsent(context.call('events', 'RemovePermission', { EventBusName: busOf(properties), StatementId }));
  },
  async read(_physicalId, properties, context) {
    return (await findStatement(properties, context)) === undefined ? undefined : properties;
  },
};

function busOf(properties: Properties): string {
  return (properties['EventBusName'] as string | undefined) ?? 'default';
}

async function putPolicy(name: string, policy: unknown, context: ResourceContext): Promise<void> {
  if (policy === undefined) return;
  const Policy = typeof policy === 'string' ? policy : JSON.stringify(policy);
  await context.call('events', 'PutPermission', { EventBusName: name, Policy });
}

/** The template has the statement as it stands in the policy, or the members that make one. */
async function putStatement(properties: Properties, context: ResourceContext): Promise<void> {
  const { Statement: statement, StatementId, Action, Principal, Condition } = properties;
  const EventBusName = busOf(properties);
  if (statement === undefined) {
    await context.call('events', 'PutPermission', { EventBusName, StatementId, Action, Principal, Condition });
    return;
  }
  const others = (await statementsOf(EventBusName, context)).filter(({ Sid }) => Sid !== StatementId);
  const own = { ...(statement as object), Sid: StatementId as string };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [...others, own] });
  await context.call('events', 'PutPermission', { EventBusName, Policy });
}

async function findStatement(properties: Properties, context: ResourceContext): Promise<object | undefined> {
  const statements = await statementsOf(busOf(properties), context);
  return statements.find(({ Sid }) => Sid === properties['StatementId']);
}

async function statementsOf(bus: string, context: ResourceContext): Promise<{ Sid?: string }[]> {
  const live = (await unlessAbsent(context.call('events', 'DescribeEventBus', { Name: bus }))) as
    | { Policy?: string }
    | undefined;
  if (live?.Policy === undefined) return [];
  const { Statement } = JSON.parse(live.Policy) as { Statement: { Sid?: string } | { Sid?: string }[] };
  return [Statement].flat();
}

function stateOf(name: string, context: ResourceContext) {
  return {
    physicalId: name,
    attributes: { Arn: busArn(`${context.accountId}/${context.region}`, name), Name: name },
  };
}
