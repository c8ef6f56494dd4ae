/** Writes what a crawl found into the catalog, as the crawler's policies say. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Catalog,
  type Column,
  type Partition,
  type PartitionInput,
  type StorageDescriptor,
  type Table,
  type TableInput,
  storageDescriptor,
  tableInput,
} from '#catalog';
import type { Clock } from '#kernel/clock';
import type { CrawlConfiguration } from '../configuration.ts';
import type { Crawler } from '../crawler.ts';
import { distinctName, tableNameOf } from '../discovery/table-name.ts';
import type { CrawlLog } from './crawl-log.ts';
import { type TableDraft, countParameters } from './table-draft.ts';

/** Partitions that are written together. */
const batchSize = 1000;

const deprecatedBy = 'DEPRECATED_BY_CRAWLER';
const updatedBy = 'UPDATED_BY_CRAWLER';

export interface WriterParts {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly scope: string;
  readonly crawler: Crawler;
  readonly configuration: CrawlConfiguration;
  readonly log: CrawlLog;
}

export class TableWriter {
  readonly #parts: WriterParts;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** Writes a table under the name its place gives. @returns the name it has */
  async write(draft: TableDraft): Promise<string> {
    const { crawler } = this.#parts;
    const name = this.#nameFor(draft, tableNameOf(draft.location, crawler.TablePrefix ?? ''));
    await this.writeAs(crawler.DatabaseName ?? '', name, draft);
    return name;
  }

  async writeAs(database: string, name: string, draft: TableDraft): Promise<void> {
    const { catalog, scope, log, crawler } = this.#parts;
    log.explain(name, draft.reasons);
    const current = catalog.findTable(scope, database, name);
    if (current === undefined) {
      const indexes = this.#indexesFor(draft);
      await catalog.createTable(
        scope,
        database,
        { ...draft.table, Name: name },
        {
          createdBy: crawler.Role,
          partitionIndexes: indexes,
        },
      );
      log.tables.added.push(name);
      log.info(
        `Created table ${name} in database ${database} with ${draft.table.StorageDescriptor?.Columns?.length ?? 0} columns`,
      );
    } else {
      await this.#update(database, current, draft);
    }
    const table = catalog.getTable(scope, database, name);
    await this.#writePartitions(database, table, draft);
  }

  /** Tables that this crawler made from its targets and whose data is gone. */
  async remove(
    database: string,
    isCovered: (location: string) => boolean,
    present: ReadonlySet<string>,
  ): Promise<void> {
    const { catalog, scope, crawler } = this.#parts;
    if (catalog.findDatabase(scope, database) === undefined) return;
    for (const table of catalog.listTables(scope, database)) {
      const isOwn = table.Parameters?.[updatedBy] === crawler.Name;
      if (!isOwn || present.has(table.Name) || !isCovered(table.StorageDescriptor?.Location ?? '')) continue;
      await this.#removeTable(database, table);
    }
  }

  async #removeTable(database: string, table: Table): Promise<void> {
    const { catalog, scope, crawler, clock, log } = this.#parts;
    const { DeleteBehavior: behavior } = crawler.SchemaChangePolicy;
    const gone = `The data of table ${table.Name} at ${table.StorageDescriptor?.Location} is gone`;
    if (behavior === 'DELETE_FROM_DATABASE') {
      await catalog.deleteTable(scope, database, table.Name);
      log.tables.deleted.push(table.Name);
      log.info(`${gone}: deleted the table`);
    } else if (behavior === 'DEPRECATE_IN_DATABASE') {
      if (table.Parameters?.[deprecatedBy] !== undefined) return;
      const Parameters = { ...table.Parameters, [deprecatedBy]: String(clock.nowMs()) };
      await catalog.updateTable(scope, database, { ...tableInput(table), Parameters });
      log.tables.updated.push(table.Name);
      log.info(`${gone}: marked the table ${deprecatedBy}`);
    } else {
      log.warn(`${gone}; the table stays, as the crawler's DeleteBehavior is LOG`);
    }
  }

  async #update(database: string, current: Table, draft: TableDraft): Promise<void> {
    const { catalog, scope, crawler, configuration, log } = this.#parts;
    const next = merge(current, draft, configuration);
    const change = describeChange(current, next);
    if (change === undefined) {
      if (!isDeepStrictEqual(plain(current), plain(next))) {
        await catalog.updateTable(scope, database, next, { skipArchive: true });
      }
      log.info(`Table ${current.Name} is as it was`);
      return;
    }
    if (crawler.SchemaChangePolicy.UpdateBehavior === 'LOG') {
      log.warn(`Table ${current.Name} would change (${change}); it stays, as the crawler's UpdateBehavior is LOG`);
      return;
    }
    if ((current.PartitionKeys ?? []).length !== (next.PartitionKeys ?? []).length) {
      await this.#dropPartitions(database, current, [...catalog.listPartitions(scope, database, current.Name)]);
    }
    await catalog.updateTable(scope, database, next);
    log.tables.updated.push(current.Name);
    log.info(`Updated table ${current.Name}: ${change}`);
  }

  async #writePartitions(database: string, table: Table, draft: TableDraft): Promise<void> {
    const { catalog, scope, crawler, configuration, log } = this.#parts;
    const keys = table.PartitionKeys ?? [];
    if (keys.length !== (draft.table.PartitionKeys ?? []).length) {
      log.warn(
        `Table ${table.Name} has ${keys.length} partition keys and its folders ${draft.table.PartitionKeys?.length ?? 0}: partitions stay as they are`,
      );
      return;
    }
    if (keys.length === 0) return;
    const present = new Map<string, Partition>();
    for (const partition of catalog.listPartitions(scope, database, table.Name)) {
      present.set(JSON.stringify(partition.Values), partition);
    }
    const created: PartitionInput[] = [];
    const changed: PartitionInput[] = [];
    for (const found of draft.partitions) {
      const partition = configuration.inheritPartitions ? inherit(found, table) : found;
      const key = JSON.stringify(partition.Values);
      const current = present.get(key);
      present.delete(key);
      if (current === undefined) created.push(partition);
      else if (!samePartition(current, partition)) changed.push(partition);
    }
    for (const batch of batches(created)) await catalog.createPartitions(scope, database, table.Name, batch);
    log.partitions.added += created.length;
    if (crawler.SchemaChangePolicy.UpdateBehavior === 'UPDATE_IN_DATABASE') {
      for (const batch of batches(changed)) {
        const entries = batch.map((input) => ({ values: input.Values, input }));
        await catalog.updatePartitions(scope, database, table.Name, entries);
      }
      log.partitions.updated += changed.length;
    }
    await this.#dropPartitions(database, table, [...present.values()]);
    if (created.length + changed.length > 0) {
      log.info(`Table ${table.Name}: ${created.length} partitions are new, ${changed.length} changed`);
    }
  }

  /** Partitions whose folder is gone. */
  async #dropPartitions(database: string, table: Table, gone: readonly Partition[]): Promise<void> {
    const { catalog, scope, crawler, log } = this.#parts;
    if (gone.length === 0) return;
    // Glue deletes them also where tables are only marked: a partition has no life beside its folder.
    if (crawler.SchemaChangePolicy.DeleteBehavior === 'LOG') {
      log.warn(
        `${gone.length} partitions of table ${table.Name} have no data any more; they stay, as DeleteBehavior is LOG`,
      );
      return;
    }
    for (const batch of batches(gone.map((partition) => partition.Values))) {
      await catalog.deletePartitions(scope, database, table.Name, batch);
    }
    log.partitions.deleted += gone.length;
    log.info(`Deleted ${gone.length} partitions of table ${table.Name}, whose data is gone`);
  }

  /** The plain name, unless a table from another place has it, or this place got a distinct one before. */
  #nameFor(draft: TableDraft, name: string): string {
    const { catalog, scope, crawler, log } = this.#parts;
    const database = crawler.DatabaseName ?? '';
    const other = distinctName(name, draft.location);
    if (catalog.findTable(scope, database, other)) return other;
    const current = catalog.findTable(scope, database, name);
    if (current === undefined || current.StorageDescriptor?.Location === draft.location) return name;
    log.info(
      `The name ${name} belongs to a table at ${current.StorageDescriptor?.Location}: ${draft.location} becomes ${other}`,
    );
    return other;
  }

  #indexesFor(draft: TableDraft): { IndexName: string; Keys: string[] }[] {
    const keys = (draft.table.PartitionKeys ?? []).map((key) => key.Name);
    return this.#parts.configuration.createPartitionIndex && keys.length > 0
      ? [{ IndexName: 'crawler_partition_index', Keys: keys }]
      : [];
  }
}

function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let first = 0; first < items.length; first += batchSize) yield items.slice(first, first + batchSize);
}

/** What the table becomes: found columns and format, with what people added to it kept. */
function merge(current: Table, draft: TableDraft, configuration: CrawlConfiguration): TableInput {
  const found = draft.table.StorageDescriptor ?? {};
  const before = current.StorageDescriptor?.Columns ?? [];
  const comments = new Map(before.map((column) => [column.Name, column.Comment]));
  const commented = (found.Columns ?? []).map((column) => {
    const comment = comments.get(column.Name) ?? column.Comment;
    return comment === undefined ? column : { ...column, Comment: comment };
  });
  const columns = configuration.mergeNewColumns ? withNewColumns(before, commented) : commented;
  const { [deprecatedBy]: _gone, ...parameters } = { ...current.Parameters, ...draft.table.Parameters };
  const sameCount = (current.PartitionKeys ?? []).length === (draft.table.PartitionKeys ?? []).length;
  return {
    ...tableInput(current),
    Parameters: parameters,
    // Keys that a person renamed or typed keep their names and types as long as there are as many.
    PartitionKeys: sameCount ? current.PartitionKeys : draft.table.PartitionKeys,
    StorageDescriptor: { ...found, Columns: columns },
  };
}

function withNewColumns(before: readonly Column[], found: readonly Column[]): Column[] {
  const known = new Set(before.map((column) => column.Name));
  return [...before, ...found.filter((column) => !known.has(column.Name))];
}

/** In words, what makes a new version of the table; undefined when only counts differ. */
function describeChange(current: Table, next: TableInput): string | undefined {
  const [before, after] = [columnTypes(current.StorageDescriptor), columnTypes(next.StorageDescriptor)];
  const added = [...after.keys()].filter((name) => !before.has(name));
  const removed = [...before.keys()].filter((name) => !after.has(name));
  const retyped = [...after].filter(([name, type]) => before.has(name) && before.get(name) !== type);
  const changes = [
    added.length > 0 && `new columns ${added.join(', ')}`,
    removed.length > 0 && `columns gone ${removed.join(', ')}`,
    retyped.length > 0 &&
      `other types ${retyped.map(([name, type]) => `${name} ${before.get(name)} -> ${type}`).join(', ')}`,
  ].filter((change) => change !== false);
  if (changes.length > 0) return changes.join('; ');
  const [now, then] = [plain(next), plain(current)];
  return isDeepStrictEqual(withoutCounts(now), withoutCounts(then)) ? undefined : 'another format or location';
}

/** Columns and format of the table as it stands in the catalog, whoever wrote them. */
function inherit(partition: PartitionInput, { StorageDescriptor: descriptor }: Table): PartitionInput {
  const { Location, Parameters } = partition.StorageDescriptor ?? {};
  return { ...partition, StorageDescriptor: { ...descriptor, Location, Parameters } };
}

function columnTypes(descriptor: StorageDescriptor | undefined): Map<string, string> {
  return new Map((descriptor?.Columns ?? []).map((column) => [column.Name, column.Type ?? 'string']));
}

function samePartition(current: Partition, next: PartitionInput): boolean {
  const own = { Parameters: current.Parameters, StorageDescriptor: current.StorageDescriptor };
  const wanted = { Parameters: next.Parameters, StorageDescriptor: storageDescriptor(next.StorageDescriptor ?? {}) };
  return isDeepStrictEqual(plain(own), plain(wanted));
}

/** As it is kept: without members that are not set. */
function plain(value: object): Record<string, unknown> {
  const { Name: _name, ...rest } = JSON.parse(
    JSON.stringify('Name' in value ? tableInput(value as TableInput) : value),
  ) as Record<string, unknown>;
  return rest;
}

function withoutCounts(table: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(table), (key, value: unknown) =>
    (countParameters as readonly string[]).includes(key) ? undefined : value,
  );
}
