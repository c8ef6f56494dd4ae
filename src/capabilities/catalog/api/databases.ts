/** Glue's operations on databases. */
import type { Glue, Database as WireDatabase } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import type { Catalog } from '../catalog.ts';
import type { Database, DatabaseInput } from '../database.ts';
import { checkCatalogId, pageByName, refuseMembers, required } from './request.ts';

// Limit: GetDatabases returns at most 100 in a page, as in Glue.
const pageMax = 100;

export function databaseOperations(catalog: Catalog): HandlersOf<Glue> {
  return {
    async CreateDatabase(input, context) {
      checkCatalogId(input.CatalogId, context);
      await catalog.createDatabase(context.scope, databaseInput(input.DatabaseInput), input.Tags);
      return {};
    },

    GetDatabase(input, context) {
      checkCatalogId(input.CatalogId, context);
      return { Database: toWire(catalog.getDatabase(context.scope, required(input.Name, 'Name'))) };
    },

    GetDatabases(input, context) {
      checkCatalogId(input.CatalogId, context);
      if (input.ResourceShareType === 'FOREIGN') return { DatabaseList: [] };
      const { items, nextToken } = pageByName(
        input,
        pageMax,
        (range) => catalog.listDatabases(context.scope, range),
        (database) => database.Name,
      );
      return { DatabaseList: items.map((database) => cut(database, input.AttributesToGet)), NextToken: nextToken };
    },

    async UpdateDatabase(input, context) {
      checkCatalogId(input.CatalogId, context);
      const name = required(input.Name, 'Name');
      await catalog.updateDatabase(context.scope, name, databaseInput(input.DatabaseInput));
      return {};
    },

    async DeleteDatabase(input, context) {
      checkCatalogId(input.CatalogId, context);
      await catalog.deleteDatabase(context.scope, required(input.Name, 'Name'));
      return {};
    },
  };
}

function databaseInput(input: object | undefined): DatabaseInput {
  const given = required(input, 'DatabaseInput');
  refuseMembers(given, ['FederatedDatabase']);
  return given as DatabaseInput;
}

/** GetDatabases can be asked for the names alone, or for names and targets. */
function cut(database: Database, attributes: readonly string[] | undefined): WireDatabase {
  if (attributes === undefined || attributes.length === 0) return toWire(database);
  const TargetDatabase = attributes.includes('TARGET_DATABASE') ? database.TargetDatabase : undefined;
  return { Name: database.Name, ...(TargetDatabase && { TargetDatabase }) };
}

function toWire(database: Database): WireDatabase {
  return database;
}
