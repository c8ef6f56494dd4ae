import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { SSM } from '@aws-sdk/client-ssm';
import { SystemClock } from '#kernel/clock';
import { EventHub } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { clientConfig, startGateway, useTempFolder } from '#testing';
import { createParameters } from '../capability.ts';
import { parametersSchema } from '../store.ts';

const state = State.open(join(useTempFolder(), 'state.sqlite'), [parametersSchema]);
const { capability } = createParameters({
  state,
  clock: new SystemClock(),
  events: new EventHub(silentLog),
  vault: new Vault(randomBytes(32)),
});
const server = await startGateway({ apis: capability.apis ?? [] });
const ssm = new SSM(clientConfig(server.endpoint));
after(async () => {
  ssm.destroy();
  await server.close();
  state.close();
});

test('the SDK puts a secret, reads it with and without decryption, and lists its history', async () => {
  const Name = '/db/password';
  const put = await ssm.putParameter({
    Name,
    Value: 'hunter2',
    Type: 'SecureString',
    Tags: [{ Key: 'a', Value: 'b' }],
  });
  assert.deepEqual([put.Version, put.Tier], [1, 'Standard']);
  const clear = await ssm.getParameter({ Name, WithDecryption: true });
  assert.equal(clear.Parameter?.Value, 'hunter2');
  assert.equal(clear.Parameter?.ARN, 'arn:aws:ssm:us-east-1:000000000000:parameter/db/password');
  assert.notEqual((await ssm.getParameter({ Name: clear.Parameter?.ARN })).Parameter?.Value, 'hunter2');
  const { Parameters } = await ssm.getParameterHistory({ Name });
  assert.equal(Parameters?.[0]?.LastModifiedUser, 'arn:aws:iam::000000000000:root');
  const { TagList } = await ssm.listTagsForResource({ ResourceType: 'Parameter', ResourceId: Name });
  assert.deepEqual(TagList, [{ Key: 'a', Value: 'b' }]);
});

test('many parameters are read at once and unknown ones are told', async () => {
  await ssm.putParameter({ Name: '/app/a', Value: '1', Type: 'String' });
  const { Parameters, InvalidParameters } = await ssm.getParameters({ Names: ['/app/a', '/app/b'] });
  assert.deepEqual(
    Parameters?.map((parameter) => parameter.Value),
    ['1'],
  );
  assert.deepEqual(InvalidParameters, ['/app/b']);
  const byPath = await ssm.getParametersByPath({ Path: '/', Recursive: true });
  assert.deepEqual(
    byPath.Parameters?.map((parameter) => parameter.Name),
    ['/app/a', '/db/password'],
  );
});

test('errors carry the names of the service model', async () => {
  await assert.rejects(ssm.getParameter({ Name: 'none' }), { name: 'ParameterNotFound' });
  await assert.rejects(ssm.putParameter({ Name: '/app/a', Value: '2', Type: 'String' }), {
    name: 'ParameterAlreadyExists',
  });
  await assert.rejects(ssm.deleteParameter({ Name: 'none' }), { name: 'ParameterNotFound' });
  await assert.rejects(
    ssm.putParameter({ Name: 'p', Value: 'x', Type: 'String', Policies: '[{"Type":"Expiration"}]' }),
    { name: 'InvalidPolicyTypeException' },
  );
});
