/** `millpond sql "SELECT …"`: a query through Athena, its progress on standard error, its rows on standard output. */
import { readFileSync } from 'node:fs';
import { Client, type CallOutput } from './client.ts';
import { findConnection, type ConnectionFlags } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';
import { formatBytes, formatDuration, type Output, type Row } from './output.ts';
import { pollUntil } from './poll.ts';

export interface SqlFlags extends ConnectionFlags {
  readonly file?: string;
  readonly database?: string;
  readonly workgroup?: string;
  readonly timeout?: string;
}

export interface QueryAnswer {
  readonly executionId: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** What Athena prints for a statement that has no rows, such as SHOW. */
  readonly scannedBytes: number;
  readonly elapsedMs: number;
}

interface QueryOptions {
  readonly database?: string | undefined;
  readonly workgroup?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly onProgress?: (text: string) => void;
}

export async function runSql(text: string | undefined, flags: SqlFlags, output: Output): Promise<void> {
  const sql = (text ?? readFileSync(flags.file ?? 0, 'utf8')).trim().replace(/;$/, '');
  if (sql === '')
    throw new CliError(
      'There is no statement to run.',
      exitCodes.usage,
      'Give it as an argument, with --file, or on standard input.',
    );
  const answer = await query(new Client(findConnection(flags)), sql, {
    database: flags.database,
    workgroup: flags.workgroup,
    timeoutSeconds: flags.timeout === undefined ? undefined : Number(flags.timeout),
    onProgress: (line) => output.progress(line),
  });
  output.rows(answer.columns, answer.rows);
  output.note(
    `${answer.rows.length} ${answer.rows.length === 1 ? 'row' : 'rows'}, ${formatDuration(answer.elapsedMs)}, ${formatBytes(answer.scannedBytes)} scanned, ${answer.executionId}`,
  );
}

/** @throws CliError with Athena's own reason when the query does not succeed */
export async function query(client: Client, sql: string, options: QueryOptions = {}): Promise<QueryAnswer> {
  const started = performance.now();
  const location = await resultLocation(client, options.workgroup);
  const { QueryExecutionId: executionId } = await client.call('athena', 'StartQueryExecution', {
    QueryString: sql,
    ...(options.workgroup === undefined ? {} : { WorkGroup: options.workgroup }),
    ...(options.database === undefined ? {} : { QueryExecutionContext: { Database: options.database } }),
    ...(location === undefined ? {} : { ResultConfiguration: { OutputLocation: location } }),
  });
  const execution = await pollUntil<CallOutput>({
    read: async () =>
      (await client.call('athena', 'GetQueryExecution', { QueryExecutionId: executionId })).QueryExecution,
    isDone: ({ Status }) => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(Status.State),
    onValue: ({ Status }) => options.onProgress?.(`${Status.State} ${formatDuration(performance.now() - started)}`),
    timeoutSeconds: options.timeoutSeconds,
    what: `Query ${executionId}`,
  });
  if (execution.Status.State !== 'SUCCEEDED') {
    throw new CliError(
      execution.Status.StateChangeReason ?? `The query ended ${execution.Status.State}.`,
      exitCodes.failed,
    );
  }
  const { columns, rows } = await readRows(client, executionId, execution.StatementType === 'DML');
  return {
    executionId,
    columns,
    rows,
    scannedBytes: execution.Statistics?.DataScannedInBytes ?? 0,
    elapsedMs: performance.now() - started,
  };
}

/** Athena wants a place for results; without one in the work group its console uses a bucket of this name. */
async function resultLocation(client: Client, workgroup = 'primary'): Promise<string | undefined> {
  const { WorkGroup: group } = await client.call('athena', 'GetWorkGroup', { WorkGroup: workgroup });
  if (group.Configuration?.ResultConfiguration?.OutputLocation !== undefined) return undefined;
  const { Account: account } = await client.call('sts', 'GetCallerIdentity', {});
  const bucket = `aws-athena-query-results-${account}-${client.connection.region}`;
  await ensureBucket(client, bucket);
  return `s3://${bucket}/`;
}

export async function ensureBucket(client: Client, bucket: string): Promise<void> {
  try {
    await client.call('s3', 'HeadBucket', { Bucket: bucket });
  } catch {
    await client.call('s3', 'CreateBucket', { Bucket: bucket });
  }
}

async function readRows(
  client: Client,
  executionId: string,
  hasHeader: boolean,
): Promise<{ columns: string[]; rows: Row[] }> {
  let columns: string[] = [];
  const rows: Row[] = [];
  for (let token: string | undefined, isFirst = true; ; isFirst = false) {
    const page = await client.call('athena', 'GetQueryResults', {
      QueryExecutionId: executionId,
      ...(token === undefined ? {} : { NextToken: token }),
    });
    columns = page.ResultSet.ResultSetMetadata.ColumnInfo.map((column: { Name: string }) => column.Name);
    const lines = page.ResultSet.Rows as { Data: { VarCharValue?: string }[] }[];
    for (const line of isFirst && hasHeader ? lines.slice(1) : lines) {
      rows.push(Object.fromEntries(columns.map((column, index) => [column, line.Data[index]?.VarCharValue ?? null])));
    }
    token = page.NextToken;
    if (token === undefined) return { columns, rows };
  }
}
