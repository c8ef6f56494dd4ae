import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import type { HandlersOf, ServiceApi } from '#gateway';
import type { Logs } from '../logs.ts';
import { eventOperations } from './events.ts';
import { groupOperations } from './groups.ts';
import { streamOperations } from './streams.ts';

/** @param more operations of parts beside the logs themselves */
export function createLogsApi(logs: Logs, more: HandlersOf<CloudWatchLogs>): ServiceApi {
  return {
    service: 'logs',
    operations: { ...groupOperations(logs), ...streamOperations(logs), ...eventOperations(logs), ...more },
  };
}
