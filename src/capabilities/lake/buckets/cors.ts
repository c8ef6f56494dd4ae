/** Cross-origin rules of a bucket: which origin may do what from a browser. S3 user guide, "Using CORS". */
import { invalidRequest, malformedXml } from '../errors.ts';

export interface CorsRule {
  readonly AllowedOrigins?: readonly string[] | undefined;
  readonly AllowedMethods?: readonly string[] | undefined;
  readonly AllowedHeaders?: readonly string[] | undefined;
  readonly ExposeHeaders?: readonly string[] | undefined;
  readonly MaxAgeSeconds?: number | undefined;
}

export interface CorsRequest {
  readonly origin: string;
  readonly method: string;
  /** Of a preflight: the headers that the browser wants to send. */
  readonly headers?: readonly string[];
}

const rulesMax = 100;
const methods = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];

/** @throws MalformedXML, InvalidRequest */
export function assertCorsRules(rules: readonly CorsRule[]): void {
  if (rules.length === 0 || rules.length > rulesMax)
    throw malformedXml(`A CORS configuration has 1 to ${rulesMax} rules, not ${rules.length}.`);
  for (const rule of rules) {
    const { AllowedOrigins: origins = [], AllowedMethods: allowed = [], AllowedHeaders: headers = [] } = rule;
    if (origins.length === 0 || allowed.length === 0)
      throw malformedXml('A CORS rule needs at least one AllowedOrigin and one AllowedMethod.');
    const bad = allowed.find((method) => !methods.includes(method));
    if (bad !== undefined)
      throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${bad}.`);
    const wild = [...origins, ...headers].find((text) => text.split('*').length > 2);
    if (wild !== undefined) throw invalidRequest(`'${wild}' can not have more than one wildcard.`);
  }
}

/** Headers to answer with; undefined when no rule allows the request. */
export function corsHeaders(rules: readonly CorsRule[], request: CorsRequest): Record<string, string> | undefined {
  const rule = rules.find((candidate) => allows(candidate, request));
  if (rule === undefined) return undefined;
  const isAnyOrigin = rule.AllowedOrigins?.includes('*') ?? false;
  return {
    'access-control-allow-origin': isAnyOrigin ? '*' : request.origin,
    'access-control-allow-methods': (rule.AllowedMethods ?? []).join(', '),
    ...(request.headers &&
      request.headers.length > 0 && { 'access-control-allow-headers': request.headers.join(', ') }),
    ...(rule.ExposeHeaders?.length && { 'access-control-expose-headers': rule.ExposeHeaders.join(', ') }),
    ...(rule.MaxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.MaxAgeSeconds) }),
    ...(!isAnyOrigin && { 'access-control-allow-credentials': 'true' }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function allows(rule: CorsRule, { origin, method, headers = [] }: CorsRequest): boolean {
  return (
    (rule.AllowedMethods ?? []).includes(method) &&
    (rule.AllowedOrigins ?? []).some((pattern) => matchesPattern(pattern, origin)) &&
    headers.every((header) =>
      (rule.AllowedHeaders ?? []).some((pattern) => matchesPattern(pattern.toLowerCase(), header.toLowerCase())),
    )
  );
}

/** One `*` stands for anything. */
function matchesPattern(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star === -1) return pattern === text;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
}
