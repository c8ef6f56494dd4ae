/** The environment of a sandbox (Lambda Developer Guide, "Defined runtime environment variables") and nothing of ours. */
import { delimiter, join } from 'node:path';
import { logGroupOf, type FunctionVersion, type RuntimeFamily } from '../function.ts';
import type { IsolationKind } from './isolation.ts';
import type { RoleSession } from './role-credentials.ts';

export interface EnvironmentParts {
  readonly version: FunctionVersion;
  readonly family: RuntimeFamily;
  readonly kind: IsolationKind;
  readonly region: string;
  /** Base URL of the platform: where the function's own SDK calls go. */
  readonly endpoint: string;
  readonly session: RoleSession;
  readonly logStream: string;
  readonly taskFolder: string;
  readonly layersFolder: string | undefined;
  readonly temporaryFolder: string;
  /** AWS_LAMBDA_RUNTIME_API for a bootstrap of the user's, else the address with our secret. */
  readonly runtimeApi: string;
  readonly outputMark: string | undefined;
  readonly hostPath: string | undefined;
}

export function environmentOf(parts: EnvironmentParts): Record<string, string> {
  const { version, family, kind, region, session, outputMark } = parts;
  const isInside = kind === 'bubblewrap';
  // Differs from AWS: without bubblewrap the package lies in LAMBDA_TASK_ROOT and layers in LAMBDA_LAYERS_ROOT, not in /var/task and /opt.
  const task = isInside ? '/var/task' : parts.taskFolder;
  const layers = parts.layersFolder === undefined ? undefined : isInside ? '/opt' : parts.layersFolder;
  const temporary = isInside ? '/tmp' : parts.temporaryFolder;
  const isOurs = family !== 'provided';
  return {
    PATH: isInside ? '/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin' : (parts.hostPath ?? '/usr/bin:/bin'),
    LANG: 'C.UTF-8',
    TZ: ':UTC',
    HOME: temporary,
    TMPDIR: temporary,
    AWS_ENDPOINT_URL: parts.endpoint,
    AWS_DISABLE_HOST_PREFIX_INJECTION: 'true',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(layers !== undefined && layerPaths(layers, version.runtime)),
    ...version.environment,
    _HANDLER: version.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    AWS_EXECUTION_ENV: `AWS_Lambda_${version.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: version.name,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(version.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(version),
    AWS_LAMBDA_LOG_STREAM_NAME: parts.logStream,
    AWS_LAMBDA_LOG_FORMAT: version.logFormat,
    ...(version.logFormat === 'JSON' && { AWS_LAMBDA_LOG_LEVEL: version.applicationLogLevel ?? 'INFO' }),
    AWS_LAMBDA_RUNTIME_API: parts.runtimeApi,
    LAMBDA_TASK_ROOT: task,
    LAMBDA_RUNTIME_DIR: isInside ? '/var/runtime' : task,
    ...(isOurs && { MILLPOND_RUNTIME_API: parts.runtimeApi }),
    ...(outputMark !== undefined && { MILLPOND_LOG_MARK: outputMark }),
  };
}

/** Where runtimes look in layers: "Layer paths for each Lambda runtime" of the Lambda Developer Guide. */
function layerPaths(layers: string, runtime: string): Record<string, string> {
  const node = `node${/\d+/.exec(runtime)?.[0] ?? ''}`;
  return {
    LAMBDA_LAYERS_ROOT: layers,
    PYTHONPATH: [join(layers, 'python'), join(layers, 'python', 'lib', runtime, 'site-packages')].join(delimiter),
    NODE_PATH: ['node_modules', join(node, 'node_modules'), '']
      .map((folder) => join(layers, 'nodejs', folder))
      .join(delimiter),
    LD_LIBRARY_PATH: join(layers, 'lib'),
  };
}
