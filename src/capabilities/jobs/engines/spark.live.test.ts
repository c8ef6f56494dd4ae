/** Spark applications and sessions on the Spark that is installed; `millpond spark --add-s3` makes it ready. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { findSpark } from '#drivers/spark/installation';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../../testing/platform.ts';
import { openLivy } from '../api/livy/livy.fixture.ts';

const milesPerRateCode = `
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("MilesPerRateCode").getOrCreate()
root = sys.argv[1]
trips = spark.read.option("header", True).csv(root + "/trips.csv")
trips.selectExpr("rate_code", "cast(miles as double) AS miles").groupBy("rate_code").sum("miles").write.parquet(root + "/miles")
`;

const status = `
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
root = sys.argv[1]
miles = spark.read.parquet(root + "/miles")
names = spark.createDataFrame([("1", "Standard"), ("2", "JFK")], ["rate_code", "name"])
miles.join(names, "rate_code").orderBy("rate_code").coalesce(1).write.option("header", True).csv(root + "/status")
`;

const spark = findSpark({ sparkHome: '', pythonPath: '', environment: process.env, folder: process.cwd() });
const skip =
  spark?.java === undefined
    ? 'Spark or Java is not installed'
    : spark.missingS3Jars.length > 0 && 'the jars of s3:// are missing: npx millpond spark --add-s3';

suite('Spark', { skip }, async () => {
  const platform = await startTestPlatform();
  const livy = openLivy(platform.livyUrl ?? '');
  const s3 = new S3(clientConfig(platform.endpoint));
  await s3.createBucket({ Bucket: 'etl' });
  after(async () => {
    s3.destroy();
    await platform.close();
  });
  const put = (Key: string, Body: string) => s3.putObject({ Bucket: 'etl', Key, Body });

  test('reads and writes the lake, tells its progress, and fails where its output is already', async () => {
    await put('root/trips.csv', 'rate_code,miles\n1,2.5\n1,0.5\n2,10\n');
    await put('jobs/miles.py', milesPerRateCode);
    await put('jobs/status.py', status);
    const args = ['s3://etl/root'];
    const first = await livy.post('/batches', {
      file: 's3://etl/jobs/miles.py',
      args,
      conf: { 'spark.master': 'yarn' },
    });
    const done = await livy.ended(first.body.id, 300_000);
    assert.equal(done.state, 'success', done.log.join('\n'));
    assert.match(done.appId, /^local-\d+$/);
    const { body: history } = await livy.get(`/applications/${first.body.id}`);
    assert.ok(history.progress.tasksCompleted > 0 && history.progress.tasksCompleted <= history.progress.tasks);
    const [again, second] = await Promise.all([
      livy.post('/batches', { file: 's3://etl/jobs/miles.py', args }),
      livy.post('/batches', { file: 's3a://etl/jobs/status.py', args: ['s3a://etl/root'] }),
    ]);
    const dead = await livy.ended(again.body.id, 300_000);
    assert.equal(dead.state, 'dead');
    const { body: failed } = await livy.get(`/applications/${again.body.id}`);
    assert.match(failed.reason, /PATH_ALREADY_EXISTS.*Path s3:\/\/etl\/root\/miles already exists/);
    assert.equal((await livy.ended(second.body.id, 300_000)).state, 'success');
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'etl', Prefix: 'root/status/' });
    const file = Contents.find(({ Key }) => Key?.endsWith('.csv'))?.Key;
    const csv = await (await s3.getObject({ Bucket: 'etl', Key: file ?? '' })).Body?.transformToString();
    assert.equal(csv, 'rate_code,sum(miles),name\n1,3.0,Standard\n2,10.0,JFK\n');
    const { body: log } = await livy.get(`/batches/${first.body.id}/log?size=10000`);
    assert.doesNotMatch(log.log.join('\n'), /ASIA[A-Z0-9]{16}/, 'no credential stands in the log');
  });

  test('a Glue job runs its Python on Spark, by the context and job of awsglue', async () => {
    const script = `
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from pyspark.context import SparkContext

args = getResolvedOptions(sys.argv, ["JOB_NAME", "target"])
glueContext = GlueContext(SparkContext())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
frame = DynamicFrame.fromDF(spark.range(3), glueContext, "numbers")
frame.toDF().coalesce(1).write.json(args["target"])
print("shuffles in", spark.conf.get("spark.sql.shuffle.partitions"))
try:
    ApplyMapping.apply(frame=frame, mappings=[])
except NotImplementedError as error:
    print(error)
try:
    glueContext.create_dynamic_frame.from_catalog(database="d", table_name="t")
except NotImplementedError as error:
    print(error)
job.commit()
`;
    await put('jobs/glue.py', script);
    const glue = new Glue(clientConfig(platform.endpoint));
    const logs = new CloudWatchLogs(clientConfig(platform.endpoint));
    try {
      const Command = { Name: 'glueetl', ScriptLocation: 's3://etl/jobs/glue.py', PythonVersion: '3' };
      await glue.createJob({ Name: 'numbers', Role: 'GlueRole', Command, GlueVersion: '4.0' });
      const Arguments = {
        '--target': 's3://etl/root/numbers',
        '--conf': 'spark.sql.shuffle.partitions=3 --conf spark.ui.enabled=false',
      };
      const { JobRunId: RunId = '' } = await glue.startJobRun({ JobName: 'numbers', Arguments });
      const read = async () => (await glue.getJobRun({ JobName: 'numbers', RunId })).JobRun;
      await until(async () => (await read())?.CompletedOn !== undefined, 'the run to end', 300_000);
      const ended = await read();
      assert.deepEqual([ended?.JobRunState, ended?.ErrorMessage], ['SUCCEEDED', undefined]);
      const { KeyCount = 0 } = await s3.listObjectsV2({ Bucket: 'etl', Prefix: 'root/numbers/part-' });
      assert.equal(KeyCount, 1);
      const page = { logGroupName: '/aws-glue/jobs/output', logStreamName: RunId, limit: 10_000 };
      const said = ((await logs.getLogEvents(page)).events ?? []).map(({ message }) => message);
      for (const line of [
        'shuffles in 3',
        "ApplyMapping.apply is not served here: use Spark's DataFrames.",
        "GlueContext.create_dynamic_frame.from_catalog is not served here: use Spark's DataFrames.",
      ]) {
        assert.ok(said.includes(line), line);
      }
    } finally {
      glue.destroy();
      logs.destroy();
    }
  });

  test('a session keeps its variables, shows values and errors, and speaks SQL', async () => {
    const { body: session } = await livy.post('/sessions', { kind: 'pyspark', name: 'notebook' });
    const path = `/sessions/${session.id}`;
    await until(async () => (await livy.get(path)).body.state === 'idle', 'the session to be idle', 300_000);
    const run = async (code: string, kind?: string) => {
      const { body } = await livy.post(`${path}/statements`, { code, kind });
      let statement = body;
      await until(
        async () => {
          ({ body: statement } = await livy.get(`${path}/statements/${body.id}`));
          return statement.state === 'available';
        },
        code,
        60_000,
      );
      return statement.output;
    };
    assert.deepEqual(await run('n = spark.range(10).count()\nn * 2'), {
      status: 'ok',
      execution_count: 0,
      data: { 'text/plain': '20' },
    });
    await run('spark.range(3).createOrReplaceTempView("numbers")');
    const table = await run('SELECT sum(id) AS total FROM numbers', 'sql');
    assert.deepEqual(table.data['application/json'].data, [[3]]);
    const { body: endless } = await livy.post(`${path}/statements`, {
      code: 'spark.range(10 ** 13).selectExpr("sum(id * id % 7)").collect()',
    });
    const statement = `${path}/statements/${endless.id}`;
    const uiUrl: string = (await livy.get(path)).body.appInfo.sparkUiUrl;
    const jobs = async () => {
      const [{ id }] = (await (await fetch(`${uiUrl}/api/v1/applications`)).json()) as [{ id: string }];
      const answer = await fetch(`${uiUrl}/api/v1/applications/${id}/jobs?status=running`);
      return (await answer.json()) as unknown[];
    };
    await until(async () => (await jobs()).length > 0, 'the job to run', 60_000);
    await livy.post(`${statement}/cancel`, {});
    await until(async () => (await livy.get(statement)).body.state === 'cancelled', 'the cancellation', 60_000);
    assert.deepEqual((await run('spark.range(4).count()')).data, { 'text/plain': '4' });
    assert.equal((await livy.call('DELETE', path)).status, 200);
  });
});
