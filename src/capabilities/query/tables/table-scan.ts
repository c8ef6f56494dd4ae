/** A table as a query needs it: the files to read, in groups of one format and schema, and the columns that are used. */
export interface TableScan {
  readonly view: string;
  readonly columns: readonly TypedName[];
  readonly partitionKeys: readonly TypedName[];
  readonly sources: readonly FileSource[];
  readonly pathColumn?: string;
  /** Rows that are known already (information_schema); then there are no sources. Cells in the order of `columns`. */
  readonly rows?: readonly (readonly (string | null)[])[];
}

export interface TypedName {
  readonly name: string;
  /** In Hive's spelling. */
  readonly type: string;
}

export interface FileSource {
  readonly format: 'parquet' | 'orc' | 'avro' | 'text';
  readonly fileColumns: readonly TypedName[];
  readonly serializationLibrary: string;
  readonly serdeParameters: Readonly<Record<string, string>>;
  readonly tableParameters: Readonly<Record<string, string>>;
  readonly inputFormat: string;
  readonly files: readonly TableFile[];
}

export interface TableFile {
  readonly path: string;
  readonly uri: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Partition values in the order of the scan's `partitionKeys`; null is the default partition. */
  readonly values: readonly (string | null)[];
}
