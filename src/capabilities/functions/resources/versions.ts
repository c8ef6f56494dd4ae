/**
 * AWS::Lambda::Version and AWS::Lambda::Alias.
 *
 * Differs from AWS: FunctionScalingConfig, ProvisionedConcurrencyConfig and RuntimePolicy of a template have no effect.
 */
import { unlessAbsent, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { functionArn, parseFunctionRef } from '../function-name.ts';
import { asTold } from './function.ts';
import { pick } from './permissions.ts';

export const versionResource: ResourceType = {
  type: 'AWS::Lambda::Version',
  /** Publishing again without a change gives the same version. */
  async create(properties, context) {
    const { FunctionName, CodeSha256, Description } = properties;
    const answer = (await context.call('lambda', 'PublishVersion', {
      FunctionName: FunctionName as string,
      ...(CodeSha256 !== undefined && { CodeSha256: CodeSha256 as string }),
      ...(Description !== undefined && { Description: Description as string }),
    })) as { FunctionArn: string; Version: string };
    const { FunctionArn, Version } = answer;
    return { physicalId: FunctionArn, attributes: { FunctionArn, Version } };
  },
  async delete(arn, _properties, context) {
    await unlessAbsent(context.call('lambda', 'DeleteFunction', { FunctionName: arn }));
  },
  async read(FunctionName, properties, context) {
    const live = (await unlessAbsent(context.call('lambda', 'GetFunctionConfiguration', { FunctionName }))) as
      | Properties
      | undefined;
    return live === undefined ? undefined : asTold(properties, pick(live, ['Description', 'CodeSha256']));
  },
};

export const aliasResource: ResourceType = {
  type: 'AWS::Lambda::Alias',
  physicalIdOf: aliasArn,
  async create(properties, context) {
    await context.call('lambda', 'CreateAlias', inputOf(properties));
    const arn = aliasArn(properties, context);
    return { physicalId: arn, attributes: { AliasArn: arn } };
  },
  async update(arn, next, _previous, context) {
    const { Description = '', RoutingConfig = { AdditionalVersionWeights: {} }, ...input } = inputOf(next);
    await context.call('lambda', 'UpdateAlias', {
      ...input,
      Description: Description as unknown,
      RoutingConfig: RoutingConfig as unknown,
    });
    return { physicalId: arn, attributes: { AliasArn: arn } };
  },
  async delete(_arn, { FunctionName, Name }, context) {
    await unlessAbsent(
      context.call('lambda', 'DeleteAlias', { FunctionName: FunctionName as string, Name: Name as string }),
    );
  },
  async read(_arn, properties, context) {
    const { FunctionName, Name } = properties;
    const answer = (await unlessAbsent(
      context.call('lambda', 'GetAlias', { FunctionName: FunctionName as string, Name: Name as string }),
    )) as Properties | undefined;
    if (answer === undefined) return undefined;
    const { FunctionVersion, Description } = answer;
    return {
      ...properties,
      FunctionVersion: FunctionVersion as string,
      ...(properties['Description'] !== undefined && { Description: Description as string }),
    };
  },
};

function aliasArn(properties: Properties, context: ResourceContext): string {
  const scope = `${context.accountId}/${context.region}`;
  const ref = parseFunctionRef(properties['FunctionName'] as string, scope);
  return functionArn(ref.scope, ref.name, properties['Name'] as string);
}

function inputOf(properties: Properties): Properties {
  const { FunctionName, Name, FunctionVersion, Description, RoutingConfig } = properties;
  const weights = ((RoutingConfig as Properties | undefined)?.['AdditionalVersionWeights'] ?? []) as readonly {
    FunctionVersion: string;
    FunctionWeight: number;
  }[];
  return {
    FunctionName: FunctionName as string,
    Name: Name as string,
    FunctionVersion: FunctionVersion as string,
    ...(Description !== undefined && { Description: Description as string }),
    ...(weights.length > 0 && {
      RoutingConfig: {
        AdditionalVersionWeights: Object.fromEntries(
          weights.map(({ FunctionVersion: version, FunctionWeight }) => [version, FunctionWeight]),
        ),
      },
    }),
  };
}
