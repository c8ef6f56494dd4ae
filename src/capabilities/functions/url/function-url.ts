/** The web address of a function, and what browsers of other origins may do there. */
import { matchesWildcard } from '#kernel/wildcard';

export interface CorsRules {
  readonly allowCredentials?: boolean;
  readonly allowHeaders?: readonly string[];
  readonly allowMethods?: readonly string[];
  readonly allowOrigins?: readonly string[];
  readonly exposeHeaders?: readonly string[];
  readonly maxAgeSeconds?: number;
}

export interface FunctionUrl {
  /** 32 lower-case letters and digits; the first part of the host name, as in AWS. */
  readonly id: string;
  readonly scope: string;
  readonly name: string;
  /** `$LATEST` or an alias. */
  readonly qualifier: string;
  readonly auth: 'NONE' | 'AWS_IAM';
  readonly cors?: CorsRules;
  /** Whether answers go out while the function writes them. */
  readonly streams?: boolean;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

/** Differs from AWS: the address is a path of the platform's own, since not every client resolves names below localhost. */
export function urlOf({ id }: FunctionUrl, endpoint: string): string {
  return `${endpoint}/lambda-url/${id}/`;
}

/** Headers that let a page of the origin read the answer; none when the rules do not name it. */
export function corsHeaders(
  cors: CorsRules | undefined,
  origin: string | undefined,
  isPreflight: boolean,
): Record<string, string> {
  if (cors === undefined || origin === undefined) return {};
  const allowed = (cors.allowOrigins ?? []).find((pattern) => matchesWildcard(pattern, origin));
  if (allowed === undefined) return {};
  const list = (values: readonly string[] | undefined): string => (values ?? []).join(', ');
  return {
    'access-control-allow-origin': allowed === '*' && cors.allowCredentials !== true ? '*' : origin,
    vary: 'Origin',
    ...(cors.allowCredentials === true && { 'access-control-allow-credentials': 'true' }),
    ...(cors.exposeHeaders !== undefined && { 'access-control-expose-headers': list(cors.exposeHeaders) }),
    ...(isPreflight && {
      'access-control-allow-methods': list(cors.allowMethods ?? ['*']),
      'access-control-allow-headers': list(cors.allowHeaders),
      'access-control-max-age': String(cors.maxAgeSeconds ?? 0),
    }),
  };
}
