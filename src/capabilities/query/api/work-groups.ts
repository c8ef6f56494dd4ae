/** Athena's operations on work groups, named queries and prepared statements. */
import type {
  Athena,
  NamedQuery as WireNamedQuery,
  PreparedStatement as WirePrepared,
  WorkGroup as WireWorkGroup,
  WorkGroupConfiguration as WireConfiguration,
  WorkGroupConfigurationUpdates,
} from '@aws-sdk/client-athena';
import type { HandlersOf } from '#gateway';
import { formatArn } from '#kernel/arn';
import { decodeToken, encodeToken } from '#kernel/paging';
import type { NamedQuery, PreparedStatement } from '../record.ts';
import {
  defaultConfiguration,
  engineVersionEffective,
  primaryWorkGroup,
  type WorkGroup,
  type WorkGroupConfiguration,
} from '../work-group.ts';
import type { WorkGroups } from '../work-groups.ts';
import { checkedBatch } from './executions.ts';

const pageDefault = 50;

export function workGroupOperations(workGroups: WorkGroups): HandlersOf<Athena> {
  return {
    async CreateWorkGroup(input, context) {
      const name = input.Name ?? '';
      await workGroups.create(context.scope, {
        name,
        description: input.Description,
        configuration: fromWire(input.Configuration),
        tags: (input.Tags ?? []).map((tag) => ({ key: tag.Key ?? '', value: tag.Value ?? '' })),
        arn: workGroupArn(context, name),
      });
      return {};
    },

    GetWorkGroup(input, context) {
      return { WorkGroup: toWire(workGroups.get(context.scope, input.WorkGroup)) };
    },

    ListWorkGroups(input, context) {
      const { page, next } = cut(
        input,
        (after, limit) => workGroups.list(context.scope, after, limit),
        (group) => group.name,
      );
      return {
        WorkGroups: page.map((group) => ({
          Name: group.name,
          State: group.state,
          Description: group.description,
          CreationTime: new Date(group.createdMs),
          EngineVersion: engineVersion(group.configuration),
        })),
        ...next,
      };
    },

    async UpdateWorkGroup(input, context) {
      await workGroups.update(context.scope, input.WorkGroup ?? '', (group) => ({
        ...group,
        description: input.Description ?? group.description,
        state: input.State ?? group.state,
        configuration: updated(group.configuration, input.ConfigurationUpdates),
      }));
      return {};
    },

    async DeleteWorkGroup(input, context) {
      const name = input.WorkGroup ?? '';
      await workGroups.delete(context.scope, name, input.RecursiveDeleteOption === true, workGroupArn(context, name));
      return {};
    },

    async CreateNamedQuery(input, context) {
      const id = await workGroups.createNamedQuery(
        context.scope,
        {
          name: input.Name ?? '',
          description: input.Description,
          database: input.Database ?? '',
          query: input.QueryString ?? '',
          workGroup: input.WorkGroup ?? primaryWorkGroup,
        },
        input.ClientRequestToken,
      );
      return { NamedQueryId: id };
    },

    GetNamedQuery(input, context) {
      return { NamedQuery: namedToWire(workGroups.getNamedQuery(context.scope, input.NamedQueryId ?? '')) };
    },

    BatchGetNamedQuery(input, context) {
      const found = checkedBatch(input.NamedQueryIds ?? []).map(
        (id) => [id, workGroups.findNamedQuery(context.scope, id)] as const,
      );
      return {
        NamedQueries: found.flatMap(([, query]) => (query === undefined ? [] : [namedToWire(query)])),
        UnprocessedNamedQueryIds: found.flatMap(([id, query]) =>
          query === undefined
            ? [{ NamedQueryId: id, ErrorCode: 'INVALID_NAMED_QUERY_ID', ErrorMessage: `Query ${id} was not found` }]
            : [],
        ),
      };
    },

    ListNamedQueries(input, context) {
      const group = input.WorkGroup ?? primaryWorkGroup;
      const { page, next } = cut(
        input,
        (after, limit) => workGroups.listNamedQueries(context.scope, group, after, limit),
        (query) => query.id,
      );
      return { NamedQueryIds: page.map((query) => query.id), ...next };
    },

    async UpdateNamedQuery(input, context) {
      await workGroups.changeNamedQuery(context.scope, input.NamedQueryId ?? '', (query) => ({
        ...query,
        name: input.Name ?? query.name,
        description: input.Description ?? query.description,
        query: input.QueryString ?? query.query,
      }));
      return {};
    },

    async DeleteNamedQuery(input, context) {
      await workGroups.deleteNamedQuery(context.scope, input.NamedQueryId ?? '');
      return {};
    },

    async CreatePreparedStatement(input, context) {
      await workGroups.createPrepared(context.scope, preparedOf(input));
      return {};
    },

    async UpdatePreparedStatement(input, context) {
      await workGroups.changePrepared(context.scope, preparedOf(input));
      return {};
    },

    GetPreparedStatement(input, context) {
      const statement = workGroups.getPrepared(context.scope, input.WorkGroup ?? '', input.StatementName ?? '');
      return { PreparedStatement: preparedToWire(statement) };
    },

    BatchGetPreparedStatement(input, context) {
      const group = workGroups.get(context.scope, input.WorkGroup).name;
      const names = checkedBatch(input.PreparedStatementNames ?? []);
      const found = names.map((name) => [name, workGroups.findPrepared(context.scope, group, name)] as const);
      return {
        PreparedStatements: found.flatMap(([, statement]) =>
          statement === undefined ? [] : [preparedToWire(statement)],
        ),
        UnprocessedPreparedStatementNames: found.flatMap(([name, statement]) =>
          statement === undefined
            ? [
                {
                  StatementName: name,
                  ErrorCode: 'STATEMENT_NOT_FOUND',
                  ErrorMessage: `PreparedStatement ${name} was not found in WorkGroup ${group}`,
                },
              ]
            : [],
        ),
      };
    },

    ListPreparedStatements(input, context) {
      const { page, next } = cut(
        input,
        (after, limit) => workGroups.listPrepared(context.scope, input.WorkGroup ?? '', after, limit),
        (statement) => statement.name,
      );
      return {
        PreparedStatements: page.map((statement) => ({
          StatementName: statement.name,
          LastModifiedTime: new Date(statement.modifiedMs),
        })),
        ...next,
      };
    },

    async DeletePreparedStatement(input, context) {
      await workGroups.deletePrepared(context.scope, input.WorkGroup ?? '', input.StatementName ?? '');
      return {};
    },
  };
}

export function workGroupArn(context: { region: string; accountId: string }, name: string): string {
  return formatArn({
    service: 'athena',
    region: context.region,
    accountId: context.accountId,
    resource: `workgroup/${name}`,
  });
}

/** A page behind the token's key. */
export function cut<T>(
  input: { NextToken?: string | undefined; MaxResults?: number | undefined },
  list: (after: string, limit: number) => T[],
  keyOf: (item: T) => string,
): { page: T[]; next: { NextToken?: string } } {
  const limit = input.MaxResults ?? pageDefault;
  const [after = ''] = input.NextToken === undefined ? [] : decodeToken(input.NextToken, 'InvalidRequestException');
  const items = list(String(after), limit + 1);
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { page, next: items.length > limit && last !== undefined ? { NextToken: encodeToken([keyOf(last)]) } : {} };
}

export function fromWire(wire: WireConfiguration | undefined): WorkGroupConfiguration {
  const {
    ResultConfiguration,
    EnforceWorkGroupConfiguration,
    PublishCloudWatchMetricsEnabled,
    BytesScannedCutoffPerQuery,
    RequesterPaysEnabled,
    EngineVersion,
    ...recorded
  } = wire ?? {};
  const defaults = defaultConfiguration();
  return {
    resultConfiguration: { ...ResultConfiguration },
    // AWS enforces a new work group's settings unless it is told not to.
    enforce: EnforceWorkGroupConfiguration ?? true,
    publishMetrics: PublishCloudWatchMetricsEnabled ?? defaults.publishMetrics,
    scannedMaxBytes: BytesScannedCutoffPerQuery,
    requesterPays: RequesterPaysEnabled ?? false,
    engineVersion: EngineVersion?.SelectedEngineVersion ?? 'AUTO',
    recorded: { ...recorded },
  };
}

function updated(
  current: WorkGroupConfiguration,
  wire: WorkGroupConfigurationUpdates | undefined,
): WorkGroupConfiguration {
  if (wire === undefined) return current;
  const results = { ...current.resultConfiguration };
  const {
    RemoveOutputLocation,
    RemoveEncryptionConfiguration,
    RemoveExpectedBucketOwner,
    RemoveAclConfiguration,
    ...set
  } = wire.ResultConfigurationUpdates ?? {};
  if (RemoveOutputLocation) delete results['OutputLocation'];
  if (RemoveEncryptionConfiguration) delete results['EncryptionConfiguration'];
  if (RemoveExpectedBucketOwner) delete results['ExpectedBucketOwner'];
  if (RemoveAclConfiguration) delete results['AclConfiguration'];
  const { ExecutionRole, AdditionalConfiguration, CustomerContentEncryptionConfiguration } = wire;
  return {
    resultConfiguration: { ...results, ...defined(set) },
    enforce: wire.EnforceWorkGroupConfiguration ?? current.enforce,
    publishMetrics: wire.PublishCloudWatchMetricsEnabled ?? current.publishMetrics,
    scannedMaxBytes: wire.RemoveBytesScannedCutoffPerQuery
      ? undefined
      : (wire.BytesScannedCutoffPerQuery ?? current.scannedMaxBytes),
    requesterPays: wire.RequesterPaysEnabled ?? current.requesterPays,
    engineVersion: wire.EngineVersion?.SelectedEngineVersion ?? current.engineVersion,
    recorded: {
      ...current.recorded,
      ...defined({ ExecutionRole, AdditionalConfiguration, CustomerContentEncryptionConfiguration }),
    },
  };
}

function defined(members: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function toWire(group: WorkGroup): WireWorkGroup {
  const { configuration } = group;
  return {
    Name: group.name,
    State: group.state,
    Description: group.description,
    CreationTime: new Date(group.createdMs),
    Configuration: {
      ...configuration.recorded,
      ResultConfiguration: { ...configuration.resultConfiguration },
      EnforceWorkGroupConfiguration: configuration.enforce,
      PublishCloudWatchMetricsEnabled: configuration.publishMetrics,
      ...(configuration.scannedMaxBytes === undefined
        ? {}
        : { BytesScannedCutoffPerQuery: configuration.scannedMaxBytes }),
      RequesterPaysEnabled: configuration.requesterPays,
      EngineVersion: engineVersion(configuration),
    },
  };
}

function engineVersion(configuration: WorkGroupConfiguration) {
  return { SelectedEngineVersion: configuration.engineVersion, EffectiveEngineVersion: engineVersionEffective };
}

function namedToWire(query: NamedQuery): WireNamedQuery {
  return {
    NamedQueryId: query.id,
    Name: query.name,
    Description: query.description,
    Database: query.database,
    QueryString: query.query,
    WorkGroup: query.workGroup,
  };
}

function preparedOf(input: {
  StatementName?: string | undefined;
  WorkGroup?: string | undefined;
  QueryStatement?: string | undefined;
  Description?: string | undefined;
}): Omit<PreparedStatement, 'modifiedMs'> {
  return {
    name: input.StatementName ?? '',
    workGroup: input.WorkGroup ?? '',
    query: input.QueryStatement ?? '',
    description: input.Description,
  };
}

function preparedToWire(statement: PreparedStatement): WirePrepared {
  return {
    StatementName: statement.name,
    WorkGroupName: statement.workGroup,
    QueryStatement: statement.query,
    Description: statement.description,
    LastModifiedTime: new Date(statement.modifiedMs),
  };
}
