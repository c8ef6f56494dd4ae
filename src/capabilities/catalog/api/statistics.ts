/** Glue's operations on column statistics. */
import type {
  ColumnError,
  ColumnStatisticsError,
  Glue,
  ColumnStatistics as WireStatistics,
} from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import type { ColumnStatistics, Statistics, StatisticsFailure, StatisticsPlace } from '../records/statistics.ts';
import { checkCatalogId, required } from './request.ts';

export function statisticsOperations(statistics: Statistics): HandlersOf<Glue> {
  return {
    GetColumnStatisticsForTable(input, context) {
      checkCatalogId(input.CatalogId, context);
      const { found, missing } = statistics.find(context.scope, placeOf(input), input.ColumnNames ?? []);
      return { ColumnStatisticsList: found.map(toWire), Errors: missing.map(toColumnError) };
    },

    async UpdateColumnStatisticsForTable(input, context) {
      checkCatalogId(input.CatalogId, context);
      const list = listOf(input);
      return { Errors: toErrors(await statistics.put(context.scope, placeOf(input), list), list) };
    },

    async DeleteColumnStatisticsForTable(input, context) {
      checkCatalogId(input.CatalogId, context);
      await statistics.delete(context.scope, placeOf(input), required(input.ColumnName, 'ColumnName'));
      return {};
    },

    GetColumnStatisticsForPartition(input, context) {
      checkCatalogId(input.CatalogId, context);
      const { found, missing } = statistics.find(context.scope, partitionOf(input), input.ColumnNames ?? []);
      return { ColumnStatisticsList: found.map(toWire), Errors: missing.map(toColumnError) };
    },

    async UpdateColumnStatisticsForPartition(input, context) {
      checkCatalogId(input.CatalogId, context);
      const list = listOf(input);
      return { Errors: toErrors(await statistics.put(context.scope, partitionOf(input), list), list) };
    },

    async DeleteColumnStatisticsForPartition(input, context) {
      checkCatalogId(input.CatalogId, context);
      await statistics.delete(context.scope, partitionOf(input), required(input.ColumnName, 'ColumnName'));
      return {};
    },
  };
}

interface TableReference {
  readonly DatabaseName?: string | undefined;
  readonly TableName?: string | undefined;
}

function placeOf(input: TableReference): StatisticsPlace {
  return { database: required(input.DatabaseName, 'DatabaseName'), table: required(input.TableName, 'TableName') };
}

function partitionOf(input: TableReference & { PartitionValues?: string[] | undefined }): StatisticsPlace {
  return { ...placeOf(input), values: required(input.PartitionValues, 'PartitionValues') };
}

function listOf(input: { ColumnStatisticsList?: WireStatistics[] | undefined }): ColumnStatistics[] {
  return required(input.ColumnStatisticsList, 'ColumnStatisticsList') as ColumnStatistics[];
}

function toWire(statistics: ColumnStatistics): WireStatistics {
  return statistics as WireStatistics;
}

function toColumnError({ column, code, message }: StatisticsFailure): ColumnError {
  return { ColumnName: column, Error: { ErrorCode: code, ErrorMessage: message } };
}

function toErrors(failures: readonly StatisticsFailure[], list: readonly ColumnStatistics[]): ColumnStatisticsError[] {
  return failures.map(({ column, code, message }) => {
    const statistics = list.find((entry) => entry.ColumnName === column);
    const error = { Error: { ErrorCode: code, ErrorMessage: message } };
    return statistics ? { ...error, ColumnStatistics: toWire(statistics) } : error;
  });
}
