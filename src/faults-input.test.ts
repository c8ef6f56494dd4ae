/** Input made to hurt: templates that explode, bodies without end, keys that climb, clients that hang up. */
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { connect, residentOf, strayFiles } from './testing/faulty.ts';
import { authorization, readAnswer } from './testing/fuzz-wire.ts';
import { startTestPlatform } from './testing/platform.ts';
import { until } from './testing/until.ts';

const mb = 2 ** 20;

suite('input made to hurt', async () => {
  const platform = await startTestPlatform();
  const clients = await connect(platform.endpoint);
  const { s3, stacks, athena, glue } = clients;
  const { port } = new URL(platform.endpoint);
  after(async () => {
    clients.close();
    await platform.close();
  });
  afterEach(async () => {
    await clients.assertWell();
    await until(() => strayFiles(platform.dataDir).length === 0, 'the lake to be tidy');
  });

  /** Puts the template in the bucket, which allows a megabyte, and has it judged. */
  async function judge(template: string | Buffer): Promise<string> {
    await s3.putObject({ Bucket: 'faults', Key: 'template', Body: template });
    const began = performance.now();
    const TemplateURL = `${platform.endpoint}/faults/template`;
    const message = await stacks
      .createStack({ StackName: 'hurt', TemplateURL, Capabilities: ['CAPABILITY_AUTO_EXPAND'] })
      .then(
        () => 'accepted',
        (error: Error) => `${error.name}: ${error.message}`,
      );
    assert.ok(performance.now() - began < 10_000, `it took ${performance.now() - began} ms`);
    return message;
  }

  test('templates that explode, nest or never end are refused in good time', async () => {
    const laughs = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 12; n++) {
      const [name, before] = [String.fromCharCode(97 + n), String.fromCharCode(96 + n)];
      laughs.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`);
    }
    const bombs: Record<string, string | Buffer> = {
      laughs: `${laughs.join('\n')}\nResources: {B: {Type: 'AWS::Logs::LogGroup', Metadata: *l}}\n`,
      'deep flow YAML': `Resources: ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
      'deep block YAML': Array.from({ length: 1200 }, (_, n) => `${' '.repeat(n)}k:`).join('\n'),
      'deep JSON': `{"Resources":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
      'open brackets': '{'.repeat(200_000),
      'self alias': 'Resources: &r\n  A: *r\n',
      gzip: gzipSync(Buffer.alloc(64 * mb, 'x')),
      'no text': Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x00]),
      'a megabyte more': `Description: ${'x'.repeat(mb + 1)}\nResources: {}`,
      'text that grows': JSON.stringify({
        Parameters: { P: { Type: 'String', Default: 'x'.repeat(4096) } },
        Resources: {
          G: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: { 'Fn::Sub': '${P}'.repeat(10_000) } } },
        },
      }),
      'loops that grow': JSON.stringify({
        Transform: 'AWS::LanguageExtensions',
        Resources: loops(['A', 'B', 'C', 'D']),
      }),
    };
    for (const [name, template] of Object.entries(bombs)) {
      assert.match(await judge(template), /^(ValidationError|InvalidTemplate\w*|LimitExceeded\w*): .{10}/s, name);
    }
  });

  test('bodies that are deep, huge, lying or compressed are refused', async () => {
    const post = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
      readAnswer(
        await fetch(platform.endpoint, {
          method: 'POST',
          body,
          headers: {
            ...authorization('glue'),
            'content-type': 'application/x-amz-json-1.1',
            'x-amz-target': 'AWSGlue.CreateTable',
            ...headers,
          },
        }),
      );
    const deep = `{"DatabaseName":"faults","TableInput":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`;
    for (const body of [deep, '['.repeat(1_000_000), `{"DatabaseName":"${'x'.repeat(2 * mb)}"}`]) {
      const { status, message } = await post(body);
      assert.equal(status, 400, message);
      assert.notEqual(message, '');
    }
    const bomb = gzipSync(Buffer.alloc(128 * mb, ' '));
    const before = residentOf(process.pid);
    const { status } = await post(new Uint8Array(bomb), { 'content-encoding': 'gzip' });
    assert.ok(status === 400 || status === 413, String(status));
    assert.ok(residentOf(process.pid) - before < 128 * mb);
  });

  test('SQL without end and SQL without bottom are refused', async () => {
    const start = (QueryString: string) => athena.startQueryExecution({ QueryString, WorkGroup: 'primary' });
    await assert.rejects(start(`SELECT ${'1+'.repeat(200_000)}1`), { name: 'InvalidRequestException' });
    for (const sql of [`SELECT ${'('.repeat(60_000)}1${')'.repeat(60_000)}`, `SELECT ${'NOT '.repeat(50_000)}true`]) {
      const { reason } = await clients.query(sql).catch((error: Error) => ({ reason: error.message }));
      assert.notEqual(reason, '');
    }
  });

  test('keys that climb stay in their bucket, and come back as they were', async () => {
    const keys = [
      '../up',
      '../../etc/passwd',
      'a/../../b',
      '..',
      '.',
      './x',
      'a//b',
      '/abs',
      'a/',
      'C:\\x',
      '%2e%2e/%2e%2e/z',
      '…/\u202e',
      'con',
      '.lake/staging/x',
      `${'d/'.repeat(400)}e`,
      'x'.repeat(1024),
    ];
    for (const Key of keys) {
      await s3.putObject({ Bucket: 'faults', Key, Body: Key });
      const { Body } = await s3.getObject({ Bucket: 'faults', Key });
      assert.equal(await Body?.transformToString(), Key);
    }
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'faults' });
    const listed = new Set(Contents.map(({ Key }) => Key));
    assert.deepEqual(
      keys.filter((key) => !listed.has(key)),
      [],
    );
    for (const path of ['up', 'b', 'z', '../up', '../z'])
      assert.ok(!existsSync(join(platform.dataDir, 'buckets', path)));
    for (const Key of keys) await s3.deleteObject({ Bucket: 'faults', Key });
  });

  test('paths sent raw: encoded dots, NUL, broken UTF-8, no bucket at all', async () => {
    const statuses: Record<string, number> = {};
    for (const path of [
      '/faults/%2e%2e/%2e%2e/etc/passwd',
      '/faults/..%2f..%2fetc%2fpasswd',
      '/../../etc/passwd',
      '/%2e%2e/state.sqlite',
      '/.lake/staging',
      '/faults/a%00b',
      '/faults/%ff%fe',
      `/faults/${'y'.repeat(1025)}`,
      '/faults/%',
    ]) {
      statuses[path] = await rawGet(port, path);
    }
    for (const [path, status] of Object.entries(statuses))
      assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
  });

  test('a client that hangs up in the middle of a put, a get and a query leaves nothing', async () => {
    const head = Object.entries({
      ...authorization('s3'),
      host: `127.0.0.1:${port}`,
      'content-length': String(50 * mb),
    });
    for (let n = 0; n < 5; n++) {
      const socket = connectSocket(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `PUT /faults/half-${n} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
      );
      socket.write(Buffer.alloc(mb * n + 10));
      await until(() => socket.bytesWritten > mb * n, 'the bytes to leave');
      socket.destroy();
      await assert.rejects(s3.headObject({ Bucket: 'faults', Key: `half-${n}` }), { name: 'NotFound' });
    }
    await s3.putObject({ Bucket: 'faults', Key: 'large', Body: Buffer.alloc(30 * mb) });
    for (let n = 0; n < 5; n++) {
      const { Body } = await s3.getObject({ Bucket: 'faults', Key: 'large' });
      (Body as unknown as { destroy(): void }).destroy();
    }
    const abort = new AbortController();
    const asked = athena.startQueryExecution(
      { QueryString: 'SELECT 1', ResultConfiguration: { OutputLocation: 's3://faults/results/' } },
      { abortSignal: abort.signal },
    );
    abort.abort();
    await assert.rejects(asked);
  });

  test('a reader that does not read costs little memory, and an object deleted meanwhile arrives whole', async () => {
    const sizeBytes = 100 * mb;
    await s3.putObject({ Bucket: 'faults', Key: 'slow', Body: Buffer.alloc(sizeBytes, 'slow') });
    const before = residentOf(process.pid);
    const answers = await Promise.all(
      Array.from(
        { length: 8 },
        () =>
          new Promise<IncomingMessage>((settle, fail) =>
            request({ port, path: '/faults/slow', headers: authorization('s3'), agent: false }, settle)
              .on('error', fail)
              .end(),
          ),
      ),
    );
    await s3.deleteObject({ Bucket: 'faults', Key: 'slow' });
    const grown = residentOf(process.pid) - before;
    assert.ok(grown < 64 * mb, `${Math.round(grown / mb)} MB more`);
    let received = 0;
    for await (const chunk of answers[0]!) received += (chunk as Buffer).length;
    assert.equal(received, sizeBytes);
    for (const answer of answers) answer.destroy();
  });

  test('more queries than may wait are refused, the others all end', { timeout: 120_000 }, async () => {
    const count = 1000;
    const asked = await Promise.allSettled(
      Array.from({ length: count }, (_, n) =>
        athena.startQueryExecution({
          QueryString: `SELECT ${n}`,
          ResultConfiguration: { OutputLocation: 's3://faults/many/' },
        }),
      ),
    );
    const refused = asked.filter((each) => each.status === 'rejected');
    for (const { reason } of refused) assert.equal((reason as Error).name, 'TooManyRequestsException');
    const ids = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value.QueryExecutionId!] : []));
    assert.ok(ids.length >= 20, `${ids.length} were taken`);
    const states = new Map<string, string>();
    await until(
      async () => {
        const open = ids.filter((id) => !['SUCCEEDED', 'FAILED'].includes(states.get(id) ?? '')).slice(0, 50);
        if (open.length === 0) return true;
        const { QueryExecutions = [] } = await athena.batchGetQueryExecution({ QueryExecutionIds: open });
        for (const one of QueryExecutions) states.set(one.QueryExecutionId!, one.Status?.State ?? '');
        return false;
      },
      'all queries to end',
      100_000,
    );
    assert.deepEqual([...new Set(states.values())], ['SUCCEEDED']);
  });

  test('a stack that is asked for right after a change never shows the status before it', async () => {
    const template = (days: number): string =>
      JSON.stringify({
        Resources: {
          G: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'status', RetentionInDays: days } },
        },
      });
    const statusOf = async (id: string): Promise<string> =>
      (await stacks.describeStacks({ StackName: id })).Stacks?.[0]?.StackStatus ?? '';
    const { StackId = '' } = await stacks.createStack({ StackName: 'status', TemplateBody: template(1) });
    const settled = (status: string) => until(async () => (await statusOf(StackId)) === status, status, 10_000);
    await settled('CREATE_COMPLETE');
    for (const days of [3, 5, 7]) {
      await stacks.updateStack({ StackName: 'status', TemplateBody: template(days) });
      const status = await statusOf('status');
      assert.match(status, /^UPDATE_(IN_PROGRESS|COMPLETE_CLEANUP_IN_PROGRESS|COMPLETE)$/);
      await settled('UPDATE_COMPLETE');
    }
    await stacks.deleteStack({ StackName: 'status' });
    assert.match(await statusOf(StackId), /^DELETE_/);
    await settled('DELETE_COMPLETE');
    assert.equal((await glue.getDatabases({})).DatabaseList?.length, 1);
  });

  test('a bucket whose files were deleted by hand is empty, with versioning suspended as well', async () => {
    const Bucket = 'by-hand';
    await s3.createBucket({ Bucket });
    for (const Status of ['Enabled', 'Suspended'] as const) {
      await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status } });
      await s3.putObject({ Bucket, Key: `k-${Status}`, Body: 'x' });
    }
    for (const name of ['k-Enabled', 'k-Suspended']) rmSync(join(platform.dataDir, 'buckets', Bucket, name));
    assert.equal((await s3.listObjectVersions({ Bucket })).Versions, undefined);
    await s3.deleteBucket({ Bucket });
  });
});

/** Loops in loops, 30 rounds each. */
function loops(names: readonly string[], inner = 'G'): object {
  const [name, ...rest] = names;
  const id = `${inner}\${${name}}`;
  const body = rest.length === 0 ? { [id]: { Type: 'AWS::Logs::LogGroup' } } : loops(rest, id);
  return { [`Fn::ForEach::${name}`]: [name, Array.from({ length: 30 }, (_, n) => `k${n}`), body] };
}

function rawGet(port: string, path: string): Promise<number> {
  return new Promise((settle, fail) => {
    request({ port, path, headers: authorization('s3'), agent: false }, (answer) => {
      answer.resume();
      settle(answer.statusCode ?? 0);
    })
      .on('error', fail)
      .end();
  });
}
