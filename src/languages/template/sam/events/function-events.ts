/** The events of a function: what starts it, with the permission or the polling that each kind needs. */
import { isMapping } from '../../value.ts';
import { eventError } from '../errors.ts';
import { type Expansion, attribute, pick, ref } from '../expansion.ts';
import { type ExpandedFunction, type FunctionEvent, eventsOf } from './event.ts';
import { addPermission, queuePolicy } from './permission.ts';
import { addRule } from './rule.ts';
import { inlinePolicy } from '../role.ts';
import { addSchedule } from './schedule.ts';
import { addBucketNotification } from './bucket-notification.ts';

type EventKind = (expansion: Expansion, event: FunctionEvent) => void;

const kinds: Readonly<Record<string, EventKind>> = {
  S3: addBucketNotification,
  SNS: addSubscription,
  SQS: (expansion, event) => addPolling(expansion, event, 'Queue', 'AWSLambdaSQSQueueExecutionRole'),
  Kinesis: (expansion, event) => addPolling(expansion, event, 'Stream', 'AWSLambdaKinesisExecutionRole'),
  DynamoDB: (expansion, event) => addPolling(expansion, event, 'Stream', 'AWSLambdaDynamoDBExecutionRole'),
  MSK: (expansion, event) => addPolling(expansion, event, 'Stream', 'AWSLambdaMSKExecutionRole'),
  Schedule: addRuleFor,
  EventBridgeRule: addRuleFor,
  CloudWatchEvent: addRuleFor,
  ScheduleV2: addScheduleFor,
  CloudWatchLogs: addLogSubscription,
};

export function addFunctionEvents(expansion: Expansion, target: ExpandedFunction): void {
  const { logicalId } = target.resource;
  for (const { id, type, properties } of eventsOf(target.resource)) {
    const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (kind === undefined) {
      throw eventError(
        logicalId,
        id,
        `Events of the type '${type}' are not served here. Supported: ${Object.keys(kinds).join(', ')}.`,
      );
    }
    kind(expansion, { id, logicalId: `${logicalId}${id}`, properties, target });
  }
}

function addRuleFor(expansion: Expansion, event: FunctionEvent): void {
  const { target } = event;
  addRule(expansion, {
    ...event,
    attributes: expansion.inheritedFrom(target.resource),
    owner: target.resource.logicalId,
    arn: target.arn,
    suffix: 'LambdaTarget',
  });
  addPermission(expansion, event, 'events.amazonaws.com', { SourceArn: attribute(event.logicalId, 'Arn') });
}

function addScheduleFor(expansion: Expansion, event: FunctionEvent): void {
  const { target, logicalId } = event;
  addSchedule(expansion, {
    ...event,
    attributes: expansion.inheritedFrom(target.resource),
    owner: target.resource.logicalId,
    arn: target.arn,
    policy: inlinePolicy(`${logicalId}LambdaPolicy`, 'lambda:InvokeFunction', target.arn),
  });
}

function addSubscription(expansion: Expansion, event: FunctionEvent): void {
  const { logicalId, properties, target } = event;
  const topic = properties['Topic'];
  if (topic === undefined) throw eventError(target.resource.logicalId, event.id, "Missing required property 'Topic'.");
  const attributes = expansion.inheritedFrom(target.resource);
  const shared = {
    TopicArn: topic,
    ...pick(properties, ['Region', 'FilterPolicy', 'FilterPolicyScope', 'RedrivePolicy']),
  };
  const queue = properties['SqsSubscription'];
  if (queue === undefined || queue === false) {
    addPermission(expansion, event, 'sns.amazonaws.com', { SourceArn: topic });
    expansion.add(
      logicalId,
      'AWS::SNS::Subscription',
      { Endpoint: target.arn, Protocol: 'lambda', ...shared },
      attributes,
    );
    return;
  }
  const given = isMapping(queue) ? queue : {};
  const queueArn = given['QueueArn'] ?? attribute(`${logicalId}Queue`, 'Arn');
  const queueUrl = given['QueueUrl'] ?? ref(`${logicalId}Queue`);
  if (given['QueueArn'] === undefined) expansion.add(`${logicalId}Queue`, 'AWS::SQS::Queue', {}, attributes);
  const policyId =
    typeof given['QueuePolicyLogicalId'] === 'string' ? given['QueuePolicyLogicalId'] : `${logicalId}QueuePolicy`;
  expansion.add(policyId, 'AWS::SQS::QueuePolicy', queuePolicy(queueArn, queueUrl, '*', topic), attributes);
  expansion.add(logicalId, 'AWS::SNS::Subscription', { Endpoint: queueArn, Protocol: 'sqs', ...shared }, attributes);
  expansion.add(
    `${logicalId}EventSourceMapping`,
    'AWS::Lambda::EventSourceMapping',
    {
      BatchSize: given['BatchSize'] ?? 10,
      Enabled: given['Enabled'] ?? true,
      EventSourceArn: queueArn,
      FunctionName: target.name,
    },
    attributes,
  );
  target.needs.managed.add('AWSLambdaSQSQueueExecutionRole');
}

const pollingProperties = [
  'BatchSize',
  'BisectBatchOnFunctionError',
  'Enabled',
  'FilterCriteria',
  'FunctionResponseTypes',
  'KmsKeyArn',
  'MaximumBatchingWindowInSeconds',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'MetricsConfig',
  'ParallelizationFactor',
  'ProvisionedPollerConfig',
  'ScalingConfig',
  'SourceAccessConfigurations',
  'StartingPosition',
  'StartingPositionTimestamp',
  'Topics',
  'TumblingWindowInSeconds',
];

function addPolling(expansion: Expansion, event: FunctionEvent, source: string, managedPolicy: string): void {
  const { logicalId, properties, target } = event;
  const arn = properties[source];
  if (arn === undefined) {
    throw eventError(
      target.resource.logicalId,
      event.id,
      `No Queue (for SQS) or Stream (for Kinesis, DynamoDB or MSK) is provided.`,
    );
  }
  const destinations = properties['DestinationConfig'];
  const onFailure = isMapping(destinations) ? destinations['OnFailure'] : undefined;
  const place = isMapping(onFailure) ? onFailure['Destination'] : undefined;
  expansion.add(
    logicalId,
    'AWS::Lambda::EventSourceMapping',
    {
      ...pick(properties, pollingProperties),
      EventSourceArn: arn,
      FunctionName: target.name,
      DestinationConfig: place === undefined ? undefined : { OnFailure: { Destination: place } },
    },
    expansion.inheritedFrom(target.resource),
  );
  target.needs.managed.add(managedPolicy);
  if (place === undefined || !isMapping(onFailure)) return;
  const isTopic = onFailure['Type'] === 'SNS';
  target.needs.after.push(
    inlinePolicy(`${logicalId}${isTopic ? 'SNS' : 'SQS'}Policy`, isTopic ? 'sns:publish' : 'sqs:SendMessage', place),
  );
}

function addLogSubscription(expansion: Expansion, event: FunctionEvent): void {
  const { logicalId, properties, target } = event;
  const group = properties['LogGroupName'] ?? '';
  const SourceArn = {
    'Fn::Sub': [
      `arn:${expansion.partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${__LogGroupName__}:*`,
      { __LogGroupName__: group },
    ],
  };
  addPermission(expansion, event, 'logs.amazonaws.com', { SourceArn });
  expansion.add(
    logicalId,
    'AWS::Logs::SubscriptionFilter',
    { LogGroupName: group, FilterPattern: properties['FilterPattern'], DestinationArn: target.arn },
    { ...expansion.inheritedFrom(target.resource), DependsOn: [`${logicalId}Permission`] },
  );
}
