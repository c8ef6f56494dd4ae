/** What the tests of this capability stand on: a lake, a catalog, Athena and its client in one. Never shipped. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Athena, type ColumnInfo, type QueryExecution, type StartQueryExecutionInput } from '@aws-sdk/client-athena';
import { catalogSchema, createCatalog, type Catalog } from '#catalog';
import type { Dispatcher } from '#gateway';
import { SystemClock } from '#kernel/clock';
import { EventHub, type PlatformEvent } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { createLake, lakeSchema } from '#lake';
import { clientConfig, startGateway, until } from '#testing';
import { createQuery, type QueryConfig } from './capability.ts';
import type { Queries } from './queries.ts';
import type { Scripts } from './scripts.ts';
import { ExecutionStore } from './store/executions.ts';
import { querySchema } from './store/schema.ts';

export interface Answer {
  /** NULL is undefined, as the client has it. */
  readonly rows: readonly (readonly (string | undefined)[])[];
  readonly columns: readonly ColumnInfo[];
  readonly updateCount: number | undefined;
  readonly execution: QueryExecution;
}

export interface QueryBench {
  readonly athena: Athena;
  readonly catalog: Catalog;
  readonly queries: Queries;
  readonly scripts: Scripts;
  readonly executions: ExecutionStore;
  readonly scope: string;
  readonly endpoint: string;
  readonly dispatcher: Dispatcher;
  readonly events: readonly PlatformEvent[];
  readonly hub: EventHub;
  /** Runs a query to its end. @throws with the reason when it does not succeed */
  query(sql: string, options?: Partial<StartQueryExecutionInput>): Promise<Answer>;
  whenEnded(id: string): Promise<void>;
  put(bucket: string, key: string, content: string | Uint8Array): void;
  list(bucket: string, prefix: string): string[];
  read(bucket: string, key: string): string;
  until: typeof until;
  close(): Promise<void>;
}

/** Buckets `lake` and `results` are there. */
export async function openQueryBench(folder: string, config: QueryConfig = {}): Promise<QueryBench> {
  const state = State.open(join(folder, 'state.db'), [lakeSchema, catalogSchema, querySchema]);
  const clock = new SystemClock();
  const hub = new EventHub(silentLog);
  const events: PlatformEvent[] = [];
  hub.subscribe((event) => void events.push(event));
  const lake = createLake({ state, clock, log: silentLog, events: hub, dataDir: folder });
  const vault = Vault.open(join(folder, 'key'));
  const { catalog, capability: catalogCapability } = createCatalog({ state, clock, events: hub, vault });
  const query = createQuery({
    state,
    clock,
    log: silentLog,
    events: hub,
    lake: lake.lake,
    catalog,
    environment: {},
    config: { memoryLimitBytes: 512 * 2 ** 20, ...config },
  });
  const gateway = await startGateway({
    apis: [lake, { capability: catalogCapability }, query].flatMap((part) => part.capability.apis ?? []),
  });
  await lake.capability.start?.();
  await query.capability.start?.();
  for (const bucket of ['lake', 'results']) await makeBucket(gateway.endpoint, bucket);
  const athena = new Athena(clientConfig(gateway.endpoint));
  const scope = '000000000000/us-east-1';
  const pathOf = (bucket: string, key: string): string => join(folder, 'buckets', bucket, key);
  const whenEnded = async (id: string): Promise<void> => void (await query.queries.whenEnded(scope, id));
  return {
    athena,
    catalog,
    queries: query.queries,
    scripts: query.scripts,
    executions: new ExecutionStore(state),
    scope,
    endpoint: gateway.endpoint,
    dispatcher: gateway.dispatcher,
    events,
    hub,
    whenEnded,
    until,
    async query(sql, options = {}) {
      const { QueryExecutionId } = await athena.startQueryExecution({
        QueryString: sql,
        ResultConfiguration: { OutputLocation: 's3://results/out/' },
        ...options,
      });
      await whenEnded(QueryExecutionId ?? '');
      const { QueryExecution: execution = {} } = await athena.getQueryExecution({ QueryExecutionId });
      if (execution.Status?.State !== 'SUCCEEDED') throw new Error(execution.Status?.StateChangeReason);
      const results = await athena.getQueryResults({ QueryExecutionId });
      return {
        rows: (results.ResultSet?.Rows ?? []).map((row) => (row.Data ?? []).map((cell) => cell.VarCharValue)),
        columns: results.ResultSet?.ResultSetMetadata?.ColumnInfo ?? [],
        updateCount: results.UpdateCount,
        execution,
      };
    },
    put(bucket, key, content) {
      mkdirSync(dirname(pathOf(bucket, key)), { recursive: true });
      writeFileSync(pathOf(bucket, key), content);
    },
    list(bucket, prefix) {
      return readdirSync(pathOf(bucket, prefix), { recursive: true, encoding: 'utf8' }).map(
        (name) => `${prefix}${name}`,
      );
    },
    read: (bucket, key) => readFileSync(pathOf(bucket, key), 'utf8'),
    async close() {
      athena.destroy();
      await gateway.close();
      await query.capability.stop?.();
      await lake.capability.stop?.();
      state.close();
    },
  };
}

async function makeBucket(endpoint: string, name: string): Promise<void> {
  const { S3 } = await import('@aws-sdk/client-s3');
  const s3 = new S3(clientConfig(endpoint));
  await s3.createBucket({ Bucket: name });
  s3.destroy();
}
