/** API destinations: an HTTP endpoint with a connection, a method and a pace. */
import { formatArn } from '#kernel/arn';
import { validation } from '../errors.ts';

export interface ApiDestination {
  readonly name: string;
  readonly id: string;
  readonly description?: string;
  readonly connectionArn: string;
  /** A URL; each asterisk in its path stands for a value that the target gives. */
  readonly endpoint: string;
  readonly method: 'POST' | 'GET' | 'HEAD' | 'OPTIONS' | 'PUT' | 'PATCH' | 'DELETE';
  readonly ratePerSecond: number;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

export const rateDefault = 300;

export function apiDestinationArn(scope: string, { name, id }: Pick<ApiDestination, 'name' | 'id'>): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'events', region, accountId, resource: `api-destination/${name}/${id}` });
}

// Differs from AWS: an endpoint may speak plain HTTP, for services on the same machine.
/** @throws ValidationException */
export function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw validation(`InvocationEndpoint ${endpoint} is not an http or https URL.`);
  }
}

/** The endpoint with its asterisks replaced in order, and query parameters added. */
export function endpointUrl(
  endpoint: string,
  pathValues: readonly string[],
  query: Readonly<Record<string, string>>,
): URL {
  let next = 0;
  const url = new URL(endpoint.replaceAll('*', () => encodeURIComponent(pathValues[next++] ?? '')));
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
