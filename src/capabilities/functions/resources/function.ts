/**
 * AWS::Lambda::Function.
 *
 * Differs from AWS: CapacityProviderConfig, CodeSigningConfigArn, FunctionScalingConfig, PublishToLatestPublished and
 * RuntimeManagementConfig of a template have no effect.
 */
import {
  changeTags,
  tagsOf,
  unlessAbsent,
  type Properties,
  type ResourceContext,
  type ResourceState,
  type ResourceType,
} from '#capability';
import { packInline } from '../code/inline.ts';
import { functionArn } from '../function-name.ts';
import { bootstrapFolder } from '../runtime/interpreter.ts';

/** Members of the API's input that the template spells alike. */
const configurationMembers = [
  'Runtime',
  'Handler',
  'Role',
  'Description',
  'Timeout',
  'MemorySize',
  'EphemeralStorage',
  'Environment',
  'Layers',
  'DeadLetterConfig',
  'LoggingConfig',
  'TracingConfig',
  'SnapStart',
  'FileSystemConfigs',
  'TenancyConfig',
  'DurableConfig',
] as const;
/** What a property goes back to that is no longer in the template. */
const resetValues: Properties = {
  Description: '',
  Timeout: 3,
  MemorySize: 128,
  EphemeralStorage: { Size: 512 },
  Environment: { Variables: {} },
  Layers: [],
  DeadLetterConfig: { TargetArn: '' },
  FileSystemConfigs: [],
  KmsKeyArn: '',
  SnapStart: { ApplyOn: 'None' },
  TracingConfig: { Mode: 'PassThrough' },
  VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
};
const defaultArchitectures = ['x86_64'];

export const functionResource: ResourceType = {
  type: 'AWS::Lambda::Function',
  physicalIdOf: nameOf,
  async create(properties, context) {
    const FunctionName = nameOf(properties, context);
    await context.call('lambda', 'CreateFunction', {
      ...configurationOf(properties),
      ...(properties['Architectures'] !== undefined && { Architectures: properties['Architectures'] as unknown }),
      ...(properties['PackageType'] !== undefined && { PackageType: properties['PackageType'] as unknown }),
      FunctionName,
      Code: await codeOf(properties),
      Tags: tagsOf(properties, context),
    });
    await setConcurrency(FunctionName, properties, {}, context);
    await setRecursion(FunctionName, properties, {}, context);
    return stateOf(FunctionName, context);
  },
  async update(FunctionName, next, previous, context) {
    const resets = Object.entries({
      ...resetValues,
      LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${FunctionName}` },
    }).filter(([member]) => member in previous);
    await context.call('lambda', 'UpdateFunctionConfiguration', {
      ...configurationOf({ ...Object.fromEntries(resets), ...next }),
      FunctionName,
    });
    const [code, architectures] = ['Code', 'Architectures'].map((member) => isChanged(member, next, previous));
    if (code === true || architectures === true || isChanged('Runtime', next, previous)) {
      await context.call('lambda', 'UpdateFunctionCode', {
        ...(await codeOf(next)),
        Architectures: (next['Architectures'] as unknown) ?? defaultArchitectures,
        FunctionName,
      });
    }
    await setConcurrency(FunctionName, next, previous, context);
    await setRecursion(FunctionName, next, previous, context);
    await setTags(FunctionName, next, previous, context);
    return stateOf(FunctionName, context);
  },
  async delete(FunctionName, _properties, context) {
    await unlessAbsent(context.call('lambda', 'DeleteFunction', { FunctionName }));
  },
  async read(FunctionName, properties, context) {
    const found = (await unlessAbsent(context.call('lambda', 'GetFunction', { FunctionName }))) as
      | { Configuration: Properties; Concurrency?: Properties }
      | undefined;
    if (found === undefined) return undefined;
    const { Configuration } = found;
    const layers = ((Configuration['Layers'] ?? []) as { Arn: string }[]).map(({ Arn }) => Arn);
    const live: Properties = {
      ...Object.fromEntries(
        ['Runtime', 'Handler', 'Role', 'Description', 'Timeout', 'MemorySize', 'Architectures'].map((member) => [
          member,
          Configuration[member] as unknown,
        ]),
      ),
      FunctionName,
      EphemeralStorage: Configuration['EphemeralStorage'] as unknown,
      Environment: Configuration['Environment'] ?? { Variables: {} },
      Layers: layers,
      ReservedConcurrentExecutions: found.Concurrency?.['ReservedConcurrentExecutions'] as unknown,
    };
    return asTold(properties, live);
  },
};

/** What the API does not tell (code, settings without an effect) is as the template says. */
export function asTold(properties: Properties, live: Properties): Properties {
  const members = Object.entries(properties);
  return Object.fromEntries(
    members.map(([member, said]) => [member, member in live ? (live[member] as unknown) : (said as unknown)]),
  );
}

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['FunctionName'] as string | undefined) ?? context.generatedName({ maxLength: 64 });
}

function stateOf(name: string, context: ResourceContext): ResourceState {
  const Arn = functionArn(`${context.accountId}/${context.region}`, name);
  return {
    physicalId: name,
    attributes: { Arn, 'SnapStartResponse.ApplyOn': 'None', 'SnapStartResponse.OptimizationStatus': 'Off' },
  };
}

function configurationOf(properties: Properties): Properties {
  const known = configurationMembers.filter((member) => properties[member] !== undefined);
  const { KmsKeyArn, VpcConfig } = properties;
  return {
    ...Object.fromEntries(known.map((member) => [member, properties[member] as unknown])),
    ...(KmsKeyArn !== undefined && { KMSKeyArn: KmsKeyArn as unknown }),
    ...(VpcConfig !== undefined && { VpcConfig: vpcOf(VpcConfig as Properties) }),
  };
}

function vpcOf({ SubnetIds = [], SecurityGroupIds = [], Ipv6AllowedForDualStack }: Properties): Properties {
  return {
    SubnetIds: SubnetIds as unknown,
    SecurityGroupIds: SecurityGroupIds as unknown,
    ...(Ipv6AllowedForDualStack !== undefined && { Ipv6AllowedForDualStack: Ipv6AllowedForDualStack as unknown }),
  };
}

/** A template's ZipFile is the text of one file; the API's is an archive. */
async function codeOf(properties: Properties): Promise<Properties> {
  const { ZipFile, ...code } = properties['Code'] as Properties;
  if (ZipFile === undefined) return code;
  return { ZipFile: await packInline(String(ZipFile), String(properties['Runtime'] ?? ''), bootstrapFolder) };
}

async function setConcurrency(
  FunctionName: string,
  next: Properties,
  previous: Properties,
  context: ResourceContext,
): Promise<void> {
  const ReservedConcurrentExecutions = next['ReservedConcurrentExecutions'] as number | undefined;
  if (ReservedConcurrentExecutions !== undefined) {
    await context.call('lambda', 'PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions });
  } else if (previous['ReservedConcurrentExecutions'] !== undefined) {
    await context.call('lambda', 'DeleteFunctionConcurrency', { FunctionName });
  }
}

async function setRecursion(
  FunctionName: string,
  next: Properties,
  previous: Properties,
  context: ResourceContext,
): Promise<void> {
  if (!isChanged('RecursiveLoop', next, previous)) return;
  const RecursiveLoop = (next['RecursiveLoop'] as string | undefined) ?? 'Terminate';
  await context.call('lambda', 'PutFunctionRecursionConfig', { FunctionName, RecursiveLoop });
}

async function setTags(name: string, next: Properties, previous: Properties, context: ResourceContext): Promise<void> {
  const Resource = functionArn(`${context.accountId}/${context.region}`, name);
  await changeTags(next, previous, context, {
    untag: (TagKeys) => context.call('lambda', 'UntagResource', { Resource, TagKeys }),
    tag: (Tags) => context.call('lambda', 'TagResource', { Resource, Tags }),
  });
}

function isChanged(member: string, next: Properties, previous: Properties): boolean {
  return JSON.stringify(next[member]) !== JSON.stringify(previous[member]);
}
