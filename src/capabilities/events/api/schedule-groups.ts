import type { Scheduler } from '@aws-sdk/client-scheduler';
import type { HandlersOf } from '#gateway';
import { parseArn } from '#kernel/arn';
import { validation } from '../errors.ts';
import { scheduleGroupArn, type ScheduleGroup } from '../schedules/schedule.ts';
import type { Schedules } from '../schedules/schedules.ts';
import { tagsOf, wireTags } from '../tags.ts';
import { pageFor } from './page.ts';

export function scheduleGroupOperations(schedules: Schedules): HandlersOf<Scheduler> {
  return {
    async CreateScheduleGroup(input, { scope }) {
      await schedules.createGroup(scope, input.Name ?? '', tagsOf(input.Tags));
      return { ScheduleGroupArn: scheduleGroupArn(scope, input.Name ?? '') };
    },
    async DeleteScheduleGroup(input, { scope }) {
      await schedules.deleteGroup(scope, input.Name ?? '');
      return {};
    },
    GetScheduleGroup(input, { scope }) {
      return wireGroup(scope, schedules.getGroup(scope, input.Name ?? ''));
    },
    ListScheduleGroups(input, { scope }) {
      const wanted = schedules.listGroups(scope).filter(({ name }) => name.startsWith(input.NamePrefix ?? ''));
      const page = pageFor(wanted, input, ({ name }) => [name]);
      return {
        ScheduleGroups: page.items.map((group) => wireGroup(scope, group)),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
    async TagResource(input, { scope }) {
      await schedules.addTags(scope, groupNameOf(input.ResourceArn), tagsOf(input.Tags));
      return {};
    },
    async UntagResource(input, { scope }) {
      await schedules.removeTags(scope, groupNameOf(input.ResourceArn), input.TagKeys ?? []);
      return {};
    },
    ListTagsForResource(input, { scope }) {
      return { Tags: wireTags(schedules.getTags(scope, groupNameOf(input.ResourceArn))) };
    },
  };
}

function groupNameOf(arn = ''): string {
  const name = /^schedule-group\/(.+)$/.exec(parseArn(arn).resource)?.[1];
  if (name === undefined) throw validation(`'${arn}' is not the ARN of a schedule group; only groups have tags.`);
  return name;
}

function wireGroup(scope: string, group: ScheduleGroup) {
  return {
    Arn: scheduleGroupArn(scope, group.name),
    Name: group.name,
    State: 'ACTIVE' as const,
    CreationDate: new Date(group.createdMs),
    LastModificationDate: new Date(group.modifiedMs),
  };
}
