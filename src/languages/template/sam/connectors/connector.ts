/**
 * `AWS::Serverless::Connector` and the `Connectors` of a resource: what one resource may do with another, said in one
 * word and made into the policy or the permission that it takes.
 */
import { type Mapping, type Value, isMapping } from '../../value.ts';
import { serverlessError } from '../errors.ts';
import { type Expansion, type ServerlessResource, listOf } from '../expansion.ts';
import { type Access, type Grant, type Permission, combinationsOf, findAccess } from './access.ts';
import { type Endpoint, readEndpoint } from './endpoint.ts';

const known = ['Source', 'Destination', 'Permissions', 'SourceReference'];
const principals: Readonly<Record<string, string>> = {
  'AWS::SNS::Topic': 'sns.amazonaws.com',
  'AWS::S3::Bucket': 's3.amazonaws.com',
  'AWS::Events::Rule': 'events.amazonaws.com',
};

/** The connectors that stand in a resource, as if each were a resource of its own. @throws ValidationError */
export function connectorsWithin(logicalId: string, connectors: Value): ServerlessResource[] {
  if (!isMapping(connectors)) throw serverlessError(logicalId, "'Connectors' must be a map.");
  return Object.entries(connectors).map(([name, body]) => {
    const properties = isMapping(body) ? body['Properties'] : undefined;
    if (!isMapping(body) || !isMapping(properties)) {
      throw serverlessError(logicalId, `'Connectors.${name}' must be a map with 'Properties'.`);
    }
    const { Properties: _properties, ...attributes } = body;
    const { SourceReference: more, ...own } = properties;
    const Source = { ...(isMapping(more) ? more : {}), Id: logicalId };
    return { logicalId: `${logicalId}${name}`, attributes, properties: { ...own, Source } };
  });
}

/**
 * Runs after everything else is expanded, since it reads the roles that others have made.
 * @param writtenTypes of the template's resources before the expansion
 */
export function expandConnector(
  expansion: Expansion,
  resource: ServerlessResource,
  writtenTypes: ReadonlyMap<string, string>,
): void {
  const { logicalId, properties } = resource;
  const stranger = Object.keys(properties).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw serverlessError(
      logicalId,
      `property ${stranger} not defined for resource of type AWS::Serverless::Connector.`,
    );
  }
  for (const name of ['Source', 'Destination', 'Permissions']) {
    if (properties[name] === undefined) throw serverlessError(logicalId, `Missing required property '${name}'.`);
  }
  const { Source: from, Destination: to } = properties;
  const isMany = Array.isArray(to);
  for (const [index, value] of listOf(to).entries()) {
    const ends = { connectorId: logicalId };
    const source = readEndpoint(expansion, writtenTypes, { ...ends, side: 'Source', value: from, other: value });
    const destination = readEndpoint(expansion, writtenTypes, { ...ends, side: 'Destination', value, other: from });
    connect(expansion, { resource, source, destination, suffix: isMany ? `Destination${index}` : '' });
  }
}

interface Connection {
  readonly resource: ServerlessResource;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Tells several destinations of one connector apart. */
  readonly suffix: string;
}

function connect(expansion: Expansion, connection: Connection): void {
  const { source, destination, resource } = connection;
  const access = findAccess(source.type, destination.type);
  if (access === undefined) {
    throw serverlessError(
      resource.logicalId,
      `Unable to create connector from ${source.type} to ${destination.type}; it's not supported or the template is invalid.`,
    );
  }
  const permissions = permissionsOf(connection, access);
  switch (access.means) {
    case 'role':
      return addPolicy(expansion, connection, access, permissions);
    case 'function permission':
      return addFunctionPermission(expansion, connection);
    case 'queue policy':
      return addResourcePolicy(expansion, connection, {
        name: 'Queue',
        type: 'AWS::SQS::QueuePolicy',
        action: 'sqs:SendMessage',
        members: { Queues: [needed(connection, destination, 'queueUrl', 'Destination')] },
      });
    case 'topic policy':
      return addResourcePolicy(expansion, connection, {
        name: 'Topic',
        type: 'AWS::SNS::TopicPolicy',
        action: 'sns:Publish',
        members: { Topics: [needed(connection, destination, 'arn', 'Destination')] },
      });
  }
}

/** @throws ValidationError naming the sets that work */
function permissionsOf({ resource, source, destination }: Connection, access: Access): readonly Permission[] {
  const wanted = new Set(listOf(resource.properties['Permissions']));
  const combinations = combinationsOf(access);
  const found = combinations.find((set) => set.length === wanted.size && set.every((name) => wanted.has(name)));
  if (found !== undefined) return found;
  const what = combinations.some((set) => set.length > 1) ? 'combinations' : 'values';
  const names = combinations.map((set) => set.join(' + ')).join(', ');
  throw serverlessError(
    resource.logicalId,
    `Unsupported 'Permissions' provided for connector from ${source.type} to ${destination.type}; valid ${what} are: ${names}.`,
  );
}

function addPolicy(
  expansion: Expansion,
  connection: Connection,
  access: Extract<Access, { means: 'role' }>,
  permissions: readonly Permission[],
): void {
  const isSource = access.holder === 'source';
  const [holder, side] = isSource
    ? ([connection.source, 'Source'] as const)
    : ([connection.destination, 'Destination'] as const);
  const subject = isSource ? connection.destination : connection.source;
  if (holder.roleName === undefined) {
    throw serverlessError(connection.resource.logicalId, `Unable to get IAM role name from '${side}' resource.`);
  }
  const subjectSide = isSource ? 'Destination' : 'Source';
  const Statement = Object.entries(access.grants)
    .filter(([name]) => permissions.some((permission) => permission === name))
    .flatMap(([, grants]) => grants)
    .map((grant) => ({
      Effect: 'Allow',
      Action: [...grant.actions],
      Resource: resourcesOf(connection, subject, subjectSide, grant),
    }));
  const policyId = add(expansion, connection, 'Policy', 'AWS::IAM::ManagedPolicy', {
    PolicyDocument: { Version: '2012-10-17', Statement },
    Roles: [holder.roleName],
  });
  makeWait(expansion, connection, policyId);
}

/** Two kinds of resources use the access while they are made: a machine that starts another, and what polls a queue. */
function makeWait(expansion: Expansion, { source, destination }: Connection, policyId: string): void {
  const machine = 'AWS::StepFunctions::StateMachine';
  for (const [logicalId, resource] of Object.entries(expansion.resources)) {
    if (!isMapping(resource)) continue;
    const isMachine = source.type === machine && destination.type === machine && logicalId === source.logicalId;
    if (!isMachine && !isMappingBetween(resource, source, destination)) continue;
    expansion.resources[logicalId] = { ...resource, DependsOn: [...listOf(resource['DependsOn']), policyId] };
  }
}

function isMappingBetween(resource: Mapping, source: Endpoint, destination: Endpoint): boolean {
  if (resource['Type'] !== 'AWS::Lambda::EventSourceMapping' || !isMapping(resource['Properties'])) return false;
  const { FunctionName, EventSourceArn } = resource['Properties'];
  const names = (endpoint: Endpoint, value: Value | undefined): boolean =>
    endpoint.logicalId !== undefined && JSON.stringify(value ?? '').includes(`"${endpoint.logicalId}"`);
  return names(destination, FunctionName) && names(source, EventSourceArn);
}

function resourcesOf(connection: Connection, subject: Endpoint, side: string, { on }: Grant): Value[] {
  switch (on) {
    case 'itself':
      return [needed(connection, subject, 'arn', side)];
    case 'contents': {
      const arn = needed(connection, subject, 'arn', side);
      return [arn, { 'Fn::Sub': [`\${${side}Arn}/*`, { [`${side}Arn`]: arn }] }];
    }
    case 'executions': {
      const prefix = 'arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution';
      const name = needed(connection, subject, 'name', side);
      return [{ 'Fn::Sub': [`${prefix}:\${${side}Name}:*`, { [`${side}Name`]: name }] }];
    }
    case 'completion rule': {
      const rule = 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';
      return [{ 'Fn::Sub': `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:${rule}` }];
    }
  }
}

function addFunctionPermission(expansion: Expansion, connection: Connection): void {
  const { source, destination } = connection;
  add(expansion, connection, 'WriteLambdaPermission', 'AWS::Lambda::Permission', {
    Action: 'lambda:InvokeFunction',
    FunctionName: needed(connection, destination, 'arn', 'Destination'),
    Principal: principals[source.type] ?? '',
    // A bucket's ARN does not say whose it is.
    ...(source.type === 'AWS::S3::Bucket' && { SourceAccount: { 'Fn::Sub': '${AWS::AccountId}' } }),
    SourceArn: needed(connection, source, 'arn', 'Source'),
  });
}

function addResourcePolicy(
  expansion: Expansion,
  connection: Connection,
  policy: { readonly name: string; readonly type: string; readonly action: string; readonly members: Mapping },
): void {
  const { source, destination } = connection;
  const statement = {
    Effect: 'Allow',
    Principal: { Service: principals[source.type] ?? '' },
    Resource: needed(connection, destination, 'arn', 'Destination'),
    Action: policy.action,
    Condition: { ArnEquals: { 'aws:SourceArn': needed(connection, source, 'arn', 'Source') } },
  };
  add(expansion, connection, `${policy.name}Policy`, policy.type, {
    PolicyDocument: { Version: '2012-10-17', Statement: [statement] },
    ...policy.members,
  });
}

/** @throws ValidationError for a resource outside the template that does not tell it */
function needed(
  { resource }: Connection,
  endpoint: Endpoint,
  member: 'arn' | 'name' | 'queueUrl',
  side: string,
): Value {
  const value = endpoint[member];
  if (value !== undefined) return value;
  const property = { arn: 'Arn', name: 'Name', queueUrl: 'QueueUrl' }[member];
  throw serverlessError(resource.logicalId, `'${side}' of the type ${endpoint.type} needs '${property}'.`);
}

function add(
  expansion: Expansion,
  { resource, source, destination, suffix }: Connection,
  name: string,
  type: string,
  properties: Mapping,
): string {
  const { logicalId, attributes } = resource;
  const trace = { Source: { Type: source.writtenType }, Destination: { Type: destination.writtenType } };
  const before = isMapping(attributes['Metadata']) ? attributes['Metadata'] : {};
  const id = `${logicalId}${name}${suffix}`;
  expansion.add(id, type, properties, {
    ...attributes,
    Metadata: { ...before, 'aws:sam:connectors': { [logicalId]: trace } },
  });
  return id;
}
