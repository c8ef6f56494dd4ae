/**
 * Parquet files as a relation: columns by name without case, absent ones NULL, values cast to the catalog's type where
 * the file's differs. Footers are looked at once for a file's content and remembered, so that a query over known files
 * costs no second pass.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { parseHiveType } from '#formats/hive-type';
import { quoteName, quoteText } from '../instance.ts';
import { formatDuckType } from './duck-type.ts';
import { withPartitionColumns } from './partition-columns.ts';
import { fileKey, type Relation, type Scan, type ScanFile, type ScanSource } from './scan.ts';

interface Footer {
  /** Name and DuckDB type of each top-level column, in order. */
  readonly columns: readonly (readonly [string, string])[];
  readonly signature: string;
  readonly rows: number;
  /** Compressed bytes by lower-case name of the top-level column. */
  readonly bytes: ReadonlyMap<string, number>;
}

// Limit: footers of 20,000 files are remembered in a process; the oldest are forgotten first.
const footersMax = 20_000;

export class ParquetScans {
  readonly #footers = new Map<string, Footer>();

  async relation(connection: DuckDBConnection, scan: Scan, source: ScanSource): Promise<Relation> {
    const unknown = source.files.filter((file) => !this.#footers.has(fileKey(file)));
    if (unknown.length > 0) await this.#readFooters(connection, unknown);
    const footerOf = (file: ScanFile): Footer => this.#footers.get(fileKey(file)) as Footer;
    const groups = new Map<string, ScanFile[]>();
    for (const file of source.files) {
      const { signature } = footerOf(file);
      const group = groups.get(signature);
      if (group === undefined) groups.set(signature, [file]);
      else group.push(file);
    }
    const branches = [...groups.values()].map((files) =>
      withPartitionColumns(scan, files, cellsOf(scan, footerOf(files[0] as ScanFile), files[0] as ScanFile), readerOf),
    );
    const used = scan.columns.map((column) => column.name.toLowerCase());
    let scannedBytes = 0;
    let rows = 0;
    for (const file of source.files) {
      const footer = footerOf(file);
      rows += footer.rows;
      for (const name of used) scannedBytes += footer.bytes.get(name) ?? 0;
    }
    return { sql: branches.join('\nUNION ALL\n'), scannedBytes, rows, tolerant: false, badCells: 0, raggedRows: 0 };
  }

  async #readFooters(connection: DuckDBConnection, files: readonly ScanFile[]): Promise<void> {
    const list = `[${files.map((file) => quoteText(file.path)).join(', ')}]`;
    const read = async (sql: string): Promise<unknown[][]> => {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowsJson();
    };
    const counts = await read(`SELECT file_name, num_rows FROM parquet_file_metadata(${list})`);
    const chunks = await read(
      `SELECT file_name, lower(split_part(path_in_schema, ', ', 1)), sum(total_compressed_size) FROM parquet_metadata(${list}) GROUP BY ALL`,
    );
    const signatures = new Map(
      (await read(
        `SELECT file_name, md5(string_agg(concat_ws('|', name, type, num_children, converted_type, logical_type, "precision", scale, type_length), ';' ORDER BY rank)) FROM (SELECT *, row_number() OVER (PARTITION BY file_name) AS rank FROM parquet_schema(${list})) GROUP BY ALL`,
      )) as [string, string][],
    );
    const bytes = new Map<string, Map<string, number>>();
    for (const [file, column, size] of chunks as [string, string, string][]) {
      const byColumn = bytes.get(file) ?? new Map<string, number>();
      byColumn.set(column, Number(size));
      bytes.set(file, byColumn);
    }
    const rows = new Map(counts.map(([file, count]) => [file as string, Number(count)]));
    const schemas = new Map<string, (readonly [string, string])[]>();
    for (const file of files) {
      const signature = signatures.get(file.path) ?? file.path;
      let columns = schemas.get(signature);
      if (columns === undefined) {
        columns = (await read(`DESCRIBE SELECT * FROM ${readerOf([file], { fileName: false })}`)).map(
          (row) => [row[0] as string, row[1] as string] as const,
        );
        schemas.set(signature, columns);
      }
      this.#remember(file, {
        columns,
        signature,
        rows: rows.get(file.path) ?? 0,
        bytes: bytes.get(file.path) ?? new Map(),
      });
    }
  }

  #remember(file: ScanFile, footer: Footer): void {
    const oldest = this.#footers.keys().next();
    if (this.#footers.size >= footersMax && oldest.done !== true) this.#footers.delete(oldest.value);
    this.#footers.set(fileKey(file), footer);
  }
}

function readerOf(files: readonly ScanFile[], options: { fileName: boolean }): string {
  const paths = files.map((file) => quoteText(file.path)).join(', ');
  return `read_parquet([${paths}], hive_partitioning = false, filename = ${options.fileName})`;
}

function cellsOf(scan: Scan, footer: Footer, file: ScanFile): string[] {
  const columns = new Map(footer.columns.map(([name, type]) => [name.toLowerCase(), [name, type] as const]));
  return scan.columns.map((column) => {
    const duckType = formatDuckType(parseHiveType(column.type));
    const found = columns.get(column.name.toLowerCase());
    if (found === undefined) return `CAST(NULL AS ${duckType}) AS ${quoteName(column.name)}`;
    const [name, fileType] = found;
    if (sameType(fileType, duckType)) return `${quoteName(name)} AS ${quoteName(column.name)}`;
    if (!fits(fileType, column.type)) {
      throw new Error(
        `HIVE_BAD_DATA: Field ${name}'s type ${fileType} in parquet file ${file.uri} is incompatible with type ${column.type} defined in table schema`,
      );
    }
    return `CAST(${quoteName(name)} AS ${duckType}) AS ${quoteName(column.name)}`;
  });
}

function sameType(a: string, b: string): boolean {
  const plain = (type: string): string => type.replaceAll(/[\s"]/g, '').toLowerCase();
  return plain(a) === plain(b);
}

const numeric = /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE|DECIMAL)/;
const temporal = /^(DATE|TIMESTAMP)/;
const textual = /^(VARCHAR|BLOB|UUID|ENUM|JSON)/;
const nested = /(\[\]$)|^(STRUCT|MAP)/;

/** Kinds of types between which a file's value may become the catalog's; anything else is a wrong definition. */
function fits(fileType: string, hiveType: string): boolean {
  const duckType = formatDuckType(parseHiveType(hiveType));
  if (duckType === 'VARCHAR') return !nested.test(fileType) || fileType.startsWith('VARCHAR');
  return [numeric, temporal, textual, nested].some((kind) => kind.test(fileType) && kind.test(duckType));
}
