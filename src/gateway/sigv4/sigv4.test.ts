/** The public AWS Signature Version 4 test suite (`testdata/sigv4.json`), and requests that must not pass. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { isPlatformError } from '#kernel/errors';
import type { Credential } from '../api.ts';
import {
  canonicalRequest,
  emptyHash,
  hmacHex,
  sha256Hex,
  signingKey,
  stringToSign,
  type SignedParts,
} from './canonical.ts';
import { findClaims } from './claims.ts';
import { Verifier } from './verifier.ts';

interface Vector {
  readonly name: string;
  readonly request: string;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly authorization: string;
}

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'testdata', 'sigv4.json'), 'utf8')) as Vector[];

/** Request line, headers (a folded line belongs to the one before) and body. */
function parseRequest(text: string): SignedParts & { body: string } {
  const [head = '', body = ''] = text.replaceAll('\r', '').split('\n\n');
  const [line = '', ...headerLines] = head.replace(/\n[ \t]+/g, ' ').split('\n');
  const [, method = '', target = ''] = /^(\S+) (.*) HTTP\/1\.1$/.exec(line) ?? [];
  const cut = target.indexOf('?');
  const headers: Record<string, string> = {};
  for (const headerLine of headerLines.filter((part) => part.includes(':'))) {
    const [, name = '', value = ''] = /^([^:]+):(.*)$/.exec(headerLine) ?? [];
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value.trim() : `${headers[key]},${value.trim()}`;
  }
  const [rawPath, rawQuery] = cut === -1 ? [target, ''] : [target.slice(0, cut), target.slice(cut + 1)];
  return { method, rawPath, rawQuery, headers, body };
}

/** One vector leaves the token to its signer's settings. */
function withToken<Request extends SignedParts>(request: Request, { canonicalRequest }: Vector): Request {
  const token = /^x-amz-security-token:(.+)$/m.exec(canonicalRequest)?.[1];
  return token === undefined ? request : { ...request, headers: { ...request.headers, 'x-amz-security-token': token } };
}

const complete = vectors.filter((vector) => vector.canonicalRequest !== '' && vector.authorization !== '');

test(`${complete.length} vectors of the AWS signature suite: canonical request, string to sign, signature`, () => {
  for (const vector of complete) {
    const request = withToken(parseRequest(vector.request), vector);
    const claims = findClaims(
      { ...request, headers: { ...request.headers, authorization: vector.authorization } },
      'query',
    )!;
    const canonical = canonicalRequest(request, {
      signedHeaders: claims.signedHeaders,
      payloadHash: sha256Hex(request.body),
      pathStyle: 'normalized',
    });
    assert.equal(canonical, vector.canonicalRequest.trimEnd(), vector.name);
    const scope = `${claims.date}/${claims.region}/${claims.service}/aws4_request`;
    const text = stringToSign(claims.timestamp, scope, canonical);
    assert.equal(text, vector.stringToSign.trimEnd(), vector.name);
    const key = signingKey(secret, claims.date, claims.region, claims.service);
    assert.equal(hmacHex(key, text), claims.signature, vector.name);
  }
});

const timestamp = '20260101T000000Z';
const scope = '20260101/us-east-1/s3/aws4_request';
const caller = { kind: 'root', accountId: '000000000000', arn: 'a', principalId: 'p' } as const;

function sign(request: SignedParts, signedHeaders: readonly string[]): string {
  const canonical = canonicalRequest(request, { signedHeaders, payloadHash: emptyHash, pathStyle: 'as-sent' });
  const key = signingKey(secret, '20260101', 'us-east-1', 's3');
  return hmacHex(key, stringToSign(timestamp, scope, canonical));
}

function signedGet(headers: Record<string, string> = {}): SignedParts {
  const all: Record<string, string> = {
    host: '127.0.0.1',
    'x-amz-content-sha256': emptyHash,
    'x-amz-date': timestamp,
    ...headers,
  };
  const request = { method: 'GET', rawPath: '/bucket/a%20key', rawQuery: 'prefix=a&marker=%2Fb', headers: all };
  const signedHeaders = Object.keys(all).sort();
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${signedHeaders.join(';')}, Signature=${sign(request, signedHeaders)}`;
  return { ...request, headers: { ...all, authorization } };
}

function presignedGet(expires: string): SignedParts {
  const query = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${encodeURIComponent(`AKIDEXAMPLE/${scope}`)}`,
    `X-Amz-Date=${timestamp}`,
    `X-Amz-Expires=${expires}`,
    'X-Amz-SignedHeaders=host',
  ].join('&');
  const request = { method: 'GET', rawPath: '/bucket/key', rawQuery: query, headers: { host: '127.0.0.1' } };
  const canonical = canonicalRequest(request, {
    signedHeaders: ['host'],
    payloadHash: 'UNSIGNED-PAYLOAD',
    pathStyle: 'as-sent',
  });
  const key = signingKey(secret, '20260101', 'us-east-1', 's3');
  return {
    ...request,
    rawQuery: `${query}&X-Amz-Signature=${hmacHex(key, stringToSign(timestamp, scope, canonical))}`,
  };
}

/** Undefined when the request is accepted, else the error's code. */
function verdict(
  request: SignedParts,
  options: { credential?: Partial<Credential>; afterMs?: number } = {},
): string | undefined {
  const clock = new FakeClock(Date.UTC(2026, 0, 1) + (options.afterMs ?? 0));
  const credential: Credential = { caller, secretAccessKey: secret, ...options.credential };
  const verifier = new Verifier({ findCredential: (id) => (id === 'AKIDEXAMPLE' ? credential : undefined) }, clock);
  try {
    const claims = findClaims(request, 's3');
    if (claims === undefined) return 'unsigned';
    const payloadHash =
      claims.expiresSeconds === undefined ? (request.headers['x-amz-content-sha256'] ?? '') : 'UNSIGNED-PAYLOAD';
    verifier.verify(request, claims, { family: 's3', signingName: 's3', payloadHash });
    return undefined;
  } catch (error) {
    return isPlatformError(error) ? error.code : String(error);
  }
}

test('a signed request passes, by header and by query', () => {
  assert.equal(verdict(signedGet()), undefined);
  assert.equal(verdict(presignedGet('900')), undefined);
});

test('of 1,000 requests with one bit changed not one passes', () => {
  const base = signedGet();
  const parts = ['method', 'rawPath', 'rawQuery', ...Object.keys(base.headers)];
  let accepted = 0;
  for (let round = 0; round < 1000; round++) {
    const part = parts[round % parts.length]!;
    const text = part in base.headers ? base.headers[part]! : base[part as 'method'];
    const at = Math.floor(round / parts.length) % text.length;
    const bit = 1 << (round % 7);
    const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ bit) + text.slice(at + 1);
    const mutant =
      part in base.headers ? { ...base, headers: { ...base.headers, [part]: changed } } : { ...base, [part]: changed };
    if (verdict(mutant) === undefined) {
      // Some changes mean the same request: `%2F` as `%2f`, white space that signing trims away.
      const isSame = decodeURIComponent(changed.trim()) === decodeURIComponent(text.trim());
      if (!isSame) accepted += 1;
    }
  }
  assert.equal(accepted, 0);
});

test('headers that are not under the signature are refused', () => {
  const base = signedGet();
  assert.equal(verdict({ ...base, headers: { ...base.headers, 'x-amz-acl': 'public-read' } }), 'AccessDenied');
  const withoutHost = base.headers['authorization']!.replace('SignedHeaders=host;', 'SignedHeaders=');
  assert.equal(verdict({ ...base, headers: { ...base.headers, authorization: withoutHost } }), 'SignatureDoesNotMatch');
});

test('clocks may differ by 15 minutes', () => {
  assert.equal(verdict(signedGet(), { afterMs: 14 * 60_000 }), undefined);
  assert.equal(verdict(signedGet(), { afterMs: 16 * 60_000 }), 'RequestTimeTooSkewed');
  assert.equal(verdict(signedGet(), { afterMs: -16 * 60_000 }), 'RequestTimeTooSkewed');
});

test('a presigned URL lives from 1 second to 7 days', () => {
  assert.equal(verdict(presignedGet('604800'), { afterMs: 604_800_000 }), undefined);
  assert.equal(verdict(presignedGet('604800'), { afterMs: 604_801_000 }), 'AccessDenied');
  assert.equal(verdict(presignedGet('60'), { afterMs: 61_000, credential: {} }), 'AccessDenied');
  for (const expires of ['0', '-1', '604801', '1.5', 'x', '']) {
    assert.equal(verdict(presignedGet(expires)), 'AuthorizationQueryParametersError', expires);
  }
});

test('a session needs its token, before it expires', () => {
  const sessionToken = 'a-token';
  const expiresAt = new Date(Date.UTC(2026, 0, 1) + 1000);
  const credential = { sessionToken, expiresAt };
  assert.equal(verdict(signedGet({ 'x-amz-security-token': sessionToken }), { credential }), undefined);
  assert.equal(verdict(signedGet({ 'x-amz-security-token': 'another' }), { credential }), 'InvalidToken');
  assert.equal(verdict(signedGet(), { credential }), 'InvalidToken');
  const late = { credential, afterMs: 2000 };
  assert.equal(verdict(signedGet({ 'x-amz-security-token': sessionToken }), late), 'ExpiredToken');
});

test('malformed credentials are told apart from wrong ones', () => {
  const base = signedGet();
  const withAuthorization = (authorization: string): SignedParts => ({
    ...base,
    headers: { ...base.headers, authorization },
  });
  const original = base.headers['authorization']!;
  assert.equal(verdict(withAuthorization(original.replace('AKIDEXAMPLE', 'AKIDOTHER'))), 'InvalidAccessKeyId');
  for (const broken of [
    'Basic dGVzdA==',
    'AWS4-HMAC-SHA256 x',
    original.replace('/aws4_request', ''),
    original.replace(/Signature=.*/, ''),
  ]) {
    assert.equal(verdict(withAuthorization(broken)), 'AuthorizationHeaderMalformed', broken);
  }
});
