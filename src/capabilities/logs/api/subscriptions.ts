/** Subscription filters. */
import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { HandlersOf } from '#gateway';
import type { Clock } from '#kernel/clock';
import { pageOf } from '#kernel/paging';
import { invalidParameter } from '../errors.ts';
import type { Logs } from '../logs.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';

export function subscriptionOperations(
  logs: Logs,
  subscriptions: Subscriptions,
  clock: Clock,
): HandlersOf<CloudWatchLogs> {
  return {
    async PutSubscriptionFilter(input, { scope }) {
      const unserved = (['fieldSelectionCriteria', 'emitSystemFields'] as const).find(
        (name) => input[name] !== undefined && input[name].length > 0,
      );
      if (unserved !== undefined) throw invalidParameter(`${unserved} is not served; leave it out.`);
      await subscriptions.put(logs.getGroup(scope, input.logGroupName ?? ''), {
        name: input.filterName ?? '',
        pattern: input.filterPattern ?? '',
        destinationArn: input.destinationArn ?? '',
        ...(input.roleArn !== undefined && { roleArn: input.roleArn }),
        ...(input.distribution !== undefined && { distribution: input.distribution }),
        createdMs: clock.nowMs(),
      });
      return {};
    },
    async DeleteSubscriptionFilter(input, { scope }) {
      await subscriptions.delete(logs.getGroup(scope, input.logGroupName ?? ''), input.filterName ?? '');
      return {};
    },
    DescribeSubscriptionFilters(input, { scope }) {
      const { logGroupName = '', filterNamePrefix = '' } = input;
      const filters = subscriptions.list(logs.getGroup(scope, logGroupName));
      const page = pageOf(
        filters.filter(({ name }) => name.startsWith(filterNamePrefix)),
        {
          token: input.nextToken,
          sizeMax: input.limit ?? 50,
          key: ({ name }) => [name],
          code: 'InvalidParameterException',
        },
      );
      return {
        subscriptionFilters: page.items.map(({ name, pattern, destinationArn, roleArn, distribution, createdMs }) => ({
          filterName: name,
          logGroupName,
          filterPattern: pattern,
          destinationArn,
          ...(roleArn !== undefined && { roleArn }),
          distribution: (distribution ?? 'ByLogStream') as 'ByLogStream',
          creationTime: createdMs,
        })),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
  };
}
