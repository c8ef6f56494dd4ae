import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { HandlersOf } from '#gateway';
import { invalidParameter } from '../errors.ts';
import { groupNameOf, streamArn, type LogStream } from '../log-group.ts';
import type { Logs } from '../logs.ts';

export function streamOperations(logs: Logs): HandlersOf<CloudWatchLogs> {
  return {
    async CreateLogStream(input, { scope }) {
      await logs.createStream(scope, input.logGroupName ?? '', input.logStreamName ?? '');
      return {};
    },
    async DeleteLogStream(input, { scope }) {
      await logs.deleteStream(scope, input.logGroupName ?? '', input.logStreamName ?? '');
      return {};
    },
    DescribeLogStreams(input, { scope }) {
      const group = groupNameOf(input.logGroupIdentifier ?? input.logGroupName ?? '');
      const byLastEvent = input.orderBy === 'LastEventTime';
      if (byLastEvent && input.logStreamNamePrefix !== undefined) {
        throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
      }
      const page = logs.listStreams(scope, group, {
        prefix: input.logStreamNamePrefix,
        byLastEvent,
        descending: input.descending ?? false,
        token: input.nextToken,
        limit: input.limit ?? 50,
      });
      return {
        logStreams: page.items.map((stream) => wireStream(scope, group, stream)),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
  };
}

function wireStream(scope: string, group: string, stream: LogStream) {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdMs,
    arn: streamArn(scope, group, stream.name),
    // As in AWS since 2019: only groups count their bytes.
    storedBytes: 0,
    ...(stream.firstEventMs !== undefined && { firstEventTimestamp: stream.firstEventMs }),
    ...(stream.lastEventMs !== undefined && { lastEventTimestamp: stream.lastEventMs }),
    ...(stream.lastIngestionMs !== undefined && { lastIngestionTime: stream.lastIngestionMs }),
  };
}
