/**
 * CREATE TABLE AS, INSERT INTO and UNLOAD: the engine writes files into a scratch folder, the lake publishes them
 * together, and only then the catalog learns of a table or of partitions. A crash before the publication leaves nothing;
 * one behind it leaves files that no table names, as on AWS.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Catalog, TableInput } from '#catalog';
import { findS3Uri, formatS3Uri, type Lake } from '#lake';
import { newUuid } from '#kernel/ids';
import type { OutputColumn, Query, StatementOf } from '#languages/sql/index';
import type { EngineAnswer, FileFormat } from '../engines/engine.ts';
import { queryError } from '../errors.ts';
import { findStorageClasses, lazySimpleSerDe, writableFormatOf } from '../tables/storage-format.ts';
import { newPartition } from './alterations.ts';
import { hiveColumn, insertTable } from './definitions.ts';
import { alignColumns } from './insert-columns.ts';
import { requireDataTable, requireDatabase, tableNameOf } from './names.ts';
import { formatPartition, parsePartition } from './partition-name.ts';
import { checkPartitionColumns, checkTextColumns, namedColumns } from './output-columns.ts';
import type { PlannedQuery, QueryPlanner } from './planner.ts';
import { nothing, type Outcome, type StatementContext } from './statement.ts';
import { tableOptionsOf, type TableOptions } from './table-options.ts';

interface Folder {
  readonly bucket: string;
  /** With a slash at its end, unless it is the whole bucket. */
  readonly prefix: string;
}

interface Written {
  readonly files: readonly string[];
  /** Values of each partition that got files. */
  readonly partitions: readonly (readonly string[])[];
  readonly answer: EngineAnswer;
}

export class Writes {
  readonly #planner: QueryPlanner;
  readonly #catalog: Catalog;
  readonly #lake: Lake;

  constructor(parts: { planner: QueryPlanner; catalog: Catalog; lake: Lake }) {
    this.#planner = parts.planner;
    this.#catalog = parts.catalog;
    this.#lake = parts.lake;
  }

  async createTableAs(statement: StatementOf<'create-table-as'>, context: StatementContext): Promise<Outcome> {
    const { database, table } = tableNameOf(statement.name, context);
    const { line, column } = statement.at;
    requireDatabase(this.#catalog, context, database);
    if (this.#catalog.findTable(context.scope, database, table) !== undefined) {
      if (statement.ifNotExists) return nothing;
      throw queryError(
        'TABLE_ALREADY_EXISTS',
        `line ${line}:${column}: Table 'awsdatacatalog.${database}.${table}' already exists`,
      );
    }
    const options = tableOptionsOf(statement.properties);
    const folder = this.#newTableFolder(options.location, table, context);
    await this.#requireEmpty(folder, context);
    const planned = renamed(
      await this.#planner.plan(statement.query, context),
      statement.columnAliases?.map((alias) => alias.value),
    );
    const columns = namedColumns(planned.translation.columns);
    checkPartitionColumns(columns, options.partitionedBy);
    const keys = columns.slice(columns.length - options.partitionedBy.length);
    const input = tableInputOf(
      table,
      folder,
      columns.slice(0, columns.length - keys.length),
      keys,
      options,
      statement.comment,
      context,
    );
    const rowless: PlannedQuery = statement.withData
      ? planned
      : {
          ...planned,
          translation: { ...planned.translation, sql: `SELECT * FROM (${planned.translation.sql}) LIMIT 0` },
        };
    const written = await this.#write(rowless, folder, options.format, input, context);
    await insertTable(this.#catalog, database, input, context);
    await this.#addPartitions(database, table, written, context);
    return outcomeOf(written, folder);
  }

  async insert(statement: StatementOf<'insert'>, context: StatementContext): Promise<Outcome> {
    const table = requireDataTable(this.#catalog, context, statement.name);
    const storage = table.StorageDescriptor ?? {};
    const location = findS3Uri(storage.Location ?? '');
    if (location === undefined)
      throw queryError('HIVE_INVALID_METADATA', `Table ${table.DatabaseName}.${table.Name} has no location.`);
    const serde = storage.SerdeInfo ?? {};
    const format = writableFormatOf(serde.SerializationLibrary ?? '', serde.Parameters ?? {}, table.Parameters ?? {});
    if (format === undefined || Number(table.Parameters?.['skip.header.line.count'] ?? 0) > 0) {
      const why = format === undefined ? `its SerDe ${serde.SerializationLibrary}` : 'skip.header.line.count';
      throw queryError(
        'NOT_SUPPORTED',
        `INSERT INTO ${table.DatabaseName}.${table.Name} is not supported because of ${why}. Write to a Parquet table.`,
      );
    }
    const planned = await this.#planner.plan(statement.query, context);
    const aligned = alignColumns(
      planned,
      table,
      statement.columns?.map((column) => column.value),
      statement.at,
    );
    const written = await this.#write(aligned, asFolder(location.bucket, location.key), format, table, context);
    await this.#addPartitions(table.DatabaseName, table.Name, written, context);
    return outcomeOf(written, asFolder(location.bucket, location.key));
  }

  async unload(statement: StatementOf<'unload'>, context: StatementContext): Promise<Outcome> {
    const options = tableOptionsOf(statement.properties);
    if (statement.properties['format'] === undefined) {
      throw queryError(
        'INVALID_PROPERTY',
        "UNLOAD needs WITH (format = 'PARQUET'); TEXTFILE and JSON are possible too",
      );
    }
    const location = findS3Uri(statement.location);
    if (location === undefined)
      throw queryError('INVALID_PROPERTY', `'${statement.location}' is no location; write s3://bucket/path/`);
    return this.writeFiles(statement.query, asFolder(location.bucket, location.key), options, context);
  }

  /** The rows of a query as files in an empty folder of the lake: all of them or none. @throws HIVE_PATH_ALREADY_EXISTS */
  async writeFiles(
    query: Query,
    folder: Folder,
    options: { format: FileFormat; partitionedBy: readonly string[] },
    context: StatementContext,
  ): Promise<Outcome> {
    await this.#requireEmpty(folder, context);
    const planned = await this.#planner.plan(query, context);
    const columns = namedColumns(planned.translation.columns);
    checkPartitionColumns(columns, options.partitionedBy);
    const keys = columns.slice(columns.length - options.partitionedBy.length).map((column) => ({ Name: column.name }));
    const written = await this.#write(planned, folder, options.format, { Name: '', PartitionKeys: keys }, context);
    return outcomeOf(written, folder);
  }

  #newTableFolder(location: string | undefined, table: string, context: StatementContext): Folder {
    if (location !== undefined) {
      const uri = findS3Uri(location);
      if (uri === undefined)
        throw queryError(
          'INVALID_TABLE_PROPERTY',
          `external_location '${location}' is no location; write s3://bucket/path/`,
        );
      return asFolder(uri.bucket, uri.key);
    }
    const { resultFolder } = context;
    if (resultFolder === undefined) {
      throw queryError(
        'INVALID_TABLE_PROPERTY',
        `Table ${table} needs a location: give external_location, or run the statement with an output location`,
      );
    }
    return { bucket: resultFolder.bucket, prefix: `${resultFolder.prefix}tables/${context.executionId}/` };
  }

  async #requireEmpty(folder: Folder, context: StatementContext): Promise<void> {
    if (context.files !== undefined) return context.files.prepare(folder);
    for await (const object of this.#lake.listObjects({ ...folder, accountId: context.accountId })) {
      throw queryError(
        'HIVE_PATH_ALREADY_EXISTS',
        `Target directory for table already exists: ${formatS3Uri({ bucket: folder.bucket, key: folder.prefix })} holds ${object.key}. Choose an empty location, or delete what is there.`,
      );
    }
  }

  async #write(
    planned: PlannedQuery,
    folder: Folder,
    format: FileFormat,
    table: Pick<TableInput, 'Name' | 'PartitionKeys'>,
    context: StatementContext,
  ): Promise<Written> {
    const output = join(context.scratchFolder, 'output');
    mkdirSync(output);
    const keys = (table.PartitionKeys ?? []).map((key) => key.Name);
    const answer = await this.#planner.run(
      planned,
      { kind: 'files', folder: output, format, partitionedBy: keys },
      context,
    );
    const tag = `${stamp(context.now)}_${context.executionId.slice(0, 5)}_${newUuid()}`;
    const extension = format.kind !== 'parquet' && format.compression === 'gzip' ? '.gz' : '';
    const partitions = new Map<string, readonly string[]>();
    const local = answer.rows === 0 ? [] : listFiles(output);
    const commits = local.map((path, index) => {
      const place =
        keys.length === 0 ? '' : this.#partitionFolder(table, relative(join(output, 'data'), path), partitions);
      const key = `${folder.prefix}${place}${tag}_${String(index).padStart(5, '0')}${extension}`;
      return {
        bucket: folder.bucket,
        key,
        localFile: path,
        accountId: context.accountId,
        contentType: 'application/octet-stream',
      };
    });
    context.run.signal.throwIfAborted();
    await (context.files === undefined ? this.#lake.commitFiles(commits) : context.files.publish(folder, commits));
    return {
      files: commits.map(({ bucket, key }) => formatS3Uri({ bucket, key })),
      partitions: [...partitions.values()],
      answer,
    };
  }

  #partitionFolder(
    table: Pick<TableInput, 'PartitionKeys'>,
    path: string,
    partitions: Map<string, readonly string[]>,
  ): string {
    const folder = path.split('/').slice(0, -1).join('/');
    const values = parsePartition(table, folder) ?? [];
    partitions.set(folder, values);
    return `${formatPartition(table, values)}/`;
  }

  async #addPartitions(database: string, name: string, written: Written, context: StatementContext): Promise<void> {
    if (written.partitions.length === 0) return;
    const table = this.#catalog.getTable(context.scope, database, name);
    const inputs = written.partitions.map((values) => newPartition(table, values, undefined));
    await this.#catalog.createPartitions(context.scope, database, name, inputs);
  }
}

function tableInputOf(
  name: string,
  folder: Folder,
  columns: readonly OutputColumn[],
  keys: readonly OutputColumn[],
  options: TableOptions,
  comment: string | undefined,
  context: StatementContext,
): TableInput {
  const classes = findStorageClasses(options.formatName);
  const { format } = options;
  if (format.kind === 'text') checkTextColumns(columns);
  const isText = classes?.serializationLibrary === lazySimpleSerDe && format.kind === 'text';
  return {
    Name: name,
    Owner: 'hadoop',
    TableType: 'EXTERNAL_TABLE',
    PartitionKeys: keys.map(hiveColumn),
    Parameters: {
      EXTERNAL: 'TRUE',
      has_encrypted_data: 'false',
      ...(comment === undefined ? {} : { comment }),
      classification: { parquet: 'parquet', json: 'json', text: 'csv' }[format.kind],
      ...(format.kind === 'parquet'
        ? { 'parquet.compression': options.compressionName }
        : { 'write.compression': options.compressionName }),
      transient_lastDdlTime: String(Math.floor(context.now.getTime() / 1000)),
    },
    StorageDescriptor: {
      Columns: columns.map(hiveColumn),
      Location: formatS3Uri({ bucket: folder.bucket, key: folder.prefix }),
      InputFormat: classes?.inputFormat,
      OutputFormat: classes?.outputFormat,
      Compressed: false,
      NumberOfBuckets: -1,
      SerdeInfo: {
        SerializationLibrary: classes?.serializationLibrary,
        Parameters: isText
          ? { 'field.delim': format.delimiter, 'serialization.format': format.delimiter }
          : { 'serialization.format': '1' },
      },
      BucketColumns: [],
      SortColumns: [],
      StoredAsSubDirectories: false,
    },
  };
}

function renamed(planned: PlannedQuery, names: readonly string[] | undefined): PlannedQuery {
  if (names === undefined) return planned;
  const { columns } = planned.translation;
  if (names.length !== columns.length) {
    throw queryError(
      'MISMATCHED_COLUMN_ALIASES',
      `Column alias list has ${names.length} entries but the query has ${columns.length} columns`,
    );
  }
  const next = columns.map((column, index) => ({ ...column, name: names[index] ?? column.name, anonymous: false }));
  return { ...planned, translation: { ...planned.translation, columns: next } };
}

function outcomeOf(written: Written, folder: Folder): Outcome {
  return {
    kind: 'written',
    rows: written.answer.rows,
    location: formatS3Uri({ bucket: folder.bucket, key: folder.prefix }),
    files: written.files,
    answer: written.answer,
  };
}

function asFolder(bucket: string, key: string): Folder {
  return { bucket, prefix: key === '' || key.endsWith('/') ? key : `${key}/` };
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** `20261122_201500`, as Athena's file names start. */
function stamp(now: Date): string {
  return now.toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '_');
}
