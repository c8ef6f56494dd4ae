/** `EventInvokeConfig`: what becomes of asynchronous invocations that succeed or fail. */
import { type Mapping, type Value, formatValue, isMapping } from '../value.ts';
import { serverlessError } from './errors.ts';
import { type Expansion, attribute, ref } from './expansion.ts';
import type { ExpandedFunction } from './events/event.ts';
import { inlinePolicy } from './role.ts';

interface DestinationKind {
  readonly policy: string;
  readonly action: string;
}

const kinds: Readonly<Record<string, DestinationKind>> = {
  SQS: { policy: 'SQSPolicy', action: 'sqs:SendMessage' },
  SNS: { policy: 'SNSPolicy', action: 'sns:publish' },
  Lambda: { policy: 'LambdaPolicy', action: 'lambda:InvokeFunction' },
  EventBridge: { policy: 'EventBridgePolicy', action: 'events:PutEvents' },
  S3Bucket: { policy: 'S3Policy', action: 's3:PutObject' },
};

export function addInvokeConfig(expansion: Expansion, expanded: ExpandedFunction): void {
  const { resource, alias } = expanded;
  const { logicalId, properties, attributes } = resource;
  const config = properties['EventInvokeConfig'];
  if (!isMapping(config)) throw serverlessError(logicalId, "Invalid type for property 'EventInvokeConfig'.");
  const destinations = isMapping(config['DestinationConfig']) ? config['DestinationConfig'] : undefined;
  const read = Object.entries(destinations ?? {}).map(([outcome, destination]): [string, Mapping] => [
    outcome,
    { Destination: destinationOf(expansion, expanded, outcome, destination) },
  ]);
  expansion.add(
    `${logicalId}EventInvokeConfig`,
    'AWS::Lambda::EventInvokeConfig',
    {
      ...(destinations !== undefined && { DestinationConfig: Object.fromEntries(read) }),
      FunctionName: ref(logicalId),
      MaximumEventAgeInSeconds: config['MaximumEventAgeInSeconds'],
      MaximumRetryAttempts: config['MaximumRetryAttempts'],
      Qualifier: alias?.name ?? '$LATEST',
    },
    {
      ...expansion.inheritedFrom(resource),
      ...(alias !== undefined && { DependsOn: [alias.logicalId] }),
      ...(attributes['Metadata'] !== undefined && { Metadata: attributes['Metadata'] }),
    },
  );
}

function destinationOf(expansion: Expansion, expanded: ExpandedFunction, outcome: string, value: Value): Value {
  const { resource, needs } = expanded;
  const { logicalId } = resource;
  const { Type, Destination } = (isMapping(value) ? value : {}) as Readonly<Record<string, Value | undefined>>;
  const kind = typeof Type === 'string' && Object.hasOwn(kinds, Type) ? kinds[Type] : undefined;
  if ((outcome !== 'OnSuccess' && outcome !== 'OnFailure') || kind === undefined) {
    throw serverlessError(
      logicalId,
      `'Type: ${formatValue(Type)}' of ${outcome} must be one of [${Object.keys(kinds).join(', ')}]`,
    );
  }
  const prefix = `${logicalId}EventInvokeConfig${outcome}`;
  const place = Destination ?? madeDestination(expansion, expanded, prefix, formatValue(Type));
  const name = `${prefix}${kind.policy}`;
  needs.before.push(Type === 'S3Bucket' ? bucketPolicy(name, place) : inlinePolicy(name, kind.action, place));
  return place;
}

function bucketPolicy(PolicyName: string, bucket: Value): Mapping {
  const objects = { 'Fn::Join': ['/', [bucket, '*']] };
  const Statement = [
    { Action: 's3:PutObject', Effect: 'Allow', Resource: objects },
    { Action: 's3:ListBucket', Effect: 'Allow', Resource: bucket },
  ];
  return { PolicyName, PolicyDocument: { Statement } };
}

/** A queue or a topic of its own, where none is given. */
function madeDestination(expansion: Expansion, { resource }: ExpandedFunction, prefix: string, type: string): Value {
  const attributes = expansion.inheritedFrom(resource);
  const outcome = prefix.slice(`${resource.logicalId}EventInvokeConfig`.length).replace('On', '');
  if (type === 'SQS') {
    expansion.add(`${prefix}Queue`, 'AWS::SQS::Queue', {}, attributes);
    expansion.renamed.set(`${resource.logicalId}.DestinationQueue`, `${prefix}Queue`);
    return attribute(`${prefix}Queue`, 'Arn');
  }
  if (type === 'SNS') {
    expansion.add(`${prefix}Topic`, 'AWS::SNS::Topic', {}, attributes);
    expansion.renamed.set(`${resource.logicalId}.DestinationTopic`, `${prefix}Topic`);
    return ref(`${prefix}Topic`);
  }
  throw serverlessError(resource.logicalId, `Destination is required for the type ${type} of On${outcome}.`);
}
