/** The notification configuration of a bucket: what may stand in it, and which of its parts wants a change. */
import { parseArn } from '#kernel/arn';
import { newUuid } from '#kernel/ids';
import { matchesWildcard } from '#kernel/wildcard';
import { invalidArgument } from '../errors.ts';

interface FilterRule {
  readonly Name?: string | undefined;
  readonly Value?: string | undefined;
}

interface Part {
  readonly Id?: string | undefined;
  readonly Events?: readonly string[] | undefined;
  readonly Filter?:
    | { readonly Key?: { readonly FilterRules?: readonly FilterRule[] | undefined } | undefined }
    | undefined;
}

/** In the shape of the API; also what is kept. */
export interface NotificationConfiguration {
  readonly QueueConfigurations?: readonly (Part & { readonly QueueArn?: string | undefined })[] | undefined;
  readonly TopicConfigurations?: readonly (Part & { readonly TopicArn?: string | undefined })[] | undefined;
  readonly LambdaFunctionConfigurations?:
    | readonly (Part & { readonly LambdaFunctionArn?: string | undefined })[]
    | undefined;
  readonly EventBridgeConfiguration?: object | undefined;
}

/** Events of some keys for one destination. */
export interface Subscription {
  readonly id: string;
  readonly arn: string;
  readonly service: 'sqs' | 'sns' | 'lambda';
  /** `s3:ObjectCreated:*` and the like. */
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

/** Every part with an id: one is made where the client gave none. */
export function withIds(configuration: NotificationConfiguration): NotificationConfiguration {
  const named = <One extends Part>(parts: readonly One[] | undefined): One[] | undefined =>
    parts?.map((part) => ({ ...part, Id: part.Id === undefined || part.Id === '' ? newUuid() : part.Id }));
  const { QueueConfigurations, TopicConfigurations, LambdaFunctionConfigurations, EventBridgeConfiguration } =
    configuration;
  return {
    ...(QueueConfigurations?.length && { QueueConfigurations: named(QueueConfigurations) }),
    ...(TopicConfigurations?.length && { TopicConfigurations: named(TopicConfigurations) }),
    ...(LambdaFunctionConfigurations?.length && { LambdaFunctionConfigurations: named(LambdaFunctionConfigurations) }),
    ...(EventBridgeConfiguration !== undefined && { EventBridgeConfiguration: {} }),
  };
}

/** @throws InvalidArgument saying what is wrong with the configuration */
export function subscriptionsOf(configuration: NotificationConfiguration): Subscription[] {
  const { QueueConfigurations = [], TopicConfigurations = [], LambdaFunctionConfigurations = [] } = configuration;
  return [
    ...QueueConfigurations.map((part) => subscriptionOf(part, part.QueueArn, 'sqs')),
    ...TopicConfigurations.map((part) => subscriptionOf(part, part.TopicArn, 'sns')),
    ...LambdaFunctionConfigurations.map((part) => subscriptionOf(part, part.LambdaFunctionArn, 'lambda')),
  ];
}

/**
 * The rules that hold between parts and for their destinations.
 * @throws InvalidArgument in the words of S3
 */
export function checkSubscriptions(subscriptions: readonly Subscription[], region: string): void {
  for (const [index, one] of subscriptions.entries()) {
    checkDestination(one, region);
    for (const other of subscriptions.slice(0, index)) {
      if (one.id === other.id) throw invalidArgument(`Two configurations have the same Id ${one.id}.`, 'Id', one.id);
      if (!overlaps(one, other)) continue;
      throw invalidArgument(
        'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.',
      );
    }
  }
}

// Limit: nothing here restores, replicates, moves or loses objects or changes their ACLs: such events are taken and never told.
/** @param eventName as `ObjectCreated:Put` */
export function wants({ events, prefix, suffix }: Subscription, eventName: string, key: string): boolean {
  if (!key.startsWith(prefix) || !key.endsWith(suffix)) return false;
  return events.some((event) => matchesWildcard(event, `s3:${eventName}`));
}

function subscriptionOf(part: Part, arn: string | undefined, service: Subscription['service']): Subscription {
  const rules = part.Filter?.Key?.FilterRules ?? [];
  return {
    id: part.Id ?? '',
    arn: arn ?? '',
    service,
    events: part.Events ?? [],
    prefix: filterValue(rules, 'prefix'),
    suffix: filterValue(rules, 'suffix'),
  };
}

function filterValue(rules: readonly FilterRule[], name: 'prefix' | 'suffix'): string {
  const found = rules.filter((rule) => rule.Name === name);
  if (found.length > 1)
    throw invalidArgument(`Cannot specify more than one ${name} rule in a filter.`, 'FilterRule.Name');
  return found[0]?.Value ?? '';
}

function checkDestination({ arn, service }: Subscription, region: string): void {
  const parts = arn.startsWith('arn:') ? parseArn(arn) : undefined;
  if (parts?.service !== service) throw invalidArgument('The ARN could not be parsed', 'Arn', arn);
  if (parts.region !== region) {
    throw invalidArgument(
      'The notification destination service region is not valid for the bucket location constraint',
      'Arn',
      arn,
    );
  }
  if (parts.resource.endsWith('.fifo')) {
    throw invalidArgument(`FIFO ${service === 'sqs' ? 'queues' : 'topics'} are no destinations of S3.`, 'Arn', arn);
  }
}

function overlaps(one: Subscription, other: Subscription): boolean {
  const shareEvent = one.events.some((a) => other.events.some((b) => matchesWildcard(a, b) || matchesWildcard(b, a)));
  const sharePrefix = one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix);
  const shareSuffix = one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix);
  return shareEvent && sharePrefix && shareSuffix;
}
