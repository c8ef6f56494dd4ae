/** What lets one service reach another: the permission of a function, the policy of a queue. */
import type { Mapping, Value } from '../../value.ts';
import type { FunctionEvent } from './event.ts';
import type { Expansion } from '../expansion.ts';

/** Lets `principal` invoke the function. */
export function addPermission(
  expansion: Expansion,
  { logicalId, target }: FunctionEvent,
  principal: string,
  source: Mapping,
): void {
  expansion.add(
    `${logicalId}Permission`,
    'AWS::Lambda::Permission',
    { Action: 'lambda:InvokeFunction', FunctionName: target.name, Principal: principal, ...source },
    expansion.inheritedFrom(target.resource),
  );
}

/** Lets `source` send to a queue. */
export function queuePolicy(queueArn: Value, queueUrl: Value, principal: Value, source: Value): Mapping {
  const statement = {
    Action: 'sqs:SendMessage',
    Effect: 'Allow',
    Principal: principal,
    Resource: queueArn,
    Condition: { ArnEquals: { 'aws:SourceArn': source } },
  };
  return { PolicyDocument: { Version: '2012-10-17', Statement: [statement] }, Queues: [queueUrl] };
}
