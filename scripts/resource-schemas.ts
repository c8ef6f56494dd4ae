/**
 * Writes `models/resources/<AWS-S3-Bucket>.json`, one file for each CloudFormation type that a capability owns:
 * `node scripts/resource-schemas.ts`. The facts come from `@aws-cdk/aws-service-spec` (Apache-2.0), cut to what a
 * template engine needs: types, what is required, what replaces the resource, attributes and the identifier.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { PropertyType, ResourceProperties, SpecDatabase } from '@aws-cdk/service-spec-types';

const types = [
  'AWS::Athena::DataCatalog',
  'AWS::Athena::NamedQuery',
  'AWS::Athena::PreparedStatement',
  'AWS::Athena::WorkGroup',
  'AWS::CloudFormation::Stack',
  'AWS::CloudFormation::WaitCondition',
  'AWS::CloudFormation::WaitConditionHandle',
  'AWS::CloudTrail::Trail',
  'AWS::EMR::Cluster',
  'AWS::EMR::InstanceGroupConfig',
  'AWS::EMR::SecurityConfiguration',
  'AWS::EMR::Step',
  'AWS::Events::ApiDestination',
  'AWS::Events::Archive',
  'AWS::Events::Connection',
  'AWS::Events::EventBus',
  'AWS::Events::EventBusPolicy',
  'AWS::Events::Rule',
  'AWS::Glue::Classifier',
  'AWS::Glue::Connection',
  'AWS::Glue::Crawler',
  'AWS::Glue::Database',
  'AWS::Glue::Job',
  'AWS::Glue::Partition',
  'AWS::Glue::Table',
  'AWS::Glue::Trigger',
  'AWS::Glue::Workflow',
  'AWS::IAM::Group',
  'AWS::IAM::InstanceProfile',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::IAM::User',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::LayerVersionPermission',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Url',
  'AWS::Lambda::Version',
  'AWS::Logs::LogGroup',
  'AWS::Logs::LogStream',
  'AWS::Logs::SubscriptionFilter',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicInlinePolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueueInlinePolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SSM::Parameter',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::StepFunctions::Activity',
  'AWS::StepFunctions::StateMachine',
  'AWS::StepFunctions::StateMachineAlias',
  'AWS::StepFunctions::StateMachineVersion',
];

/** Attributes that the specification leaves out though `Fn::GetAtt` knows them. */
const attributesBeyondTheSpecification: Readonly<Record<string, readonly string[]>> = {
  'AWS::CloudFormation::Stack': ['Outputs.*'],
};

/** Types that the specification does not describe. */
const typesBeyondTheSpecification = [
  {
    type: 'AWS::CDK::Metadata',
    identifier: [],
    attributes: [],
    properties: { Analytics: { type: 'string' }, Modules: { type: 'string' } },
    definitions: {},
  },
  {
    // A template may give it any property, and read any attribute that its provider answers with.
    type: 'AWS::CloudFormation::CustomResource',
    identifier: [],
    attributes: ['*'],
    properties: { ServiceToken: { type: 'string', required: true }, ServiceTimeout: { type: 'integer' } },
    otherProperties: true,
    definitions: {},
  },
];

interface PropertyLine {
  type: string;
  required?: true;
  replacement?: 'always' | 'conditional';
}

const folder = join(import.meta.dirname, '..', 'models', 'resources');

main();

function main(): void {
  const database = loadAwsServiceSpecSync();
  mkdirSync(folder, { recursive: true });
  const write = (type: string, text: string): void =>
    writeFileSync(join(folder, `${type.replaceAll('::', '-')}.json`), text);
  for (const type of types) write(type, describe(database, type));
  for (const schema of typesBeyondTheSpecification) write(schema.type, `${formatSchema(schema)}\n`);
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../node_modules/@aws-cdk/aws-service-spec/package.json'), 'utf8'),
  ) as { version: string };
  console.log(`${types.length} resource types from @aws-cdk/aws-service-spec ${version}`);
}

function describe(database: SpecDatabase, type: string): string {
  const [resource] = database.lookup('resource', 'cloudFormationType', 'equals', type);
  if (resource === undefined) throw new Error(`@aws-cdk/aws-service-spec does not know ${type}`);
  const used = database.follow('usesType', resource).map(({ entity }) => entity);
  const names = new Map(used.map((definition) => [definition.$id, definition.name]));
  const nameOf = (id: string): string => {
    const name = names.get(id);
    if (name === undefined) throw new Error(`${type} refers to the unknown type ${id}`);
    return name;
  };
  const replacing = new Set((resource.additionalReplacementProperties ?? []).map((path) => path.join('/')));
  const schema = {
    type,
    identifier: resource.primaryIdentifier ?? [],
    attributes: [...Object.keys(resource.attributes), ...(attributesBeyondTheSpecification[type] ?? [])].sort(),
    tags: resource.tagInformation && {
      property: resource.tagInformation.tagPropertyName,
      form: resource.tagInformation.variant === 'map' ? 'map' : 'list',
    },
    properties: linesOf(resource.properties, nameOf, replacing),
    definitions: Object.fromEntries(
      used
        .map((definition) => [definition.name, linesOf(definition.properties, nameOf, new Set())] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  };
  return `${formatSchema(schema)}\n`;
}

function linesOf(
  properties: ResourceProperties,
  nameOf: (id: string) => string,
  replacing: ReadonlySet<string>,
): Record<string, PropertyLine> {
  const lines: Record<string, PropertyLine> = {};
  for (const name of Object.keys(properties).sort()) {
    const property = properties[name];
    if (property === undefined) continue;
    const line: PropertyLine = { type: expressionOf(property.type, nameOf) };
    if (property.required) line.required = true;
    if (property.causesReplacement === 'yes' || replacing.has(name)) line.replacement = 'always';
    else if (property.causesReplacement === 'maybe') line.replacement = 'conditional';
    lines[name] = line;
  }
  return lines;
}

/** `string`, `list<Tag>`, `map<string>`, `string | Rule`. */
function expressionOf(type: PropertyType, nameOf: (id: string) => string): string {
  switch (type.type) {
    case 'array':
      return `list<${expressionOf(type.element, nameOf)}>`;
    case 'map':
      return `map<${expressionOf(type.element, nameOf)}>`;
    case 'union':
      return type.types.map((member) => expressionOf(member, nameOf)).join(' | ');
    case 'ref':
      return nameOf(type.reference.$ref);
    case 'date-time':
      return 'string';
    case 'tag':
      return 'Tag';
    default:
      return type.type;
  }
}

/** JSON with one property a line, so that a change of the specification reads as a short diff. */
function formatSchema(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  const isLeaf = Object.values(value).every((member) => typeof member !== 'object' || Array.isArray(member));
  if (isLeaf) return JSON.stringify(value).replaceAll(',"', ', "').replaceAll('":', '": ');
  const inner = `${indent}  `;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${inner}${JSON.stringify(name)}: ${formatSchema(member, inner)}`);
  return `{\n${members.join(',\n')}\n${indent}}`;
}
