/** Clusters and steps run by a workflow, in the shape that public state machines use. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { EMR } from '@aws-sdk/client-emr';
import { SFN } from '@aws-sdk/client-sfn';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../../testing/platform.ts';

const step = (Args: string[]) => ({
  Name: 'step',
  ActionOnFailure: 'CONTINUE',
  HadoopJarStep: { Jar: 'command-runner.jar', Args },
});

const task = (action: string, parameters: object, next: string | undefined, more: object = {}) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::elasticmapreduce:${action}`,
  Parameters: parameters,
  ...more,
  ...(next === undefined ? { End: true } : { Next: next }),
});

const onCluster = { 'ClusterId.$': '$.created.ClusterId' };

const createCluster = (next: string) =>
  task(
    'createCluster.sync',
    {
      Name: 'from a workflow',
      Instances: {
        KeepJobFlowAliveWhenNoSteps: true,
        InstanceGroups: [
          { Name: 'master', InstanceRole: 'MASTER', InstanceType: 'm5.xlarge', InstanceCount: 1 },
          { Name: 'core', InstanceRole: 'CORE', InstanceType: 'm5.xlarge', InstanceCount: 1 },
        ],
      },
    },
    next,
    { ResultPath: '$.created' },
  );

suite("a workflow's cluster", async () => {
  const platform = await startTestPlatform({ sparkHome: '/nowhere' });
  const emr = new EMR(clientConfig(platform.endpoint));
  const sfn = new SFN(clientConfig(platform.endpoint));
  after(async () => {
    emr.destroy();
    sfn.destroy();
    await platform.close();
  });
  const start = async (name: string, states: Record<string, object>): Promise<string> => {
    const definition = JSON.stringify({ StartAt: Object.keys(states)[0], States: states });
    const roleArn = 'arn:aws:iam::000000000000:role/workflow';
    const { stateMachineArn } = await sfn.createStateMachine({ name, roleArn, definition });
    return (await sfn.startExecution({ stateMachineArn })).executionArn ?? '';
  };
  const newestCluster = async () => {
    const { Clusters = [] } = await emr.listClusters({});
    return { ClusterId: Clusters[0]?.Id ?? '', state: Clusters[0]?.Status?.State };
  };

  test('is made, resized, given steps and ended, and a step that fails is caught', async () => {
    const executionArn = await start('whole-life', {
      Create: createCluster('Protect'),
      Protect: task('setClusterTerminationProtection', { ...onCluster, TerminationProtected: true }, 'Resize', {
        ResultPath: null,
      }),
      Resize: task(
        'modifyInstanceGroupByName',
        { ...onCluster, InstanceGroupName: 'core', InstanceGroup: { InstanceCount: 4 } },
        'Good',
        { ResultPath: null },
      ),
      Good: task('addStep.sync', { ...onCluster, Step: step(['true']) }, 'Bad', { ResultPath: '$.good' }),
      Bad: task('addStep.sync', { ...onCluster, Step: step(['bash', '-c', 'exit 4']) }, 'Long', {
        Catch: [{ ErrorEquals: ['States.TaskFailed'], ResultPath: '$.error', Next: 'Long' }],
      }),
      Long: task('addStep', { ...onCluster, Step: step(['sleep', '600']) }, 'Cancel', { ResultPath: '$.long' }),
      Cancel: task('cancelStep', { ...onCluster, 'StepId.$': '$.long.StepId' }, 'Release', {
        ResultPath: '$.cancelled',
      }),
      Release: task('setClusterTerminationProtection', { ...onCluster, TerminationProtected: false }, 'End', {
        ResultPath: null,
      }),
      End: task('terminateCluster.sync', onCluster, undefined, { ResultPath: null }),
    });
    const read = () => sfn.describeExecution({ executionArn });
    await until(async () => (await read()).status !== 'RUNNING', 'the execution to end', 30_000);
    const { status, output = '{}', cause } = await read();
    assert.equal(status, 'SUCCEEDED', cause);
    const { created, cancelled } = JSON.parse(output) as {
      created: { ClusterId: string };
      cancelled: { CancelStepsInfo: { Status: string } };
    };
    const { ClusterId, state } = await newestCluster();
    assert.deepEqual(
      [created.ClusterId, state, cancelled.CancelStepsInfo.Status],
      [ClusterId, 'TERMINATED', 'SUBMITTED'],
    );
    const { Steps = [] } = await emr.listSteps({ ClusterId });
    assert.deepEqual(
      Steps.map(({ Status }) => Status?.State),
      ['CANCELLED', 'FAILED', 'COMPLETED'],
    );
    const { InstanceGroups = [] } = await emr.listInstanceGroups({ ClusterId });
    assert.equal(InstanceGroups[1]?.RequestedInstanceCount, 4);
  });

  test('outlives an execution that is stopped, its step does not', async () => {
    const executionArn = await start('stopped', {
      Create: createCluster('Step'),
      Step: task('addStep.sync', { ...onCluster, Step: step(['sleep', '600']) }, undefined),
    });
    const stepState = async () => {
      const { ClusterId, state } = await newestCluster();
      if (state === undefined || state.startsWith('TERMINAT')) return undefined;
      return (await emr.listSteps({ ClusterId })).Steps?.[0]?.Status?.State;
    };
    await until(async () => (await stepState()) === 'RUNNING', 'the step to run', 20_000);
    await sfn.stopExecution({ executionArn });
    await until(async () => (await stepState()) === 'CANCELLED', 'the step to be cancelled', 20_000);
    const { ClusterId, state } = await newestCluster();
    assert.equal(state, 'WAITING');
    await emr.terminateJobFlows({ JobFlowIds: [ClusterId] });
  });
});
