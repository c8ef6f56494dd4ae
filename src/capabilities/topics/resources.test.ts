import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';

const queue = (properties: object) => ({ Type: 'AWS::SQS::Queue', Properties: properties });

suite('topics and queues of a template', async () => {
  const platform = await startTestPlatform();
  after(() => platform.close());
  const config = clientConfig(platform.endpoint);
  const [cloudFormation, sns, sqs] = [new CloudFormation(config), new SNS(config), new SQS(config)];
  const bring = async (Resources: object): Promise<void> => {
    const TemplateBody = JSON.stringify({ Resources });
    const { Stacks = [] } = await cloudFormation.describeStacks().catch(() => ({ Stacks: [] }));
    const stack = { StackName: 'news', TemplateBody };
    if (Stacks.length === 0) await cloudFormation.createStack(stack);
    else await cloudFormation.updateStack(stack);
    await until(async () => {
      const found = (await cloudFormation.describeStacks({ StackName: 'news' })).Stacks?.[0];
      assert.doesNotMatch(found?.StackStatus ?? '', /ROLLBACK|FAILED/);
      return /^(?:CREATE|UPDATE)_COMPLETE$/.test(found?.StackStatus ?? '');
    }, 'the stack');
  };
  const TopicArn = 'arn:aws:sns:us-east-1:000000000000:news';
  const arnOf = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;

  test('change as the template changes, and what is taken out of it goes back to its default', async () => {
    const Topic = {
      Type: 'AWS::SNS::Topic',
      Properties: {
        TopicName: 'news',
        DisplayName: 'News',
        Subscription: [
          { Protocol: 'sqs', Endpoint: arnOf('a') },
          { Protocol: 'sqs', Endpoint: arnOf('b') },
        ],
      },
    };
    const filter = {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: 'Topic' },
        Protocol: 'sqs',
        Endpoint: arnOf('c'),
        FilterPolicy: { kind: ['trip'] },
        RawMessageDelivery: true,
      },
    };
    await bring({ Topic, Filtered: filter, Line: queue({ QueueName: 'a', DelaySeconds: 3, VisibilityTimeout: 5 }) });
    const { FilterPolicy: _policy, ...plain } = filter.Properties;
    await bring({
      Topic: { ...Topic, Properties: { TopicName: 'news', Subscription: [{ Protocol: 'sqs', Endpoint: arnOf('b') }] } },
      Filtered: { ...filter, Properties: { ...plain, RawMessageDelivery: false } },
      Line: queue({ QueueName: 'a', VisibilityTimeout: 6, Tags: [{ Key: 'team', Value: 'x' }] }),
    });
    const { Subscriptions = [] } = await sns.listSubscriptionsByTopic({ TopicArn });
    assert.deepEqual(new Set(Subscriptions.map(({ Endpoint }) => Endpoint)), new Set([arnOf('b'), arnOf('c')]));
    assert.equal((await sns.getTopicAttributes({ TopicArn })).Attributes?.['DisplayName'], '');
    const filtered = Subscriptions.find(({ Endpoint }) => Endpoint === arnOf('c'));
    const { Attributes = {} } = await sns.getSubscriptionAttributes({ SubscriptionArn: filtered?.SubscriptionArn });
    assert.equal(Attributes['FilterPolicy'], undefined);
    assert.equal(Attributes['RawMessageDelivery'], 'false');
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'a' });
    const line = (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })).Attributes;
    assert.deepEqual([line?.['DelaySeconds'], line?.['VisibilityTimeout']], ['0', '6']);
    assert.equal((await sqs.listQueueTags({ QueueUrl })).Tags?.['team'], 'x');
  });

  test('a property that is not served is refused by its name', async () => {
    const Topic = { Type: 'AWS::SNS::Topic', Properties: { ArchivePolicy: { MessageRetentionPeriod: '7' } } };
    await cloudFormation.createStack({ StackName: 'other', TemplateBody: JSON.stringify({ Resources: { Topic } }) });
    await until(async () => {
      const found = (await cloudFormation.describeStacks({ StackName: 'other' })).Stacks?.[0];
      return found?.StackStatus === 'ROLLBACK_COMPLETE';
    }, 'the rollback');
    const { StackEvents = [] } = await cloudFormation.describeStackEvents({ StackName: 'other' });
    assert.ok(StackEvents.some(({ ResourceStatusReason = '' }) => ResourceStatusReason.includes('ArchivePolicy')));
  });
});
