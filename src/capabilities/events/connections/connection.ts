/**
 * Connections: how a request to an HTTP endpoint proves who it is. What is secret is kept sealed and apart from the
 * definition, and never told to anybody.
 */
import { formatArn, parseArn } from '#kernel/arn';
import { validation } from '../errors.ts';

export type AuthorizationType = 'BASIC' | 'OAUTH_CLIENT_CREDENTIALS' | 'API_KEY';

export interface HttpParameter {
  readonly Key: string;
  readonly Value: string;
  readonly IsValueSecret: boolean;
}

export interface HttpParameterSet {
  readonly HeaderParameters?: readonly HttpParameter[];
  readonly QueryStringParameters?: readonly HttpParameter[];
  readonly BodyParameters?: readonly HttpParameter[];
}

/** In the shape of the API, secrets included: what is sealed. */
export interface AuthParameters {
  readonly BasicAuthParameters?: { readonly Username: string; readonly Password: string };
  readonly ApiKeyAuthParameters?: { readonly ApiKeyName: string; readonly ApiKeyValue: string };
  readonly OAuthParameters?: {
    readonly ClientParameters: { readonly ClientID: string; readonly ClientSecret: string };
    readonly AuthorizationEndpoint: string;
    readonly HttpMethod: 'GET' | 'POST' | 'PUT';
    readonly OAuthHttpParameters?: HttpParameterSet;
  };
  readonly InvocationHttpParameters?: HttpParameterSet;
}

export interface Connection {
  readonly name: string;
  /** Makes the ARN of a connection differ from that of an earlier one of the same name. */
  readonly id: string;
  readonly description?: string;
  readonly type: AuthorizationType;
  readonly state: 'AUTHORIZED' | 'DEAUTHORIZED';
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly authorizedMs: number;
}

export function connectionArn(scope: string, { name, id }: Pick<Connection, 'name' | 'id'>): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'events', region, accountId, resource: `connection/${name}/${id}` });
}

// Differs from AWS: the secret of a connection has its ARN for policies to name, and lies in the state and not in a secrets service.
export function secretArn(scope: string, { name, id }: Pick<Connection, 'name' | 'id'>): string {
  const [accountId = '', region = ''] = scope.split('/');
  const resource = `secret:events!connection/${name}/${id}-${id.slice(-6)}`;
  return formatArn({ service: 'secretsmanager', region, accountId, resource });
}

/** @throws ValidationException */
export function parseConnectionArn(arn: string): { scope: string; name: string; id: string } {
  const { service, region, accountId, resource } = parseArn(arn);
  const match = /^connection\/([^/]+)\/([^/]+)$/.exec(resource);
  if (service !== 'events' || match === null) throw validation(`'${arn}' is not the ARN of a connection.`);
  return { scope: `${accountId}/${region}`, name: match[1] ?? '', id: match[2] ?? '' };
}

/** @throws ValidationException when the parameters are not those of the type */
export function checkAuthParameters(type: AuthorizationType, auth: AuthParameters): void {
  const { BasicAuthParameters: basic, ApiKeyAuthParameters: key, OAuthParameters: oauth } = auth;
  const missing = (what: string): Error =>
    validation(`Authorization type is set as ${type}, but ${what} are missing from AuthParameters.`);
  if (type === 'BASIC' && basic === undefined) throw missing('BasicAuthParameters');
  if (type === 'API_KEY' && key === undefined) throw missing('ApiKeyAuthParameters');
  if (type === 'OAUTH_CLIENT_CREDENTIALS' && oauth === undefined) throw missing('OAuthParameters');
  if (oauth !== undefined && !URL.canParse(oauth.AuthorizationEndpoint)) {
    throw validation(`AuthorizationEndpoint ${oauth.AuthorizationEndpoint} is not a URL.`);
  }
}

/** Without what is secret, as Describe answers. */
export function publicParameters(type: AuthorizationType, auth: AuthParameters): object {
  const { BasicAuthParameters: basic, ApiKeyAuthParameters: key, OAuthParameters: oauth } = auth;
  return {
    ...(type === 'BASIC' && basic && { BasicAuthParameters: { Username: basic.Username } }),
    ...(type === 'API_KEY' && key && { ApiKeyAuthParameters: { ApiKeyName: key.ApiKeyName } }),
    ...(type === 'OAUTH_CLIENT_CREDENTIALS' &&
      oauth && {
        OAuthParameters: {
          ClientParameters: { ClientID: oauth.ClientParameters.ClientID },
          AuthorizationEndpoint: oauth.AuthorizationEndpoint,
          HttpMethod: oauth.HttpMethod,
          ...(oauth.OAuthHttpParameters && { OAuthHttpParameters: withoutSecrets(oauth.OAuthHttpParameters) }),
        },
      }),
    ...(auth.InvocationHttpParameters && { InvocationHttpParameters: withoutSecrets(auth.InvocationHttpParameters) }),
  };
}

function withoutSecrets(set: HttpParameterSet): HttpParameterSet {
  const hide = (list: readonly HttpParameter[] = []): HttpParameter[] =>
    list.map(
      ({ Key, Value, IsValueSecret }) => ({ Key, IsValueSecret, ...(!IsValueSecret && { Value }) }) as HttpParameter,
    );
  return {
    ...(set.HeaderParameters && { HeaderParameters: hide(set.HeaderParameters) }),
    ...(set.QueryStringParameters && { QueryStringParameters: hide(set.QueryStringParameters) }),
    ...(set.BodyParameters && { BodyParameters: hide(set.BodyParameters) }),
  };
}
