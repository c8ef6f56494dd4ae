/** What the tests of public templates work with: a client for each service, and waiting for what they cause. */
import assert from 'node:assert/strict';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EMR } from '@aws-sdk/client-emr';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { Glue } from '@aws-sdk/client-glue';
import { Athena } from '@aws-sdk/client-athena';
import { S3 } from '@aws-sdk/client-s3';
import { type DescribeExecutionOutput, SFN } from '@aws-sdk/client-sfn';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { Scheduler } from '@aws-sdk/client-scheduler';
import { clientConfig, until } from '#testing';

export class Cloud {
  readonly cloudFormation: CloudFormation;
  readonly logs: CloudWatchLogs;
  readonly emr: EMR;
  readonly events: EventBridge;
  readonly glue: Glue;
  readonly athena: Athena;
  readonly s3: S3;
  readonly sfn: SFN;
  readonly sns: SNS;
  readonly sqs: SQS;
  readonly scheduler: Scheduler;

  constructor(endpoint: string) {
    const config = clientConfig(endpoint);
    this.cloudFormation = new CloudFormation(config);
    this.logs = new CloudWatchLogs(config);
    this.emr = new EMR(config);
    this.events = new EventBridge(config);
    this.glue = new Glue(config);
    this.athena = new Athena(config);
    this.s3 = new S3(config);
    this.sfn = new SFN(config);
    this.sns = new SNS(config);
    this.sqs = new SQS(config);
    this.scheduler = new Scheduler(config);
  }

  destroy(): void {
    for (const client of Object.values(this)) (client as { destroy(): void }).destroy();
  }

  /** The body of the next message, which is then taken off the queue. */
  async receive(QueueUrl: string | undefined): Promise<string> {
    for (let tries = 0; tries < 10; tries++) {
      const { Messages = [] } = await this.sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 2 });
      const [message] = Messages;
      if (message === undefined) continue;
      await this.sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
      return message.Body ?? '';
    }
    throw new Error(`no message came to ${QueueUrl}`);
  }

  /** Waits until a function has logged a line that holds this. */
  async logged(functionName: string | undefined, text: string): Promise<string> {
    let line: string | undefined;
    await until(async () => {
      try {
        const { events = [] } = await this.logs.filterLogEvents({ logGroupName: `/aws/lambda/${functionName}` });
        line = events.map(({ message }) => message ?? '').find((message) => message.includes(text));
      } catch (error) {
        if ((error as Error).name !== 'ResourceNotFoundException') throw error;
      }
      return line !== undefined;
    }, `'${text}' in the log of ${functionName}`);
    return line ?? '';
  }

  /** Runs a machine to its end. @returns its output when it succeeds, else its error */
  async run(stateMachineArn: string | undefined, input: unknown): Promise<unknown> {
    const { executionArn } = await this.sfn.startExecution({ stateMachineArn, input: JSON.stringify(input) });
    return this.outcomeOf(executionArn);
  }

  async outcomeOf(executionArn: string | undefined): Promise<unknown> {
    const look = (): Promise<DescribeExecutionOutput> => this.sfn.describeExecution({ executionArn });
    await until(async () => (await look()).status !== 'RUNNING', `execution ${executionArn}`, 30_000);
    const { status, error, cause, output } = await look();
    return status === 'SUCCEEDED' ? (JSON.parse(output ?? 'null') as unknown) : { status, error, cause };
  }

  async upload(Bucket: string, Key: string, Body: string): Promise<void> {
    await this.s3.putObject({ Bucket, Key, Body });
  }

  async empty(Bucket: string): Promise<void> {
    const { Contents = [] } = await this.s3.listObjectsV2({ Bucket });
    for (const { Key } of Contents) await this.s3.deleteObject({ Bucket, Key });
    assert.ok(Contents.length < 1000);
  }
}
