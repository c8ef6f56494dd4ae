/** A web request as a function sees it, and its answer as the web sees it (payload format 2.0 of function URLs). */
import type { HttpRequest, HttpResponse } from '#gateway';
import type { FunctionUrl } from './function-url.ts';

export interface EventFacts {
  readonly url: FunctionUrl;
  readonly requestId: string;
  /** Path behind the function's own, with its slash. */
  readonly rawPath: string;
  readonly body: Buffer;
  readonly nowMs: number;
  /** Who signed; undefined for an open address. */
  readonly callerArn: string | undefined;
  readonly accountId: string;
}

const textTypes = /^(text\/|application\/(json|xml|javascript|x-www-form-urlencoded)|[^;]*\+(json|xml))/;

export function httpEvent(request: HttpRequest, facts: EventFacts): object {
  const { url, body, nowMs, rawPath } = facts;
  const { cookie, ...headers } = request.headers;
  const isText = body.length === 0 || textTypes.test(headers['content-type'] ?? '');
  const query = new URLSearchParams(request.rawQuery);
  const parameters: Record<string, string> = {};
  for (const [name, value] of query) {
    const before = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    parameters[name] = before === undefined ? value : `${before},${value}`;
  }
  const host = headers['host'] ?? '';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: request.rawQuery,
    ...(cookie !== undefined && { cookies: cookie.split(/;\s*/) }),
    headers: { 'x-forwarded-for': request.sourceIp, 'x-forwarded-proto': 'http', ...headers },
    ...(query.size > 0 && { queryStringParameters: parameters }),
    requestContext: {
      accountId: facts.callerArn === undefined ? 'anonymous' : facts.accountId,
      apiId: url.id,
      ...(facts.callerArn !== undefined && {
        authorizer: { iam: { accountId: facts.accountId, userArn: facts.callerArn } },
      }),
      domainName: host.replace(/:\d+$/, ''),
      domainPrefix: url.id,
      http: {
        method: request.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: facts.requestId,
      routeKey: '$default',
      stage: '$default',
      time: clfTime(nowMs),
      timeEpoch: nowMs,
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText,
  };
}

interface Answer {
  readonly statusCode?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly cookies?: unknown;
  readonly isBase64Encoded?: unknown;
}

/** What may not stand in the value of a header. */
const unsafeText = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/** An object with a statusCode says all; anything else is the body of a 200, as in AWS. */
export function httpResponse(payload: Buffer): HttpResponse {
  const json = { 'content-type': 'application/json' };
  let told: unknown;
  try {
    told = JSON.parse(payload.toString('utf8'));
  } catch {
    return badGateway();
  }
  const answer = told as Answer | null;
  if (typeof answer !== 'object' || answer === null || answer.statusCode === undefined) {
    return { status: 200, headers: json, body: typeof told === 'string' ? told : payload };
  }
  const status = Number(answer.statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return badGateway();
  const headers: Record<string, string> = { ...json };
  for (const [name, value] of Object.entries((answer.headers ?? {}) as Record<string, unknown>)) {
    const text = String(value);
    // A name or value that is none of HTTP's must not reach the wire.
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || unsafeText.test(text)) return badGateway();
    if (!['content-length', 'connection', 'transfer-encoding'].includes(name.toLowerCase())) {
      headers[name.toLowerCase()] = text;
    }
  }
  const cookies = Array.isArray(answer.cookies) ? answer.cookies.map(String) : [];
  if (cookies.some((cookie) => unsafeText.test(cookie))) return badGateway();
  const { body = '' } = answer;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const bytes = answer.isBase64Encoded === true ? Buffer.from(text, 'base64') : text;
  return { status, headers, ...(cookies.length > 0 && { cookies }), body: bytes };
}

export function badGateway(): HttpResponse {
  return { status: 502, headers: { 'content-type': 'application/json' }, body: '{"Message":"Internal Server Error"}' };
}

/** `12/Mar/2020:19:03:58 +0000` */
function clfTime(timeMs: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(timeMs).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
