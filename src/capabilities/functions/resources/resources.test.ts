import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { Lambda } from '@aws-sdk/client-lambda';
import { clientConfig } from '#testing';
import { startTestPlatform } from '../../../testing/platform.ts';
import { deployed, driftsOf, settled } from '../../stacks/stacks.fixture.ts';

const code = { ZipFile: 'def handler(event, context): return 1' };
const Role = 'arn:aws:iam::000000000000:role/r';
const bare = { FunctionName: 'f', Code: code, Handler: 'index.handler', Runtime: 'python3.12', Role };
const line = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'line' } };
const lineArn = { 'Fn::GetAtt': ['Line', 'Arn'] };

suite('functions of a template', async () => {
  const platform = await startTestPlatform();
  after(() => platform.close());
  const config = clientConfig(platform.endpoint);
  const [cloudFormation, lambda] = [new CloudFormation(config), new Lambda(config)];

  /** A stack of these resources, in sync with its template. */
  const bring = async (Resources: Record<string, unknown>): Promise<void> => {
    const input = { StackName: 's', TemplateBody: JSON.stringify({ Resources: { Line: line, ...Resources } }) };
    const { Stacks = [] } = await cloudFormation.describeStacks().catch(() => ({ Stacks: [] }));
    if (Stacks.length === 0) await deployed(cloudFormation, input);
    else await cloudFormation.updateStack(input);
    const { StackStatus, StackStatusReason } = await settled(cloudFormation, 's');
    assert.match(StackStatus ?? '', /^(?:CREATE|UPDATE)_COMPLETE$/, StackStatusReason);
    assert.deepEqual(await driftsOf(cloudFormation, 's'), []);
  };
  const fn = (properties: object) => ({ Type: 'AWS::Lambda::Function', Properties: { ...bare, ...properties } });

  test('go back to the defaults of what is taken out of the template', async () => {
    await bring({
      F: fn({
        Architectures: ['arm64'],
        DeadLetterConfig: { TargetArn: lineArn },
        KmsKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/k',
        LoggingConfig: { LogFormat: 'JSON', LogGroup: '/mine' },
        SnapStart: { ApplyOn: 'PublishedVersions' },
        Tags: [{ Key: 'team', Value: 'x' }],
        Timeout: 9,
        TracingConfig: { Mode: 'Active' },
        VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
      }),
    });
    const before = await lambda.getFunctionConfiguration({ FunctionName: 'f' });
    assert.deepEqual([before.Architectures, before.TracingConfig?.Mode], [['arm64'], 'Active']);
    await bring({ F: fn({}) });
    const { Configuration: live = {}, Tags = {} } = await lambda.getFunction({ FunctionName: 'f' });
    const { Architectures, DeadLetterConfig, KMSKeyArn, LoggingConfig, SnapStart, Timeout, VpcConfig } = live;
    assert.deepEqual([Architectures, live.TracingConfig, Timeout], [['x86_64'], { Mode: 'PassThrough' }, 3]);
    assert.deepEqual([DeadLetterConfig, KMSKeyArn, Tags['team']], [undefined, undefined, undefined]);
    assert.deepEqual(LoggingConfig, { LogFormat: 'Text', LogGroup: '/aws/lambda/f' });
    assert.deepEqual([SnapStart?.ApplyOn, VpcConfig?.SubnetIds], ['None', []]);
  });

  test('are read from queues as the template says, with the defaults of what it no longer says', async () => {
    const mapping = (properties: object) => ({
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { FunctionName: { Ref: 'F' }, EventSourceArn: lineArn, ...properties },
    });
    await bring({
      F: fn({}),
      M: mapping({
        Enabled: false,
        BatchSize: 3,
        ScalingConfig: { MaximumConcurrency: 4 },
        Tags: [{ Key: 'team', Value: 'x' }],
      }),
    });
    await bring({ F: fn({}), M: mapping({ Enabled: false }) });
    const { EventSourceMappings = [] } = await lambda.listEventSourceMappings({});
    const [{ BatchSize, ScalingConfig, EventSourceMappingArn: Resource } = {}] = EventSourceMappings;
    assert.deepEqual([BatchSize, ScalingConfig], [10, undefined]);
    assert.equal((await lambda.listTags({ Resource })).Tags?.['team'], undefined);
  });

  test('have a drift where somebody changed what hangs on them', async () => {
    const on = { FunctionName: { Ref: 'F' } };
    await bring({
      F: fn({}),
      Version: { Type: 'AWS::Lambda::Version', Properties: { ...on, Description: 'one' } },
      Settings: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: {
          ...on,
          Qualifier: '$LATEST',
          MaximumRetryAttempts: 1,
          DestinationConfig: { OnFailure: { Destination: lineArn } },
        },
      },
      Url: { Type: 'AWS::Lambda::Url', Properties: { TargetFunctionArn: { Ref: 'F' }, AuthType: 'NONE' } },
      Open: {
        Type: 'AWS::Lambda::Permission',
        Properties: { ...on, Action: 'lambda:InvokeFunction', Principal: '*', InvokedViaFunctionUrl: true },
      },
    });
    const { Policy = '' } = await lambda.getPolicy({ FunctionName: 'f' });
    assert.match(Policy, /"Bool":\{"lambda:InvokedViaFunctionUrl":"true"\}/);
    await lambda.putFunctionEventInvokeConfig({ FunctionName: 'f', MaximumRetryAttempts: 2 });
    await lambda.updateFunctionUrlConfig({ FunctionName: 'f', AuthType: 'AWS_IAM' });
    await lambda.removePermission({
      FunctionName: 'f',
      StatementId: (JSON.parse(Policy) as { Statement: { Sid: string }[] }).Statement[0]?.Sid,
    });
    await lambda.deleteFunction({ FunctionName: 'f', Qualifier: '1' });
    const drifted = (await driftsOf(cloudFormation, 's')).map((text) => text.split(' ')[0] ?? '');
    assert.deepEqual(drifted.toSorted(), ['Open', 'Settings', 'Url', 'Version']);
  });
});
