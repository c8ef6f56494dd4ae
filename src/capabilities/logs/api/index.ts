import type { ServiceApi } from '#gateway';
import type { Logs } from '../logs.ts';
import { eventOperations } from './events.ts';
import { groupOperations } from './groups.ts';
import { streamOperations } from './streams.ts';

export function createLogsApi(logs: Logs): ServiceApi {
  return {
    service: 'logs',
    operations: { ...groupOperations(logs), ...streamOperations(logs), ...eventOperations(logs) },
  };
}
