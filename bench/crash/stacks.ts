/**
 * Deploys, updates and deletions: a stack that was acknowledged stays as it was said to be, one that was cut short goes
 * on or rolls back, none is stuck, and nothing is left that belongs to no stack.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { Glue } from '@aws-sdk/client-glue';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { drive as loop, settings, type CrashContext, type Held } from './platform.ts';

export { command, ready } from './platform.ts';

/** No stack may be under way longer than this after a restart. */
const settleMs = 60_000;

/** Explicit and generated names, and one (`Table`) whose name changes with the version, so that an update replaces it. */
const template = (name: string, version: number): string =>
  JSON.stringify({
    Resources: {
      Bucket: {
        Type: 'AWS::S3::Bucket',
        Properties: { VersioningConfiguration: { Status: version === 1 ? 'Enabled' : 'Suspended' } },
      },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: name,
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Principal: { Service: 'glue.amazonaws.com' }, Action: 'sts:AssumeRole' }],
          },
          Policies: [
            {
              PolicyName: `v${version}`,
              PolicyDocument: {
                Version: '2012-10-17',
                Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: { 'Fn::GetAtt': ['Bucket', 'Arn'] } }],
              },
            },
          ],
        },
      },
      Database: {
        Type: 'AWS::Glue::Database',
        Properties: { CatalogId: '000000000000', DatabaseInput: { Name: name, Description: `v${version}` } },
      },
      Table: {
        Type: 'AWS::Glue::Table',
        Properties: {
          CatalogId: '000000000000',
          DatabaseName: { Ref: 'Database' },
          Name: `t${version}`,
          TableInput: { StorageDescriptor: { Columns: [{ Name: 'a', Type: 'int' }] } },
        },
      },
    },
  });

const nameOf = (id: string): string => id.replaceAll('-', '_');
const Capabilities = ['CAPABILITY_NAMED_IAM' as const];

/** What each stack was last acknowledged to be; absent while a change to it is open. */
const acknowledged = new Map<string, 'v1' | 'v2' | 'deleted'>();
/** Resources of stacks that need no second look. */
const seen = new Set<string>();

export async function drive(context: CrashContext): Promise<void> {
  const formation = new CloudFormation(settings(context));
  const end = async (StackName: string): Promise<string> => {
    for (;;) {
      const { Stacks } = await formation.describeStacks({ StackName });
      const status = Stacks?.[0]?.StackStatus ?? '';
      if (!status.endsWith('IN_PROGRESS')) return status;
      await sleep(10);
    }
  };
  await loop(context, 4, async (id) => {
    context.attempt(id);
    const StackName = `stack-${id}`;
    const TemplateBody = template(nameOf(id), 1);
    const { StackId = '' } = await formation.createStack({ StackName, TemplateBody, Capabilities });
    await expect(end(StackId), 'CREATE_COMPLETE');
    acknowledged.set(id, 'v1');
    context.ack(id);
    const fate = context.rnd();
    if (fate < 0.3) return;
    acknowledged.delete(id);
    await formation.updateStack({ StackName, TemplateBody: template(nameOf(id), 2), Capabilities });
    await expect(end(StackId), 'UPDATE_COMPLETE');
    acknowledged.set(id, 'v2');
    if (fate < 0.6) return;
    acknowledged.delete(id);
    await formation.deleteStack({ StackName });
    await expect(end(StackId), 'DELETE_COMPLETE');
    acknowledged.set(id, 'deleted');
  });
  formation.destroy();
}

async function expect(status: Promise<string>, wanted: string): Promise<void> {
  if ((await status) !== wanted) throw new Error(`${await status} in place of ${wanted}`);
}

interface Stack {
  readonly id: string;
  readonly arn: string;
  readonly status: string;
}

/** All stacks, the deleted included, once none is under way any more, or the time is up. */
async function settled(context: CrashContext): Promise<Stack[]> {
  const formation = new CloudFormation(settings(context));
  const deadline = performance.now() + settleMs;
  for (;;) {
    const stacks: Stack[] = [];
    for (let NextToken: string | undefined; ;) {
      const page = await formation.listStacks(NextToken === undefined ? {} : { NextToken });
      for (const { StackName = '', StackId = '', StackStatus = '' } of page.StackSummaries ?? []) {
        stacks.push({ id: StackName.slice('stack-'.length), arn: StackId, status: StackStatus });
      }
      NextToken = page.NextToken;
      if (NextToken === undefined) break;
    }
    if (stacks.every(({ status }) => !status.endsWith('IN_PROGRESS')) || performance.now() > deadline) {
      formation.destroy();
      return stacks;
    }
    await sleep(50);
  }
}

/** A stack that is rolled back, or deleted, is still told of: an acknowledged one never vanishes. */
export async function* inspect(context: CrashContext): AsyncIterable<Held> {
  for (const { id } of await settled(context)) yield { id };
}

export async function check(context: CrashContext): Promise<string[]> {
  const common = settings(context);
  const clients = { glue: new Glue(common), iam: new IAM(common), s3: new S3(common) };
  const stacks = await settled(context);
  const problems: string[] = [];
  for (const { id, status } of stacks) problems.push(...statusProblems(id, status));
  const live = stacks.filter(({ status }) => /^(?:CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(status));
  problems.push(...(await strays(clients, live)));
  // What a crash can have hurt is what has changed since the last look.
  for (const stack of live.filter(({ arn, status }) => !seen.has(`${arn} ${status}`))) {
    problems.push(...(await resourceProblems(clients, stack)));
    seen.add(`${stack.arn} ${stack.status}`);
  }
  for (const client of Object.values(clients)) client.destroy();
  return problems;
}

function statusProblems(id: string, status: string): string[] {
  if (status.endsWith('IN_PROGRESS')) return [`stack-${id} is stuck in ${status}`];
  if (status.endsWith('FAILED')) return [`stack-${id} ended in ${status}`];
  const wanted = { v1: 'CREATE_COMPLETE', v2: 'UPDATE_COMPLETE', deleted: 'DELETE_COMPLETE', none: status };
  const expected = wanted[acknowledged.get(id) ?? 'none'];
  return status === expected ? [] : [`stack-${id} was acknowledged as ${expected} and is ${status}`];
}

interface Clients {
  readonly glue: Glue;
  readonly iam: IAM;
  readonly s3: S3;
}

/** Databases, roles and buckets that belong to no stack. */
async function strays({ glue, iam, s3 }: Clients, live: readonly Stack[]): Promise<string[]> {
  const names = new Set(live.map(({ id }) => nameOf(id)));
  const found: string[] = [];
  for (let NextToken: string | undefined; ;) {
    const page = await glue.getDatabases(NextToken === undefined ? {} : { NextToken });
    for (const { Name } of page.DatabaseList ?? []) if (!names.has(Name!)) found.push(`database ${Name}`);
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  for (let Marker: string | undefined; ;) {
    const page = await iam.listRoles(Marker === undefined ? {} : { Marker });
    for (const { RoleName } of page.Roles ?? []) if (!names.has(RoleName!)) found.push(`role ${RoleName}`);
    Marker = page.Marker;
    if (Marker === undefined) break;
  }
  const { Buckets = [] } = await s3.listBuckets({});
  for (const { Name = '' } of Buckets) {
    const id = /^stack-(.*)-bucket-/.exec(Name)?.[1] ?? '';
    if (!names.has(nameOf(id))) found.push(`bucket ${Name}`);
  }
  return found.map((what) => `the ${what} belongs to no stack`);
}

async function resourceProblems({ glue, iam, s3 }: Clients, { id, status }: Stack): Promise<string[]> {
  const version = status === 'UPDATE_COMPLETE' ? 2 : 1;
  const problems: string[] = [];
  const look = async (what: string, read: () => Promise<string | undefined>, wanted: string): Promise<void> => {
    const found = await read().catch((error: Error) => error.name);
    if (found !== wanted) problems.push(`${what} of stack-${id} (${status}): ${found} in place of ${wanted}`);
  };
  const database = nameOf(id);
  await look(
    'the database',
    async () => (await glue.getDatabase({ Name: database })).Database?.Description,
    `v${version}`,
  );
  await look(
    'the tables',
    async () => (await glue.getTables({ DatabaseName: database })).TableList?.map(({ Name }) => Name).join(),
    `t${version}`,
  );
  await look(
    'the policies',
    async () => (await iam.listRolePolicies({ RoleName: database })).PolicyNames?.join(),
    `v${version}`,
  );
  const { Buckets = [] } = await s3.listBuckets({ Prefix: `stack-${id}-bucket-` });
  await look('the buckets', () => Promise.resolve(String(Buckets.length)), '1');
  await look(
    'the versioning',
    async () => (await s3.getBucketVersioning({ Bucket: Buckets[0]?.Name ?? '' })).Status,
    version === 1 ? 'Enabled' : 'Suspended',
  );
  return problems;
}
