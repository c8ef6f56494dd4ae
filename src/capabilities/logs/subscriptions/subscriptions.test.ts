import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { Lambda } from '@aws-sdk/client-lambda';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../../testing/platform.ts';

/** Says what it was handed, packed as it came. */
const source = "exports.handler = async ({ awslogs }) => console.log('packed ' + awslogs.data);";

const template = (more: object = {}): string =>
  JSON.stringify({
    Resources: {
      Listener: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          FunctionName: 'listener',
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Role: 'arn:aws:iam::000000000000:role/runner',
          Code: { ZipFile: source },
        },
      },
      ...more,
    },
  });

suite('a subscription filter', async () => {
  const platform = await startTestPlatform();
  const [logs, lambda] = [
    new CloudWatchLogs(clientConfig(platform.endpoint)),
    new Lambda(clientConfig(platform.endpoint)),
  ];
  const cloudFormation = new CloudFormation(clientConfig(platform.endpoint));
  after(async () => {
    for (const client of [logs, lambda, cloudFormation]) client.destroy();
    await platform.close();
  });
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const filter = {
    Type: 'AWS::Logs::SubscriptionFilter',
    Properties: { LogGroupName: 'app', FilterPattern: 'ERROR', DestinationArn: { 'Fn::GetAtt': ['Listener', 'Arn'] } },
  };
  const deployed = async (StackName: string, statuses: RegExp): Promise<void> =>
    until(
      async () => {
        const { Stacks = [] } = await cloudFormation.describeStacks({ StackName });
        assert.doesNotMatch(Stacks[0]?.StackStatus ?? '', /ROLLBACK|FAILED/, Stacks[0]?.StackStatusReason);
        return statuses.test(Stacks[0]?.StackStatus ?? '');
      },
      'the stack',
      20_000,
    );
  await cloudFormation.createStack({ StackName: 'listening', TemplateBody: template({ Filter: filter }) });
  await deployed('listening', /^CREATE_COMPLETE$/);
  const destinationArn = 'arn:aws:lambda:us-east-1:000000000000:function:listener';
  const put = (...messages: string[]) =>
    logs.putLogEvents({
      logGroupName: 'app',
      logStreamName: 's',
      logEvents: messages.map((message) => ({ timestamp: Date.now(), message })),
    });
  const heard = async (): Promise<{ logEvents: { id: string; message: string }[]; logGroup: string }[]> => {
    const { events = [] } = await logs
      .filterLogEvents({ logGroupName: '/aws/lambda/listener', filterPattern: 'packed' })
      .catch(() => ({ events: [] }));
    return events.map(({ message = '' }) =>
      JSON.parse(gunzipSync(Buffer.from(message.split('packed ')[1] ?? '', 'base64')).toString('utf8')),
    );
  };

  test('hands what fits to its function, packed as on AWS, in the order of the stream', async () => {
    const { subscriptionFilters = [] } = await logs.describeSubscriptionFilters({ logGroupName: 'app' });
    assert.deepEqual(
      subscriptionFilters.map(({ destinationArn: arn, filterPattern }) => [arn, filterPattern]),
      [[destinationArn, 'ERROR']],
    );
    await put('ERROR one', 'fine', 'ERROR two');
    await until(async () => (await heard()).length === 1, 'the events', 20_000);
    const [{ logEvents, ...facts } = { logEvents: [] }] = await heard();
    assert.deepEqual(facts, {
      messageType: 'DATA_MESSAGE',
      owner: '000000000000',
      logGroup: 'app',
      logStream: 's',
      subscriptionFilters: subscriptionFilters.map(({ filterName }) => filterName),
    });
    assert.deepEqual(
      logEvents.map(({ message }) => message),
      ['ERROR one', 'ERROR two'],
    );
    const { events = [] } = await logs.filterLogEvents({ logGroupName: 'app', filterPattern: 'ERROR' });
    assert.deepEqual(
      logEvents.map(({ id }) => id),
      events.map(({ eventId }) => eventId),
    );
  });

  test('is refused where it could not work, and says why', async () => {
    const wanted = { logGroupName: 'app', filterName: 'x', filterPattern: '', destinationArn };
    const name = 'InvalidParameterException';
    await assert.rejects(logs.putSubscriptionFilter({ ...wanted, filterPattern: '{ $.a' }), { name });
    await assert.rejects(
      logs.putSubscriptionFilter({ ...wanted, destinationArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s' }),
      { name, message: /must be the ARN of a function/ },
    );
    await assert.rejects(logs.putSubscriptionFilter({ ...wanted, destinationArn: `${destinationArn}x` }), {
      name,
      message: /Function not found/,
    });
    await assert.rejects(logs.putSubscriptionFilter({ ...wanted, logGroupName: '/aws/lambda/listener' }), {
      name,
      message: /reserved for the function log output/,
    });
    await logs.putSubscriptionFilter(wanted);
    await assert.rejects(logs.putSubscriptionFilter({ ...wanted, filterName: 'third' }), {
      name: 'LimitExceededException',
    });
    await logs.deleteSubscriptionFilter({ logGroupName: 'app', filterName: 'x' });
    await assert.rejects(logs.deleteSubscriptionFilter({ logGroupName: 'app', filterName: 'x' }), {
      name: 'ResourceNotFoundException',
    });
  });

  test('goes with its resource, and with its group', async () => {
    await cloudFormation.updateStack({ StackName: 'listening', TemplateBody: template() });
    await deployed('listening', /^UPDATE_COMPLETE$/);
    assert.deepEqual((await logs.describeSubscriptionFilters({ logGroupName: 'app' })).subscriptionFilters, []);
    await logs.putSubscriptionFilter({ logGroupName: 'app', filterName: 'x', filterPattern: '', destinationArn });
    await logs.deleteLogGroup({ logGroupName: 'app' });
    await logs.createLogGroup({ logGroupName: 'app' });
    assert.deepEqual((await logs.describeSubscriptionFilters({ logGroupName: 'app' })).subscriptionFilters, []);
  });
});
