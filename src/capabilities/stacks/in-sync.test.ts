import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { EMR } from '@aws-sdk/client-emr';
import { Glue } from '@aws-sdk/client-glue';
import { SSM } from '@aws-sdk/client-ssm';
import { clientConfig } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';
import { deployed, driftsOf, settled } from './stacks.fixture.ts';

const Tags = [{ Key: 'team', Value: 'x' }];

suite('what a template says', async () => {
  const platform = await startTestPlatform();
  after(() => platform.close());
  const config = clientConfig(platform.endpoint);
  const [cloudFormation, emr, glue, ssm] = [
    new CloudFormation(config),
    new EMR(config),
    new Glue(config),
    new SSM(config),
  ];

  test('is no drift where a service tells it in another form', async () => {
    const Resources = {
      Log: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 7, Tags } },
      Rule: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 day)', State: 'DISABLED', Tags } },
      Schedule: {
        Type: 'AWS::Scheduler::Schedule',
        Properties: {
          ScheduleExpression: 'rate(1 day)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          StartDate: '2090-01-01T00:00:00Z',
          Target: { Arn: { 'Fn::GetAtt': ['Line', 'Arn'] }, RoleArn: 'arn:aws:iam::000000000000:role/r' },
        },
      },
      Line: { Type: 'AWS::SQS::Queue', Properties: { Tags } },
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          RoleArn: 'arn:aws:iam::000000000000:role/r',
          Definition: { StartAt: 'A', States: { A: { Type: 'Succeed' } } },
          EncryptionConfiguration: { Type: 'AWS_OWNED_KEY' },
          Tags,
        },
      },
    };
    const stack = await deployed(cloudFormation, { StackName: 'forms', TemplateBody: JSON.stringify({ Resources }) });
    assert.equal(stack.StackStatus, 'CREATE_COMPLETE', stack.StackStatusReason);
    assert.deepEqual(await driftsOf(cloudFormation, 'forms'), []);
  });

  test('no longer holds once it is taken out', async () => {
    const bring = (more: { flow?: object; setting?: object; cluster?: object }): string =>
      JSON.stringify({
        Resources: {
          Flow: { Type: 'AWS::Glue::Workflow', Properties: { Name: 'flow', ...more.flow } },
          Cluster: {
            Type: 'AWS::EMR::Cluster',
            Properties: {
              Name: 'c',
              ReleaseLabel: 'emr-6.15.0',
              JobFlowRole: 'r',
              ServiceRole: 'r',
              Instances: { MasterInstanceGroup: { InstanceCount: 1, InstanceType: 'm5.xlarge' } },
              ...more.cluster,
            },
          },
          Setting: {
            Type: 'AWS::SSM::Parameter',
            Properties: { Name: 'set', Type: 'String', Value: 'v', ...more.setting },
          },
        },
      });
    const before = { flow: { Description: 'd', DefaultRunProperties: { a: 'b' } }, setting: { Description: 'd' } };
    const cluster = { StepConcurrencyLevel: 3 };
    await deployed(cloudFormation, { StackName: 'less', TemplateBody: bring({ ...before, cluster }) });
    await cloudFormation.updateStack({ StackName: 'less', TemplateBody: bring({}) });
    assert.equal((await settled(cloudFormation, 'less')).StackStatus, 'UPDATE_COMPLETE');
    const { Workflow } = await glue.getWorkflow({ Name: 'flow' });
    assert.deepEqual([Workflow?.Description, Workflow?.DefaultRunProperties], ['', {}]);
    const { Clusters: [{ Id: ClusterId } = {}] = [] } = await emr.listClusters({});
    assert.equal((await emr.describeCluster({ ClusterId })).Cluster?.StepConcurrencyLevel, 1);
    assert.equal((await ssm.describeParameters({})).Parameters?.[0]?.Description, '');
  });
});
