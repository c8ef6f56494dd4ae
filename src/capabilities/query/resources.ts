/**
 * The CloudFormation types of Athena. Each calls Athena's own operations, so that checks and audit are the same.
 *
 * Differs from AWS: WorkGroupConfigurationUpdates, which AWS has deprecated, has no effect. Change WorkGroupConfiguration.
 */
import { changeTags, tagsOf, wireTags, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';

const workGroup: ResourceType = {
  type: 'AWS::Athena::WorkGroup',
  physicalIdOf: workGroupName,
  async create(properties, context) {
    const name = workGroupName(properties, context);
    await context.call('athena', 'CreateWorkGroup', {
      Name: name,
      Description: properties['Description'],
      Configuration: properties['WorkGroupConfiguration'],
      Tags: wireTags(tagsOf(properties, context)),
    });
    if (properties['State'] === 'DISABLED')
      await context.call('athena', 'UpdateWorkGroup', { WorkGroup: name, State: 'DISABLED' });
    return workGroupState(name, context);
  },
  async update(name, next, previous, context) {
    await context.call('athena', 'UpdateWorkGroup', {
      WorkGroup: name,
      Description: next['Description'] ?? '',
      State: next['State'] ?? 'ENABLED',
      ConfigurationUpdates: configurationUpdates(next['WorkGroupConfiguration'] as Properties | undefined),
    });
    await retag(`workgroup/${name}`, next, previous, context);
    return workGroupState(name, context);
  },
  async delete(name, properties, context) {
    await unlessAbsent(
      context.call('athena', 'DeleteWorkGroup', {
        WorkGroup: name,
        RecursiveDeleteOption: isTrue(properties['RecursiveDeleteOption']),
      }),
      /is not found/,
    );
  },
  async read(name, properties, context) {
    const found = await findOrUndefined(context.call('athena', 'GetWorkGroup', { WorkGroup: name }));
    const group = found?.WorkGroup;
    if (group === undefined) return undefined;
    return pick(properties, {
      Name: group.Name,
      Description: group.Description,
      State: group.State,
      WorkGroupConfiguration: group.Configuration,
    });
  },
};

function workGroupName(properties: Properties, context: ResourceContext): string {
  return String(properties['Name'] ?? context.generatedName({ maxLength: 128 }));
}

async function workGroupState(name: string, context: ResourceContext) {
  const { WorkGroup } = await context.call('athena', 'GetWorkGroup', { WorkGroup: name });
  const created = new Date(WorkGroup.CreationTime).getTime();
  return {
    physicalId: name,
    attributes: {
      CreationTime: String(created / 1000),
      'WorkGroupConfiguration.EngineVersion.EffectiveEngineVersion': String(
        WorkGroup.Configuration.EngineVersion.EffectiveEngineVersion,
      ),
    },
  };
}

/** The whole wanted configuration as updates: what a template leaves out is taken away. */
function configurationUpdates(wanted: Properties = {}): object {
  const results = (wanted['ResultConfiguration'] ?? {}) as Properties;
  return {
    EnforceWorkGroupConfiguration: wanted['EnforceWorkGroupConfiguration'] ?? true,
    PublishCloudWatchMetricsEnabled: wanted['PublishCloudWatchMetricsEnabled'] ?? true,
    RequesterPaysEnabled: wanted['RequesterPaysEnabled'] ?? false,
    EngineVersion: wanted['EngineVersion'],
    ...(wanted['BytesScannedCutoffPerQuery'] === undefined
      ? { RemoveBytesScannedCutoffPerQuery: true }
      : { BytesScannedCutoffPerQuery: wanted['BytesScannedCutoffPerQuery'] }),
    ResultConfigurationUpdates: {
      ...results,
      ...(results['OutputLocation'] === undefined ? { RemoveOutputLocation: true } : {}),
      ...(results['EncryptionConfiguration'] === undefined ? { RemoveEncryptionConfiguration: true } : {}),
    },
  };
}

const namedQuery: ResourceType = {
  type: 'AWS::Athena::NamedQuery',
  async create(properties, context) {
    const { NamedQueryId } = await context.call('athena', 'CreateNamedQuery', {
      Name: properties['Name'] ?? context.logicalId,
      Description: properties['Description'],
      Database: properties['Database'],
      QueryString: properties['QueryString'],
      WorkGroup: properties['WorkGroup'],
      ClientRequestToken: context.token.padEnd(32, '0').slice(0, 128),
    });
    return { physicalId: String(NamedQueryId), attributes: { NamedQueryId: String(NamedQueryId) } };
  },
  async delete(id, _properties, context) {
    await unlessAbsent(context.call('athena', 'DeleteNamedQuery', { NamedQueryId: id }), /was not found/);
  },
  async read(id, properties, context) {
    const found = await findOrUndefined(context.call('athena', 'GetNamedQuery', { NamedQueryId: id }));
    return found === undefined ? undefined : pick(properties, found.NamedQuery);
  },
};

const preparedStatement: ResourceType = {
  type: 'AWS::Athena::PreparedStatement',
  physicalIdOf: (properties) => String(properties['StatementName']),
  async create(properties, context) {
    await context.call('athena', 'CreatePreparedStatement', statementInput(properties));
    return { physicalId: String(properties['StatementName']) };
  },
  async update(name, next, _previous, context) {
    await context.call('athena', 'UpdatePreparedStatement', statementInput(next));
    return { physicalId: name };
  },
  async delete(name, properties, context) {
    await unlessAbsent(
      context.call('athena', 'DeletePreparedStatement', { StatementName: name, WorkGroup: properties['WorkGroup'] }),
      /was not found|is not found/,
    );
  },
  async read(name, properties, context) {
    const found = await findOrUndefined(
      context.call('athena', 'GetPreparedStatement', { StatementName: name, WorkGroup: properties['WorkGroup'] }),
    );
    if (found === undefined) return undefined;
    const { WorkGroupName, ...statement } = found.PreparedStatement;
    return pick(properties, { ...statement, WorkGroup: WorkGroupName });
  },
};

function statementInput(properties: Properties): object {
  return {
    StatementName: properties['StatementName'],
    WorkGroup: properties['WorkGroup'],
    QueryStatement: properties['QueryStatement'],
    Description: properties['Description'],
  };
}

const dataCatalog: ResourceType = {
  type: 'AWS::Athena::DataCatalog',
  physicalIdOf: (properties) => String(properties['Name']),
  async create(properties, context) {
    const name = String(properties['Name']);
    await context.call('athena', 'CreateDataCatalog', {
      ...catalogInput(properties),
      Tags: wireTags(tagsOf(properties, context)),
    });
    return { physicalId: name };
  },
  async update(name, next, previous, context) {
    await context.call('athena', 'UpdateDataCatalog', catalogInput(next));
    await retag(`datacatalog/${name}`, next, previous, context);
    return { physicalId: name };
  },
  async delete(name, _properties, context) {
    await unlessAbsent(context.call('athena', 'DeleteDataCatalog', { Name: name }), /was not found/);
  },
  async read(name, properties, context) {
    const found = await findOrUndefined(context.call('athena', 'GetDataCatalog', { Name: name }));
    return found === undefined ? undefined : pick(properties, found.DataCatalog);
  },
};

function catalogInput(properties: Properties): object {
  return {
    Name: properties['Name'],
    Type: properties['Type'],
    Description: properties['Description'],
    Parameters: properties['Parameters'],
  };
}

export const queryResources: readonly ResourceType[] = [workGroup, namedQuery, preparedStatement, dataCatalog];

async function retag(
  resource: string,
  next: Properties,
  previous: Properties,
  context: ResourceContext,
): Promise<void> {
  const ResourceARN = `arn:aws:athena:${context.region}:${context.accountId}:${resource}`;
  await changeTags(next, previous, context, {
    untag: (TagKeys) => context.call('athena', 'UntagResource', { ResourceARN, TagKeys }),
    tag: (tags) => context.call('athena', 'TagResource', { ResourceARN, Tags: wireTags(tags) }),
  });
}

/** Athena answers for what is gone with the error that it has for any bad request; only the text tells. */
async function unlessAbsent(call: Promise<unknown>, text: RegExp): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isPlatformError(error) || !text.test(error.message)) throw error;
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- the shape depends on the operation that was called
async function findOrUndefined(call: Promise<any>): Promise<any> {
  try {
    return await call;
  } catch (error) {
    if (isPlatformError(error) && /not found/.test(error.message)) return undefined;
    throw error;
  }
}

/** The live values of the properties that the template gives. */
function pick(properties: Properties, live: Readonly<Record<string, unknown>>): Properties {
  return Object.fromEntries(Object.keys(properties).map((name) => [name, live[name] ?? properties[name]]));
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
