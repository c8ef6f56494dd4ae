import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import { IAM } from '@aws-sdk/client-iam';
import { waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from '@aws-sdk/client-lambda';
import { clientConfig } from '#testing';
import { Role, functionInput, startFunctions, zipOf } from './functions.fixture.ts';

const one = { 'index.mjs': 'export const handler = async () => 1;' };
const two = { 'index.mjs': 'export const handler = async () => 2;' };

suite('functions', async () => {
  const { create, call, lambda, platform } = await startFunctions();

  test('are made, shown, changed and removed, and the waiters of the SDK pass', async () => {
    const input = await functionInput('first', one);
    const made = await lambda.createFunction({
      ...input,
      Environment: { Variables: { STAGE: 'b' } },
      Tags: { team: 'lake' },
    });
    assert.equal(made.FunctionArn, 'arn:aws:lambda:us-east-1:000000000000:function:first');
    assert.equal(made.State, 'Active');
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 5 }, { FunctionName: 'first' });
    const { Configuration, Code, Tags } = await lambda.getFunction({ FunctionName: made.FunctionArn });
    assert.deepEqual(Configuration?.Environment?.Variables, { STAGE: 'b' });
    assert.deepEqual(Tags, { team: 'lake' });
    const archive = await fetch(Code?.Location ?? '');
    assert.deepEqual(Buffer.from(await archive.arrayBuffer()), Buffer.from(input.Code?.ZipFile ?? []));
    assert.equal((await fetch(`${Code?.Location?.slice(0, -2)}00`)).status, 403);
    const changed = await lambda.updateFunctionConfiguration({
      FunctionName: 'first',
      MemorySize: 512,
      Description: 'now',
    });
    assert.deepEqual(
      [changed.MemorySize, changed.Description, changed.Environment?.Variables],
      [512, 'now', { STAGE: 'b' }],
    );
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 5 }, { FunctionName: 'first' });
    const { RevisionId } = changed;
    await lambda.updateFunctionCode({ FunctionName: 'first', ZipFile: await zipOf(two), RevisionId });
    await assert.rejects(lambda.updateFunctionCode({ FunctionName: 'first', ZipFile: await zipOf(one), RevisionId }), {
      name: 'PreconditionFailedException',
    });
    assert.equal((await call('first')).value, 2);
    await lambda.deleteFunction({ FunctionName: 'first' });
    await assert.rejects(lambda.getFunction({ FunctionName: 'first' }), {
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:first',
    });
  });

  test('are refused with a reason when they cannot be', async () => {
    const input = await functionInput('wrong', one);
    const refused = (more: object, message: RegExp) =>
      assert.rejects(lambda.createFunction({ ...input, ...more }), { name: 'InvalidParameterValueException', message });
    await refused({ Runtime: 'java21' }, /java21 is not supported/);
    await refused({ PackageType: 'Image' }, /Image is not supported/);
    await refused(
      { Environment: { Variables: { AWS_REGION: 'x' } } },
      /Reserved keys used in this request: AWS_REGION/,
    );
    await refused({ Environment: { Variables: { BIG: 'x'.repeat(5000) } } }, /exceeded the 4KB limit/);
    await refused({ Code: {} }, /provide a source/);
    await refused({ Code: { S3Bucket: 'nowhere', S3Key: 'x.zip' } }, /S3 Error Code: NoSuchBucket/);
    await refused({ Code: { ZipFile: Buffer.from('no zip') } }, /Could not unzip/);
    await refused({ DeadLetterConfig: { TargetArn: 'arn:aws:s3:::x' } }, /must be the ARN of a queue or a topic/);
    await create('taken', one);
    await assert.rejects(create('taken', one), {
      name: 'ResourceConflictException',
      message: 'Function already exist: taken',
    });
  });

  test('take a role that exists only when it trusts Lambda', async () => {
    const iam = new IAM(clientConfig(platform.endpoint));
    const trust = (service: string) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
      });
    await iam.createRole({ RoleName: 'good', AssumeRolePolicyDocument: trust('lambda.amazonaws.com') });
    await iam.createRole({ RoleName: 'bad', AssumeRolePolicyDocument: trust('glue.amazonaws.com') });
    await create('trusted', one, { Role: Role.replace('runner', 'good') });
    assert.equal((await call('trusted')).value, 1);
    await assert.rejects(create('untrusted', one, { Role: Role.replace('runner', 'bad') }), {
      message: 'The role defined for the function cannot be assumed by Lambda.',
    });
    iam.destroy();
  });

  test('come from a bucket as well', async () => {
    const s3 = new S3(clientConfig(platform.endpoint));
    await s3.createBucket({ Bucket: 'packages' });
    await s3.putObject({ Bucket: 'packages', Key: 'one.zip', Body: await zipOf(one) });
    await create('stored', {}, { Code: { S3Bucket: 'packages', S3Key: 'one.zip' }, Runtime: 'nodejs22.x' });
    assert.equal((await call('stored')).value, 1);
    s3.destroy();
  });

  test('are listed in pages, with their versions when asked', async () => {
    for (const name of ['list-a', 'list-b', 'list-c']) await create(name, one, { Publish: name === 'list-b' });
    const names: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await lambda.listFunctions({ MaxItems: 2, Marker });
      names.push(...(page.Functions ?? []).map(({ FunctionName }) => FunctionName));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    assert.deepEqual(
      names.filter((name) => name?.startsWith('list-')),
      ['list-a', 'list-b', 'list-c'],
    );
    const { Functions = [] } = await lambda.listFunctions({ FunctionVersion: 'ALL' });
    const versions = Functions.filter(({ FunctionName }) => FunctionName === 'list-b').map(({ Version }) => Version);
    assert.deepEqual(versions, ['$LATEST', '1']);
  });

  test('are published in versions that stay as they are, and named by aliases', async () => {
    await create('versioned', one);
    const { Version, FunctionArn } = await lambda.publishVersion({ FunctionName: 'versioned' });
    assert.deepEqual([Version, FunctionArn?.endsWith(':versioned:1')], ['1', true]);
    assert.equal((await lambda.publishVersion({ FunctionName: 'versioned' })).Version, '1');
    await lambda.createAlias({ FunctionName: 'versioned', Name: 'live', FunctionVersion: '1' });
    await lambda.updateFunctionCode({ FunctionName: 'versioned', ZipFile: await zipOf(two), Publish: true });
    assert.equal((await call('versioned:live')).value, 1);
    await lambda.updateAlias({ FunctionName: 'versioned', Name: 'live', FunctionVersion: '2' });
    assert.equal((await call('versioned', {}, { Qualifier: 'live' })).value, 2);
    await assert.rejects(lambda.deleteFunction({ FunctionName: 'versioned', Qualifier: '2' }), {
      name: 'ResourceConflictException',
    });
    await lambda.deleteFunction({ FunctionName: 'versioned', Qualifier: '1' });
    const { Versions = [] } = await lambda.listVersionsByFunction({ FunctionName: 'versioned' });
    assert.deepEqual(
      Versions.map((each) => each.Version),
      ['$LATEST', '2'],
    );
    await assert.rejects(lambda.createAlias({ FunctionName: 'versioned', Name: 'x', FunctionVersion: '7' }), {
      name: 'ResourceNotFoundException',
    });
    await assert.rejects(lambda.createAlias({ FunctionName: 'versioned', Name: 'live', FunctionVersion: '2' }), {
      name: 'ResourceConflictException',
    });
    await lambda.deleteAlias({ FunctionName: 'versioned', Name: 'live' });
    assert.deepEqual((await lambda.listAliases({ FunctionName: 'versioned' })).Aliases, []);
  });

  test('keep permissions, tags and settings, and answer what deployment tools ask', async () => {
    await create('kept', one);
    const client = lambda;
    const FunctionName = 'kept';
    const statement = {
      FunctionName,
      StatementId: 's',
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
      SourceArn: 'arn:aws:s3:::b',
    };
    await client.addPermission(statement);
    await assert.rejects(client.addPermission(statement), { name: 'ResourceConflictException' });
    const policy = JSON.parse((await client.getPolicy({ FunctionName })).Policy ?? '') as {
      Statement: { Condition: object }[];
    };
    assert.deepEqual(policy.Statement[0]?.Condition, { ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::b' } });
    await client.removePermission({ FunctionName, StatementId: 's' });
    await assert.rejects(client.getPolicy({ FunctionName }), { name: 'ResourceNotFoundException' });
    const Resource = 'arn:aws:lambda:us-east-1:000000000000:function:kept';
    await client.tagResource({ Resource, Tags: { a: '1', b: '2' } });
    await client.untagResource({ Resource, TagKeys: ['a'] });
    assert.deepEqual((await client.listTags({ Resource })).Tags, { b: '2' });
    await assert.rejects(client.getFunctionEventInvokeConfig({ FunctionName }), { name: 'ResourceNotFoundException' });
    await client.putFunctionEventInvokeConfig({ FunctionName, MaximumRetryAttempts: 1 });
    await client.updateFunctionEventInvokeConfig({ FunctionName, MaximumEventAgeInSeconds: 120 });
    const settings = await client.getFunctionEventInvokeConfig({ FunctionName });
    assert.deepEqual([settings.MaximumRetryAttempts, settings.MaximumEventAgeInSeconds], [1, 120]);
    await client.deleteFunctionEventInvokeConfig({ FunctionName });
    assert.equal((await client.getFunctionCodeSigningConfig({ FunctionName })).CodeSigningConfigArn, '');
    assert.equal((await client.getAccountSettings({})).AccountLimit?.ConcurrentExecutions, 1000);
    assert.deepEqual(
      await client.getFunctionConcurrency({ FunctionName }).then((each) => each.ReservedConcurrentExecutions),
      undefined,
    );
  });

  test('a layer is published, shown, permitted and removed; who uses it keeps it', async () => {
    const Content = { ZipFile: await zipOf({ 'nodejs/node_modules/x/index.js': 'module.exports = 7;' }) };
    const { LayerVersionArn = '', Version } = await lambda.publishLayerVersion({ LayerName: 'lib', Content });
    assert.equal(Version, 1);
    await create('user', { 'index.js': "exports.handler = async () => require('x');" }, { Layers: [LayerVersionArn] });
    const layer = { LayerName: 'lib', VersionNumber: 1 };
    await lambda.addLayerVersionPermission({
      ...layer,
      StatementId: 'all',
      Action: 'lambda:GetLayerVersion',
      Principal: '*',
    });
    assert.match((await lambda.getLayerVersionPolicy(layer)).Policy ?? '', /"Sid":"all"/);
    assert.equal((await lambda.listLayers({})).Layers?.[0]?.LatestMatchingVersion?.Version, 1);
    await lambda.deleteLayerVersion(layer);
    await assert.rejects(lambda.getLayerVersion(layer), { name: 'ResourceNotFoundException' });
    assert.equal((await call('user')).value, 7);
    assert.equal((await lambda.publishLayerVersion({ LayerName: 'lib', Content })).Version, 2);
  });

  test('modules of a layer are imported from the folders that AWS documents', async () => {
    const Content = {
      ZipFile: await zipOf({
        'nodejs/node_modules/old/index.js': 'module.exports = 1;',
        'nodejs/node22/node_modules/new/index.js': 'module.exports = 2;',
        'nodejs/node22/node_modules/new/package.json': '{"main": "index.js"}',
        'python/flat.py': 'number = 3',
        'python/lib/python3.12/site-packages/deep.py': 'number = 4',
      }),
    };
    const { LayerVersionArn = '' } = await lambda.publishLayerVersion({ LayerName: 'folders', Content });
    const more = { Layers: [LayerVersionArn] };
    const js = "import a from 'old'; import b from 'new'; export const handler = async () => [a, b];";
    await create('importing', { 'index.mjs': js }, more);
    assert.deepEqual((await call('importing')).value, [1, 2]);
    const py = 'import flat, deep\ndef handler(event, context):\n  return [flat.number, deep.number]';
    await create('importingpy', { 'index.py': py }, more);
    assert.deepEqual((await call('importingpy')).value, [3, 4]);
    await create('lacking', { 'index.mjs': "import x from 'nowhere'; export const handler = () => x;" }, more);
    assert.match((await call('lacking')).value.errorMessage, /Cannot find package 'nowhere' imported from/);
  });

  test('a published version is not changed, and 15 minutes are the most', async () => {
    await create('fixed', one, { Publish: true });
    for (const FunctionName of ['fixed:1', `arn:aws:lambda:us-east-1:000000000000:function:fixed:1`]) {
      await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName, Timeout: 5 }), {
        name: 'InvalidParameterValueException',
        message: /Only \$LATEST can be changed/,
      });
    }
    await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: 'fixed', Timeout: 901 }), {
      message: /'901' at 'timeout'/,
    });
    await lambda.updateFunctionConfiguration({ FunctionName: 'fixed:$LATEST', Timeout: 900 });
    const live = { FunctionName: 'fixed', Qualifier: 'live' };
    await lambda.createAlias({ FunctionName: 'fixed', Name: 'live', FunctionVersion: '1' });
    const { FunctionArn, Version } = await lambda.getFunctionConfiguration(live);
    assert.deepEqual([FunctionArn, Version], ['arn:aws:lambda:us-east-1:000000000000:function:fixed:live', '1']);
  });
});
