/** CloudFormation types: AWS::SNS::Topic, Subscription, TopicPolicy and TopicInlinePolicy. */
import {
  changeTags,
  tagsOf,
  wireTags,
  type Properties,
  type ResourceContext,
  type ResourceState,
  type ResourceType,
} from '#capability';
import { isPlatformError } from '#kernel/errors';
import { topicTaken, unsupportedProperty } from './errors.ts';
import { topicArn } from './topic.ts';

type Texts = Record<string, string>;

interface Endpoint {
  readonly Endpoint: string;
  readonly Protocol: string;
}

const attributeNames = [
  'ContentBasedDeduplication',
  'DisplayName',
  'FifoThroughputScope',
  'KmsMasterKeyId',
  'SignatureVersion',
  'TracingConfig',
];
const unsupported = ['ArchivePolicy', 'DataProtectionPolicy', 'MaximumMessageSize'];

const topicType: ResourceType = {
  type: 'AWS::SNS::Topic',
  physicalIdOf: arnOf,
  async create(properties, context) {
    refuse(unsupported, properties);
    const arn = arnOf(properties, context);
    // CreateTopic would find a topic that is there.
    if ((await topicType.read?.(arn, properties, context)) !== undefined) throw topicTaken(arn);
    await context.call('sns', 'CreateTopic', {
      Name: nameOf(properties, context),
      Attributes: { ...attributesOf(properties), ...(isFifo(properties) && { FifoTopic: 'true' }) },
      Tags: wireTags(tagsOf(properties, context)),
    });
    for (const endpoint of endpointsOf(properties)) await subscribe(arn, endpoint, context);
    return stateOf(arn, context, properties);
  },
  async update(arn, next, previous, context) {
    refuse(unsupported, next);
    const [before, after] = [attributesOf(previous), attributesOf(next)];
    const gone = Object.keys(before).filter((name) => !(name in after));
    for (const [AttributeName, AttributeValue] of [...gone.map((name) => [name, '']), ...Object.entries(after)])
      await context.call('sns', 'SetTopicAttributes', { TopicArn: arn, AttributeName, AttributeValue });
    await changeTags(next, previous, context, {
      untag: (TagKeys) => context.call('sns', 'UntagResource', { ResourceArn: arn, TagKeys }),
      tag: (tags) => context.call('sns', 'TagResource', { ResourceArn: arn, Tags: wireTags(tags) }),
    });
    const wanted = endpointsOf(next);
    for (const endpoint of endpointsOf(previous))
      if (!wanted.some((one) => isSame(one, endpoint))) await unsubscribe(arn, endpoint, context);
    for (const endpoint of wanted) await subscribe(arn, endpoint, context);
    return stateOf(arn, context, next);
  },
  async delete(arn, _properties, context) {
    await context.call('sns', 'DeleteTopic', { TopicArn: arn });
  },
  async read(arn, properties, context) {
    const live = await findAttributes('GetTopicAttributes', { TopicArn: arn }, context);
    if (live === undefined) return undefined;
    const tags = (await context.call('sns', 'ListTagsForResource', { ResourceArn: arn })) as {
      Tags: { Key: string }[];
    };
    const subscriptions = (await context.call('sns', 'ListSubscriptionsByTopic', { TopicArn: arn })) as {
      Subscriptions: Endpoint[];
    };
    const own = tags.Tags.filter(({ Key }) => !(Key in context.tags) || isSaid(properties, Key));
    const known: Properties = {
      ...live,
      TopicName: properties['TopicName'],
      Tags: inOrderOf(properties['Tags'], own, (a, b) => a.Key === b.Key),
      Subscription: endpointsOf(properties).filter((said) =>
        subscriptions.Subscriptions.some((one) => isSame(one, said)),
      ),
      DeliveryStatusLogging: properties['DeliveryStatusLogging'],
    };
    return liveOf(properties, known);
  },
};

const subscriptionType: ResourceType = {
  type: 'AWS::SNS::Subscription',
  async create(properties, context) {
    refuse(['ReplayPolicy', 'SubscriptionRoleArn'], properties);
    const { SubscriptionArn } = (await context.call('sns', 'Subscribe', {
      TopicArn: properties['TopicArn'],
      Protocol: properties['Protocol'],
      Endpoint: properties['Endpoint'],
      Attributes: subscriptionAttributesOf(properties),
      ReturnSubscriptionArn: true,
    })) as { SubscriptionArn: string };
    return { physicalId: SubscriptionArn, attributes: { Arn: SubscriptionArn } };
  },
  async update(arn, next, previous, context) {
    refuse(['ReplayPolicy', 'SubscriptionRoleArn'], next);
    const [before, after] = [subscriptionAttributesOf(previous), subscriptionAttributesOf(next)];
    const gone = Object.keys(before).filter((name) => !(name in after));
    for (const [AttributeName, AttributeValue] of [...gone.map((name) => [name, '']), ...Object.entries(after)])
      await context.call('sns', 'SetSubscriptionAttributes', { SubscriptionArn: arn, AttributeName, AttributeValue });
    return { physicalId: arn, attributes: { Arn: arn } };
  },
  async delete(arn, _properties, context) {
    await context.call('sns', 'Unsubscribe', { SubscriptionArn: arn });
  },
  async read(arn, properties, context) {
    const live = await findAttributes('GetSubscriptionAttributes', { SubscriptionArn: arn }, context);
    return live === undefined ? undefined : liveOf(properties, { Region: properties['Region'], ...live });
  },
};

const policyType: ResourceType = {
  type: 'AWS::SNS::TopicPolicy',
  physicalIdOf: (_properties, context) => context.generatedName({ maxLength: 80 }),
  async create(properties, context) {
    const id = context.generatedName({ maxLength: 80 });
    for (const arn of topicsOf(properties)) await setPolicy(arn, textOf(properties['PolicyDocument']), context);
    return { physicalId: id, attributes: { Id: id } };
  },
  async update(id, next, previous, context) {
    const kept = topicsOf(next);
    for (const arn of topicsOf(previous)) if (!kept.includes(arn)) await removePolicy(arn, context);
    for (const arn of kept) await setPolicy(arn, textOf(next['PolicyDocument']), context);
    return { physicalId: id, attributes: { Id: id } };
  },
  async delete(_id, properties, context) {
    for (const arn of topicsOf(properties)) await removePolicy(arn, context);
  },
  async read(_id, properties, context) {
    const [TopicArn = ''] = topicsOf(properties);
    const live = await findAttributes('GetTopicAttributes', { TopicArn }, context);
    return live === undefined
      ? undefined
      : { ...properties, PolicyDocument: JSON.parse(live['Policy'] ?? '{}') as object };
  },
};

const inlinePolicyType: ResourceType = {
  type: 'AWS::SNS::TopicInlinePolicy',
  physicalIdOf: ({ TopicArn }) => String(TopicArn),
  async create(properties, context) {
    await setPolicy(String(properties['TopicArn']), textOf(properties['PolicyDocument']), context);
    return { physicalId: String(properties['TopicArn']) };
  },
  async update(arn, next, _previous, context) {
    await setPolicy(arn, textOf(next['PolicyDocument']), context);
    return { physicalId: arn };
  },
  delete: (arn, _properties, context) => removePolicy(arn, context),
  async read(TopicArn, properties, context) {
    const live = await findAttributes('GetTopicAttributes', { TopicArn }, context);
    return live === undefined
      ? undefined
      : { ...properties, PolicyDocument: JSON.parse(live['Policy'] ?? '{}') as object };
  },
};

export const topicResources: readonly ResourceType[] = [topicType, subscriptionType, policyType, inlinePolicyType];

function nameOf(properties: Properties, context: ResourceContext): string {
  const said = properties['TopicName'] as string | undefined;
  if (said !== undefined) return said;
  const name = context.generatedName({ maxLength: 200 });
  return isFifo(properties) ? `${name}.fifo` : name;
}

function arnOf(properties: Properties, context: ResourceContext): string {
  return topicArn({ scope: `${context.accountId}/${context.region}`, name: nameOf(properties, context) });
}

function isFifo(properties: Properties): boolean {
  return String(properties['FifoTopic']) === 'true';
}

function stateOf(arn: string, context: ResourceContext, properties: Properties): ResourceState {
  return { physicalId: arn, attributes: { TopicArn: arn, TopicName: nameOf(properties, context) } };
}

function attributesOf(properties: Properties): Texts {
  const said = attributeNames.filter((name) => properties[name] !== undefined);
  const attributes = Object.fromEntries(said.map((name) => [name, textOf(properties[name])]));
  for (const { Protocol, ...logging } of (properties['DeliveryStatusLogging'] ?? []) as Texts[]) {
    const prefix = { 'http/s': 'HTTP', sqs: 'SQS', lambda: 'Lambda', firehose: 'Firehose', application: 'Application' }[
      String(Protocol)
    ];
    for (const [name, value] of Object.entries(logging)) attributes[`${prefix}${name}`] = value;
  }
  return attributes;
}

function subscriptionAttributesOf(properties: Properties): Texts {
  const names = ['DeliveryPolicy', 'FilterPolicyScope', 'FilterPolicy', 'RawMessageDelivery', 'RedrivePolicy'];
  const said = names.filter((name) => properties[name] !== undefined);
  return Object.fromEntries(said.map((name) => [name, textOf(properties[name])]));
}

/** The live value of each property of the template, in the type that the template wrote it in. */
function liveOf(properties: Properties, live: Properties): Properties {
  const entries = Object.entries(properties).filter(([name]) => live[name] !== undefined);
  return Object.fromEntries(
    entries.map(([name, said]) => {
      const value: unknown = live[name];
      return [name, typeof value === 'string' && typeof said !== 'string' ? (JSON.parse(value) as unknown) : value];
    }),
  );
}

function endpointsOf(properties: Properties): readonly Endpoint[] {
  return (properties['Subscription'] ?? []) as readonly Endpoint[];
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.Protocol === b.Protocol && a.Endpoint === b.Endpoint;
}

async function subscribe(TopicArn: string, { Endpoint, Protocol }: Endpoint, context: ResourceContext): Promise<void> {
  await context.call('sns', 'Subscribe', { TopicArn, Endpoint, Protocol });
}

async function unsubscribe(TopicArn: string, endpoint: Endpoint, context: ResourceContext): Promise<void> {
  const { SubscriptionArn } = (await context.call('sns', 'Subscribe', {
    TopicArn,
    ...endpoint,
    ReturnSubscriptionArn: true,
  })) as { SubscriptionArn: string };
  await context.call('sns', 'Unsubscribe', { SubscriptionArn });
}

function isSaid(properties: Properties, key: string): boolean {
  return ((properties['Tags'] ?? []) as readonly { Key: string }[]).some(({ Key }) => Key === key);
}

/** What the template has comes in its order. */
function inOrderOf<T>(said: unknown, live: readonly T[], isEqual: (a: T, b: T) => boolean): T[] {
  const order = (said ?? []) as readonly T[];
  const place = (item: T): number => {
    const index = order.findIndex((one) => isEqual(one, item));
    return index === -1 ? order.length : index;
  };
  return live.toSorted((a, b) => place(a) - place(b));
}

function topicsOf(properties: Properties): readonly string[] {
  return (properties['Topics'] ?? []) as readonly string[];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function setPolicy(TopicArn: string, AttributeValue: string, context: ResourceContext): Promise<void> {
  await context.call('sns', 'SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue });
}

async function removePolicy(arn: string, context: ResourceContext): Promise<void> {
  try {
    await setPolicy(arn, '', context);
  } catch (error) {
    if (!isPlatformError(error, 'NotFound')) throw error;
  }
}

async function findAttributes(operation: string, input: object, context: ResourceContext): Promise<Texts | undefined> {
  try {
    return ((await context.call('sns', operation, input)) as { Attributes: Texts }).Attributes;
  } catch (error) {
    if (isPlatformError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** @throws invalid naming a property that is not served */
function refuse(names: readonly string[], properties: Properties): void {
  const found = names.find((name) => properties[name] !== undefined);
  if (found !== undefined) throw unsupportedProperty(found);
}
