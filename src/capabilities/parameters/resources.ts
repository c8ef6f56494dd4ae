/** AWS::SSM::Parameter. As in AWS, a template cannot make a SecureString. */
import {
  changeTags,
  tagsOf,
  wireTags,
  type Properties,
  type ResourceContext,
  type ResourceState,
  type ResourceType,
} from '#capability';
import { validation } from './errors.ts';
import { parameterArn } from './parameter.ts';

const parameter: ResourceType = {
  type: 'AWS::SSM::Parameter',
  physicalIdOf: nameOf,
  async create(properties, context) {
    const name = nameOf(properties, context);
    await context.call('ssm', 'PutParameter', {
      ...request(name, properties),
      Tags: wireTags(tagsOf(properties, context)),
    });
    return state(name, properties, context);
  },
  async update(name, next, previous, context) {
    // The operation leaves a description that it is not given.
    await context.call('ssm', 'PutParameter', { Description: '', ...present(request(name, next)), Overwrite: true });
    const resource = { ResourceType: 'Parameter', ResourceId: name };
    await changeTags(next, previous, context, {
      untag: (TagKeys) => context.call('ssm', 'RemoveTagsFromResource', { ...resource, TagKeys }),
      tag: (tags) => context.call('ssm', 'AddTagsToResource', { ...resource, Tags: wireTags(tags) }),
    });
    return state(name, next, context);
  },
  async delete(name, _properties, context) {
    await context.call('ssm', 'DeleteParameters', { Names: [name] });
  },
  async read(name, _properties, context) {
    const { Parameters } = await context.call('ssm', 'GetParameters', { Names: [name] });
    const [found] = Parameters;
    if (found === undefined) return undefined;
    const filter = { Key: 'Name', Option: 'Equals', Values: [name] };
    const { Parameters: described } = await context.call('ssm', 'DescribeParameters', { ParameterFilters: [filter] });
    const resource = { ResourceType: 'Parameter', ResourceId: name };
    const { TagList } = await context.call('ssm', 'ListTagsForResource', resource);
    const tags = (TagList as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]);
    const { Description, AllowedPattern, Tier } = described[0] ?? {};
    return {
      Name: name,
      Type: found.Type,
      Value: found.Value,
      DataType: found.DataType,
      Description,
      AllowedPattern,
      Tier,
      Tags: Object.fromEntries(tags),
    };
  },
};

export const parameterResources: readonly ResourceType[] = [parameter];

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['Name'] as string | undefined) ?? context.generatedName({ maxLength: 1011 });
}

function request(name: string, properties: Properties) {
  if (properties['Type'] === 'SecureString') {
    throw validation(`'${name}' cannot be a SecureString in a template. Put it with PutParameter and refer to it.`);
  }
  return {
    Name: name,
    Type: properties['Type'],
    Value: properties['Value'],
    Description: properties['Description'],
    AllowedPattern: properties['AllowedPattern'],
    DataType: properties['DataType'],
    Tier: properties['Tier'],
    Policies: properties['Policies'],
  };
}

function present(members: Properties): Properties {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function state(name: string, properties: Properties, context: ResourceContext): ResourceState {
  return {
    physicalId: name,
    attributes: {
      Arn: parameterArn(`${context.accountId}/${context.region}`, name),
      Type: properties['Type'] as string,
      Value: properties['Value'] as string,
    },
  };
}
