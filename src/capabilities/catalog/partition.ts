/** A partition: the values of the table's partition keys, and where and how that share of the data is stored. */
import { invalidInput } from './errors.ts';
import type { Column, StorageDescriptor } from './table.ts';
import { storageDescriptor } from './table.ts';

export interface PartitionInput {
  readonly Values: string[];
  readonly LastAccessTime?: Date | undefined;
  readonly LastAnalyzedTime?: Date | undefined;
  readonly StorageDescriptor?: StorageDescriptor | undefined;
  readonly Parameters?: Record<string, string> | undefined;
}

export interface Partition extends PartitionInput {
  readonly DatabaseName: string;
  readonly TableName: string;
  readonly CatalogId: string;
  readonly CreationTime: Date;
}

/** Why one entry of a batch was not carried out. */
export interface PartitionFailure {
  readonly values: string[];
  readonly code: string;
  readonly message: string;
}

/** What Hive writes for a NULL key. */
export const nullPartitionValue = '__HIVE_DEFAULT_PARTITION__';

/** @throws InvalidInputException when the values do not fit the keys */
export function checkValues(keys: readonly Column[], values: readonly string[] | undefined): void {
  if (values === undefined || values.length !== keys.length) {
    throw invalidInput(
      `The number of partition keys do not match the number of partition values: the table has ${keys.length} [${keys.map((key) => key.Name).join(', ')}], given are ${values?.length ?? 0} [${(values ?? []).join(', ')}].`,
    );
  }
  const empty = values.indexOf('');
  if (empty !== -1) {
    throw invalidInput(
      `The value of partition key '${keys[empty]?.Name}' is empty. Write ${nullPartitionValue} for a partition without a value.`,
    );
  }
}

export function partitionInput(input: PartitionInput): PartitionInput {
  return {
    Values: input.Values,
    LastAccessTime: input.LastAccessTime,
    LastAnalyzedTime: input.LastAnalyzedTime,
    StorageDescriptor: input.StorageDescriptor && storageDescriptor(input.StorageDescriptor),
    Parameters: input.Parameters,
  };
}

/** How a value compares under its key's type. */
export type Comparable = string | number | bigint | null;

export type KeyKind = 'text' | 'whole' | 'decimal';

/** @returns undefined when partition expressions cannot compare this type (boolean, float, nested types) */
export function keyKind(type: string | undefined): KeyKind | undefined {
  const base = (type ?? 'string').toLowerCase().replace(/\(.*$/s, '').trim();
  if (['string', 'char', 'varchar', 'date', 'timestamp'].includes(base)) return 'text';
  if (['tinyint', 'smallint', 'int', 'integer', 'bigint', 'long'].includes(base)) return 'whole';
  return base === 'decimal' ? 'decimal' : undefined;
}

/** Dates and timestamps compare as text, which their ISO form makes right. A value that is no number is NULL there. */
export function comparable(value: string, kind: KeyKind | undefined): Comparable {
  if (value === nullPartitionValue) return null;
  if (kind === 'whole') return /^\s*[+-]?\d{1,19}\s*$/.test(value) ? wholeNumber(value) : null;
  if (kind === 'decimal') return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value) ? Number(value) : null;
  return value;
}

/** SQLite's integers have 64 bits; what is larger falls back to a double. */
function wholeNumber(text: string): bigint | number {
  const value = BigInt(text.trim().replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : Number(value);
}
