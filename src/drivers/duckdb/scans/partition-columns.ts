/**
 * Gives each row the partition values of its file.
 *
 * Three ways, the cheapest that is right: nothing where the query uses no key; constants where there are few partitions;
 * a join of DuckDB's `filename` with a list where there are many. The join's key is constant within a vector.
 */
import { quoteName, quoteText } from '../instance.ts';
import { castPartitionValue } from './cell.ts';
import type { Scan, ScanFile } from './scan.ts';

/** More groups than this are not written as branches of a UNION: binding a thousand readers costs more than a join. */
const branchesMax = 24;

/** @param read SQL of the reader over these files, with `filename` among its columns when asked; @param cells select list */
export function withPartitionColumns(
  scan: Scan,
  files: readonly ScanFile[],
  cells: readonly string[],
  read: (files: readonly ScanFile[], options: { fileName: boolean }) => string,
): string {
  const extra = scan.partitionKeys.length + (scan.pathColumn === undefined ? 0 : 1);
  if (extra === 0) return selectFrom(cells.length === 0 ? ['1 AS "$none"'] : cells, read(files, { fileName: false }));
  const groups = groupFiles(scan, files);
  if (groups.length <= branchesMax) {
    return groups
      .map((group) =>
        selectFrom([...cells, ...constantsOf(scan, group[0] as ScanFile)], read(group, { fileName: false })),
      )
      .join('\nUNION ALL\n');
  }
  const names = extraNames(scan);
  const rows = files.map((file) => `(${[quoteText(file.path), ...literalsOf(scan, file)].join(', ')})`);
  const picked = names.map((name, index) => `facts.${quoteName(`v${index}`)} AS ${quoteName(name)}`);
  return (
    `${selectFrom([...cells, ...picked], read(files, { fileName: true }))} AS data ` +
    `JOIN (VALUES ${rows.join(', ')}) AS facts(path, ${names.map((_, index) => quoteName(`v${index}`)).join(', ')}) ` +
    'ON data.filename = facts.path'
  );
}

/** Files in runs that share every extra column. */
export function groupFiles(scan: Scan, files: readonly ScanFile[]): ScanFile[][] {
  const groups = new Map<string, ScanFile[]>();
  for (const file of files) {
    const key = scan.pathColumn === undefined ? JSON.stringify(file.values) : file.uri;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}

function constantsOf(scan: Scan, file: ScanFile): string[] {
  const literals = literalsOf(scan, file);
  return extraNames(scan).map((name, index) => `${literals[index]} AS ${quoteName(name)}`);
}

function literalsOf(scan: Scan, file: ScanFile): string[] {
  const values = scan.partitionKeys.map((key, index) => {
    const value = file.values[index] ?? null;
    return castPartitionValue(value === null ? 'NULL' : quoteText(value), key.type);
  });
  return scan.pathColumn === undefined ? values : [...values, quoteText(file.uri)];
}

function extraNames(scan: Scan): string[] {
  const names = scan.partitionKeys.map((key) => key.name);
  return scan.pathColumn === undefined ? names : [...names, scan.pathColumn];
}

function selectFrom(cells: readonly string[], from: string): string {
  return `SELECT ${cells.join(', ')} FROM ${from}`;
}
