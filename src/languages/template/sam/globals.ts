/** The `Globals` section: properties that every resource of a kind has unless it says otherwise. */
import { type Mapping, type Value, didYouMean, isMapping } from '../value.ts';
import { globalsError, serverlessError } from './errors.ts';

const functionProperties = [
  'Handler',
  'Runtime',
  'CodeUri',
  'DeadLetterQueue',
  'Description',
  'MemorySize',
  'Timeout',
  'VpcConfig',
  'Environment',
  'Tags',
  'PropagateTags',
  'Tracing',
  'KmsKeyArn',
  'AutoPublishAlias',
  'AutoPublishAliasAllProperties',
  'Layers',
  'DeploymentPreference',
  'RolePath',
  'PermissionsBoundary',
  'ReservedConcurrentExecutions',
  'ProvisionedConcurrencyConfig',
  'AssumeRolePolicyDocument',
  'EventInvokeConfig',
  'FileSystemConfigs',
  'CodeSigningConfigArn',
  'Architectures',
  'SnapStart',
  'EphemeralStorage',
  'FunctionUrlConfig',
  'RuntimeManagementConfig',
  'LoggingConfig',
  'RecursiveLoop',
  'VersionDeletionPolicy',
];
const allowed: Readonly<Record<string, readonly string[] | undefined>> = {
  Function: functionProperties,
  SimpleTable: ['SSESpecification'],
  StateMachine: ['PropagateTags'],
  LayerVersion: ['PublishLambdaVersion'],
  // No resource of these kinds can be made here; what the section says about them does no harm.
  Api: undefined,
  HttpApi: undefined,
  WebSocketApi: undefined,
};

export class Globals {
  readonly #kinds: Mapping;

  /** @throws ValidationError for a kind or a property that cannot be global */
  constructor(section: Value | undefined) {
    if (section !== undefined && !isMapping(section)) throw globalsError('It must be a non-empty dictionary');
    this.#kinds = section ?? {};
    for (const [kind, properties] of Object.entries(this.#kinds)) {
      if (!Object.hasOwn(allowed, kind)) {
        const names = Object.keys(allowed);
        throw globalsError(`'${kind}' is not supported. Must be one of the following values - [${names.join(', ')}]`);
      }
      if (!isMapping(properties)) throw globalsError(`Value of ${kind} must be a dictionary`);
      const stranger = Object.keys(properties).find((name) => allowed[kind]?.includes(name) === false);
      if (stranger === undefined) continue;
      throw globalsError(
        `'${stranger}' is not a supported property of '${kind}'.${didYouMean(stranger, allowed[kind] ?? [])}`,
      );
    }
  }

  /** Maps are merged, lists are joined with the global items first, and anything else is the resource's own. */
  applyTo(kind: string, logicalId: string, properties: Mapping, ignored: Value | undefined): Mapping {
    const shared = this.#kinds[kind];
    if (!isMapping(shared) || ignored === '*') return properties;
    if (ignored !== undefined && !Array.isArray(ignored)) {
      throw serverlessError(logicalId, `Resource ${logicalId} has invalid resource attribute 'IgnoreGlobals'.`);
    }
    const kept = Object.entries(shared).filter(([name]) => !(ignored as Value[] | undefined)?.includes(name));
    return merge(Object.fromEntries(kept), properties) as Mapping;
  }
}

function merge(shared: Value, own: Value): Value {
  if (Array.isArray(shared) && Array.isArray(own)) return [...(shared as Value[]), ...(own as Value[])];
  if (!isMapping(shared) || !isMapping(own) || isCall(shared) || isCall(own)) return own;
  const merged: Record<string, Value> = { ...shared };
  for (const [name, value] of Object.entries(own)) {
    const before = merged[name];
    merged[name] = before === undefined ? value : merge(before, value);
  }
  return merged;
}

function isCall(value: Mapping): boolean {
  const [name = '', ...others] = Object.keys(value);
  return others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'));
}
