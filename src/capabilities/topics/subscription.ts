/** A subscription: its endpoint, and its attributes: "SetSubscriptionAttributes" of the SNS API reference. */
import { findArn } from '#kernel/arn';
import { checkDeliveryPolicy } from './delivery-policy.ts';
import { badParameter } from './errors.ts';
import { compileFilterPolicy, type FilterScope } from './filter-policy.ts';
import { topicArn, type TopicAddress } from './topic.ts';

type Attributes = Readonly<Record<string, string>>;

export const protocols = ['lambda', 'sqs', 'http', 'https', 'email', 'email-json'] as const;
export type Protocol = (typeof protocols)[number];

export interface Subscription {
  /** The last part of its ARN. */
  readonly id: string;
  readonly topic: TopicAddress;
  readonly protocol: Protocol;
  readonly endpoint: string;
  /** Account of who subscribed. */
  readonly owner: string;
  readonly attributes: Attributes;
  /** With which it is confirmed; undefined once it was. */
  readonly token: string | undefined;
  /** Only its owner may end it when the confirmation asked for that. */
  readonly endsSigned: boolean;
  readonly createdMs: number;
}

/** A subscription waits so long for its confirmation. */
export const pendingMs = 3 * 24 * 3_600_000;

export function subscriptionArn({ topic, id }: Pick<Subscription, 'topic' | 'id'>): string {
  return `${topicArn(topic)}:${id}`;
}

/** @throws InvalidParameter when the text is no ARN of a subscription */
export function idOfSubscriptionArn(arn: string): string {
  const parts = findArn(arn);
  const [, id] = parts?.service === 'sns' ? parts.resource.split(':') : [];
  if (id === undefined)
    throw badParameter(`SubscriptionArn Reason: An ARN must have at least 6 elements, not ${arn.split(':').length}`);
  return id;
}

/** Queues and functions need not agree to be called. */
export function needsConfirmation(protocol: Protocol): boolean {
  return protocol !== 'lambda' && protocol !== 'sqs';
}

/** @throws InvalidParameter naming a protocol that is not served, or an endpoint that is none of its kind */
export function checkEndpoint(protocol: string, endpoint: string, fifoTopic: boolean): Protocol {
  const known = protocols.find((one) => one === protocol);
  if (known === undefined) {
    const isOfAws = ['sms', 'application', 'firehose'].includes(protocol);
    const why = isOfAws ? `'${protocol}' is not served by Millpond` : `'${protocol.slice(0, 40)}' is not a protocol`;
    throw badParameter(`Protocol Reason: ${why}; use ${protocols.join(', ')}`);
  }
  if (fifoTopic && known !== 'sqs')
    throw badParameter(`Invalid protocol type: ${known} Reason: FIFO topics deliver to queues only`);
  if (!isEndpoint(known, endpoint))
    throw badParameter(`Endpoint Reason: '${endpoint.slice(0, 200)}' is no endpoint of the protocol ${known}`);
  if (known === 'sqs' && !fifoTopic && endpoint.endsWith('.fifo'))
    throw badParameter('Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics');
  return known;
}

function isEndpoint(protocol: Protocol, endpoint: string): boolean {
  switch (protocol) {
    case 'lambda':
    case 'sqs':
      return findArn(endpoint)?.service === protocol;
    case 'http':
    case 'https':
      return endpoint.startsWith(`${protocol}://`) && URL.canParse(endpoint);
    case 'email':
    case 'email-json':
      return /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/.test(endpoint) && endpoint.length <= 320;
  }
}

/**
 * The attributes of a subscription after some were set; an empty value takes one away.
 * @throws InvalidParameter or FilterPolicyLimitExceeded naming the attribute
 */
export function mergeSubscriptionAttributes(before: Attributes, changes: Attributes, protocol: Protocol): Attributes {
  const after: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') {
      delete after[name];
      continue;
    }
    checkAttribute(name, value, protocol);
    after[name] = name === 'RawMessageDelivery' ? value.toLowerCase() : value;
  }
  const policy = after['FilterPolicy'];
  if (policy !== undefined) compileFilterPolicy(policy, filterScopeOf(after));
  return after;
}

export function filterScopeOf(attributes: Attributes): FilterScope {
  return attributes['FilterPolicyScope'] === 'MessageBody' ? 'MessageBody' : 'MessageAttributes';
}

export function isRaw({ attributes }: Pick<Subscription, 'attributes'>): boolean {
  return attributes['RawMessageDelivery'] === 'true';
}

/** The queue that gets what could not be delivered. */
export function deadLetterArn({ attributes }: Pick<Subscription, 'attributes'>): string | undefined {
  const text = attributes['RedrivePolicy'];
  return text === undefined ? undefined : (JSON.parse(text) as { deadLetterTargetArn?: string }).deadLetterTargetArn;
}

function checkAttribute(name: string, value: string, protocol: Protocol): void {
  switch (name) {
    case 'FilterPolicy':
      return;
    case 'FilterPolicyScope':
      if (value !== 'MessageAttributes' && value !== 'MessageBody')
        throw badParameter(
          `FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`,
        );
      return;
    case 'RawMessageDelivery':
      if (value.toLowerCase() !== 'true' && value.toLowerCase() !== 'false')
        throw badParameter('RawMessageDelivery: Must be true or false');
      if (value.toLowerCase() === 'true' && (protocol === 'lambda' || protocol.startsWith('email')))
        throw badParameter(
          `RawMessageDelivery: Delivery protocol [${protocol}] does not support raw message delivery.`,
        );
      return;
    case 'DeliveryPolicy':
      return checkDeliveryPolicy(value);
    case 'RedrivePolicy':
      return checkRedrivePolicy(value);
    default:
      throw badParameter(`AttributeName Reason: '${name}' is not an attribute that is served`);
  }
}

function checkRedrivePolicy(value: string): void {
  let arn: unknown;
  try {
    arn = (JSON.parse(value) as Record<string, unknown>)['deadLetterTargetArn'];
  } catch {
    throw badParameter('RedrivePolicy: failed to parse JSON.');
  }
  if (typeof arn !== 'string' || findArn(arn)?.service !== 'sqs')
    throw badParameter('RedrivePolicy: deadLetterTargetArn is an invalid arn');
}
