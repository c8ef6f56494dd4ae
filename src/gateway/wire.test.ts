/** The listener and the protocols that no service of ours speaks yet, through real clients and models made for the test. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { Kinesis } from '@aws-sdk/client-kinesis';
import { ModelLibrary, findModelsFolder, type Handler, type RawModel } from '#gateway';
import { PlatformError } from '#kernel/errors';
import { clientConfig, startGateway, useTempFolder } from '#testing';
import { decodeCbor, encodeCbor } from './protocols/cbor.ts';

const kinesis: RawModel = {
  metadata: {
    apiVersion: '2013-12-02',
    endpointPrefix: 'kinesis',
    jsonVersion: '1.1',
    protocol: 'json',
    serviceId: 'Kinesis',
    targetPrefix: 'Kinesis_20131202',
  },
  operations: {
    PutRecord: {
      name: 'PutRecord',
      http: { method: 'POST', requestUri: '/' },
      input: { shape: 'PutRecordInput' },
      output: { shape: 'PutRecordOutput' },
    },
  },
  shapes: {
    PutRecordInput: {
      type: 'structure',
      required: ['Data', 'PartitionKey'],
      members: { StreamName: { shape: 'Text' }, Data: { shape: 'Data' }, PartitionKey: { shape: 'Text' } },
    },
    PutRecordOutput: { type: 'structure', members: { ShardId: { shape: 'Text' }, SequenceNumber: { shape: 'Text' } } },
    Text: { type: 'string' },
    Data: { type: 'blob', max: 1024 },
  },
};

const cloudwatch: RawModel = {
  metadata: {
    apiVersion: '2010-08-01',
    awsQueryCompatible: {},
    endpointPrefix: 'monitoring',
    jsonVersion: '1.0',
    protocol: 'smithy-rpc-v2-cbor',
    protocols: ['smithy-rpc-v2-cbor', 'json', 'query'],
    serviceId: 'CloudWatch',
    targetPrefix: 'GraniteServiceVersion20100801',
    xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
  },
  operations: {
    DescribeAlarms: {
      name: 'DescribeAlarms',
      http: { method: 'POST', requestUri: '/' },
      input: { shape: 'DescribeAlarmsInput' },
      output: { shape: 'DescribeAlarmsOutput', resultWrapper: 'DescribeAlarmsResult' },
      errors: [{ shape: 'InvalidNextToken' }],
    },
  },
  shapes: {
    DescribeAlarmsInput: {
      type: 'structure',
      members: { NextToken: { shape: 'Text' }, StartDate: { shape: 'Time' } },
    },
    DescribeAlarmsOutput: { type: 'structure', members: { MetricAlarms: { shape: 'Alarms' } } },
    Alarms: { type: 'list', member: { shape: 'Alarm' } },
    Alarm: {
      type: 'structure',
      members: { AlarmName: { shape: 'Text' }, StateUpdatedTimestamp: { shape: 'Time' }, Threshold: { shape: 'Real' } },
    },
    InvalidNextToken: {
      type: 'structure',
      members: { message: { shape: 'Text' } },
      exception: true,
      error: { code: 'InvalidNextToken', httpStatusCode: 400, senderFault: true },
    },
    Text: { type: 'string' },
    Time: { type: 'timestamp' },
    Real: { type: 'double' },
  },
};

const putRecord: Handler = ({ Data }) => ({ ShardId: Buffer.from(Data).toString(), SequenceNumber: '1' });
const describeAlarms: Handler = ({ NextToken }) => {
  if (NextToken === 'bad') throw new PlatformError('invalid', 'InvalidNextToken', 'The token is not ours.');
  return { MetricAlarms: [{ AlarmName: 'a', StateUpdatedTimestamp: new Date(1.5e12), Threshold: 0.5 }] };
};

const models = new ModelLibrary(findModelsFolder(), { kinesis, cloudwatch });
const apis = [
  { service: 'kinesis', operations: { PutRecord: putRecord } },
  { service: 'cloudwatch', operations: { DescribeAlarms: describeAlarms } },
  { service: 'sts', operations: { GetCallerIdentity: () => ({ Account: '000000000000' }) } },
  {
    service: 's3',
    operations: {
      PutObject: async ({ Body }: { Body: Readable }) => {
        await Body.resume().toArray();
        return { ETag: '"x"' };
      },
      GetObject: () => ({ Body: Readable.from(endless()) }),
    },
  },
];
const server = await startGateway({ apis, models });
after(() => server.close());

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(65536);
}

/** Sends text as it is and gives what comes back until the server closes. */
function raw(text: string | Buffer, port = server.port): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.write(text);
  });
}

test('Kinesis speaks JSON over HTTP/2 with prior knowledge', async () => {
  const client = new Kinesis(clientConfig(server.endpoint));
  after(() => client.destroy());
  const { ShardId } = await client.putRecord({ StreamName: 's', PartitionKey: 'p', Data: Buffer.from('hello') });
  assert.equal(ShardId, 'hello');
  const tooLong = client.putRecord({ StreamName: 's', PartitionKey: 'p', Data: Buffer.alloc(2000) });
  await assert.rejects(tooLong, /Value of 2000 bytes at 'data' failed/);
});

test('HTTP/2 streams and HTTP/1.1 requests share the port', async () => {
  const session = connectHttp2(server.endpoint);
  const answers = [0, 1, 2].map(
    () =>
      new Promise<number>((resolve) => {
        session
          .request({ ':path': '/', ':method': 'GET' })
          .on('response', (headers) => resolve(headers[':status']!))
          .resume();
      }),
  );
  assert.deepEqual(await Promise.all(answers), [403, 403, 403]);
  session.destroy();
  assert.match(await raw('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 403 /);
});

test('CloudWatch is understood in the protocol that its client prefers', async () => {
  const client = new CloudWatch(clientConfig(server.endpoint));
  after(() => client.destroy());
  const { MetricAlarms } = await client.describeAlarms({});
  assert.deepEqual(MetricAlarms?.[0]?.StateUpdatedTimestamp, new Date(1.5e12));
  await assert.rejects(client.describeAlarms({ NextToken: 'bad' }), { name: 'InvalidNextToken' });
});

const scope = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=open/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

const open = await startGateway({
  apis,
  models,
  authorizer: {
    findCredential: () => ({ caller: { kind: 'root', accountId: '1', arn: 'a', principalId: 'p' } }),
    authorize: () => undefined,
  },
});
after(() => open.close());

test('rpc-v2-cbor and x-amz-cbor-1.1 answer in kind, errors included', async () => {
  const call = (path: string, headers: Record<string, string>, input: object): Promise<Response> =>
    fetch(`${open.endpoint}${path}`, {
      method: 'POST',
      headers: { 'x-amz-date': '20260101T000000Z', ...headers },
      body: encodeCbor(input),
    });
  const path = '/service/GraniteServiceVersion20100801/operation/DescribeAlarms';
  const headers = { authorization: scope('monitoring'), 'smithy-protocol': 'rpc-v2-cbor' };
  const good = await call(path, headers, { StartDate: new Date(1e12) });
  assert.equal(good.headers.get('smithy-protocol'), 'rpc-v2-cbor');
  assert.deepEqual(decodeCbor(Buffer.from(await good.arrayBuffer())), {
    MetricAlarms: [{ AlarmName: 'a', StateUpdatedTimestamp: new Date(1.5e12), Threshold: 0.5 }],
  });
  const bad = await call(path, headers, { NextToken: 'bad' });
  assert.equal(bad.status, 400);
  assert.equal(bad.headers.get('x-amzn-query-error'), 'InvalidNextToken;Sender');
  assert.deepEqual(decodeCbor(Buffer.from(await bad.arrayBuffer())), {
    __type: 'InvalidNextToken',
    message: 'The token is not ours.',
  });
  const java = await call(
    '/',
    {
      authorization: scope('kinesis'),
      'content-type': 'application/x-amz-cbor-1.1',
      'x-amz-target': 'Kinesis_20131202.PutRecord',
    },
    { StreamName: 's', PartitionKey: 'p', Data: Buffer.from('bytes') },
  );
  assert.deepEqual(decodeCbor(Buffer.from(await java.arrayBuffer())), { ShardId: 'bytes', SequenceNumber: '1' });
});

test('a GET with the form in its query is the query protocol', async () => {
  const query = 'Action=GetCallerIdentity&Version=2011-06-15';
  const headers = { authorization: scope('sts'), 'x-amz-date': '20260101T000000Z' };
  const answer = await fetch(`${open.endpoint}/?${query}`, { headers });
  assert.match(await answer.text(), /<GetCallerIdentityResult><Account>000000000000<\/Account>/);
});

test('hosts that are not ours are refused, against DNS rebinding', async () => {
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', '']) {
    const answer = await raw(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 (403|400) /, host);
  }
  for (const host of ['localhost:1', '127.0.0.1', '[::1]:4566', 'bucket.localhost', 'a.b.s3.localhost']) {
    const answer = await raw(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /<Code>AccessDenied<\/Code><Message>Access Denied/, host);
  }
});

test('a body is only asked for once the signature was found good', async () => {
  const head = (authorization: string): string =>
    [
      'PUT /bucket/key HTTP/1.1',
      'Host: 127.0.0.1',
      'Content-Length: 5',
      'Expect: 100-continue',
      'Connection: close',
      'X-Amz-Date: 20260101T000000Z',
      'X-Amz-Content-Sha256: UNSIGNED-PAYLOAD',
      `Authorization: ${authorization}`,
      '\r\n',
    ].join('\r\n');
  assert.match(await raw(head(scope('s3'))), /^HTTP\/1\.1 403 /);
  assert.match(await raw(`${head(scope('s3'))}hello`, open.port), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
});

test('every answer has a date and a request id', async () => {
  const s3 = await fetch(server.endpoint);
  assert.ok(s3.headers.get('date') && s3.headers.get('x-amz-request-id') && s3.headers.get('x-amz-id-2'));
  const json = await fetch(server.endpoint, { method: 'POST', headers: { 'x-amz-target': 'AWSGlue.GetTable' } });
  assert.ok(json.headers.get('date') && json.headers.get('x-amzn-requestid'));
});

test('closing cuts an answer that never ends, within its bound', async () => {
  const brief = await startGateway({ apis, models });
  const started = performance.now();
  const authorized = await startGateway({
    apis,
    models,
    authorizer: {
      findCredential: () => ({ caller: { kind: 'root', accountId: '1', arn: 'a', principalId: 'p' } }),
      authorize: () => undefined,
    },
  });
  const headers = {
    authorization: scope('s3'),
    'x-amz-date': '20260101T000000Z',
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
  };
  const answer = await fetch(`${authorized.endpoint}/bucket/key`, { headers });
  assert.equal(answer.status, 200);
  await Promise.all([brief.close(), authorized.close(), assert.rejects(answer.arrayBuffer())]);
  assert.ok(performance.now() - started < 5000);
});

test('the same port takes TLS with HTTP/1.1 and HTTP/2 beside plain connections', async (t) => {
  const folder = useTempFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    const subject = [
      '-subj',
      '/CN=localhost',
      '-days',
      '1',
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
    ];
    execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  } catch {
    t.skip('openssl is not installed: no certificate to test with');
    return;
  }
  const tls = { key: readFileSync(key), cert: readFileSync(cert) };
  const secure = await startGateway({ apis, models, config: { tls } });
  after(() => secure.close());
  const status = await new Promise((resolve, reject) => {
    const options = { port: secure.port, host: '127.0.0.1', rejectUnauthorized: false };
    httpsRequest(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(status, 403);
  const session = connectHttp2(`https://127.0.0.1:${secure.port}`, { rejectUnauthorized: false });
  const overHttp2 = await new Promise((resolve) => {
    session
      .request({ ':path': '/' })
      .on('response', (headers) => resolve(headers[':status']))
      .resume();
  });
  session.destroy();
  assert.equal(overHttp2, 403);
  assert.match(
    await raw('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', secure.port),
    /^HTTP\/1\.1 403/,
  );
});
