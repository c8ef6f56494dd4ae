import assert from 'node:assert/strict';
import { request } from 'node:http';
import { suite, test } from 'node:test';
import { signRequest } from '#gateway';
import { startFunctions } from '../functions.fixture.ts';

const source = `
export const handler = async (event) => {
  const { path, method } = event.requestContext.http;
  if (path === '/plain') return { hello: 'there' };
  if (path === '/fail') throw new Error('no');
  if (path === '/bytes') return { statusCode: 200, headers: { 'content-type': 'image/png' }, body: Buffer.from([1, 255]).toString('base64'), isBase64Encoded: true };
  if (path === '/split') return { statusCode: 200, headers: { 'x-a': 'b\\r\\nx-evil: 1' } };
  return { statusCode: 201, headers: { 'X-Method': method }, cookies: ['a=b; Path=/', 'c=d'], body: JSON.stringify(event) };
};`;

suite('the address of a function', async () => {
  const { create, lambda, platform } = await startFunctions();
  await create('web', { 'index.mjs': source });
  const { FunctionUrl = '', AuthType } = await lambda.createFunctionUrlConfig({
    FunctionName: 'web',
    AuthType: 'NONE',
    Cors: { AllowOrigins: ['https://*.example'], AllowMethods: ['GET'], MaxAge: 60 },
  });

  test('hands requests over in the payload format 2.0', async () => {
    assert.equal(AuthType, 'NONE');
    const answer = await fetch(`${FunctionUrl}a/b%20c?x=1&x=2&y=`, {
      method: 'POST',
      body: '{"k":1}',
      headers: { 'content-type': 'application/json', cookie: 'c=1; d=2' },
    });
    assert.deepEqual(
      [answer.status, answer.headers.get('x-method'), answer.headers.getSetCookie()],
      [201, 'POST', ['a=b; Path=/', 'c=d']],
    );
    const event = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual(
      [
        event['version'],
        event['rawPath'],
        event['rawQueryString'],
        event['body'],
        event['isBase64Encoded'],
        event['cookies'],
      ],
      ['2.0', '/a/b%20c', 'x=1&x=2&y=', '{"k":1}', false, ['c=1', 'd=2']],
    );
    assert.deepEqual(event['queryStringParameters'], { x: '1,2', y: '' });
  });

  test('answers plain values, bytes and failures', async () => {
    const plain = await fetch(`${FunctionUrl}plain`);
    assert.deepEqual([plain.status, await plain.json()], [200, { hello: 'there' }]);
    assert.deepEqual(
      new Uint8Array(await (await fetch(`${FunctionUrl}bytes`)).arrayBuffer()),
      new Uint8Array([1, 255]),
    );
    assert.equal((await fetch(`${FunctionUrl}fail`)).status, 502);
    assert.equal((await fetch(`${FunctionUrl}split`)).status, 502);
    assert.equal((await fetch(`${platform.endpoint}/lambda-url/nosuch/`)).status, 404);
  });

  test('follows its rules for pages of other origins', async () => {
    const preflight = {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
    };
    const answer = await fetch(FunctionUrl, preflight);
    assert.equal(answer.headers.get('access-control-allow-origin'), 'https://a.example');
    assert.equal(answer.headers.get('access-control-max-age'), '60');
    const foreign = await fetch(FunctionUrl, { headers: { origin: 'https://evil.test' } });
    assert.equal(foreign.headers.get('access-control-allow-origin'), null);
  });

  test('can be a host name', async () => {
    const id = FunctionUrl.split('/').at(-2) ?? '';
    const { port } = new URL(platform.endpoint);
    const host = `${id}.lambda-url.us-east-1.localhost:${port}`;
    const status = await new Promise((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', path: '/plain', headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject);
      sent.end();
    });
    assert.equal(status, 200);
  });

  test('that wants a signature is closed to others', async () => {
    await lambda.updateFunctionUrlConfig({ FunctionName: 'web', AuthType: 'AWS_IAM' });
    assert.equal((await fetch(`${FunctionUrl}plain`)).status, 403);
    const url = new URL(`${FunctionUrl}plain`);
    const signed = (secretAccessKey: string) =>
      signRequest({
        method: 'GET',
        rawPath: url.pathname,
        rawQuery: '',
        headers: { host: url.host },
        service: 'lambda',
        region: 'us-east-1',
        credential: { accessKeyId: platform.rootKey.accessKeyId, secretAccessKey },
        time: new Date(),
      });
    const good = signed(platform.rootKey.secretAccessKey);
    assert.equal((await fetch(url, { headers: good })).status, 200);
    assert.equal((await fetch(url, { headers: signed('wrong') })).status, 403);
    assert.equal((await fetch(`${FunctionUrl}other`, { headers: good })).status, 403);
    await lambda.deleteFunctionUrlConfig({ FunctionName: 'web' });
    assert.equal((await fetch(`${FunctionUrl}plain`)).status, 404);
    await assert.rejects(lambda.getFunctionUrlConfig({ FunctionName: 'web' }), { name: 'ResourceNotFoundException' });
  });
});
