/** What browsers ask of a bucket outside the service model: the CORS preflight, and the upload by a form. */
import type { Authorizer, HttpRequest, HttpResponse, Route } from '#gateway';
import { isPlatformError, PlatformError } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Bucket } from '../buckets/bucket.ts';
import { corsHeaders, type CorsRule } from '../buckets/cors.ts';
import { entityTooLarge, invalidArgument } from '../errors.ts';
import { readForm, type FormUpload } from '../form/form-reader.ts';
import { verifyForm } from '../form/form-signature.ts';
import { assertFormAllowed, lengthRangeOf, parsePostPolicy } from '../form/post-policy.ts';
import type { LakeParts } from '../lake.ts';
import { toStorageError } from '../disk/storage-error.ts';
import { readAttributes, type AttributeInput } from './attributes.ts';
import { putBytesMax } from './upload-body.ts';

/** Path style, or the first label of a virtual host. */
export function findBucketName(request: HttpRequest): string | undefined {
  const host = /^([a-z0-9][a-z0-9.-]*?)\.(?:s3[.-][^:]*|localhost)(?::\d+)?$/i.exec(request.headers['host'] ?? '')?.[1];
  if (host !== undefined && host !== 's3') return host.toLowerCase();
  const [, segment = ''] = request.rawPath.split('/');
  try {
    return segment === '' ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function rulesOf({ buckets }: LakeParts, bucket: string): readonly CorsRule[] {
  return buckets.findConfiguration<{ CORSRules?: CorsRule[] }>(bucket, 'cors')?.CORSRules ?? [];
}

/** Headers for the answer to an actual cross-origin request; none when no rule allows it. */
export function crossOriginHeaders(parts: LakeParts, request: HttpRequest): Readonly<Record<string, string>> {
  const { origin } = request.headers;
  const bucket = origin === undefined ? undefined : findBucketName(request);
  if (origin === undefined || bucket === undefined) return {};
  return corsHeaders(rulesOf(parts, bucket), { origin, method: request.method }) ?? {};
}

export function createPreflightRoute(parts: LakeParts): Route {
  return {
    matches: (request) =>
      request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined,
    handle(request) {
      const { origin = '', 'access-control-request-method': method = '' } = request.headers;
      const headers = (request.headers['access-control-request-headers'] ?? '')
        .split(',')
        .map((header) => header.trim())
        .filter((header) => header !== '');
      const bucket = findBucketName(request);
      const allowed =
        bucket === undefined ? undefined : corsHeaders(rulesOf(parts, bucket), { origin, method, headers });
      if (allowed !== undefined) return { status: 200, headers: allowed };
      return errorAnswer(
        new PlatformError(
          'denied',
          'AccessForbidden',
          'CORSResponse: This CORS request is not allowed by the rules of the bucket.',
        ),
      );
    },
  };
}

export function createFormRoute(parts: LakeParts, findCredential: Authorizer['findCredential'] | undefined): Route {
  return {
    matches: (request) =>
      request.method === 'POST' &&
      /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '') &&
      findBucketName(request) !== undefined,
    async handle(request) {
      try {
        const answer = await upload(parts, findCredential, request);
        return { ...answer, headers: { ...answer.headers, ...crossOriginHeaders(parts, request) } };
      } catch (error) {
        if (!isPlatformError(error)) throw error;
        request.body.resume();
        return errorAnswer(error, crossOriginHeaders(parts, request));
      }
    },
  };
}

async function upload(
  parts: LakeParts,
  findCredential: Authorizer['findCredential'] | undefined,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { shelf, buckets, objects } = parts;
  const name = findBucketName(request) ?? '';
  const form = await readForm(request.body, request.headers['content-type'] ?? '');
  const now = shelf.clock.now();
  const credential = verifyForm(form.fields, findCredential, now);
  const policy = parsePostPolicy(form.fields.get('policy') ?? '');
  assertFormAllowed(policy, new Map([['bucket', name], ...form.fields]), now);
  const bucket = buckets.get(name, credential.caller.accountId);
  const key = keyOf(form);
  objects.assertKey(key);
  const attributes = readAttributes(attributeInput(form), buckets, name);
  const range = lengthRangeOf(policy);
  const staged = await stage(form, Math.min(range?.maxBytes ?? putBytesMax, putBytesMax));
  if (range !== undefined && staged.sizeBytes < range.minBytes) {
    staged.discard();
    throw new PlatformError(
      'invalid',
      'EntityTooSmall',
      `The file has ${staged.sizeBytes} bytes; the policy asks for at least ${range.minBytes}.`,
    );
  }
  const origin = { requestId: newUuid(), requester: credential.caller.accountId, sourceIp: request.sourceIp };
  const { etag } = await objects.write({ bucket, key, staged, attributes, reason: 'POST Object', origin });
  return success(request, form, bucket, key, etag);

  async function stage(upload: FormUpload, sizeMaxBytes: number) {
    try {
      return await shelf.staging.write(shelf.store.nextId(), upload.file.bytes, { sizeMaxBytes });
    } catch (error) {
      if (isPlatformError(error, 'EntityTooLarge')) throw entityTooLarge(sizeMaxBytes + 1, sizeMaxBytes);
      throw toStorageError(error, 'the upload');
    }
  }
}

function keyOf({ fields, file }: FormUpload): string {
  const key = fields.get('key');
  if (key === undefined) throw invalidArgument("Bucket POST must contain a field named 'key'.", 'key');
  // Some browsers send the whole path of the file.
  const fileName = file.name.split(/[\\/]/).at(-1) ?? '';
  return key.replaceAll('${filename}', () => fileName);
}

function attributeInput({ fields, file }: FormUpload): AttributeInput {
  const metadata = [...fields].flatMap(([name, value]) =>
    name.startsWith('x-amz-meta-') ? [[name.slice(11), value]] : [],
  );
  const expires = fields.get('expires');
  return {
    ACL: fields.get('acl'),
    CacheControl: fields.get('cache-control'),
    ContentDisposition: fields.get('content-disposition'),
    ContentEncoding: fields.get('content-encoding'),
    ContentType: fields.get('content-type') ?? file.contentType,
    Expires: expires === undefined ? undefined : new Date(expires),
    Metadata: Object.fromEntries(metadata) as Record<string, string>,
    ServerSideEncryption: fields.get('x-amz-server-side-encryption'),
    StorageClass: fields.get('x-amz-storage-class'),
    WebsiteRedirectLocation: fields.get('x-amz-website-redirect-location'),
  };
}

function success(
  request: HttpRequest,
  { fields }: FormUpload,
  bucket: Bucket,
  key: string,
  etag: string,
): HttpResponse {
  const location = `http://${request.headers['host'] ?? 'localhost'}/${bucket.name}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const headers = { etag: `"${etag}"`, location };
  const redirect = fields.get('success_action_redirect');
  if (redirect !== undefined && URL.canParse(redirect)) {
    const target = new URL(redirect);
    for (const [name, value] of [
      ['bucket', bucket.name],
      ['key', key],
      ['etag', `"${etag}"`],
    ] as const)
      target.searchParams.append(name, value);
    return { status: 303, headers: { ...headers, location: target.href } };
  }
  const status = fields.get('success_action_status');
  if (status === '200') return { status: 200, headers };
  if (status !== '201') return { status: 204, headers };
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${escapeXml(location)}</Location><Bucket>${escapeXml(bucket.name)}</Bucket><Key>${escapeXml(key)}</Key><ETag>&quot;${etag}&quot;</ETag></PostResponse>`;
  return { status: 201, headers: { ...headers, 'content-type': 'application/xml' }, body };
}

function errorAnswer(error: PlatformError, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  const statuses: Partial<Record<PlatformError['kind'], number>> = {
    denied: 403,
    absent: 404,
    conflict: 409,
    unavailable: 503,
    internal: 500,
  };
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message><RequestId>${newUuid()}</RequestId></Error>`;
  return { status: statuses[error.kind] ?? 400, headers: { 'content-type': 'application/xml', ...headers }, body };
}

function escapeXml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text
    .replaceAll(/[&<>"]/g, (character) => names[character] ?? '')
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');
}
