import type { EventBridge, UpdateConnectionRequest } from '@aws-sdk/client-eventbridge';
import type { HandlersOf } from '#gateway';
import { apiDestinationArn, rateDefault, type ApiDestination } from '../connections/api-destination.ts';
import type { ApiDestinations } from '../connections/api-destinations.ts';
import {
  connectionArn,
  publicParameters,
  secretArn,
  type AuthParameters,
  type Connection,
} from '../connections/connection.ts';
import type { Connections } from '../connections/connections.ts';
import { validation } from '../errors.ts';
import { pageFor } from './page.ts';

export function connectionOperations(connections: Connections): HandlersOf<EventBridge> {
  return {
    async CreateConnection(input, { scope }) {
      refusePrivate(input);
      const connection = await connections.create(scope, {
        name: input.Name ?? '',
        description: input.Description,
        type: input.AuthorizationType ?? 'BASIC',
        auth: (input.AuthParameters ?? {}) as AuthParameters,
      });
      return changed(scope, connection);
    },
    async UpdateConnection(input, { scope }) {
      refusePrivate(input);
      const connection = await connections.update(scope, {
        name: input.Name ?? '',
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.AuthorizationType !== undefined && { type: input.AuthorizationType }),
        ...(input.AuthParameters !== undefined && { auth: input.AuthParameters as AuthParameters }),
      });
      return { ...changed(scope, connection), LastAuthorizedTime: new Date(connection.authorizedMs) };
    },
    async DeauthorizeConnection(input, { scope }) {
      return changed(scope, await connections.deauthorize(scope, input.Name ?? ''));
    },
    async DeleteConnection(input, { scope }) {
      const connection = await connections.delete(scope, input.Name ?? '');
      return { ...changed(scope, connection), ConnectionState: 'DELETING' };
    },
    DescribeConnection(input, { scope }) {
      const { connection, auth } = connections.get(scope, input.Name ?? '');
      return {
        ...wireConnection(scope, connection),
        ...(connection.description !== undefined && { Description: connection.description }),
        SecretArn: secretArn(scope, connection),
        AuthParameters: publicParameters(connection.type, auth),
      };
    },
    ListConnections(input, { scope }) {
      const wanted = connections
        .list(scope)
        .filter(
          ({ name, state }) => name.startsWith(input.NamePrefix ?? '') && (input.ConnectionState ?? state) === state,
        );
      const page = pageFor(wanted, input, ({ name }) => [name]);
      return {
        Connections: page.items.map((connection) => wireConnection(scope, connection)),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
  };
}

export function apiDestinationOperations(destinations: ApiDestinations): HandlersOf<EventBridge> {
  const changedDestination = (scope: string, destination: ApiDestination) => ({
    ApiDestinationArn: apiDestinationArn(scope, destination),
    ApiDestinationState: destinations.isActive(destination) ? ('ACTIVE' as const) : ('INACTIVE' as const),
    CreationTime: new Date(destination.createdMs),
    LastModifiedTime: new Date(destination.modifiedMs),
  });
  const wireDestination = (scope: string, destination: ApiDestination) => ({
    ...changedDestination(scope, destination),
    Name: destination.name,
    ConnectionArn: destination.connectionArn,
    InvocationEndpoint: destination.endpoint,
    HttpMethod: destination.method,
    InvocationRateLimitPerSecond: destination.ratePerSecond,
  });
  return {
    async CreateApiDestination(input, { scope }) {
      const made = await destinations.create(scope, {
        name: input.Name ?? '',
        ...(input.Description !== undefined && { description: input.Description }),
        connectionArn: input.ConnectionArn ?? '',
        endpoint: input.InvocationEndpoint ?? '',
        method: input.HttpMethod ?? 'POST',
        ratePerSecond: input.InvocationRateLimitPerSecond ?? rateDefault,
      });
      return changedDestination(scope, made);
    },
    async UpdateApiDestination(input, { scope }) {
      const made = await destinations.update(scope, input.Name ?? '', {
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.ConnectionArn !== undefined && { connectionArn: input.ConnectionArn }),
        ...(input.InvocationEndpoint !== undefined && { endpoint: input.InvocationEndpoint }),
        ...(input.HttpMethod !== undefined && { method: input.HttpMethod }),
        ...(input.InvocationRateLimitPerSecond !== undefined && { ratePerSecond: input.InvocationRateLimitPerSecond }),
      });
      return changedDestination(scope, made);
    },
    async DeleteApiDestination(input, { scope }) {
      await destinations.delete(scope, input.Name ?? '');
      return {};
    },
    DescribeApiDestination(input, { scope }) {
      const destination = destinations.get(scope, input.Name ?? '');
      return {
        ...wireDestination(scope, destination),
        ...(destination.description !== undefined && { Description: destination.description }),
      };
    },
    ListApiDestinations(input, { scope }) {
      const wanted = destinations
        .list(scope)
        .filter(
          ({ name, connectionArn: arn }) =>
            name.startsWith(input.NamePrefix ?? '') && (input.ConnectionArn ?? arn) === arn,
        );
      const page = pageFor(wanted, input, ({ name }) => [name]);
      return {
        ApiDestinations: page.items.map((destination) => wireDestination(scope, destination)),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
  };
}

function refusePrivate(
  input: Pick<UpdateConnectionRequest, 'InvocationConnectivityParameters' | 'KmsKeyIdentifier' | 'AuthParameters'>,
): void {
  if (
    input.InvocationConnectivityParameters !== undefined ||
    input.AuthParameters?.ConnectivityParameters !== undefined
  ) {
    throw validation('Connectivity parameters (private APIs) are not served. Leave them out.');
  }
  if (input.KmsKeyIdentifier !== undefined) throw validation('KmsKeyIdentifier is not served. Leave it out.');
}

function changed(scope: string, connection: Connection) {
  return {
    ConnectionArn: connectionArn(scope, connection),
    ConnectionState: connection.state,
    CreationTime: new Date(connection.createdMs),
    LastModifiedTime: new Date(connection.modifiedMs),
  };
}

function wireConnection(scope: string, connection: Connection) {
  return {
    ...changed(scope, connection),
    Name: connection.name,
    AuthorizationType: connection.type,
    LastAuthorizedTime: new Date(connection.authorizedMs),
  };
}
