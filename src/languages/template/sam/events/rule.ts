/** `Schedule`, `EventBridgeRule` and `CloudWatchEvent`: a rule of EventBridge with one target. */
import { type Value, isMapping } from '../../value.ts';
import { eventError } from '../errors.ts';
import { type Expansion, attribute, pick, ref } from '../expansion.ts';
import type { TargetedEvent } from './event.ts';
import { queuePolicy } from './permission.ts';

export function addRule(
  expansion: Expansion,
  event: TargetedEvent & { readonly suffix: string; readonly roleArn?: Value },
): void {
  const { logicalId, properties, attributes } = event;
  const pattern = properties['Pattern'];
  const schedule = properties['Schedule'];
  if (pattern === undefined && schedule === undefined) {
    throw eventError(event.owner, event.id, "It needs a 'Pattern' or a 'Schedule'.");
  }
  const given = properties['Target'];
  const targetId = (isMapping(given) ? given['Id'] : undefined) ?? `${logicalId}${event.suffix}`;
  const deadLetters = deadLetterArn(expansion, event, 'events.amazonaws.com');
  expansion.add(
    logicalId,
    'AWS::Events::Rule',
    {
      ...pick(properties, ['Description', 'EventBusName']),
      Name: properties['RuleName'] ?? properties['Name'],
      EventPattern: pattern,
      ScheduleExpression: schedule,
      State: stateOf(event),
      Targets: [
        {
          Arn: event.arn,
          Id: targetId,
          ...(event.roleArn !== undefined && { RoleArn: event.roleArn }),
          ...pick(properties, ['Input', 'InputPath', 'InputTransformer', 'RetryPolicy']),
          ...(deadLetters !== undefined && { DeadLetterConfig: { Arn: deadLetters } }),
        },
      ],
    },
    attributes,
  );
}

function stateOf({ properties, owner, id }: TargetedEvent): Value | undefined {
  const { Enabled: enabled, State: state } = properties;
  if (enabled === undefined) return state;
  if (state !== undefined) throw eventError(owner, id, 'State and Enabled Properties cannot both be specified.');
  return enabled === true || enabled === 'true' ? 'ENABLED' : 'DISABLED';
}

/** The queue for what cannot be delivered: one that is named, or one made here. */
export function deadLetterArn(expansion: Expansion, event: TargetedEvent, sender?: string): Value | undefined {
  const { logicalId, properties, owner, id, attributes } = event;
  const config = properties['DeadLetterConfig'];
  if (config === undefined) return undefined;
  if (!isMapping(config)) throw eventError(owner, id, "'DeadLetterConfig' must be a map.");
  if (config['Arn'] !== undefined && config['Type'] === undefined) return config['Arn'];
  if (config['Type'] !== 'SQS' || config['Arn'] !== undefined) {
    throw eventError(owner, id, "'DeadLetterConfig' takes either an Arn or the Type SQS.");
  }
  const named = config['QueueLogicalId'];
  const queueId = typeof named === 'string' ? named : `${logicalId}Queue`;
  expansion.add(queueId, 'AWS::SQS::Queue', {}, attributes);
  const arn = attribute(queueId, 'Arn');
  if (sender !== undefined) {
    const policy = queuePolicy(arn, ref(queueId), { Service: sender }, attribute(logicalId, 'Arn'));
    expansion.add(`${logicalId}QueuePolicy`, 'AWS::SQS::QueuePolicy', policy, attributes);
  }
  return arn;
}
