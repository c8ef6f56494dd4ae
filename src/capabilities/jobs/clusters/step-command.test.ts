import assert from 'node:assert/strict';
import { test } from 'node:test';
import { submissionOfStep } from './step-command.ts';

const runner = (...args: string[]) =>
  submissionOfStep('s', { jar: '/var/lib/aws/emr/command-runner.jar', args, properties: {} });

test('spark-submit is read with all its options, and what follows the file are arguments', () => {
  const { kind, file, args, className, conf, jars, driverMemory, numExecutors } = runner(
    'spark-submit',
    '--deploy-mode',
    'cluster',
    '--master',
    'yarn',
    '--class',
    'org.Main',
    '--conf',
    'spark.a=b=c',
    '--jars',
    's3://b/x.jar,s3://b/y.jar',
    '--driver-memory=2g',
    '--num-executors',
    '4',
    's3://b/app.jar',
    '--class',
    'mine',
  );
  assert.deepEqual([kind, file, args, className], ['spark-jar', 's3://b/app.jar', ['--class', 'mine'], 'org.Main']);
  assert.deepEqual([conf, jars], [{ 'spark.a': 'b=c' }, ['s3://b/x.jar', 's3://b/y.jar']]);
  assert.deepEqual([driverMemory, numExecutors], ['2g', 4]);
});

test('SQL files come with their variables as arguments', () => {
  const hive = runner('hive-script', '--run-hive-script', '--args', '-f', 's3://b/q.sql', '-d', 'OUT=s3://b/out');
  assert.deepEqual([hive.kind, hive.file, hive.args], ['sql', 's3://b/q.sql', ['--OUT=s3://b/out']]);
  assert.deepEqual(runner('spark-sql', '-f', 's3://b/q.sql', '--database', 'trips').args, ['--database=trips']);
});

test('the step that sets up debugging has nothing to do, in both its forms', () => {
  assert.equal(runner('state-pusher-script').file, 'echo');
  const jar = 's3://us-east-1.elasticmapreduce/libs/script-runner/script-runner.jar';
  const args = ['s3://us-east-1.elasticmapreduce/libs/state-pusher/0.1/fetch'];
  assert.equal(submissionOfStep('s', { jar, args, properties: {} }).file, 'echo');
});

test('other commands run as they are, scripts by script-runner, jars with their main class', () => {
  assert.deepEqual([runner('bash', '-c', 'x').kind, runner('bash', '-c', 'x').file], ['command', 'bash']);
  const jar = 's3://us-east-1.elasticmapreduce/libs/script-runner/script-runner.jar';
  const script = submissionOfStep('s', { jar, args: ['s3://b/x.sh', 'a'], properties: {} });
  assert.deepEqual([script.kind, script.file, script.args], ['command', 's3://b/x.sh', ['a']]);
  const own = submissionOfStep('s', { jar: 's3://b/own.jar', mainClass: 'M', args: [], properties: { k: 'v' } });
  assert.deepEqual([own.kind, own.className, own.conf], ['spark-jar', 'M', { k: 'v' }]);
  assert.throws(() => submissionOfStep('s', { jar: 'x.zip', args: [], properties: {} }), /is no jar/);
  assert.throws(() => runner(), /needs a command/);
});
