/** Signs requests with Signature Version 4, as a client: for our command line and for presigned URLs. */
import {
  canonicalRequest,
  encodeRfc3986,
  hmacHex,
  sha256Hex,
  signingKey,
  stringToSign,
  type SignedParts,
} from './canonical.ts';

export interface SigningCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignOptions extends SignedParts {
  /** `host` must be among the headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Stands for the hash of the body, such as `UNSIGNED-PAYLOAD`. */
  readonly payloadHash?: string;
  /** The signing name, such as `s3`. */
  readonly service: string;
  readonly region: string;
  readonly credential: SigningCredential;
  readonly time: Date;
}

/** @returns the headers with `x-amz-date`, the session token and `authorization` added; all of them are signed */
export function signRequest(options: SignOptions): Record<string, string> {
  const { credential } = options;
  const timestamp = basicTime(options.time);
  const payloadHash = options.payloadHash ?? sha256Hex(options.body ?? '');
  const headers: Record<string, string> = {
    ...Object.fromEntries(Object.entries(options.headers).map(([name, value]) => [name.toLowerCase(), value])),
    'x-amz-date': timestamp,
    ...(credential.sessionToken === undefined ? {} : { 'x-amz-security-token': credential.sessionToken }),
    ...(options.service === 's3' ? { 'x-amz-content-sha256': payloadHash } : {}),
  };
  const signedHeaders = Object.keys(headers).sort();
  const signature = signatureOf({ ...options, headers }, timestamp, signedHeaders, payloadHash);
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential.accessKeyId}/${scopeOf(options, timestamp)}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}

/**
 * The query of a presigned URL; only the host is signed.
 * @param expiresSeconds 1 to 604800
 */
export function presignQuery(options: Omit<SignOptions, 'body' | 'payloadHash'>, expiresSeconds: number): string {
  const { credential } = options;
  const timestamp = basicTime(options.time);
  const query = [
    ...(options.rawQuery === '' ? [] : [options.rawQuery]),
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${encodeRfc3986(`${credential.accessKeyId}/${scopeOf(options, timestamp)}`)}`,
    `X-Amz-Date=${timestamp}`,
    `X-Amz-Expires=${expiresSeconds}`,
    ...(credential.sessionToken === undefined
      ? []
      : [`X-Amz-Security-Token=${encodeRfc3986(credential.sessionToken)}`]),
    'X-Amz-SignedHeaders=host',
  ].join('&');
  const signature = signatureOf({ ...options, rawQuery: query }, timestamp, ['host'], 'UNSIGNED-PAYLOAD');
  return `${query}&X-Amz-Signature=${signature}`;
}

function signatureOf(
  options: Omit<SignOptions, 'body'>,
  timestamp: string,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const pathStyle = options.service === 's3' ? 'as-sent' : 'normalized';
  const canonical = canonicalRequest(options, { signedHeaders, payloadHash, pathStyle });
  const { credential, region, service } = options;
  const key = signingKey(credential.secretAccessKey, timestamp.slice(0, 8), region, service);
  return hmacHex(key, stringToSign(timestamp, scopeOf(options, timestamp), canonical));
}

function scopeOf(options: Pick<SignOptions, 'region' | 'service'>, timestamp: string): string {
  return `${timestamp.slice(0, 8)}/${options.region}/${options.service}/aws4_request`;
}

/** `yyyymmddThhmmssZ` */
function basicTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
