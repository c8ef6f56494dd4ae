/** AWS::Scheduler::Schedule and AWS::Scheduler::ScheduleGroup. */
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
import { conflict } from '../errors.ts';
import { defaultGroup, scheduleArn, scheduleGroupArn } from '../schedules/schedule.ts';
import { saidOf } from './live.ts';

export const scheduleType: ResourceType = {
  type: 'AWS::Scheduler::Schedule',
  physicalIdOf: nameOf,
  async create(properties, context) {
    const name = nameOf(properties, context);
    await context.call('scheduler', 'CreateSchedule', { ...withDates(properties), Name: name });
    return stateOf(name, properties, context);
  },
  async update(name, next, previous, context) {
    // Nothing is known of what was before when a half-made schedule is taken over.
    const isMoved = Object.keys(previous).length > 0 && groupOf(next) !== groupOf(previous);
    if (isMoved) {
      await scheduleType.delete(name, previous, context);
      await context.call('scheduler', 'CreateSchedule', { ...withDates(next), Name: name });
    } else {
      await context.call('scheduler', 'UpdateSchedule', { ...withDates(next), Name: name });
    }
    return stateOf(name, next, context);
  },
  async delete(name, properties, context) {
    const GroupName = groupOf(properties);
    await unlessAbsent(context.call('scheduler', 'DeleteSchedule', { Name: name, GroupName }));
  },
  async read(name, properties, context) {
    const GroupName = groupOf(properties);
    const live = await unlessAbsent(context.call('scheduler', 'GetSchedule', { Name: name, GroupName }));
    if (live === undefined) return undefined;
    const said = (properties['Target'] ?? {}) as Properties;
    const dates = {
      StartDate: dateText(live, properties, 'StartDate'),
      EndDate: dateText(live, properties, 'EndDate'),
    };
    return saidOf({ ...live, ...dates, Target: saidOf(live.Target as Properties, said) }, properties);
  },
};

export const scheduleGroupType: ResourceType = {
  type: 'AWS::Scheduler::ScheduleGroup',
  physicalIdOf: nameOf,
  async create(properties, context) {
    const name = nameOf(properties, context);
    const live = await unlessAbsent(context.call('scheduler', 'GetScheduleGroup', { Name: name }));
    if (live !== undefined) throw conflict(`Schedule group ${name} already exists.`);
    const Tags = wireTags(tagsOf(properties, context));
    await context.call('scheduler', 'CreateScheduleGroup', { Name: name, Tags });
    return stateOfGroup(name, context);
  },
  async update(name, next, previous, context) {
    const ResourceArn = scheduleGroupArn(scopeOf(context), name);
    await changeTags(next, previous, context, {
      untag: (TagKeys) => context.call('scheduler', 'UntagResource', { ResourceArn, TagKeys }),
      tag: (tags) => context.call('scheduler', 'TagResource', { ResourceArn, Tags: wireTags(tags) }),
    });
    return stateOfGroup(name, context);
  },
  async delete(name, _properties, context) {
    await unlessAbsent(context.call('scheduler', 'DeleteScheduleGroup', { Name: name }));
  },
  async read(name, properties, context) {
    const live = await unlessAbsent(context.call('scheduler', 'GetScheduleGroup', { Name: name }));
    return live === undefined ? undefined : saidOf({ Name: name, Tags: properties['Tags'] as unknown }, properties);
  },
};

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['Name'] as string | undefined) ?? context.generatedName({ maxLength: 64 });
}

function groupOf(properties: Properties): string {
  return (properties['GroupName'] as string | undefined) ?? defaultGroup;
}

function scopeOf({ accountId, region }: ResourceContext): string {
  return `${accountId}/${region}`;
}

/** Dates of a template are text. */
function withDates(properties: Properties): Properties {
  const date = (name: string): object => {
    const text = properties[name] as string | undefined;
    return text === undefined ? {} : { [name]: new Date(text) };
  };
  return { ...properties, ...date('StartDate'), ...date('EndDate') };
}

/** A time as the template writes it, while it is that time. */
function dateText(live: Properties, said: Properties, name: string): string | undefined {
  const date: unknown = live[name];
  if (!(date instanceof Date)) return undefined;
  const text = said[name] as string | undefined;
  return text !== undefined && Date.parse(text) === date.getTime() ? text : date.toISOString();
}

function stateOf(name: string, properties: Properties, context: ResourceContext): ResourceState {
  return { physicalId: name, attributes: { Arn: scheduleArn(scopeOf(context), { group: groupOf(properties), name }) } };
}

async function stateOfGroup(name: string, context: ResourceContext): Promise<ResourceState> {
  const live = await context.call('scheduler', 'GetScheduleGroup', { Name: name });
  return {
    physicalId: name,
    attributes: {
      Arn: scheduleGroupArn(scopeOf(context), name),
      State: String(live.State),
      CreationDate: (live.CreationDate as Date).toISOString(),
      LastModificationDate: (live.LastModificationDate as Date).toISOString(),
    },
  };
}
