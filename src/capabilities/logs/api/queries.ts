/** Queries of Logs Insights. */
import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { HandlersOf } from '#gateway';
import { pageOf } from '#kernel/paging';
import { invalidParameter } from '../errors.ts';
import type { Insights } from '../insights/insights.ts';
import { groupNameOf } from '../log-group.ts';

const limitDefault = 10_000;
/** Times beyond this are milliseconds: clients of old send them so. */
const secondsMax = 100_000_000_000;

export function queryOperations(insights: Insights): HandlersOf<CloudWatchLogs> {
  return {
    StartQuery(input, { scope }) {
      if (input.queryLanguage !== undefined && input.queryLanguage !== 'CWLI')
        throw invalidParameter(`The query language ${input.queryLanguage} is not served here; use CWLI.`);
      const named = [input.logGroupName, input.logGroupNames, input.logGroupIdentifiers].filter(
        (groups) => groups !== undefined && groups.length > 0,
      );
      if (named.length !== 1)
        throw invalidParameter('Give one of logGroupName, logGroupNames and logGroupIdentifiers.');
      const { id } = insights.start({
        scope,
        groups: [...new Set(named.flat().map((group) => groupNameOf(group ?? '')))],
        text: input.queryString ?? '',
        startMs: millisecondsOf(input.startTime),
        // A second counts whole.
        endMs: millisecondsOf(input.endTime) + ((input.endTime ?? 0) > secondsMax ? 0 : 999),
        limit: input.limit ?? limitDefault,
      });
      return { queryId: id };
    },
    GetQueryResults(input, { scope }) {
      const { status, rows, statistics } = insights.get(scope, input.queryId ?? '');
      const { scanned, matched, bytes } = statistics;
      return {
        queryLanguage: 'CWLI',
        results: rows.map((row) => row.map(([field, value]) => ({ field, value }))),
        statistics: { recordsScanned: scanned, recordsMatched: matched, bytesScanned: bytes },
        status,
      };
    },
    StopQuery(input, { scope }) {
      return { success: insights.cancel(scope, input.queryId ?? '') };
    },
    DescribeQueries(input, { scope }) {
      const { logGroupName, status } = input;
      const queries = insights
        .list(scope)
        .filter((query) => status === undefined || query.status === status)
        .filter((query) => logGroupName === undefined || query.groups.includes(logGroupName));
      const page = pageOf(queries, {
        token: input.nextToken,
        sizeMax: input.maxResults ?? 1000,
        key: ({ createdMs, id }) => [-createdMs, id],
        code: 'InvalidParameterException',
      });
      return {
        queries: page.items.map(({ id, text, status: state, createdMs, groups }) => ({
          queryLanguage: 'CWLI' as const,
          queryId: id,
          queryString: text,
          status: state,
          createTime: createdMs,
          ...(groups.length === 1 && { logGroupName: groups[0] ?? '' }),
        })),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
  };
}

function millisecondsOf(time: number | undefined): number {
  return time === undefined || time > secondsMax ? (time ?? 0) : time * 1000;
}
