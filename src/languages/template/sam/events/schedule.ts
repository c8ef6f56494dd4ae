/** `ScheduleV2`: a schedule of EventBridge Scheduler, with the role in whose name it starts its target. */
import { type Mapping, type Value, isMapping } from '../../value.ts';
import { eventError } from '../errors.ts';
import { type Expansion, attribute, pick } from '../expansion.ts';
import { assumedBy, inlinePolicy } from '../role.ts';
import type { TargetedEvent } from './event.ts';
import { deadLetterArn } from './rule.ts';

const passed = ['Description', 'EndDate', 'GroupName', 'KmsKeyArn', 'ScheduleExpressionTimezone', 'StartDate', 'State'];

/** @param event.policy lets the schedule's role start the target */
export function addSchedule(expansion: Expansion, event: TargetedEvent & { readonly policy: Mapping }): void {
  const { logicalId, properties, attributes } = event;
  const expression = properties['ScheduleExpression'];
  if (expression === undefined)
    throw eventError(event.owner, event.id, "Missing required property 'ScheduleExpression'.");
  const deadLetters = deadLetterArn(expansion, event);
  const roleArn = properties['RoleArn'] ?? addScheduleRole(expansion, event, deadLetters);
  const isNameless = properties['OmitName'] === true;
  expansion.add(
    logicalId,
    'AWS::Scheduler::Schedule',
    {
      ScheduleExpression: expression,
      FlexibleTimeWindow: windowOf(properties['FlexibleTimeWindow']),
      Name: properties['Name'] ?? (isNameless ? undefined : logicalId),
      ...pick(properties, passed),
      Target: {
        Arn: event.arn,
        RoleArn: roleArn,
        ...pick(properties, ['Input', 'RetryPolicy']),
        ...(deadLetters !== undefined && { DeadLetterConfig: { Arn: deadLetters } }),
      },
    },
    attributes,
  );
}

/** The word OFF without quotes is the boolean false in YAML. */
function windowOf(window: Value | undefined): Value {
  if (window === undefined) return { Mode: 'OFF' };
  if (!isMapping(window)) return window;
  const { Mode, ...others } = window;
  return { ...others, Mode: Mode === false || Mode === undefined ? 'OFF' : Mode };
}

function addScheduleRole(
  expansion: Expansion,
  { logicalId, properties, attributes, policy }: TargetedEvent & { readonly policy: Mapping },
  deadLetters: Value | undefined,
): Mapping {
  const sending =
    deadLetters === undefined ? [] : [inlinePolicy(`${logicalId}SQSPolicy`, 'sqs:SendMessage', deadLetters)];
  expansion.add(
    `${logicalId}Role`,
    'AWS::IAM::Role',
    {
      AssumeRolePolicyDocument: assumedBy('scheduler.amazonaws.com'),
      PermissionsBoundary: properties['PermissionsBoundary'],
      Policies: [policy, ...sending],
    },
    attributes,
  );
  return attribute(`${logicalId}Role`, 'Arn');
}
