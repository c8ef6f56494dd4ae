import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestPlatform } from '../../../testing/platform.ts';
import { Cloud } from '../public.fixture.ts';
import { type CustomRequest, eventsOf, settled } from '../stacks.fixture.ts';

const TemplateBody = `Resources:
  Asks: { Type: AWS::SNS::Topic }
  Inbox: { Type: AWS::SQS::Queue }
  Delivery: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref Asks, Protocol: sqs, Endpoint: !GetAtt Inbox.Arn, RawMessageDelivery: true } }
  Allowed:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Inbox]
      PolicyDocument: { Statement: [{ Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: sqs:SendMessage, Resource: !GetAtt Inbox.Arn }] }
  It: { Type: AWS::CloudFormation::CustomResource, DependsOn: [Delivery, Allowed], Properties: { ServiceToken: !Ref Asks, Colour: red } }
Outputs: { Answer: { Value: !GetAtt It.Answer }, Queue: { Value: !Ref Inbox } }
`;

test('a custom resource behind a topic is answered by whoever hears of it', async (context) => {
  const platform = await startTestPlatform();
  const cloud = new Cloud(platform.endpoint);
  context.after(async () => {
    cloud.destroy();
    await platform.close();
  });
  const { cloudFormation } = cloud;
  const { StackId: StackName = '' } = await cloudFormation.createStack({ StackName: 'topic', TemplateBody });
  let queue: string | undefined;
  const answer = async (): Promise<string> => {
    const request = JSON.parse(await cloud.receive(queue)) as CustomRequest;
    const { Colour } = request.ResourceProperties;
    const body = { Status: 'SUCCESS', PhysicalResourceId: 'it', Data: { Answer: `${String(Colour)} it is` } };
    await fetch(request.ResponseURL, { method: 'PUT', body: JSON.stringify(body) });
    return request.RequestType;
  };
  for (let tries = 0; queue === undefined && tries < 1000; tries++) {
    const { StackResources = [] } = await cloudFormation.describeStackResources({ StackName });
    const ready = StackResources.some(({ LogicalResourceId }) => LogicalResourceId === 'It');
    if (ready) queue = StackResources.find((row) => row.LogicalResourceId === 'Inbox')?.PhysicalResourceId;
  }
  assert.equal(await answer(), 'Create');
  const stack = await settled(cloudFormation, StackName);
  assert.equal(stack.StackStatus, 'CREATE_COMPLETE', (await eventsOf(cloudFormation, StackName)).join('\n'));
  assert.equal(stack.Outputs?.find(({ OutputKey }) => OutputKey === 'Answer')?.OutputValue, 'red it is');
  await cloudFormation.deleteStack({ StackName });
  assert.equal(await answer(), 'Delete');
  assert.equal((await settled(cloudFormation, StackName)).StackStatus, 'DELETE_COMPLETE');
});
