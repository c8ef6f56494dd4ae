import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { clientConfig, missingPython, until } from '#testing';
import { answerOf, bubblewrapMissing, startFunctions, zipOf, Role } from '../functions.fixture.ts';

const nodeSource = `
import { spawn } from 'node:child_process';
export const handler = async (event, context) => {
  switch (event.do) {
    case 'throw': throw Object.assign(new TypeError('no good'), { hint: 'x' });
    case 'exit': process.exit(3);
    case 'spin': for (;;) {}
    case 'child': console.log('child ' + spawn('sleep', ['600']).pid); for (;;) {}
    case 'big': return 'x'.repeat(7 * 2 ** 20);
    case 'log': console.log('one\\ntwo'); console.error(new Error('shown').message); return 'logged';
    case 'memory': { const held = []; for (;;) { held.push(Buffer.alloc(4 * 2 ** 20, 1)); await new Promise((r) => setTimeout(r, 5)); } }
    case 'reject': Promise.reject(new Error('nobody listens')); await new Promise((r) => setTimeout(r, 2000)); return 'late';
    case 'env': return process.env;
    case 'count': globalThis.count = (globalThis.count ?? 0) + 1; return globalThis.count;
    case 'sleep': await new Promise((r) => setTimeout(r, event.ms)); return process.pid;
    default: return { event, name: context.functionName, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() };
  }
};`;

function isAlive(pid: number): boolean {
  try {
    // A killed child of ours that nobody waited for is no longer running either.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

for (const sandbox of ['bubblewrap', 'process'] as const) {
  const skip = sandbox === 'bubblewrap' ? bubblewrapMissing : false;
  suite(`a node function in the sandbox '${sandbox}'`, { skip }, async () => {
    const { create, call, lambda, platform } = await startFunctions({ functionSandbox: sandbox });
    await create('node', { 'index.mjs': nodeSource });

    test('answers its event with its context', async () => {
      const { status, error, value } = await call('node', { a: [1, 'ä'] });
      assert.deepEqual([status, error], [200, undefined]);
      assert.deepEqual(value.event, { a: [1, 'ä'] });
      assert.equal(value.arn, 'arn:aws:lambda:us-east-1:000000000000:function:node');
      assert.ok(value.left > 5000 && value.left <= 10_000);
    });

    test('is kept warm, one invocation at a time', async () => {
      const { value: first } = await call('node', { do: 'count' });
      assert.equal((await call('node', { do: 'count' })).value, first + 1);
      const pids = await Promise.all([1, 2, 3].map(() => call('node', { do: 'sleep', ms: 50 })));
      assert.equal(pids.filter(({ error }) => error === undefined).length, 3);
    });

    test('shows its errors in the form of Lambda', async () => {
      const { status, error, value, log } = await call('node', { do: 'throw' });
      assert.deepEqual([status, error], [200, 'Unhandled']);
      assert.deepEqual([value.errorType, value.errorMessage, value.hint], ['TypeError', 'no good', 'x']);
      assert.match(value.trace[0], /^TypeError: no good/);
      assert.match(log, /ERROR\tInvoke Error/);
    });

    test('that leaves, spins, answers too much or takes too much memory is ended and says how', async () => {
      const left = await call('node', { do: 'exit' });
      assert.equal(left.value.errorType, 'Runtime.ExitError');
      assert.match(left.value.errorMessage, /^RequestId: \S+ Error: Runtime exited with error: exit status 3$/);
      const big = await call('node', { do: 'big' });
      assert.equal(big.value.errorType, 'Function.ResponseSizeTooLarge');
      const hungry = await call('node', { do: 'memory' });
      assert.match(hungry.value.errorMessage, /signal: killed$/);
      assert.match(hungry.log, /more than its 256 MB/);
      await lambda.updateFunctionConfiguration({ FunctionName: 'node', Timeout: 1 });
      const spun = await call('node', { do: 'spin' });
      assert.equal(spun.value.errorType, 'Sandbox.Timedout');
      assert.match(spun.value.errorMessage, /Task timed out after 1\.00 seconds$/);
      assert.match(spun.log, /Status: timeout/);
      assert.equal((await call('node', { do: 'count' })).value, 1);
      const { log } = await call('node', { do: 'child' });
      const pid = Number(/child (\d+)/.exec(log)?.[1]);
      // Inside bubblewrap it has another number; there the whole name space is gone.
      if (sandbox === 'process') await until(() => !isAlive(pid), 'the end of what the function began');
      await lambda.updateFunctionConfiguration({ FunctionName: 'node', Timeout: 10 });
    });

    test('whose promise nobody listens to fails', async () => {
      const { error, value } = await call('node', { do: 'reject' });
      assert.equal(error, 'Unhandled');
      assert.equal(value.errorType, 'Runtime.UnhandledPromiseRejection');
    });

    test('finds the platform and its role in an environment that holds nothing else of ours', async () => {
      const { value: env } = await call('node', { do: 'env' });
      assert.equal(env.AWS_ENDPOINT_URL, platform.endpoint);
      assert.equal(env.AWS_REGION, 'us-east-1');
      assert.match(env.AWS_ACCESS_KEY_ID, /^ASIA/);
      assert.deepEqual(
        Object.keys(env).filter((name) => name.startsWith('MILLPOND')),
        [],
      );
      assert.equal(env.LAMBDA_TASK_ROOT.startsWith('/var/task'), sandbox === 'bubblewrap');
    });

    test('writes its log to its group, framed as on AWS', async () => {
      const { log } = await call('node', { do: 'log' });
      assert.match(log, /^START RequestId: \S+ Version: \$LATEST\n/);
      assert.match(log, /INFO\tone\ntwo\n.*ERROR\tshown\nEND RequestId: \S+\nREPORT RequestId/s);
      const logs = new CloudWatchLogs(clientConfig(platform.endpoint));
      await until(async () => {
        const { events = [] } = await logs.filterLogEvents({ logGroupName: '/aws/lambda/node', filterPattern: 'two' });
        return events.length === 1;
      });
      const { logStreams } = await logs.describeLogStreams({ logGroupName: '/aws/lambda/node' });
      assert.match(logStreams?.[0]?.logStreamName ?? '', /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
      logs.destroy();
    });

    test('that cannot be loaded says why, each time', async () => {
      await create('broken', { 'index.mjs': "import 'not-there'; export const handler = 1;" });
      for (let count = 0; count < 2; count++) {
        const { error, value } = await call('broken');
        assert.deepEqual([error, value.errorType], ['Unhandled', 'Runtime.ImportModuleError']);
      }
      await lambda.updateFunctionCode({
        FunctionName: 'broken',
        ZipFile: await zipOf({ 'index.mjs': 'export const other = 1;' }),
      });
      assert.equal((await call('broken')).value.errorType, 'Runtime.HandlerNotFound');
      await lambda.updateFunctionCode({
        FunctionName: 'broken',
        ZipFile: await zipOf({ 'a.mjs': 'export const other = 1;' }),
      });
      const { value } = await call('broken');
      assert.match(value.errorMessage, /Cannot find module 'index'/);
    });

    test('may be a CommonJS module that calls back', async () => {
      await create('old', {
        'index.js':
          'exports.handler = (event, context, callback) => { setTimeout(() => callback(null, event.n + 1), 5); };',
      });
      assert.equal((await call('old', { n: 1 })).value, 2);
      assert.equal((await call('old', { n: 2 })).value, 3);
    });

    const curlMissing = spawnSync('curl', ['--version']).status === 0 ? false : 'curl is not installed';

    test('of the runtime provided brings its own bootstrap', { skip: curlMissing }, async () => {
      const bootstrap = `#!/bin/sh
while true; do
  headers=$(mktemp)
  curl -sS -D "$headers" -o /tmp/event "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next" || exit 1
  id=$(grep -i lambda-runtime-aws-request-id "$headers" | tr -d '\\r' | cut -d' ' -f2)
  echo "handled $id"
  curl -sS -o /dev/null -d "{\\"got\\":$(cat /tmp/event)}" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response"
done`;
      await lambda.createFunction({
        FunctionName: 'own',
        Runtime: 'provided.al2023',
        Handler: 'none',
        Role,
        Timeout: 10,
        Code: { ZipFile: await zipOf({ bootstrap }, 0o755) },
      });
      assert.deepEqual((await call('own', { x: 1 })).value, { got: { x: 1 } });
      assert.match((await call('own', { x: 2 })).log, /^handled \S+$/m);
    });
  });

  suite(`a Python function in the sandbox '${sandbox}'`, { skip: skip || missingPython() }, async () => {
    const { create, call } = await startFunctions({ functionSandbox: sandbox });
    const source = `
import json, logging, os, sys, urllib.request
log = logging.getLogger()
log.setLevel("INFO")
def handler(event, context):
    what = event.get("do")
    if what == "raise": raise ValueError("no good")
    if what == "exit": os._exit(4)
    if what == "spin":
        while True: pass
    if what == "odd": return {1, 2}
    if what == "log":
        print("printed"); log.info("informed\\nof two lines"); return None
    return {"event": event, "name": context.function_name, "left": context.get_remaining_time_in_millis(), "id": context.aws_request_id}
`;
    await create('python', { 'index.py': source });

    test('answers, logs, and shows its errors in the form of Lambda', async () => {
      const { value } = await call('python', { a: 'ä' });
      assert.deepEqual(value.event, { a: 'ä' });
      assert.ok(value.left > 1000);
      const logged = await call('python', { do: 'log' });
      assert.equal(logged.value, null);
      assert.match(logged.log, /\nprinted\n\[INFO\]\t\S+Z\t\S+\tinformed\nof two lines\nEND /);
      const failed = await call('python', { do: 'raise' });
      assert.deepEqual(
        [failed.error, failed.value.errorType, failed.value.errorMessage],
        ['Unhandled', 'ValueError', 'no good'],
      );
      assert.match(failed.value.stackTrace[0], /index\.py", line 7, in handler/);
      assert.equal((await call('python', { do: 'odd' })).value.errorType, 'Runtime.MarshalError');
      assert.match((await call('python', { do: 'exit' })).value.errorMessage, /exit status 4$/);
    });

    test('that cannot be loaded says why', async () => {
      await create('missing', { 'index.py': 'import not_there' });
      const { value } = await call('missing');
      assert.equal(value.errorType, 'Runtime.ImportModuleError');
      assert.equal(value.errorMessage, "Unable to import module 'index': No module named 'not_there'");
    });
  });
}

suite("a function's SDK calls", async () => {
  const { create, call } = await startFunctions();

  test('reach the platform from Python without any setting', { skip: missingPython('boto3') }, async () => {
    const source = `
import boto3
def handler(event, context):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="made-by-python")
    s3.put_object(Bucket="made-by-python", Key="a/b", Body=b"hello")
    return [s3.get_object(Bucket="made-by-python", Key="a/b")["Body"].read().decode(), boto3.client("sts").get_caller_identity()["Arn"]]
`;
    await create('python-sdk', { 'index.py': source }, { Timeout: 30 });
    const arn = 'arn:aws:sts::000000000000:assumed-role/runner/python-sdk';
    assert.deepEqual((await call('python-sdk')).value, ['hello', arn]);
  });

  test('reach the platform from node, where the SDK is installed beside it', async () => {
    const source = `
import { S3 } from '@aws-sdk/client-s3';
const s3 = new S3({});
export const handler = async () => {
  await s3.createBucket({ Bucket: 'made-by-node' });
  await s3.putObject({ Bucket: 'made-by-node', Key: 'a/b', Body: 'hello' });
  return (await s3.getObject({ Bucket: 'made-by-node', Key: 'a/b' })).Body.transformToString();
};`;
    await create('node-sdk', { 'index.mjs': source }, { Timeout: 30, MemorySize: 512 });
    assert.equal((await call('node-sdk')).value, 'hello');
  });
});

suite('invocations', async () => {
  const { create, call, lambda } = await startFunctions();
  await create('echo', { 'index.mjs': 'export const handler = async (event) => event;' });

  test('what is no JSON or too large is refused, and a dry run runs nothing', async () => {
    await assert.rejects(lambda.invoke({ FunctionName: 'echo', Payload: '{' }), {
      name: 'InvalidRequestContentException',
    });
    const large = JSON.stringify('x'.repeat(6_291_456));
    await assert.rejects(lambda.invoke({ FunctionName: 'echo', Payload: large }), { name: 'RequestTooLargeException' });
    const event = { FunctionName: 'echo', InvocationType: 'Event' as const };
    const medium = JSON.stringify('x'.repeat(1_048_576));
    await assert.rejects(lambda.invoke({ ...event, Payload: medium }), { name: 'RequestTooLargeException' });
    assert.equal((await lambda.invoke({ FunctionName: 'echo', InvocationType: 'DryRun' })).StatusCode, 204);
    assert.deepEqual(answerOf(await lambda.invoke({ FunctionName: 'echo' })).value, {});
  });

  test('six megabytes go in and out', async () => {
    const text = 'x'.repeat(6_000_000);
    assert.equal((await call('echo', text)).value.length, text.length);
  });

  test('beyond the reserved concurrency they are throttled', async () => {
    await create('slow', {
      'index.mjs': 'export const handler = () => new Promise((r) => setTimeout(() => r(1), 300));',
    });
    await lambda.putFunctionConcurrency({ FunctionName: 'slow', ReservedConcurrentExecutions: 1 });
    const results = await Promise.allSettled([1, 2, 3].map(() => lambda.invoke({ FunctionName: 'slow' })));
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as { name: string; Reason: string }] : [],
    );
    assert.equal(refused.length, 2);
    assert.deepEqual(
      refused.map(({ name }) => name),
      ['TooManyRequestsException', 'TooManyRequestsException'],
    );
    assert.equal(refused[0]?.Reason, 'ReservedFunctionConcurrentInvocationLimitExceeded');
    await lambda.putFunctionConcurrency({ FunctionName: 'slow', ReservedConcurrentExecutions: 0 });
    await assert.rejects(lambda.invoke({ FunctionName: 'slow' }), { name: 'TooManyRequestsException' });
    await lambda.deleteFunctionConcurrency({ FunctionName: 'slow' });
    assert.equal((await call('slow')).value, 1);
  });

  test('a weighted alias shares them out between two versions', async () => {
    await create('shared', { 'index.mjs': 'export const handler = async () => 1;' });
    await lambda.publishVersion({ FunctionName: 'shared' });
    await lambda.updateFunctionCode({
      FunctionName: 'shared',
      ZipFile: await zipOf({ 'index.mjs': 'export const handler = async () => 2;' }),
      Publish: true,
    });
    const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } };
    await lambda.createAlias({ FunctionName: 'shared', Name: 'live', FunctionVersion: '1', RoutingConfig });
    const seen = new Set<number>();
    for (let count = 0; count < 40; count++) seen.add((await call('shared:live')).value as number);
    assert.deepEqual(seen, new Set([1, 2]));
    assert.equal((await call('shared', {}, { Qualifier: '1' })).value, 1);
  });

  test('layers are laid over each other in order', async () => {
    const layer = async (name: string, files: Record<string, string>): Promise<string> => {
      const made = await lambda.publishLayerVersion({ LayerName: name, Content: { ZipFile: await zipOf(files) } });
      return made.LayerVersionArn ?? '';
    };
    const base = await layer('base', {
      'nodejs/node_modules/greeting/index.js': "module.exports = 'base';",
      'nodejs/node_modules/other/index.js': "module.exports = 'other';",
    });
    const top = await layer('top', { 'nodejs/node_modules/greeting/index.js': "module.exports = 'top';" });
    const source = "exports.handler = async () => [require('greeting'), require('other')];";
    await create('layered', { 'index.js': source }, { Layers: [base, top] });
    assert.deepEqual((await call('layered')).value, ['top', 'other']);
    await assert.rejects(create('none', { 'index.js': source }, { Layers: [`${base}9`] }), {
      message: /Layer version .* does not exist/,
    });
  });
});
