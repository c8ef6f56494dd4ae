import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { useTempFolder } from '#testing';
import { startTestPlatform, type TestPlatform } from '../../src/testing/platform.ts';
import { generateMonths } from '../data-lake/generate.ts';
import { awsEnvironment, needs, runProgram } from './outside-client.ts';

// What the CLI prints is JSON of many shapes; only these parts are read.
interface CliAnswer {
  readonly Crawler: { readonly State: string };
  readonly QueryExecutionId: string;
  readonly QueryExecution: { readonly Status: { readonly State: string } };
  readonly ResultSet: { readonly Rows: readonly { readonly Data: readonly { readonly VarCharValue: string }[] }[] };
}

const versions = [
  { title: "Debian's AWS CLI", program: '/usr/bin/aws', from: 'Debian package awscli', stack: 'debian' },
  {
    title: "PyPI's AWS CLI",
    program: resolve('.venv/bin/aws'),
    from: 'PyPI package awscli, installed by .ci/run',
    stack: 'pypi',
  },
];

// The CLI sleeps up to 30 s between two looks at a stack, so the versions run side by side.
describe('the AWS CLI', { concurrency: true }, () => {
  const folder = useTempFolder();
  let platform: TestPlatform;
  before(async () => (platform = await startTestPlatform()));
  after(() => platform.close());

  for (const { title, program, from, stack } of versions) {
    test(`${title} deploys, uploads, crawls and queries`, async (t) => {
      if (!needs(t, program, from)) return;
      const aws = async (...args: string[]): Promise<string> =>
        (
          await runProgram(
            program,
            ['--endpoint-url', platform.endpoint, '--output', 'json', ...args],
            awsEnvironment(platform.endpoint),
          )
        ).stdout;
      const json = async (...args: string[]) => JSON.parse(await aws(...args)) as CliAnswer;
      const [month] = generateMonths({ months: 1, rows: 500 });
      const file = join(folder, `${stack}.csv.gz`);
      writeFileSync(file, month!.content);

      await aws(
        'cloudformation',
        'deploy',
        '--stack-name',
        stack,
        '--template-file',
        template(folder, stack),
        '--capabilities',
        'CAPABILITY_IAM',
      );
      const bucket = `cli-${stack}`;
      await aws('s3', 'cp', file, `s3://${bucket}/data/month.csv.gz`);
      await aws('s3', 'cp', `s3://${bucket}/data/month.csv.gz`, `${file}.back`);
      assert.deepEqual(readFileSync(`${file}.back`), readFileSync(file));
      assert.match(await aws('s3', 'ls', `s3://${bucket}/data/`), /month\.csv\.gz/);

      await aws('glue', 'start-crawler', '--name', stack);
      const crawled = async () => (await json('glue', 'get-crawler', '--name', stack)).Crawler.State === 'READY';
      while (!(await crawled())) continue;

      const query = ['athena', 'start-query-execution', '--query-string', `SELECT count(*) FROM "${stack}_db"."data"`];
      const { QueryExecutionId: id } = await json(
        ...query,
        '--result-configuration',
        `OutputLocation=s3://${bucket}/results/`,
      );
      const stateOf = async () =>
        (await json('athena', 'get-query-execution', '--query-execution-id', id)).QueryExecution.Status.State;
      while (['QUEUED', 'RUNNING'].includes(await stateOf())) continue;
      const { ResultSet } = await json('athena', 'get-query-results', '--query-execution-id', id);
      assert.equal(ResultSet.Rows[1]?.Data[0]?.VarCharValue, '500');

      await aws('s3', 'rm', '--recursive', `s3://${bucket}/`);
      await aws('cloudformation', 'delete-stack', '--stack-name', stack);
      await assert.rejects(async () => {
        for (;;) await aws('cloudformation', 'describe-stacks', '--stack-name', stack);
      }, /does not exist/);
    });
  }
});

function template(folder: string, name: string): string {
  const path = join(folder, `${name}.json`);
  const text = JSON.stringify({
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: `cli-${name}` } },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Principal: { Service: 'glue.amazonaws.com' }, Action: 'sts:AssumeRole' }],
          },
        },
      },
      Database: {
        Type: 'AWS::Glue::Database',
        Properties: { CatalogId: { Ref: 'AWS::AccountId' }, DatabaseInput: { Name: `${name}_db` } },
      },
      Crawler: {
        Type: 'AWS::Glue::Crawler',
        Properties: {
          Name: name,
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
          DatabaseName: { Ref: 'Database' },
          Targets: { S3Targets: [{ Path: { 'Fn::Sub': 's3://${Bucket}/data/' } }] },
        },
      },
    },
  });
  writeFileSync(path, text);
  return path;
}
