/** MSCK REPAIR TABLE: folders below the table's location that look like partitions become partitions. */
import type { Catalog, PartitionInput } from '#catalog';
import { findS3Uri, type Lake } from '#lake';
import type { StatementOf } from '#languages/sql/index';
import { textColumn } from '../results/result-column.ts';
import { newPartition } from './alterations.ts';
import { hiveError, requireDataTable } from './names.ts';
import { formatPartition, parsePartition } from './partition-name.ts';
import type { Outcome, StatementContext } from './statement.ts';

const batchSize = 1000;

export async function repairTable(
  catalog: Catalog,
  lake: Lake,
  statement: StatementOf<'repair-table'>,
  context: StatementContext,
): Promise<Outcome> {
  const table = requireDataTable(catalog, context, statement.name);
  const keys = table.PartitionKeys ?? [];
  if (keys.length === 0)
    throw hiveError(`SemanticException: Table ${table.DatabaseName}.${table.Name} has no partition keys to repair`);
  const location = findS3Uri(table.StorageDescriptor?.Location ?? '');
  if (location === undefined)
    throw hiveError(`SemanticException: Table ${table.DatabaseName}.${table.Name} has no location`);
  const root = location.key === '' || location.key.endsWith('/') ? location.key : `${location.key}/`;
  const known = new Set<string>();
  for (const partition of catalog.listPartitions(context.scope, table.DatabaseName, table.Name)) {
    known.add(JSON.stringify(partition.Values));
  }
  const found = new Map<string, PartitionInput & { folder: string }>();
  for await (const object of lake.listObjects({
    bucket: location.bucket,
    prefix: root,
    accountId: context.accountId,
  })) {
    context.run.signal.throwIfAborted();
    const parts = object.key.slice(root.length).split('/');
    const folder = parts.slice(0, keys.length).join('/');
    // The same folder comes many times in a row; and its marker object counts as the folder.
    if (parts.length <= keys.length || found.has(folder)) continue;
    const values = parsePartition(table, folder);
    if (values === undefined || known.has(JSON.stringify(values))) continue;
    found.set(folder, { ...newPartition(table, values, `s3://${location.bucket}/${root}${folder}/`), folder });
  }
  const inputs = [...found.values()];
  for (let start = 0; start < inputs.length; start += batchSize) {
    const batch = inputs.slice(start, start + batchSize).map(({ folder: _, ...input }) => input);
    await catalog.createPartitions(context.scope, table.DatabaseName, table.Name, batch);
  }
  const lines = inputs.map(
    (input) =>
      `Repair: Added partition to metastore ${table.DatabaseName}.${table.Name}:${formatPartition(table, input.Values)}`,
  );
  if (inputs.length === 0) return { kind: 'text', lines: [], columns: [textColumn('result')] };
  const names = inputs.map((input) => `${table.Name}:${formatPartition(table, input.Values)}`);
  return {
    kind: 'text',
    lines: [`Partitions not in metastore:\t${names.join('\t')}`, ...lines],
    columns: [textColumn('result')],
  };
}
