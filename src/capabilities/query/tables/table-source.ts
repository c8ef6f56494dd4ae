/** From a scan of the SQL front end to the list of files: partitions pruned, objects listed, formats told apart. */
import type { Catalog, StorageDescriptor, Table } from '#catalog';
import { PlatformError } from '#kernel/errors';
import { toHive, type PartitionFilter, type Scan } from '#languages/sql/index';
import { findS3Uri, formatS3Uri, type Lake, type LakeObject } from '#lake';
import type { FilePolicy } from '../statements/file-policy.ts';
import { isProjected, projectPartitions } from './partition-projection.ts';
import type { RelationHandle } from './relations.ts';
import type { FileSource, TableFile, TableScan, TypedName } from './table-scan.ts';

export interface PlannedScan extends TableScan {
  /** How many partitions the table has and how many are left, for EXPLAIN; undefined without partition keys. */
  readonly partitions: { readonly total: number | undefined; readonly kept: number } | undefined;
  readonly table: string;
}

interface Share {
  readonly storage: StorageDescriptor;
  /** In the order of the table's partition keys. */
  readonly values: readonly (string | null)[];
  readonly location: string;
}

const nullValue = '__HIVE_DEFAULT_PARTITION__';
/** From here on one listing of what the shares have in common is cheaper than one listing each. */
const listingsMax = 16;

export class TableSource {
  readonly #catalog: Catalog;
  readonly #lake: Lake;

  constructor(catalog: Catalog, lake: Lake) {
    this.#catalog = catalog;
    this.#lake = lake;
  }

  async plan(
    scan: Scan<RelationHandle>,
    { scope, now, files: policy }: { scope: string; now: Date; files?: Pick<FilePolicy, 'reads'> },
  ): Promise<PlannedScan> {
    const { handle } = scan;
    if (handle.kind === 'known') return planKnown(scan, handle);
    const { table } = handle;
    checkTable(table);
    const used = new Set(scan.columnsUsed);
    const keys = table.PartitionKeys ?? [];
    const keyIndexes = keys.flatMap((key, index) => (used.has(key.Name.toLowerCase()) ? [index] : []));
    const { shares, total } = this.#shares(table, scope, scan.partitionFilter, now);
    const name = `${table.DatabaseName}.${table.Name}`;
    const files = await this.#listFiles(scope, shares, (object) => policy?.reads(name, object) ?? true);
    return {
      view: scan.alias,
      table: name,
      columns: (table.StorageDescriptor?.Columns ?? [])
        .filter((column) => used.has(column.Name.toLowerCase()))
        .map((column) => ({ name: column.Name.toLowerCase(), type: column.Type ?? 'string' })),
      partitionKeys: keyIndexes.map((index) => ({
        name: keys[index]?.Name.toLowerCase() ?? '',
        type: keys[index]?.Type ?? 'string',
      })),
      sources: sourcesOf(table, shares, files, keyIndexes),
      ...(scan.usesPath ? { pathColumn: '$path' } : {}),
      partitions: keys.length === 0 ? undefined : { total, kept: shares.length },
    };
  }

  #shares(
    table: Table,
    scope: string,
    filter: PartitionFilter | undefined,
    now: Date,
  ): { shares: Share[]; total: number | undefined } {
    const storage = table.StorageDescriptor ?? {};
    const keys = (table.PartitionKeys ?? []).map((key) => key.Name.toLowerCase());
    const location = storage.Location ?? '';
    if (keys.length === 0) return { shares: [{ storage, values: [], location }], total: undefined };
    const properties = table.Parameters ?? {};
    if (isProjected(properties)) {
      const projected = projectPartitions({ keys, properties, tableLocation: location, filter, now });
      return { shares: projected.map((share) => ({ ...share, storage })), total: undefined };
    }
    let total = 0;
    const matches = (values: readonly string[]): boolean => {
      total++;
      if (filter === undefined) return true;
      return filter.matches(Object.fromEntries(keys.map((key, index) => [key, nullable(values[index])])));
    };
    const shares: Share[] = [];
    for (const partition of this.#catalog.listPartitions(scope, table.DatabaseName, table.Name, { matches })) {
      shares.push({
        storage: partition.StorageDescriptor ?? storage,
        values: partition.Values.map(nullable),
        location: partition.StorageDescriptor?.Location ?? '',
      });
    }
    return { shares, total };
  }

  async #listFiles(
    scope: string,
    shares: readonly Share[],
    isWanted: (object: LakeObject) => boolean,
  ): Promise<Map<Share, LakeObject[]>> {
    const accountId = scope.slice(0, scope.indexOf('/'));
    const found = new Map<Share, LakeObject[]>();
    const common = shares.length > listingsMax ? commonFolder(shares) : undefined;
    if (common !== undefined) {
      const byFolder = new Map(shares.map((share) => [locate(share.location).prefix, share]));
      for await (const object of this.#lake.listObjects({ ...common, accountId })) {
        const share = shareOfKey(byFolder, object.key);
        if (share === undefined || !isDataFile(object, locate(share.location).prefix)) continue;
        if (isWanted(object)) pushTo(found, share, object);
      }
      return found;
    }
    for (const share of shares) {
      const location = locate(share.location);
      const objects: LakeObject[] = [];
      for await (const object of this.#lake.listObjects({ ...location, accountId })) {
        if (isDataFile(object, location.prefix) && isWanted(object)) objects.push(object);
      }
      found.set(share, objects);
    }
    return found;
  }
}

function planKnown(scan: Scan<RelationHandle>, handle: Extract<RelationHandle, { kind: 'known' }>): PlannedScan {
  const indexes = scan.columnsUsed.map((name) => handle.columns.findIndex((column) => column.name === name));
  return {
    view: scan.alias,
    table: `${scan.name.database}.${scan.name.table}`,
    columns: indexes.map((index): TypedName => {
      const column = handle.columns[index];
      return { name: column?.name ?? '', type: (column && toHive(column.type)) ?? 'string' };
    }),
    partitionKeys: [],
    sources: [],
    rows: handle.rows().map((row) => indexes.map((index) => row[index] ?? null)),
    partitions: undefined,
  };
}

/** @throws NOT_SUPPORTED naming a table format that cannot be read */
function checkTable(table: Table): void {
  const name = `${table.DatabaseName}.${table.Name}`;
  const format = table.Parameters?.['table_type']?.toUpperCase();
  if (format !== undefined && ['ICEBERG', 'DELTA', 'HUDI'].includes(format)) throw unreadable(name, `${format} tables`);
  if (table.Parameters?.['spark.sql.sources.provider']?.toLowerCase() === 'delta')
    throw unreadable(name, 'DELTA tables');
  if (table.StorageDescriptor?.InputFormat?.endsWith('SymlinkTextInputFormat') === true)
    throw unreadable(name, 'symlink manifests');
  if ((table.StorageDescriptor?.Location ?? '') === '') {
    throw new PlatformError('invalid', 'HIVE_INVALID_METADATA', `Table ${name} has no location.`);
  }
}

function unreadable(table: string, what: string): PlatformError {
  return new PlatformError('invalid', 'NOT_SUPPORTED', `Table ${table} cannot be read: ${what} are not supported.`);
}

function sourcesOf(
  table: Table,
  shares: readonly Share[],
  files: ReadonlyMap<Share, readonly LakeObject[]>,
  keyIndexes: readonly number[],
): FileSource[] {
  const sources = new Map<string, { source: Omit<FileSource, 'files'>; files: TableFile[] }>();
  for (const share of shares) {
    const objects = files.get(share) ?? [];
    if (objects.length === 0) continue;
    const source = sourceOf(table, share.storage);
    const key = JSON.stringify(source);
    const group = sources.get(key) ?? { source, files: [] };
    sources.set(key, group);
    const { bucket } = locate(share.location);
    const values = keyIndexes.map((index) => share.values[index] ?? null);
    for (const object of objects) {
      group.files.push({
        path: object.path,
        uri: formatS3Uri({ bucket, key: object.key }),
        sizeBytes: object.sizeBytes,
        modifiedMs: object.lastModified.getTime(),
        values,
      });
    }
  }
  return [...sources.values()].map((group) => ({ ...group.source, files: group.files }));
}

function sourceOf(table: Table, storage: StorageDescriptor): Omit<FileSource, 'files'> {
  const base = table.StorageDescriptor ?? {};
  const own = storage.Columns ?? [];
  const serializationLibrary = storage.SerdeInfo?.SerializationLibrary ?? base.SerdeInfo?.SerializationLibrary ?? '';
  const inputFormat = storage.InputFormat ?? base.InputFormat ?? '';
  return {
    format: formatOf(serializationLibrary, inputFormat),
    fileColumns: (own.length === 0 ? (base.Columns ?? []) : own).map((column) => ({
      name: column.Name.toLowerCase(),
      type: column.Type ?? 'string',
    })),
    serializationLibrary: serializationLibrary || 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
    serdeParameters: storage.SerdeInfo?.Parameters ?? base.SerdeInfo?.Parameters ?? {},
    tableParameters: table.Parameters ?? {},
    inputFormat,
  };
}

function formatOf(library: string, inputFormat: string): FileSource['format'] {
  const name = library === '' ? inputFormat : library;
  if (/parquet/i.test(name)) return 'parquet';
  if (/orc/i.test(name)) return 'orc';
  return /avro/i.test(name) ? 'avro' : 'text';
}

/** The bucket and the folder, with a slash at its end unless it is the whole bucket. */
function locate(uri: string): { bucket: string; prefix: string } {
  const location = findS3Uri(uri);
  if (location === undefined) {
    throw new PlatformError(
      'invalid',
      'HIVE_INVALID_METADATA',
      `'${uri}' is no location of a table; it must start with s3://.`,
    );
  }
  const { bucket, key } = location;
  return { bucket, prefix: key === '' || key.endsWith('/') ? key : `${key}/` };
}

/** Hive reads no file and no folder whose name starts with `_` or `.`, and an empty object is a folder's marker. */
function isDataFile(object: LakeObject, folder: string): boolean {
  return object.sizeBytes > 0 && !/(^|\/)[_.]/.test(object.key.slice(folder.length));
}

/** The longest folder that holds all shares; undefined when they are in several buckets. */
function commonFolder(shares: readonly Share[]): { bucket: string; prefix: string } | undefined {
  const locations = shares.map((share) => locate(share.location));
  const first = locations[0];
  if (first === undefined || locations.some((location) => location.bucket !== first.bucket)) return undefined;
  let { prefix } = first;
  for (const location of locations) {
    while (!location.prefix.startsWith(prefix)) prefix = prefix.replace(/[^/]*\/?$/, '');
  }
  return { bucket: first.bucket, prefix };
}

/** The share in whose folder the key lies; the deepest where one folder is inside another. */
function shareOfKey(byFolder: ReadonlyMap<string, Share>, key: string): Share | undefined {
  for (let end = key.lastIndexOf('/'); end !== -1; end = key.lastIndexOf('/', end - 1)) {
    const share = byFolder.get(key.slice(0, end + 1));
    if (share !== undefined) return share;
    if (end === 0) break;
  }
  return byFolder.get('');
}

function pushTo(found: Map<Share, LakeObject[]>, share: Share, object: LakeObject): void {
  const objects = found.get(share);
  if (objects === undefined) found.set(share, [object]);
  else objects.push(object);
}

function nullable(value: string | undefined): string | null {
  return value === undefined || value === nullValue ? null : value;
}
