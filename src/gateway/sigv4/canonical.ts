/**
 * Signature Version 4: the canonical request, the string to sign and the signature
 * (IAM User Guide, "Create a signed AWS API request").
 */
import { createHash, createHmac } from 'node:crypto';

export interface SignedParts {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** S3 signs the path as it is; every other service resolves dots and encodes once more. */
export type PathStyle = 'as-sent' | 'normalized';

export interface CanonicalOptions {
  /** Lower-case names in the order the client signed them. */
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
  readonly pathStyle: PathStyle;
}

export const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export function canonicalRequest(request: SignedParts, options: CanonicalOptions): string {
  const headers = options.signedHeaders.map(
    (name) => `${name}:${canonicalValue(headerValue(request.headers, name))}\n`,
  );
  return [
    request.method,
    canonicalPath(request.rawPath, options.pathStyle),
    canonicalQuery(request.rawQuery),
    headers.join(''),
    options.signedHeaders.join(';'),
    options.payloadHash,
  ].join('\n');
}

/** @param timestamp `yyyymmddThhmmssZ` */
export function stringToSign(timestamp: string, scope: string, canonical: string): string {
  return `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256Hex(canonical)}`;
}

export function signingKey(secret: string, date: string, region: string, service: string): Buffer {
  return [date, region, service, 'aws4_request'].reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
}

export function hmacHex(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Percent-encodes all but the unreserved characters of RFC 3986. */
export function encodeRfc3986(text: string): string {
  if (/^[A-Za-z0-9_.~-]*$/.test(text)) return text;
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Undoes percent-encoding; text that is not properly encoded stands for itself. */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function canonicalPath(rawPath: string, style: PathStyle): string {
  const path = rawPath === '' ? '/' : rawPath;
  if (style === 'as-sent') return encodeSegments(path, (segment) => encodeRfc3986(decodePercent(segment)));
  return encodeSegments(resolveDots(path), encodeRfc3986);
}

function encodeSegments(path: string, encode: (segment: string) => string): string {
  return path === '/' ? path : path.split('/').map(encode).join('/');
}

function resolveDots(path: string): string {
  if (!/\/\.|\/\//.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const endsOpen = /\/\.{0,2}$/.test(path) && kept.length > 0;
  return `/${kept.join('/')}${endsOpen ? '/' : ''}`;
}

function canonicalQuery(rawQuery: string): string {
  if (rawQuery === '') return '';
  const pairs: [string, string][] = [];
  for (const part of rawQuery.split('&')) {
    if (part === '') continue;
    const cut = part.indexOf('=');
    const name = encodeRfc3986(decodePercent(cut === -1 ? part : part.slice(0, cut)));
    const value = cut === -1 ? '' : encodeRfc3986(decodePercent(part.slice(cut + 1)));
    if (name !== 'X-Amz-Signature') pairs.push([name, value]);
  }
  pairs.sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Over HTTP/2 a client may sign `:authority`, which is the host by another name. */
function headerValue(headers: Readonly<Record<string, string>>, name: string): string {
  return headers[name === ':authority' ? 'host' : name] ?? '';
}

function canonicalValue(value: string): string {
  return value.trim().replace(/ {2,}/g, ' ');
}
