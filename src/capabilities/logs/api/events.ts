import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { HandlersOf } from '#gateway';
import { parseFilterPattern } from '../filter-pattern.ts';
import { eventIdOf } from '../log-event.ts';
import { groupNameOf } from '../log-group.ts';
import type { Logs } from '../logs.ts';

const answerEventsMax = 10_000;

export function eventOperations(logs: Logs): HandlersOf<CloudWatchLogs> {
  return {
    async PutLogEvents(input, { scope }) {
      const events = (input.logEvents ?? []).map((event) => ({
        timestampMs: event.timestamp ?? 0,
        message: event.message ?? '',
      }));
      const { logGroupName = '', logStreamName = '' } = input;
      const rejected = await logs.putEvents(scope, logGroupName, logStreamName, events);
      return {
        // Sequence tokens have no meaning any more; old clients still hand back the one they got.
        nextSequenceToken: '0'.repeat(56),
        ...(Object.keys(rejected).length > 0 && {
          rejectedLogEventsInfo: {
            tooOldLogEventEndIndex: rejected.tooOldEndIndex,
            tooNewLogEventStartIndex: rejected.tooNewStartIndex,
            expiredLogEventEndIndex: rejected.expiredEndIndex,
          },
        }),
      };
    },
    GetLogEvents(input, { scope }) {
      const group = groupNameOf(input.logGroupIdentifier ?? input.logGroupName ?? '');
      const page = logs.getEvents(scope, group, input.logStreamName ?? '', {
        startMs: input.startTime,
        endMs: input.endTime,
        token: input.nextToken,
        limit: input.limit ?? answerEventsMax,
        fromHead: input.startFromHead ?? false,
      });
      return {
        events: page.events.map((event) => ({
          timestamp: event.timestampMs,
          message: event.message,
          ingestionTime: event.ingestionMs,
        })),
        nextForwardToken: page.forwardToken,
        nextBackwardToken: page.backwardToken,
      };
    },
    FilterLogEvents(input, { scope }) {
      const group = groupNameOf(input.logGroupIdentifier ?? input.logGroupName ?? '');
      const found = logs.filterEvents(scope, group, {
        streams: input.logStreamNames,
        streamPrefix: input.logStreamNamePrefix,
        startMs: input.startTime,
        endMs: input.endTime,
        matches: parseFilterPattern(input.filterPattern ?? ''),
        token: input.nextToken,
        limit: input.limit ?? answerEventsMax,
      });
      return {
        events: found.events.map((event) => ({
          logStreamName: event.streamName,
          timestamp: event.timestampMs,
          message: event.message,
          ingestionTime: event.ingestionMs,
          eventId: eventIdOf(event.id),
        })),
        searchedLogStreams: [],
        ...(found.nextToken !== undefined && { nextToken: found.nextToken }),
      };
    },
  };
}
