/** The types of jobs, events, parameters and logs in a template, through CloudFormation on the whole platform. */
import { after, suite, test } from 'node:test';
import assert from 'node:assert/strict';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { Glue } from '@aws-sdk/client-glue';
import { SSM } from '@aws-sdk/client-ssm';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';

const template = (retries: number, retentionDays: number, value: string) => `
Resources:
  Job:
    Type: AWS::Glue::Job
    Properties:
      Name: nightly
      Role: GlueRole
      Command: { Name: glueetl, ScriptLocation: 's3://code/nightly.sql' }
      DefaultArguments: { '--day': '1' }
      MaxRetries: ${retries}
  Workflow:
    Type: AWS::Glue::Workflow
    Properties: { Name: flow, DefaultRunProperties: { env: test } }
  Start:
    Type: AWS::Glue::Trigger
    Properties:
      Type: EVENT
      WorkflowName: !Ref Workflow
      StartOnCreation: true
      EventBatchingCondition: { BatchSize: 1 }
      Actions: [{ JobName: !Ref Job }]
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: { source: [shop] }
      Targets:
        - Id: log
          Arn: !Sub 'arn:aws:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${Group}'
        - Id: flow
          Arn: !Sub 'arn:aws:glue:\${AWS::Region}:\${AWS::AccountId}:workflow/\${Workflow}'
  Group:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: /aws/events/shop, RetentionInDays: ${retentionDays} }
  Stream:
    Type: AWS::Logs::LogStream
    Properties: { LogGroupName: !Ref Group, LogStreamName: first }
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: { Name: /app/value, Type: String, Value: ${value}, Tags: { team: lake } }
Outputs:
  Rule: { Value: !GetAtt Rule.Arn }
  Group: { Value: !GetAtt Group.Arn }
  Value: { Value: !GetAtt Parameter.Value }
`;

suite('jobs, events, parameters and logs in a template', async () => {
  const platform = await startTestPlatform();
  const config = clientConfig(platform.endpoint);
  const clients = {
    stacks: new CloudFormation(config),
    logs: new CloudWatchLogs(config),
    events: new EventBridge(config),
    glue: new Glue(config),
    ssm: new SSM(config),
  };
  const { stacks, logs, events, glue, ssm } = clients;
  after(async () => {
    for (const client of Object.values(clients)) client.destroy();
    await platform.close();
  });
  const StackName = 'all';
  const status = async () => (await stacks.describeStacks({ StackName })).Stacks?.[0]?.StackStatus ?? '';
  const reaches = async (wanted: string) => {
    await until(async () => !(await status()).endsWith('IN_PROGRESS'), wanted, 20_000);
    const { StackEvents = [] } = await stacks.describeStackEvents({ StackName });
    const why = StackEvents.map(
      (event) => `${event.LogicalResourceId} ${event.ResourceStatus} ${event.ResourceStatusReason}`,
    );
    assert.equal(await status(), wanted, why.join('\n'));
  };

  test('a stack makes them all', async () => {
    await stacks.createStack({ StackName, TemplateBody: template(1, 7, 'one') });
    await reaches('CREATE_COMPLETE');
    const { Stacks } = await stacks.describeStacks({ StackName });
    assert.deepEqual(Stacks?.[0]?.Outputs?.find((output) => output.OutputKey === 'Value')?.OutputValue, 'one');
    assert.equal((await glue.getJob({ JobName: 'nightly' })).Job?.MaxRetries, 1);
    assert.equal((await glue.getWorkflow({ Name: 'flow', IncludeGraph: true })).Workflow?.Graph?.Nodes?.length, 2);
    assert.equal((await ssm.getParameter({ Name: '/app/value' })).Parameter?.Value, 'one');
  });

  test('an event that the rule wants is logged and starts the workflow', async () => {
    await events.putEvents({ Entries: [{ Source: 'shop', DetailType: 'order', Detail: '{"id":1}' }] });
    const runs = async () => (await glue.getWorkflowRuns({ Name: 'flow' })).Runs ?? [];
    await until(async () => (await runs()).some((run) => run.CompletedOn !== undefined), 'the workflow run');
    const [run] = await runs();
    // The script is not there: the job fails, and the run says so.
    assert.deepEqual([run?.Statistics?.TotalActions, run?.Statistics?.FailedActions], [1, 1]);
    const { events: lines } = await logs.filterLogEvents({
      logGroupName: '/aws/events/shop',
      filterPattern: '{ $.detail.id = 1 }',
    });
    assert.equal(lines?.length, 1);
  });

  test('a changed template changes them in place', async () => {
    await stacks.updateStack({ StackName, TemplateBody: template(2, 14, 'two') });
    await reaches('UPDATE_COMPLETE');
    assert.equal((await glue.getJob({ JobName: 'nightly' })).Job?.MaxRetries, 2);
    assert.equal(
      (await logs.describeLogGroups({})).logGroups?.find((group) => group.logGroupName === '/aws/events/shop')
        ?.retentionInDays,
      14,
    );
    assert.equal((await ssm.getParameter({ Name: '/app/value' })).Parameter?.Version, 2);
  });

  test('deleting the stack leaves nothing', async () => {
    await stacks.deleteStack({ StackName });
    await until(async () => (await status().catch(() => 'gone')) === 'gone', 'the end of the stack', 20_000);
    await assert.rejects(glue.getJob({ JobName: 'nightly' }), { name: 'EntityNotFoundException' });
    await assert.rejects(ssm.getParameter({ Name: '/app/value' }), { name: 'ParameterNotFound' });
    assert.deepEqual((await events.listRules({})).Rules, []);
    assert.deepEqual((await glue.listTriggers({})).TriggerNames, []);
    assert.deepEqual((await glue.listWorkflows({})).Workflows, []);
  });
});
