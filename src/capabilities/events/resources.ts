/** AWS::Events::Rule: the rule and its targets as one. */
import type { Properties, ResourceContext, ResourceState, ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';
import { ruleExists } from './errors.ts';
import { ruleArn } from './rule.ts';

interface TargetProperties {
  readonly Id: string;
}

const rule: ResourceType = {
  type: 'AWS::Events::Rule',
  physicalIdOf: nameOf,
  async create(properties, context) {
    const name = nameOf(properties, context);
    // PutRule would change a rule that is there.
    if ((await rule.read?.(name, properties, context)) !== undefined) throw ruleExists(name);
    await put(name, properties, [], context);
    return stateOf(name, context);
  },
  async update(name, next, previous, context) {
    await put(name, next, targetsOf(previous), context);
    return stateOf(name, context);
  },
  async delete(name, properties, context) {
    const Ids = targetsOf(properties).map((target) => target.Id);
    try {
      if (Ids.length > 0) await context.call('events', 'RemoveTargets', { Rule: name, Ids });
    } catch (error) {
      if (!isPlatformError(error, 'ResourceNotFoundException')) throw error;
    }
    await context.call('events', 'DeleteRule', { Name: name });
  },
  async read(name, properties, context) {
    try {
      const live = await context.call('events', 'DescribeRule', { Name: name });
      const { Targets } = await context.call('events', 'ListTargetsByRule', { Rule: name });
      return {
        Name: name,
        State: live.State,
        ...(live.Description !== undefined && { Description: live.Description }),
        ...(live.ScheduleExpression !== undefined && { ScheduleExpression: live.ScheduleExpression }),
        ...(live.EventPattern !== undefined && { EventPattern: JSON.parse(live.EventPattern) as unknown }),
        ...(Targets.length > 0 && { Targets: inOrderOf(targetsOf(properties), Targets) }),
      };
    } catch (error) {
      if (isPlatformError(error, 'ResourceNotFoundException')) return undefined;
      throw error;
    }
  },
};

export const eventResources: readonly ResourceType[] = [rule];

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['Name'] as string | undefined) ?? context.generatedName({ maxLength: 64 });
}

/** Putting is the same for a new rule and a known one, so that a retry does no harm. */
async function put(
  name: string,
  properties: Properties,
  before: readonly TargetProperties[],
  context: ResourceContext,
): Promise<void> {
  const { EventPattern: pattern, Targets: _targets, Tags: own = [], ...members } = properties;
  const tags = Object.entries(context.tags).map(([Key, Value]) => ({ Key, Value }));
  await context.call('events', 'PutRule', {
    ...members,
    Name: name,
    ...(pattern !== undefined && { EventPattern: typeof pattern === 'string' ? pattern : JSON.stringify(pattern) }),
    Tags: [...tags, ...(own as object[])],
  });
  const targets = targetsOf(properties);
  const gone = before.filter((old) => !targets.some((target) => target.Id === old.Id)).map((target) => target.Id);
  if (gone.length > 0) await context.call('events', 'RemoveTargets', { Rule: name, Ids: gone });
  if (targets.length > 0) await context.call('events', 'PutTargets', { Rule: name, Targets: targets });
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

function stateOf(name: string, context: ResourceContext): ResourceState {
  return {
    physicalId: name,
    attributes: { Arn: ruleArn(`${context.accountId}/${context.region}`, name), RuleName: name },
  };
}
