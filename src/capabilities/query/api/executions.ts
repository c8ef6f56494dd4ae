/** Athena's operations on query executions. */
import type { Athena, Datum, QueryExecution, ResultConfiguration } from '@aws-sdk/client-athena';
import type { HandlersOf } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import { executionNotFound, invalidRequest } from '../errors.ts';
import type { Execution, ResultColumn } from '../execution.ts';
import type { Queries } from '../queries.ts';
import type { ExecutionStore } from '../store/executions.ts';
import { engineVersionEffective } from '../work-group.ts';
import type { WorkGroups } from '../work-groups.ts';

const batchMax = 50;
const pageDefault = 50;
const resultRowsMax = 1000;

/** awswrangler sends the database of a DDL statement in Hive's backticks. */
function unquoted(name: string | undefined): string | undefined {
  return name === undefined ? undefined : (/^`(.+)`$/.exec(name)?.[1] ?? name);
}

export function executionOperations(parts: {
  queries: Queries;
  store: ExecutionStore;
  workGroups: WorkGroups;
}): HandlersOf<Athena> {
  const { queries, store, workGroups } = parts;
  return {
    async StartQueryExecution(input, context) {
      const { OutputLocation, ...resultOptions } = input.ResultConfiguration ?? {};
      const reuse = input.ResultReuseConfiguration?.ResultReuseByAgeConfiguration;
      const id = await queries.start(context.scope, {
        query: input.QueryString ?? '',
        catalog: input.QueryExecutionContext?.Catalog,
        database: unquoted(input.QueryExecutionContext?.Database),
        workGroup: input.WorkGroup,
        outputLocation: OutputLocation,
        resultOptions: { ...resultOptions },
        parameters: input.ExecutionParameters,
        token: input.ClientRequestToken,
        reuseMaxAgeMinutes: reuse?.Enabled === true ? (reuse.MaxAgeInMinutes ?? 60) : undefined,
        caller: context.caller.arn,
      });
      return { QueryExecutionId: id };
    },

    async StopQueryExecution(input, context) {
      await queries.stop(context.scope, input.QueryExecutionId ?? '');
      return {};
    },

    GetQueryExecution(input, context) {
      return { QueryExecution: toWire(queries.get(context.scope, input.QueryExecutionId ?? '')) };
    },

    BatchGetQueryExecution(input, context) {
      const ids = checkedBatch(input.QueryExecutionIds ?? []);
      const found = ids.map((id) => [id, queries.find(context.scope, id)] as const);
      return {
        QueryExecutions: found.flatMap(([, execution]) => (execution === undefined ? [] : [toWire(execution)])),
        UnprocessedQueryExecutionIds: found.flatMap(([id, execution]) =>
          execution === undefined
            ? [
                {
                  QueryExecutionId: id,
                  ErrorCode: 'INVALID_QUERY_EXECUTION_ID',
                  ErrorMessage: executionNotFound(id).message,
                },
              ]
            : [],
        ),
      };
    },

    ListQueryExecutions(input, context) {
      const group = workGroups.get(context.scope, input.WorkGroup);
      const limit = input.MaxResults ?? pageDefault;
      const [submittedMs, id] =
        input.NextToken === undefined ? [] : decodeToken(input.NextToken, 'InvalidRequestException');
      const after = submittedMs === undefined ? undefined : { submittedMs: Number(submittedMs), id: String(id) };
      const places = store.list(context.scope, group.name, after, limit + 1);
      const page = places.slice(0, limit);
      const last = page.at(-1);
      return {
        QueryExecutionIds: page.map((place) => place.id),
        ...(places.length > limit && last !== undefined ? { NextToken: encodeToken([last.submittedMs, last.id]) } : {}),
      };
    },

    async GetQueryResults(input, context) {
      const id = input.QueryExecutionId ?? '';
      const page = await queries.results(context.scope, id, {
        token: input.NextToken,
        rowsMax: input.MaxResults ?? resultRowsMax,
      });
      const execution = queries.get(context.scope, id);
      return {
        UpdateCount: execution.updateCount,
        ResultSet: {
          Rows: page.rows.map((row) => ({ Data: row.map(datum) })),
          ResultSetMetadata: { ColumnInfo: execution.columns.map(columnInfo) },
        },
        ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
      };
    },

    GetQueryRuntimeStatistics(input, context) {
      const execution = queries.get(context.scope, input.QueryExecutionId ?? '');
      const { statistics } = execution;
      return {
        QueryRuntimeStatistics: {
          Timeline: {
            QueryQueueTimeInMillis: statistics.queueMs,
            QueryPlanningTimeInMillis: statistics.planningMs,
            EngineExecutionTimeInMillis: statistics.engineMs,
            ServiceProcessingTimeInMillis: statistics.processingMs,
            TotalExecutionTimeInMillis: statistics.totalMs,
          },
          Rows: {
            InputRows: statistics.inputRows,
            InputBytes: statistics.scannedBytes,
            OutputRows: statistics.outputRows,
            OutputBytes: statistics.outputBytes,
          },
        },
      };
    },
  };
}

/** @throws InvalidRequestException for more than 50 or none */
export function checkedBatch(ids: readonly string[]): readonly string[] {
  if (ids.length === 0 || ids.length > batchMax) {
    throw invalidRequest(`A batch has 1 to ${batchMax} ids; this one has ${ids.length}.`);
  }
  return ids;
}

function datum(value: string | null): Datum {
  return value === null ? {} : { VarCharValue: value };
}

function columnInfo(column: ResultColumn) {
  return {
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name: column.name,
    Label: column.name,
    Type: column.type,
    Precision: column.precision,
    Scale: column.scale,
    Nullable: 'UNKNOWN' as const,
    CaseSensitive: column.caseSensitive,
  };
}

function toWire(execution: Execution): QueryExecution {
  const { statistics, error } = execution;
  return {
    QueryExecutionId: execution.id,
    Query: execution.query,
    StatementType: execution.statementType,
    SubstatementType: execution.substatementType,
    WorkGroup: execution.workGroup,
    QueryExecutionContext: {
      Catalog: execution.catalog.toLowerCase(),
      ...(execution.database === undefined ? {} : { Database: execution.database }),
    },
    ...(execution.parameters.length === 0 ? {} : { ExecutionParameters: [...execution.parameters] }),
    EngineVersion: { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: engineVersionEffective },
    ResultConfiguration: {
      ...(execution.resultOptions as ResultConfiguration),
      OutputLocation: execution.outputLocation,
    },
    ResultReuseConfiguration: {
      ResultReuseByAgeConfiguration: {
        Enabled: execution.reuseMaxAgeMinutes !== undefined,
        ...(execution.reuseMaxAgeMinutes === undefined ? {} : { MaxAgeInMinutes: execution.reuseMaxAgeMinutes }),
      },
    },
    Status: {
      State: execution.state,
      ...(execution.reason === undefined ? {} : { StateChangeReason: execution.reason }),
      SubmissionDateTime: new Date(execution.submittedMs),
      ...(execution.completedMs === undefined ? {} : { CompletionDateTime: new Date(execution.completedMs) }),
      ...(error === undefined
        ? {}
        : {
            AthenaError: {
              ErrorCategory: error.category,
              ErrorType: error.type,
              ErrorMessage: error.message,
              Retryable: error.retryable,
            },
          }),
    },
    Statistics: {
      EngineExecutionTimeInMillis: statistics.engineMs,
      DataScannedInBytes: statistics.scannedBytes,
      TotalExecutionTimeInMillis: statistics.totalMs,
      QueryQueueTimeInMillis: statistics.queueMs,
      QueryPlanningTimeInMillis: statistics.planningMs,
      ServiceProcessingTimeInMillis: statistics.processingMs,
      ResultReuseInformation: { ReusedPreviousResult: statistics.reused },
      ...(execution.manifestLocation === undefined ? {} : { DataManifestLocation: execution.manifestLocation }),
    },
  };
}
