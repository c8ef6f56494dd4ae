/** A stack of 50 resources in 2 s or less; beside the same operations called directly through the SDK in the same run. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { Glue } from '@aws-sdk/client-glue';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { SSM } from '@aws-sdk/client-ssm';
import { median, ms, printFigures } from './report.ts';
import { clientSettings, startServer } from './server.ts';

const runs = 5;
const each = 10;
const server = await startServer();
const settings = clientSettings(server.endpoint);
const cloudFormation = new CloudFormation(settings);
const [s3, logs, ssm, iam, glue] = [
  new S3(settings),
  new CloudWatchLogs(settings),
  new SSM(settings),
  new IAM(settings),
  new Glue(settings),
];
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'glue.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const storage = { Columns: [{ Name: 'a', Type: 'string' }], Location: 's3://nowhere/' };

/** Ten each of buckets, log groups, parameters and roles; a database with nine tables. */
function template(): string {
  const numbers = Array.from({ length: each }, (_, index) => index);
  const resources: Record<string, unknown> = {
    Database: { Type: 'AWS::Glue::Database', Properties: { CatalogId: { Ref: 'AWS::AccountId' }, DatabaseInput: {} } },
  };
  for (const n of numbers) {
    resources[`Bucket${n}`] = { Type: 'AWS::S3::Bucket' };
    resources[`Log${n}`] = { Type: 'AWS::Logs::LogGroup' };
    resources[`Parameter${n}`] = {
      Type: 'AWS::SSM::Parameter',
      Properties: { Type: 'String', Value: { 'Fn::GetAtt': [`Bucket${n}`, 'Arn'] } },
    };
    resources[`Role${n}`] = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: JSON.parse(trust) } };
    if (n === 0) continue;
    resources[`Table${n}`] = {
      Type: 'AWS::Glue::Table',
      Properties: {
        CatalogId: { Ref: 'AWS::AccountId' },
        DatabaseName: { Ref: 'Database' },
        TableInput: { Name: `t${n}`, StorageDescriptor: storage },
      },
    };
  }
  return JSON.stringify({ Resources: resources });
}

async function settled(name: string): Promise<string> {
  for (;;) {
    const { Stacks = [] } = await cloudFormation.describeStacks({ StackName: name });
    const status = Stacks[0]?.StackStatus ?? '';
    if (!status.endsWith('_IN_PROGRESS')) return status;
    await sleep(10);
  }
}

async function deploy(run: number): Promise<number> {
  const started = performance.now();
  const { StackId = '' } = await cloudFormation.createStack({
    StackName: `bench-${run}`,
    TemplateBody: template(),
    Capabilities: ['CAPABILITY_IAM'],
  });
  const status = await settled(StackId);
  const tookMs = performance.now() - started;
  if (status !== 'CREATE_COMPLETE') throw new Error(`the stack ended as ${status}`);
  await cloudFormation.deleteStack({ StackName: StackId });
  await settled(StackId);
  return tookMs;
}

/** The floor: what the stack makes, asked for by hand, with what depends on it behind it. */
async function direct(run: number): Promise<number> {
  const started = performance.now();
  const name = `direct-${run}`;
  const database = glue.createDatabase({ DatabaseInput: { Name: name } });
  const things = Array.from({ length: each }, async (_, n) => {
    const bucket = s3
      .createBucket({ Bucket: `${name}-${n}` })
      .then(() => ssm.putParameter({ Name: `${name}-${n}`, Type: 'String', Value: `arn:aws:s3:::${name}-${n}` }));
    const table =
      n === 0
        ? database
        : database.then(() =>
            glue.createTable({ DatabaseName: name, TableInput: { Name: `t${n}`, StorageDescriptor: storage } }),
          );
    const log = logs.createLogGroup({ logGroupName: `${name}-${n}` });
    const role = iam.createRole({ RoleName: `${name}-${n}`, AssumeRolePolicyDocument: trust });
    await Promise.all([bucket, table, log, role]);
  });
  await Promise.all(things);
  return performance.now() - started;
}

try {
  await direct(-1);
  await deploy(-1);
  const deployMs: number[] = [];
  const directMs: number[] = [];
  for (let run = 0; run < runs; run++) {
    directMs.push(await direct(run));
    deployMs.push(await deploy(run));
  }
  const [deployed, floor] = [median(deployMs), median(directMs)];
  printFigures([
    {
      name: 'deploy 50 resources',
      measured: ms(deployed),
      asked: '<= 2000 ms',
      met: deployed <= 2000,
      against: `${(deployed / floor).toFixed(1)} x the ${ms(floor)} of the same operations called directly`,
    },
  ]);
} finally {
  await server.stop();
}
