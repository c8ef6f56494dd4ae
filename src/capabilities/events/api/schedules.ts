import type { CreateScheduleInput, Scheduler, Target as WireTarget } from '@aws-sdk/client-scheduler';
import type { HandlersOf } from '#gateway';
import { validation } from '../errors.ts';
import { defaultGroup, scheduleArn, type Schedule } from '../schedules/schedule.ts';
import type { ScheduleTarget } from '../schedules/schedule-target.ts';
import type { Schedules, ScheduleSettings } from '../schedules/schedules.ts';
import { pageFor } from './page.ts';

const foreignSettings = ['EcsParameters', 'KinesisParameters', 'SageMakerPipelineParameters'] as const;

export function scheduleOperations(schedules: Schedules): HandlersOf<Scheduler> {
  return {
    async CreateSchedule(input, { scope }) {
      const settings = settingsOf(input);
      await schedules.create(scope, settings);
      return { ScheduleArn: scheduleArn(scope, settings) };
    },
    async UpdateSchedule(input, { scope }) {
      const settings = settingsOf(input);
      await schedules.update(scope, settings);
      return { ScheduleArn: scheduleArn(scope, settings) };
    },
    async DeleteSchedule(input, { scope }) {
      await schedules.delete(scope, input.GroupName ?? defaultGroup, input.Name ?? '');
      return {};
    },
    GetSchedule(input, { scope }) {
      const schedule = schedules.get(scope, input.GroupName ?? defaultGroup, input.Name ?? '');
      return wireSchedule(scope, schedule);
    },
    ListSchedules(input, { scope }) {
      const wanted = schedules
        .list(scope, input.GroupName)
        .filter(({ name, state }) => name.startsWith(input.NamePrefix ?? '') && (input.State ?? state) === state);
      const page = pageFor(wanted, input, ({ group, name }) => [group, name]);
      return {
        Schedules: page.items.map((schedule) => ({
          Arn: scheduleArn(scope, schedule),
          Name: schedule.name,
          GroupName: schedule.group,
          State: schedule.state,
          CreationDate: new Date(schedule.createdMs),
          LastModificationDate: new Date(schedule.modifiedMs),
          Target: { Arn: schedule.target.arn },
        })),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
  };
}

function settingsOf(input: CreateScheduleInput): ScheduleSettings {
  const { FlexibleTimeWindow: window, Target: target } = input;
  if (input.KmsKeyArn !== undefined) throw validation('KmsKeyArn is not served. Leave it out.');
  if (window?.Mode === 'FLEXIBLE' && window.MaximumWindowInMinutes === undefined) {
    throw validation('MaximumWindowInMinutes is required for a flexible time window.');
  }
  if (window?.Mode === 'OFF' && window.MaximumWindowInMinutes !== undefined) {
    throw validation('MaximumWindowInMinutes must be left out when the mode is OFF.');
  }
  return {
    group: input.GroupName ?? defaultGroup,
    name: input.Name ?? '',
    state: input.State ?? 'ENABLED',
    expression: input.ScheduleExpression ?? '',
    ...(input.ScheduleExpressionTimezone !== undefined && { timezone: input.ScheduleExpressionTimezone }),
    ...(input.StartDate !== undefined && { startMs: input.StartDate.getTime() }),
    ...(input.EndDate !== undefined && { endMs: input.EndDate.getTime() }),
    ...(input.Description !== undefined && { description: input.Description }),
    ...(window?.MaximumWindowInMinutes !== undefined && { windowMinutes: window.MaximumWindowInMinutes }),
    target: targetOf(target ?? { Arn: '', RoleArn: '' }),
    afterCompletion: input.ActionAfterCompletion ?? 'NONE',
    ...(input.ClientToken !== undefined && { clientToken: input.ClientToken }),
  };
}

function targetOf(input: WireTarget): ScheduleTarget {
  const foreign = foreignSettings.find((name) => input[name] !== undefined);
  if (foreign !== undefined) throw validation(`${foreign} are not served. Leave them out.`);
  const { Arn, RoleArn, Input, SqsParameters: queue, EventBridgeParameters: event } = input;
  const { RetryPolicy: retry, DeadLetterConfig: deadLetters } = input;
  return {
    arn: Arn ?? '',
    roleArn: RoleArn ?? '',
    ...(Input !== undefined && { input: Input }),
    ...(queue?.MessageGroupId !== undefined && { messageGroupId: queue.MessageGroupId }),
    ...(event && { event: { detailType: event.DetailType ?? '', source: event.Source ?? '' } }),
    ...(retry && {
      retry: {
        ...(retry.MaximumRetryAttempts !== undefined && { attemptsMax: retry.MaximumRetryAttempts }),
        ...(retry.MaximumEventAgeInSeconds !== undefined && { ageMaxSeconds: retry.MaximumEventAgeInSeconds }),
      },
    }),
    ...(deadLetters?.Arn !== undefined && { deadLetterArn: deadLetters.Arn }),
  };
}

function wireSchedule(scope: string, schedule: Schedule) {
  const { startMs, endMs, windowMinutes } = schedule;
  return {
    Arn: scheduleArn(scope, schedule),
    GroupName: schedule.group,
    Name: schedule.name,
    State: schedule.state,
    ScheduleExpression: schedule.expression,
    ScheduleExpressionTimezone: schedule.timezone ?? 'UTC',
    ...(startMs !== undefined && { StartDate: new Date(startMs) }),
    ...(endMs !== undefined && { EndDate: new Date(endMs) }),
    ...(schedule.description !== undefined && { Description: schedule.description }),
    FlexibleTimeWindow:
      windowMinutes === undefined
        ? { Mode: 'OFF' as const }
        : { Mode: 'FLEXIBLE' as const, MaximumWindowInMinutes: windowMinutes },
    Target: wireTarget(schedule.target),
    ActionAfterCompletion: schedule.afterCompletion,
    CreationDate: new Date(schedule.createdMs),
    LastModificationDate: new Date(schedule.modifiedMs),
  };
}

function wireTarget(target: ScheduleTarget): WireTarget {
  const { retry = {} } = target;
  return {
    Arn: target.arn,
    RoleArn: target.roleArn,
    ...(target.input !== undefined && { Input: target.input }),
    ...(target.messageGroupId !== undefined && { SqsParameters: { MessageGroupId: target.messageGroupId } }),
    ...(target.event && {
      EventBridgeParameters: { DetailType: target.event.detailType, Source: target.event.source },
    }),
    // Scheduler tells its defaults.
    RetryPolicy: {
      MaximumEventAgeInSeconds: retry.ageMaxSeconds ?? 86_400,
      MaximumRetryAttempts: retry.attemptsMax ?? 185,
    },
    ...(target.deadLetterArn !== undefined && { DeadLetterConfig: { Arn: target.deadLetterArn } }),
  };
}
