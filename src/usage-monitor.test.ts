/**
 * The usage monitor of the seed (row S4) on the whole platform: who scans how much, from CloudTrail records of our own
 * calls, the Athena API's statistics, and a join of both. The statements are the post's.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Athena } from '@aws-sdk/client-athena';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig, until } from '#testing';
import { startTestPlatform, type TestPlatform } from './testing/platform.ts';

const auditBucket = 'millpond-audit-000000000000';
const realTrail = join('..', 'shared', 'data', 'cloudtrail');

const cloudtrailTable = (name: string, location: string): string => `CREATE EXTERNAL TABLE ${name} (
  eventversion STRING,
  useridentity STRUCT<type:STRING, principalid:STRING, arn:STRING, accountid:STRING, invokedby:STRING, accesskeyid:STRING, userName:STRING,
    sessioncontext:STRUCT<attributes:STRUCT<mfaauthenticated:STRING, creationdate:STRING>,
      sessionIssuer:STRUCT<type:STRING, principalId:STRING, arn:STRING, accountId:STRING, userName:STRING>>>,
  eventtime STRING, eventsource STRING, eventname STRING, awsregion STRING, sourceipaddress STRING, useragent STRING,
  errorcode STRING, errormessage STRING, requestparameters STRING, responseelements STRING, additionaleventdata STRING,
  requestid STRING, eventid STRING, resources ARRAY<STRUCT<ARN:STRING, accountId:STRING, type:STRING>>,
  eventtype STRING, apiversion STRING, readonly STRING, recipientaccountid STRING)
ROW FORMAT SERDE 'com.amazon.emr.hive.serde.CloudTrailSerde'
STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION '${location}'`;

describe('the usage monitor', () => {
  let platform: TestPlatform;
  let athena: Athena;
  let s3: S3;
  before(async () => {
    platform = await startTestPlatform({ auditDeliverySeconds: 1 });
    athena = new Athena(clientConfig(platform.endpoint));
    s3 = new S3(clientConfig(platform.endpoint));
    await s3.createBucket({ Bucket: 'monitor' });
    await new Glue(clientConfig(platform.endpoint)).createDatabase({ DatabaseInput: { Name: 'monitor' } });
  });
  after(() => platform.close());

  async function run(QueryString: string): Promise<{ id: string; rows: (string | undefined)[][] }> {
    const { QueryExecutionId: id = '' } = await athena.startQueryExecution({
      QueryString,
      QueryExecutionContext: { Database: 'monitor' },
      ResultConfiguration: { OutputLocation: 's3://monitor/results/' },
    });
    const status = async () => (await athena.getQueryExecution({ QueryExecutionId: id })).QueryExecution?.Status;
    await until(async () => !['QUEUED', 'RUNNING'].includes((await status())?.State ?? ''), 'the query', 30_000);
    const ended = await status();
    assert.equal(ended?.State, 'SUCCEEDED', ended?.StateChangeReason);
    const { ResultSet } = await athena.getQueryResults({ QueryExecutionId: id });
    return {
      id,
      rows: (ResultSet?.Rows ?? []).slice(1).map((row) => (row.Data ?? []).map((cell) => cell.VarCharValue)),
    };
  }

  test('queries of the last day and what they scanned are found by SQL over the audit records', async () => {
    const ids = [(await run('SELECT 1')).id, (await run("SELECT 'two'")).id];
    await until(
      async () => {
        const listed = await s3.listObjectsV2({ Bucket: auditBucket }).catch(() => undefined);
        return (listed?.KeyCount ?? 0) > 0;
      },
      'a delivery of the trail',
      20_000,
    );
    await run(cloudtrailTable('cloudtrail_logs', `s3://${auditBucket}/AWSLogs/000000000000/`));

    const { QueryExecutions } = await athena.batchGetQueryExecution({ QueryExecutionIds: ids });
    const lines = (QueryExecutions ?? []).map((execution) =>
      [
        execution.QueryExecutionId,
        execution.QueryExecutionContext?.Database,
        execution.Statistics?.EngineExecutionTimeInMillis,
        execution.Statistics?.DataScannedInBytes,
        execution.Status?.State,
        execution.Status?.SubmissionDateTime?.toISOString(),
        execution.Status?.CompletionDateTime?.toISOString(),
      ].join(','),
    );
    assert.equal(lines.length, 2);
    await s3.putObject({ Bucket: 'monitor', Key: 'api/batch-1.csv', Body: `${lines.join('\n')}\n` });
    await run(`CREATE EXTERNAL TABLE IF NOT EXISTS athena_api_output(
queryid string,
querydatabase string,
executiontime bigint,
datascanned bigint,
status string,
submissiondatetime string,
completiondatetime string
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES (
'serialization.format' = ',',
'field.delim' = ','
) LOCATION 's3://monitor/api/'
TBLPROPERTIES ('has_encrypted_data'='false')`);

    const lastDay = `with data AS (
SELECT
json_extract(responseelements,
'$.queryExecutionId') AS query_id,
(useridentity.arn) AS uid,
(useridentity.sessioncontext.sessionIssuer.userName) AS role,
from_iso8601_timestamp(eventtime) AS dt
FROM cloudtrail_logs
WHERE eventsource='athena.amazonaws.com'
AND eventname='StartQueryExecution'
AND json_extract(responseelements, '$.queryExecutionId') is NOT null)
SELECT *
FROM data
WHERE dt > date_add('day',-1,now() )`;
    // A delivery may have gone out between the two queries; the next one brings the rest.
    await until(
      async () => {
        const found = new Set((await run(lastDay)).rows.map(([id]) => id));
        return ids.every((id) => found.has(`"${id}"`));
      },
      'both queries in the records',
      30_000,
    );

    const joined = await run(`SELECT
c.useridentity.arn,
json_extract(c.responseelements, '$.queryExecutionId') qid,
a.datascanned,
a.querydatabase,
a.executiontime,
a.submissiondatetime,
a.completiondatetime,
a.status
FROM cloudtrail_logs c
JOIN athena_api_output a
ON cast(json_extract(c.responseelements, '$.queryExecutionId') as varchar) = a.queryid
WHERE eventsource = 'athena.amazonaws.com'
AND eventname = 'StartQueryExecution'
AND from_iso8601_timestamp(eventtime) > date_add('day',-5 ,now() )`);
    assert.equal(joined.rows.length, 2);
    assert.deepEqual(
      new Set(joined.rows.map(([arn, , , database, , , , status]) => `${arn} ${database} ${status}`)),
      new Set(['arn:aws:iam::000000000000:root monitor SUCCEEDED']),
    );
  });

  test(
    'real CloudTrail files are read record by record',
    { skip: existsSync(realTrail) ? false : `${realTrail} is not there` },
    async () => {
      cpSync(realTrail, join(platform.dataDir, 'buckets', 'monitor', 'real'), { recursive: true });
      await run(cloudtrailTable('real_logs', 's3://monitor/real/'));
      const { rows } = await run('SELECT count(*), count(DISTINCT eventid), count(useridentity.type) FROM real_logs');
      // Records of AWS services themselves name no type.
      assert.deepEqual(rows[0], ['2093', '2093', '2051']);
    },
  );
});
