/**
 * The platform killed under load, a few times: nothing acknowledged is lost, nothing half-done is seen, nothing is stuck.
 * `npm run bench crash` does the same with many kills and with power cuts.
 */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Athena } from '@aws-sdk/client-athena';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { Glue, type JobRun } from '@aws-sdk/client-glue';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig, until, useTempFolder } from '#testing';
import { startKillable } from './testing/killable.ts';

/** Moments of the kills, counted from when every workload has had something acknowledged. */
const killsAfterMs = [300, 120, 700];
const bucket = 'crash';
const rows = 5000;
/** After a restart, what was cut short has this long to come to its end. */
const settleMs = 20_000;

class Clients {
  readonly athena: Athena;
  readonly formation: CloudFormation;
  readonly glue: Glue;
  readonly iam: IAM;
  readonly s3: S3;

  constructor(endpoint: string) {
    const config = clientConfig(endpoint);
    this.athena = new Athena(config);
    this.formation = new CloudFormation(config);
    this.glue = new Glue(config);
    this.iam = new IAM(config);
    this.s3 = new S3(config);
  }

  /** @returns rows of text, the header first */
  async query(QueryString: string): Promise<string[][]> {
    const { QueryExecutionId } = await this.athena.startQueryExecution({
      QueryString,
      QueryExecutionContext: { Database: 'crash' },
      ResultConfiguration: { OutputLocation: `s3://${bucket}/results/` },
    });
    for (;;) {
      const { QueryExecution } = await this.athena.getQueryExecution({ QueryExecutionId });
      const { State: state, StateChangeReason: reason } = QueryExecution?.Status ?? {};
      if (state === 'FAILED' || state === 'CANCELLED') throw new Error(reason);
      if (state === 'SUCCEEDED') break;
      await delay(10);
    }
    const { ResultSet } = await this.athena.getQueryResults({ QueryExecutionId });
    return (ResultSet?.Rows ?? []).map((row) => (row.Data ?? []).map((cell) => cell.VarCharValue ?? ''));
  }

  async stackStatus(StackName: string): Promise<string> {
    const { Stacks = [] } = await this.formation.describeStacks({ StackName });
    return Stacks[0]?.StackStatus ?? '';
  }

  destroy(): void {
    for (const client of [this.athena, this.formation, this.glue, this.iam, this.s3]) client.destroy();
  }
}

interface Workload {
  /** Once, before the first load. */
  readonly prepare?: (clients: Clients) => Promise<unknown>;
  /** One piece of work, again and again until the kill. Returns when it is acknowledged. */
  readonly run: (clients: Clients, id: string) => Promise<unknown>;
  /** On the restarted platform. @param acknowledged ids whose `run` returned */
  readonly verify: (clients: Clients, acknowledged: readonly string[]) => Promise<void>;
}

const bodyOf = (id: string): string => `${id}\n`.repeat(3000);

const objects: Workload = {
  async run({ s3 }, id) {
    await s3.putObject({ Bucket: bucket, Key: 'again', Body: bodyOf(id) });
    await s3.putObject({ Bucket: bucket, Key: `new/${id}`, Body: bodyOf(id) });
  },
  async verify({ s3 }, acknowledged) {
    for (const id of acknowledged) {
      const { Body } = await s3.getObject({ Bucket: bucket, Key: `new/${id}` });
      assert.ok((await Body?.transformToString()) === bodyOf(id), `object ${id} is whole`);
    }
    const { Body } = await s3.getObject({ Bucket: bucket, Key: 'again' });
    const text = (await Body?.transformToString()) ?? '';
    assert.ok(text === bodyOf(text.split('\n')[0] ?? ''), 'an overwritten object is one of its versions');
  },
};

const partitionsEach = 12;

const catalog: Workload = {
  prepare: ({ glue }) => glue.createDatabase({ DatabaseInput: { Name: 'plain' } }),
  async run({ glue }, id) {
    const StorageDescriptor = { Columns: [{ Name: 'a', Type: 'int' }], Location: `s3://${bucket}/none/${id}/` };
    const PartitionKeys = [{ Name: 'p', Type: 'int' }];
    await glue.createTable({ DatabaseName: 'plain', TableInput: { Name: id, StorageDescriptor, PartitionKeys } });
    const PartitionInputList = Array.from({ length: partitionsEach }, (_, p) => ({
      Values: [String(p)],
      StorageDescriptor,
    }));
    await glue.batchCreatePartition({ DatabaseName: 'plain', TableName: id, PartitionInputList });
  },
  async verify({ glue }, acknowledged) {
    const { TableList = [] } = await glue.getTables({ DatabaseName: 'plain' });
    const counts = new Map<string, number>();
    for (const { Name = '' } of TableList) {
      const { Partitions = [] } = await glue.getPartitions({ DatabaseName: 'plain', TableName: Name });
      counts.set(Name, Partitions.length);
    }
    for (const id of acknowledged) assert.equal(counts.get(id), partitionsEach, `partitions of ${id}`);
    assert.deepEqual(
      [...counts].filter(([, count]) => count !== 0 && count !== partitionsEach),
      [],
    );
  },
};

const wholeCount = [String(rows), String((rows * (rows + 1)) / 2)];
const numbers = `SELECT n, cast(n AS varchar) AS t FROM UNNEST(sequence(1, ${rows})) AS s (n)`;

const tables: Workload = {
  prepare: ({ glue }) => glue.createDatabase({ DatabaseInput: { Name: 'crash' } }),
  run: (clients, id) =>
    clients.query(
      `CREATE TABLE ${id} WITH (format = 'PARQUET', external_location = 's3://${bucket}/tables/${id}/') AS ${numbers}`,
    ),
  async verify(clients, acknowledged) {
    const { TableList = [] } = await clients.glue.getTables({ DatabaseName: 'crash' });
    const names = TableList.map(({ Name }) => Name ?? '');
    for (const id of acknowledged) assert.ok(names.includes(id), `table ${id} is there`);
    const counts = names.map((name) => `SELECT '${name}', count(*), sum(n) FROM ${name}`);
    const [, ...found] = counts.length === 0 ? [] : await clients.query(counts.join(' UNION ALL '));
    for (const [name, ...figures] of found) assert.deepEqual(figures, wholeCount, `rows of ${name}`);
  },
};

const jobName = 'unload';
const retries = 5;

const jobs: Workload = {
  async prepare({ glue, s3 }) {
    const Body = `UNLOAD (${numbers}) TO 's3://${bucket}/jobs/\${id}/' WITH (format = 'PARQUET')`;
    await s3.putObject({ Bucket: bucket, Key: 'job.sql', Body });
    await glue.createJob({
      Name: jobName,
      Role: 'GlueRole',
      Command: { Name: 'glueetl', ScriptLocation: `s3://${bucket}/job.sql` },
      MaxRetries: retries,
      ExecutionProperty: { MaxConcurrentRuns: 50 },
    });
  },
  // Accepted is enough: what was begun has to be carried to its end.
  run: ({ glue }, id) => glue.startJobRun({ JobName: jobName, Arguments: { '--id': id } }).then(() => delay(150)),
  async verify(clients, acknowledged) {
    const succeeded = new Set<string>();
    await until(
      async () => {
        const { JobRuns = [] } = await clients.glue.getJobRuns({ JobName: jobName });
        for (const run of JobRuns) if (run.JobRunState === 'SUCCEEDED') succeeded.add(idOf(run));
        return JobRuns.every(({ JobRunState: state = '' }) => /^(?:SUCCEEDED|FAILED)$/.test(state));
      },
      'all job runs to end',
      settleMs,
    );
    for (const id of acknowledged) assert.ok(succeeded.has(id), `the job run ${id} succeeded in one of its tries`);
    const { CommonPrefixes = [] } = await clients.s3.listObjectsV2({ Bucket: bucket, Prefix: 'jobs/', Delimiter: '/' });
    assert.deepEqual(new Set(CommonPrefixes.map(({ Prefix = '' }) => Prefix.split('/')[1])), succeeded);
    const ids = [...succeeded].map((id) => `'${id}'`).join();
    await clients.query(
      `CREATE EXTERNAL TABLE outputs (n int, t string) PARTITIONED BY (id string) STORED AS PARQUET LOCATION 's3://${bucket}/jobs/'
       TBLPROPERTIES ('projection.enabled' = 'true', 'projection.id.type' = 'enum', 'projection.id.values' = '${[...succeeded].join()}', 'storage.location.template' = 's3://${bucket}/jobs/\${id}/')`,
    );
    const [, ...counts] = await clients.query(
      `SELECT id, count(*), sum(n) FROM outputs WHERE id IN (${ids}) GROUP BY id`,
    );
    assert.deepEqual(
      new Map(counts.map(([id, ...figures]) => [id, figures])),
      new Map([...succeeded].map((id) => [id, wholeCount])),
    );
  },
};

function idOf(run: JobRun): string {
  return run.Arguments?.['--id'] ?? '';
}

/** Explicit names that a second try finds taken, and one that an update replaces. */
const template = (name: string, version: number): string => `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: ${name}
      AssumeRolePolicyDocument: { Version: 2012-10-17, Statement: [{ Effect: Allow, Principal: { Service: glue.amazonaws.com }, Action: sts:AssumeRole }] }
      Policies: [{ PolicyName: v${version}, PolicyDocument: { Version: 2012-10-17, Statement: [{ Effect: Allow, Action: 's3:*', Resource: '*' }] } }]
  Database: { Type: AWS::Glue::Database, Properties: { CatalogId: !Ref AWS::AccountId, DatabaseInput: { Name: ${name} } } }
  Table:
    Type: AWS::Glue::Table
    Properties: { CatalogId: !Ref AWS::AccountId, DatabaseName: !Ref Database, Name: t${version}, TableInput: { Description: !Ref Role } }
  Bucket: { Type: AWS::S3::Bucket, Properties: { VersioningConfiguration: { Status: Enabled } } }
`;

const Capabilities = ['CAPABILITY_NAMED_IAM' as const];

const stacks: Workload = {
  /** Every third stack is left as created, every third is updated, every third deleted again. */
  async run(clients, id) {
    const StackName = id.replaceAll('_', '-');
    const ended = async (wanted: string): Promise<void> => {
      for (;;) {
        const status = await clients.stackStatus(StackId);
        if (status === wanted) return;
        assert.match(status, /IN_PROGRESS$/);
        await delay(10);
      }
    };
    const { StackId = '' } = await clients.formation.createStack({
      StackName,
      TemplateBody: template(id, 1),
      Capabilities,
    });
    await ended('CREATE_COMPLETE');
    const turn = Number(id.split('_').at(-1)) % 3;
    if (turn === 0) return;
    await clients.formation.updateStack({ StackName, TemplateBody: template(id, 2), Capabilities });
    await ended('UPDATE_COMPLETE');
    if (turn === 1) return;
    await clients.formation.deleteStack({ StackName });
    await ended('DELETE_COMPLETE');
  },
  async verify({ formation, glue, iam }, acknowledged) {
    const status = new Map<string, string>();
    await until(
      async () => {
        const { StackSummaries = [] } = await formation.listStacks({});
        for (const stack of StackSummaries) {
          status.set((stack.StackName ?? '').replaceAll('-', '_'), stack.StackStatus ?? '');
        }
        return [...status.values()].every((value) => !value.endsWith('_IN_PROGRESS'));
      },
      'all stacks to settle',
      settleMs,
    );
    const outcomes = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'DELETE_COMPLETE'];
    for (const id of acknowledged) assert.equal(status.get(id), outcomes[Number(id.split('_').at(-1)) % 3], id);
    const live = [...status].filter(([, value]) => value !== 'DELETE_COMPLETE').map(([id]) => id);
    assert.deepEqual(
      [...status].filter(([, value]) => !outcomes.includes(value)),
      [],
      'none failed',
    );
    const { DatabaseList = [] } = await glue.getDatabases({});
    const databases = DatabaseList.map(({ Name = '' }) => Name).filter((name) => name.startsWith('stacks_'));
    assert.deepEqual(databases.toSorted(), live.toSorted(), 'a database for each stack that is left');
    const { Roles = [] } = await iam.listRoles({});
    assert.deepEqual(Roles.map(({ RoleName = '' }) => RoleName).toSorted(), live.toSorted(), 'and a role');
    for (const id of live) {
      const wanted = status.get(id) === 'UPDATE_COMPLETE' ? 'v2' : 'v1';
      const { PolicyNames } = await iam.listRolePolicies({ RoleName: id });
      assert.deepEqual(PolicyNames, [wanted], `policies of ${id}`);
      const { TableList = [] } = await glue.getTables({ DatabaseName: id });
      assert.deepEqual(
        TableList.map(({ Name }) => Name),
        [wanted.replace('v', 't')],
        `tables of ${id}`,
      );
    }
  },
};

const workloads = { objects, catalog, tables, jobs, stacks };
type Name = keyof typeof workloads;

suite('killed under load', async () => {
  const dataDir = useTempFolder();
  const acknowledged = new Map<Name, string[]>();
  const entries = Object.entries(workloads) as [Name, Workload][];
  let platform = await startKillable(dataDir);
  let clients = new Clients(platform.endpoint);
  after(async () => {
    clients.destroy();
    await platform.kill();
  });

  /** Loads the platform until it dies; the errors of a dying server are its own business. */
  const load = async (round: number, isOver: () => boolean): Promise<void> => {
    const loops = entries.map(async ([name, { run }]) => {
      for (let count = 0; !isOver(); count++) {
        const id = `${name}_${round}_${count}`;
        try {
          await run(clients, id);
          acknowledged.get(name)?.push(id);
          // The quick workloads leave some of the machine to the slow ones.
          await delay(15);
        } catch (error) {
          if (!isOver()) throw error;
        }
      }
    });
    await Promise.all(loops);
  };

  test(`the platform is killed ${killsAfterMs.length} times and starts again each time`, async () => {
    await clients.s3.createBucket({ Bucket: bucket });
    for (const [name, { prepare }] of entries) {
      acknowledged.set(name, []);
      await prepare?.(clients);
    }
    for (const [round, afterMs] of killsAfterMs.entries()) {
      let isOver = false;
      const loaded = load(round, () => isOver);
      const isUnderWay = until(() => [...acknowledged.values()].every(({ length }) => length > 0), 'load', settleMs);
      await Promise.race([isUnderWay.then(() => delay(afterMs)), loaded]);
      isOver = true;
      await platform.kill();
      await loaded;
      clients.destroy();
      platform = await startKillable(dataDir);
      clients = new Clients(platform.endpoint);
    }
  });

  for (const [name, { verify }] of entries) {
    test(`${name}: what was acknowledged is there, whole, and nothing else is half there`, async () => {
      const ids = acknowledged.get(name) ?? [];
      await verify(clients, ids);
    });
  }
});
