/**
 * A scan: the files of one table, as the server planned them, and the columns that the query uses. The DuckDB process
 * turns each into a view, so that the query's SQL names views only and never a file.
 */
export interface Scan {
  /** Name of the view that the statements read. */
  readonly view: string;
  /** Data columns that the query uses, with the table's types. */
  readonly columns: readonly ScanColumn[];
  /** Partition keys that the query uses; `values` of a file are in the order of `partitionKeys`. */
  readonly partitionKeys: readonly ScanColumn[];
  /** Files that share a format and a schema; a partition may differ from its table in both. */
  readonly sources: readonly ScanSource[];
  /** Name of a text column with each row's file, as its `s3://` address; absent when the query does not ask. */
  readonly pathColumn?: string;
  /** Rows that are known already, cells in the order of `columns`; then there are no sources. */
  readonly rows?: readonly (readonly (string | null)[])[];
}

export interface ScanColumn {
  readonly name: string;
  /** Hive's spelling, such as `decimal(10,2)`. */
  readonly type: string;
}

export interface ScanSource {
  readonly format: 'parquet' | 'orc' | 'avro' | 'text';
  /** All columns of the files in order, as the catalog has them for these files. */
  readonly fileColumns: readonly ScanColumn[];
  readonly serializationLibrary: string;
  readonly serdeParameters: Readonly<Record<string, string>>;
  readonly tableParameters: Readonly<Record<string, string>>;
  readonly inputFormat: string;
  readonly files: readonly ScanFile[];
}

export interface ScanFile {
  readonly path: string;
  readonly uri: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Text of each partition key as the catalog has it; null for Hive's default partition. */
  readonly values: readonly (string | null)[];
}

/** What became of one source: SQL that selects the scan's columns, and what is known about it. */
export interface Relation {
  readonly sql: string;
  readonly scannedBytes: number;
  readonly rows?: number;
  readonly tolerant: boolean;
  readonly badCells: number;
  readonly raggedRows: number;
}

/** Identity of a file's content as far as the file system tells it. */
export function fileKey(file: ScanFile): string {
  return `${file.path}\0${file.sizeBytes}\0${file.modifiedMs}`;
}
