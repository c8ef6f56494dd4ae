/** A queue: its names (ARN, URL), and what its attributes mean for messages. */
import { findArn, formatArn } from '#kernel/arn';
import { badParameter, queueAbsent } from './errors.ts';

export type Tags = Readonly<Record<string, string>>;

export interface Queue {
  /** Never given twice, so that a receipt of a deleted queue fits no later one of the same name. */
  readonly id: number;
  readonly scope: string;
  readonly name: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
  /** The attributes as their owner set them; the others have their defaults. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

/** Where a queue stands: `account/region` and its name. */
export interface QueueAddress {
  readonly scope: string;
  readonly name: string;
}

/** @throws InvalidParameterValue */
export function checkName(name: string, isFifo: boolean): void {
  const bare = isFifo ? name.replace(/\.fifo$/, '') : name;
  if (isFifo && bare === name)
    throw badParameter(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length',
    );
  if (/^[\w-]+$/.test(bare) && name.length <= 80) return;
  throw badParameter('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
}

export function queueArn({ scope, name }: QueueAddress): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'sqs', region, accountId, resource: name });
}

/** @param endpoint base URL by which the client reached us */
export function queueUrl({ scope, name }: QueueAddress, endpoint: string): string {
  return `${endpoint}/${scope.split('/')[0] ?? ''}/${name}`;
}

/**
 * The queue behind a URL: only its last two parts count, so that one written for another endpoint works too. A bare
 * name stands for a queue of the caller.
 * @throws QueueDoesNotExist when it does not look like a queue's URL
 */
export function addressOfUrl(url: string, scope: string): QueueAddress {
  const [accountId = '', name = ''] = `/${url}`.split('/').slice(-2);
  if (name === '') throw queueAbsent();
  if (!/^\d{12}$/.test(accountId)) return { scope, name };
  return { scope: `${accountId}/${scope.split('/')[1] ?? ''}`, name };
}

/** @returns undefined when the text is no ARN of a queue */
export function findAddressOfArn(arn: string): QueueAddress | undefined {
  const parts = findArn(arn);
  if (parts?.service !== 'sqs') return undefined;
  return { scope: `${parts.accountId}/${parts.region}`, name: parts.resource };
}

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** What the attributes say, with the defaults of AWS. */
export interface QueueSettings {
  readonly isFifo: boolean;
  readonly delayMs: number;
  readonly visibilityMs: number;
  readonly retentionMs: number;
  readonly waitMs: number;
  readonly messageBytesMax: number;
  readonly deduplicatesByContent: boolean;
  readonly deduplicatesPerGroup: boolean;
  readonly redrive: RedrivePolicy | undefined;
}

// Limit: a message and a batch have at most 1 MiB.
export const messageBytesMax = 1_048_576;

export const attributeDefaults: Readonly<Record<string, string>> = {
  DelaySeconds: '0',
  MaximumMessageSize: String(messageBytesMax),
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
};

export function settingsOf({ attributes }: Pick<Queue, 'attributes'>): QueueSettings {
  const number = (name: string): number => Number(attributes[name] ?? attributeDefaults[name]);
  const redrive = attributes['RedrivePolicy'];
  return {
    isFifo: attributes['FifoQueue'] === 'true',
    delayMs: number('DelaySeconds') * 1000,
    visibilityMs: number('VisibilityTimeout') * 1000,
    retentionMs: number('MessageRetentionPeriod') * 1000,
    waitMs: number('ReceiveMessageWaitTimeSeconds') * 1000,
    messageBytesMax: number('MaximumMessageSize'),
    deduplicatesByContent: attributes['ContentBasedDeduplication'] === 'true',
    deduplicatesPerGroup: attributes['DeduplicationScope'] === 'messageGroup',
    redrive: redrive === undefined ? undefined : readRedrivePolicy(redrive),
  };
}

/** @param text a policy that `checkAttributes` let through; its count may be written as text */
export function readRedrivePolicy(text: string): RedrivePolicy {
  const policy = JSON.parse(text) as { deadLetterTargetArn: string; maxReceiveCount: number | string };
  return { deadLetterTargetArn: policy.deadLetterTargetArn, maxReceiveCount: Number(policy.maxReceiveCount) };
}
