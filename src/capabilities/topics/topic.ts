/** A topic, its names and its attributes: "SetTopicAttributes" of the SNS API reference. */
import { findArn, formatArn } from '#kernel/arn';
import { checkDeliveryPolicy } from './delivery-policy.ts';
import { badParameter, tagLimitExceeded } from './errors.ts';

export type Tags = Readonly<Record<string, string>>;
type Attributes = Readonly<Record<string, string>>;

/** Where a topic stands: `account/region` and its name. */
export interface TopicAddress {
  readonly scope: string;
  readonly name: string;
}

export interface Topic extends TopicAddress {
  readonly createdMs: number;
  /** As their owner set them. */
  readonly attributes: Attributes;
  readonly tags: Tags;
}

// Limit: a topic has at most 50 tags.
const tagsMax = 50;

export function topicArn({ scope, name }: TopicAddress): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'sns', region, accountId, resource: name });
}

/** @throws InvalidParameter when the text is no ARN of a topic */
export function addressOfTopicArn(arn: string, parameter = 'TopicArn'): TopicAddress {
  const parts = findArn(arn);
  if (parts?.service !== 'sns' || parts.resource.includes(':'))
    throw badParameter(`${parameter} Reason: '${arn}' is not the ARN of a topic`);
  return { scope: `${parts.accountId}/${parts.region}`, name: parts.resource };
}

export function isFifo({ attributes }: Pick<Topic, 'attributes'>): boolean {
  return attributes['FifoTopic'] === 'true';
}

/** @throws InvalidParameter */
export function checkTopicName(name: string, fifo: boolean): void {
  const bare = fifo ? name.replace(/\.fifo$/, '') : name;
  if (fifo && bare === name)
    throw badParameter(
      'Topic Name Reason: Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.',
    );
  if (!/^[\w-]+$/.test(bare) || name.length > 256) throw badParameter('Topic Name');
}

/** @throws TagLimitExceeded or InvalidParameter */
export function checkTags(tags: Tags): Tags {
  const entries = Object.entries(tags);
  if (entries.length > tagsMax) throw tagLimitExceeded();
  for (const [key, value] of entries) {
    if (key === '' || key.length > 128 || value.length > 256)
      throw badParameter(
        `Tags Reason: '${key.slice(0, 130)}' is not valid: keys take 1 to 128 characters, values up to 256`,
      );
  }
  return tags;
}

type Check = (value: string, name: string) => void;

const kept: Check = () => undefined;

const checks: Readonly<Record<string, Check>> = {
  DisplayName(value) {
    if (value.length > 100 || /[\r\n]/.test(value)) throw badParameter('DisplayName');
  },
  // Differs from AWS: who may publish or subscribe is not decided by the topic's policy; it is kept and shown.
  Policy: checkJson,
  DeliveryPolicy: checkDeliveryPolicy,
  // Differs from AWS: messages are not encrypted by keys of KMS; the attribute is kept and shown.
  KmsMasterKeyId: kept,
  SignatureVersion: oneOf('1', '2'),
  // Differs from AWS: deliveries are not traced; the attribute is kept and shown.
  TracingConfig: oneOf('PassThrough', 'Active'),
};

const fifoChecks: Readonly<Record<string, Check>> = {
  FifoTopic: oneOf('true'),
  ContentBasedDeduplication: oneOf('true', 'false'),
  FifoThroughputScope: oneOf('Topic', 'MessageGroup'),
};

/** Differs from AWS: deliveries are not logged to CloudWatch Logs; these attributes are kept and shown. */
const feedbackPattern =
  /^(?:HTTP|Firehose|Lambda|Application|SQS)(?:(?:Success|Failure)FeedbackRoleArn|SuccessFeedbackSampleRate)$/;

/**
 * The attributes of a topic after some were set; an empty value takes one away.
 * @throws InvalidParameter naming the attribute
 */
export function mergeTopicAttributes(before: Attributes, changes: Attributes, fifo: boolean): Attributes {
  const after: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    const check =
      checks[name] ?? (fifo ? fifoChecks[name] : undefined) ?? (feedbackPattern.test(name) ? kept : undefined);
    if (name === 'FifoTopic' && value === 'false') continue;
    if (check === undefined)
      throw badParameter(`AttributeName Reason: '${name}' is not an attribute of this kind of topic`);
    if (value === '') {
      delete after[name];
      continue;
    }
    check(value, name);
    after[name] = value;
  }
  return after;
}

/** What a topic allows without a policy of its own: everything, to its account. */
export function defaultPolicy(address: TopicAddress): string {
  const [accountId = ''] = address.scope.split('/');
  const Action = [
    'GetTopicAttributes',
    'SetTopicAttributes',
    'AddPermission',
    'RemovePermission',
    'DeleteTopic',
    'Subscribe',
    'ListSubscriptionsByTopic',
    'Publish',
  ];
  return JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: Action.map((action) => `SNS:${action}`),
        Resource: topicArn(address),
        Condition: { StringEquals: { 'AWS:SourceOwner': accountId } },
      },
    ],
  });
}

function oneOf(...words: readonly string[]): Check {
  return (value, name) => {
    if (!words.includes(value))
      throw badParameter(`${name} Reason: must be ${words.join(' or ')}, not '${value.slice(0, 40)}'`);
  };
}

function checkJson(value: string, name: string): void {
  try {
    if (typeof JSON.parse(value) === 'object') return;
  } catch {
    // Falls through to the one error below.
  }
  throw badParameter(`${name} Reason: must be a JSON object`);
}
