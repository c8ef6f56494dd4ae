import type { SFN } from '@aws-sdk/client-sfn';
import type { HandlersOf } from '#gateway';
import { invalidOutput, invalidToken } from '../errors.ts';
import { parseTaskToken } from '../execution/token.ts';
import { ownedKey, type EncryptionConfiguration } from '../machines/machine.ts';
import { activityArn, parseStatesArn } from '../machines/name.ts';
import type { Face } from './face.ts';
import { checkJson } from './json-text.ts';
import { pageBy } from './paging.ts';
import { tagsOf } from './tags.ts';

export function activityOperations({ activities, executions }: Face): HandlersOf<SFN> {
  return {
    async CreateActivity(input, { scope }) {
      const encryption = (input.encryptionConfiguration as EncryptionConfiguration | undefined) ?? ownedKey;
      const activity = await activities.create(scope, input.name ?? '', encryption, tagsOf(input.tags));
      return { activityArn: activityArn(scope, activity.name), creationDate: new Date(activity.createdMs) };
    },
    async DeleteActivity(input) {
      const { scope, name } = parseActivityArn(input.activityArn);
      await activities.delete(scope, name);
      return {};
    },
    DescribeActivity(input) {
      const { scope, name } = parseActivityArn(input.activityArn);
      const activity = activities.get(scope, name);
      return {
        activityArn: activityArn(scope, name),
        name,
        creationDate: new Date(activity.createdMs),
        encryptionConfiguration: activity.encryption as never,
      };
    },
    ListActivities(input, { scope }) {
      const page = pageBy(activities.list(scope), input, (activity) => [activity.name]);
      return {
        activities: page.items.map((activity) => ({
          activityArn: activityArn(scope, activity.name),
          name: activity.name,
          creationDate: new Date(activity.createdMs),
        })),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
    async GetActivityTask(input, { signal }) {
      const { scope, name } = parseActivityArn(input.activityArn);
      activities.get(scope, name);
      const task = await executions.nextActivityTask(activityArn(scope, name), input.workerName, signal);
      return task === undefined ? {} : { taskToken: task.token, input: task.input };
    },
    async SendTaskSuccess(input) {
      const output = input.output ?? '';
      if (parseTaskToken(input.taskToken ?? '') === undefined) throw invalidToken();
      checkJson(output, invalidOutput);
      await executions.taskSucceeded(input.taskToken ?? '', output);
      return {};
    },
    async SendTaskFailure(input) {
      await executions.taskFailed(input.taskToken ?? '', input.error, input.cause);
      return {};
    },
    async SendTaskHeartbeat(input) {
      await executions.taskHeartbeat(input.taskToken ?? '');
      return {};
    },
  };
}

function parseActivityArn(arn: string | undefined): { scope: string; name: string } {
  const { scope, parts } = parseStatesArn(arn ?? '', 'activity');
  return { scope, name: parts.join(':') };
}
