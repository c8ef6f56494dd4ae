import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { SFN, type TestStateCommandInput } from '@aws-sdk/client-sfn';
import { clientConfig } from '#testing';
import { startTestPlatform, type TestPlatform } from '../../../testing/platform.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const roleArn = 'arn:aws:iam::000000000000:role/http';
const seen: Seen[] = [];
const endpoint = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body });
    if (url?.startsWith('/image') === true) return response.writeHead(200, { 'content-type': 'image/png' }).end('x');
    if (url?.startsWith('/bytes') === true) return response.end(Buffer.from([0xff, 0xfe, 0xfd]));
    if (url?.startsWith('/hang') === true) return undefined;
    if (url?.startsWith('/moved') === true) return response.writeHead(302, { location: `${base}/elsewhere` }).end();
    if (url?.startsWith('/gone') === true) return response.writeHead(410).end('it went');
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{"fine":true}');
  });
});
let platform: TestPlatform;
let sfn: SFN;
let base: string;
let ConnectionArn: string;

before(async () => {
  platform = await startTestPlatform();
  const config = clientConfig(platform.endpoint);
  sfn = new SFN({ ...config, disableHostPrefix: true });
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  base = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
  const events = new EventBridge(config);
  const connection = await events.createConnection({
    Name: 'http',
    AuthorizationType: 'API_KEY',
    AuthParameters: {
      ApiKeyAuthParameters: { ApiKeyName: 'X-Key', ApiKeyValue: 'the secret' },
      InvocationHttpParameters: {
        HeaderParameters: [{ Key: 'Shared', Value: 'of the connection' }],
        QueryStringParameters: [{ Key: 'page', Value: 'hidden' }],
        BodyParameters: [{ Key: 'token', Value: 'hush' }],
      },
    },
  });
  ConnectionArn = connection.ConnectionArn ?? '';
  events.destroy();
});

after(async () => {
  sfn.destroy();
  endpoint.closeAllConnections();
  endpoint.close();
  await platform.close();
});

function run(parameters: object, more: Partial<TestStateCommandInput> = {}, fields: object = {}) {
  const InvocationConfig = { ConnectionArn };
  const Parameters = { Method: 'POST', ApiEndpoint: `${base}/path`, InvocationConfig, ...parameters };
  const state = { Type: 'Task', Resource: 'arn:aws:states:::http:invoke', Parameters, End: true, ...fields };
  return sfn.testState({ definition: JSON.stringify(state), roleArn, ...more });
}

const asked = {
  Headers: { definitionHeader: 'h1', Shared: 'of the task' },
  QueryParameters: { page: 'one', n: [1, 2] },
  RequestBody: { message: 'hello' },
};

test('what a connection adds wins over what the task gives, and the request says who sends it', async () => {
  const { status, output, cause } = await run(asked);
  assert.equal(status, 'SUCCEEDED', cause);
  const { ResponseBody, StatusCode } = JSON.parse(output ?? '') as { ResponseBody: unknown; StatusCode: number };
  assert.deepEqual([ResponseBody, StatusCode], [{ fine: true }, 200]);
  const { method, url, headers, body } = seen.at(-1)!;
  assert.deepEqual([method, url], ['POST', '/path?page=hidden&n=1&n=2']);
  assert.deepEqual(JSON.parse(body), { message: 'hello', token: 'hush' });
  const { 'x-key': key, shared, range, 'user-agent': agent, 'content-type': type, definitionheader } = headers;
  assert.deepEqual(
    [key, shared, definitionheader, range, agent, type],
    [
      'the secret',
      'of the connection',
      'h1',
      'bytes=0-262144',
      'Amazon|StepFunctions|HttpInvoke|us-east-1',
      'application/json; charset=UTF-8',
    ],
  );
});

test('TRACE shows the request and the response, with the secrets of the connection when they are to be revealed', async () => {
  const { inspectionData } = await run(asked, { inspectionLevel: 'TRACE', revealSecrets: true });
  const agent = 'User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1, Range: bytes=0-262144';
  const type = 'Content-Type: application/json; charset=UTF-8';
  assert.deepEqual(inspectionData?.request, {
    protocol: 'http',
    method: 'POST',
    url: `${base}/path?page=hidden&n=1&n=2`,
    headers: `[definitionHeader: h1, Shared: of the connection, X-Key: the secret, ${agent}, ${type}]`,
    body: '{"message":"hello","token":"hush"}',
  });
  const { headers, ...response } = inspectionData.response ?? {};
  assert.deepEqual(response, { protocol: 'http', statusCode: '200', statusMessage: 'OK', body: '{"fine":true}' });
  assert.match(headers ?? '', /^\[.*content-type: application\/json.*\]$/);
  const hidden = await run(asked, { inspectionLevel: 'TRACE' });
  assert.equal(hidden.inspectionData?.request?.url, `${base}/path?page=one&n=1&n=2`);
  assert.equal(hidden.inspectionData.request.body, '{"message":"hello"}');
  assert.doesNotMatch(hidden.inspectionData.request.headers ?? '', /secret/);
  const debug = await run(asked, { inspectionLevel: 'DEBUG', revealSecrets: true });
  assert.equal(debug.inspectionData?.request, undefined);
});

test('TRACE shows the exchange of a task that failed', async () => {
  const { error, cause, inspectionData } = await run({ ApiEndpoint: `${base}/gone` }, { inspectionLevel: 'TRACE' });
  assert.deepEqual([error, cause], ['States.Http.StatusCode.410', 'it went']);
  assert.deepEqual([inspectionData?.response?.statusCode, inspectionData?.response?.body], ['410', 'it went']);
});

test('a body is sent as a form when the task asks for it, with its lists in the format it names', async () => {
  const form = async (ArrayFormat?: string): Promise<string | undefined> => {
    const { status, cause } = await run({
      Headers: { 'content-type': 'application/x-www-form-urlencoded' },
      RequestBody: { list: ['a', 'b c'], in: { deep: 1 } },
      Transform: {
        RequestBodyEncoding: 'URL_ENCODED',
        ...(ArrayFormat !== undefined && { RequestEncodingOptions: { ArrayFormat } }),
      },
    });
    assert.equal(status, 'SUCCEEDED', cause);
    return decodeURIComponent(seen.at(-1)?.body ?? '');
  };
  assert.equal(await form(), 'list[0]=a&list[1]=b c&in[deep]=1&token=hush');
  assert.equal(await form('REPEAT'), 'list=a&list=b c&in[deep]=1&token=hush');
  assert.equal(await form('COMMAS'), 'list=a,b c&in[deep]=1&token=hush');
  assert.equal(await form('BRACKETS'), 'list[]=a&list[]=b c&in[deep]=1&token=hush');
});

test('requests that cannot be made and answers that cannot be read fail the task with AWS’s names', async () => {
  const failure = async (parameters: object): Promise<string> => {
    const { status, error, cause } = await run(parameters);
    assert.equal(status, 'FAILED');
    return `${error}: ${cause}`;
  };
  assert.match(await failure({ Headers: { Authorization: 'mine' } }), /^States\.Runtime: The header 'Authorization'/);
  assert.match(await failure({ Headers: { 'X-Amzn-Foo': 'mine' } }), /^States\.Runtime: The header 'X-Amzn-Foo'/);
  assert.match(await failure({ RequestBody: 'text' }), /^States\.Runtime: A RequestBody that is no object/);
  assert.match(await failure({ Method: 'TRACE' }), /^States\.Runtime: The Method of an HTTP task.*'TRACE'/);
  assert.match(await failure({ ApiEndpoint: 'nowhere' }), /^States\.Runtime: The ApiEndpoint.*'nowhere'/);
  assert.match(await failure({ ApiEndpoint: `${base}/image` }), /^States\.Runtime: .*'image\/png'/);
  assert.match(await failure({ ApiEndpoint: `${base}/bytes` }), /^States\.Runtime: .*cannot be read as text/);
  assert.match(await failure({ ApiEndpoint: 'http://127.0.0.1:1/' }), /^States\.Http\.Socket: /);
  const absent = { ConnectionArn: `${ConnectionArn.slice(0, -4)}0000` };
  assert.match(await failure({ InvocationConfig: absent }), /^Events\.ConnectionResource\.ResourceNotFound: /);
});

test('a redirect is an answer like others: the secrets of the connection go nowhere else', async () => {
  seen.length = 0;
  const { error } = await run({ ApiEndpoint: `${base}/moved` });
  assert.equal(error, 'States.Http.StatusCode.302');
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/moved?page=hidden'],
  );
});

test('a tested task fails when it takes longer than its state allows', async () => {
  const { status, error } = await run({ ApiEndpoint: `${base}/hang` }, {}, { TimeoutSeconds: 1 });
  assert.deepEqual([status, error], ['FAILED', 'States.Timeout']);
});
