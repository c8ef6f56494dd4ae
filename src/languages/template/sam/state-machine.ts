/** `AWS::Serverless::StateMachine`: a state machine, its role, and the events that start it. */
import { type Mapping, type Value, didYouMean, isMapping } from '../value.ts';
import { definitionMembers, locationOf } from './artifact.ts';
import { eventError, serverlessError } from './errors.ts';
import { type Expansion, type ServerlessResource, attribute, intrinsicOf, ref, tagsOf } from './expansion.ts';
import { type TargetedEvent, eventsOf } from './events/event.ts';
import { addMachineVersion } from './machine-version.ts';
import { addRole, assumedBy, inlinePolicy } from './role.ts';
import { addRule } from './events/rule.ts';
import { addSchedule } from './events/schedule.ts';

const known = [
  'AssumeRolePolicyDocument',
  'AutoPublishAlias',
  'Definition',
  'DefinitionSubstitutions',
  'DefinitionUri',
  'DeploymentPreference',
  'Events',
  'Logging',
  'Name',
  'PermissionsBoundary',
  'Policies',
  'PropagateTags',
  'Role',
  'RolePath',
  'Tags',
  'Tracing',
  'Type',
  'UseAliasAsEventTarget',
];

export function expandStateMachine(expansion: Expansion, resource: ServerlessResource): void {
  const { logicalId, properties, attributes } = resource;
  const stranger = Object.keys(properties).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const why = `property ${stranger} not defined for resource of type AWS::Serverless::StateMachine.${didYouMean(stranger, known)}`;
    throw serverlessError(logicalId, why);
  }
  if (properties['Role'] !== undefined && properties['Policies'] !== undefined) {
    throw serverlessError(
      logicalId,
      "Specify either 'Role' or 'Policies' (but not both at the same time) or neither of them",
    );
  }
  const Tags = tagsOf('stateMachine:createdBy', properties['Tags']);
  const { definition, substitutions } = definitionOf(resource);
  const tracing = properties['Tracing'];
  expansion.add(
    logicalId,
    'AWS::StepFunctions::StateMachine',
    {
      ...definition,
      LoggingConfiguration: properties['Logging'],
      RoleArn: properties['Role'] ?? attribute(addMachineRole(expansion, resource, Tags), 'Arn'),
      StateMachineName: properties['Name'],
      StateMachineType: properties['Type'],
      Tags,
      DefinitionSubstitutions: Object.keys(substitutions).length === 0 ? undefined : substitutions,
      TracingConfiguration: tracing,
    },
    attributes,
  );
  addEvents(expansion, resource, addMachineVersion(expansion, resource));
}

function addMachineRole(expansion: Expansion, resource: ServerlessResource, tags: readonly Value[]): string {
  const { properties } = resource;
  const tracing = properties['Tracing'];
  const isTraced = isMapping(tracing) && tracing['Enabled'] === true;
  return addRole(expansion, resource, {
    service: 'states.amazonaws.com',
    tags,
    managedBefore: isTraced ? ['AWSXrayWriteOnlyAccess'] : [],
    managedAfter: [],
    inlineBefore: [],
    inlineAfter: [],
  });
}

function definitionOf(resource: ServerlessResource): { definition: Mapping; substitutions: Mapping } {
  const { Definition, DefinitionUri, DefinitionSubstitutions } = resource.properties;
  const given = isMapping(DefinitionSubstitutions) ? DefinitionSubstitutions : {};
  if ((Definition === undefined) === (DefinitionUri === undefined)) {
    const why = Definition === undefined ? "Either 'Definition' or" : "Specify either 'Definition' or";
    throw serverlessError(resource.logicalId, `${why} 'DefinitionUri' property, and not both.`);
  }
  if (DefinitionUri !== undefined) {
    const location = locationOf(resource, 'DefinitionUri', DefinitionUri, definitionMembers);
    return { definition: { DefinitionS3Location: location }, substitutions: given };
  }
  const made: Record<string, Value> = {};
  const withMarks = markFunctions(Definition ?? {}, made);
  const text = JSON.stringify(withMarks, null, 2);
  return { definition: { DefinitionString: text }, substitutions: { ...given, ...made } };
}

/** The definition with marks in place of template functions, which become substitutions. */
function markFunctions(value: Value, made: Record<string, Value>): Value {
  if (Array.isArray(value)) return value.map((item: Value) => markFunctions(item, made));
  if (!isMapping(value)) return value;
  if (intrinsicOf(value) !== undefined) {
    const name = `definition_substitution_${Object.keys(made).length + 1}`;
    made[name] = value;
    return `\${${name}}`;
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, markFunctions(member, made)]));
}

/** @param targetId logical id of what the events start */
function addEvents(expansion: Expansion, resource: ServerlessResource, targetId: string): void {
  const { logicalId } = resource;
  for (const { id, type, properties } of eventsOf(resource)) {
    const event: TargetedEvent = {
      id,
      logicalId: `${logicalId}${id}`,
      properties,
      owner: logicalId,
      attributes: expansion.inheritedFrom(resource),
      arn: ref(targetId),
    };
    switch (type) {
      case 'Schedule':
      case 'EventBridgeRule':
      case 'CloudWatchEvent':
        addRule(expansion, { ...event, suffix: 'StepFunctionsTarget', roleArn: roleOf(expansion, event) });
        break;
      case 'ScheduleV2':
        addSchedule(expansion, {
          ...event,
          policy: inlinePolicy(`${event.logicalId}StartExecutionPolicy`, 'states:StartExecution', event.arn),
        });
        break;
      default:
        throw eventError(
          logicalId,
          id,
          `Events of the type '${type}' are not served here. Supported: Schedule, ScheduleV2, EventBridgeRule, CloudWatchEvent.`,
        );
    }
  }
}

/** The role in whose name the rule starts the machine. */
function roleOf(expansion: Expansion, { logicalId, properties, attributes, arn }: TargetedEvent): Value {
  if (properties['RoleArn'] !== undefined) return properties['RoleArn'];
  const roleId = `${logicalId}Role`;
  expansion.add(
    roleId,
    'AWS::IAM::Role',
    {
      AssumeRolePolicyDocument: assumedBy('events.amazonaws.com'),
      PermissionsBoundary: properties['PermissionsBoundary'],
      Policies: [inlinePolicy(`${roleId}StartExecutionPolicy`, 'states:StartExecution', arn)],
    },
    attributes,
  );
  return attribute(roleId, 'Arn');
}
