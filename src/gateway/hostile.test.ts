/** What a client may send by mistake or malice: each gets a clear error, and the server goes on. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, afterEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createLog } from '#kernel/log';
import type { Caller, Handler } from '#gateway';
import { startGateway } from '#testing';

const caller: Caller = { kind: 'root', accountId: '000000000000', arn: 'a', principalId: 'p' };
const log: string[] = [];
const echo: Handler = (input) => ({ DatabaseName: JSON.stringify(input) });
const server = await startGateway({
  authorizer: { findCredential: () => ({ caller }), authorize: () => undefined },
  log: createLog({ level: 'error', json: true, write: (line) => void log.push(line) }),
  apis: [
    {
      service: 'glue',
      operations: {
        CreateTable: () => ({}),
        GetTable: () => {
          throw new TypeError('a secret path /etc/shadow');
        },
        GetDatabase: (input) => ({ Database: { Name: Object.keys(input).join() } }),
        PutResourcePolicy: echo,
      },
    },
    {
      service: 's3',
      operations: { PutBucketTagging: () => ({}), GetObject: ({ Key }) => ({ Body: Buffer.from(Key) }) },
    },
    { service: 'iam', operations: { CreateRole: () => ({}) } },
  ],
});
after(() => server.close());

const sign = (service: string): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=open/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  'x-amz-date': '20260101T000000Z',
});

async function glue(
  body: string | Buffer,
  operation = 'GetDatabase',
  headers: Record<string, string> = {},
): Promise<{ status: number; __type?: string; message?: string; Database?: { Name: string } }> {
  const response = await fetch(server.endpoint, {
    method: 'POST',
    headers: {
      ...sign('glue'),
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSGlue.${operation}`,
      ...headers,
    },
    body: new Uint8Array(Buffer.from(body)),
  });
  const { Message, ...rest } = (await response.json()) as { Message?: string };
  return { status: response.status, ...(Message === undefined ? {} : { message: Message }), ...rest };
}

async function tagging(body: string): Promise<string> {
  const headers = { ...sign('s3'), 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const response = await fetch(`${server.endpoint}/bucket?tagging`, { method: 'PUT', headers, body });
  const text = await response.text();
  return /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? String(response.status);
}

/** Whatever a test did, the server must answer the next good call. */
afterEach(async () => {
  assert.equal((await glue('{"Name":"a"}')).Database?.Name, 'Name');
});

test('JSON that is broken, deep, of wrong type or hostile to prototypes is refused or harmless', async () => {
  for (const body of ['{', '[]', '"x"', 'null', '{"Name":1}', '{"Name":{}}', '{"Name":["a"]}', '{"Name":true}']) {
    assert.equal((await glue(body)).__type, 'SerializationException', body);
  }
  const deep = `{"Name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  assert.match((await glue(deep)).message ?? '', /nested more than 500 deep/);
  const polluting = '{"Name":"a","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
  assert.equal((await glue(polluting)).Database?.Name, 'Name');
  const map = '{"DatabaseName":"d","TableInput":{"Name":"t","Parameters":{"__proto__":"x","constructor":"y"}}}';
  assert.equal((await glue(map, 'CreateTable')).status, 200);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('nulls are dropped and unknown members ignored', async () => {
  assert.equal((await glue('{"Name":"a","CatalogId":null,"Surprise":1}')).Database?.Name, 'Name');
});

test('a null in a list and a number of more bits than its type are refused', async () => {
  const table = (member: string): string => `{"DatabaseName":"d","TableInput":{"Name":"t",${member}}}`;
  const withNull = await glue(table('"PartitionKeys":[null]'), 'CreateTable');
  assert.match(withNull.message ?? '', /null at 'tableInput.partitionKeys.1.member' .*: Member must not be null/);
  assert.equal((await glue(table('"Retention":2147483647'), 'CreateTable')).status, 200);
  for (const number of ['2147483648', '9007199254740992', '1e300', '18446744073709551616']) {
    assert.equal((await glue(table(`"Retention":${number}`), 'CreateTable')).__type, 'SerializationException', number);
  }
});

test('validation lists everything that is wrong, in the words of AWS', async () => {
  const { __type, message } = await glue('{"DatabaseName":"","TableInput":{"Name":"t","Retention":-1}}', 'CreateTable');
  assert.equal(__type, 'ValidationException');
  assert.equal(
    message,
    "2 validation errors detected: Value '' at 'databaseName' failed to satisfy constraint: Member must have length " +
      "greater than or equal to 1; Value '-1' at 'tableInput.retention' failed to satisfy constraint: Member must have " +
      'value greater than or equal to 0',
  );
  const missing = await glue('{}');
  assert.equal(
    missing.message,
    "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
  );
});

test('a body over the limit is refused, and so is one that unpacks to more', async () => {
  const large = await glue(Buffer.alloc(17 * 1024 * 1024, 32)).catch((error: unknown) => error);
  // The refusal may overtake the sending; then the client only sees the connection end.
  if (!(large instanceof Error)) assert.equal((large as { status: number }).status, 413);
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
  assert.equal((await glue(bomb, 'GetDatabase', { 'content-encoding': 'gzip' })).__type, 'SerializationException');
  const fine = await glue(gzipSync('{"Name":"a"}'), 'GetDatabase', { 'content-encoding': 'gzip' });
  assert.equal(fine.Database?.Name, 'Name');
});

test('XML that could expand, nests too deeply or is broken is refused', async () => {
  const laughs = `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Tagging><TagSet>&b;</TagSet></Tagging>`;
  const bodies = [
    laughs,
    '<!DOCTYPE x SYSTEM "file:///etc/passwd"><Tagging/>',
    `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`,
    `<Tagging>${'<a/>'.repeat(200_000)}</Tagging>`,
    '<Tagging>&unknown;</Tagging>',
    '<Tagging>&#0;</Tagging>',
    '<Tagging>&#x110000;</Tagging>',
    '<Tagging>a & b</Tagging>',
    '<Tagging><TagSet></Tagging></TagSet>',
    '<Tagging',
    '<Tagging/><Tagging/>',
    'text',
    '<Tagging a="1" a="2"/>',
    '<Tagging><![CDATA[x</Tagging>',
    '<Tagging/>',
    '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>',
  ];
  for (const body of bodies) assert.equal(await tagging(body), 'MalformedXML', body.slice(0, 60));
  assert.equal(await tagging(''), 'MissingRequestBodyError');
  const fine =
    '<?xml version="1.0"?><!-- c --><Tagging xmlns="x"><TagSet><Tag><Key>a&amp;<![CDATA[<b>]]></Key><Value/></Tag></TagSet></Tagging>';
  assert.equal(await tagging(fine), '200');
});

test('an attack on the tag reader takes no time to speak of', async () => {
  const started = performance.now();
  await tagging(`<a ${'a="'.repeat(100_000)}`);
  await tagging(`<a ${'b="c" '.repeat(100_000)}`);
  await tagging(`<${'a'.repeat(1_000_000)}`);
  assert.ok(performance.now() - started < 3000);
});

test('forms with too many or malformed parameters are refused', async () => {
  const send = async (body: string): Promise<string | undefined> => {
    const headers = { ...sign('iam'), 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(server.endpoint, { method: 'POST', headers, body });
    return /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];
  };
  const start = 'Action=CreateRole&Version=2010-05-08';
  assert.equal(await send(`${start}${'&a=b'.repeat(20_000)}`), 'MalformedQueryString');
  assert.equal(await send(`${start}&${'a.'.repeat(100)}=1`), 'MalformedQueryString');
  assert.equal(await send(`${start}&Tags.member.x.Key=1`), 'MalformedQueryString');
  assert.equal(await send(`${start}&RoleName=%ff`), 'MalformedQueryString');
  assert.equal(await send('Version=2010-05-08'), 'MissingAction');
  assert.equal(await send('Action=Nope&Version=2010-05-08'), 'InvalidAction');
  assert.equal(await send(`${start}&Tags.member.999999999.Key=a&MaxSessionDuration=x`), 'SerializationException');
});

test('paths that are no proper UTF-8 are refused, odd ones reach the handler as they are', async () => {
  const get = async (path: string): Promise<string> => {
    const headers = { ...sign('s3'), 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    return (await fetch(`${server.endpoint}${path}`, { headers })).text();
  };
  assert.match(await get('/bucket/%ff'), /<Code>InvalidURI<\/Code>/);
  assert.match(await get('/bucket/%zz'), /<Code>InvalidURI<\/Code>/);
  assert.equal(await get('/bucket/..%2F..%2Fetc'), '../../etc');
  assert.equal(await get('/bucket//a//b/'), '/a//b/');
  assert.equal(await get('/bucket/a%2Fb+c'), 'a/b+c');
});

test('services and operations that are not served say so by name', async () => {
  const start = await glue('{}', 'StartMLEvaluationTaskRun');
  assert.equal(start.message, 'Millpond does not serve glue:StartMLEvaluationTaskRun. See docs/reference/coverage.md.');
  assert.match((await glue('{}', 'Nonsense')).message ?? '', /glue has no operation 'Nonsense'/);
  const other = await glue('{}', 'GetItem', { 'x-amz-target': 'DynamoDB_20120810.GetItem' });
  assert.match(other.message ?? '', /does not serve the target 'DynamoDB_20120810.GetItem'/);
  const rest = await fetch(`${server.endpoint}/v2/apis`, { headers: sign('apigateway') });
  assert.match(await rest.text(), /does not serve the service 'apigateway'/);
});

test('a fault of ours answers 500 and a request id, and tells the log alone what it was', async () => {
  const { status, __type, message } = await glue('{"DatabaseName":"d","Name":"t"}', 'GetTable');
  assert.equal(status, 500);
  assert.equal(__type, 'InternalFailure');
  assert.doesNotMatch(message ?? '', /shadow/);
  assert.match(log.at(-1) ?? '', /etc\/shadow/);
});

test('JSON in the clothes of a form is refused, since any web page can send it', async () => {
  const refused = await glue('{"Name":"a"}', 'GetDatabase', { 'content-type': 'text/plain' });
  assert.equal(refused.__type, 'SerializationException');
});

test('noise on the socket ends the connection and nothing else', async () => {
  const noises = [
    randomBytes(100_000),
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + 'x'.repeat(1000)),
    Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(20_000)}\r\n`),
    Buffer.from(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`),
    Buffer.from('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'),
    Buffer.from(
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ),
    Buffer.from('\x16\x03\x01\x00\x05hello'),
  ];
  for (const noise of noises) {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(server.port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
      socket.end(noise);
    });
    assert.doesNotMatch(answer, /^HTTP\/1\.1 2/);
  }
});
