/** AWS::Glue::Database, Table, Partition and Connection: the template's properties are Glue's own input shapes. */
import { isDeepStrictEqual } from 'node:util';
import type { Properties, ResourceState, ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';

const database: ResourceType = {
  type: 'AWS::Glue::Database',

  async create(properties, context) {
    const Name = databaseName(properties) ?? context.generatedName({ maxLength: 255, lowerCase: true });
    const DatabaseInput = { ...properties['DatabaseInput'], Name };
    await createOrAdopt(
      () => context.call('glue', 'CreateDatabase', { ...catalogOf(properties), DatabaseInput }),
      async () => (await context.call('glue', 'GetDatabase', { Name })).Database,
      { ...DatabaseInput, Name: Name.toLowerCase() },
    );
    return { physicalId: Name.toLowerCase() };
  },

  async update(physicalId, next, _previous, context) {
    const DatabaseInput = { ...next['DatabaseInput'], Name: databaseName(next) ?? physicalId };
    await context.call('glue', 'UpdateDatabase', { ...catalogOf(next), Name: physicalId, DatabaseInput });
    return { physicalId };
  },

  async delete(physicalId, properties, context) {
    await unlessGone(() => context.call('glue', 'DeleteDatabase', { ...catalogOf(properties), Name: physicalId }));
  },

  async read(physicalId, properties, context) {
    const found = await findOr(() => context.call('glue', 'GetDatabase', { Name: physicalId }));
    return found && { ...properties, DatabaseInput: pick(found.Database, properties['DatabaseInput']) };
  },
};

const table: ResourceType = {
  type: 'AWS::Glue::Table',

  async create(properties, context) {
    const place = { ...catalogOf(properties), DatabaseName: properties['DatabaseName'] };
    const TableInput = tableInput(properties, context.generatedName({ maxLength: 255, lowerCase: true }));
    await createOrAdopt(
      () => context.call('glue', 'CreateTable', { ...place, TableInput }),
      async () => (await context.call('glue', 'GetTable', { ...place, Name: TableInput['Name'] })).Table,
      TableInput,
    );
    return tableState(TableInput['Name'], properties);
  },

  async update(physicalId, next, _previous, context) {
    const TableInput = tableInput(next, physicalId);
    const place = { ...catalogOf(next), DatabaseName: next['DatabaseName'] };
    await context.call('glue', 'UpdateTable', { ...place, Name: physicalId, TableInput });
    return tableState(TableInput['Name'], next);
  },

  async delete(physicalId, properties, context) {
    const place = { ...catalogOf(properties), DatabaseName: properties['DatabaseName'] };
    await unlessGone(() => context.call('glue', 'DeleteTable', { ...place, Name: physicalId }));
  },

  async read(physicalId, properties, context) {
    const place = { DatabaseName: properties['DatabaseName'], Name: physicalId };
    const found = await findOr(() => context.call('glue', 'GetTable', place));
    return found && { ...properties, TableInput: pick(found.Table, properties['TableInput']) };
  },
};

const partition: ResourceType = {
  type: 'AWS::Glue::Partition',

  async create(properties, context) {
    const PartitionInput = properties['PartitionInput'];
    const place = partitionPlace(properties);
    await createOrAdopt(
      () => context.call('glue', 'CreatePartition', { ...place, PartitionInput }),
      async () =>
        (await context.call('glue', 'GetPartition', { ...place, PartitionValues: PartitionInput.Values })).Partition,
      PartitionInput,
    );
    return partitionState(properties);
  },

  async update(_physicalId, next, previous, context) {
    await context.call('glue', 'UpdatePartition', {
      ...partitionPlace(next),
      PartitionValueList: previous['PartitionInput'].Values,
      PartitionInput: next['PartitionInput'],
    });
    return partitionState(next);
  },

  async delete(_physicalId, properties, context) {
    const PartitionValues = properties['PartitionInput'].Values;
    await unlessGone(() => context.call('glue', 'DeletePartition', { ...partitionPlace(properties), PartitionValues }));
  },

  async read(_physicalId, properties, context) {
    const PartitionValues = properties['PartitionInput'].Values;
    const found = await findOr(() =>
      context.call('glue', 'GetPartition', { ...partitionPlace(properties), PartitionValues }),
    );
    return found && { ...properties, PartitionInput: pick(found.Partition, properties['PartitionInput']) };
  },
};

const connection: ResourceType = {
  type: 'AWS::Glue::Connection',

  async create(properties, context) {
    const Name: string = properties['ConnectionInput'].Name ?? context.generatedName({ maxLength: 255 });
    const ConnectionInput = { ...properties['ConnectionInput'], Name };
    await createOrAdopt(
      () =>
        context.call('glue', 'CreateConnection', {
          ...catalogOf(properties),
          ConnectionInput,
          Tags: { ...context.tags, ...properties['Tags'] },
        }),
      async () => (await context.call('glue', 'GetConnection', { Name })).Connection,
      ConnectionInput,
    );
    return { physicalId: Name, attributes: { Name } };
  },

  async update(physicalId, next, _previous, context) {
    const ConnectionInput = { ...next['ConnectionInput'], Name: next['ConnectionInput'].Name ?? physicalId };
    await context.call('glue', 'UpdateConnection', { ...catalogOf(next), Name: physicalId, ConnectionInput });
    return { physicalId, attributes: { Name: physicalId } };
  },

  async delete(physicalId, properties, context) {
    const input = { ...catalogOf(properties), ConnectionName: physicalId };
    await unlessGone(() => context.call('glue', 'DeleteConnection', input));
  },
};

export const catalogResources: readonly ResourceType[] = [database, table, partition, connection];

/**
 * Creates, and takes what is there already for its own when it is exactly what was asked for: the step that a crash
 * interrupted between the deed and its record runs a second time.
 */
async function createOrAdopt(
  create: () => Promise<unknown>,
  read: () => Promise<object>,
  wanted: Properties,
): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!isPlatformError(error, 'AlreadyExistsException')) throw error;
    const existing = await read();
    if (!isDeepStrictEqual(pick(existing, wanted), clean(wanted))) throw error;
  }
}

async function unlessGone(remove: () => Promise<unknown>): Promise<void> {
  await findOr(remove);
}

// oxlint-disable-next-line typescript/no-explicit-any -- the shape is the operation's
async function findOr(read: () => Promise<any>): Promise<any> {
  try {
    return await read();
  } catch (error) {
    if (isPlatformError(error, 'EntityNotFoundException')) return undefined;
    throw error;
  }
}

/** The members of `live` that `wanted` has too, at every depth: what Glue adds by itself is no difference. */
function pick(live: unknown, wanted: unknown): unknown {
  if (Array.isArray(live) && Array.isArray(wanted)) return live.map((item, index) => pick(item, wanted[index] ?? item));
  if (!isRecord(live) || !isRecord(wanted)) return live;
  return Object.fromEntries(Object.keys(clean(wanted)).map((key) => [key, pick(live[key], wanted[key])]));
}

function clean(value: Properties): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}

function catalogOf(properties: Properties): { CatalogId?: string } {
  return properties['CatalogId'] === undefined ? {} : { CatalogId: String(properties['CatalogId']) };
}

function databaseName(properties: Properties): string | undefined {
  return (properties['DatabaseName'] ?? properties['DatabaseInput']?.Name) as string | undefined;
}

function tableInput(properties: Properties, fallbackName: string): Properties & { Name: string } {
  const name: unknown = properties['Name'] ?? properties['TableInput']?.Name ?? fallbackName;
  return { ...properties['TableInput'], Name: String(name).toLowerCase() };
}

function tableState(name: string, properties: Properties): ResourceState {
  return { physicalId: name, attributes: { Id: `${properties['DatabaseName']}|${name}` } };
}

function partitionPlace(properties: Properties): { DatabaseName: string; TableName: string; CatalogId?: string } {
  return { ...catalogOf(properties), DatabaseName: properties['DatabaseName'], TableName: properties['TableName'] };
}

function partitionState(properties: Properties): ResourceState {
  const values: string[] = properties['PartitionInput'].Values ?? [];
  const physicalId = [properties['DatabaseName'], properties['TableName'], JSON.stringify(values)].join('|');
  return { physicalId, attributes: { IdentifierPartitionInputValues: values } };
}
