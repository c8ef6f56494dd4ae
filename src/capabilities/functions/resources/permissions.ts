/** AWS::Lambda::Permission, AWS::Lambda::EventInvokeConfig and AWS::Lambda::Url: what hangs on a function. */
import { unlessAbsent, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { functionArn, parseFunctionRef } from '../function-name.ts';
import { asTold } from './function.ts';

const permissionMembers = [
  'FunctionName',
  'Action',
  'Principal',
  'SourceArn',
  'SourceAccount',
  'EventSourceToken',
  'FunctionUrlAuthType',
  'InvokedViaFunctionUrl',
  'PrincipalOrgID',
];

export const permissionResource: ResourceType = {
  type: 'AWS::Lambda::Permission',
  physicalIdOf: statementId,
  async create(properties, context) {
    const StatementId = statementId(properties, context);
    await context.call('lambda', 'AddPermission', { ...pick(properties, permissionMembers), StatementId });
    return { physicalId: StatementId, attributes: { Id: StatementId } };
  },
  async delete(StatementId, { FunctionName }, context) {
    await unlessAbsent(
      context.call('lambda', 'RemovePermission', { FunctionName: FunctionName as string, StatementId }),
    );
  },
  /** Nothing of a statement can be changed: it is there as it was made, or it is gone. */
  async read(StatementId, properties, context) {
    const input = { FunctionName: properties['FunctionName'] as string };
    const answer = (await unlessAbsent(context.call('lambda', 'GetPolicy', input))) as { Policy: string } | undefined;
    if (answer === undefined) return undefined;
    const { Statement } = JSON.parse(answer.Policy) as { Statement: { Sid?: string }[] };
    return Statement.some(({ Sid }) => Sid === StatementId) ? properties : undefined;
  },
};

const asyncMembers = [
  'FunctionName',
  'Qualifier',
  'MaximumRetryAttempts',
  'MaximumEventAgeInSeconds',
  'DestinationConfig',
];

export const eventInvokeConfigResource: ResourceType = {
  type: 'AWS::Lambda::EventInvokeConfig',
  async create(properties, context) {
    await context.call('lambda', 'PutFunctionEventInvokeConfig', pick(properties, asyncMembers));
    return { physicalId: `${String(properties['FunctionName'])}|${String(properties['Qualifier'])}` };
  },
  async update(physicalId, next, _previous, context) {
    await context.call('lambda', 'PutFunctionEventInvokeConfig', pick(next, asyncMembers));
    return { physicalId };
  },
  async delete(_physicalId, properties, context) {
    const input = pick(properties, ['FunctionName', 'Qualifier']);
    await unlessAbsent(context.call('lambda', 'DeleteFunctionEventInvokeConfig', input));
  },
  async read(_physicalId, properties, context) {
    const input = pick(properties, ['FunctionName', 'Qualifier']);
    const live = (await unlessAbsent(context.call('lambda', 'GetFunctionEventInvokeConfig', input))) as
      | Properties
      | undefined;
    if (live === undefined) return undefined;
    return asTold(properties, {
      MaximumRetryAttempts: live['MaximumRetryAttempts'] as unknown,
      MaximumEventAgeInSeconds: live['MaximumEventAgeInSeconds'] as unknown,
      DestinationConfig: withoutEmptyMembers(live['DestinationConfig'] as Properties | undefined),
    });
  },
};

/** The API tells of an outcome without a destination, too. */
function withoutEmptyMembers(destinations: Properties = {}): Properties {
  const entries = Object.entries(destinations as Record<string, Properties>);
  return Object.fromEntries(entries.filter(([, destination]) => Object.keys(destination).length > 0));
}

export const urlResource: ResourceType = {
  type: 'AWS::Lambda::Url',
  physicalIdOf: targetArn,
  async create(properties, context) {
    const { FunctionUrl } = (await context.call('lambda', 'CreateFunctionUrlConfig', urlInput(properties))) as {
      FunctionUrl: string;
    };
    return urlState(properties, context, FunctionUrl);
  },
  async update(_arn, next, _previous, context) {
    const input = { Cors: {}, InvokeMode: 'BUFFERED', ...urlInput(next) };
    const { FunctionUrl } = (await context.call('lambda', 'UpdateFunctionUrlConfig', input)) as { FunctionUrl: string };
    return urlState(next, context, FunctionUrl);
  },
  async delete(_arn, properties, context) {
    const { FunctionName, Qualifier } = urlInput(properties);
    const input = {
      FunctionName: FunctionName as string,
      ...(Qualifier !== undefined && { Qualifier: Qualifier as string }),
    };
    await unlessAbsent(context.call('lambda', 'DeleteFunctionUrlConfig', input));
  },
  async read(_arn, properties, context) {
    const input = pick(urlInput(properties), ['FunctionName', 'Qualifier']);
    const live = (await unlessAbsent(context.call('lambda', 'GetFunctionUrlConfig', input))) as Properties | undefined;
    return live === undefined ? undefined : asTold(properties, live);
  },
};

function statementId(_properties: Properties, context: ResourceContext): string {
  return context.generatedName({ maxLength: 100 });
}

function urlInput(properties: Properties): Properties {
  return {
    ...pick(properties, ['AuthType', 'Cors', 'InvokeMode', 'Qualifier']),
    FunctionName: properties['TargetFunctionArn'] as string,
  };
}

function urlState(properties: Properties, context: ResourceContext, FunctionUrl: string) {
  const FunctionArn = targetArn(properties, context);
  return { physicalId: FunctionArn, attributes: { FunctionArn, FunctionUrl } };
}

function targetArn(properties: Properties, context: ResourceContext): string {
  const scope = `${context.accountId}/${context.region}`;
  const qualifier = properties['Qualifier'] as string | undefined;
  const ref = parseFunctionRef(properties['TargetFunctionArn'] as string, scope, qualifier);
  return functionArn(ref.scope, ref.name, ref.qualifier);
}

export function pick(properties: Properties, members: readonly string[]): Properties {
  return Object.fromEntries(
    members
      .filter((member) => properties[member] !== undefined)
      .map((member) => [member, properties[member] as unknown]),
  );
}
