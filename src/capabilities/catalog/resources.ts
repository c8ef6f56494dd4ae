/** AWS::Glue::Database, Table, Partition and Connection: the template's properties are Glue's own input shapes. */
import { tagsOf, type Properties, type ResourceContext, type ResourceState, type ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';

const database: ResourceType = {
  type: 'AWS::Glue::Database',

  physicalIdOf(properties, context) {
    const name = databaseName(properties) ?? context.generatedName({ maxLength: 255, lowerCase: true });
    return name.toLowerCase();
  },

  async create(properties, context) {
    const physicalId = idOf(database, properties, context);
    const DatabaseInput = { ...properties['DatabaseInput'], Name: physicalId };
    await context.call('glue', 'CreateDatabase', { ...catalogOf(properties), DatabaseInput });
    return { physicalId };
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

  physicalIdOf(properties, context) {
    const name = (properties['Name'] ?? properties['TableInput']?.Name) as string | undefined;
    return (name ?? context.generatedName({ maxLength: 255, lowerCase: true })).toLowerCase();
  },

  async create(properties, context) {
    const physicalId = idOf(table, properties, context);
    const place = { ...catalogOf(properties), DatabaseName: properties['DatabaseName'] };
    await context.call('glue', 'CreateTable', { ...place, TableInput: tableInput(properties, physicalId) });
    return tableState(physicalId, properties);
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

  physicalIdOf: (properties) => partitionState(properties).physicalId,

  async create(properties, context) {
    const PartitionInput = properties['PartitionInput'];
    await context.call('glue', 'CreatePartition', { ...partitionPlace(properties), PartitionInput });
    return partitionState(properties);
  },

  async update(_physicalId, next, previous, context) {
    await context.call('glue', 'UpdatePartition', {
      ...partitionPlace(next),
      PartitionValueList: (previous['PartitionInput'] ?? next['PartitionInput']).Values,
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

  physicalIdOf: (properties, context) =>
    String(properties['ConnectionInput'].Name ?? context.generatedName({ maxLength: 255 })),

  async create(properties, context) {
    const Name = idOf(connection, properties, context);
    await context.call('glue', 'CreateConnection', {
      ...catalogOf(properties),
      ConnectionInput: { ...properties['ConnectionInput'], Name },
      Tags: tagsOf(properties, context),
    });
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

  async read(physicalId, properties, context) {
    const found = await findOr(() => context.call('glue', 'GetConnection', { Name: physicalId }));
    return found && { ...properties, ConnectionInput: pick(found.Connection, properties['ConnectionInput']) };
  },
};

export const catalogResources: readonly ResourceType[] = [database, table, partition, connection];

function idOf(type: ResourceType, properties: Properties, context: ResourceContext): string {
  return type.physicalIdOf?.(properties, context) ?? '';
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
