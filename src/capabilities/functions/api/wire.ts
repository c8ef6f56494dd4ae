/** A version of a function as the API shows it. */
import type { FunctionConfiguration as WireConfiguration } from '@aws-sdk/client-lambda';
import { latest, functionArn, qualifiedArn } from '../function-name.ts';
import { codeSha256, logGroupOf, type FunctionVersion } from '../function.ts';

/**
 * Members that come back as they were given.
 * Differs from AWS: VPC, tracing, keys, file systems, SnapStart, tenancy and durable configuration have no effect.
 */
export const recordedMembers = [
  'VpcConfig',
  'TracingConfig',
  'KMSKeyArn',
  'FileSystemConfigs',
  'SnapStart',
  'TenancyConfig',
  'DurableConfig',
] as const;

/** `2026-01-31T12:00:00.000+0000`, which is how Lambda writes a time. */
export function lambdaTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('Z', '+0000');
}

/**
 * @param options.qualified whether the ARN ends in the version, as answers about a version do
 * @param options.qualifier the version or alias that was asked for, which the ARN then names
 */
export function wireVersion(
  version: FunctionVersion,
  options: { qualified?: boolean; qualifier?: string | undefined } = {},
): WireConfiguration {
  const { scope, name, recorded } = version;
  const { VpcConfig, TracingConfig, SnapStart, ...others } = recorded as Partial<WireConfiguration>;
  const isLatest = version.version === latest;
  const FunctionArn =
    options.qualifier !== undefined || options.qualified === true || !isLatest
      ? functionArn(scope, name, options.qualifier ?? version.version)
      : qualifiedArn(scope, name, version.version);
  return {
    ...others,
    FunctionName: name,
    FunctionArn,
    Runtime: version.runtime as 'nodejs22.x',
    Role: version.role,
    ...(version.handler !== '' && { Handler: version.handler }),
    CodeSize: version.code.sizeBytes,
    Description: version.description,
    Timeout: version.timeoutSeconds,
    MemorySize: version.memoryMb,
    LastModified: lambdaTime(version.modifiedMs),
    CodeSha256: codeSha256(version.code),
    Version: version.version,
    ...(VpcConfig !== undefined && { VpcConfig: { ...VpcConfig, VpcId: VpcConfig.VpcId ?? '' } }),
    ...(version.deadLetterArn !== undefined && { DeadLetterConfig: { TargetArn: version.deadLetterArn } }),
    ...(Object.keys(version.environment).length > 0 && { Environment: { Variables: { ...version.environment } } }),
    TracingConfig: TracingConfig ?? { Mode: 'PassThrough' },
    RevisionId: version.revisionId,
    ...(version.layers.length > 0 && {
      Layers: version.layers.map(({ arn, sizeBytes }) => ({ Arn: arn, CodeSize: sizeBytes })),
    }),
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: [...version.architectures] as 'x86_64'[],
    EphemeralStorage: { Size: version.storageMb },
    SnapStart: { ApplyOn: SnapStart?.ApplyOn ?? 'None', OptimizationStatus: 'Off' },
    LoggingConfig: {
      LogFormat: version.logFormat,
      ...(version.logFormat === 'JSON' && {
        ApplicationLogLevel: (version.applicationLogLevel ?? 'INFO') as 'INFO',
        SystemLogLevel: (version.systemLogLevel ?? 'INFO') as 'INFO',
      }),
      LogGroup: logGroupOf(version),
    },
  };
}
