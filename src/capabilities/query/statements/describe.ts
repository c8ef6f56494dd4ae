/** DESCRIBE: a table, a partition or a column, in the padded lines that Athena prints. */
import type { Catalog, Column, Partition, StorageDescriptor, Table } from '#catalog';
import { parseHiveType, formatHiveType, type HiveType } from '#formats/hive-type';
import type { StatementOf } from '#languages/sql/index';
import { textColumn } from '../results/result-column.ts';
import { valuesOf } from './alterations.ts';
import { hiveError, requireTable } from './names.ts';
import type { Outcome, StatementContext } from './statement.ts';

const width = 20;

export function describe(catalog: Catalog, statement: StatementOf<'describe'>, context: StatementContext): Outcome {
  const table = requireTable(catalog, context, statement.name);
  const partition = statement.partition && findPartition(catalog, table, statement, context);
  const lines =
    statement.column === undefined
      ? tableLines(table, partition, statement.mode)
      : columnLines(table, statement.column);
  return { kind: 'text', lines, columns: ['col_name', 'data_type', 'comment'].map(textColumn) };
}

function findPartition(
  catalog: Catalog,
  table: Table,
  statement: StatementOf<'describe'>,
  context: StatementContext,
): Partition {
  const values = valuesOf(table, statement.partition ?? []);
  const partition = catalog.findPartition(context.scope, table.DatabaseName, table.Name, values);
  if (partition === undefined)
    throw hiveError(`SemanticException [Error 10006]: Partition not found [${values.join(', ')}]`);
  return partition;
}

function tableLines(
  table: Table,
  partition: Partition | undefined,
  mode: 'plain' | 'formatted' | 'extended',
): string[] {
  const storage = partition?.StorageDescriptor ?? table.StorageDescriptor ?? {};
  const columns = storage.Columns ?? [];
  const keys = table.PartitionKeys ?? [];
  const heading = row('# col_name', 'data_type', 'comment');
  if (mode === 'formatted') {
    return [
      heading,
      blank,
      ...columns.map(columnRow),
      ...(keys.length === 0 ? [] : [blank, '# Partition Information\t \t ', heading, blank, ...keys.map(columnRow)]),
      blank,
      ...detailLines(table, partition, storage),
    ];
  }
  const plain = [
    ...[...columns, ...keys].map(columnRow),
    ...(keys.length === 0 ? [] : [blank, '# Partition Information\t \t ', heading, blank, ...keys.map(columnRow)]),
  ];
  if (mode === 'plain') return plain;
  return [...plain, blank, `Detailed Table Information\t${JSON.stringify(partition ?? table)}\t`];
}

const blank = '\t \t ';

function row(name: string, type: string, comment: string): string {
  return [name, type, comment].map((cell) => cell.padEnd(width)).join('\t');
}

function columnRow(column: Column): string {
  return row(column.Name, column.Type ?? 'string', column.Comment ?? '');
}

function detailLines(table: Table, partition: Partition | undefined, storage: StorageDescriptor): string[] {
  const fact = (name: string, value: string): string => `${name.padEnd(width)}\t${value.padEnd(width)}\t `;
  const created = partition?.CreationTime ?? table.CreateTime;
  const parameters = Object.entries(partition?.Parameters ?? table.Parameters ?? {}).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const serde = storage.SerdeInfo ?? {};
  return [
    '# Detailed Table Information\t \t ',
    fact('Database:', table.DatabaseName),
    fact('Owner:', table.Owner ?? ''),
    fact('CreateTime:', created.toUTCString()),
    ...(partition === undefined ? [] : [fact('Partition Value:', `[${partition.Values.join(', ')}]`)]),
    fact('Location:', storage.Location ?? ''),
    fact('Table Type:', table.TableType ?? ''),
    'Table Parameters:\t \t ',
    ...parameters.map(([key, value]) => `\t${key.padEnd(width)}\t${value.padEnd(width)}`),
    blank,
    '# Storage Information\t \t ',
    fact('SerDe Library:', serde.SerializationLibrary ?? ''),
    fact('InputFormat:', storage.InputFormat ?? ''),
    fact('OutputFormat:', storage.OutputFormat ?? ''),
    fact('Compressed:', storage.Compressed ? 'Yes' : 'No'),
    fact('Num Buckets:', String(storage.NumberOfBuckets ?? -1)),
    fact('Bucket Columns:', `[${(storage.BucketColumns ?? []).join(', ')}]`),
    'Storage Desc Params:\t \t ',
    ...Object.entries(serde.Parameters ?? {}).map(([key, value]) => `\t${key.padEnd(width)}\t${value.padEnd(width)}`),
  ];
}

/** `DESCRIBE t col.field.$elem$`: the members of a nested type, or the column itself. */
function columnLines(table: Table, path: string): string[] {
  const [name = '', ...steps] = path.split('.');
  const column = [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])].find(
    (each) => each.Name.toLowerCase() === name.toLowerCase(),
  );
  if (column === undefined) throw hiveError(`SemanticException [Error 10002]: Invalid column reference ${name}`);
  let type = parseHiveType(column.Type ?? 'string');
  for (const step of steps) {
    const next = memberOf(type, step);
    if (next === undefined) throw hiveError(`SemanticException: '${step}' is no part of ${formatHiveType(type)}`);
    type = next;
  }
  if (type.kind === 'struct')
    return type.fields.map((field) => row(field.name, formatHiveType(field.type), 'from deserializer'));
  return [row(steps.at(-1) ?? column.Name, formatHiveType(type), column.Comment ?? '')];
}

function memberOf(type: HiveType, step: string): HiveType | undefined {
  if (type.kind === 'array') return step === '$elem$' ? type.element : undefined;
  if (type.kind === 'map') return step === '$key$' ? type.key : step === '$value$' ? type.value : undefined;
  return type.kind === 'struct'
    ? type.fields.find((field) => field.name.toLowerCase() === step.toLowerCase())?.type
    : undefined;
}
