import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { after, suite, test } from 'node:test';
import {
  EMR,
  waitUntilClusterRunning,
  waitUntilClusterTerminated,
  waitUntilStepComplete,
  type StepConfig,
} from '@aws-sdk/client-emr';
import { S3 } from '@aws-sdk/client-s3';
import { SFN } from '@aws-sdk/client-sfn';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../../../testing/platform.ts';

const Instances = { MasterInstanceType: 'm5.xlarge', InstanceCount: 3, KeepJobFlowAliveWhenNoSteps: true };

const command = (
  Name: string,
  Args: string[],
  ActionOnFailure: StepConfig['ActionOnFailure'] = 'CONTINUE',
): StepConfig => ({
  Name,
  ActionOnFailure,
  HadoopJarStep: { Jar: 'command-runner.jar', Args },
});

suite('EMR', async () => {
  const platform = await startTestPlatform({ sparkHome: '/nowhere' });
  const client = new EMR(clientConfig(platform.endpoint));
  const s3 = new S3(clientConfig(platform.endpoint));
  // Synchronous executions have a host prefix.
  const sfn = new SFN({ ...clientConfig(platform.endpoint), disableHostPrefix: true });
  await s3.createBucket({ Bucket: 'emr' });
  after(async () => {
    client.destroy();
    s3.destroy();
    sfn.destroy();
    await platform.close();
  });
  const waiter = { client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };
  const clusterState = async (ClusterId: string) =>
    (await client.describeCluster({ ClusterId })).Cluster?.Status?.State;
  const stepState = async (ClusterId: string, StepId: string) =>
    (await client.describeStep({ ClusterId, StepId })).Step?.Status?.State;
  const untilCluster = (id: string, state: string) =>
    until(async () => (await clusterState(id)) === state, `${id} to be ${state}`, 20_000);
  const untilStep = (id: string, step: string, state: string) =>
    until(async () => (await stepState(id, step)) === state, `${step} to be ${state}`, 20_000);
  const addStep = async (JobFlowId: string, step: StepConfig): Promise<string> =>
    (await client.addJobFlowSteps({ JobFlowId, Steps: [step] })).StepIds?.[0] ?? '';

  test('a cluster bootstraps, runs its steps, delivers their logs and waits for more', async () => {
    await s3.putObject({ Bucket: 'emr', Key: 'boot.sh', Body: 'echo booting $1\n' });
    await s3.putObject({ Bucket: 'emr', Key: 'step.sh', Body: 'echo to $1; echo complaint >&2\n' });
    const { JobFlowId: ClusterId = '', ClusterArn } = await client.runJobFlow({
      Name: 'etl',
      ReleaseLabel: 'emr-6.15.0',
      LogUri: 's3n://emr/logs/',
      Instances,
      Applications: [{ Name: 'Spark' }, { Name: 'Livy' }],
      BootstrapActions: [{ Name: 'boot', ScriptBootstrapAction: { Path: 's3://emr/boot.sh', Args: ['now'] } }],
      Steps: [
        {
          Name: 'script',
          ActionOnFailure: 'CONTINUE',
          HadoopJarStep: {
            Jar: 's3://us-east-1.elasticmapreduce/libs/script-runner/script-runner.jar',
            Args: ['s3://emr/step.sh', 'you'],
          },
        },
      ],
      Tags: [{ Key: 'team', Value: 'data' }],
    });
    assert.match(ClusterArn ?? '', /^arn:aws:elasticmapreduce:us-east-1:000000000000:cluster\/j-[A-Z0-9]{13}$/);
    await waitUntilClusterRunning(waiter, { ClusterId });
    const { Steps = [] } = await client.listSteps({ ClusterId });
    const StepId = Steps[0]?.Id ?? '';
    await waitUntilStepComplete(waiter, { ClusterId, StepId });
    await untilCluster(ClusterId, 'WAITING');
    const { Cluster } = await client.describeCluster({ ClusterId });
    assert.equal(Cluster?.MasterPublicDnsName, '127.0.0.1');
    assert.equal(Cluster?.ReleaseLabel, 'emr-6.15.0');
    assert.deepEqual(Cluster?.Tags, [{ Key: 'team', Value: 'data' }]);
    const key = (name: string) => `logs/${ClusterId}/steps/${StepId}/${name}.gz`;
    await until(async () => (await s3.listObjectsV2({ Bucket: 'emr', Prefix: 'logs/' })).KeyCount === 4, 'the logs');
    const { Contents: [bootLog] = [] } = await s3.listObjectsV2({ Bucket: 'emr', Prefix: `logs/${ClusterId}/node/` });
    assert.match(bootLog?.Key ?? '', /\/node\/i-[0-9a-f]{17}\/bootstrap-actions\/1\/stderr\.gz$/);
    const { Instances: masters = [] } = await client.listInstances({ ClusterId, InstanceGroupTypes: ['MASTER'] });
    assert.ok(bootLog?.Key?.includes(`/${masters[0]?.Ec2InstanceId}/`));
    const stdout = await s3.getObject({ Bucket: 'emr', Key: key('stdout') });
    assert.equal(gunzipSync((await stdout.Body?.transformToByteArray()) ?? '').toString(), 'to you\n');
    const { InstanceGroups = [] } = await client.listInstanceGroups({ ClusterId });
    assert.deepEqual(
      InstanceGroups.map(({ InstanceGroupType, RequestedInstanceCount }) => [
        InstanceGroupType,
        RequestedInstanceCount,
      ]),
      [
        ['MASTER', 1],
        ['CORE', 2],
      ],
    );
    assert.equal((await client.listInstances({ ClusterId })).Instances?.length, 3);
    await client.terminateJobFlows({ JobFlowIds: [ClusterId] });
    await waitUntilClusterTerminated(waiter, { ClusterId });
    assert.equal(
      (await client.describeCluster({ ClusterId })).Cluster?.Status?.StateChangeReason?.Code,
      'USER_REQUEST',
    );
  });

  test('a cluster that need not stay ends with its last step', async () => {
    const Steps = [command('one', ['bash', '-c', 'exit 0']), command('two', ['bash', '-c', 'exit 0'])];
    const { JobFlowId = '' } = await client.runJobFlow({ Name: 'short', Instances: { InstanceCount: 1 }, Steps });
    await untilCluster(JobFlowId, 'TERMINATED');
    const { Cluster } = await client.describeCluster({ ClusterId: JobFlowId });
    assert.equal(Cluster?.Status?.StateChangeReason?.Code, 'ALL_STEPS_COMPLETED');
    const { Steps: listed = [] } = await client.listSteps({ ClusterId: JobFlowId });
    assert.deepEqual(
      listed.map(({ Name, Status }) => [Name, Status?.State]),
      [
        ['two', 'COMPLETED'],
        ['one', 'COMPLETED'],
      ],
    );
  });

  test('what follows a failure is what the step says', async () => {
    const bad = ['bash', '-c', 'echo oops >&2; exit 3'];
    const good = command('good', ['bash', '-c', 'exit 0']);
    const run = async (Steps: StepConfig[]) =>
      (await client.runJobFlow({ Name: 'fails', Instances, Steps })).JobFlowId ?? '';
    const statesOf = async (ClusterId: string) =>
      ((await client.listSteps({ ClusterId })).Steps ?? []).map(({ Status }) => Status?.State).toReversed();
    const goesOn = await run([command('bad', bad, 'CONTINUE'), good]);
    await untilCluster(goesOn, 'WAITING');
    assert.deepEqual(await statesOf(goesOn), ['FAILED', 'COMPLETED']);
    const waits = await run([command('bad', bad, 'CANCEL_AND_WAIT'), good]);
    await untilCluster(waits, 'WAITING');
    assert.deepEqual(await statesOf(waits), ['FAILED', 'CANCELLED']);
    const ends = await run([command('bad', bad, 'TERMINATE_CLUSTER'), good]);
    await untilCluster(ends, 'TERMINATED_WITH_ERRORS');
    assert.deepEqual(await statesOf(ends), ['FAILED', 'CANCELLED']);
    const { Cluster } = await client.describeCluster({ ClusterId: ends });
    assert.equal(Cluster?.Status?.StateChangeReason?.Code, 'STEP_FAILURE');
    const { Steps = [] } = await client.listSteps({ ClusterId: ends, StepStates: ['FAILED'] });
    assert.equal(Steps[0]?.Status?.FailureDetails?.Message, 'oops (the process ended with exit code 3)');
    await client.terminateJobFlows({ JobFlowIds: [goesOn, waits] });
  });

  test('what nothing here runs fails by name', async () => {
    const { JobFlowId = '' } = await client.runJobFlow({ Name: 'refuses', Instances });
    const cases: [string[], RegExp][] = [
      [['s3-dist-cp', '--src', 'a'], /s3-dist-cp is not served/],
      [['spark-submit', '--magic', '1', 's3://emr/a.py'], /the option --magic is not known/],
      [['spark-submit', '--class'], /--class has no value/],
      [['spark-submit'], /no .py, .jar or .sql file/],
      [['no-such-program-at-all'], /cannot be started/],
      [['spark-submit', '--deploy-mode', 'cluster', 's3://emr/none.py'], /s3:\/\/emr\/none.py could not be read/],
      [['spark-sql', '-e', 'SELECT 1'], /name a file with -f/],
    ];
    for (const [args, expected] of cases) {
      const step = await addStep(JobFlowId, command('x', args));
      await untilStep(JobFlowId, step, 'FAILED');
      const { Step } = await client.describeStep({ ClusterId: JobFlowId, StepId: step });
      assert.match(Step?.Status?.FailureDetails?.Message ?? '', expected);
    }
    await client.terminateJobFlows({ JobFlowIds: [JobFlowId] });
  });

  test('steps run one at a time or as many as the level says, and are cancelled', async () => {
    const sleep = command('sleep', ['sleep', '600']);
    const { JobFlowId = '' } = await client.runJobFlow({ Name: 'many', Instances });
    const [first, second] = [await addStep(JobFlowId, sleep), await addStep(JobFlowId, sleep)];
    await untilStep(JobFlowId, first, 'RUNNING');
    assert.equal(await stepState(JobFlowId, second), 'PENDING');
    await client.modifyCluster({ ClusterId: JobFlowId, StepConcurrencyLevel: 2 });
    await untilStep(JobFlowId, second, 'RUNNING');
    const { CancelStepsInfoList } = await client.cancelSteps({ ClusterId: JobFlowId, StepIds: [first] });
    assert.deepEqual(CancelStepsInfoList, [{ StepId: first, Status: 'SUBMITTED' }]);
    await untilStep(JobFlowId, first, 'CANCELLED');
    await client.setTerminationProtection({ JobFlowIds: [JobFlowId], TerminationProtected: true });
    await assert.rejects(client.terminateJobFlows({ JobFlowIds: [JobFlowId] }), /termination protected/);
    await client.setTerminationProtection({ JobFlowIds: [JobFlowId], TerminationProtected: false });
    await client.terminateJobFlows({ JobFlowIds: [JobFlowId] });
    await untilCluster(JobFlowId, 'TERMINATED');
    assert.equal(await stepState(JobFlowId, second), 'CANCELLED');
    await assert.rejects(addStep(JobFlowId, sleep), /shutting down, terminated, or finished/);
  });

  test('lists are filtered and paged; what is unknown is not valid', async () => {
    const { JobFlowId = '' } = await client.runJobFlow({ Name: 'long', Instances, StepConcurrencyLevel: 4 });
    await client.addJobFlowSteps({
      JobFlowId,
      Steps: Array.from({ length: 55 }, (_, index) => command(`s${index}`, ['true'])),
    });
    const first = await client.listSteps({ ClusterId: JobFlowId });
    assert.equal(first.Steps?.length, 50);
    const rest = await client.listSteps({ ClusterId: JobFlowId, Marker: first.Marker });
    assert.deepEqual([rest.Steps?.length, rest.Steps?.at(-1)?.Name, rest.Marker], [5, 's0', undefined]);
    const { Clusters = [] } = await client.listClusters({ ClusterStates: ['TERMINATED_WITH_ERRORS'] });
    assert.deepEqual(
      Clusters.map(({ Name }) => Name),
      ['fails'],
    );
    await assert.rejects(client.describeCluster({ ClusterId: 'j-NONE' }), {
      name: 'InvalidRequestException',
      message: "Cluster id 'j-NONE' is not valid.",
    });
    await assert.rejects(
      client.describeStep({ ClusterId: JobFlowId, StepId: 's-NONE' }),
      /Step id 's-NONE' is not valid/,
    );
    await client.terminateJobFlows({ JobFlowIds: [JobFlowId] });
    await untilCluster(JobFlowId, 'TERMINATED');
  });

  test('fleets stand for instances, and are changed by id or, from a workflow, by name', async () => {
    const fleet = (InstanceFleetType: 'MASTER' | 'CORE', TargetOnDemandCapacity: number, TargetSpotCapacity = 0) => ({
      Name: `${InstanceFleetType} fleet`,
      InstanceFleetType,
      TargetOnDemandCapacity,
      TargetSpotCapacity,
      InstanceTypeConfigs: [{ InstanceType: 'm5.xlarge' }],
    });
    const { JobFlowId: ClusterId = '' } = await client.runJobFlow({
      Name: 'fleets',
      Instances: { InstanceFleets: [fleet('MASTER', 1), fleet('CORE', 1, 2)], KeepJobFlowAliveWhenNoSteps: true },
    });
    const { Instances: all = [] } = await client.listInstances({ ClusterId, InstanceFleetType: 'CORE' });
    assert.deepEqual(
      all.map(({ Market, InstanceType }) => [Market, InstanceType]),
      [
        ['ON_DEMAND', 'm5.xlarge'],
        ['SPOT', 'm5.xlarge'],
        ['SPOT', 'm5.xlarge'],
      ],
    );
    assert.equal(new Set(all.map(({ Id }) => Id)).size, 3);
    const task = { ...fleet('CORE', 0, 4), InstanceFleetType: 'TASK' as const, Name: 'extra' };
    const { InstanceFleetId } = await client.addInstanceFleet({ ClusterId, InstanceFleet: task });
    await client.modifyInstanceFleet({ ClusterId, InstanceFleet: { InstanceFleetId, TargetSpotCapacity: 1 } });
    assert.equal((await client.listInstances({ ClusterId, InstanceFleetId })).Instances?.length, 1);
    const { stateMachineArn } = await sfn.createStateMachine({
      name: 'resize',
      roleArn: 'arn:aws:iam::000000000000:role/any',
      type: 'EXPRESS',
      definition: JSON.stringify({
        StartAt: 'Resize',
        States: {
          Resize: {
            Type: 'Task',
            Resource: 'arn:aws:states:::elasticmapreduce:modifyInstanceFleetByName',
            Parameters: {
              ClusterId,
              InstanceFleetName: 'CORE fleet',
              InstanceFleet: { TargetOnDemandCapacity: 5, TargetSpotCapacity: 0 },
            },
            End: true,
          },
        },
      }),
    });
    const resized = await sfn.startSyncExecution({ stateMachineArn });
    assert.equal(resized.status, 'SUCCEEDED', resized.cause);
    assert.equal((await client.listInstances({ ClusterId, InstanceFleetType: 'CORE' })).Instances?.length, 5);
    const unknown = { InstanceFleetId: 'if-NONE', TargetSpotCapacity: 1 };
    await assert.rejects(client.modifyInstanceFleet({ ClusterId, InstanceFleet: unknown }), /'if-NONE' is not valid/);
    await client.terminateJobFlows({ JobFlowIds: [ClusterId] });
  });

  test('a scaling policy of a group is kept until it is removed', async () => {
    const { JobFlowId: ClusterId = '' } = await client.runJobFlow({ Name: 'scaled', Instances });
    const group = async () => (await client.listInstanceGroups({ ClusterId })).InstanceGroups?.[1];
    const InstanceGroupId = (await group())?.Id ?? '';
    const AutoScalingPolicy = { Constraints: { MinCapacity: 1, MaxCapacity: 5 }, Rules: [] };
    const put = await client.putAutoScalingPolicy({ ClusterId, InstanceGroupId, AutoScalingPolicy });
    assert.equal(put.AutoScalingPolicy?.Status?.State, 'ATTACHED');
    assert.deepEqual((await group())?.AutoScalingPolicy?.Constraints, { MinCapacity: 1, MaxCapacity: 5 });
    await client.removeAutoScalingPolicy({ ClusterId, InstanceGroupId });
    assert.equal((await group())?.AutoScalingPolicy, undefined);
    await assert.rejects(
      client.putAutoScalingPolicy({ ClusterId, InstanceGroupId: 'ig-NONE', AutoScalingPolicy }),
      /Instance group id 'ig-NONE' is not valid/,
    );
    await client.terminateJobFlows({ JobFlowIds: [ClusterId] });
  });

  test('spark-defaults of the cluster reach its steps, under what a step says itself', async () => {
    const properties = { 'spark.a': 'cluster', 'spark.b': 'cluster' };
    const boot = { Name: 'boot', ScriptBootstrapAction: { Path: 'file:///bin/echo', Args: ['booted'] } };
    const { JobFlowId: ClusterId = '' } = await client.runJobFlow({
      Name: 'configured',
      Instances,
      BootstrapActions: [boot],
      Configurations: [{ Classification: 'spark-defaults', Properties: properties }],
      Steps: [
        command('Setup Hadoop Debugging', ['state-pusher-script'], 'TERMINATE_CLUSTER'),
        command('conf', ['spark-submit', '--conf', 'spark.b=step', 's3://emr/none.py']),
      ],
    });
    await untilCluster(ClusterId, 'WAITING');
    const { Steps = [] } = await client.listSteps({ ClusterId });
    assert.deepEqual(
      Steps.map(({ Status }) => Status?.State),
      ['FAILED', 'COMPLETED'],
    );
    const answer = await fetch(`${platform.livyUrl}/applications?size=1`);
    const { applications } = (await answer.json()) as { applications: { conf: object }[] };
    assert.deepEqual(applications[0]?.conf, { 'spark.a': 'cluster', 'spark.b': 'step' });
    await client.terminateJobFlows({ JobFlowIds: [ClusterId] });
  });

  test('what could not be launched is refused', async () => {
    const group = { InstanceRole: 'CORE' as const, InstanceType: 'm5.xlarge', InstanceCount: 1 };
    const launch = (Instances: object, more: object = {}) => client.runJobFlow({ Name: 'x', Instances, ...more });
    await assert.rejects(launch({ InstanceGroups: [group] }), /Exactly one group of the instances must be the MASTER/);
    await assert.rejects(launch({ InstanceGroups: [group], InstanceCount: 1 }), /one and only one of the following/);
    const action = { Name: 'b', ScriptBootstrapAction: { Path: 's3://emr/boot.sh' } };
    await assert.rejects(
      launch({ InstanceCount: 1 }, { BootstrapActions: Array.from({ length: 17 }, () => action) }),
      /There are 17 bootstrap actions/,
    );
  });

  test('a bootstrap action that fails ends the cluster', async () => {
    const BootstrapActions = [{ Name: 'bad', ScriptBootstrapAction: { Path: 's3://emr/none.sh' } }];
    const { JobFlowId = '' } = await client.runJobFlow({ Name: 'unbootable', Instances, BootstrapActions });
    await untilCluster(JobFlowId, 'TERMINATED_WITH_ERRORS');
    const { Cluster } = await client.describeCluster({ ClusterId: JobFlowId });
    assert.equal(Cluster?.Status?.StateChangeReason?.Code, 'BOOTSTRAP_FAILURE');
  });
});
