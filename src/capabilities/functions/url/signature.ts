/** Who signed a request to a function's address: the same signature is made again from the secret and compared. */
import { timingSafeEqual } from 'node:crypto';
import { signRequest, type Caller, type Credential, type HttpRequest } from '#gateway';

// Limit: clocks may differ by 5 minutes, as on AWS.
const skewMs = 300_000;

/** @returns undefined when the request is not signed, not by a known key, or not for this service and time */
export function findSigner(
  request: HttpRequest,
  body: Buffer,
  nowMs: number,
  findCredential: (accessKeyId: string) => Credential | undefined,
): Caller | undefined {
  const { headers } = request;
  const authorization = headers['authorization'] ?? '';
  const [, accessKeyId = '', region = '', signed = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/\d{8}\/([^/]+)\/lambda\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  const time = timeOf(headers['x-amz-date'] ?? '');
  const credential = accessKeyId === '' ? undefined : findCredential(accessKeyId);
  if (credential === undefined || time === undefined) return undefined;
  if (Math.abs(time.getTime() - nowMs) > skewMs) return undefined;
  const { secretAccessKey, sessionToken, expiresAt } = credential;
  if (expiresAt !== undefined && expiresAt.getTime() < nowMs) return undefined;
  if (sessionToken !== undefined && headers['x-amz-security-token'] !== sessionToken) return undefined;
  if (secretAccessKey === undefined) return credential.caller;
  const names = signed.split(';');
  if (!names.includes('host') || !names.includes('x-amz-date')) return undefined;
  const made = signRequest({
    method: request.method,
    rawPath: request.rawPath,
    rawQuery: request.rawQuery,
    headers: Object.fromEntries(
      names.filter((name) => name !== 'x-amz-date').map((name) => [name, headers[name] ?? '']),
    ),
    body,
    service: 'lambda',
    region,
    credential: { accessKeyId, secretAccessKey },
    time,
  });
  const [given, wanted] = [Buffer.from(signature), Buffer.from(made['authorization']?.slice(-64) ?? '')];
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? credential.caller : undefined;
}

function timeOf(basic: string): Date | undefined {
  const iso = basic.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
