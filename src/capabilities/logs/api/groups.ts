/** Log groups with their retention and tags. */
import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { HandlersOf } from '#gateway';
import { invalidParameter } from '../errors.ts';
import { groupArn, groupNameOf, type LogGroup, type LogGroupClass } from '../log-group.ts';
import type { Logs } from '../logs.ts';

export function groupOperations(logs: Logs): HandlersOf<CloudWatchLogs> {
  return {
    async CreateLogGroup(input, { scope }) {
      await logs.createGroup({
        scope,
        name: input.logGroupName ?? '',
        class: (input.logGroupClass ?? 'STANDARD') as LogGroupClass,
        deletionProtected: input.deletionProtectionEnabled ?? false,
        kmsKeyId: input.kmsKeyId,
        tags: input.tags ?? {},
      });
      return {};
    },
    async DeleteLogGroup(input, { scope }) {
      await logs.deleteGroup(scope, input.logGroupName ?? '');
      return {};
    },
    DescribeLogGroups(input, { scope }) {
      if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) {
        throw invalidParameter('Give either logGroupNamePrefix or logGroupNamePattern, not both.');
      }
      if (input.logGroupIdentifiers !== undefined) {
        return { logGroups: input.logGroupIdentifiers.map((id) => wireGroup(logs.getGroup(scope, groupNameOf(id)))) };
      }
      const page = logs.listGroups(scope, {
        prefix: input.logGroupNamePrefix,
        pattern: input.logGroupNamePattern,
        class: input.logGroupClass,
        token: input.nextToken,
        limit: input.limit ?? 50,
      });
      return {
        logGroups: page.items.map(wireGroup),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
    async PutRetentionPolicy(input, { scope }) {
      await logs.setRetention(scope, input.logGroupName ?? '', input.retentionInDays);
      return {};
    },
    async DeleteRetentionPolicy(input, { scope }) {
      await logs.setRetention(scope, input.logGroupName ?? '', undefined);
      return {};
    },
    async PutLogGroupDeletionProtection(input, { scope }) {
      const name = groupNameOf(input.logGroupIdentifier ?? '');
      await logs.changeGroup(scope, name, { protected: input.deletionProtectionEnabled === true ? 1 : 0 });
      return {};
    },
    // Differs from AWS: the key of a log group is recorded and encrypts nothing; the state file holds the events.
    async AssociateKmsKey(input, { scope }) {
      const name = input.logGroupName ?? groupNameOf(input.resourceIdentifier ?? '');
      await logs.changeGroup(scope, name, { kms_key_id: input.kmsKeyId ?? null });
      return {};
    },
    async DisassociateKmsKey(input, { scope }) {
      const name = input.logGroupName ?? groupNameOf(input.resourceIdentifier ?? '');
      await logs.changeGroup(scope, name, { kms_key_id: null });
      return {};
    },
    async TagResource(input, { scope }) {
      await logs.tagGroup(scope, groupNameOf(input.resourceArn ?? ''), input.tags ?? {});
      return {};
    },
    async UntagResource(input, { scope }) {
      await logs.untagGroup(scope, groupNameOf(input.resourceArn ?? ''), input.tagKeys ?? []);
      return {};
    },
    ListTagsForResource(input, { scope }) {
      return { tags: { ...logs.getGroup(scope, groupNameOf(input.resourceArn ?? '')).tags } };
    },
    async TagLogGroup(input, { scope }) {
      await logs.tagGroup(scope, input.logGroupName ?? '', input.tags ?? {});
      return {};
    },
    async UntagLogGroup(input, { scope }) {
      await logs.untagGroup(scope, input.logGroupName ?? '', input.tags ?? []);
      return {};
    },
    ListTagsLogGroup(input, { scope }) {
      return { tags: { ...logs.getGroup(scope, input.logGroupName ?? '').tags } };
    },
  };
}

function wireGroup(group: LogGroup) {
  const arn = groupArn(group.scope, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.createdMs,
    metricFilterCount: 0,
    arn: `${arn}:*`,
    logGroupArn: arn,
    logGroupClass: group.class,
    storedBytes: group.storedBytes,
    deletionProtectionEnabled: group.deletionProtected,
    ...(group.retentionDays !== undefined && { retentionInDays: group.retentionDays }),
    ...(group.kmsKeyId !== undefined && { kmsKeyId: group.kmsKeyId }),
  };
}
