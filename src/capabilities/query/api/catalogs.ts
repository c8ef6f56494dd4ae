/** Athena's operations on data catalogs and on what they hold, on tags and on engine versions. */
import type { Athena, Column as WireColumn, DataCatalog as WireCatalog, TableMetadata } from '@aws-sdk/client-athena';
import { compileNamePattern, type Catalog, type Column, type Database, type Table } from '#catalog';
import type { HandlersOf } from '#gateway';
import { findArn } from '#kernel/arn';
import { invalidRequest, metadataError, metadataNotFound, resourceNotFound } from '../errors.ts';
import { ownCatalog, type DataCatalog } from '../record.ts';
import type { RecordAccess, RecordStore } from '../store/records.ts';
import { isOwnCatalog } from '../tables/relations.ts';
import { engineVersionEffective } from '../work-group.ts';
import { cut } from './work-groups.ts';

const tagsMax = 50;

export function catalogOperations(parts: { catalog: Catalog; records: RecordStore }): HandlersOf<Athena> {
  return {
    ...dataCatalogOperations(parts.records),
    ...metadataOperations(parts.catalog, parts.records),
    ...tagOperations(parts.records),
  };
}

function dataCatalogOperations(records: RecordStore): HandlersOf<Athena> {
  return {
    async CreateDataCatalog(input, context) {
      const name = input.Name ?? '';
      await records.write((access) => {
        if (isOwnCatalog(name) || access.findCatalog(context.scope, name) !== undefined) {
          throw invalidRequest(`DataCatalog ${name} has already been created`);
        }
        access.putCatalog(context.scope, {
          name,
          description: input.Description,
          type: input.Type ?? 'GLUE',
          parameters: input.Parameters ?? {},
        });
        for (const tag of input.Tags ?? []) {
          access.putTag(context.scope, catalogArn(context, name), tag.Key ?? '', tag.Value ?? '');
        }
      });
      return {};
    },

    GetDataCatalog(input, context) {
      return { DataCatalog: toWire(requireCatalog(records.read, context.scope, input.Name ?? '')) };
    },

    ListDataCatalogs(input, context) {
      const all = [own, ...records.read.listCatalogs(context.scope)].toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const { page, next } = cut(
        input,
        (after, limit) => all.filter((each) => each.name > after).slice(0, limit),
        (each) => each.name,
      );
      return { DataCatalogsSummary: page.map((each) => ({ CatalogName: each.name, Type: each.type })), ...next };
    },

    async UpdateDataCatalog(input, context) {
      await records.write((access) => {
        const current = requireCatalog(access, context.scope, input.Name ?? '');
        if (current === own) throw invalidRequest(`DataCatalog ${ownCatalog} cannot be changed`);
        access.putCatalog(context.scope, {
          ...current,
          type: input.Type ?? current.type,
          description: input.Description ?? current.description,
          parameters: input.Parameters ?? current.parameters,
        });
      });
      return {};
    },

    async DeleteDataCatalog(input, context) {
      const name = input.Name ?? '';
      await records.write((access) => {
        if (requireCatalog(access, context.scope, name) === own)
          throw invalidRequest(`DataCatalog ${ownCatalog} cannot be deleted`);
        access.deleteCatalog(context.scope, name);
        access.deleteTags(context.scope, catalogArn(context, name));
      });
      return {};
    },

    ListEngineVersions() {
      return {
        EngineVersions: [
          { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: engineVersionEffective },
          { SelectedEngineVersion: engineVersionEffective, EffectiveEngineVersion: engineVersionEffective },
        ],
      };
    },
  };
}

function metadataOperations(catalog: Catalog, records: RecordStore): HandlersOf<Athena> {
  /** Only the one catalog holds anything here; the others are records. @throws InvalidRequestException, MetadataException */
  const check = (scope: string, name: string): void => {
    if (isOwnCatalog(name)) return;
    const found = requireCatalog(records.read, scope, name);
    throw metadataError(
      `DataCatalog ${name} is of type ${found.type} and only recorded: what it holds cannot be read. Use ${ownCatalog}.`,
    );
  };
  return {
    GetDatabase(input, context) {
      check(context.scope, input.CatalogName ?? '');
      const database = catalog.findDatabase(context.scope, input.DatabaseName ?? '');
      if (database === undefined)
        throw metadataNotFound(`Database ${input.DatabaseName} not found.`, context.requestId);
      return { Database: databaseToWire(database) };
    },

    ListDatabases(input, context) {
      check(context.scope, input.CatalogName ?? '');
      const list = (after: string, limit: number): Database[] => catalog.listDatabases(context.scope, { after, limit });
      const { page, next } = cut(input, list, (database) => database.Name);
      return { DatabaseList: page.map(databaseToWire), ...next };
    },

    GetTableMetadata(input, context) {
      check(context.scope, input.CatalogName ?? '');
      const table = catalog.findTable(context.scope, input.DatabaseName ?? '', input.TableName ?? '');
      if (table === undefined)
        throw metadataNotFound(`Table ${input.DatabaseName}.${input.TableName} not found.`, context.requestId);
      return { TableMetadata: tableToWire(table) };
    },

    ListTableMetadata(input, context) {
      check(context.scope, input.CatalogName ?? '');
      const database = input.DatabaseName ?? '';
      if (catalog.findDatabase(context.scope, database) === undefined)
        throw metadataNotFound(`Database ${database} not found.`, context.requestId);
      const matches = input.Expression === undefined ? () => true : compileNamePattern(input.Expression);
      const list = (after: string, limit: number): Table[] => {
        const found: Table[] = [];
        for (const table of catalog.listTables(context.scope, database, { after })) {
          if (found.length === limit) break;
          if (matches(table.Name)) found.push(table);
        }
        return found;
      };
      const { page, next } = cut(input, list, (table) => table.Name);
      return { TableMetadataList: page.map(tableToWire), ...next };
    },
  };
}

function tagOperations(records: RecordStore): HandlersOf<Athena> {
  return {
    async TagResource(input, context) {
      const arn = input.ResourceARN ?? '';
      await records.write((access) => {
        requireTaggable(access, context.scope, arn);
        for (const tag of input.Tags ?? []) access.putTag(context.scope, arn, tag.Key ?? '', tag.Value ?? '');
        if (access.listTags(context.scope, arn).length > tagsMax)
          throw invalidRequest(`A resource has at most ${tagsMax} tags.`);
      });
      return {};
    },

    async UntagResource(input, context) {
      const arn = input.ResourceARN ?? '';
      await records.write((access) => {
        requireTaggable(access, context.scope, arn);
        for (const key of input.TagKeys ?? []) access.deleteTag(context.scope, arn, key);
      });
      return {};
    },

    ListTagsForResource(input, context) {
      const arn = input.ResourceARN ?? '';
      requireTaggable(records.read, context.scope, arn);
      const tags = records.read.listTags(context.scope, arn);
      const { page, next } = cut(
        input,
        (after, limit) => tags.filter((tag) => tag.key > after).slice(0, limit),
        (tag) => tag.key,
      );
      return { Tags: page.map((tag) => ({ Key: tag.key, Value: tag.value })), ...next };
    },
  };
}

const own: DataCatalog = { name: ownCatalog, description: undefined, type: 'GLUE', parameters: {} };

function requireCatalog(records: RecordAccess, scope: string, name: string): DataCatalog {
  const found = isOwnCatalog(name) ? own : records.findCatalog(scope, name);
  if (found === undefined) throw invalidRequest(`DataCatalog ${name} was not found`);
  return found;
}

/** @throws ResourceNotFoundException */
function requireTaggable(records: RecordAccess, scope: string, arn: string): void {
  const [kind = '', name = ''] = (findArn(arn)?.resource ?? '').split('/');
  const exists =
    (kind === 'workgroup' && (name === 'primary' || records.findWorkGroup(scope, name) !== undefined)) ||
    (kind === 'datacatalog' && (isOwnCatalog(name) || records.findCatalog(scope, name) !== undefined));
  if (!exists) throw resourceNotFound(`Resource ${arn} was not found`, arn);
}

function catalogArn(context: { region: string; accountId: string }, name: string): string {
  return `arn:aws:athena:${context.region}:${context.accountId}:datacatalog/${name}`;
}

function toWire(catalog: DataCatalog): WireCatalog {
  return {
    Name: catalog.name,
    Description: catalog.description,
    Type: catalog.type,
    Parameters: { ...catalog.parameters },
    Status: 'CREATE_COMPLETE',
  };
}

function databaseToWire(database: Database) {
  return { Name: database.Name, Description: database.Description, Parameters: database.Parameters };
}

function tableToWire(table: Table): TableMetadata {
  const storage = table.StorageDescriptor ?? {};
  const facts: Record<string, string | undefined> = {
    inputformat: storage.InputFormat,
    location: storage.Location,
    outputformat: storage.OutputFormat,
    'serde.serialization.lib': storage.SerdeInfo?.SerializationLibrary,
  };
  for (const [key, value] of Object.entries(storage.SerdeInfo?.Parameters ?? {})) facts[`serde.param.${key}`] = value;
  const parameters = Object.entries({ ...table.Parameters, ...facts }).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  return {
    Name: table.Name,
    CreateTime: table.CreateTime,
    LastAccessTime: table.LastAccessTime,
    TableType: table.TableType,
    Columns: (storage.Columns ?? []).map(columnToWire),
    PartitionKeys: (table.PartitionKeys ?? []).map(columnToWire),
    Parameters: Object.fromEntries(parameters) as Record<string, string>,
  };
}

function columnToWire(column: Column): WireColumn {
  return { Name: column.Name, Type: column.Type, ...(column.Comment === undefined ? {} : { Comment: column.Comment }) };
}
