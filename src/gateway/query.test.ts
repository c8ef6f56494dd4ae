import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { IAM } from '@aws-sdk/client-iam';
import { STS } from '@aws-sdk/client-sts';
import type { HandlersOf } from '#gateway';
import { PlatformError } from '#kernel/errors';
import { clientConfig, startGateway } from '#testing';

const sts: HandlersOf<STS> = {
  GetCallerIdentity: (_, { caller }) => ({ Account: caller.accountId, Arn: caller.arn, UserId: caller.principalId }),
  AssumeRoleWithWebIdentity: (input) => ({
    Audience: input.WebIdentityToken,
    AssumedRoleUser: { Arn: input.RoleArn, AssumedRoleId: 'AROA:x' },
  }),
};
const iam: HandlersOf<IAM> = {
  CreateRole: (input) => ({
    Role: {
      RoleName: input.RoleName,
      RoleId: 'AROAEXAMPLE',
      Path: '/',
      Arn: 'arn:aws:iam::000000000000:role/x',
      CreateDate: new Date(1e12),
      AssumeRolePolicyDocument: input.AssumeRolePolicyDocument,
      Tags: input.Tags,
    },
  }),
  GetRole: ({ RoleName }) => {
    throw new PlatformError('absent', 'NoSuchEntity', `The role with name ${RoleName} cannot be found.`);
  },
};
const cloudformation: HandlersOf<CloudFormation> = {
  DescribeStacks: () => ({
    Stacks: [
      {
        StackName: 'lake',
        CreationTime: new Date(1e12),
        StackStatus: 'CREATE_COMPLETE',
        Outputs: [{ OutputKey: 'Bucket', OutputValue: 'a<b>&"c"' }],
        Parameters: [],
      },
    ],
  }),
  CreateStack: (input) => ({ StackId: JSON.stringify([input.Parameters, input.Capabilities, input.DisableRollback]) }),
};

const server = await startGateway({
  apis: [
    { service: 'sts', operations: sts },
    { service: 'iam', operations: iam },
    { service: 'cloudformation', operations: cloudformation },
  ],
});
after(() => server.close());
const clients = {
  sts: new STS(clientConfig(server.endpoint)),
  iam: new IAM(clientConfig(server.endpoint)),
  cloudformation: new CloudFormation(clientConfig(server.endpoint)),
};
after(() => Object.values(clients).forEach((client) => client.destroy()));

test('the query protocol carries scalars, lists, structures and times', async () => {
  const { Role } = await clients.iam.createRole({
    RoleName: 'x',
    AssumeRolePolicyDocument: '{"a": "1+1=2 & more"}',
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '' },
    ],
  });
  assert.deepEqual(Role?.Tags, [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '' },
  ]);
  assert.equal(Role.AssumeRolePolicyDocument, '{"a": "1+1=2 & more"}');
  assert.deepEqual(Role.CreateDate, new Date(1e12));
});

test('CloudFormation answers nested lists and takes parameters', async () => {
  const { Stacks } = await clients.cloudformation.describeStacks({});
  assert.equal(Stacks?.[0]?.Outputs?.[0]?.OutputValue, 'a<b>&"c"');
  const { StackId } = await clients.cloudformation.createStack({
    StackName: 'lake',
    Parameters: [{ ParameterKey: 'k', ParameterValue: 'v' }],
    Capabilities: ['CAPABILITY_IAM'],
    DisableRollback: true,
  });
  assert.equal(StackId, '[[{"ParameterKey":"k","ParameterValue":"v"}],["CAPABILITY_IAM"],true]');
});

test('the query protocol reports modelled errors, bad input and operations nobody serves', async () => {
  await assert.rejects(clients.iam.getRole({ RoleName: 'x' }), { name: 'NoSuchEntityException', $fault: 'client' });
  await assert.rejects(clients.iam.createRole({ RoleName: 'a b', AssumeRolePolicyDocument: '{}' }), {
    name: 'ValidationError',
    message:
      /^1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy/,
  });
  await assert.rejects(clients.iam.listUsers({}), { name: 'InvalidAction', message: /iam:ListUsers/ });
});

test('STS knows the caller, and web identities need no signature', async () => {
  assert.equal((await clients.sts.getCallerIdentity({})).Arn, 'arn:aws:iam::000000000000:root');
  const RoleArn = 'arn:aws:iam::000000000000:role/web';
  const answer = await clients.sts.assumeRoleWithWebIdentity({
    RoleArn,
    RoleSessionName: 'web',
    WebIdentityToken: 'token',
  });
  assert.equal(answer.AssumedRoleUser?.Arn, RoleArn);
});
