/** The role that a function or a state machine gets when it names none: from its `Policies`. */
import { type Mapping, type Value, didYouMean, isMapping } from '../value.ts';
import { serverlessError } from './errors.ts';
import { type Expansion, type ServerlessResource, intrinsicOf, listOf, present, ref } from './expansion.ts';
import { findPolicyTemplate, policyTemplateNames } from './policy-templates.ts';

/** Policies that AWS manages under a path of their own. */
const serviceRoles = new Set([
  'AWSGlueServiceRole',
  'AWSLambdaBasicExecutionRole',
  'AWSLambdaDynamoDBExecutionRole',
  'AWSLambdaENIManagementAccess',
  'AWSLambdaKinesisExecutionRole',
  'AWSLambdaMSKExecutionRole',
  'AWSLambdaRole',
  'AWSLambdaSQSQueueExecutionRole',
  'AWSLambdaVPCAccessExecutionRole',
  'AmazonElasticMapReduceRole',
  'AmazonElasticMapReduceforEC2Role',
]);

export function managedPolicyArn(partition: string, name: string): string {
  return `arn:${partition}:iam::aws:policy/${serviceRoles.has(name) ? 'service-role/' : ''}${name}`;
}

export function assumedBy(service: string): Mapping {
  return {
    Version: '2012-10-17',
    Statement: [{ Action: ['sts:AssumeRole'], Effect: 'Allow', Principal: { Service: [service] } }],
  };
}

export function inlinePolicy(PolicyName: string, action: string, resource: Value): Mapping {
  return {
    PolicyName,
    PolicyDocument: { Statement: [{ Action: action, Effect: 'Allow', Resource: resource }] },
  };
}

export interface RoleParts {
  /** Such as `lambda.amazonaws.com`. */
  readonly service: string;
  readonly tags: readonly Value[];
  /** Names of policies that AWS manages, before and after the resource's own. */
  readonly managedBefore: readonly string[];
  readonly managedAfter: readonly string[];
  readonly inlineBefore: readonly Mapping[];
  readonly inlineAfter: readonly Mapping[];
}

/** Adds the role `<logicalId>Role`. @returns its logical id */
export function addRole(expansion: Expansion, resource: ServerlessResource, parts: RoleParts): string {
  const { logicalId, properties } = resource;
  const roleId = `${logicalId}Role`;
  const arnOf = (name: string): string => managedPolicyArn(expansion.partition, name);
  const managed: Value[] = parts.managedBefore.map(arnOf);
  const inline: Value[] = [...parts.inlineBefore];
  const policies = properties['Policies'] ?? [];
  for (const [index, policy] of listOf(policies).entries()) {
    const read = readPolicy(expansion, resource, policy);
    if ('managed' in read) managed.push(read.managed);
    else inline.push(named(read.document, `${roleId}Policy${index}`));
  }
  const later = parts.managedAfter.map(arnOf).filter((arn) => !managed.includes(arn));
  inline.push(...parts.inlineAfter);
  expansion.add(
    roleId,
    'AWS::IAM::Role',
    {
      AssumeRolePolicyDocument: properties['AssumeRolePolicyDocument'] ?? assumedBy(parts.service),
      ManagedPolicyArns: managed.length + later.length === 0 ? undefined : [...managed, ...later],
      Path: properties['RolePath'],
      Policies: inline.length === 0 ? undefined : inline,
      PermissionsBoundary: properties['PermissionsBoundary'],
      Tags: parts.tags,
    },
    expansion.inheritedFrom(resource),
  );
  return roleId;
}

type ReadPolicy = { readonly managed: Value } | { readonly document: Mapping };

function readPolicy(expansion: Expansion, resource: ServerlessResource, policy: Value): ReadPolicy {
  if (typeof policy === 'string') {
    return { managed: policy.includes(':') ? policy : managedPolicyArn(expansion.partition, policy) };
  }
  if (isMapping(policy) && policy['Statement'] !== undefined) return { document: policy };
  const call = intrinsicOf(policy);
  if (call === 'Fn::If') return readChoice(expansion, resource, (policy as Mapping)['Fn::If'] ?? []);
  if (call !== undefined) return { managed: policy };
  const [name = '', ...others] = isMapping(policy) ? Object.keys(policy) : [];
  const template = others.length === 0 ? findPolicyTemplate(name) : undefined;
  if (template !== undefined) return { document: template.document(parametersOf(resource, name, policy)) };
  throw serverlessError(
    resource.logicalId,
    `The policy '${name}' in Policies is neither a statement nor a policy template that is known.${didYouMean(name, policyTemplateNames())}`,
  );
}

function parametersOf(resource: ServerlessResource, name: string, policy: Value): Mapping {
  const needed = findPolicyTemplate(name)?.parameters() ?? [];
  const given = (policy as Mapping)[name];
  const values = isMapping(given) ? given : {};
  const missing = needed.filter((parameter) => values[parameter] === undefined);
  if (missing.length === 0) return values;
  throw serverlessError(
    resource.logicalId,
    `Missing required parameter values for the policy template '${name}': ${missing.join(', ')}.`,
  );
}

/** `Fn::If` between two policies of one kind, or between one and nothing. */
function readChoice(expansion: Expansion, resource: ServerlessResource, argument: Value): ReadPolicy {
  const [condition = '', ...branches] = Array.isArray(argument) ? (argument as Value[]) : [];
  const read = branches.map((branch) => (isNothing(branch) ? undefined : readPolicy(expansion, resource, branch)));
  const some = read.find((branch) => branch !== undefined);
  if (some === undefined || read.length !== 2) {
    throw serverlessError(resource.logicalId, 'Fn::If in Policies takes a condition and two policies.');
  }
  const isManaged = 'managed' in some;
  if (read.some((branch) => branch !== undefined && 'managed' in branch !== isManaged)) {
    throw serverlessError(resource.logicalId, 'Fn::If in Policies chooses between two policies of the same kind.');
  }
  const parts = read.map((branch): Value => {
    if (branch === undefined) return ref('AWS::NoValue');
    return 'managed' in branch ? branch.managed : branch.document;
  });
  const choice: Mapping = { 'Fn::If': [condition, ...parts] };
  return isManaged ? { managed: choice } : { document: choice };
}

function isNothing(value: Value): boolean {
  return isMapping(value) && value['Ref'] === 'AWS::NoValue';
}

/** A document as a policy of a role; of a choice, each side becomes one. */
function named(document: Mapping, PolicyName: string): Mapping {
  const choice = document['Fn::If'];
  if (!Array.isArray(choice)) return present({ PolicyName, PolicyDocument: document });
  const [condition = '', ...branches] = choice as Value[];
  const sides = branches.map((side) => (isNothing(side) ? side : { PolicyName, PolicyDocument: side }));
  return { 'Fn::If': [condition, ...sides] };
}
