/** AWS::StepFunctions::StateMachine, Activity, StateMachineVersion and StateMachineAlias. */
import {
  changeTags,
  tagsOf,
  type Properties,
  type ResourceContext,
  type ResourceState,
  type ResourceType,
} from '#capability';
import { isPlatformError, type PlatformError } from '#kernel/errors';
import { activityExists, aliasExists, invalidDefinition, machineExists, validation } from './errors.ts';
import { activityArn, machineArn } from './machines/name.ts';

const scopeOf = ({ accountId, region }: ResourceContext): string => `${accountId}/${region}`;

const stateMachine: ResourceType = {
  type: 'AWS::StepFunctions::StateMachine',
  physicalIdOf: (properties, context) => machineArn(scopeOf(context), machineNameOf(properties, context)),
  async create(properties, context) {
    const name = machineNameOf(properties, context);
    await refuseTaken(stateMachine, machineArn(scopeOf(context), name), properties, context, machineExists);
    const { stateMachineArn } = await context.call('stepfunctions', 'CreateStateMachine', {
      name,
      type: properties['StateMachineType'] ?? 'STANDARD',
      tags: wireTags(tagsOf(properties, context)),
      ...(await configurationOf(properties, context)),
    });
    return machineState(stateMachineArn, name, context);
  },
  async update(arn, next, previous, context) {
    const configuration = await configurationOf(next, context);
    await context.call('stepfunctions', 'UpdateStateMachine', { stateMachineArn: arn, ...resets, ...configuration });
    await updateTags(arn, next, previous, context);
    return machineState(arn, arn.split(':').at(-1) ?? '', context);
  },
  async delete(arn, _properties, context) {
    await context.call('stepfunctions', 'DeleteStateMachine', { stateMachineArn: arn });
  },
  read: (arn, properties, context) =>
    whilePresent(async () => {
      const live = await context.call('stepfunctions', 'DescribeStateMachine', { stateMachineArn: arn });
      return {
        StateMachineName: live.name,
        StateMachineType: live.type,
        RoleArn: live.roleArn,
        ...(await readDefinition(live.definition, properties, context)),
        ...('LoggingConfiguration' in properties && { LoggingConfiguration: pascalKeys(live.loggingConfiguration) }),
        ...('TracingConfiguration' in properties && { TracingConfiguration: pascalKeys(live.tracingConfiguration) }),
        ...('EncryptionConfiguration' in properties && {
          EncryptionConfiguration: pascalKeys(live.encryptionConfiguration),
        }),
        Tags: await readTags(arn, context),
      };
    }),
};

const activity: ResourceType = {
  type: 'AWS::StepFunctions::Activity',
  physicalIdOf: (properties, context) => activityArn(scopeOf(context), nameOf(properties, context)),
  async create(properties, context) {
    const name = nameOf(properties, context);
    await refuseTaken(activity, activityArn(scopeOf(context), name), properties, context, activityExists);
    const { activityArn: arn } = await context.call('stepfunctions', 'CreateActivity', {
      name,
      tags: wireTags(tagsOf(properties, context)),
      ...('EncryptionConfiguration' in properties && {
        encryptionConfiguration: camelKeys(properties['EncryptionConfiguration']),
      }),
    });
    return { physicalId: arn, attributes: { Arn: arn, Name: name } };
  },
  async update(arn, next, previous, context) {
    await updateTags(arn, next, previous, context);
    return { physicalId: arn, attributes: { Arn: arn, Name: arn.split(':').at(-1) ?? '' } };
  },
  async delete(arn, _properties, context) {
    await context.call('stepfunctions', 'DeleteActivity', { activityArn: arn });
  },
  read: (arn, _properties, context) =>
    whilePresent(async () => {
      const live = await context.call('stepfunctions', 'DescribeActivity', { activityArn: arn });
      return {
        Name: live.name,
        EncryptionConfiguration: pascalKeys(live.encryptionConfiguration),
        Tags: await readTags(arn, context),
      };
    }),
};

/** Every change makes a new one; publishing the same revision again gives the version there is. */
const version: ResourceType = {
  type: 'AWS::StepFunctions::StateMachineVersion',
  async create(properties, context) {
    const { stateMachineVersionArn: arn } = await context.call('stepfunctions', 'PublishStateMachineVersion', {
      stateMachineArn: properties['StateMachineArn'],
      revisionId: properties['StateMachineRevisionId'],
      description: properties['Description'],
    });
    return { physicalId: arn, attributes: { Arn: arn } };
  },
  async delete(arn, _properties, context) {
    await context.call('stepfunctions', 'DeleteStateMachineVersion', { stateMachineVersionArn: arn });
  },
  read: (arn, properties, context) =>
    whilePresent(async () => {
      const live = await context.call('stepfunctions', 'DescribeStateMachine', { stateMachineArn: arn });
      return {
        StateMachineArn: arn.replace(/:\d+$/, ''),
        ...('Description' in properties && { Description: live.description }),
        ...('StateMachineRevisionId' in properties && { StateMachineRevisionId: live.revisionId ?? 'INITIAL' }),
      };
    }),
};

const alias: ResourceType = {
  type: 'AWS::StepFunctions::StateMachineAlias',
  physicalIdOf: aliasArnOf,
  async create(properties, context) {
    await refuseTaken(alias, aliasArnOf(properties, context), properties, context, aliasExists);
    const { stateMachineAliasArn: arn } = await context.call('stepfunctions', 'CreateStateMachineAlias', {
      name: nameOf(properties, context),
      description: properties['Description'],
      routingConfiguration: routesOf(properties),
    });
    return { physicalId: arn, attributes: { Arn: arn } };
  },
  async update(arn, next, _previous, context) {
    await context.call('stepfunctions', 'UpdateStateMachineAlias', {
      stateMachineAliasArn: arn,
      description: next['Description'] ?? '',
      routingConfiguration: routesOf(next),
    });
    return { physicalId: arn, attributes: { Arn: arn } };
  },
  async delete(arn, _properties, context) {
    await context.call('stepfunctions', 'DeleteStateMachineAlias', { stateMachineAliasArn: arn });
  },
  read: (arn, properties, context) =>
    whilePresent(async () => {
      const live = await context.call('stepfunctions', 'DescribeStateMachineAlias', { stateMachineAliasArn: arn });
      return {
        Name: live.name,
        ...('Description' in properties && { Description: live.description }),
        ...('RoutingConfiguration' in properties && {
          RoutingConfiguration: (live.routingConfiguration as WireRoute[]).map((route) => ({
            StateMachineVersionArn: route.stateMachineVersionArn,
            Weight: route.weight,
          })),
        }),
        ...('DeploymentPreference' in properties && { DeploymentPreference: properties['DeploymentPreference'] }),
      };
    }),
};

export const workflowResources: readonly ResourceType[] = [stateMachine, activity, version, alias];

/** The operations answer a second creation with what is there; a template's creation must not take it over. */
async function refuseTaken(
  type: ResourceType,
  physicalId: string,
  properties: Properties,
  context: ResourceContext,
  taken: (arn: string) => PlatformError,
): Promise<void> {
  if ((await type.read?.(physicalId, properties, context)) !== undefined) throw taken(physicalId);
}

interface WireRoute {
  readonly stateMachineVersionArn: string;
  readonly weight: number;
}

type Text = Record<string, string>;

/** Members that went out of a template go back to what a new machine has. */
const resets = {
  loggingConfiguration: { level: 'OFF', includeExecutionData: false },
  tracingConfiguration: { enabled: false },
  encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
};

async function machineState(arn: string, name: string, context: ResourceContext): Promise<ResourceState> {
  const live = await context.call('stepfunctions', 'DescribeStateMachine', { stateMachineArn: arn });
  return {
    physicalId: arn,
    attributes: { Arn: arn, Name: name, StateMachineRevisionId: live.revisionId ?? 'INITIAL' },
  };
}

/** The members of a machine that an update can change, as the API spells them. */
async function configurationOf(properties: Properties, context: ResourceContext): Promise<object> {
  return {
    definition: await definitionOf(properties, context),
    roleArn: properties['RoleArn'],
    ...('LoggingConfiguration' in properties && {
      loggingConfiguration: camelKeys(properties['LoggingConfiguration']),
    }),
    ...('TracingConfiguration' in properties && {
      tracingConfiguration: camelKeys(properties['TracingConfiguration']),
    }),
    ...('EncryptionConfiguration' in properties && {
      encryptionConfiguration: camelKeys(properties['EncryptionConfiguration']),
    }),
  };
}

/** The members that the definition came from, as long as it is still the one they make. */
async function readDefinition(live: string, properties: Properties, context: ResourceContext): Promise<Properties> {
  const members = ['Definition', 'DefinitionString', 'DefinitionS3Location', 'DefinitionSubstitutions'];
  const given = Object.entries(properties).filter(([name]) => members.includes(name));
  const expected = await definitionOf(properties, context);
  return live === expected ? Object.fromEntries(given) : { DefinitionString: live };
}

async function definitionOf(properties: Properties, context: ResourceContext): Promise<string> {
  const text = await definitionTextOf(properties, context);
  return substitute(text, properties['DefinitionSubstitutions'] as Record<string, unknown> | undefined);
}

async function definitionTextOf(properties: Properties, context: ResourceContext): Promise<string> {
  const { DefinitionString: text, Definition: object, DefinitionS3Location: location } = properties;
  const given = [text, object, location].filter((source) => source !== undefined);
  if (given.length !== 1) {
    throw validation('Give exactly one of DefinitionString, Definition and DefinitionS3Location.');
  }
  if (typeof text === 'string') return text;
  if (object !== undefined) return JSON.stringify(object);
  const { Bucket, Key, Version } = location as Text;
  const { Body } = await context.call('s3', 'GetObject', { Bucket, Key, VersionId: Version });
  const chunks: Buffer[] = [];
  for await (const chunk of Body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  return parseDefinition(Buffer.concat(chunks).toString('utf8'), Key ?? '');
}

/** A definition in S3 may be YAML, which becomes JSON here. The key need not say so: packaging names objects by a digest. */
async function parseDefinition(text: string, key: string): Promise<string> {
  if (text.trimStart().startsWith('{') && !/\.ya?ml$/i.test(key)) return text;
  const { parse } = await import('yaml');
  try {
    return JSON.stringify(parse(text, { maxAliasCount: 100 }));
  } catch (error) {
    throw invalidDefinition(`'${key}' is no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Puts values where the definition says `${Name}`; other dollar signs stay. */
function substitute(text: string, values: Record<string, unknown> | undefined): string {
  if (values === undefined) return text;
  return text.replace(/\$\{([A-Za-z0-9_]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? escapeIn(String(values[name])) : whole,
  );
}

/** The place is inside a JSON string, so that quotes and line ends of a value must not end it. */
function escapeIn(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/**
 * Differs from AWS: a DeploymentPreference is recorded and the alias moves to its version at once; alarms of a gradual
 * deployment have nothing to watch here.
 */
function routesOf(properties: Properties): WireRoute[] {
  const preference = properties['DeploymentPreference'] as Text | undefined;
  if (preference?.['StateMachineVersionArn'] !== undefined) {
    return [{ stateMachineVersionArn: preference['StateMachineVersionArn'], weight: 100 }];
  }
  const routes = (properties['RoutingConfiguration'] ?? []) as { StateMachineVersionArn: string; Weight: number }[];
  return routes.map(({ StateMachineVersionArn, Weight }) => ({
    stateMachineVersionArn: StateMachineVersionArn,
    weight: Weight,
  }));
}

function aliasArnOf(properties: Properties, context: ResourceContext): string {
  const [first] = routesOf(properties);
  return `${first?.stateMachineVersionArn.replace(/:\d+$/, '') ?? ''}:${nameOf(properties, context)}`;
}

function machineNameOf(properties: Properties, context: ResourceContext): string {
  return (properties['StateMachineName'] as string | undefined) ?? context.generatedName({ maxLength: 80 });
}

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['Name'] as string | undefined) ?? context.generatedName({ maxLength: 80 });
}

function wireTags(tags: Text): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

async function updateTags(resourceArn: string, next: Properties, previous: Properties, context: ResourceContext) {
  await changeTags(next, previous, context, {
    untag: (tagKeys) => context.call('stepfunctions', 'UntagResource', { resourceArn, tagKeys }),
    tag: (tags) => context.call('stepfunctions', 'TagResource', { resourceArn, tags: wireTags(tags) }),
  });
}

async function readTags(resourceArn: string, context: ResourceContext): Promise<{ Key: string; Value: string }[]> {
  const { tags } = await context.call('stepfunctions', 'ListTagsForResource', { resourceArn });
  return (tags as { key: string; value: string }[]).map(({ key, value }) => ({ Key: key, Value: value }));
}

async function whilePresent(read: () => Promise<Properties>): Promise<Properties | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isPlatformError(error) && error.kind === 'absent') return undefined;
    throw error;
  }
}

function camelKeys(value: unknown): unknown {
  return mapKeys(value, (key) => key.slice(0, 1).toLowerCase() + key.slice(1));
}

function pascalKeys(value: unknown): unknown {
  return mapKeys(value, (key) => key.slice(0, 1).toUpperCase() + key.slice(1));
}

function mapKeys(value: unknown, change: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapKeys(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [change(key), mapKeys(inner, change)]));
}
