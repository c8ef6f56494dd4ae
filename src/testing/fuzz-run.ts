/**
 * Calls every operation that a platform serves with made-up inputs and says what went wrong: an answer that is our
 * fault, an error without a word, a call without end. What calls return feeds the inputs of later calls.
 */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ModelLibrary, type Operation } from '#gateway';
import { isPlatformError, messageOf } from '#kernel/errors';
import type { Platform } from '../platform.ts';
import { FuzzInput, seeded } from './fuzz-input.ts';
import { sendOverWire, type WireAnswer } from './fuzz-wire.ts';
import { rootCaller } from './gateway.ts';

export interface FuzzFinding {
  readonly service: string;
  readonly operation: string;
  readonly fault: 'internal' | 'silent' | 'slow' | 'unavailable';
  readonly message: string;
  readonly stack: string;
  /** The input as text, cut off. */
  readonly input: string;
  readonly durationMs: number;
}

export interface FuzzCounts {
  readonly calls: number;
  readonly accepted: number;
  readonly refused: number;
}

export interface FuzzReport {
  readonly findings: readonly FuzzFinding[];
  readonly services: ReadonlyMap<string, FuzzCounts>;
  /** Codes that the service's model does not know, with how often they came. */
  readonly foreignCodes: ReadonlyMap<string, number>;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Calls of each operation. */
  readonly rounds: number;
  /** Of an operation's full name, such as `glue:CreateTable`; all by default. */
  readonly only?: RegExp;
  /** A call that takes longer is a finding. */
  readonly slowMs?: number;
}

const knownMax = 12;
/** A call that has not answered by then is given up. */
const endlessMs = 6000;
/** Operations that may wait for something to come; the fuzzer goes on before it has. */
const longPolls: ReadonlySet<string> = new Set(['sqs:ReceiveMessage', 'stepfunctions:GetActivityTask']);
const longPollMs = 300;
const inputTextMax = 600;

type Ending = { readonly accepted: boolean; readonly fault?: FuzzFinding['fault']; readonly error?: unknown };

export class Fuzzer {
  readonly #platform: Platform;
  readonly #options: FuzzOptions;
  readonly #random: () => number;
  readonly #models = new ModelLibrary();
  readonly #known = new Map<string, unknown[]>();
  readonly #inputs: FuzzInput;
  readonly #findings: FuzzFinding[] = [];
  readonly #counts = new Map<string, { calls: number; accepted: number; refused: number }>();
  readonly #foreign = new Map<string, number>();

  constructor(platform: Platform, options: FuzzOptions) {
    this.#platform = platform;
    this.#options = options;
    this.#random = seeded(options.seed);
    this.#inputs = new FuzzInput({ random: this.#random, known: this.#known });
  }

  async run(): Promise<FuzzReport> {
    await this.#seedThings();
    const operations = this.#operations();
    for (let round = 0; round < this.#options.rounds; round++) {
      if (round % 10 === 9) await this.#seedThings();
      for (const operation of this.#shuffled(operations)) await this.#call(operation);
    }
    return { findings: this.#findings, services: this.#counts, foreignCodes: this.#foreign };
  }

  #operations(): Operation[] {
    const { only = /./ } = this.#options;
    return this.#platform.capabilities
      .flatMap((capability) => capability.apis ?? [])
      .flatMap(({ service, operations }) =>
        Object.keys(operations).flatMap((name) => this.#models.find(service)?.findOperation(name) ?? []),
      )
      .filter((operation) => only.test(`${operation.model.name}:${operation.name}`));
  }

  /** Things for the calls to find; creators that follow refuse the second one, which is as it should be. */
  async #seedThings(): Promise<void> {
    for (const [service, operation, input] of seedCalls) {
      try {
        this.#learn(await this.#platform.dispatcher.call(service, operation, input, internalCall()), 0);
      } catch {
        // There from the last time.
      }
      this.#learn(input, 0);
    }
  }

  async #call(operation: Operation): Promise<void> {
    const isSound = this.#random() < 0.45;
    const input = isSound ? this.#inputs.sound(operation) : this.#inputs.hostile(operation);
    const text = showInput(input);
    const overWire = this.#random() < 0.4;
    const began = performance.now();
    const ending = await Promise.race([
      overWire ? this.#wire(operation, input) : this.#inside(operation, input),
      longPolls.has(`${operation.model.name}:${operation.name}`)
        ? delay<Ending>(longPollMs, { accepted: true })
        : delay<Ending>(endlessMs, { accepted: false, fault: 'slow', error: 'no answer' }),
    ]);
    const durationMs = performance.now() - began;
    this.#count(operation.model.name, ending.accepted);
    const fault = ending.fault ?? (durationMs > (this.#options.slowMs ?? 2000) ? 'slow' : undefined);
    if (fault === undefined) return;
    const { error } = ending;
    this.#findings.push({
      service: operation.model.name,
      operation: operation.name,
      fault,
      message: messageOf(error),
      stack: error instanceof Error ? `${error.stack} ${messageOf(error.cause ?? '')}` : '',
      input: text,
      durationMs,
    });
  }

  async #inside(operation: Operation, input: Record<string, unknown>): Promise<Ending> {
    const { dispatcher } = this.#platform;
    try {
      const as = internalCall(this.#random() < 0.02 ? 'eu-west-1' : 'us-east-1');
      const output: unknown = await dispatcher.call(operation.model.name, operation.name, input, as);
      await drain(output);
      this.#learn(input, 0);
      this.#learn(output, 0);
      return { accepted: true };
    } catch (error) {
      return { accepted: false, error, ...this.#judge(operation, error) };
    }
  }

  async #wire(operation: Operation, input: Record<string, unknown>): Promise<Ending> {
    let answer: WireAnswer | undefined;
    try {
      answer = await sendOverWire(this.#platform.endpoint, operation, input);
    } catch (error) {
      return { accepted: false, fault: 'internal', error };
    }
    if (answer === undefined) return this.#inside(operation, input);
    const error = `HTTP ${answer.status} ${answer.code}: ${answer.message}`;
    const isHead = operation.raw.http.method === 'HEAD';
    const isNotServed = answer.code === 'NotImplemented' || (isHead && answer.status === 501);
    if (answer.status >= 500 && !isNotServed) return { accepted: false, fault: 'internal', error };
    const isWordless = answer.code === '' || answer.message === '';
    if (answer.status >= 400 && isWordless && !isHead) return { accepted: false, fault: 'silent', error };
    return { accepted: answer.status < 400 };
  }

  #judge(operation: Operation, error: unknown): { fault?: FuzzFinding['fault'] } {
    if (!isPlatformError(error) || error.kind === 'internal') return { fault: 'internal' };
    const known = operation.model.findError(error.code) !== undefined;
    if (!known) {
      const name = `${operation.model.name}:${error.code}`;
      this.#foreign.set(name, (this.#foreign.get(name) ?? 0) + 1);
    }
    if (error.message.trim() === '') return { fault: 'silent' };
    const isRefusedByName = error.code === 'NotImplemented';
    return error.kind === 'unavailable' && !isRefusedByName ? { fault: 'unavailable' } : {};
  }

  #count(service: string, accepted: boolean): void {
    const counts = this.#counts.get(service) ?? { calls: 0, accepted: 0, refused: 0 };
    counts.calls += 1;
    counts[accepted ? 'accepted' : 'refused'] += 1;
    this.#counts.set(service, counts);
  }

  /** Keeps short texts and bytes by the names of their members. */
  #learn(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || depth > 4) return;
    for (const [name, child] of Object.entries(value)) {
      if (child instanceof Uint8Array) {
        if (child.length < 300) this.#keep(name, child);
      } else if (typeof child === 'string' && child !== '' && child.length < 300) this.#keep(name, child);
      else if (typeof child === 'object') this.#learn(child, depth + 1);
    }
  }

  #keep(name: string, value: string | Uint8Array): void {
    const key = name.toLowerCase();
    const values = this.#known.get(key) ?? [];
    if (values.includes(value)) return;
    values.push(value);
    // The first ones are the seeded ones and stay.
    if (values.length > knownMax) values.splice(4 + Math.floor(this.#random() * (knownMax - 4)), 1);
    this.#known.set(key, values);
  }

  #shuffled<T>(values: readonly T[]): T[] {
    return values
      .map((value) => ({ value, rank: this.#random() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ value }) => value);
  }
}

function internalCall(region = 'us-east-1') {
  return { caller: rootCaller, region, invokedBy: 'fuzz.test', signal: AbortSignal.timeout(30_000) };
}

async function drain(output: unknown): Promise<void> {
  const body = (output as { Body?: unknown } | undefined)?.Body;
  if (body instanceof Readable) for await (const _ of body);
}

function showInput(input: unknown): string {
  const text = JSON.stringify(input, (_key, value: unknown) =>
    typeof value === 'bigint'
      ? `${value}n`
      : typeof value === 'number' && !Number.isFinite(value)
        ? String(value)
        : value,
  );
  return text.length > inputTextMax ? `${text.slice(0, inputTextMax)}…` : text;
}

const trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}';
const role = 'arn:aws:iam::000000000000:role/fuzz';
const storage = {
  Columns: [
    { Name: 'a', Type: 'int' },
    { Name: 'b', Type: 'string' },
  ],
  Location: 's3://fuzz-bucket/table/',
  InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  SerdeInfo: {
    SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
    Parameters: { 'field.delim': ',' },
  },
};
const template = '{"Resources":{"G":{"Type":"AWS::Logs::LogGroup","Properties":{"LogGroupName":"fuzz-stack-group"}}}}';

const machine =
  '{"StartAt":"A","States":{"A":{"Type":"Map","ItemsPath":"$.a","ItemProcessor":{"StartAt":"B","States":' +
  '{"B":{"Type":"Pass","End":true}}},"Next":"C"},"C":{"Type":"Succeed"}}}';
/** `index.mjs` with a handler that answers its event. */
const functionZip = Buffer.from(
  'UEsDBBQAAAAAAAAAIQD0sw8vLgAAAC4AAAAJAAAAaW5kZXgubWpzZXhwb3J0IGNvbnN0IGhhbmRsZXIgPSBhc3luYyAoZXZlbnQp' +
    'ID0+IGV2ZW50O1BLAQIUAxQAAAAAAAAAIQD0sw8vLgAAAC4AAAAJAAAAAAAAAAAAAACAAQAAAABpbmRleC5tanNQSwUGAAAAAAEA' +
    'AQA3AAAAVQAAAAAA',
  'base64',
);

const seedCalls: readonly (readonly [service: string, operation: string, input: object])[] = [
  ['s3', 'CreateBucket', { Bucket: 'fuzz-bucket' }],
  ['s3', 'PutBucketVersioning', { Bucket: 'fuzz-bucket', VersioningConfiguration: { Status: 'Enabled' } }],
  ['s3', 'PutObject', { Bucket: 'fuzz-bucket', Key: 'table/p=1/a.csv', Body: '1,one\n2,two\n' }],
  ['s3', 'CreateMultipartUpload', { Bucket: 'fuzz-bucket', Key: 'parts' }],
  ['iam', 'CreateUser', { UserName: 'fuzz' }],
  ['iam', 'CreateGroup', { GroupName: 'fuzz' }],
  ['iam', 'CreateRole', { RoleName: 'fuzz', AssumeRolePolicyDocument: trust }],
  ['iam', 'CreateInstanceProfile', { InstanceProfileName: 'fuzz' }],
  ['iam', 'CreatePolicy', { PolicyName: 'fuzz', PolicyDocument: trust.replace('"Principal":"*",', '"Resource":"*",') }],
  ['cloudtrail', 'CreateTrail', { Name: 'fuzz', S3BucketName: 'fuzz-bucket' }],
  ['glue', 'CreateDatabase', { DatabaseInput: { Name: 'fuzz' } }],
  [
    'glue',
    'CreateTable',
    {
      DatabaseName: 'fuzz',
      TableInput: {
        Name: 'fuzz',
        TableType: 'EXTERNAL_TABLE',
        StorageDescriptor: storage,
        PartitionKeys: [{ Name: 'p', Type: 'int' }],
      },
    },
  ],
  ['glue', 'GetTable', { DatabaseName: 'fuzz', Name: 'fuzz' }],
  [
    'glue',
    'CreatePartition',
    {
      DatabaseName: 'fuzz',
      TableName: 'fuzz',
      PartitionInput: { Values: ['1'], StorageDescriptor: { ...storage, Location: 's3://fuzz-bucket/table/p=1/' } },
    },
  ],
  [
    'glue',
    'CreateConnection',
    { ConnectionInput: { Name: 'fuzz', ConnectionType: 'NETWORK', ConnectionProperties: {} } },
  ],
  [
    'glue',
    'CreateUserDefinedFunction',
    {
      DatabaseName: 'fuzz',
      FunctionInput: { FunctionName: 'fuzz', ClassName: 'c', OwnerName: 'o', OwnerType: 'USER' },
    },
  ],
  [
    'glue',
    'CreateCrawler',
    {
      Name: 'fuzz',
      CrawlerName: 'fuzz',
      Role: role,
      DatabaseName: 'fuzz',
      Targets: { S3Targets: [{ Path: 's3://fuzz-bucket/table/' }] },
    },
  ],
  ['glue', 'CreateClassifier', { CsvClassifier: { Name: 'fuzz', Delimiter: ',' } }],
  [
    'glue',
    'CreateJob',
    {
      Name: 'fuzz',
      JobName: 'fuzz',
      Role: role,
      Command: { Name: 'sql', ScriptLocation: 's3://fuzz-bucket/scripts/job.sql' },
    },
  ],
  ['glue', 'CreateWorkflow', { Name: 'fuzz' }],
  ['glue', 'CreateTrigger', { Name: 'fuzz', TriggerName: 'fuzz', Type: 'ON_DEMAND', Actions: [{ JobName: 'fuzz' }] }],
  [
    'athena',
    'CreateWorkGroup',
    {
      Name: 'fuzz',
      WorkGroup: 'fuzz',
      Configuration: { ResultConfiguration: { OutputLocation: 's3://fuzz-bucket/results/' } },
    },
  ],
  [
    'athena',
    'CreateNamedQuery',
    { Name: 'fuzz', Database: 'fuzz', QueryString: 'SELECT * FROM fuzz.fuzz', WorkGroup: 'fuzz' },
  ],
  ['athena', 'CreatePreparedStatement', { StatementName: 'fuzz', WorkGroup: 'fuzz', QueryStatement: 'SELECT ?' }],
  ['athena', 'StartQueryExecution', { QueryString: 'SELECT * FROM fuzz.fuzz', WorkGroup: 'fuzz' }],
  ['logs', 'CreateLogGroup', { logGroupName: 'fuzz' }],
  ['logs', 'CreateLogStream', { logGroupName: 'fuzz', logStreamName: 'fuzz' }],
  ['sqs', 'CreateQueue', { QueueName: 'fuzz' }],
  ['sqs', 'CreateQueue', { QueueName: 'fuzz.fifo', Attributes: { FifoQueue: 'true' } }],
  ['sqs', 'SendMessage', { QueueUrl: 'http://127.0.0.1/000000000000/fuzz', MessageBody: 'fuzz' }],
  ['sqs', 'ReceiveMessage', { QueueUrl: 'http://127.0.0.1/000000000000/fuzz' }],
  ['sns', 'CreateTopic', { Name: 'fuzz' }],
  [
    'sns',
    'Subscribe',
    {
      TopicArn: 'arn:aws:sns:us-east-1:000000000000:fuzz',
      Protocol: 'sqs',
      Endpoint: 'arn:aws:sqs:us-east-1:000000000000:fuzz',
      ReturnSubscriptionArn: true,
    },
  ],
  [
    'stepfunctions',
    'CreateStateMachine',
    { name: 'fuzz', roleArn: role, definition: machine, input: '{"a":[1,2]}', output: '{}' },
  ],
  [
    'stepfunctions',
    'StartExecution',
    { stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:fuzz', input: '{"a":[1,2]}' },
  ],
  ['stepfunctions', 'CreateActivity', { name: 'fuzz' }],
  [
    'emr',
    'RunJobFlow',
    {
      Name: 'fuzz',
      ReleaseLabel: 'emr-7.9.0',
      Instances: { KeepJobFlowAliveWhenNoSteps: true },
      JobFlowRole: 'fuzz',
      ServiceRole: 'fuzz',
    },
  ],
  [
    'lambda',
    'CreateFunction',
    {
      FunctionName: 'fuzz',
      Role: role,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: functionZip },
      ZipFile: functionZip,
    },
  ],
  ['lambda', 'PublishVersion', { FunctionName: 'fuzz' }],
  ['lambda', 'CreateAlias', { FunctionName: 'fuzz', Name: 'fuzz', FunctionVersion: '1' }],
  [
    'lambda',
    'CreateEventSourceMapping',
    { FunctionName: 'fuzz', EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:fuzz' },
  ],
  ['lambda', 'PublishLayerVersion', { LayerName: 'fuzz', Content: { ZipFile: functionZip } }],
  ['events', 'PutRule', { Name: 'fuzz', Rule: 'fuzz', EventPattern: '{"source":["fuzz"]}' }],
  ['ssm', 'PutParameter', { Name: '/fuzz/path', Type: 'String', Value: 'v', Path: '/fuzz', Overwrite: true }],
  ['cloudformation', 'CreateStack', { StackName: 'fuzz', TemplateBody: template }],
  ['cloudformation', 'CreateChangeSet', { StackName: 'fuzz', ChangeSetName: 'fuzz', TemplateBody: template }],
];
