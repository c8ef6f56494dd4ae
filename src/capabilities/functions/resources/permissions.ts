/** AWS::Lambda::Permission, AWS::Lambda::EventInvokeConfig and AWS::Lambda::Url: what hangs on a function. */
import { unlessAbsent, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { functionArn, parseFunctionRef } from '../function-name.ts';

const permissionMembers = [
  'FunctionName',
  'Action',
  'Principal',
  'SourceArn',
  'SourceAccount',
  'EventSourceToken',
  'FunctionUrlAuthType',
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
};

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
    const input = { Cors: {}, ...urlInput(next) };
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
