/** AWS::Events::Connection and AWS::Events::ApiDestination. */
import {
  unlessAbsent,
  type Properties,
  type ResourceContext,
  type ResourceState,
  type ResourceType,
} from '#capability';
import { saidOf } from './live.ts';

export const connectionType: ResourceType = {
  type: 'AWS::Events::Connection',
  physicalIdOf: nameOf,
  async create(properties, context) {
    const name = nameOf(properties, context);
    await context.call('events', 'CreateConnection', { ...properties, Name: name });
    return stateOfConnection(name, context);
  },
  async update(name, next, _previous, context) {
    await context.call('events', 'UpdateConnection', { ...next, Name: name });
    return stateOfConnection(name, context);
  },
  async delete(name, _properties, context) {
    await unlessAbsent(context.call('events', 'DeleteConnection', { Name: name }));
  },
  async read(name, properties, context) {
    const live = await unlessAbsent(context.call('events', 'DescribeConnection', { Name: name }));
    if (live === undefined) return undefined;
    const { Description, AuthorizationType } = live as Record<string, unknown>;
    // Secrets are never told, so that what the template says of them cannot be compared.
    const AuthParameters = properties['AuthParameters'] as unknown;
    return saidOf({ Name: name, Description, AuthorizationType, AuthParameters }, properties);
  },
};

export const apiDestinationType: ResourceType = {
  type: 'AWS::Events::ApiDestination',
  physicalIdOf: nameOf,
  async create(properties, context) {
    const name = nameOf(properties, context);
    await context.call('events', 'CreateApiDestination', { ...properties, Name: name });
    return stateOfDestination(name, context);
  },
  async update(name, next, _previous, context) {
    await context.call('events', 'UpdateApiDestination', { ...next, Name: name });
    return stateOfDestination(name, context);
  },
  async delete(name, _properties, context) {
    await unlessAbsent(context.call('events', 'DeleteApiDestination', { Name: name }));
  },
  async read(name, properties, context) {
    const live = await unlessAbsent(context.call('events', 'DescribeApiDestination', { Name: name }));
    return live === undefined ? undefined : saidOf(live as Properties, properties);
  },
};

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['Name'] as string | undefined) ?? context.generatedName({ maxLength: 64 });
}

async function stateOfConnection(name: string, context: ResourceContext): Promise<ResourceState> {
  const { ConnectionArn, SecretArn } = await context.call('events', 'DescribeConnection', { Name: name });
  const Arn = String(ConnectionArn);
  return {
    physicalId: name,
    attributes: { Arn, ArnForPolicy: Arn.slice(0, Arn.lastIndexOf('/')), SecretArn: String(SecretArn) },
  };
}

async function stateOfDestination(name: string, context: ResourceContext): Promise<ResourceState> {
  const { ApiDestinationArn } = await context.call('events', 'DescribeApiDestination', { Name: name });
  const Arn = String(ApiDestinationArn);
  return { physicalId: name, attributes: { Arn, ArnForPolicy: Arn.slice(0, Arn.lastIndexOf('/')) } };
}
