/** One side of a connector: a resource of the template by its `Id`, or one elsewhere by its properties. */
import { type Mapping, type Value, formatValue, isMapping } from '../../value.ts';
import { serverlessError } from '../errors.ts';
import { type Expansion, attribute, ref, referredId } from '../expansion.ts';

export interface Endpoint {
  /** Absent for a resource outside the template. */
  readonly logicalId?: string;
  /** Of plain CloudFormation. */
  readonly type: string;
  /** As the template writes it, a serverless one included. */
  readonly writtenType: string;
  readonly arn?: Value;
  readonly name?: Value;
  readonly queueUrl?: Value;
  readonly roleName?: Value;
}

const plainTypes: Readonly<Record<string, string>> = {
  'AWS::Serverless::Function': 'AWS::Lambda::Function',
  'AWS::Serverless::StateMachine': 'AWS::StepFunctions::StateMachine',
};

/** Types whose `Ref` is their ARN. */
const arnByRef = new Set(['AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine']);
const roleProperties: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'Role',
  'AWS::StepFunctions::StateMachine': 'RoleArn',
};

export interface EndpointRequest {
  readonly connectorId: string;
  /** `Source` or `Destination`, for messages. */
  readonly side: string;
  readonly value: Value | undefined;
  /** The other side, by which a rule knows the target whose role is meant. */
  readonly other: Value | undefined;
}

/**
 * @param writtenTypes of the template's resources before the expansion
 * @throws ValidationError when it names no resource
 */
export function readEndpoint(
  expansion: Expansion,
  writtenTypes: ReadonlyMap<string, string>,
  { connectorId, side, value, other }: EndpointRequest,
): Endpoint {
  const fail = (detail: string): Error => serverlessError(connectorId, `'${side}': ${detail}`);
  if (!isMapping(value)) throw fail('it must be a map.');
  const id = value['Id'];
  if (id === undefined) return readForeign(value, fail);
  const resource = typeof id === 'string' ? expansion.resources[id] : undefined;
  if (typeof id !== 'string' || !isMapping(resource)) {
    throw fail(`Unable to find resource with logical ID '${formatValue(id)}'.`);
  }
  const type = formatValue(resource['Type']);
  const roleName = roleNameOf(type, isMapping(resource['Properties']) ? resource['Properties'] : {}, other);
  return {
    logicalId: id,
    type,
    writtenType: writtenTypes.get(id) ?? type,
    arn: arnByRef.has(type) ? ref(id) : attribute(id, 'Arn'),
    ...(type === 'AWS::StepFunctions::StateMachine' && { name: attribute(id, 'Name') }),
    ...(type === 'AWS::SQS::Queue' && { queueUrl: ref(id) }),
    ...(roleName !== undefined && { roleName }),
  };
}

function readForeign(value: Mapping, fail: (detail: string) => Error): Endpoint {
  const { Type: type, Arn: arn, Name: name, QueueUrl: queueUrl, RoleName: roleName } = value;
  if (typeof type !== 'string') {
    throw fail("Must provide 'Id' (with optional 'Qualifier') or a supported combination of other properties.");
  }
  return {
    type: plainTypes[type] ?? type,
    writtenType: type,
    ...(arn !== undefined && { arn }),
    ...(name !== undefined && { name }),
    ...(queueUrl !== undefined && { queueUrl }),
    ...(roleName !== undefined && { roleName }),
  };
}

function roleNameOf(type: string, properties: Mapping, other: Value | undefined): Value | undefined {
  const role = type === 'AWS::Events::Rule' ? ruleRole(properties, other) : properties[roleProperties[type] ?? ''];
  const id = referredId(role);
  return id === undefined ? undefined : ref(id);
}

/** The role of the rule's target that is the other side; of the only target, where one cannot be told. */
function ruleRole(properties: Mapping, other: Value | undefined): Value | undefined {
  const targets = (Array.isArray(properties['Targets']) ? (properties['Targets'] as Value[]) : []).filter(isMapping);
  const otherId = isMapping(other) ? other['Id'] : undefined;
  const target = targets.find(({ Arn }) => Arn !== undefined && referredId(Arn) === otherId) ?? targets[0];
  return target?.['RoleArn'];
}
