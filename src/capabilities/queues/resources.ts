/** CloudFormation types: AWS::SQS::Queue, AWS::SQS::QueuePolicy and AWS::SQS::QueueInlinePolicy. */
import {
  changeTags,
  tagsOf,
  type Properties,
  type ResourceContext,
  type ResourceState,
  type ResourceType,
} from '#capability';
import { isPlatformError } from '#kernel/errors';
import { queueTaken } from './errors.ts';
import { queueArn, queueUrl } from './queue.ts';

type Texts = Record<string, string>;

const attributeNames = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
];

/** What an attribute goes back to that is no longer in the template; the others are taken away. */
const resetValues: Readonly<Record<string, string>> = {
  ContentBasedDeduplication: 'false',
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
};

/** @param endpoint base URL for clients, of which the URLs of queues are made */
export function queueResources(endpoint: () => string): readonly ResourceType[] {
  return [queueType(endpoint), policyType, inlinePolicyType];
}

function queueType(endpoint: () => string): ResourceType {
  const urlOf = (properties: Properties, context: ResourceContext): string =>
    queueUrl({ scope: scopeOf(context), name: nameOf(properties, context) }, endpoint());
  const type: ResourceType = {
    type: 'AWS::SQS::Queue',
    physicalIdOf: urlOf,
    async create(properties, context) {
      const QueueName = nameOf(properties, context);
      const url = urlOf(properties, context);
      // CreateQueue would find a queue that is there and has the same attributes.
      if ((await type.read?.(url, properties, context)) !== undefined) throw queueTaken(QueueName);
      const Attributes = { ...attributesOf(properties), ...(isFifo(properties) && { FifoQueue: 'true' }) };
      await context.call('sqs', 'CreateQueue', { QueueName, Attributes, tags: tagsOf(properties, context) });
      return stateOf(url, QueueName, context);
    },
    async update(url, next, previous, context) {
      const Attributes = { ...resetsOf(next, previous), ...attributesOf(next) };
      if (Object.keys(Attributes).length > 0)
        await context.call('sqs', 'SetQueueAttributes', { QueueUrl: url, Attributes });
      await changeTags(next, previous, context, {
        untag: (TagKeys) => context.call('sqs', 'UntagQueue', { QueueUrl: url, TagKeys }),
        tag: (tags) => context.call('sqs', 'TagQueue', { QueueUrl: url, Tags: tags }),
      });
      return stateOf(url, nameOf(next, context), context);
    },
    async delete(url, _properties, context) {
      await ignoreAbsent(context.call('sqs', 'DeleteQueue', { QueueUrl: url }));
    },
    async read(url, properties, context) {
      const answer = await findAttributes(url, context);
      if (answer === undefined) return undefined;
      const live: Properties = { ...answer, QueueName: nameOf(properties, context) };
      const { Tags = {} } = (await context.call('sqs', 'ListQueueTags', { QueueUrl: url })) as { Tags?: Texts };
      const entries = Object.entries(properties).filter(([name]) => name === 'Tags' || name in live);
      return Object.fromEntries(
        entries.map(([name, said]) => [
          name,
          name === 'Tags' ? tagListOf(said, Tags, context) : asSaid(said, live[name]),
        ]),
      );
    },
  };
  return type;
}

const policyType: ResourceType = {
  type: 'AWS::SQS::QueuePolicy',
  physicalIdOf: (_properties, context) => context.generatedName({ maxLength: 80 }),
  async create(properties, context) {
    const id = context.generatedName({ maxLength: 80 });
    for (const url of queuesOf(properties)) await setPolicy(url, properties, context);
    return { physicalId: id, attributes: { Id: id } };
  },
  async update(id, next, previous, context) {
    const kept = queuesOf(next);
    for (const url of queuesOf(previous)) if (!kept.includes(url)) await removePolicy(url, context);
    for (const url of kept) await setPolicy(url, next, context);
    return { physicalId: id, attributes: { Id: id } };
  },
  async delete(_id, properties, context) {
    for (const url of queuesOf(properties)) await removePolicy(url, context);
  },
  async read(_id, properties, context) {
    const [url = ''] = queuesOf(properties);
    const policy = (await findAttributes(url, context))?.['Policy'];
    return policy === undefined ? undefined : { ...properties, PolicyDocument: JSON.parse(policy) as object };
  },
};

const inlinePolicyType: ResourceType = {
  type: 'AWS::SQS::QueueInlinePolicy',
  physicalIdOf: ({ Queue }) => String(Queue),
  async create(properties, context) {
    await setPolicy(String(properties['Queue']), properties, context);
    return { physicalId: String(properties['Queue']) };
  },
  async update(url, next, _previous, context) {
    await setPolicy(url, next, context);
    return { physicalId: url };
  },
  delete: (url, _properties, context) => removePolicy(url, context),
  async read(url, properties, context) {
    const policy = (await findAttributes(url, context))?.['Policy'];
    return policy === undefined ? undefined : { ...properties, PolicyDocument: JSON.parse(policy) as object };
  },
};

function nameOf(properties: Properties, context: ResourceContext): string {
  const said = properties['QueueName'] as string | undefined;
  if (said !== undefined) return said;
  return isFifo(properties)
    ? `${context.generatedName({ maxLength: 75 })}.fifo`
    : context.generatedName({ maxLength: 80 });
}

function isFifo(properties: Properties): boolean {
  return String(properties['FifoQueue']) === 'true';
}

function scopeOf({ accountId, region }: ResourceContext): string {
  return `${accountId}/${region}`;
}

function stateOf(url: string, name: string, context: ResourceContext): ResourceState {
  const attributes = { Arn: queueArn({ scope: scopeOf(context), name }), QueueName: name, QueueUrl: url };
  return { physicalId: url, attributes };
}

function attributesOf(properties: Properties): Texts {
  const said = attributeNames.filter((name) => properties[name] !== undefined);
  return Object.fromEntries(said.map((name) => [name, textOf(properties[name])]));
}

function resetsOf(next: Properties, previous: Properties): Texts {
  const gone = attributeNames.filter((name) => previous[name] !== undefined && next[name] === undefined);
  return Object.fromEntries(gone.map((name) => [name, resetValues[name] ?? '']));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A live attribute in the type that the template wrote it in. */
function asSaid(said: unknown, live: unknown): unknown {
  if (typeof live !== 'string' || typeof said === 'string') return live;
  return JSON.parse(live) as unknown;
}

/** Live tags in the order of the template, those of the stack left out. */
function tagListOf(said: unknown, live: Texts, { tags }: ResourceContext): object[] {
  const first = (said as readonly { Key: string }[]).map(({ Key }) => Key);
  const keys = new Set([...first, ...Object.keys(live).filter((key) => !(key in tags))]);
  return [...keys].filter((key) => key in live).map((Key) => ({ Key, Value: live[Key] }));
}

function queuesOf(properties: Properties): readonly string[] {
  return (properties['Queues'] ?? []) as readonly string[];
}

async function setPolicy(url: string, properties: Properties, context: ResourceContext): Promise<void> {
  const Policy = textOf(properties['PolicyDocument']);
  await context.call('sqs', 'SetQueueAttributes', { QueueUrl: url, Attributes: { Policy } });
}

async function removePolicy(url: string, context: ResourceContext): Promise<void> {
  await ignoreAbsent(context.call('sqs', 'SetQueueAttributes', { QueueUrl: url, Attributes: { Policy: '' } }));
}

async function findAttributes(url: string, context: ResourceContext): Promise<Texts | undefined> {
  try {
    const { Attributes = {} } = (await context.call('sqs', 'GetQueueAttributes', {
      QueueUrl: url,
      AttributeNames: ['All'],
    })) as { Attributes?: Texts };
    return Attributes;
  } catch (error) {
    if (isPlatformError(error, 'QueueDoesNotExist')) return undefined;
    throw error;
  }
}

async function ignoreAbsent(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isPlatformError(error, 'QueueDoesNotExist')) throw error;
  }
}
