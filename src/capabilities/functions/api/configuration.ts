/** What CreateFunction and UpdateFunctionConfiguration ask for, as a configuration. */
import type { CreateFunctionCommandInput, UpdateFunctionConfigurationCommandInput } from '@aws-sdk/client-lambda';
import { invalidParameter } from '../errors.ts';
import type { FunctionConfiguration, LayerUse } from '../function.ts';
import type { Layers } from '../layers.ts';
import { layerVersionArn } from '../layers.ts';
import { recordedMembers } from './wire.ts';

type Wanted = Partial<Omit<CreateFunctionCommandInput, 'Code'>> & UpdateFunctionConfigurationCommandInput;

const initial: FunctionConfiguration = {
  runtime: '',
  handler: '',
  role: '',
  description: '',
  timeoutSeconds: 3,
  memoryMb: 128,
  storageMb: 512,
  environment: {},
  layers: [],
  architectures: ['x86_64'],
  logFormat: 'Text',
  recorded: {},
};

/**
 * The configuration before with what the input names changed.
 * @throws InvalidParameterValueException for an unknown layer or a kind of function that cannot run here
 */
export function configurationOf(
  input: Wanted,
  layers: Layers,
  before: FunctionConfiguration = initial,
): FunctionConfiguration {
  if (input.PackageType === 'Image' || input.ImageConfig !== undefined) {
    throw invalidParameter('PackageType Image is not supported here; deploy the function as a zip.');
  }
  const recorded = recordedMembers.filter((member) => input[member] !== undefined);
  const { LoggingConfig, DeadLetterConfig } = input;
  const deadLetterArn = DeadLetterConfig === undefined ? before.deadLetterArn : DeadLetterConfig.TargetArn || undefined;
  const logGroup = LoggingConfig?.LogGroup ?? before.logGroup;
  const { deadLetterArn: _dead, logGroup: _group, applicationLogLevel, systemLogLevel, ...rest } = before;
  const logFormat = LoggingConfig?.LogFormat ?? before.logFormat;
  return {
    ...rest,
    runtime: input.Runtime ?? before.runtime,
    handler: input.Handler ?? before.handler,
    role: input.Role ?? before.role,
    description: input.Description ?? before.description,
    timeoutSeconds: input.Timeout ?? before.timeoutSeconds,
    memoryMb: input.MemorySize ?? before.memoryMb,
    storageMb: input.EphemeralStorage?.Size ?? before.storageMb,
    environment: input.Environment === undefined ? before.environment : (input.Environment.Variables ?? {}),
    layers: input.Layers === undefined ? before.layers : input.Layers.map((arn) => layerUse(layers, arn)),
    architectures: input.Architectures ?? before.architectures,
    logFormat,
    ...levelOf('applicationLogLevel', LoggingConfig?.ApplicationLogLevel ?? kept(applicationLogLevel, logFormat)),
    ...levelOf('systemLogLevel', LoggingConfig?.SystemLogLevel ?? kept(systemLogLevel, logFormat)),
    recorded: withoutEmpty({
      ...before.recorded,
      ...Object.fromEntries(recorded.map((member) => [member, input[member]])),
    }),
    ...(deadLetterArn !== undefined && { deadLetterArn }),
    ...(logGroup !== undefined && { logGroup }),
  };
}

/** An empty text takes a key away. */
function withoutEmpty(recorded: FunctionConfiguration['recorded']): FunctionConfiguration['recorded'] {
  return Object.fromEntries(Object.entries(recorded).filter(([, value]) => value !== ''));
}

/** A level goes with the format that knows it. */
function kept(level: string | undefined, logFormat: 'Text' | 'JSON'): string | undefined {
  return logFormat === 'JSON' ? level : undefined;
}

function levelOf(member: 'applicationLogLevel' | 'systemLogLevel', level: string | undefined) {
  return level === undefined ? {} : { [member]: level };
}

function layerUse(layers: Layers, arn: string): LayerUse {
  const layer = layers.getByArn(arn);
  return { arn: layerVersionArn(layer), ...layer.code };
}
