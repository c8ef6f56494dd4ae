import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import { STS } from '@aws-sdk/client-sts';
import { FakeClock } from '#kernel/clock';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { clientConfig, startGateway, useTempFolder, type TestGateway } from '#testing';
import { accessSchema, createAccess, readRootKey, type AccessKey } from './index.ts';

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: '000000000000', Service: 'glue.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
});
const allowRead = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
});

describe('access', () => {
  const folder = useTempFolder();
  const clock = new FakeClock(Date.now());
  let state: State;
  let server: TestGateway;
  let rootKey: AccessKey;
  let iam: IAM;
  let sts: STS;

  const configFor = (credentials: AccessKey & { sessionToken?: string }) => ({
    ...clientConfig(server.endpoint),
    credentials,
    systemClockOffset: clock.nowMs() - Date.now(),
  });

  before(async () => {
    state = State.open(join(folder, 'state.sqlite'), [accessSchema]);
    const vault = Vault.open(join(folder, 'secret.key'));
    const parts = createAccess({ state, clock, vault, dataDir: folder, accountId: '000000000000', open: false });
    rootKey = parts.rootKey;
    server = await startGateway({ apis: parts.capability.apis ?? [], authorizer: parts.access.credentials, clock });
    iam = new IAM(configFor(rootKey));
    sts = new STS(configFor(rootKey));
  });

  after(async () => {
    await server.close();
    state.close();
  });

  test('the first start makes a root key that only its owner can read', () => {
    const file = join(folder, 'credentials');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readRootKey(file), rootKey);
  });

  test('the root key is who it says, a wrong secret and an unknown key are not', async () => {
    const { Arn, Account } = await sts.getCallerIdentity({});
    assert.deepEqual([Arn, Account], ['arn:aws:iam::000000000000:root', '000000000000']);
    const wrong = new STS(configFor({ ...rootKey, secretAccessKey: 'wrong' }));
    await assert.rejects(wrong.getCallerIdentity({}), { name: 'SignatureDoesNotMatch' });
    const unknown = new STS(configFor({ accessKeyId: 'AKIAUNKNOWN000000000', secretAccessKey: 'x' }));
    await assert.rejects(unknown.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
  });

  test('a role keeps its trust policy, tags, inline and attached policies, and cannot go while they hang on it', async () => {
    const { Role } = await iam.createRole({
      RoleName: 'etl',
      Path: '/jobs/',
      AssumeRolePolicyDocument: trust,
      Tags: [{ Key: 'team', Value: 'data' }],
    });
    assert.equal(Role?.Arn, 'arn:aws:iam::000000000000:role/jobs/etl');
    assert.deepEqual(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')), JSON.parse(trust));
    await assert.rejects(iam.createRole({ RoleName: 'ETL', AssumeRolePolicyDocument: trust }), {
      name: 'EntityAlreadyExistsException',
    });
    await iam.putRolePolicy({ RoleName: 'etl', PolicyName: 'read', PolicyDocument: allowRead });
    await iam.attachRolePolicy({
      RoleName: 'etl',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole',
    });
    const attached = await iam.listAttachedRolePolicies({ RoleName: 'etl' });
    assert.deepEqual(
      attached.AttachedPolicies?.map((policy) => policy.PolicyName),
      ['AWSGlueServiceRole'],
    );
    await assert.rejects(iam.deleteRole({ RoleName: 'etl' }), { name: 'DeleteConflictException' });
    await iam.detachRolePolicy({
      RoleName: 'etl',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole',
    });
    await iam.deleteRolePolicy({ RoleName: 'etl', PolicyName: 'read' });
    await iam.deleteRole({ RoleName: 'etl' });
    await assert.rejects(iam.getRole({ RoleName: 'etl' }), {
      name: 'NoSuchEntityException',
      message: 'The role with name etl cannot be found.',
    });
  });

  test('a malformed policy is refused with the place of its fault', async () => {
    const create = (document: string) => iam.createRole({ RoleName: 'bad', AssumeRolePolicyDocument: document });
    await assert.rejects(create('{'), { name: 'MalformedPolicyDocumentException' });
    await assert.rejects(create(allowRead), /statement 1: a trust policy needs a Principal/);
    await assert.rejects(create('{"Statement":[{"Effect":"Maybe"}]}'), /statement 1: Effect must be Allow or Deny/);
  });

  test('a managed policy has versions, of which one is the default', async () => {
    const { Policy } = await iam.createPolicy({ PolicyName: 'lake-read', PolicyDocument: allowRead });
    const PolicyArn = Policy?.Arn ?? '';
    for (let version = 2; version <= 5; version++)
      await iam.createPolicyVersion({ PolicyArn, PolicyDocument: allowRead, SetAsDefault: version === 3 });
    await assert.rejects(iam.createPolicyVersion({ PolicyArn, PolicyDocument: allowRead }), {
      name: 'LimitExceededException',
    });
    assert.equal((await iam.getPolicy({ PolicyArn })).Policy?.DefaultVersionId, 'v3');
    await assert.rejects(iam.deletePolicyVersion({ PolicyArn, VersionId: 'v3' }), { name: 'DeleteConflictException' });
    await assert.rejects(iam.deletePolicy({ PolicyArn }), { name: 'DeleteConflictException' });
    for (const VersionId of ['v1', 'v2', 'v4', 'v5']) await iam.deletePolicyVersion({ PolicyArn, VersionId });
    await iam.deletePolicy({ PolicyArn });
  });

  test('a user signs with an own key until it is made inactive', async () => {
    await iam.createUser({ UserName: 'ada' });
    const { AccessKey } = await iam.createAccessKey({ UserName: 'ada' });
    const key = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
    const asAda = new STS(configFor(key));
    assert.equal((await asAda.getCallerIdentity({})).Arn, 'arn:aws:iam::000000000000:user/ada');
    await iam.updateAccessKey({ UserName: 'ada', AccessKeyId: key.accessKeyId, Status: 'Inactive' });
    await assert.rejects(asAda.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
    await assert.rejects(iam.deleteUser({ UserName: 'ada' }), { name: 'DeleteConflictException' });
    await iam.deleteAccessKey({ UserName: 'ada', AccessKeyId: key.accessKeyId });
    await iam.deleteUser({ UserName: 'ada' });
    assert.ok(
      !readFileSync(join(folder, 'state.sqlite-wal')).includes(key.secretAccessKey),
      'a secret lies in the state in plain text',
    );
  });

  test('listings page by marker without gaps', async () => {
    for (const name of ['g1', 'g2', 'g3']) await iam.createGroup({ GroupName: name });
    const names: string[] = [];
    for (let Marker: string | undefined; ;) {
      const page = await iam.listGroups({ MaxItems: 2, ...(Marker === undefined ? {} : { Marker }) });
      names.push(...(page.Groups ?? []).map((group) => group.GroupName ?? ''));
      if (page.IsTruncated !== true) break;
      Marker = page.Marker;
    }
    assert.deepEqual(names, ['g1', 'g2', 'g3']);
  });

  test('an assumed role acts under its own name until its session ends', async () => {
    await iam.createRole({ RoleName: 'analyst', AssumeRolePolicyDocument: trust });
    const { Credentials, AssumedRoleUser } = await sts.assumeRole({
      RoleArn: 'arn:aws:iam::000000000000:role/analyst',
      RoleSessionName: 's1',
    });
    assert.equal(AssumedRoleUser?.Arn, 'arn:aws:sts::000000000000:assumed-role/analyst/s1');
    const session = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    assert.equal((await new STS(configFor(session)).getCallerIdentity({})).Arn, AssumedRoleUser?.Arn);
    await assert.rejects(new STS(configFor({ ...session, sessionToken: 'other' })).getCallerIdentity({}), {
      name: 'InvalidClientTokenId',
    });
    await assert.rejects(sts.assumeRole({ RoleArn: 'arn:aws:iam::000000000000:role/nobody', RoleSessionName: 's1' }), {
      name: 'AccessDenied',
    });
    clock.advance(3_601_000);
    await assert.rejects(new STS(configFor(session)).getCallerIdentity({}), (error: Error) =>
      error.name.startsWith('ExpiredToken'),
    );
  });
});

test('open mode takes any key as root, and twelve digits as the account', async () => {
  const folder = useTempFolder();
  const state = State.open(join(folder, 'state.sqlite'), [accessSchema]);
  const clock = new FakeClock();
  const vault = Vault.open(join(folder, 'secret.key'));
  const { access } = createAccess({ state, clock, vault, dataDir: folder, accountId: '000000000000', open: true });
  assert.equal(access.credentials.findCredential('test')?.caller.accountId, '000000000000');
  assert.equal(access.credentials.findCredential('123456789012')?.caller.arn, 'arn:aws:iam::123456789012:root');
  state.close();
});
