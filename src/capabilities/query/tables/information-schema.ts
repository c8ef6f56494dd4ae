/** `information_schema`: what the catalog holds, as tables. */
import type { Catalog, Table } from '#catalog';
import { formatType, fromHive, varcharType, type RelationColumn } from '#languages/sql/index';
import { bigintType } from '#languages/sql/index';
import { decodeView } from './view-text.ts';

interface KnownRelation {
  readonly kind: 'known';
  readonly columns: readonly RelationColumn[];
  readonly rows: () => (string | null)[][];
}

const catalogName = 'awsdatacatalog';

export function findInformationRelation(catalog: Catalog, scope: string, name: string): KnownRelation | undefined {
  switch (name) {
    case 'schemata':
      return known(['catalog_name', 'schema_name'], () =>
        [...catalog.listDatabases(scope).map((database) => database.Name), 'information_schema'].map((database) => [
          catalogName,
          database,
        ]),
      );
    case 'tables':
      return known(['table_catalog', 'table_schema', 'table_name', 'table_type'], () =>
        tablesOf(catalog, scope).map((table) => [
          catalogName,
          table.DatabaseName,
          table.Name,
          table.TableType === 'VIRTUAL_VIEW' ? 'VIEW' : 'BASE TABLE',
        ]),
      );
    case 'views':
      return known(['table_catalog', 'table_schema', 'table_name', 'view_definition'], () =>
        tablesOf(catalog, scope)
          .filter((table) => table.TableType === 'VIRTUAL_VIEW')
          .map((table) => [catalogName, table.DatabaseName, table.Name, definitionOf(table)]),
      );
    case 'columns':
      return columnsRelation(catalog, scope);
    default:
      return undefined;
  }
}

function columnsRelation(catalog: Catalog, scope: string): KnownRelation {
  const text = (name: string): RelationColumn => ({ name, type: varcharType });
  return {
    kind: 'known',
    columns: [
      text('table_catalog'),
      text('table_schema'),
      text('table_name'),
      text('column_name'),
      { name: 'ordinal_position', type: bigintType },
      text('column_default'),
      text('is_nullable'),
      text('data_type'),
      text('comment'),
      text('extra_info'),
    ],
    rows: () =>
      tablesOf(catalog, scope).flatMap((table) => {
        const data = table.StorageDescriptor?.Columns ?? [];
        return [...data, ...(table.PartitionKeys ?? [])].map((column, index) => {
          const type = fromHive(column.Type ?? 'string');
          return [
            catalogName,
            table.DatabaseName,
            table.Name,
            column.Name,
            String(index + 1),
            null,
            'YES',
            type === undefined ? (column.Type ?? null) : formatType(type),
            column.Comment ?? null,
            index < data.length ? null : 'partition key',
          ];
        });
      }),
  };
}

function tablesOf(catalog: Catalog, scope: string): Table[] {
  return [...catalog.eachTable(scope)];
}

function definitionOf(table: Table): string | null {
  try {
    return decodeView(table).sql;
  } catch {
    return null;
  }
}

function known(names: readonly string[], rows: () => (string | null)[][]): KnownRelation {
  return { kind: 'known', columns: names.map((name) => ({ name, type: varcharType })), rows };
}
