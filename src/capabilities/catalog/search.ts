/** SearchTables: which tables of a catalog hold these words and properties, and in which order. */
import { invalidInput } from './errors.ts';
import type { Table } from './table.ts';

export interface SearchFilter {
  /** `Name`, `DatabaseName`, `Description`, `Owner`, `TableType`, `CreateTime`, `UpdateTime`, or a table parameter. */
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
  readonly Comparator?:
    | 'EQUALS'
    | 'GREATER_THAN'
    | 'LESS_THAN'
    | 'GREATER_THAN_EQUALS'
    | 'LESS_THAN_EQUALS'
    | undefined;
}

export interface SearchOrder {
  readonly FieldName?: string | undefined;
  readonly Sort?: 'ASC' | 'DESC' | undefined;
}

export interface Search {
  /** Words of which each must occur; in quotes the whole must occur as it stands. */
  readonly text?: string | undefined;
  readonly filters: readonly SearchFilter[];
  readonly order: readonly SearchOrder[];
}

/** @throws InvalidInputException naming a filter that cannot be carried out */
export function searchTables(tables: Iterable<Table>, search: Search): Table[] {
  for (const filter of search.filters) checkFilter(filter);
  const words = wordsOf(search.text ?? '');
  const found: Table[] = [];
  for (const table of tables) {
    if (!search.filters.every((filter) => passes(table, filter))) continue;
    if (words.length > 0) {
      const text = textOf(table);
      if (!words.every((word) => text.includes(word))) continue;
    }
    found.push(table);
  }
  return found.sort((a, b) => compareTables(a, b, search.order));
}

function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]+)"|(\S+)/g)].map((match) => (match[1] ?? match[2] ?? '').toLowerCase());
}

/** All that SearchText looks into, each piece on a line so that words do not grow together. */
function textOf(table: Table): string {
  const columns = [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])];
  return [
    table.Name,
    table.DatabaseName,
    table.Description,
    table.Owner,
    ...columns.flatMap((column) => [column.Name, column.Comment]),
    ...Object.entries(table.Parameters ?? {}).flat(),
  ]
    .filter((piece) => piece !== undefined)
    .join('\n')
    .toLowerCase();
}

const times = ['CreateTime', 'UpdateTime', 'LastAccessTime', 'LastAnalyzedTime'];

function checkFilter(filter: SearchFilter): void {
  const { Key: key, Value: value, Comparator: comparator = 'EQUALS' } = filter;
  if (key === undefined || value === undefined) throw invalidInput('Each of Filters needs a Key and a Value.');
  const isTime = times.some((time) => time.toLowerCase() === key.toLowerCase());
  if (isTime && Number.isNaN(timeOf(value))) throw invalidInput(`Filter on ${key}: '${value}' is not a time.`);
  if (!isTime && comparator !== 'EQUALS') throw invalidInput(`Filter on ${key}: ${comparator} compares times only.`);
}

function passes(table: Table, filter: SearchFilter): boolean {
  const actual = valueOf(table, filter.Key ?? '');
  const wanted = filter.Value ?? '';
  if (actual === undefined) return false;
  // Glue matches names and descriptions by a part of them.
  if (!(actual instanceof Date)) return actual.toLowerCase().includes(wanted.toLowerCase());
  const difference = actual.getTime() - timeOf(wanted);
  switch (filter.Comparator ?? 'EQUALS') {
    case 'EQUALS':
      return difference === 0;
    case 'GREATER_THAN':
      return difference > 0;
    case 'LESS_THAN':
      return difference < 0;
    case 'GREATER_THAN_EQUALS':
      return difference >= 0;
    case 'LESS_THAN_EQUALS':
      return difference <= 0;
  }
}

/** ISO text, or seconds since the epoch. */
function timeOf(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function valueOf(table: Table, key: string): string | Date | undefined {
  switch (key.toLowerCase()) {
    case 'name':
      return table.Name;
    case 'databasename':
      return table.DatabaseName;
    case 'description':
      return table.Description;
    case 'owner':
      return table.Owner;
    case 'tabletype':
      return table.TableType;
    case 'createtime':
      return table.CreateTime;
    case 'updatetime':
      return table.UpdateTime;
    case 'lastaccesstime':
      return table.LastAccessTime;
    case 'lastanalyzedtime':
      return table.LastAnalyzedTime;
    default:
      return table.Parameters?.[key];
  }
}

function compareTables(a: Table, b: Table, order: readonly SearchOrder[]): number {
  for (const { FieldName: field = '', Sort: direction } of order) {
    const difference = compareValues(valueOf(a, field), valueOf(b, field));
    if (difference !== 0) return direction === 'DESC' ? -difference : difference;
  }
  return compareValues(a.DatabaseName, b.DatabaseName) || compareValues(a.Name, b.Name);
}

function compareValues(a: string | Date | undefined, b: string | Date | undefined): number {
  const [left, right] = [a ?? '', b ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}
