/** The query capability as the platform sees it: Athena's API over an engine. */
import { availableParallelism, totalmem } from 'node:os';
import type { Capability, Schema } from '#capability';
import type { Catalog } from '#catalog';
import { DuckdbPool } from '#drivers/duckdb/client';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { Lake } from '#lake';
import { duckdbPrelude, duckdbSettings } from '#languages/sql/index';
import { catalogOperations } from './api/catalogs.ts';
import { executionOperations } from './api/executions.ts';
import { workGroupOperations } from './api/work-groups.ts';
import { cellTextMacros } from './engines/cell-text.ts';
import { DuckdbEngine } from './engines/duckdb.ts';
import type { QueryEngine } from './engines/engine.ts';
import { ParquetRows } from './engines/parquet-rows.ts';
import { Queries } from './queries.ts';
import { queryResources } from './resources.ts';
import { Scripts } from './scripts.ts';
import { StatementRunner } from './statements/runner.ts';
import { ExecutionStore } from './store/executions.ts';
import { RecordStore } from './store/records.ts';
import { querySchema } from './store/schema.ts';
import { WorkGroups } from './work-groups.ts';

/** All have defaults that suit the machine. */
export interface QueryConfig {
  /** Queries that run at the same time; one process each. Default 2. */
  readonly concurrency?: number;
  /** Queries that may wait before the engine. Default 100. */
  readonly queueMax?: number;
  /** Threads of one query. Default: all of the machine's. */
  readonly threads?: number;
  /** Memory of one query; default a quarter of the machine's, at most 4 GiB. */
  readonly memoryLimitBytes?: number;
  /** Memory of a query's process as a whole, at which it is killed. Default: the limit and a half plus 512 MB. */
  readonly residentMaxBytes?: number;
  /** Disk that one query may fill with what does not fit in memory. Default 20 GiB. */
  readonly spillMaxBytes?: number;
  /** Default 30 minutes, as Athena's limit on DML. */
  readonly timeoutMs?: number;
  /** Where results of the primary work group go until it is told otherwise, such as `s3://results/`. */
  readonly resultLocation?: string;
}

export interface QueryParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly lake: Lake;
  readonly catalog: Catalog;
  /** The server's, from which the engine's processes get a few names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly config?: QueryConfig;
  /** Another engine than the embedded one. */
  readonly engine?: QueryEngine;
}

const historyMs = 45 * 24 * 3600 * 1000;

export function createQuery(parts: QueryParts): {
  queries: Queries;
  scripts: Scripts;
  parquetRows: ParquetRows;
  workGroups: WorkGroups;
  capability: Capability;
  schema: Schema;
} {
  const { state, clock, events, lake, catalog, config = {} } = parts;
  const log = parts.log.with({ capability: 'query' });
  const pool = createPool(parts, log);
  const spillMaxBytes = config.spillMaxBytes ?? 20 * 2 ** 30;
  const engine = parts.engine ?? new DuckdbEngine(pool, { spillMaxBytes });
  const store = new ExecutionStore(state);
  const records = new RecordStore(state);
  const workGroups = new WorkGroups({
    records,
    executions: store,
    clock,
    options: { resultLocation: config.resultLocation },
  });
  const prepared = {
    find: workGroups.findPrepared.bind(workGroups),
    put: workGroups.putPrepared.bind(workGroups),
    delete: workGroups.deletePrepared.bind(workGroups),
  };
  const runner = new StatementRunner({ catalog, lake, engine, prepared });
  const timeoutMs = config.timeoutMs ?? 30 * 60_000;
  const queries = new Queries({
    store,
    workGroups,
    lake,
    runner,
    clock,
    events,
    log,
    config: { timeoutMs, historyMs, activeMax: (config.queueMax ?? 100) + (config.concurrency ?? 2) },
  });
  const operations = {
    ...executionOperations({ queries, store, workGroups }),
    ...workGroupOperations(workGroups),
    ...catalogOperations({ catalog, records }),
  };
  const capability: Capability = {
    name: 'query',
    apis: [{ service: 'athena', operations }],
    resources: queryResources,
    start: () => queries.resume(),
    async stop() {
      await queries.close();
      await engine.close();
      await pool.close();
    },
  };
  return {
    queries,
    scripts: new Scripts({ runner, lake, clock, timeoutMs }),
    parquetRows: new ParquetRows(pool, lake, { spillMaxBytes, timeoutMs }),
    workGroups,
    capability,
    schema: querySchema,
  };
}

function createPool(parts: QueryParts, log: Log): DuckdbPool {
  const { config = {}, clock, environment } = parts;
  const memoryLimitBytes = config.memoryLimitBytes ?? Math.min(4 * 2 ** 30, Math.floor(totalmem() / 4));
  return new DuckdbPool(
    {
      size: config.concurrency ?? 2,
      queueMax: config.queueMax ?? 100,
      threads: config.threads ?? availableParallelism(),
      memoryLimitBytes,
      ...(config.residentMaxBytes === undefined ? {} : { residentMaxBytes: config.residentMaxBytes }),
      prelude: [
        ...Object.entries(duckdbSettings).map(([name, value]) => `SET ${name} = '${value}'`),
        ...duckdbPrelude,
        ...cellTextMacros,
      ],
      environment,
    },
    clock,
    log,
  );
}
