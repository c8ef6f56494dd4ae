/** AWS::Events::Rule: the rule and its targets as one. */
import {
  changeTags,
  tagsOf,
  unlessAbsent,
  wireTags,
  type Properties,
  type ResourceContext,
  type ResourceState,
  type ResourceType,
} from '#capability';
import { busAddress, defaultBus } from '../buses/bus.ts';
import { ruleExists } from '../errors.ts';
import { ruleArn } from '../rules/rule.ts';

interface TargetProperties {
  readonly Id: string;
}

interface Name {
  readonly bus: string;
  readonly name: string;
}

export const ruleType: ResourceType = {
  type: 'AWS::Events::Rule',
  physicalIdOf: (properties, context) => physicalIdOf(nameOf(properties, context)),
  async create(properties, context) {
    const name = nameOf(properties, context);
    // PutRule would change a rule that is there.
    if ((await ruleType.read?.(physicalIdOf(name), properties, context)) !== undefined) {
      throw ruleExists(name.name, name.bus);
    }
    await put(name, properties, [], context);
    return stateOf(name, context);
  },
  async update(physicalId, next, previous, context) {
    const name = parsePhysicalId(physicalId);
    await put(name, next, targetsOf(previous), context);
    const state = stateOf(name, context);
    const ResourceARN = String(state.attributes?.['Arn']);
    await changeTags(next, previous, context, {
      untag: (TagKeys) => context.call('events', 'UntagResource', { ResourceARN, TagKeys }),
      tag: (tags) => context.call('events', 'TagResource', { ResourceARN, Tags: wireTags(tags) }),
    });
    return state;
  },
  async delete(physicalId, properties, context) {
    const { bus, name } = parsePhysicalId(physicalId);
    const Ids = targetsOf(properties).map((target) => target.Id);
    if (Ids.length > 0) {
      await unlessAbsent(context.call('events', 'RemoveTargets', { Rule: name, EventBusName: bus, Ids }));
    }
    await unlessAbsent(context.call('events', 'DeleteRule', { Name: name, EventBusName: bus }));
  },
  async read(physicalId, properties, context) {
    const { bus, name } = parsePhysicalId(physicalId);
    const live = await unlessAbsent(context.call('events', 'DescribeRule', { Name: name, EventBusName: bus }));
    if (live === undefined) return undefined;
    const { Targets } = await context.call('events', 'ListTargetsByRule', { Rule: name, EventBusName: bus });
    const { Tags } = await context.call('events', 'ListTagsForResource', { ResourceARN: live.Arn as string });
    return {
      Tags: Tags as unknown,
      Name: name,
      ...(properties['EventBusName'] !== undefined && { EventBusName: properties['EventBusName'] as string }),
      State: live.State,
      ...(live.Description !== undefined && { Description: live.Description }),
      ...(live.ScheduleExpression !== undefined && { ScheduleExpression: live.ScheduleExpression }),
      ...(live.EventPattern !== undefined && { EventPattern: JSON.parse(live.EventPattern) as unknown }),
      ...(live.RoleArn !== undefined && { RoleArn: live.RoleArn }),
      ...(Targets.length > 0 && { Targets: inOrderOf(targetsOf(properties), Targets) }),
    };
  },
};

function nameOf(properties: Properties, context: ResourceContext): Name {
  const scope = `${context.accountId}/${context.region}`;
  const { bus } = busAddress(properties['EventBusName'] as string | undefined, scope);
  return { bus, name: (properties['Name'] as string | undefined) ?? context.generatedName({ maxLength: 64 }) };
}

/** As CloudFormation does, a rule of a bus that is not the default one is named with its bus. */
function physicalIdOf({ bus, name }: Name): string {
  return bus === defaultBus ? name : `${bus}|${name}`;
}

function parsePhysicalId(id: string): Name {
  const bar = id.indexOf('|');
  return bar === -1 ? { bus: defaultBus, name: id } : { bus: id.slice(0, bar), name: id.slice(bar + 1) };
}

/** Putting is the same for a new rule and a known one, so that a retry does no harm. */
async function put(
  { bus, name }: Name,
  properties: Properties,
  before: readonly TargetProperties[],
  context: ResourceContext,
): Promise<void> {
  const { EventPattern: pattern, Targets: _targets, Tags: _tags, ...members } = properties;
  await context.call('events', 'PutRule', {
    ...members,
    Name: name,
    EventBusName: bus,
    ...(pattern !== undefined && { EventPattern: typeof pattern === 'string' ? pattern : JSON.stringify(pattern) }),
    Tags: wireTags(tagsOf(properties, context)),
  });
  const targets = targetsOf(properties);
  const gone = before.filter((old) => !targets.some((target) => target.Id === old.Id)).map((target) => target.Id);
  if (gone.length > 0) {
    await context.call('events', 'RemoveTargets', { Rule: name, EventBusName: bus, Ids: gone });
  }
  if (targets.length > 0) {
    await context.call('events', 'PutTargets', { Rule: name, EventBusName: bus, Targets: targets });
  }
}

/** Targets have no order of their own: those that the template has come in its order. */
function inOrderOf(said: readonly TargetProperties[], live: readonly TargetProperties[]): TargetProperties[] {
  const place = ({ Id }: TargetProperties): number => {
    const index = said.findIndex((target) => target.Id === Id);
    return index === -1 ? said.length : index;
  };
  return live.toSorted((a, b) => place(a) - place(b));
}

function targetsOf(properties: Properties): TargetProperties[] {
  return (properties['Targets'] ?? []) as TargetProperties[];
}

function stateOf(name: Name, context: ResourceContext): ResourceState {
  return {
    physicalId: physicalIdOf(name),
    attributes: { Arn: ruleArn(`${context.accountId}/${context.region}`, name), RuleName: name.name },
  };
}
