/** Statistics of columns: kept for a table or for one partition, each column by itself. */
import type { State } from '#kernel/state';
import { entityNotFound, invalidInput, partitionNotFound } from '../errors.ts';
import { requireTable } from '../lookup.ts';
import { checkValues } from '../partition.ts';
import { hasPartition, partitionKey } from '../store/partitions.ts';
import * as rows from '../store/statistics.ts';
import type { StoredTable } from '../store/tables.ts';

export interface ColumnStatistics {
  readonly ColumnName: string;
  readonly ColumnType: string;
  readonly AnalyzedTime: Date;
  /** `Type` names the member that is set: `LONG` goes with `LongColumnStatisticsData`. */
  readonly StatisticsData: { readonly Type: string };
}

/** What the statistics are of: a table, or one partition when `values` is given. */
export interface StatisticsPlace {
  readonly database: string;
  readonly table: string;
  readonly values?: readonly string[] | undefined;
}

export interface StatisticsFailure {
  readonly column: string;
  readonly code: string;
  readonly message: string;
}

export class Statistics {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** @returns what there is, and the columns without statistics */
  find(
    scope: string,
    place: StatisticsPlace,
    columns: readonly string[],
  ): { found: ColumnStatistics[]; missing: StatisticsFailure[] } {
    const db = this.#state.reader;
    const { stored, partition } = this.#place(scope, place, db);
    const found: ColumnStatistics[] = [];
    const missing: StatisticsFailure[] = [];
    for (const column of columns) {
      const statistics = rows.selectStatistics(db, stored.id, partition, column);
      if (statistics) found.push(statistics);
      else missing.push({ column, code: 'EntityNotFoundException', message: `Column ${column} has no statistics.` });
    }
    return { found, missing };
  }

  /** @returns the entries that were refused, by column */
  async put(scope: string, place: StatisticsPlace, list: readonly ColumnStatistics[]): Promise<StatisticsFailure[]> {
    return this.#state.write((db) => {
      const { stored, partition } = this.#place(scope, place, db);
      const columns = new Set(
        (stored.table.StorageDescriptor?.Columns ?? []).map((column) => column.Name.toLowerCase()),
      );
      const failures: StatisticsFailure[] = [];
      for (const statistics of list) {
        const problem = problemOf(statistics, columns);
        if (problem) failures.push({ column: statistics.ColumnName, code: 'InvalidInputException', message: problem });
        else rows.putStatistics(db, stored.id, partition, statistics);
      }
      return failures;
    });
  }

  /** @throws EntityNotFoundException */
  async delete(scope: string, place: StatisticsPlace, column: string): Promise<void> {
    await this.#state.write((db) => {
      const { stored, partition } = this.#place(scope, place, db);
      if (!rows.deleteStatistics(db, stored.id, partition, column))
        throw entityNotFound(`Statistics of column ${column}`);
    });
  }

  #place(scope: string, place: StatisticsPlace, db: State['reader']): { stored: StoredTable; partition: string } {
    const stored = requireTable(db, scope, place.database, place.table);
    if (place.values === undefined) return { stored, partition: '' };
    if (place.values.length === 0) throw invalidInput('PartitionValues must not be empty.');
    checkValues(stored.table.PartitionKeys ?? [], place.values);
    if (!hasPartition(db, stored.id, place.values)) throw partitionNotFound(place.values);
    return { stored, partition: partitionKey(place.values) };
  }
}

function problemOf(statistics: ColumnStatistics, columns: ReadonlySet<string>): string | undefined {
  const { ColumnName: name, StatisticsData: data } = statistics;
  if (!columns.has(name.toLowerCase())) return `The table has no column ${name}.`;
  const member = `${data.Type.charAt(0)}${data.Type.slice(1).toLowerCase()}ColumnStatisticsData`;
  const isGiven = (data as Readonly<Record<string, unknown>>)[member] !== undefined;
  return isGiven ? undefined : `StatisticsData of type ${data.Type} for column ${name} needs ${member}.`;
}
