/** A table: columns, partition keys and where and how its data is stored, in the shape of Glue's API. */
import { catalogIdOf, foldName } from './database.ts';
import { invalidInput } from './errors.ts';

export interface Column {
  readonly Name: string;
  /** A Hive type, such as `bigint` or `struct<a:int>`. */
  readonly Type?: string | undefined;
  readonly Comment?: string | undefined;
  readonly Parameters?: Record<string, string> | undefined;
}

export interface SerDeInfo {
  readonly Name?: string | undefined;
  readonly SerializationLibrary?: string | undefined;
  readonly Parameters?: Record<string, string> | undefined;
}

export interface StorageDescriptor {
  readonly Columns?: Column[] | undefined;
  readonly Location?: string | undefined;
  readonly AdditionalLocations?: string[] | undefined;
  readonly InputFormat?: string | undefined;
  readonly OutputFormat?: string | undefined;
  readonly Compressed?: boolean | undefined;
  readonly NumberOfBuckets?: number | undefined;
  readonly SerdeInfo?: SerDeInfo | undefined;
  readonly BucketColumns?: string[] | undefined;
  readonly SortColumns?: { Column: string; SortOrder: number }[] | undefined;
  readonly Parameters?: Record<string, string> | undefined;
  readonly SkewedInfo?:
    | {
        SkewedColumnNames?: string[] | undefined;
        SkewedColumnValues?: string[] | undefined;
        SkewedColumnValueLocationMaps?: Record<string, string> | undefined;
      }
    | undefined;
  readonly StoredAsSubDirectories?: boolean | undefined;
}

export interface TableInput {
  readonly Name: string;
  readonly Description?: string | undefined;
  readonly Owner?: string | undefined;
  readonly LastAccessTime?: Date | undefined;
  readonly LastAnalyzedTime?: Date | undefined;
  readonly Retention?: number | undefined;
  readonly StorageDescriptor?: StorageDescriptor | undefined;
  readonly PartitionKeys?: Column[] | undefined;
  readonly ViewOriginalText?: string | undefined;
  readonly ViewExpandedText?: string | undefined;
  /** `EXTERNAL_TABLE`, `VIRTUAL_VIEW`, `MANAGED_TABLE` … */
  readonly TableType?: string | undefined;
  readonly Parameters?: Record<string, string> | undefined;
  readonly TargetTable?: object | undefined;
}

export interface Table extends TableInput {
  readonly DatabaseName: string;
  readonly CatalogId: string;
  readonly CreateTime: Date;
  readonly UpdateTime: Date;
  readonly CreatedBy?: string | undefined;
  readonly IsRegisteredWithLakeFormation: boolean;
  /** A whole number as text, counted from 0. */
  readonly VersionId: string;
}

/** A real index over some of the partition keys. */
export interface PartitionIndex {
  readonly IndexName: string;
  readonly Keys: string[];
}

export function newTable(
  scope: string,
  database: string,
  input: TableInput,
  options: { now: Date; createdBy?: string | undefined },
): Table {
  return {
    ...tableInput(input),
    DatabaseName: foldName(database),
    CatalogId: catalogIdOf(scope),
    CreateTime: options.now,
    UpdateTime: options.now,
    CreatedBy: options.createdBy,
    IsRegisteredWithLakeFormation: false,
    VersionId: '0',
  };
}

/** The next version: everything comes from the input, as UpdateTable replaces the definition whole. */
export function nextVersion(current: Table, input: TableInput, now: Date): Table {
  return {
    ...tableInput(input),
    DatabaseName: current.DatabaseName,
    CatalogId: current.CatalogId,
    CreateTime: current.CreateTime,
    UpdateTime: now,
    CreatedBy: current.CreatedBy,
    IsRegisteredWithLakeFormation: false,
    VersionId: String(Number(current.VersionId) + 1),
  };
}

/** What an update would have to send to keep the table as it is. */
export function tableInput(input: TableInput): TableInput {
  return {
    Name: foldName(input.Name),
    Description: input.Description,
    Owner: input.Owner,
    LastAccessTime: input.LastAccessTime,
    LastAnalyzedTime: input.LastAnalyzedTime,
    Retention: input.Retention ?? 0,
    StorageDescriptor: input.StorageDescriptor && storageDescriptor(input.StorageDescriptor),
    PartitionKeys: input.PartitionKeys ?? [],
    ViewOriginalText: input.ViewOriginalText,
    ViewExpandedText: input.ViewExpandedText,
    TableType: input.TableType,
    Parameters: input.Parameters,
    TargetTable: input.TargetTable,
  };
}

/** Takes only the members it knows; the rest of Glue's shape (schema registry) is refused by the API. */
export function storageDescriptor(input: StorageDescriptor): StorageDescriptor {
  return {
    Columns: input.Columns ?? [],
    Location: input.Location,
    AdditionalLocations: input.AdditionalLocations,
    InputFormat: input.InputFormat,
    OutputFormat: input.OutputFormat,
    Compressed: input.Compressed ?? false,
    NumberOfBuckets: input.NumberOfBuckets ?? 0,
    SerdeInfo: input.SerdeInfo,
    BucketColumns: input.BucketColumns,
    SortColumns: input.SortColumns ?? [],
    Parameters: input.Parameters,
    SkewedInfo: input.SkewedInfo,
    StoredAsSubDirectories: input.StoredAsSubDirectories ?? false,
  };
}

// Limit: three partition indexes on a table, as in Glue.
const partitionIndexesMax = 3;

/** @throws InvalidInputException or ResourceNumberLimitExceededException naming what is wrong with the index */
export function checkPartitionIndex(
  table: TableInput,
  existing: readonly PartitionIndex[],
  index: PartitionIndex,
): void {
  const keys = new Set((table.PartitionKeys ?? []).map((key) => key.Name));
  if (index.Keys.length === 0) throw invalidInput(`Partition index ${index.IndexName} names no keys.`);
  for (const key of index.Keys) {
    if (!keys.has(key)) {
      throw invalidInput(
        `Partition index ${index.IndexName} names '${key}', which is no partition key of table ${table.Name}. Its keys are [${[...keys].join(', ')}].`,
      );
    }
  }
  if (new Set(index.Keys).size < index.Keys.length) {
    throw invalidInput(`Partition index ${index.IndexName} names a key twice.`);
  }
  if (existing.some((other) => other.IndexName !== index.IndexName && sameKeys(other.Keys, index.Keys))) {
    throw invalidInput(`Table ${table.Name} has an index on [${index.Keys.join(', ')}] already.`);
  }
  if (existing.length >= partitionIndexesMax) {
    throw invalidIndexCount(table.Name);
  }
}

function invalidIndexCount(name: string): Error {
  return invalidInput(
    `Table ${name} has ${partitionIndexesMax} partition indexes already, which is the most. Delete one.`,
  );
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}
