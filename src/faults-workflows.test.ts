/** Workflows, functions, messages and applications made to hurt: each is refused or fails in clear words, the rest goes on. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, afterEach, suite, test } from 'node:test';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { Lambda } from '@aws-sdk/client-lambda';
import { SFN } from '@aws-sdk/client-sfn';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { findSpark } from '#drivers/spark/installation';
import { pack } from './capabilities/functions/code/inline.ts';
import { clientConfig } from './testing/client.ts';
import { residentOf } from './testing/faulty.ts';
import { startTestPlatform } from './testing/platform.ts';
import { useTempFolder } from './testing/temp-folder.ts';
import { until } from './testing/until.ts';

const mb = 2 ** 20;
const roleArn = 'arn:aws:iam::000000000000:role/faults';
const roomOf = (service: string, resource: string): string => `arn:aws:${service}:us-east-1:000000000000:${resource}`;

suite('workflows and what they call, made to hurt', async () => {
  const spark = hangingSpark(useTempFolder());
  const platform = await startTestPlatform({ sparkHome: spark.home });
  const config = clientConfig(platform.endpoint);
  const sfn = new SFN({ ...config, disableHostPrefix: true });
  const [lambda, sqs, sns, events] = [new Lambda(config), new SQS(config), new SNS(config), new EventBridge(config)];
  let machines = 0;

  after(async () => {
    for (const client of [sfn, lambda, sqs, sns, events]) client.destroy();
    await platform.close();
  });
  afterEach(() => assertWell());

  async function assertWell(): Promise<number> {
    const began = performance.now();
    const health = await fetch(`${platform.endpoint}/health`);
    assert.equal(health.status, 200, await health.text());
    const lastedMs = performance.now() - began;
    assert.ok(lastedMs < 3000, `health took ${lastedMs} ms`);
    return lastedMs;
  }

  async function machine(definition: object | string): Promise<string> {
    machines += 1;
    const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
    return (
      (await sfn.createStateMachine({ name: `hurt-${machines}`, roleArn, definition: text })).stateMachineArn ?? ''
    );
  }

  /** The output of an execution, or how it failed. */
  async function run(definition: object, input: unknown = {}): Promise<string> {
    const stateMachineArn = await machine(definition);
    const { executionArn } = await sfn.startExecution({ stateMachineArn, input: JSON.stringify(input) });
    let end = await sfn.describeExecution({ executionArn });
    await until(
      async () => (end = await sfn.describeExecution({ executionArn })).status !== 'RUNNING',
      'the end of the execution',
      20_000,
    );
    return end.status === 'SUCCEEDED' ? (end.output ?? '') : `${end.error}: ${end.cause}`;
  }

  test('definitions without measure are refused in good time', async () => {
    const deep = (n: number, open: string, close: string): string => `${open.repeat(n)}1${close.repeat(n)}`;
    const passing = (field: string): string => `{"StartAt":"A","States":{"A":{"Type":"Pass",${field},"End":true}}}`;
    const long = Array.from({ length: 8000 }, (_, n) => {
      const state = { Type: 'Pass', Parameters: { 'x.$': '$..*' }, Next: `S${n + 1}` };
      return [`S${n}`, state] as const;
    });
    let branches: object = { Type: 'Pass', End: true };
    for (let n = 0; n < 100; n++)
      branches = { Type: 'Parallel', Branches: [{ StartAt: `S${n}`, States: { [`S${n}`]: branches } }], End: true };
    const refusals: readonly (readonly [string, RegExp])[] = [
      [passing(`"Result":${deep(10_000, '[', ']')}`), /TOO_DEEPLY_NESTED/],
      [passing(`"Parameters":${deep(10_000, '{"a":', '}')}`), /TOO_DEEPLY_NESTED/],
      [JSON.stringify({ StartAt: 'A', States: { A: branches } }), /nest/i],
      ['['.repeat(900_000), /TOO_DEEPLY_NESTED/],
      [passing(`"Comment":"${'é'.repeat(550_000)}"`), /larger than 1048576 bytes/],
      [JSON.stringify({ StartAt: 'S0', States: Object.fromEntries(long) }), /Missing 'Next' target: S8000/],
      [passing(`"InputPath":"$${'[?('.repeat(3000)}"`), /not a valid JSONPath/],
      [passing(`"Parameters":{"a.$":"${'States.Array('.repeat(3000)}"}`), /valid intrinsic/],
      [passing(`"QueryLanguage":"JSONata","Output":"{% ${'('.repeat(30_000)} %}"`), /nests too deeply/],
      [passing(`"QueryLanguage":"JSONata","Output":"{% ${'1+'.repeat(100_000)}1 %}"`), /nests too deeply/],
    ];
    for (const [definition, words] of refusals) {
      const began = performance.now();
      await assert.rejects(machine(definition), { name: 'InvalidDefinition', message: words });
      assert.ok(performance.now() - began < 3000, `${words} took ${performance.now() - began} ms`);
    }
  });

  test('expressions that explode fail their state and hold nobody up', async () => {
    const bombs: readonly (readonly [string, RegExp])[] = [
      ['($f := function($x) { 1 + $f($x + 1) }; $f(1))', /D1011: Stack overflow/],
      ['($a := [1..20000]; $error("it took " & $count($a[$ in $a])))', /D3137: it took 20000/],
      ['$pad("a", 1048577)', /more than 1048576 characters/],
      ['($f := function($a, $n) { $n = 0 ? $a : $f({"a": $a, "b": $a}, $n - 1) }; $string($f(1, 40)))', /parts/],
      ['$match($pad("a", 100000, "a"), /(a+)+b/)', /returned nothing/],
    ];
    const before = residentOf(process.pid);
    const over = new AbortController();
    const ends = Promise.all(
      bombs.map(([bomb]) => run({ ...one({ Type: 'Pass', Output: `{% ${bomb} %}` }), QueryLanguage: 'JSONata' })),
    ).finally(() => over.abort());
    while (!over.signal.aborted) await assertWell();
    for (const [index, end] of (await ends).entries()) {
      assert.match(end, /^States.QueryEvaluationError: An error occurred while executing the state 'A'/);
      assert.match(end, bombs[index]![1]);
    }
    const grown = (residentOf(process.pid) - before) / mb;
    assert.ok(grown < 1200, `memory grew by ${grown} MB`);
  });

  test('paths that visit everything many times over are read or fail in good time', async () => {
    const rows = Array.from({ length: 9000 }, (_, n) => ({ a: n, b: [n] }));
    const paths: readonly (readonly [string, RegExp])[] = [
      ['$..*', /^States.DataLimitExceeded/],
      ['$..[?(@.a > 1)]..[?(@.a > 1)]..*', /^\[|^States\.\w+: /],
      ['$.rows[?(@.a =~ /(.*a){30}/)]', /^\[\]$/],
    ];
    for (const [OutputPath, words] of paths) {
      const began = performance.now();
      assert.match(await run(one({ Type: 'Pass', OutputPath }), { rows }), words, OutputPath);
      assert.ok(performance.now() - began < 5000, OutputPath);
    }
  });

  test('256 KiB are counted in bytes, not in characters', async () => {
    const stateMachineArn = await machine(one({ Type: 'Pass' }));
    const input = JSON.stringify('é'.repeat(131_071));
    assert.equal(Buffer.byteLength(input), 262_144);
    await sfn.startExecution({ stateMachineArn, input });
    await assert.rejects(sfn.startExecution({ stateMachineArn, input: `${input} ` }), {
      name: 'InvalidExecutionInput',
      message: /262144 bytes/,
    });
  });

  test('a machine that starts itself twice leaves the platform responsive, and ends with its deletion', async () => {
    const stateMachineArn = roomOf('states', 'stateMachine:hydra');
    const start = (more: object): object => ({
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution',
      Parameters: { StateMachineArn: stateMachineArn },
      ...more,
    });
    const definition = JSON.stringify({ StartAt: 'A', States: { A: start({ Next: 'B' }), B: start({ End: true }) } });
    await sfn.createStateMachine({ name: 'hydra', roleArn, definition });
    const before = residentOf(process.pid);
    await sfn.startExecution({ stateMachineArn });
    const began = performance.now();
    while (performance.now() - began < 2000) await assertWell();
    await sfn.deleteStateMachine({ stateMachineArn });
    await until(
      async () => (await sfn.listStateMachines({})).stateMachines?.every(({ name }) => name !== 'hydra') ?? false,
      'the machine to be gone',
      20_000,
    );
    const grown = (residentOf(process.pid) - before) / mb;
    assert.ok(grown < 600, `memory grew by ${grown} MB`);
  });

  test('policies and patterns that explode are refused or quick, and so are batches beyond measure', async () => {
    const { TopicArn = '' } = await sns.createTopic({ Name: 'hurt' });
    const { QueueUrl } = await sqs.createQueue({ QueueName: 'hurt' });
    const subscribe = (FilterPolicy: string) =>
      sns.subscribe({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: roomOf('sqs', 'hurt'),
        Attributes: { FilterPolicy, FilterPolicyScope: 'MessageBody' },
      });
    const nested = (n: number, open: string, close: string): string => `${open.repeat(n)}["x"]${close.repeat(n)}`;
    const began = performance.now();
    await assert.rejects(subscribe(nested(40_000, '{"a":', '}')), { name: 'InvalidParameterException' });
    await assert.rejects(
      subscribe(`{"a":[${nested(9_000, '{"anything-but":', '}')}]}`),
      /failed to parse|FilterPolicy/,
    );
    await assert.rejects(subscribe(JSON.stringify({ a: Array.from({ length: 20_000 }, String) })), /too complex/);
    await subscribe(JSON.stringify({ a: [{ wildcard: '*a'.repeat(2000) }] }));
    await sns.publish({ TopicArn, Message: JSON.stringify({ a: `${'a'.repeat(250_000)}b` }) });
    await sns.publish({ TopicArn, Message: `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}` });
    await assert.rejects(events.putRule({ Name: 'hurt', EventPattern: nested(600, '{"a":', '}') }), {
      name: 'InvalidEventPatternException',
    });
    const Entries = Array.from({ length: 256 }, (_, n) => ({ Id: `${n}`, MessageBody: 'x' }));
    await assert.rejects(sqs.sendMessageBatch({ QueueUrl, Entries }), {
      name: 'TooManyEntriesInBatchRequest',
      message: 'Maximum number of entries per request are 10. You have sent 256.',
    });
    assert.ok(performance.now() - began < 5000, `it took ${performance.now() - began} ms`);
  });

  test('Livy refuses bodies that are half, deep or beyond measure', async () => {
    const post = (body: string): Promise<string> => submit(platform.livyUrl ?? '', body);
    assert.match(await post('x'.repeat(100 * mb)), /^413 .*larger than 4194304 bytes|^broken/);
    assert.match(await post('{"file":"s3://b/a.py",'), /^400 .*not JSON/);
    assert.match(await post('['.repeat(mb)), /^400 .*not JSON/);
    assert.match(await post(`{"file":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`), /^400 .*must be a string/);
    assert.equal(await submit(platform.livyUrl ?? '', '{"file":', 1000), 'broken socket hang up');
  });

  test('a Spark that hangs and ignores SIGTERM is killed with its batch', { skip: spark.missing }, async () => {
    const file = join(spark.home, 'a.jar');
    writeFileSync(file, '');
    const answer = await submit(platform.livyUrl ?? '', JSON.stringify({ file, className: 'A' }));
    const { id } = JSON.parse(answer.slice('201 '.length)) as { id: number };
    await until(() => existsSync(spark.pidFile), 'Spark to hang', 10_000);
    const pid = readFileSync(spark.pidFile, 'utf8').trim();
    const { status } = await fetch(`${platform.livyUrl}/batches/${id}`, { method: 'DELETE' });
    assert.equal(status, 200);
    await until(() => !existsSync(`/proc/${pid}`), 'Spark to be gone', 15_000);
  });

  test('functions that fork, swallow SIGTERM or eat memory end with their time, children and all', async () => {
    const create = async (FunctionName: string, files: Record<string, Buffer>): Promise<void> => {
      const Code = { ZipFile: await pack(files) };
      const common = { Role: roleArn, Runtime: 'nodejs22.x', Handler: 'index.handler', Timeout: 1 } as const;
      await lambda.createFunction({ FunctionName, Code, MemorySize: 128, ...common });
    };
    const failureOf = async (FunctionName: string): Promise<string> => {
      const { FunctionError, Payload } = await lambda.invoke({ FunctionName, Payload: '{}' });
      return `${FunctionError} ${Buffer.from(Payload ?? []).toString('utf8')}`;
    };
    const forks = `import { spawn } from 'node:child_process';
      process.on('SIGTERM', () => {});
      export const handler = () => {
        for (let n = 0; n < 5; n++) spawn('sleep', ['613.25']);
        return new Promise(() => setInterval(() => {}, 1000));
      };`;
    await create('forks', { 'index.mjs': Buffer.from(forks) });
    assert.match(await failureOf('forks'), /^Unhandled .*Task timed out after 1.00 seconds/);
    await until(() => countProcesses(['sleep', '613.25']) === 0, 'the children to be gone');
    const eats = 'export const handler = () => { for (const all = []; ; ) all.push(Buffer.alloc(1e7, 1)); };';
    await create('eats', { 'index.mjs': Buffer.from(eats) });
    assert.match(await failureOf('eats'), /^Unhandled .*(signal: killed|timed out)/);
    await assert.rejects(create('bomb', { a: Buffer.alloc(260 * mb) }), {
      name: 'InvalidParameterValueException',
      message: /Unzipped size must be smaller than 262144000 bytes/,
    });
  });
});

/** A machine of one state. */
function one(state: object): object {
  return { StartAt: 'A', States: { A: { ...state, End: true } } };
}

/** Posts a batch to Livy. @param length what the client says it sends; with less it hangs up */
function submit(livyUrl: string, body: string, length = Buffer.byteLength(body)): Promise<string> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': length };
    const sent = request(`${livyUrl}/batches`, { method: 'POST', headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve(`${answer.statusCode} ${text}`));
      answer.on('error', (error) => resolve(`broken ${error.message}`));
    });
    sent.on('error', (error) => resolve(`broken ${error.message}`));
    if (length === Buffer.byteLength(body)) sent.end(body);
    else sent.write(body, () => sent.destroy());
  });
}

/** A Spark whose `spark-submit` writes its process id down and does nothing for ever. */
function hangingSpark(folder: string): { home: string; pidFile: string; missing: string | false } {
  const home = join(folder, 'spark');
  const pidFile = join(folder, 'pid');
  const command = join(home, 'bin', 'spark-submit');
  mkdirSync(join(home, 'bin'), { recursive: true });
  mkdirSync(join(home, 'jars'));
  writeFileSync(
    command,
    `#!/bin/sh\ntrap '' TERM\necho $$ > ${pidFile}.new\nmv ${pidFile}.new ${pidFile}\nwhile :; do sleep 1; done\n`,
  );
  chmodSync(command, 0o755);
  writeFileSync(join(home, 'jars', 'hadoop-client-api-3.3.4.jar'), '');
  const find = () => findSpark({ sparkHome: home, pythonPath: '', environment: process.env, folder });
  for (const jar of find()?.missingS3Jars ?? []) writeFileSync(join(home, 'jars', jar), '');
  const missing = find()?.java === undefined ? 'Spark is not started without Java' : false;
  return { home, pidFile, missing };
}

/** Processes of this machine whose command line is that one; Linux only, else 0. */
function countProcesses(words: readonly string[]): number {
  if (!existsSync('/proc/self')) return 0;
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') === words.map((word) => `${word}\0`).join('')
      );
    } catch {
      return false;
    }
  }).length;
}
