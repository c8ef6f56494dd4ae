/** The partitions of tables: read by range, expression or predicate; written in batches, each batch one write. */
import type { Clock } from '#kernel/clock';
import { isPlatformError } from '#kernel/errors';
import type { Db, State } from '#kernel/state';
import type { CatalogChanges } from './changes.ts';
import { foldName } from './database.ts';
import { partitionExists, partitionNotFound } from './errors.ts';
import { parseExpression } from './expression.ts';
import { requireTable } from './lookup.ts';
import {
  type Partition,
  type PartitionFailure,
  type PartitionInput,
  checkValues,
  partitionInput,
} from './partition.ts';
import { toCondition } from './store/expression-sql.ts';
import * as rows from './store/partitions.ts';
import type { StoredTable } from './store/tables.ts';

export interface PartitionFilter {
  /** Glue's partition expression, carried out by the store's index. */
  readonly expression?: string | undefined;
  /** A test on the values, in the order of the partition keys. */
  readonly matches?: ((values: readonly string[]) => boolean) | undefined;
}

export interface PartitionPageRequest {
  readonly expression?: string | undefined;
  /** The key behind which the page starts; empty for the first. */
  readonly after: string;
  readonly limit: number;
  /** One share of the table's partitions, for readers that work side by side. */
  readonly segment?: { readonly number: number; readonly total: number } | undefined;
}

export interface PartitionPage {
  readonly partitions: Partition[];
  /** The key of the last one when there are more behind it. */
  readonly next?: string | undefined;
}

const partitionsPerRead = 1000;
/** As many as one call of Glue's changes; an event of more would grow too large for its targets. */
const partitionsPerEvent = 100;

export class Partitions {
  readonly #state: State;
  readonly #clock: Clock;
  readonly #changes: CatalogChanges;

  constructor(parts: { state: State; clock: Clock; changes: CatalogChanges }) {
    this.#state = parts.state;
    this.#clock = parts.clock;
    this.#changes = parts.changes;
  }

  /** @throws EntityNotFoundException for the table, InvalidInputException for a wrong number of values */
  find(scope: string, database: string, table: string, values: readonly string[]): Partition | undefined {
    const stored = requireTable(this.#state.reader, scope, database, table);
    checkValues(stored.table.PartitionKeys ?? [], values);
    return rows.selectPartition(this.#state.reader, stored, values);
  }

  /** @throws EntityNotFoundException */
  get(scope: string, database: string, table: string, values: readonly string[]): Partition {
    const partition = this.find(scope, database, table, values);
    if (partition === undefined) throw partitionNotFound(values);
    return partition;
  }

  page(scope: string, database: string, table: string, request: PartitionPageRequest): PartitionPage {
    const stored = requireTable(this.#state.reader, scope, database, table);
    const { expression, after, limit, segment } = request;
    const condition = this.#condition(stored, expression);
    const found = rows.selectPartitions(this.#state.reader, stored, { after, limit: limit + 1, condition, segment });
    const partitions = found.slice(0, limit).map((entry) => entry.partition);
    return { partitions, next: found.length > limit ? found[limit - 1]?.key : undefined };
  }

  *each(scope: string, database: string, table: string, filter: PartitionFilter): Generator<Partition> {
    const stored = requireTable(this.#state.reader, scope, database, table);
    const condition = this.#condition(stored, filter.expression);
    let after = '';
    for (;;) {
      const found = rows.selectPartitions(this.#state.reader, stored, { after, limit: partitionsPerRead, condition });
      for (const { partition } of found) {
        if (filter.matches === undefined || filter.matches(partition.Values)) yield partition;
      }
      const last = found.at(-1);
      if (last === undefined || found.length < partitionsPerRead) return;
      after = last.key;
    }
  }

  async create(
    scope: string,
    database: string,
    table: string,
    inputs: readonly PartitionInput[],
    typeOfChange = 'BatchCreatePartition',
  ): Promise<PartitionFailure[]> {
    const nowMs = this.#clock.nowMs();
    return this.#batch(
      scope,
      database,
      table,
      typeOfChange,
      inputs.map((input) => input.Values),
      (db, stored, index) => {
        const input = partitionInput(inputs[index] as PartitionInput);
        checkValues(stored.table.PartitionKeys ?? [], input.Values);
        if (rows.hasPartition(db, stored.id, input.Values)) throw partitionExists(input.Values);
        rows.insertPartition(db, stored, input, nowMs);
      },
    );
  }

  async update(
    scope: string,
    database: string,
    table: string,
    entries: readonly { values: readonly string[]; input: PartitionInput }[],
    typeOfChange = 'BatchUpdatePartition',
  ): Promise<PartitionFailure[]> {
    return this.#batch(
      scope,
      database,
      table,
      typeOfChange,
      entries.map((entry) => entry.values),
      (db, stored, index) => {
        const { values, input } = entries[index] as { values: readonly string[]; input: PartitionInput };
        const keys = stored.table.PartitionKeys ?? [];
        const next = partitionInput({ ...input, Values: input.Values ?? [...values] });
        checkValues(keys, values);
        checkValues(keys, next.Values);
        if (!rows.hasPartition(db, stored.id, values)) throw partitionNotFound(values);
        const moved = rows.partitionKey(values) !== rows.partitionKey(next.Values);
        if (moved && rows.hasPartition(db, stored.id, next.Values)) throw partitionExists(next.Values);
        rows.updatePartition(db, stored, values, next);
      },
    );
  }

  async delete(
    scope: string,
    database: string,
    table: string,
    valuesList: readonly (readonly string[])[],
    typeOfChange = 'BatchDeletePartition',
  ): Promise<PartitionFailure[]> {
    return this.#batch(scope, database, table, typeOfChange, valuesList, (db, stored, index) => {
      const values = valuesList[index] ?? [];
      checkValues(stored.table.PartitionKeys ?? [], values);
      if (!rows.deletePartition(db, stored.id, values)) throw partitionNotFound(values);
    });
  }

  #condition(stored: StoredTable, expression: string | undefined): ReturnType<typeof toCondition> | undefined {
    if (expression === undefined || expression.trim() === '') return undefined;
    return toCondition(parseExpression(expression, stored.table.PartitionKeys ?? []));
  }

  /** Carries out each entry in one write; an entry that cannot be is told and does not stop the others. */
  async #batch(
    scope: string,
    database: string,
    table: string,
    typeOfChange: string,
    valuesList: readonly (readonly string[])[],
    apply: (db: Db, stored: StoredTable, index: number) => void,
  ): Promise<PartitionFailure[]> {
    const failures: PartitionFailure[] = [];
    const done: (readonly string[])[] = [];
    await this.#state.write((db) => {
      const stored = requireTable(db, scope, database, table);
      for (const [index, values] of valuesList.entries()) {
        try {
          apply(db, stored, index);
          done.push(values);
        } catch (error) {
          if (!isPlatformError(error)) throw error;
          failures.push({ values: [...(values ?? [])], code: error.code, message: error.message });
        }
      }
      for (let first = 0; first < done.length; first += partitionsPerEvent) {
        const told = done.slice(first, first + partitionsPerEvent);
        this.#changes.ofTable(db, scope, foldName(database), foldName(table), typeOfChange, told);
      }
    });
    return failures;
  }
}
