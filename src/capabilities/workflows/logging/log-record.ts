/**
 * History events as the lines of a log group. Specification: Step Functions developer guide, "Log levels for execution
 * events"; the members and their casing are those of AWS's records.
 */
import { withoutData } from '../execution/history.ts';
import type { HistoryEvent, LoggingConfiguration } from '../execution/execution.ts';

export interface LogSubject {
  readonly arn: string;
  readonly redriveCount: number;
}

const fatalTypes: ReadonlySet<string> = new Set(['ExecutionAborted', 'ExecutionFailed', 'ExecutionTimedOut']);

export function isLogged(type: string, level: LoggingConfiguration['level']): boolean {
  switch (level) {
    case 'ALL':
      return true;
    case 'ERROR':
      return /(?:Failed|TimedOut|Aborted)$/.test(type) || type === 'FailStateEntered';
    case 'FATAL':
      return fatalTypes.has(type);
    default:
      return false;
  }
}

/** @returns one line of JSON */
export function formatRecord(event: HistoryEvent, { arn, redriveCount }: LogSubject, includesData: boolean): string {
  const { id, previousEventId, timestampMs, type, ...details } = includesData ? event : withoutData(event);
  return JSON.stringify({
    id: String(id),
    type,
    details: Object.values(details)[0] ?? {},
    redrive_count: String(redriveCount),
    previous_event_id: String(previousEventId),
    event_timestamp: String(timestampMs),
    execution_arn: arn,
  });
}
