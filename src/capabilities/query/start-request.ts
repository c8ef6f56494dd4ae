/** What a client asks for when it starts a query, and what becomes of it before anything runs. */
import { createHash } from 'node:crypto';
import { isPlatformError, type PlatformError } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import { parseStatement, type Statement } from '#languages/sql/index';
import { invalidRequest } from './errors.ts';
import { noStatistics, statementTypeOf, type Execution } from './execution.ts';
import type { WorkGroup } from './work-group.ts';

export interface StartRequest {
  readonly query: string;
  readonly catalog?: string | undefined;
  readonly database?: string | undefined;
  readonly workGroup?: string | undefined;
  readonly outputLocation?: string | undefined;
  /** Other members of ResultConfiguration: recorded and returned. */
  readonly resultOptions?: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly string[] | undefined;
  /** The same token gives the same execution. */
  readonly token?: string | undefined;
  /** An equal query's result that is no older than this may be the answer. */
  readonly reuseMaxAgeMinutes?: number | undefined;
  /** The caller's ARN. */
  readonly caller: string;
}

/** Statements that only read and change the catalog start at once; the others when the engine has room. */
export function usesEngine(statement: Statement): boolean {
  return ['query', 'create-table-as', 'insert', 'unload', 'explain', 'execute'].includes(statement.kind);
}

export function parseRequest(query: string): Statement {
  try {
    return parseStatement(query);
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    throw malformed(error);
  }
}

function malformed(error: PlatformError): PlatformError {
  return invalidRequest(error.message, error.code === 'NOT_SUPPORTED' ? 'NOT_SUPPORTED' : 'MALFORMED_QUERY');
}

export function newExecution(
  request: StartRequest,
  statement: Statement,
  group: WorkGroup,
  folder: { bucket: string; prefix: string },
  nowMs: number,
): Execution {
  const id = newUuid();
  const isResult = statement.kind === 'query' || statement.kind === 'execute';
  return {
    id,
    query: request.query,
    ...statementTypeOf(statement),
    workGroup: group.name,
    catalog: request.catalog ?? 'AwsDataCatalog',
    database: request.database,
    parameters: request.parameters ?? [],
    outputLocation: `s3://${folder.bucket}/${folder.prefix}${id}.${isResult ? 'csv' : 'txt'}`,
    resultOptions: group.configuration.enforce ? {} : (request.resultOptions ?? {}),
    reuseMaxAgeMinutes: request.reuseMaxAgeMinutes,
    state: 'QUEUED',
    submittedMs: nowMs,
    statistics: noStatistics,
    resultKind: 'none',
    columns: [],
    updateCount: 0,
    caller: request.caller,
  };
}

export function sameExecution(used: { executionId: string; fingerprint: string }, fingerprint: string): string {
  if (used.fingerprint === fingerprint) return used.executionId;
  throw invalidRequest('Idempotent parameters do not match: the ClientRequestToken was used for another query.');
}

export function fingerprintOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
