/** The types of workflows in a template, through CloudFormation on the whole platform. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { S3 } from '@aws-sdk/client-s3';
import { SFN } from '@aws-sdk/client-sfn';
import { clientConfig, eventually } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';
import { waitForEnd } from './workflows.fixture.ts';

const role = 'arn:aws:iam::000000000000:role/workflows';

const template = (said: string, logged: string) => `
Resources:
  Text:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: text
      RoleArn: ${role}
      DefinitionSubstitutions: { Said: '${said}' }
      DefinitionString: '{"StartAt":"Say","States":{"Say":{"Type":"Pass","Result":"\${Said}","End":true}}}'
      Tags: [{ Key: said, Value: '${said.replaceAll('"', '')}' }]
      ${logged}
  Object:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: ${role}
      StateMachineType: EXPRESS
      Definition: { StartAt: End, States: { End: { Type: Succeed } } }
  Stored:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: ${role}
      DefinitionS3Location: { Bucket: definitions, Key: 5b100a5ce9bba972 }
  Version:
    Type: AWS::StepFunctions::StateMachineVersion
    Properties: { StateMachineArn: !Ref Text, StateMachineRevisionId: !GetAtt Text.StateMachineRevisionId }
  Live:
    Type: AWS::StepFunctions::StateMachineAlias
    Properties: { Name: live, DeploymentPreference: { StateMachineVersionArn: !Ref Version, Type: ALL_AT_ONCE } }
Outputs:
  Live: { Value: !Ref Live }
  Stored: { Value: !Ref Stored }
`;

suite('workflows in a template', async () => {
  const platform = await startTestPlatform();
  const config = clientConfig(platform.endpoint);
  const [formation, s3] = [new CloudFormation(config), new S3(config)];
  const sfn = new SFN({ ...config, disableHostPrefix: true });
  after(() => platform.close());
  const StackName = 'flows';
  const settled = (status: string) =>
    eventually(async () => {
      const { Stacks } = await formation.describeStacks({ StackName });
      const [stack] = Stacks ?? [];
      assert.doesNotMatch(stack?.StackStatus ?? '', /ROLLBACK|FAILED/, stack?.StackStatusReason);
      return stack?.StackStatus === status ? stack : undefined;
    }, status);
  const outputOf = async (stateMachineArn: string) => {
    const { executionArn } = await sfn.startExecution({ stateMachineArn });
    return (await waitForEnd(sfn, executionArn)).output;
  };
  const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:text';

  test('machines are made of text, of an object and of YAML in a bucket, whose key is only a digest', async () => {
    await s3.createBucket({ Bucket: 'definitions' });
    const Body = 'StartAt: A\nStates:\n  A: { Type: Pass, Result: stored, End: true }\n';
    await s3.putObject({ Bucket: 'definitions', Key: '5b100a5ce9bba972', Body });
    await formation.createStack({ StackName, TemplateBody: template('a "word"', '') });
    const { Outputs = [] } = await settled('CREATE_COMPLETE');
    const valueOf = (key: string) => Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue ?? '';
    assert.equal(valueOf('Live'), `${stateMachineArn}:live`);
    assert.equal(await outputOf(valueOf('Live')), '"a \\"word\\""');
    assert.equal(await outputOf(valueOf('Stored')), '"stored"');
    const { tags } = await sfn.listTagsForResource({ resourceArn: stateMachineArn });
    assert.deepEqual(
      tags?.find(({ key }) => key === 'said'),
      { key: 'said', value: 'a word' },
    );
  });

  test('an update keeps the machine, publishes a version and moves the alias to it', async () => {
    const logged = 'TracingConfiguration: { Enabled: true }';
    await formation.updateStack({ StackName, TemplateBody: template('more', logged) });
    await settled('UPDATE_COMPLETE');
    assert.equal(await outputOf(`${stateMachineArn}:live`), '"more"');
    assert.equal((await sfn.describeStateMachine({ stateMachineArn })).tracingConfiguration?.enabled, true);
    const { stateMachineVersions = [] } = await sfn.listStateMachineVersions({ stateMachineArn });
    assert.deepEqual(
      stateMachineVersions.map((version) => version.stateMachineVersionArn),
      [`${stateMachineArn}:2`],
    );
    await formation.updateStack({ StackName, TemplateBody: template('more', '') });
    await settled('UPDATE_COMPLETE');
    assert.equal((await sfn.describeStateMachine({ stateMachineArn })).tracingConfiguration?.enabled, false);
  });

  test('the stack takes its machines with it', async () => {
    const { StackId } = (await formation.describeStacks({ StackName })).Stacks?.[0] ?? {};
    await formation.deleteStack({ StackName });
    await eventually(async () => {
      const { Stacks } = await formation.describeStacks({ StackName: StackId });
      return Stacks?.[0]?.StackStatus === 'DELETE_COMPLETE' || undefined;
    }, 'the deletion');
    assert.deepEqual((await sfn.listStateMachines({})).stateMachines, []);
  });
});
