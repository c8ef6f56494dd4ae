/** The optimized integrations of Step Functions: which actions there are and in which patterns. Developer guide, "Integrating services". */
import type { TaskResource } from '../machine.ts';

type Integration = TaskResource & { kind: 'integration' };
type Pattern = Integration['pattern'];

const plain: readonly Pattern[] = ['request-response'];
const job: readonly Pattern[] = ['request-response', 'sync'];
const callback: readonly Pattern[] = ['request-response', 'waitForTaskToken'];
const all: readonly Pattern[] = ['request-response', 'sync', 'waitForTaskToken'];

/** By `service:action`; `service:*` for a service whose actions all have the same patterns. */
const patterns: Readonly<Record<string, readonly Pattern[]>> = {
  'apigateway:invoke': callback,
  'athena:startQueryExecution': job,
  'athena:stopQueryExecution': plain,
  'athena:getQueryExecution': plain,
  'athena:getQueryResults': plain,
  'batch:submitJob': job,
  'bedrock:invokeModel': all,
  'bedrock:createModelCustomizationJob': job,
  'codebuild:*': job,
  'databrew:startJobRun': job,
  'dynamodb:getItem': plain,
  'dynamodb:putItem': plain,
  'dynamodb:updateItem': plain,
  'dynamodb:deleteItem': plain,
  'ecs:runTask': all,
  'eks:*': all,
  'elasticmapreduce:*': job,
  'emr-containers:*': job,
  'emr-serverless:*': job,
  'events:putEvents': callback,
  'glue:startJobRun': job,
  'http:invoke': plain,
  'lambda:invoke': callback,
  'mediaconvert:createJob': job,
  'sagemaker:*': job,
  'sns:publish': callback,
  'sqs:sendMessage': callback,
  'states:startExecution': ['request-response', 'sync', 'sync:2', 'waitForTaskToken'],
};

/** Whether AWS has this action in this pattern. SDK integrations have every action of their service. */
export function hasIntegration({ service, action, isAwsSdk, pattern }: Integration): boolean {
  if (isAwsSdk) return callback.includes(pattern);
  const found = patterns[`${service}:${action}`] ?? patterns[`${service}:*`];
  return found?.includes(pattern) === true;
}
