/** A function: what is kept of each of its versions, and what may stand in a configuration. */
import { findArn } from '#kernel/arn';
import { invalidParameter } from './errors.ts';

export type Environment = Readonly<Record<string, string>>;

/** A layer as a function uses it: its archive stays though the layer version is deleted, as in AWS. */
export interface LayerUse {
  /** ARN of the layer's version. */
  readonly arn: string;
  readonly codeId: string;
  readonly sizeBytes: number;
}

/** What a caller chooses; every published version keeps its own copy. */
export interface FunctionConfiguration {
  readonly runtime: string;
  readonly handler: string;
  /** ARN of the role whose credentials the function gets. */
  readonly role: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** Differs from AWS: recorded; /tmp is as large as the disk beneath. */
  readonly storageMb: number;
  readonly environment: Environment;
  /** In the order in which they are laid over each other. */
  readonly layers: readonly LayerUse[];
  /** Differs from AWS: recorded; functions run on the machine's own processor. */
  readonly architectures: readonly string[];
  /** ARN of the queue or topic for events that could not be processed. */
  readonly deadLetterArn?: string;
  readonly logGroup?: string;
  readonly logFormat: 'Text' | 'JSON';
  /** Of the code's own lines; with the format JSON only. */
  readonly applicationLogLevel?: string;
  /** Of the platform's lines; with the format JSON only. */
  readonly systemLogLevel?: string;
  /** Members that have no effect here and come back as they were given. */
  readonly recorded: Readonly<Record<string, unknown>>;
}

export interface CodeFacts {
  /** SHA-256 of the archive in hexadecimal: the name of its folder. */
  readonly codeId: string;
  /** Size of the archive. */
  readonly sizeBytes: number;
}

export interface FunctionVersion extends FunctionConfiguration {
  readonly scope: string;
  readonly name: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly code: CodeFacts;
  readonly modifiedMs: number;
  /** Changes with every change of the version. */
  readonly revisionId: string;
  /** The revision of `$LATEST` that was published as this version. */
  readonly publishedFrom?: string;
}

export type RuntimeFamily = 'node' | 'python' | 'provided';

/** @throws InvalidParameterValueException for a runtime that cannot run here */
export function runtimeFamily(runtime: string): RuntimeFamily {
  if (/^nodejs\d+\.x$/.test(runtime)) return 'node';
  if (/^python3\.\d+$/.test(runtime)) return 'python';
  if (/^provided(\.al2(023)?)?$/.test(runtime)) return 'provided';
  throw invalidParameter(
    `The runtime parameter of ${runtime} is not supported here. Use nodejs*, python3.* or provided* with a bootstrap of your own.`,
  );
}

const environmentBytesMax = 4096;
// Limit: a function may take 900 s, as on AWS.
const timeoutSecondsMax = 900;
const layersMax = 5;
/** What Lambda sets itself (Lambda Developer Guide, "Defined runtime environment variables"). */
const reservedVariables = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
]);

/** @throws InvalidParameterValueException saying which member is wrong and what it takes */
export function checkConfiguration(configuration: FunctionConfiguration): FunctionConfiguration {
  const { runtime, handler, role, environment, layers, deadLetterArn, timeoutSeconds } = configuration;
  const family = runtimeFamily(runtime);
  if (family !== 'provided' && handler === '') {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
  if (findArn(role)?.service !== 'iam' || !role.includes(':role/')) {
    throw invalidParameter(`Role must be the ARN of an IAM role, not '${role}'.`);
  }
  if (timeoutSeconds > timeoutSecondsMax) {
    throw invalidParameter(
      `Value '${timeoutSeconds}' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to ${timeoutSecondsMax}`,
    );
  }
  const { logFormat, applicationLogLevel, systemLogLevel } = configuration;
  if (logFormat === 'Text' && (applicationLogLevel ?? systemLogLevel) !== undefined) {
    throw invalidParameter(
      'ApplicationLogLevel and SystemLogLevel need the LogFormat JSON; a log of text is not filtered.',
    );
  }
  checkEnvironment(environment);
  if (layers.length > layersMax) {
    throw invalidParameter(`Cannot reference more than ${layersMax} layers; ${layers.length} were given.`);
  }
  const service = deadLetterArn === undefined ? 'sqs' : findArn(deadLetterArn)?.service;
  if (service !== 'sqs' && service !== 'sns') {
    throw invalidParameter(`The dead letter target '${deadLetterArn}' must be the ARN of a queue or a topic.`);
  }
  return configuration;
}

function checkEnvironment(environment: Environment): void {
  const reserved = Object.keys(environment).filter((name) => reservedVariables.has(name));
  if (reserved.length > 0) {
    throw invalidParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  const odd = Object.keys(environment).find((name) => !/^[a-zA-Z][a-zA-Z0-9_]*$/.test(name));
  if (odd !== undefined) {
    throw invalidParameter(`'${odd}' is not the name of an environment variable: a letter, then letters, digits, '_'.`);
  }
  if (Object.values(environment).some((value) => value.includes('\0'))) {
    throw invalidParameter('The value of an environment variable holds a NUL character.');
  }
  const sizeBytes = Buffer.byteLength(JSON.stringify(environment));
  if (sizeBytes > environmentBytesMax) {
    throw invalidParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${sizeBytes} bytes`,
    );
  }
}

export function logGroupOf(version: Pick<FunctionVersion, 'name' | 'logGroup'>): string {
  return version.logGroup ?? `/aws/lambda/${version.name}`;
}

/** SHA-256 of the code in base64, as Lambda shows it. */
export function codeSha256(code: CodeFacts): string {
  return Buffer.from(code.codeId, 'hex').toString('base64');
}
