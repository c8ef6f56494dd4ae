import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientConfig, until } from '#testing';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { startTestPlatform } from '../../testing/platform.ts';
import { deployed } from './stacks.fixture.ts';

const TemplateBody = 'Resources: { Parked: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: 5 } } }';

test('the topics of a stack hear of each of its events', async (context) => {
  const platform = await startTestPlatform();
  const config = clientConfig(platform.endpoint);
  const [cloudFormation, sns, sqs] = [new CloudFormation(config), new SNS(config), new SQS(config)];
  context.after(async () => {
    for (const client of [cloudFormation, sns, sqs]) client.destroy();
    await platform.close();
  });
  const { TopicArn = '' } = await sns.createTopic({ Name: 'notices' });
  const { QueueUrl = '' } = await sqs.createQueue({ QueueName: 'notices' });
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:us-east-1:000000000000:notices' });
  const gone = 'arn:aws:sns:us-east-1:000000000000:gone';
  await deployed(cloudFormation, { StackName: 'told', TemplateBody, NotificationARNs: [TopicArn, gone] });

  const notices: string[] = [];
  await until(async () => {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    for (const { Body = '', ReceiptHandle } of Messages) {
      const { Message, Subject } = JSON.parse(Body) as { Message: string; Subject: string };
      assert.equal(Subject, 'AWS CloudFormation Notification');
      notices.push(Message);
      await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    }
    return notices.length >= 5;
  }, 'the notices');
  const statuses = notices.map((text) => {
    const [, name] = /^LogicalResourceId='(.*)'$/m.exec(text) ?? [];
    const [, status] = /^ResourceStatus='(.*)'$/m.exec(text) ?? [];
    return `${name} ${status}`;
  });
  assert.deepEqual(statuses.toSorted(), [
    'Parked CREATE_COMPLETE',
    'Parked CREATE_IN_PROGRESS',
    'Parked CREATE_IN_PROGRESS',
    'told CREATE_COMPLETE',
    'told CREATE_IN_PROGRESS',
  ]);
  const done = notices.find((text) => text.includes("ResourceType='AWS::SQS::Queue'")) ?? '';
  assert.match(done, /^ResourceProperties='\{"DelaySeconds":5\}'$/m);
  assert.match(done, /^StackName='told'$/m);
});

test('what is no topic is refused as one', async (context) => {
  const platform = await startTestPlatform();
  const cloudFormation = new CloudFormation(clientConfig(platform.endpoint));
  context.after(async () => {
    cloudFormation.destroy();
    await platform.close();
  });
  await assert.rejects(
    cloudFormation.createStack({ StackName: 's', TemplateBody, NotificationARNs: ['arn:aws:sqs:us-east-1:1:q'] }),
    { name: 'ValidationError', message: /NotificationARNs: 'arn:aws:sqs:us-east-1:1:q' is not the ARN of a topic/ },
  );
});
