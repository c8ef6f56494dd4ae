/** Where the text of a template comes from: the request itself, or an object in the lake. */
import type { Dispatcher } from '#gateway';
import { messageOf } from '#kernel/errors';
import { textBytesMax } from '#languages/template/index';
import { invalid } from '../errors.ts';
import { type Origin, callAs } from '../origin.ts';

/** Limit: 51,200 bytes in a request (as AWS); 1 MB in an object. */
const bodyBytesMax = 51_200;

export interface TemplateSource {
  readonly body?: string | undefined;
  readonly url?: string | undefined;
}

/** @throws ValidationError when there is not exactly one source, or it cannot be read */
export async function readTemplateText(
  source: TemplateSource,
  dispatcher: Dispatcher,
  origin: Origin,
): Promise<string> {
  const { body, url } = source;
  if ((body === undefined) === (url === undefined)) {
    throw invalid('Either Template URL or Template Body must be specified, and not both.');
  }
  if (url !== undefined) return readObject(url, dispatcher, origin);
  const sizeBytes = Buffer.byteLength(body ?? '');
  if (sizeBytes <= bodyBytesMax) return body ?? '';
  throw invalid(
    `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${bodyBytesMax} (it has ${sizeBytes}). Put larger templates into a bucket and use TemplateURL.`,
  );
}

interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/** Path-style, virtual-host and `s3://` addresses all mean a bucket of the lake, whatever host they name. */
export function findObjectAddress(url: string): ObjectAddress | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, pathname, searchParams } = new URL(url);
  if (!['http:', 'https:', 's3:'].includes(protocol)) return undefined;
  const path = decodePath(pathname.slice(1));
  const slash = path.indexOf('/');
  const hosted = /^(.+)\.(?:s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?|localhost)$/.exec(hostname)?.[1];
  const versionId = searchParams.get('versionId');
  const address =
    protocol === 's3:' || hosted !== undefined
      ? { bucket: hosted ?? hostname, key: path }
      : { bucket: path.slice(0, Math.max(slash, 0)), key: path.slice(slash + 1) };
  if (address.bucket === '' || address.key === '') return undefined;
  return versionId === null ? address : { ...address, versionId };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function readObject(url: string, dispatcher: Dispatcher, origin: Origin): Promise<string> {
  const address = findObjectAddress(url);
  if (address === undefined)
    throw invalid(`TemplateURL must be a supported URL: '${url}' names no object in a bucket.`);
  const { bucket, key, versionId } = address;
  try {
    const input = { Bucket: bucket, Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
    const answer = (await dispatcher.call('s3', 'GetObject', input, callAs(origin))) as { Body?: unknown };
    return await collect(answer.Body);
  } catch (error) {
    throw invalid(`S3 error: ${messageOf(error)} (reading the template ${url})`);
  }
}

async function collect(body: unknown): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  if (typeof body === 'string' || body === undefined) return body ?? '';
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > textBytesMax) throw invalid(`it is larger than ${textBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
