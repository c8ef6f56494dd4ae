/** The workflow on a test's platform: its bucket filled, its stack deployed, executions run through the SDK. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { S3 } from '@aws-sdk/client-s3';
import { SFN, type DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { clientConfig, eventually } from '#testing';
import type { TestPlatform } from '../../src/testing/platform.ts';

const folder = join('examples', 'etl-workflow');
const stackName = 'Blog-Spark-ETL-Step-Functions';

export interface Walk {
  readonly bucket: string;
  readonly rootPath: string;
  readonly machineArn: string;
  /** Starts an execution and waits for its end. */
  run(input?: object, machineArn?: string): Promise<DescribeExecutionOutput>;
  /** The execution of a machine that nobody here started, once it ended. */
  nextExecution(machineArn: string): Promise<DescribeExecutionOutput>;
  /** Input and jobs under a prefix. */
  putTrips(prefix: string): Promise<void>;
  /** Lines of the one CSV file that the second job wrote. */
  answer(prefix?: string): Promise<string[]>;
  /** @returns the stack's outputs */
  deployVariation(name: string, parameters: Readonly<Record<string, string>>): Promise<Record<string, string>>;
  /** Deletes the stack and sees that nothing of it is left. */
  destroy(): Promise<void>;
  close(): void;
}

export async function startWalk(
  platform: TestPlatform,
  { language, trips }: { language: 'sql' | 'pyspark'; trips: string },
): Promise<Walk> {
  const settings = clientConfig(platform.endpoint);
  const [s3, sfn, cloudFormation] = [new S3(settings), new SFN(settings), new CloudFormation(settings)];
  const bucket = 'tm-app-demos';
  const rootPath = `s3://${bucket}`;
  const seen = new Set<string>();

  const putTrips = async (prefix: string): Promise<void> => {
    for (const file of readdirSync(join(folder, 'jobs'))) {
      await s3.putObject({ Bucket: bucket, Key: `${prefix}/${file}`, Body: readFileSync(join(folder, 'jobs', file)) });
    }
    await s3.putObject({ Bucket: bucket, Key: `${prefix}/input/tripdata.csv`, Body: trips });
  };
  const deploy = async (name: string, file: string, parameters: Readonly<Record<string, string>>) => {
    await cloudFormation.createStack({
      StackName: name,
      TemplateBody: readFileSync(join(folder, file), 'utf8'),
      Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    });
    const stack = await settled(cloudFormation, name);
    if (stack.StackStatus !== 'CREATE_COMPLETE') {
      const { StackEvents = [] } = await cloudFormation.describeStackEvents({ StackName: name });
      const reasons = StackEvents.flatMap((event) => event.ResourceStatusReason ?? []);
      throw new Error(`${name} ended as ${stack.StackStatus}: ${reasons.join('; ')}`);
    }
    return Object.fromEntries((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
  };
  const ended = (executionArn: string): Promise<DescribeExecutionOutput> => {
    seen.add(executionArn);
    return eventually(
      async () => {
        const execution = await sfn.describeExecution({ executionArn });
        return execution.status === 'RUNNING' ? undefined : execution;
      },
      `the end of ${executionArn}`,
      180_000,
    );
  };

  await s3.createBucket({ Bucket: bucket });
  await s3.putBucketNotificationConfiguration({
    Bucket: bucket,
    NotificationConfiguration: { EventBridgeConfiguration: {} },
  });
  await putTrips('emr-step-functions');
  const { StateMachineArn: machineArn = '' } = await deploy(stackName, 'template.yaml', {
    S3RootPath: rootPath,
    JobLanguage: language,
    LivyPort: new URL(platform.livyUrl ?? '').port,
    PollSeconds: '1',
  });

  return {
    bucket,
    rootPath,
    machineArn,
    putTrips,
    async run(input = { rootPath }, stateMachineArn = machineArn) {
      const { executionArn } = await sfn.startExecution({ stateMachineArn, input: JSON.stringify(input) });
      return ended(executionArn!);
    },
    async nextExecution(stateMachineArn) {
      const executionArn = await eventually(
        async () => {
          const { executions = [] } = await sfn.listExecutions({ stateMachineArn });
          return executions.find((execution) => !seen.has(execution.executionArn!))?.executionArn;
        },
        `an execution of ${stateMachineArn}`,
        30_000,
      );
      return ended(executionArn);
    },
    async answer(prefix = '') {
      const Prefix = `${prefix}emr-step-functions/rate-code-status/`;
      const { Contents = [] } = await s3.listObjectsV2({ Bucket: bucket, Prefix });
      const files = Contents.filter(({ Size, Key }) => (Size ?? 0) > 0 && !Key!.endsWith('_SUCCESS'));
      if (files.length !== 1) throw new Error(`${Prefix} holds ${files.length} files in place of one`);
      const { Body } = await s3.getObject({ Bucket: bucket, Key: files[0]!.Key! });
      return (await Body!.transformToString()).trimEnd().split('\n');
    },
    deployVariation: (name, parameters) => deploy(name, `variations/${name}.yaml`, parameters),
    async destroy() {
      await cloudFormation.deleteStack({ StackName: stackName });
      await eventually(
        async () => {
          const { StackSummaries = [] } = await cloudFormation.listStacks({ StackStatusFilter: ['DELETE_COMPLETE'] });
          return StackSummaries.some(({ StackName }) => StackName === stackName) ? true : undefined;
        },
        `the deletion of ${stackName}`,
        60_000,
      );
      const { stateMachines = [] } = await sfn.listStateMachines();
      if (stateMachines.length > 0) throw new Error(`${stateMachines.length} state machines are left`);
    },
    close() {
      for (const client of [s3, sfn, cloudFormation]) client.destroy();
    },
  };
}

async function settled(cloudFormation: CloudFormation, StackName: string) {
  return eventually(
    async () => {
      const { Stacks = [] } = await cloudFormation.describeStacks({ StackName });
      const [stack] = Stacks;
      return stack === undefined || stack.StackStatus!.endsWith('_IN_PROGRESS') ? undefined : stack;
    },
    `the end of ${StackName}`,
    60_000,
  );
}
