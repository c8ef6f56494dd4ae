/** Which service and operation an integration means, and by which names AWS's SDK for Java calls the service in errors. */
import type { TaskResource } from '#languages/asl/index';

export type Integration = Extract<TaskResource, { kind: 'integration' }>;

export interface ServiceCall {
  /** Name of the service model. */
  readonly service: string;
  readonly operation: string;
  /** In front of error names: `Sfn.`, `Lambda.`. */
  readonly errorPrefix: string;
  /** As causes name the service. */
  readonly serviceName: string;
}

interface Naming {
  readonly model: string;
  readonly prefix: string;
  readonly name?: string;
}

/** By the service id in `aws-sdk:<id>:<action>`, where it is not simply the model's name. */
const sdkNames: Readonly<Record<string, Naming>> = {
  sfn: { model: 'stepfunctions', prefix: 'Sfn' },
  cloudwatchlogs: { model: 'logs', prefix: 'CloudWatchLogs' },
  eventbridge: { model: 'events', prefix: 'EventBridge' },
  cloudformation: { model: 'cloudformation', prefix: 'CloudFormation' },
  cloudtrail: { model: 'cloudtrail', prefix: 'CloudTrail' },
  dynamodb: { model: 'dynamodb', prefix: 'DynamoDb' },
};

/** The optimised integrations; their errors bear the names of the older SDK. */
const optimizedNames: Readonly<Record<string, Naming>> = {
  lambda: { model: 'lambda', prefix: 'Lambda', name: 'AWSLambda' },
  sqs: { model: 'sqs', prefix: 'SQS', name: 'AmazonSQS' },
  sns: { model: 'sns', prefix: 'SNS', name: 'AmazonSNS' },
  events: { model: 'events', prefix: 'EventBridge', name: 'AmazonEventBridge' },
  states: { model: 'stepfunctions', prefix: 'StepFunctions', name: 'AWSStepFunctions' },
  athena: { model: 'athena', prefix: 'Athena', name: 'AmazonAthena' },
  glue: { model: 'glue', prefix: 'Glue', name: 'AWSGlue' },
  elasticmapreduce: { model: 'emr', prefix: 'ElasticMapReduce', name: 'AmazonElasticMapReduce' },
  dynamodb: { model: 'dynamodb', prefix: 'DynamoDB', name: 'AmazonDynamoDBv2' },
};

/** Actions of EMR that AWS renamed for its integration. */
const emrOperations: Readonly<Record<string, string>> = {
  createCluster: 'RunJobFlow',
  addStep: 'AddJobFlowSteps',
  cancelStep: 'CancelSteps',
  terminateCluster: 'TerminateJobFlows',
  setClusterTerminationProtection: 'SetTerminationProtection',
  modifyInstanceFleetByName: 'ModifyInstanceFleet',
  modifyInstanceGroupByName: 'ModifyInstanceGroups',
};

export function serviceCallOf({ service, action, isAwsSdk }: Integration): ServiceCall {
  const names = isAwsSdk ? sdkNames : optimizedNames;
  const capital = `${service.charAt(0).toUpperCase()}${service.slice(1)}`;
  const { model, prefix, name = prefix } = names[service] ?? { model: service, prefix: capital };
  const renamed = service === 'elasticmapreduce' ? emrOperations[action] : undefined;
  const operation = renamed ?? `${action.charAt(0).toUpperCase()}${action.slice(1)}`;
  return { service: model, operation, errorPrefix: prefix, serviceName: name };
}
