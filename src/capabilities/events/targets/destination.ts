/** Where the ARN of a target leads. */
import { findArn, type Arn } from '#kernel/arn';
import { validation } from '../errors.ts';

/** `scope` is the account and region of the target, which need not be those of the rule. */
export type Destination = { readonly scope: string; readonly arn: string } & (
  | { readonly kind: 'function' | 'topic' | 'state-machine' }
  | { readonly kind: 'queue'; readonly queue: string }
  | { readonly kind: 'log-group'; readonly group: string }
  | { readonly kind: 'workflow'; readonly workflow: string }
  | { readonly kind: 'bus'; readonly bus: string }
  | { readonly kind: 'api-destination'; readonly name: string }
);

/** A destination that is reached by an AWS operation. */
export const operations: Readonly<Partial<Record<Destination['kind'], readonly [service: string, operation: string]>>> =
  {
    function: ['lambda', 'Invoke'],
    queue: ['sqs', 'SendMessage'],
    topic: ['sns', 'Publish'],
    'state-machine': ['stepfunctions', 'StartExecution'],
  };

// Differs from AWS: Kinesis, Firehose, ECS, Batch, Redshift, SageMaker, Systems Manager, AppSync and API Gateway are no targets.
/** @throws ValidationException naming the kind when nothing here takes events at this ARN */
export function destinationOf(text: string): Destination {
  const arn = findArn(text);
  const found = arn === undefined ? undefined : match(arn, text);
  if (found !== undefined) return found;
  throw validation(
    `Target ${text} is of the kind '${kindOf(arn)}', which is not served. Targets are Lambda functions, SQS queues, SNS topics, state machines, event buses, API destinations, log groups and Glue workflows.`,
  );
}

function match({ service, region, accountId, resource }: Arn, arn: string): Destination | undefined {
  const scope = `${accountId}/${region}`;
  const part = (pattern: RegExp): string | undefined => pattern.exec(resource)?.[1];
  switch (service) {
    case 'lambda':
      return resource.startsWith('function:') ? { kind: 'function', scope, arn } : undefined;
    case 'sns':
      return { kind: 'topic', scope, arn };
    case 'sqs':
      return { kind: 'queue', scope, arn, queue: resource };
    case 'states':
      return resource.startsWith('stateMachine:') ? { kind: 'state-machine', scope, arn } : undefined;
    case 'logs': {
      const group = part(/^log-group:([^:]+)(?::\*)?$/);
      return group === undefined ? undefined : { kind: 'log-group', scope, arn, group };
    }
    case 'glue': {
      const workflow = part(/^workflow\/(.+)$/);
      return workflow === undefined ? undefined : { kind: 'workflow', scope, arn, workflow };
    }
    case 'events': {
      const bus = part(/^event-bus\/(.+)$/);
      if (bus !== undefined) return { kind: 'bus', scope, arn, bus };
      const name = part(/^api-destination\/([^/]+)/);
      return name === undefined ? undefined : { kind: 'api-destination', scope, arn, name };
    }
    default:
      return undefined;
  }
}

function kindOf(arn: Arn | undefined): string {
  return arn === undefined ? 'no ARN' : `${arn.service} ${arn.resource.split(/[:/]/)[0]}`;
}
