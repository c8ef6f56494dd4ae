/** A query execution: what was asked, how far it is, how it ended. */
import type { PlatformError } from '#kernel/errors';
import type { Statement } from '#languages/sql/index';

export type ExecutionState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
export type StatementType = 'DDL' | 'DML' | 'UTILITY';

/** As GetQueryResults tells a column. */
export interface ResultColumn {
  readonly name: string;
  /** Athena's name of the type, such as `varchar` or `decimal`. */
  readonly type: string;
  readonly precision: number;
  readonly scale: number;
  readonly caseSensitive: boolean;
}

export interface ExecutionError {
  /** 1 system, 2 user, 3 other. */
  readonly category: number;
  /** Of Athena's error catalog. */
  readonly type: number;
  readonly retryable: boolean;
  readonly message: string;
}

/** All times in milliseconds. */
export interface ExecutionStatistics {
  readonly queueMs: number;
  readonly planningMs: number;
  readonly engineMs: number;
  readonly processingMs: number;
  readonly totalMs: number;
  readonly scannedBytes: number;
  /** Rows that the engine read where they were counted, and rows it gave. */
  readonly inputRows?: number;
  readonly outputRows?: number;
  readonly outputBytes?: number;
  /** Cells of text that were not of their column's type and became NULL. */
  readonly badCells?: number;
  readonly reused: boolean;
}

export interface Execution {
  readonly id: string;
  readonly query: string;
  readonly statementType: StatementType;
  readonly substatementType: string;
  readonly workGroup: string;
  readonly catalog: string;
  /** As asked; undefined is `default`. */
  readonly database: string | undefined;
  readonly parameters: readonly string[];
  /** Address of the result file, or of the folder for statements that write. */
  readonly outputLocation: string | undefined;
  /** Parts of ResultConfiguration that are recorded and returned. */
  readonly resultOptions: Readonly<Record<string, unknown>>;
  readonly reuseMaxAgeMinutes: number | undefined;
  readonly state: ExecutionState;
  readonly reason?: string;
  readonly error?: ExecutionError;
  readonly submittedMs: number;
  readonly completedMs?: number;
  readonly statistics: ExecutionStatistics;
  /** How the result is to be read: a CSV with a header, lines of text, or not at all. */
  readonly resultKind: 'csv' | 'text' | 'none';
  readonly columns: readonly ResultColumn[];
  readonly updateCount: number;
  readonly manifestLocation?: string;
  /** The caller's ARN. */
  readonly caller: string;
}

export const noStatistics: ExecutionStatistics = {
  queueMs: 0,
  planningMs: 0,
  engineMs: 0,
  processingMs: 0,
  totalMs: 0,
  scannedBytes: 0,
  reused: false,
};

export function isFinal(state: ExecutionState): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}

/** What the end of the platform's process makes of an execution that was open. */
export function cutOff(execution: Execution, nowMs: number): Execution {
  const reason =
    'SERVER_SHUTTING_DOWN: The platform was stopped or ended while this query was queued or running. Run it again.';
  return {
    ...execution,
    state: 'FAILED',
    reason,
    error: { category: 1, type: 100, retryable: true, message: reason },
    completedMs: nowMs,
    statistics: { ...execution.statistics, totalMs: Math.max(0, nowMs - execution.submittedMs) },
  };
}

/** Live view of a running execution: the one progress model of the platform. */
export interface ExecutionProgress {
  /** 0 to 100, or -1 while it is not known. */
  readonly percentage: number;
  readonly phase: 'queued' | 'planning' | 'running';
  readonly rows: number;
  readonly rowsTotal: number;
  readonly bytes: number;
  readonly bytesTotal: number;
}

/** Athena's two names for what a statement is. */
export function statementTypeOf(statement: Statement): { statementType: StatementType; substatementType: string } {
  const name = statement.kind.replaceAll('-', '_').toUpperCase();
  switch (statement.kind) {
    case 'query':
      return { statementType: 'DML', substatementType: 'SELECT' };
    case 'insert':
    case 'unload':
      return { statementType: 'DML', substatementType: name };
    case 'create-table-as':
      return { statementType: 'DDL', substatementType: 'CREATE_TABLE_AS_SELECT' };
    case 'execute':
    case 'explain':
    case 'describe':
    case 'describe-view':
      return { statementType: 'UTILITY', substatementType: name };
    case 'repair-table':
      return { statementType: 'DDL', substatementType: 'MSCK' };
    default:
      return name.startsWith('SHOW_')
        ? { statementType: 'UTILITY', substatementType: name }
        : { statementType: 'DDL', substatementType: name };
  }
}

/** Text of a failure as Athena puts it in StateChangeReason: Trino's error name, a colon, the message. */
export function reasonOf(error: PlatformError): string {
  const isTrinoName = /^[A-Z][A-Z0-9_]+$/.test(error.code);
  // Hive's own failures come with Hive's own prefix.
  const isWhole = error.message.startsWith(`${error.code}:`) || error.message.startsWith('FAILED: ');
  return isTrinoName && !isWhole ? `${error.code}: ${error.message}` : error.message;
}
