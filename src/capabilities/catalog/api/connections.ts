/** Glue's operations on connections. */
import type { ErrorDetail, Glue, Connection as WireConnection } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import { isPlatformError } from '#kernel/errors';
import { type Connection, type ConnectionInput, type Connections, hidePasswords } from '../records/connection.ts';
import { checkCatalogId, pageByName, refuseMembers, required } from './request.ts';

// Limit: GetConnections returns at most 1,000 in a page, as in Glue.
const pageMax = 1000;

export function connectionOperations(connections: Connections): HandlersOf<Glue> {
  return {
    async CreateConnection(input, context) {
      checkCatalogId(input.CatalogId, context);
      await connections.create(context.scope, inputOf(input), context.caller.arn, input.Tags);
      return { CreateConnectionStatus: 'READY' };
    },

    GetConnection(input, context) {
      checkCatalogId(input.CatalogId, context);
      refuseMembers(input, ['ApplyOverrideForComputeEnvironment']);
      const connection = connections.get(context.scope, required(input.Name, 'Name'));
      return { Connection: toWire(connection, input.HidePassword) };
    },

    GetConnections(input, context) {
      checkCatalogId(input.CatalogId, context);
      const filter = { type: input.Filter?.ConnectionType, matchCriteria: input.Filter?.MatchCriteria };
      const { items, nextToken } = pageByName(
        input,
        pageMax,
        (range) => connections.list(context.scope, range, filter),
        (connection) => connection.Name,
      );
      return { ConnectionList: items.map((item) => toWire(item, input.HidePassword)), NextToken: nextToken };
    },

    async UpdateConnection(input, context) {
      checkCatalogId(input.CatalogId, context);
      const name = required(input.Name, 'Name');
      await connections.update(context.scope, name, inputOf(input), context.caller.arn);
      return {};
    },

    async DeleteConnection(input, context) {
      checkCatalogId(input.CatalogId, context);
      await connections.delete(context.scope, required(input.ConnectionName, 'ConnectionName'));
      return {};
    },

    async BatchDeleteConnection(input, context) {
      checkCatalogId(input.CatalogId, context);
      const succeeded: string[] = [];
      const errors: Record<string, ErrorDetail> = {};
      for (const name of required(input.ConnectionNameList, 'ConnectionNameList')) {
        try {
          await connections.delete(context.scope, name);
          succeeded.push(name);
        } catch (error) {
          if (!isPlatformError(error)) throw error;
          errors[name] = { ErrorCode: error.code, ErrorMessage: error.message };
        }
      }
      return { Succeeded: succeeded, Errors: errors };
    },
  };
}

// Differs from AWS: nothing is reached out to when a connection is made, so ValidateCredentials is refused.
function inputOf(input: {
  ConnectionInput?: { ValidateCredentials?: boolean | undefined } | undefined;
}): ConnectionInput {
  const given = required(input.ConnectionInput, 'ConnectionInput');
  if (given.ValidateCredentials === true) refuseMembers(given, ['ValidateCredentials']);
  return given as unknown as ConnectionInput;
}

function toWire(connection: Connection, hide: boolean | undefined): WireConnection {
  return { ...(hide === true ? hidePasswords(connection) : connection), Status: 'READY' } as WireConnection;
}
