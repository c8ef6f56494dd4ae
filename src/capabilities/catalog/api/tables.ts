/** Glue's operations on tables and their versions. */
import type { Glue, Table as WireTable } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import { isPlatformError } from '#kernel/errors';
import type { Catalog } from '../catalog.ts';
import { invalidInput, tableNotFound } from '../errors.ts';
import type { Table, TableInput } from '../table.ts';
import { checkCatalogId, keyToToken, pageByName, refuseMembers, required, tokenToKey } from './request.ts';

// Limit: GetTables and GetTableVersions return at most 100 in a page, as in Glue.
const pageMax = 100;

/** Governed tables are gone from AWS; time travel over the catalog we do not have. */
const transactional = ['TransactionId', 'QueryAsOfTime'];

export function tableOperations(catalog: Catalog): HandlersOf<Glue> {
  return { ...definitions(catalog), ...deletions(catalog), ...versions(catalog) };
}

function definitions(catalog: Catalog): HandlersOf<Glue> {
  return {
    async CreateTable(input, context) {
      checkCatalogId(input.CatalogId, context);
      refuseMembers(input, ['TransactionId', 'OpenTableFormatInput']);
      await catalog.createTable(context.scope, required(input.DatabaseName, 'DatabaseName'), tableInputOf(input), {
        createdBy: context.caller.arn,
        partitionIndexes: (input.PartitionIndexes ?? []).map((index) => ({
          IndexName: required(index.IndexName, 'IndexName'),
          Keys: required(index.Keys, 'Keys'),
        })),
      });
      return {};
    },

    GetTable(input, context) {
      checkCatalogId(input.CatalogId, context);
      refuseMembers(input, transactional);
      const [database, name] = [required(input.DatabaseName, 'DatabaseName'), required(input.Name, 'Name')];
      return { Table: tableToWire(catalog.getTable(context.scope, database, name)) };
    },

    GetTables(input, context) {
      checkCatalogId(input.CatalogId, context);
      refuseMembers(input, transactional);
      const database = required(input.DatabaseName, 'DatabaseName');
      const expression = input.Expression;
      const { items, nextToken } = pageByName(
        input,
        pageMax,
        (range) => catalog.listTables(context.scope, database, { ...range, expression }),
        (table) => table.Name,
      );
      return { TableList: items.map((table) => cut(table, input.AttributesToGet)), NextToken: nextToken };
    },

    async UpdateTable(input, context) {
      checkCatalogId(input.CatalogId, context);
      refuseMembers(input, ['TransactionId', 'ViewUpdateAction', 'UpdateOpenTableFormatInput']);
      const database = required(input.DatabaseName, 'DatabaseName');
      await catalog.updateTable(context.scope, database, tableInputOf(input), {
        name: input.Name,
        versionId: input.VersionId,
        skipArchive: input.SkipArchive,
      });
      return {};
    },
  };
}

function deletions(catalog: Catalog): HandlersOf<Glue> {
  return {
    async DeleteTable(input, context) {
      checkCatalogId(input.CatalogId, context);
      refuseMembers(input, ['TransactionId']);
      const [database, name] = [required(input.DatabaseName, 'DatabaseName'), required(input.Name, 'Name')];
      await catalog.deleteTable(context.scope, database, name);
      return {};
    },

    async BatchDeleteTable(input, context) {
      checkCatalogId(input.CatalogId, context);
      refuseMembers(input, ['TransactionId']);
      const names = required(input.TablesToDelete, 'TablesToDelete');
      const missing = await catalog.deleteTables(context.scope, required(input.DatabaseName, 'DatabaseName'), names);
      return {
        Errors: missing.map((name) => {
          const { code, message } = tableNotFound(name);
          return { TableName: name, ErrorDetail: { ErrorCode: code, ErrorMessage: message } };
        }),
      };
    },
  };
}

function versions(catalog: Catalog): HandlersOf<Glue> {
  return {
    GetTableVersion(input, context) {
      checkCatalogId(input.CatalogId, context);
      const [database, name] = [required(input.DatabaseName, 'DatabaseName'), required(input.TableName, 'TableName')];
      return { TableVersion: versionToWire(catalog.getTableVersion(context.scope, database, name, input.VersionId)) };
    },

    GetTableVersions(input, context) {
      checkCatalogId(input.CatalogId, context);
      const [database, name] = [required(input.DatabaseName, 'DatabaseName'), required(input.TableName, 'TableName')];
      const size = Math.min(input.MaxResults ?? pageMax, pageMax);
      const key = tokenToKey(input.NextToken);
      const before = key === '' ? undefined : Number(key);
      const found = catalog.listTableVersions(context.scope, database, name, { before, limit: size + 1 });
      return {
        TableVersions: found.slice(0, size).map(versionToWire),
        NextToken: found.length > size ? keyToToken(found[size - 1]?.VersionId) : undefined,
      };
    },

    async DeleteTableVersion(input, context) {
      checkCatalogId(input.CatalogId, context);
      const [database, name] = [required(input.DatabaseName, 'DatabaseName'), required(input.TableName, 'TableName')];
      await catalog.deleteTableVersion(context.scope, database, name, required(input.VersionId, 'VersionId'));
      return {};
    },

    async BatchDeleteTableVersion(input, context) {
      checkCatalogId(input.CatalogId, context);
      const [database, name] = [required(input.DatabaseName, 'DatabaseName'), required(input.TableName, 'TableName')];
      catalog.getTable(context.scope, database, name);
      const errors = [];
      for (const versionId of required(input.VersionIds, 'VersionIds')) {
        try {
          await catalog.deleteTableVersion(context.scope, database, name, versionId);
        } catch (error) {
          if (!isPlatformError(error)) throw error;
          const ErrorDetail = { ErrorCode: error.code, ErrorMessage: error.message };
          errors.push({ TableName: name, VersionId: versionId, ErrorDetail });
        }
      }
      return { Errors: errors };
    },
  };
}

function tableInputOf(input: { TableInput?: object | undefined }): TableInput {
  const given = required(input.TableInput, 'TableInput');
  refuseMembers(given, ['FederatedTable', 'ViewDefinition']);
  const table = given as TableInput;
  const { StorageDescriptor: descriptor } = table;
  if (descriptor) refuseMembers(descriptor, ['SchemaReference']);
  if (typeof table.Name !== 'string' || table.Name === '') throw invalidInput('TableInput.Name must be given.');
  return table;
}

export function tableToWire(table: Table): WireTable {
  return table;
}

/** GetTables can be asked for the names alone, or for names and types. */
function cut(table: Table, attributes: readonly string[] | undefined): WireTable {
  if (attributes === undefined || attributes.length === 0) return tableToWire(table);
  return { Name: table.Name, ...(attributes.includes('TABLE_TYPE') && { TableType: table.TableType }) };
}

function versionToWire(table: Table): { Table: WireTable; VersionId: string } {
  return { Table: tableToWire(table), VersionId: table.VersionId };
}
