/** `AWS::Serverless::Function`: a function, its role, what it publishes and the events that start it. */
import { type Mapping, type Value, didYouMean, isMapping } from '../value.ts';
import { codeMembers, locationOf } from './artifact.ts';
import { serverlessError } from './errors.ts';
import type { ExpandedFunction } from './events/event.ts';
import { type Expansion, type ServerlessResource, attribute, intrinsicOf, pick, ref, tagsOf } from './expansion.ts';
import { addFunctionEvents } from './events/function-events.ts';
import { addInvokeConfig } from './invoke-config.ts';
import { addRole } from './role.ts';
import { addUrl } from './function-url.ts';
import { addVersion } from './version.ts';

/** Properties that mean the same on `AWS::Lambda::Function`. */
const passed = [
  'Architectures',
  'CodeSigningConfigArn',
  'Description',
  'EphemeralStorage',
  'FileSystemConfigs',
  'FunctionName',
  'Handler',
  'KmsKeyArn',
  'Layers',
  'LoggingConfig',
  'MemorySize',
  'RecursiveLoop',
  'ReservedConcurrentExecutions',
  'Runtime',
  'RuntimeManagementConfig',
  'SnapStart',
  'Timeout',
  'VpcConfig',
];
const own = [
  'AssumeRolePolicyDocument',
  'AutoPublishAlias',
  'AutoPublishAliasAllProperties',
  'AutoPublishCodeSha256',
  'CodeUri',
  'DeadLetterQueue',
  'DeploymentPreference',
  'Environment',
  'EventInvokeConfig',
  'Events',
  'FunctionUrlConfig',
  'InlineCode',
  'PermissionsBoundary',
  'Policies',
  'PropagateTags',
  'ProvisionedConcurrencyConfig',
  'Role',
  'RolePath',
  'Tags',
  'Tracing',
  'VersionDeletionPolicy',
  'VersionDescription',
];
const refused: Readonly<Record<string, string>> = {
  ImageConfig: 'Functions from container images are not served here. Give CodeUri or InlineCode.',
  ImageUri: 'Functions from container images are not served here. Give CodeUri or InlineCode.',
};

export function expandFunction(expansion: Expansion, resource: ServerlessResource): void {
  const { logicalId, properties, attributes } = resource;
  checkProperties(resource);
  const lambda = functionProperties(expansion, resource);
  const alias = addVersion(expansion, resource, lambda);
  const target = alias === undefined ? undefined : ref(alias.logicalId);
  const expanded: ExpandedFunction = {
    resource,
    name: target ?? ref(logicalId),
    arn: target ?? attribute(logicalId, 'Arn'),
    alias,
    needs: { managed: new Set(), before: [], after: [] },
  };
  if (properties['FunctionUrlConfig'] !== undefined) addUrl(expansion, expanded, properties['FunctionUrlConfig']);
  if (properties['EventInvokeConfig'] !== undefined) addInvokeConfig(expansion, expanded);
  addFunctionEvents(expansion, expanded);
  const role = properties['Role'] ?? attribute(addFunctionRole(expansion, expanded, lambda), 'Arn');
  expansion.add(logicalId, 'AWS::Lambda::Function', { ...lambda, Role: role }, attributes);
}

function checkProperties({ logicalId, properties }: ServerlessResource): void {
  for (const name of Object.keys(properties)) {
    if (Object.hasOwn(refused, name)) throw serverlessError(logicalId, refused[name] ?? '');
    if (name === 'PackageType' && properties[name] === 'Zip') continue;
    if (name === 'PackageType') throw serverlessError(logicalId, refused['ImageUri'] ?? '');
    if (passed.includes(name) || own.includes(name)) continue;
    throw serverlessError(
      logicalId,
      `property ${name} not defined for resource of type AWS::Serverless::Function.${didYouMean(name, [...passed, ...own])}`,
    );
  }
  for (const name of ['Handler', 'Runtime']) {
    if (properties[name] === undefined) throw serverlessError(logicalId, `Missing required property '${name}'.`);
  }
}

function functionProperties(expansion: Expansion, resource: ServerlessResource): Mapping {
  const { properties } = resource;
  const { DeadLetterQueue: queue, Environment: environment, Tracing: tracing } = properties;
  return {
    Code: codeOf(resource),
    ...(queue !== undefined && { DeadLetterConfig: { TargetArn: deadLetterOf(resource).arn } }),
    ...pick(properties, passed),
    // The digest of the code stands in the description, so that a change of it alone changes the function.
    ...(properties['AutoPublishCodeSha256'] !== undefined &&
      properties['Description'] === undefined && {
        Description: expansion.text(resource, properties['AutoPublishCodeSha256'], 'AutoPublishCodeSha256'),
      }),
    ...(environment !== undefined && { Environment: environment }),
    ...(tracing !== undefined && tracing !== 'Disabled' && { TracingConfig: { Mode: tracing } }),
    Tags: tagsOf('lambda:createdBy', properties['Tags']),
  };
}

function codeOf(resource: ServerlessResource): Mapping {
  const { CodeUri, InlineCode } = resource.properties;
  if (InlineCode !== undefined && CodeUri !== undefined) {
    throw serverlessError(resource.logicalId, "Only one of 'InlineCode' or 'CodeUri' can be set.");
  }
  if (InlineCode !== undefined) return { ZipFile: InlineCode };
  if (CodeUri !== undefined) return locationOf(resource, 'CodeUri', CodeUri, codeMembers);
  throw serverlessError(resource.logicalId, "Either 'InlineCode' or 'CodeUri' must be set.");
}

function deadLetterOf({ logicalId, properties }: ServerlessResource): { type: string; arn: Value } {
  const queue = properties['DeadLetterQueue'];
  const { Type, TargetArn } = (isMapping(queue) ? queue : {}) as Readonly<Record<string, Value | undefined>>;
  if ((Type !== 'SQS' && Type !== 'SNS') || TargetArn === undefined) {
    throw serverlessError(
      logicalId,
      "'DeadLetterQueue' requires Type and TargetArn properties to be specified, the type one of SQS and SNS.",
    );
  }
  return { type: Type, arn: TargetArn };
}

function addFunctionRole(expansion: Expansion, { resource, needs }: ExpandedFunction, lambda: Mapping): string {
  const { properties } = resource;
  const tracing = properties['Tracing'];
  const isTraced = tracing === 'Active' || tracing === 'PassThrough' || intrinsicOf(tracing) !== undefined;
  return addRole(expansion, resource, {
    service: 'lambda.amazonaws.com',
    tags: lambda['Tags'] as Value[],
    managedBefore: [
      'AWSLambdaBasicExecutionRole',
      ...(isTraced ? ['AWSXrayWriteOnlyAccess'] : []),
      ...(properties['VpcConfig'] === undefined ? [] : ['AWSLambdaVPCAccessExecutionRole']),
    ],
    managedAfter: [...needs.managed].sort(),
    inlineBefore: [...deadLetterPolicies(resource), ...needs.before],
    inlineAfter: needs.after,
  });
}

function deadLetterPolicies(resource: ServerlessResource): Mapping[] {
  if (resource.properties['DeadLetterQueue'] === undefined) return [];
  const { type, arn } = deadLetterOf(resource);
  const Action = type === 'SQS' ? 'sqs:SendMessage' : 'sns:Publish';
  return [
    {
      PolicyName: 'DeadLetterQueuePolicy',
      PolicyDocument: { Version: '2012-10-17', Statement: [{ Action, Resource: arn, Effect: 'Allow' }] },
    },
  ];
}
