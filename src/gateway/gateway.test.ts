import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Glue } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import { clientConfig, startGateway } from '#testing';

const glueOperations: HandlersOf<Glue> = {
  GetDatabase: ({ Name }) => ({ Database: { Name: Name!, CreateTime: new Date(1_700_000_000_000) } }),
};

const server = await startGateway({ apis: [{ service: 'glue', operations: glueOperations }] });
after(() => server.close());
const glue = new Glue(clientConfig(server.endpoint));
after(() => glue.destroy());

test('a JSON client calls a handler and reads its answer', async () => {
  const { Database } = await glue.getDatabase({ Name: 'sales' });
  assert.deepEqual(Database, { Name: 'sales', CreateTime: new Date(1_700_000_000_000) });
});
