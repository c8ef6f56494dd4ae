/** From whatever stopped a query to what Athena tells about it: a reason in Trino's words and an entry of its error catalog. */
import { PlatformError, messageOf } from '#kernel/errors';
import { reasonOf, type ExecutionError } from './execution.ts';

export interface Failure {
  readonly state: 'FAILED' | 'CANCELLED';
  readonly reason: string;
  readonly error?: ExecutionError;
}

const system = 1;
const user = 2;

/** Types of Athena's error catalog by Trino's error names; what is not here is "query failed". */
const errorTypes: Readonly<Record<string, readonly [category: number, type: number, retryable?: boolean]>> = {
  EXCEEDED_LOCAL_MEMORY_LIMIT: [user, 0],
  EXCEEDED_TIME_LIMIT: [user, 206],
  GENERIC_INTERNAL_ERROR: [system, 200, true],
  ENGINE_CRASHED: [system, 200, true],
  SERVER_SHUTTING_DOWN: [system, 100, true],
  HIVE_METASTORE_ERROR: [system, 204],
  HIVE_BAD_DATA: [user, 1001],
  HIVE_CANNOT_OPEN_SPLIT: [user, 1002],
  DDL_FAILED: [user, 1003],
  HIVE_PARTITION_SCHEMA_MISMATCH: [user, 1004],
  SYNTAX_ERROR: [user, 1006],
  TABLE_NOT_FOUND: [user, 1006],
  COLUMN_NOT_FOUND: [user, 1006],
  FUNCTION_NOT_FOUND: [user, 1006],
  TYPE_MISMATCH: [user, 1006],
  SCHEMA_NOT_FOUND: [user, 1006],
  CATALOG_NOT_FOUND: [user, 1006],
  NOT_SUPPORTED: [user, 1100],
  SCAN_LIMIT: [user, 1010],
};
const queryFailed = 1009;

export function failureOf(error: unknown): Failure {
  if (!(error instanceof PlatformError)) return internalFailure(messageOf(error));
  if (error.code === 'CANCELLED') return { state: 'CANCELLED', reason: error.message };
  if (error.kind === 'internal') return internalFailure(error.message);
  const reason = error.code === 'SCAN_LIMIT' ? error.message : reasonOf(error);
  const [category, type, retryable = false] = errorTypes[error.code] ?? [user, queryFailed];
  return {
    state: error.code === 'SCAN_LIMIT' ? 'CANCELLED' : 'FAILED',
    reason,
    error: { category, type, retryable, message: reason },
  };
}

function internalFailure(message: string): Failure {
  const reason = `GENERIC_INTERNAL_ERROR: ${message}`;
  return { state: 'FAILED', reason, error: { category: system, type: 200, retryable: true, message: reason } };
}
