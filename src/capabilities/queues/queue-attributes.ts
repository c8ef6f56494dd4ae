/** Which attributes a queue may have and what they take: "SetQueueAttributes" of the SQS API reference. */
import { badAttribute, queueExists, unknownAttribute } from './errors.ts';
import { attributeDefaults, findAddressOfArn, messageBytesMax, readRedrivePolicy } from './queue.ts';

type Attributes = Readonly<Record<string, string>>;

type Check = (value: string, name: string) => void;

const checks: Readonly<Record<string, Check>> = {
  DelaySeconds: between(0, 900),
  MaximumMessageSize: between(1024, messageBytesMax),
  MessageRetentionPeriod: between(60, 1_209_600),
  ReceiveMessageWaitTimeSeconds: between(0, 20),
  VisibilityTimeout: between(0, 43_200),
  // Differs from AWS: who may use a queue is not decided by its policy; it is kept and shown.
  Policy: checkObject,
  RedrivePolicy: checkRedrivePolicy,
  RedriveAllowPolicy: checkRedriveAllowPolicy,
  // Differs from AWS: messages are not encrypted by keys of KMS; the attributes are kept and shown.
  KmsMasterKeyId: () => undefined,
  KmsDataKeyReusePeriodSeconds: between(60, 86_400),
  SqsManagedSseEnabled: oneOf('true', 'false'),
};

const fifoChecks: Readonly<Record<string, Check>> = {
  FifoQueue: oneOf('true'),
  ContentBasedDeduplication: oneOf('true', 'false'),
  DeduplicationScope: oneOf('messageGroup', 'queue'),
  // Differs from AWS: a FIFO queue has no quota of messages per second, whatever this says.
  FifoThroughputLimit: oneOf('perQueue', 'perMessageGroupId'),
};

/** Attributes that are computed: they can be read, never set. */
export const computedAttributes = [
  'QueueArn',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
] as const;

/**
 * The attributes of a queue after some were set; an empty value takes one away.
 * @throws InvalidAttributeName or InvalidAttributeValue naming the attribute
 */
export function mergeAttributes(before: Attributes, changes: Attributes, isFifo: boolean): Record<string, string> {
  const after: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    const check = checks[name] ?? (isFifo ? fifoChecks[name] : undefined);
    if (check === undefined) throw unknownAttribute(name);
    if (value === '' && !(name in attributeDefaults)) {
      delete after[name];
      continue;
    }
    check(value, name);
    after[name] = value;
  }
  checkHighThroughput(after);
  return after;
}

/**
 * Creating a queue that is there gives that one, unless an attribute that was asked for differs.
 * @throws QueueNameExists naming the attribute
 */
export function checkSame(existing: Attributes, asked: Attributes): void {
  for (const [name, value] of Object.entries(asked)) {
    if ((existing[name] ?? attributeDefaults[name]) !== value) throw queueExists(name);
  }
}

/** Every attribute that can be read without counting, defaults included. */
export function shownAttributes(attributes: Attributes): Record<string, string> {
  const isFifo = attributes['FifoQueue'] === 'true';
  return {
    ...attributeDefaults,
    ...(attributes['KmsMasterKeyId'] === undefined && { SqsManagedSseEnabled: 'true' }),
    ...(isFifo && {
      ContentBasedDeduplication: 'false',
      DeduplicationScope: 'queue',
      FifoThroughputLimit: 'perQueue',
    }),
    ...attributes,
  };
}

export function isAttributeName(name: string): boolean {
  return (
    name === 'All' || name in checks || name in fifoChecks || (computedAttributes as readonly string[]).includes(name)
  );
}

function between(min: number, max: number): Check {
  return (value, name) => {
    if (!/^\d{1,9}$/.test(value) || Number(value) < min || Number(value) > max)
      throw badAttribute(name, `Must be between ${min} and ${max}, not ${value.slice(0, 40)}.`);
  };
}

function oneOf(...words: readonly string[]): Check {
  return (value, name) => {
    if (!words.includes(value)) throw badAttribute(name, `Must be ${words.join(' or ')}, not ${value.slice(0, 40)}.`);
  };
}

function checkObject(value: string, name: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // Falls through to the one error below.
  }
  throw badAttribute(name, 'Must be a JSON object.');
}

function checkRedrivePolicy(value: string, name: string): void {
  const { deadLetterTargetArn: arn, maxReceiveCount: count, ...others } = checkObject(value, name);
  const [extra] = Object.keys(others);
  if (extra !== undefined) throw badAttribute(name, `${extra} is not a member of it.`);
  if (typeof arn !== 'string' || findAddressOfArn(arn) === undefined)
    throw badAttribute(name, 'Dead letter target must be specified as the ARN of an SQS queue.');
  if (!/^\d{1,4}$/.test(String(count)) || readRedrivePolicy(value).maxReceiveCount < 1 || Number(count) > 1000)
    throw badAttribute(name, 'Invalid value for maxReceiveCount, must be between 1 and 1000.');
}

function checkRedriveAllowPolicy(value: string, name: string): void {
  const { redrivePermission: permission, sourceQueueArns: arns } = checkObject(value, name);
  if (!['allowAll', 'denyAll', 'byQueue'].includes(String(permission)))
    throw badAttribute(name, 'redrivePermission must be allowAll, denyAll or byQueue.');
  const isList = Array.isArray(arns) && arns.length >= 1 && arns.length <= 10;
  if ((permission === 'byQueue') !== isList || (isList && arns.some((arn) => typeof arn !== 'string')))
    throw badAttribute(name, 'sourceQueueArns takes 1 to 10 ARNs, with the permission byQueue only.');
}

/** Quotas per group make no sense where duplicates are looked for in the whole queue. */
function checkHighThroughput(attributes: Attributes): void {
  if (attributes['FifoThroughputLimit'] !== 'perMessageGroupId') return;
  if (attributes['DeduplicationScope'] === 'messageGroup') return;
  throw badAttribute(
    'FifoThroughputLimit',
    'The value perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup.',
  );
}
