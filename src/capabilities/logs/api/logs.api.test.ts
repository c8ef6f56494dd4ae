import { after, test } from 'node:test';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { SystemClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { clientConfig, startGateway, useTempFolder } from '#testing';
import { createLogs } from '../capability.ts';
import { logsSchema } from '../store.ts';

async function open() {
  const state = State.open(join(useTempFolder(), 'state.sqlite'), [logsSchema]);
  const { capability } = createLogs({ state, clock: new SystemClock(), log: silentLog });
  const server = await startGateway({ apis: capability.apis ?? [] });
  const client = new CloudWatchLogs(clientConfig(server.endpoint));
  after(async () => {
    client.destroy();
    await server.close();
    state.close();
  });
  return client;
}

const client = await open();
const logGroupName = '/app/web';
const logStreamName = 'a';

test('the SDK creates a group with retention and tags and reads them back', async () => {
  await client.createLogGroup({ logGroupName, tags: { team: 'lake' } });
  await client.putRetentionPolicy({ logGroupName, retentionInDays: 7 });
  const { logGroups } = await client.describeLogGroups({ logGroupNamePrefix: '/app' });
  assert.equal(logGroups?.[0]?.arn, 'arn:aws:logs:us-east-1:000000000000:log-group:/app/web:*');
  assert.equal(logGroups?.[0]?.retentionInDays, 7);
  const resourceArn = logGroups?.[0]?.logGroupArn;
  assert.deepEqual((await client.listTagsForResource({ resourceArn })).tags, { team: 'lake' });
  await assert.rejects(client.createLogGroup({ logGroupName }), { name: 'ResourceAlreadyExistsException' });
});

test('the SDK puts events and finds them by stream and by filter', async () => {
  await client.createLogStream({ logGroupName, logStreamName });
  const timestamp = Date.now();
  const put = await client.putLogEvents({
    logGroupName,
    logStreamName,
    logEvents: [
      { timestamp, message: '{"level":"error","ms":120}' },
      { timestamp, message: '{"level":"info","ms":5}' },
    ],
  });
  assert.equal(put.rejectedLogEventsInfo, undefined);
  const got = await client.getLogEvents({ logGroupName, logStreamName, startFromHead: true });
  assert.equal(got.events?.length, 2);
  const found = await client.filterLogEvents({ logGroupName, filterPattern: '{ $.ms > 100 }' });
  assert.deepEqual(
    found.events?.map((event) => [event.logStreamName, event.message]),
    [['a', '{"level":"error","ms":120}']],
  );
});

test('what is not there is answered with the name it was asked by', async () => {
  await assert.rejects(client.getLogEvents({ logGroupName: 'none', logStreamName }), {
    name: 'ResourceNotFoundException',
    message: /'none'/,
  });
  await client.deleteLogGroup({ logGroupName });
  await assert.rejects(client.describeLogStreams({ logGroupName }), { name: 'ResourceNotFoundException' });
});
