/** What a request says about its signature: in the `Authorization` header or in the query of a presigned URL. */
import { oldSignature, signatureError, type ErrorFamily } from '../errors.ts';
import { decodePercent, type SignedParts } from './canonical.ts';

export interface Claims {
  readonly accessKeyId: string;
  /** `yyyymmdd` of the credential scope. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `yyyymmddThhmmssZ` */
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** Seconds a presigned URL is good for; undefined for a signed header. */
  readonly expiresSeconds: number | undefined;
}

export interface CredentialScope {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** The credential scope alone: enough to know the service. Undefined when there is none or it is malformed. */
export function findScope(request: SignedParts): CredentialScope | undefined {
  const header = request.headers['authorization'];
  const text =
    header === undefined ? queryValue(request.rawQuery, 'X-Amz-Credential') : /Credential=([^,\s]+)/.exec(header)?.[1];
  return text === undefined ? undefined : parseScope(text);
}

/**
 * @returns undefined when the request is not signed at all
 * @throws IncompleteSignature when it is signed but parts are missing or malformed; InvalidRequest for version 2
 */
export function findClaims(request: SignedParts, family: ErrorFamily): Claims | undefined {
  const header = request.headers['authorization'];
  if (family === 's3' && isVersion2(header, request.rawQuery)) throw oldSignature();
  if (header !== undefined) return headerClaims(header, request, family);
  return request.rawQuery.includes('X-Amz-') ? queryClaims(request.rawQuery, family) : undefined;
}

/** Signature Version 2, which boto3 still uses for presigned URLs unless it is told otherwise. */
function isVersion2(header: string | undefined, rawQuery: string): boolean {
  if (header !== undefined) return header.startsWith('AWS ');
  return queryValue(rawQuery, 'AWSAccessKeyId') !== undefined && queryValue(rawQuery, 'Signature') !== undefined;
}

function headerClaims(header: string, request: SignedParts, family: ErrorFamily): Claims {
  if (!header.startsWith(`${algorithm} `)) {
    throw signatureError('incomplete', family, `The Authorization header must begin with ${algorithm}.`);
  }
  const parts = new Map<string, string>();
  for (const part of header.slice(algorithm.length + 1).split(',')) {
    const cut = part.indexOf('=');
    if (cut !== -1) parts.set(part.slice(0, cut).trim(), part.slice(cut + 1).trim());
  }
  return readClaims(
    {
      credential: parts.get('Credential'),
      signedHeaders: parts.get('SignedHeaders'),
      signature: parts.get('Signature'),
      timestamp: request.headers['x-amz-date'] ?? fromHttpDate(request.headers['date']),
      sessionToken: request.headers['x-amz-security-token'],
      expiresSeconds: undefined,
    },
    family,
  );
}

function queryClaims(rawQuery: string, family: ErrorFamily): Claims | undefined {
  const value = (name: string): string | undefined => queryValue(rawQuery, name);
  const named = value('X-Amz-Algorithm');
  if (named === undefined && value('X-Amz-Signature') === undefined && value('X-Amz-Credential') === undefined) {
    return undefined;
  }
  if (named !== algorithm) throw signatureError('incomplete', family, `X-Amz-Algorithm must be ${algorithm}.`);
  const expires = value('X-Amz-Expires') ?? '';
  // Only S3 insists on an expiry; elsewhere (GetCallerIdentity) a URL without one lives as long as a signed header.
  const expiresSeconds = expires === '' && family !== 's3' ? 900 : Number(expires || 'NaN');
  if (!(Number.isInteger(expiresSeconds) && expiresSeconds >= 1 && expiresSeconds <= 604_800)) {
    const code = family === 's3' ? 'badQuery' : 'incomplete';
    throw signatureError(
      code,
      family,
      `X-Amz-Expires must be a whole number of seconds from 1 to 604800, not '${expires}'.`,
    );
  }
  return readClaims(
    {
      credential: value('X-Amz-Credential'),
      signedHeaders: value('X-Amz-SignedHeaders'),
      signature: value('X-Amz-Signature'),
      timestamp: value('X-Amz-Date'),
      sessionToken: value('X-Amz-Security-Token'),
      expiresSeconds,
    },
    family,
  );
}

interface ClaimTexts {
  readonly credential: string | undefined;
  readonly signedHeaders: string | undefined;
  readonly signature: string | undefined;
  readonly timestamp: string | undefined;
  readonly sessionToken: string | undefined;
  readonly expiresSeconds: number | undefined;
}

function readClaims(texts: ClaimTexts, family: ErrorFamily): Claims {
  const { credential, signedHeaders, signature, timestamp } = texts;
  const refuse = (what: string): Error => signatureError('incomplete', family, `The signature lacks ${what}.`);
  if (credential === undefined) throw refuse('a Credential');
  if (!signedHeaders) throw refuse('SignedHeaders');
  if (!signature) throw refuse('a Signature');
  if (timestamp === undefined || !/^\d{8}T\d{6}Z$/.test(timestamp)) {
    throw refuse('a time: x-amz-date must be yyyymmddThhmmssZ');
  }
  const scope = parseScope(credential);
  if (scope === undefined) throw refuse('a credential scope: key/date/region/service/aws4_request');
  if (scope.date !== timestamp.slice(0, 8)) {
    throw signatureError('badSignature', family, `The credential's date ${scope.date} is not that of ${timestamp}.`);
  }
  return {
    ...scope,
    signedHeaders: signedHeaders.split(';'),
    signature,
    timestamp,
    sessionToken: texts.sessionToken,
    expiresSeconds: texts.expiresSeconds,
  };
}

function parseScope(text: string): CredentialScope | undefined {
  const parts = text.split('/');
  const [date, region, service, terminator] = parts.slice(-4);
  // An access key id may itself hold a slash in test set-ups; the last four parts are the scope.
  const accessKeyId = parts.slice(0, -4).join('/');
  if (accessKeyId === '' || terminator !== 'aws4_request' || !date || !/^\d{8}$/.test(date) || !region || !service) {
    return undefined;
  }
  return { accessKeyId, date, region, service };
}

function queryValue(rawQuery: string, name: string): string | undefined {
  for (const part of rawQuery.split('&')) {
    if (part.startsWith(name) && part.charAt(name.length) === '=') return decodePercent(part.slice(name.length + 1));
  }
  return undefined;
}

function fromHttpDate(text: string | undefined): string | undefined {
  const time = new Date(text ?? '');
  if (Number.isNaN(time.getTime())) return undefined;
  return `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
