/** Whether an execution could be redriven, and AWS's words for why not. */
import type { Execution } from '../execution/execution.ts';

const redriveWindowMs = 14 * 24 * 3_600_000;

export function redriveMembers(
  { status, stoppedMs, mapRunArn }: Execution,
  nowMs: number,
): { redriveStatus: 'REDRIVABLE' | 'NOT_REDRIVABLE' | 'REDRIVABLE_BY_MAP_RUN'; redriveStatusReason?: string } {
  if (status === 'RUNNING' || status === 'SUCCEEDED' || status === 'PENDING_REDRIVE') {
    return {
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: `Execution is ${status} and cannot be redriven`,
    };
  }
  if (stoppedMs !== undefined && nowMs - stoppedMs > redriveWindowMs) {
    return {
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution has exceeded the redrivable period of 14 days and cannot be redriven',
    };
  }
  return { redriveStatus: mapRunArn === undefined ? 'REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN' };
}
