/** ALTER TABLE: partitions, columns, location, properties. */
import type { Catalog, Column, Partition, StorageDescriptor, Table, TableInput } from '#catalog';
import { findS3Uri } from '#lake';
import type { AlterTableAction, PartitionCondition, PartitionSpec, StatementOf } from '#languages/sql/index';
import { ddlTaskError, hiveError, requireDataTable } from './names.ts';
import { formatPartition } from './partition-name.ts';
import { nothing, type Outcome, type StatementContext } from './statement.ts';

type Action<K extends AlterTableAction['kind']> = Extract<AlterTableAction, { kind: K }>;

export async function alterTable(
  catalog: Catalog,
  statement: StatementOf<'alter-table'>,
  context: StatementContext,
): Promise<Outcome> {
  const table = requireDataTable(catalog, context, statement.name);
  const { action } = statement;
  switch (action.kind) {
    case 'add-partitions':
      await addPartitions(catalog, table, action, context);
      return nothing;
    case 'drop-partitions':
      await dropPartitions(catalog, table, action, context);
      return nothing;
    case 'rename-partition':
      await changePartition(catalog, table, action.from, context, (partition) => ({
        ...partition,
        Values: valuesOf(table, action.to),
      }));
      return nothing;
    case 'set-location':
      if (findS3Uri(action.location) === undefined) {
        throw ddlTaskError(`MetaException(message:'${action.location}' is no location; write s3://bucket/path/)`);
      }
      await changeStorage(catalog, table, action.partition, context, (storage) => ({
        ...storage,
        Location: action.location,
      }));
      return nothing;
    case 'add-columns':
    case 'replace-columns':
      await changeStorage(catalog, table, action.partition, context, (storage) => ({
        ...storage,
        Columns: checkedColumns(table, [
          ...(action.kind === 'add-columns' ? (storage.Columns ?? []) : []),
          ...action.columns.map(columnOf),
        ]),
      }));
      return nothing;
    case 'change-column':
      await changeStorage(catalog, table, action.partition, context, (storage) => ({
        ...storage,
        Columns: checkedColumns(table, changeColumn(storage.Columns ?? [], action)),
      }));
      return nothing;
    case 'set-properties':
      await catalog.updateTable(context.scope, table.DatabaseName, {
        ...inputOf(table),
        Parameters: { ...table.Parameters, ...action.properties, ...ddlTime(context) },
      });
      return nothing;
  }
}

async function addPartitions(
  catalog: Catalog,
  table: Table,
  action: Action<'add-partitions'>,
  context: StatementContext,
): Promise<void> {
  const inputs = action.partitions.map(({ spec, location }) => newPartition(table, valuesOf(table, spec), location));
  const failures = await catalog.createPartitions(context.scope, table.DatabaseName, table.Name, inputs);
  const failure = failures.find((each) => each.code !== 'AlreadyExistsException' || !action.ifNotExists);
  if (failure !== undefined) {
    throw ddlTaskError(`${failure.code}(message:${failure.message} [${failure.values.join(', ')}])`);
  }
}

/** A partition as Hive makes it: the table's storage at a folder of its own. */
export function newPartition(
  table: Table,
  values: readonly string[],
  location: string | undefined,
): { Values: string[]; StorageDescriptor: StorageDescriptor; Parameters: Record<string, string> } {
  const base = table.StorageDescriptor ?? {};
  const folder = `${(base.Location ?? '').replace(/\/*$/, '/')}${formatPartition(table, values)}`;
  return {
    Values: [...values],
    StorageDescriptor: { ...base, Location: location ?? folder },
    Parameters: {},
  };
}

async function dropPartitions(
  catalog: Catalog,
  table: Table,
  action: Action<'drop-partitions'>,
  context: StatementContext,
): Promise<void> {
  const keys = (table.PartitionKeys ?? []).map((key) => key.Name.toLowerCase());
  const doomed = new Map<string, string[]>();
  for (const condition of action.partitions) {
    const matches = (values: readonly string[]): boolean => condition.every((term) => holds(table, keys, values, term));
    let found = 0;
    for (const partition of catalog.listPartitions(context.scope, table.DatabaseName, table.Name, { matches })) {
      doomed.set(JSON.stringify(partition.Values), partition.Values);
      found++;
    }
    if (found === 0 && !action.ifExists) {
      throw hiveError(`SemanticException [Error 10006]: Partition not found ${describe(condition)}`);
    }
  }
  if (doomed.size > 0) {
    await catalog.deletePartitions(context.scope, table.DatabaseName, table.Name, [...doomed.values()]);
  }
}

function holds(
  table: Table,
  keys: readonly string[],
  values: readonly string[],
  term: PartitionCondition[number],
): boolean {
  const index = keys.indexOf(term.key.toLowerCase());
  if (index === -1) throw hiveError(`SemanticException: '${term.key}' is no partition key of table ${table.Name}`);
  const type = table.PartitionKeys?.[index]?.Type ?? 'string';
  const order = compareTyped(values[index] ?? '', term.value, type);
  switch (term.operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function compareTyped(a: string, b: string, type: string): number {
  if (/^(tinyint|smallint|int|integer|bigint|float|double|decimal)/i.test(type)) {
    const [left, right] = [Number(a), Number(b)];
    if (!Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

async function changeStorage(
  catalog: Catalog,
  table: Table,
  partition: PartitionSpec | undefined,
  context: StatementContext,
  change: (storage: StorageDescriptor) => StorageDescriptor,
): Promise<void> {
  if (partition !== undefined) {
    await changePartition(catalog, table, partition, context, (current) => ({
      ...current,
      StorageDescriptor: change(current.StorageDescriptor ?? {}),
    }));
    return;
  }
  await catalog.updateTable(context.scope, table.DatabaseName, {
    ...inputOf(table),
    StorageDescriptor: change(table.StorageDescriptor ?? {}),
    Parameters: { ...table.Parameters, ...ddlTime(context) },
  });
}

async function changePartition(
  catalog: Catalog,
  table: Table,
  spec: PartitionSpec,
  context: StatementContext,
  change: (partition: Partition) => Partition,
): Promise<void> {
  const values = valuesOf(table, spec);
  const current = catalog.findPartition(context.scope, table.DatabaseName, table.Name, values);
  if (current === undefined) {
    throw hiveError(
      `SemanticException [Error 10006]: Partition not found {${spec.map(({ key, value }) => `${key}=${value}`).join(', ')}}`,
    );
  }
  const failures = await catalog.updatePartitions(context.scope, table.DatabaseName, table.Name, [
    { values, input: change(current) },
  ]);
  if (failures[0] !== undefined) throw ddlTaskError(`${failures[0].code}(message:${failures[0].message})`);
}

/** The spec's values in the order of the table's keys. */
export function valuesOf(table: Table, spec: PartitionSpec): string[] {
  const keys = table.PartitionKeys ?? [];
  const values = keys.map((key) => spec.find((part) => part.key.toLowerCase() === key.Name.toLowerCase())?.value);
  if (spec.length !== keys.length || values.includes(undefined)) {
    throw hiveError(
      `SemanticException: partition spec {${spec.map(({ key, value }) => `${key}=${value}`).join(', ')}} does not name each of the partition keys [${keys.map((key) => key.Name).join(', ')}] once`,
    );
  }
  return values as string[];
}

function changeColumn(columns: readonly Column[], action: Action<'change-column'>): Column[] {
  const from = columns.findIndex((column) => column.Name.toLowerCase() === action.from.toLowerCase());
  if (from === -1) throw hiveError(`SemanticException [Error 10002]: Invalid column reference ${action.from}`);
  const rest = columns.toSpliced(from, 1);
  const changed = columnOf(action.column);
  if (action.position === undefined) return rest.toSpliced(from, 0, changed);
  if (action.position.kind === 'first') return [changed, ...rest];
  const { column } = action.position;
  const after = rest.findIndex((other) => other.Name.toLowerCase() === column.toLowerCase());
  if (after === -1) throw hiveError(`SemanticException [Error 10002]: Invalid column reference ${column}`);
  return rest.toSpliced(after + 1, 0, changed);
}

function checkedColumns(table: Table, columns: Column[]): Column[] {
  const names = [...columns, ...(table.PartitionKeys ?? [])].map((column) => column.Name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw hiveError(`SemanticException [Error 10036]: Duplicate column name: ${twice}`);
  return columns;
}

function columnOf(column: { name: string; type: string; comment?: string }): Column {
  return {
    Name: column.name.toLowerCase(),
    Type: column.type,
    ...(column.comment === undefined ? {} : { Comment: column.comment }),
  };
}

function inputOf(table: Table): TableInput {
  return table;
}

function ddlTime(context: StatementContext): Record<string, string> {
  return { transient_lastDdlTime: String(Math.floor(context.now.getTime() / 1000)) };
}

function describe(condition: PartitionCondition): string {
  return condition.map((term) => `${term.key} ${term.operator} '${term.value}'`).join(' AND ');
}
