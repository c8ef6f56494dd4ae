import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { EMR } from '@aws-sdk/client-emr';
import { clientConfig, until } from '#testing';
import { openBench } from '../jobs.fixture.ts';

suite('events of EMR', async () => {
  const bench = await openBench();
  const emr = new EMR(clientConfig(bench.endpoint));
  after(() => emr.destroy());

  test('tell each change of a cluster and its steps, in their order', async () => {
    const { JobFlowId = '' } = await emr.runJobFlow({
      Name: 'etl',
      Instances: { InstanceCount: 1 },
      Steps: [
        {
          Name: 'wrong',
          ActionOnFailure: 'CONTINUE',
          HadoopJarStep: { Jar: 'command-runner.jar', Args: ['hdfs', 'dfs', '-ls'] },
        },
      ],
    });
    const told = () => bench.events.filter(({ source }) => source === 'aws.emr');
    await until(() => told().some(({ detail }) => detail['state'] === 'TERMINATED'), 'the end of the cluster');
    const StepId = (await emr.listSteps({ ClusterId: JobFlowId })).Steps?.[0]?.Id;
    assert.deepEqual(
      told().map(({ detailType, detail }) => [detailType, detail['state'], detail['clusterId'], detail['stepId']]),
      [
        ['EMR Cluster State Change', 'STARTING', JobFlowId, undefined],
        ['EMR Step Status Change', 'PENDING', JobFlowId, StepId],
        ['EMR Cluster State Change', 'RUNNING', JobFlowId, undefined],
        ['EMR Step Status Change', 'FAILED', JobFlowId, StepId],
        ['EMR Cluster State Change', 'TERMINATING', JobFlowId, undefined],
        ['EMR Cluster State Change', 'TERMINATED', JobFlowId, undefined],
      ],
    );
    const failure = told()[3];
    assert.equal(failure?.detail['severity'], 'ERROR');
    assert.equal(failure?.detail['actionOnFailure'], 'CONTINUE');
    assert.match(
      String(failure?.detail['message']),
      /Step s-\w+ \(wrong\) failed.*'hdfs' cannot run: There is no HDFS/,
    );
    assert.equal(
      told().at(-1)?.detail['stateChangeReason'],
      '{"code":"ALL_STEPS_COMPLETED","message":"Steps completed"}',
    );
  });
});
