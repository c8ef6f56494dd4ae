/** ResultWriter: what the children did, as files beside a manifest. Step Functions developer guide, "ResultWriter". */
import type { Db } from '#kernel/state';
import type { Json, JsonObject, MapState } from '#languages/asl/index';
import { isObject } from '../integrations/sdk-json.ts';
import { RoleStorage, type StorageRequest } from './role-storage.ts';
import type { MapRunRow } from './store.ts';

export interface WriteRequest extends StorageRequest {
  readonly reader: Db;
  readonly mapState: MapState;
  readonly row: MapRunRow;
  readonly writerParameters: Json;
}

interface ChildResult {
  arn: string;
  name: string;
  status: string;
  input: string;
  output: string | null;
  error: string | null;
  cause: string | null;
  started_ms: number;
  stopped_ms: number | null;
  item_index: number;
}

// A file is closed when it has grown to this many characters.
const fileCharacters = 32 * 2 ** 20;

/** @returns where the manifest lies, as the state's result */
export async function writeResults(request: WriteRequest): Promise<Json> {
  const { mapState, row, writerParameters } = request;
  const parameters: JsonObject = isObject(writerParameters) ? writerParameters : {};
  const bucket = typeof parameters['Bucket'] === 'string' ? parameters['Bucket'] : '';
  const prefix = typeof parameters['Prefix'] === 'string' ? `${parameters['Prefix'].replace(/\/$/, '')}/` : '';
  const folder = `${prefix}${row.arn.split(':').at(-1) ?? ''}`;
  const storage = new RoleStorage(request);
  const files: Record<string, JsonObject[]> = { FAILED: [], PENDING: [], SUCCEEDED: [] };
  for (const kind of ['SUCCEEDED', 'FAILED'] as const) {
    let number = 0;
    for (const content of contents(request, kind, mapState)) {
      const extension = mapState.resultWriter?.outputType === 'JSONL' ? 'jsonl' : 'json';
      const key = `${folder}/${kind}_${number++}.${extension}`;
      await storage.put(bucket, key, content);
      files[kind]?.push({ Key: key, Size: Buffer.byteLength(content) });
    }
  }
  const manifest = { DestinationBucket: bucket, MapRunArn: row.arn, ResultFiles: files };
  const key = `${folder}/manifest.json`;
  await storage.put(bucket, key, JSON.stringify(manifest));
  return { MapRunArn: row.arn, ResultWriterDetails: { Bucket: bucket, Key: key } };
}

/** The texts of the files of one kind. */
function* contents({ reader, row }: WriteRequest, kind: 'SUCCEEDED' | 'FAILED', mapState: MapState): Iterable<string> {
  const { outputType, transformation } = mapState.resultWriter ?? {};
  const isLines = outputType === 'JSONL';
  const join = (entries: readonly string[]): string =>
    isLines ? entries.map((entry) => `${entry}\n`).join('') : `[${entries.join(',')}]`;
  let entries: string[] = [];
  let size = 0;
  for (const child of childrenOf(reader, row.id, kind)) {
    for (const entry of entriesOf(child, kind === 'SUCCEEDED' ? transformation : 'NONE', row)) {
      entries.push(entry);
      size += entry.length;
    }
    if (size < fileCharacters) continue;
    yield join(entries);
    entries = [];
    size = 0;
  }
  if (entries.length > 0) yield join(entries);
}

const rowsInPage = 500;

/** Page by page: nothing stays open in the state while files are written. */
function* childrenOf(reader: Db, mapRunId: number, kind: 'SUCCEEDED' | 'FAILED'): Iterable<ChildResult> {
  const operator = kind === 'SUCCEEDED' ? '=' : '<>';
  for (let after = -1; ;) {
    const rows = reader
      .prepare<ChildResult>(
        `SELECT arn, name, status, input, output, error, cause, started_ms, stopped_ms, item_index
           FROM workflows_execution WHERE map_run = ? AND item_index > ? AND status ${operator} 'SUCCEEDED'
          ORDER BY item_index LIMIT ?`,
      )
      .all(mapRunId, after, rowsInPage);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.item_index;
  }
}

function* entriesOf(child: ChildResult, transformation: string | undefined, row: MapRunRow): Iterable<string> {
  if (transformation === 'COMPACT') return yield child.output ?? 'null';
  if (transformation === 'FLATTEN') {
    const value = JSON.parse(child.output ?? 'null') as Json;
    for (const entry of Array.isArray(value) ? (value as readonly Json[]) : [value]) yield JSON.stringify(entry);
    return;
  }
  yield JSON.stringify({
    ExecutionArn: child.arn,
    Input: child.input,
    InputDetails: { Included: true },
    Name: child.name,
    ...(child.output !== null && { Output: child.output, OutputDetails: { Included: true } }),
    ...(child.error !== null && { Error: child.error }),
    ...(child.cause !== null && { Cause: child.cause }),
    RedriveCount: 0,
    RedriveStatus: child.status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN',
    StartDate: new Date(child.started_ms).toISOString(),
    StateMachineArn: row.machine_arn,
    Status: child.status,
    StopDate: new Date(child.stopped_ms ?? child.started_ms).toISOString(),
  });
}
