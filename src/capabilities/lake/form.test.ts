import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { startLake } from './lake.fixture.ts';

suite('form uploads', async () => {
  const { s3, server } = await startLake();
  const Bucket = 'forms';
  await s3.createBucket({ Bucket });

  /** Status, and the code of the error or the key of the object. */
  const post = async (change: (form: FormData) => void = () => undefined, Expires = 600): Promise<[number, string]> => {
    const { url, fields } = await createPresignedPost(s3, {
      Bucket,
      Key: 'form/${filename}',
      Expires,
      Conditions: [['content-length-range', 1, 10], ['starts-with', '$key', 'form/'], { success_action_status: '201' }],
      Fields: { success_action_status: '201', 'x-amz-meta-by': 'form' },
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    change(form);
    if (!form.has('file')) form.append('file', new Blob(['12345'], { type: 'text/plain' }), 'a.txt');
    const answer = await fetch(url, { method: 'POST', body: form });
    const text = await answer.text();
    return [answer.status, /<(?:Code|Key)>(.*?)</.exec(text)?.[1] ?? text];
  };

  test('a form with a signed policy becomes an object', async () => {
    assert.deepEqual(await post(), [201, 'form/a.txt']);
    const head = await s3.headObject({ Bucket, Key: 'form/a.txt' });
    assert.deepEqual([head.ContentLength, head.ContentType, head.Metadata], [5, 'text/plain', { by: 'form' }]);
  });

  test('the policy is held: length, values, extra fields, time', async () => {
    const file = (text: string) => (form: FormData) => form.append('file', new Blob([text]), 'b');
    assert.deepEqual(await post(file('x'.repeat(11))), [400, 'EntityTooLarge']);
    assert.deepEqual(await post(file('')), [400, 'EntityTooSmall']);
    assert.deepEqual(await post((form) => form.append('x-amz-meta-more', '1')), [403, 'AccessDenied']);
    assert.deepEqual(await post((form) => form.set('key', 'elsewhere')), [403, 'AccessDenied']);
    assert.deepEqual(await post(undefined, -10), [403, 'AccessDenied']);
  });

  test('the signature is verified', async () => {
    const stranger = 'nobody/20260101/us-east-1/s3/aws4_request';
    assert.deepEqual(await post((form) => form.set('X-Amz-Signature', '00'.repeat(32))), [
      403,
      'SignatureDoesNotMatch',
    ]);
    assert.deepEqual(await post((form) => form.set('X-Amz-Credential', stranger)), [403, 'InvalidAccessKeyId']);
    assert.deepEqual(await post((form) => form.delete('Policy')), [403, 'AccessDenied']);
  });

  test('a malformed form is refused', async () => {
    const send = async (contentType: string, body: string): Promise<number> =>
      (await fetch(`${server.endpoint}/${Bucket}`, { method: 'POST', body, headers: { 'content-type': contentType } }))
        .status;
    assert.equal(await send('multipart/form-data', 'x'), 400);
    assert.equal(await send('multipart/form-data; boundary=b', 'x'), 400);
    assert.equal(await send('multipart/form-data; boundary=b', '--b\r\n\r\n--b--'), 400);
    assert.equal(
      await send(
        'multipart/form-data; boundary=b',
        `--b\r\ncontent-disposition: form-data; name="key"\r\n\r\n${'k'.repeat(30_000)}\r\n--b--`,
      ),
      400,
    );
    assert.deepEqual((await s3.listObjectsV2({ Bucket })).KeyCount, 1);
  });
});
