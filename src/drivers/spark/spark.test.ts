import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { useTempFolder } from '#testing';
import { findPython, findSpark } from './installation.ts';
import { furthest, findUiUrl, sumStages } from './progress.ts';
import { addS3Connector, missingS3Jars } from './s3-connector.ts';
import { sparkSubmit } from './submit-command.ts';

const root = useTempFolder();

function distribution(path: string, jars: readonly string[] = [], hadoopVersion = '3.3.4'): string {
  mkdirSync(join(path, 'bin'), { recursive: true });
  mkdirSync(join(path, 'jars'), { recursive: true });
  writeFileSync(join(path, 'bin/spark-submit'), '');
  const all = ['spark-core_2.12-3.5.9.jar', `hadoop-client-api-${hadoopVersion}.jar`, ...jars];
  for (const jar of all) writeFileSync(join(path, 'jars', jar), '');
  return path;
}

const nowhere = { sparkHome: '', pythonPath: '', environment: {}, folder: join(root, 'empty') };

test('a Spark is found by setting, variable, virtual environment and PATH, and a wrong setting finds none', () => {
  assert.equal(findSpark(nowhere), undefined);
  const plain = distribution(join(root, 'spark'));
  assert.equal(findSpark({ ...nowhere, sparkHome: plain })?.version, '3.5.9');
  assert.equal(findSpark({ ...nowhere, environment: { SPARK_HOME: plain } })?.hadoopVersion, '3.3.4');
  assert.equal(findSpark({ ...nowhere, environment: { PATH: `/none:${plain}/bin` } })?.home, plain);
  assert.equal(findSpark({ ...nowhere, sparkHome: '/wrong', environment: { SPARK_HOME: plain } }), undefined);
  const project = join(root, 'project');
  const inside = distribution(join(project, '.venv/lib/python3.11/site-packages/pyspark'));
  mkdirSync(join(project, '.venv/bin'));
  writeFileSync(join(project, '.venv/bin/python'), '');
  const found = findSpark({ ...nowhere, folder: project });
  assert.deepEqual([found?.home, found?.python], [inside, join(project, '.venv/bin/python')]);
  assert.equal(findPython(nowhere), 'python3');
});

test('the jars that s3 needs are known by the version of Hadoop', () => {
  assert.equal(missingS3Jars('3.3.4', []).length, 7);
  assert.deepEqual(missingS3Jars('3.3.4', ['hadoop-aws-3.3.4.jar', 'aws-java-sdk-bundle-1.12.262.jar']), []);
  assert.deepEqual(missingS3Jars('3.4.1', []), ['hadoop-aws-3.4.1.jar', 'bundle-2.24.6.jar']);
  assert.deepEqual(missingS3Jars('3.4.1', ['hadoop-aws-3.4.1.jar', 'bundle-2.24.6.jar']), []);
  assert.deepEqual(missingS3Jars('3.4.9', ['bundle-2.99.1.jar']), ['hadoop-aws-3.4.9.jar']);
  assert.equal(missingS3Jars('3.4.9', []).length, 2);
});

suite('the connector to S3', async () => {
  const files = new Map<string, string>();
  const server = createServer((request, response) => {
    const content = files.get(request.url ?? '');
    response.writeHead(content === undefined ? 404 : 200, { 'content-length': content?.length ?? 0 }).end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  const maven = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const serve = (path: string, content: string, digest = createHash('sha1').update(content).digest('hex')) => {
    files.set(path, content);
    files.set(`${path}.sha1`, `${digest}  a comment`);
  };
  const hadoop = '/org/apache/hadoop';
  serve(
    `${hadoop}/hadoop-project/3.4.9/hadoop-project-3.4.9.pom`,
    `<aws-java-sdk.version>1.12.720</aws-java-sdk.version>
     <aws-java-sdk-v2.version>2.99.1</aws-java-sdk-v2.version>
     <amazon-s3-analyticsaccelerator-s3.version>1.3.1</amazon-s3-analyticsaccelerator-s3.version>`,
  );
  serve(`${hadoop}/hadoop-aws/3.4.9/hadoop-aws-3.4.9.jar`, 'connector');
  serve('/software/amazon/awssdk/bundle/2.99.1/bundle-2.99.1.jar', 'bundle');
  const accelerator = 'software/amazon/s3/analyticsaccelerator/analyticsaccelerator-s3/1.3.1';
  serve(`/${accelerator}/analyticsaccelerator-s3-1.3.1.jar`, 'accelerator');
  const sparkOf = (name: string) => {
    const sparkHome = distribution(join(root, name), [], '3.4.9');
    const found = findSpark({ ...nowhere, sparkHome });
    assert.ok(found);
    return found;
  };

  test('follows the POM of a Hadoop that is not known, and is whole afterwards', async () => {
    const told: [string, number | undefined][] = [];
    const added = await addS3Connector(sparkOf('newer'), { maven, onFile: (...file) => told.push(file) });
    assert.deepEqual(added, ['hadoop-aws-3.4.9.jar', 'bundle-2.99.1.jar', 'analyticsaccelerator-s3-1.3.1.jar']);
    assert.deepEqual(told[1], ['bundle-2.99.1.jar', 6]);
    assert.equal(readFileSync(join(root, 'newer/jars/bundle-2.99.1.jar'), 'utf8'), 'bundle');
    const whole = sparkOf('newer');
    assert.deepEqual(whole.missingS3Jars, []);
    assert.deepEqual(await addS3Connector(whole, { maven }), []);
  });

  test('refuses a file that is not the one it should be, and leaves nothing of it', async () => {
    serve('/software/amazon/awssdk/bundle/2.99.1/bundle-2.99.1.jar', 'evil', 'a'.repeat(40));
    const spark = sparkOf('attacked');
    await assert.rejects(addS3Connector(spark, { maven }), /bundle-2\.99\.1\.jar is not the file it should be/);
    assert.ok(!readdirSync(join(spark.home, 'jars')).some((name) => name.startsWith('bundle')));
    const older = { ...spark, hadoopVersion: '9.9.9' };
    await assert.rejects(addS3Connector(older, { maven }), /hadoop-project-9\.9\.9\.pom cannot be downloaded/);
  });
});

test('the command line holds no secret, and nothing of a cluster that is not there', () => {
  const spark = findSpark({ ...nowhere, sparkHome: join(root, 'spark') });
  assert.ok(spark);
  const application = {
    name: 'a b',
    file: '/x.py',
    args: ['--class', 'x'],
    pyFiles: ['/m.py'],
    jars: [],
    files: [],
    archives: [],
    conf: { 'spark.master': 'yarn', 'spark.odd key': 'a\\b\nspark.injected=1', 'spark.driver.memory': '3g' },
  };
  const lake = { endpoint: 'http://h:1', region: 'r', accessKeyId: 'AK', secretAccessKey: 'S=#', sessionToken: 'T' };
  const { args, properties } = sparkSubmit(spark, application, lake, '/p');
  assert.deepEqual(args.slice(-3), ['/x.py', '--class', 'x']);
  assert.ok(args.includes('local[*]') && args.includes('3g'));
  assert.doesNotMatch(args.join(' '), /AK|S=#/);
  assert.doesNotMatch(properties, /yarn/);
  assert.match(properties, /^spark\.odd\\ key=a\\\\b\\nspark\.injected=1$/m);
  assert.match(properties, /^spark\.hadoop\.fs\.s3a\.secret\.key=S=#$/m);
  assert.match(properties, /TemporaryAWSCredentialsProvider/);
});

test('progress counts what is to be done, and never goes back', () => {
  const stage = (status: string, numTasks: number, numCompleteTasks: number) => ({
    status,
    numTasks,
    numCompleteTasks,
    numFailedTasks: 0,
  });
  const now = sumStages([stage('COMPLETE', 4, 4), stage('ACTIVE', 10, 3), stage('SKIPPED', 99, 0)]);
  assert.deepEqual(now, { stages: 2, stagesCompleted: 1, tasks: 14, tasksCompleted: 7, tasksFailed: 0 });
  assert.deepEqual(furthest(now, { ...now, tasksCompleted: 2, tasks: 5 }), now);
  assert.equal(
    findUiUrl("26/11/22 INFO Utils: Successfully started service 'SparkUI' on port 4041."),
    'http://127.0.0.1:4041',
  );
  assert.equal(findUiUrl('INFO something else on port 4041'), undefined);
});
