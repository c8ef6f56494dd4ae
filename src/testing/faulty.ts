/** A platform to be mistreated: clients, a query in one call, and the check that nothing has suffered. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Athena } from '@aws-sdk/client-athena';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { Glue, type TableInput } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig } from './client.ts';
import { until } from './until.ts';

export interface Outcome {
  /** Empty when it succeeded. */
  readonly reason: string;
  /** Without the header. */
  readonly rows: readonly (readonly (string | undefined)[])[];
}

export interface Clients {
  readonly endpoint: string;
  readonly s3: S3;
  readonly glue: Glue;
  readonly athena: Athena;
  readonly stacks: CloudFormation;
  /** Runs a query to its end. */
  readonly query: (sql: string) => Promise<Outcome>;
  /** Makes a table in the database `faults`; its location is `s3://faults/<name>/` unless given. */
  readonly table: (name: string, input?: Partial<TableInput>) => Promise<void>;
  /** Health is good, and a put and a query work as ever. */
  assertWell(): Promise<void>;
  close(): void;
}

const resultFolder = 's3://faults/results/';
let marks = 0;

/** Clients of a platform that takes any key, with a bucket and a database, both named `faults`. */
export async function connect(endpoint: string): Promise<Clients> {
  const config = clientConfig(endpoint);
  const [s3, glue, athena, stacks] = [new S3(config), new Glue(config), new Athena(config), new CloudFormation(config)];
  await s3.createBucket({ Bucket: 'faults' });
  await glue.createDatabase({ DatabaseInput: { Name: 'faults' } }).catch((error: Error) => {
    if (error.name !== 'AlreadyExistsException') throw error;
  });
  const query = (sql: string): Promise<Outcome> => runQuery(athena, sql);
  return {
    endpoint,
    s3,
    glue,
    athena,
    stacks,
    query,
    table: async (name, input) => {
      await glue.createTable({ DatabaseName: 'faults', TableInput: { ...tableOf(name), ...input } });
    },
    async assertWell() {
      const health = await fetch(`${endpoint}/health`);
      assert.equal(health.status, 200, await health.text());
      const mark = `mark-${++marks}`;
      await s3.putObject({ Bucket: 'faults', Key: 'well', Body: mark });
      const { Body } = await s3.getObject({ Bucket: 'faults', Key: 'well' });
      assert.equal(await Body?.transformToString(), mark);
      assert.deepEqual(await query(`SELECT '${mark}'`), { reason: '', rows: [[mark]] });
    },
    close: () => [s3, glue, athena, stacks].forEach((client) => client.destroy()),
  };
}

async function runQuery(athena: Athena, sql: string): Promise<Outcome> {
  const { QueryExecutionId } = await athena.startQueryExecution({
    QueryString: sql,
    QueryExecutionContext: { Database: 'faults' },
    ResultConfiguration: { OutputLocation: resultFolder },
  });
  let reason: string | undefined;
  await until(
    async () => {
      const { QueryExecution } = await athena.getQueryExecution({ QueryExecutionId });
      const { State, StateChangeReason } = QueryExecution?.Status ?? {};
      if (State === 'SUCCEEDED') reason = '';
      if (State === 'FAILED' || State === 'CANCELLED') reason = StateChangeReason ?? State;
      return reason !== undefined;
    },
    sql,
    60_000,
  );
  if (reason !== '') return { reason: reason ?? '', rows: [] };
  const { ResultSet } = await athena.getQueryResults({ QueryExecutionId });
  const rows = (ResultSet?.Rows ?? []).map(({ Data = [] }) => Data.map(({ VarCharValue }) => VarCharValue));
  return { reason: '', rows: rows.slice(1) };
}

const textFormats = {
  InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
};

/** A table of comma-separated text with the columns a and b. */
function tableOf(name: string): TableInput {
  return {
    Name: name,
    TableType: 'EXTERNAL_TABLE',
    StorageDescriptor: storageAt(`s3://faults/${name}/`, 'csv'),
  };
}

export function storageAt(location: string, format: 'csv' | 'json' | 'parquet'): TableInput['StorageDescriptor'] {
  const library = {
    csv: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
    json: 'org.openx.data.jsonserde.JsonSerDe',
    parquet: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  }[format];
  const formats =
    format === 'parquet'
      ? {
          InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
        }
      : textFormats;
  return {
    Columns: [
      { Name: 'a', Type: 'bigint' },
      { Name: 'b', Type: 'string' },
    ],
    Location: location,
    ...formats,
    SerdeInfo: { SerializationLibrary: library, ...(format === 'csv' && { Parameters: { 'field.delim': ',' } }) },
  };
}

/** Memory of a process and of its children that is in use now. */
export function residentBytes(pid: number): number {
  return pidsBelow(pid).reduce((sum, each) => sum + residentOf(each), 0);
}

function pidsBelow(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return [pid, ...children.flatMap(pidsBelow)];
  } catch {
    return [pid];
  }
}

export function residentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096;
  } catch {
    return 0;
  }
}

/** Files in the lake's own folders that an interrupted write has left; finished uploads and old versions are no such. */
export function strayFiles(dataDir: string): string[] {
  const folders = ['staging', 'uploads'].map((name) => join(dataDir, 'buckets', '.lake', name));
  return folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
}
