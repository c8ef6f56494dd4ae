/** The catalog's databases as the SQL front end sees them: tables, views, `information_schema` and `"t$partitions"`. */
import type { Catalog, Table } from '#catalog';
import { PlatformError } from '#kernel/errors';
import {
  fromHive,
  type CatalogRelation,
  type RelationCatalog,
  type RelationColumn,
  type RelationName,
} from '#languages/sql/index';
import { findInformationRelation } from './information-schema.ts';
import { decodeView } from './view-text.ts';

/** What comes back in a scan: a table to be planned, or rows that are known. */
export type RelationHandle =
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'known'; readonly columns: readonly RelationColumn[]; readonly rows: () => (string | null)[][] };

/** How SQL spells the one catalog; `hive` is what older clients send. */
export const sqlCatalog = 'awsdatacatalog';

export function isOwnCatalog(name: string): boolean {
  return ['awsdatacatalog', 'hive', ''].includes(name.toLowerCase());
}

export class CatalogRelations implements RelationCatalog<RelationHandle> {
  readonly #catalog: Catalog;
  readonly #scope: string;

  constructor(catalog: Catalog, scope: string) {
    this.#catalog = catalog;
    this.#scope = scope;
  }

  findRelation(name: RelationName): CatalogRelation<RelationHandle> | undefined {
    if (!isOwnCatalog(name.catalog)) {
      throw new PlatformError('invalid', 'CATALOG_NOT_FOUND', `Catalog '${name.catalog}' does not exist`);
    }
    const known =
      name.database === 'information_schema'
        ? findInformationRelation(this.#catalog, this.#scope, name.table)
        : this.#partitionsRelation(name);
    if (known !== undefined) return { kind: 'table', columns: known.columns, partitionKeys: [], handle: known };
    const table = this.#catalog.findTable(this.#scope, name.database, name.table);
    if (table === undefined) {
      if (
        name.database !== 'information_schema' &&
        this.#catalog.findDatabase(this.#scope, name.database) === undefined
      ) {
        throw new PlatformError('invalid', 'SCHEMA_NOT_FOUND', `Schema '${name.database}' does not exist`);
      }
      return undefined;
    }
    if (isView(table)) return viewRelation(table);
    return {
      kind: 'table',
      columns: columnsOf(table, table.StorageDescriptor?.Columns ?? []),
      partitionKeys: columnsOf(table, table.PartitionKeys ?? []),
      handle: { kind: 'table', table },
    };
  }

  /** `SELECT * FROM "t$partitions"`: the values of the partitions, and nothing is read from files. */
  #partitionsRelation(name: RelationName): Extract<RelationHandle, { kind: 'known' }> | undefined {
    const base = /^(.+)\$partitions$/.exec(name.table)?.[1];
    const table = base === undefined ? undefined : this.#catalog.findTable(this.#scope, name.database, base);
    if (table === undefined) return undefined;
    return {
      kind: 'known',
      columns: columnsOf(table, table.PartitionKeys ?? []),
      rows: () =>
        [...this.#catalog.listPartitions(this.#scope, name.database, table.Name)].map((partition) =>
          partition.Values.map((value) => (value === '__HIVE_DEFAULT_PARTITION__' ? null : value)),
        ),
    };
  }
}

export function isView(table: Table): boolean {
  return table.TableType === 'VIRTUAL_VIEW';
}

/** @throws HIVE_INVALID_METADATA naming the column whose type cannot be read */
export function columnsOf(
  table: Table,
  columns: readonly { Name: string; Type?: string | undefined }[],
): RelationColumn[] {
  return columns.map((column) => {
    const type = fromHive(column.Type ?? 'string');
    if (type === undefined) {
      throw new PlatformError(
        'invalid',
        'HIVE_INVALID_METADATA',
        `Column '${column.Name}' of table ${table.DatabaseName}.${table.Name} has the type '${column.Type}', which cannot be queried. Change the column's type.`,
      );
    }
    return { name: column.Name.toLowerCase(), type };
  });
}

function viewRelation(table: Table): CatalogRelation<RelationHandle> {
  const view = decodeView(table);
  return {
    kind: 'view',
    sql: view.sql,
    defaults: { catalog: sqlCatalog, database: view.database ?? table.DatabaseName },
  };
}
