/** AWS::Lambda::EventSourceMapping. */
import {
  changeTags,
  tagsOf,
  unlessAbsent,
  type Properties,
  type ResourceContext,
  type ResourceType,
} from '#capability';
import { isPlatformError } from '#kernel/errors';
import { lambdaArn } from '../function-name.ts';
import { asTold } from './function.ts';

/** By this tag a creation that was cut short knows its own. */
const tokenTag = 'aws:cloudformation:creation-token';

export const mappingResource: ResourceType = {
  type: 'AWS::Lambda::EventSourceMapping',
  async create(properties, context) {
    const Tags = { ...tagsOf(properties, context), [tokenTag]: context.token };
    try {
      const input = { ...inputOf(properties), Tags };
      const { UUID } = (await context.call('lambda', 'CreateEventSourceMapping', input)) as { UUID: string };
      return stateOf(UUID, context);
    } catch (error) {
      const twin = isPlatformError(error) ? /with UUID ([0-9a-f-]{36})/.exec(error.message)?.[1] : undefined;
      if (twin === undefined) throw error;
      const Resource = arnOf(twin, context);
      const told = (await context.call('lambda', 'ListTags', { Resource })) as { Tags?: Record<string, string> };
      if (told.Tags?.[tokenTag] !== context.token) throw error;
      return stateOf(twin, context);
    }
  },
  async update(UUID, next, previous, context) {
    const { EventSourceArn: _source, ...input } = inputOf(next);
    await context.call('lambda', 'UpdateEventSourceMapping', {
      Enabled: true,
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      FunctionResponseTypes: [],
      FilterCriteria: { Filters: [] },
      ...(previous['ScalingConfig'] !== undefined && { ScalingConfig: {} }),
      ...input,
      UUID,
    });
    const Resource = arnOf(UUID, context);
    await changeTags(next, previous, context, {
      untag: (TagKeys) => context.call('lambda', 'UntagResource', { Resource, TagKeys }),
      tag: (Tags) => context.call('lambda', 'TagResource', { Resource, Tags }),
    });
    return stateOf(UUID, context);
  },
  async delete(UUID, _properties, context) {
    await unlessAbsent(context.call('lambda', 'DeleteEventSourceMapping', { UUID }));
  },
  async read(UUID, properties, context) {
    const live = (await unlessAbsent(context.call('lambda', 'GetEventSourceMapping', { UUID }))) as
      | Properties
      | undefined;
    if (live === undefined) return undefined;
    const { FunctionArn: _arn, State: state, ...members } = live;
    return asTold(properties, { ...members, Enabled: !/^(?:Disabl|Deleting)/.test(String(state)) });
  },
};

function inputOf(properties: Properties): Properties {
  const { Tags: _tags, KmsKeyArn, ...members } = properties;
  return { ...members, ...(KmsKeyArn !== undefined && { KMSKeyArn: KmsKeyArn as string }) };
}

function stateOf(uuid: string, context: ResourceContext) {
  return { physicalId: uuid, attributes: { Id: uuid, EventSourceMappingArn: arnOf(uuid, context) } };
}

function arnOf(uuid: string, { accountId, region }: ResourceContext): string {
  return lambdaArn(`${accountId}/${region}`, `event-source-mapping:${uuid}`);
}
