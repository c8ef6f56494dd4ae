import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelLibrary, type Operation } from '../../model/model.ts';
import type { RequestLine } from '../protocol.ts';
import { RestRouter } from './router.ts';

const library = new ModelLibrary();
const s3 = new RestRouter(library.find('s3')!);

/** A request with just what the operation demands. */
function requestFor(operation: Operation): RequestLine {
  const { method, requestUri } = operation.raw.http;
  const [path = '', fixed = ''] = requestUri.split('?');
  const required = new Set(operation.input?.shape.raw.required);
  const members = [...(operation.input?.shape.members.values() ?? [])].filter(({ name }) => required.has(name));
  const located = (location: string): string[] =>
    members.filter(({ traits }) => traits.location === location).map(({ wireName }) => wireName);
  return {
    method,
    rawPath: path.replace(/\{[^}]+\}/g, 'x'),
    rawQuery: [fixed, ...located('querystring').map((name) => `${name}=1`)].filter((part) => part !== '').join('&'),
    headers: Object.fromEntries(located('header').map((name) => [name.toLowerCase(), '1'])),
  };
}

function find(method: string, target: string, headers: Record<string, string> = {}): string | undefined {
  const [rawPath = '', rawQuery = ''] = target.split('?');
  return s3.find({ method, rawPath, rawQuery, headers })?.name;
}

test('every operation of every REST service is found by what it demands', () => {
  const missed: string[] = [];
  for (const name of library.summaries.keys()) {
    const model = library.find(name)!;
    if (!model.metadata.protocol.startsWith('rest')) continue;
    const router = new RestRouter(model);
    for (const operationName of model.operationNames) {
      const operation = model.findOperation(operationName)!;
      const found = router.find(requestFor(operation))?.name;
      if (found !== operationName && operation.raw.deprecated !== true) missed.push(`${operationName} as ${found}`);
    }
  }
  // Directory buckets are listed on an endpoint of their own.
  assert.deepEqual(missed, ['ListDirectoryBuckets as ListBuckets']);
});

test('operations of S3 that share a path are told apart', () => {
  assert.equal(find('GET', '/'), 'ListBuckets');
  assert.equal(find('GET', '/bucket'), 'ListObjects');
  assert.equal(find('GET', '/bucket/'), 'ListObjects');
  assert.equal(find('GET', '/bucket/?list-type=2&prefix=a'), 'ListObjectsV2');
  assert.equal(find('GET', '/bucket/key'), 'GetObject');
  assert.equal(find('GET', '/bucket//'), 'GetObject');
  assert.equal(find('GET', '/bucket/key?uploadId=1'), 'ListParts');
  assert.equal(find('GET', '/bucket/key?versionId=1&response-content-type=a'), 'GetObject');
  assert.equal(find('PUT', '/bucket/key?x-id=PutObject'), 'PutObject');
  assert.equal(find('PUT', '/bucket/key', { 'x-amz-copy-source': 'a/b' }), 'CopyObject');
  assert.equal(find('PUT', '/bucket/key?partNumber=1&uploadId=2'), 'UploadPart');
  assert.equal(find('PUT', '/bucket/key?partNumber=1&uploadId=2', { 'x-amz-copy-source': 'a/b' }), 'UploadPartCopy');
  assert.equal(find('GET', '/bucket?notification'), 'GetBucketNotificationConfiguration');
  assert.equal(find('PUT', '/bucket?lifecycle='), 'PutBucketLifecycleConfiguration');
  assert.equal(find('GET', '/bucket/key?attributes'), 'GetObjectAttributes');
  assert.equal(find('POST', '/bucket/key?uploads'), 'CreateMultipartUpload');
  assert.equal(find('POST', '/bucket/key?uploadId=1'), 'CompleteMultipartUpload');
  assert.equal(find('PATCH', '/bucket/key'), undefined);
});
