/**
 * The structure of a template: sections, what a resource may say about itself, names and counts. Functions inside are
 * left as they are. CloudFormation user guide, "Template sections" and "Resource attribute reference".
 */
import { formatError, validationError } from './errors.ts';
import { includeTransform } from './includes.ts';
import { serverlessTransform } from './sam/serverless.ts';
import {
  type Mapping,
  type Path,
  type Value,
  didYouMean,
  formatPath,
  formatValue,
  isMapping,
  isScalar,
} from './value.ts';

export interface ResourceDefinition {
  readonly logicalId: string;
  /** `AWS::S3::Bucket` */
  readonly type: string;
  readonly properties: Mapping;
  readonly dependsOn: readonly string[];
  readonly condition?: string;
  readonly metadata?: Value;
  /** How many signals the resource waits for, and how long. */
  readonly creationPolicy?: Value;
  /** May be a function when `AWS::LanguageExtensions` is declared. */
  readonly deletionPolicy?: Value;
  readonly updateReplacePolicy?: Value;
}

export interface OutputDefinition {
  readonly key: string;
  readonly value: Value;
  readonly description?: string;
  readonly condition?: string;
  readonly exportName?: Value;
}

export interface Template {
  readonly description?: string;
  readonly metadata?: Value;
  readonly transforms: readonly string[];
  readonly mappings: Mapping;
  readonly conditions: Mapping;
  readonly rules: Mapping;
  readonly resources: ReadonlyMap<string, ResourceDefinition>;
  readonly outputs: ReadonlyMap<string, OutputDefinition>;
}

const sections = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Rules',
  'Mappings',
  'Conditions',
  'Transform',
  'Resources',
  'Outputs',
];
const resourceMembers = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'Metadata',
  'DeletionPolicy',
  'UpdateReplacePolicy',
];
/** A wait condition is the one type here that is signalled to. */
const signalledType = 'AWS::CloudFormation::WaitCondition';
const refusedResourceMembers: Readonly<Record<string, string>> = {
  CreationPolicy: 'of the types here only a wait condition waits for signals',
  UpdatePolicy: 'no type here is changed in steps, and no CodeDeploy moves an alias',
};
const outputMembers = ['Value', 'Description', 'Condition', 'Export'];

/** Limit: 500 resources, 200 outputs, 200 mappings, 255 characters in a name, 1,024 bytes of description (as AWS). */
const limits = { resources: 500, outputs: 200, mappings: 200, nameChars: 255, descriptionBytes: 1024 };
export const languageExtensions = 'AWS::LanguageExtensions';
const transforms = [languageExtensions, serverlessTransform, includeTransform];

/** The top level of a template, before any transform. @throws ValidationError naming what is wrong */
export function checkSections(value: Value): Mapping {
  if (!isMapping(value)) throw formatError('unsupported structure. A template is a mapping of sections.');
  const isServerless = transformsOf(value).includes(serverlessTransform);
  const known = isServerless ? [...sections, 'Globals'] : sections;
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const [first = ''] = unknown;
    throw validationError(
      `Invalid template property or properties [${unknown.join(', ')}]${didYouMean(first, sections)}`,
    );
  }
  const version = value['AWSTemplateFormatVersion'];
  if (version !== undefined && version !== '2010-09-09') {
    throw formatError(`Template version is not supported: '${formatValue(version)}'. The one version is 2010-09-09.`);
  }
  for (const name of ['Parameters', 'Rules', 'Mappings', 'Conditions', 'Resources', 'Outputs', 'Metadata']) {
    if (value[name] !== undefined && !isMapping(value[name])) throw formatError(`[/${name}] is not a mapping.`);
  }
  if (!isMapping(value['Resources']) || Object.keys(value['Resources']).length === 0) {
    throw formatError('At least one Resources member must be defined.');
  }
  // A definition of a state machine may hold nulls: its expansion makes text of it, and is checked in their place.
  if (!isServerless) refuseNulls(value, []);
  return value;
}

/** The transforms that a template declares. @throws ValidationError for one that is not supported, by name */
export function transformsOf(template: Mapping): string[] {
  const declared = template['Transform'] ?? [];
  const list = Array.isArray(declared) ? (declared as Value[]) : [declared];
  return list.map((item) => {
    const name = isMapping(item) ? item['Name'] : item;
    if (typeof name === 'string' && transforms.includes(name)) return name;
    throw validationError(`No transform named ${formatValue(name)} found. Supported: ${transforms.join(', ')}.`);
  });
}

/** @param template with loops expanded and sections checked */
export function readTemplate(template: Mapping): Template {
  const description = template['Description'];
  if (description !== undefined && typeof description !== 'string') {
    throw formatError('the Description must be text.');
  }
  if (Buffer.byteLength(description ?? '') > limits.descriptionBytes) {
    throw formatError(`the Description is longer than ${limits.descriptionBytes} bytes.`);
  }
  const mappings = section(template, 'Mappings');
  checkCount(mappings, 'Mappings', limits.mappings);
  for (const [name, map] of Object.entries(mappings)) checkMap(name, map);
  return {
    ...(description !== undefined && { description }),
    ...(template['Metadata'] !== undefined && { metadata: template['Metadata'] }),
    transforms: transformsOf(template),
    mappings,
    conditions: section(template, 'Conditions'),
    rules: section(template, 'Rules'),
    resources: readResources(section(template, 'Resources')),
    outputs: readOutputs(section(template, 'Outputs')),
  };
}

function section(template: Mapping, name: string): Mapping {
  return (template[name] as Mapping | undefined) ?? {};
}

function readResources(resources: Mapping): Map<string, ResourceDefinition> {
  checkCount(resources, 'Resources', limits.resources);
  const found = new Map<string, ResourceDefinition>();
  for (const [logicalId, body] of Object.entries(resources)) found.set(logicalId, readResource(logicalId, body));
  return found;
}

function readResource(logicalId: string, body: Value): ResourceDefinition {
  const at = `[/Resources/${logicalId}]`;
  if (!/^[A-Za-z0-9]+$/.test(logicalId)) throw formatError(`Resource name ${logicalId} is non alphanumeric.`);
  if (logicalId.length > limits.nameChars) throw formatError(`Resource name ${logicalId} is too long.`);
  if (!isMapping(body)) throw formatError(`${at} resource definition is malformed.`);
  for (const name of Object.keys(body)) {
    if (name === 'CreationPolicy' && body['Type'] === signalledType) continue;
    if (Object.hasOwn(refusedResourceMembers, name)) {
      throw validationError(`${at} ${name} is not supported: ${refusedResourceMembers[name]}. Take it out.`);
    }
    if (resourceMembers.includes(name)) continue;
    throw validationError(`${at} Invalid template resource property '${name}'.${didYouMean(name, resourceMembers)}`);
  }
  const type = body['Type'];
  if (typeof type !== 'string') throw formatError(`${at} Every Resources object must contain a Type member.`);
  const properties = body['Properties'] ?? {};
  if (!isMapping(properties)) throw formatError(`[/Resources/${logicalId}/Properties] must be an object.`);
  const condition = nameMember(body, 'Condition', at);
  return {
    logicalId,
    type,
    properties,
    dependsOn: readDependsOn(body['DependsOn'], at),
    ...(condition !== undefined && { condition }),
    ...(body['Metadata'] !== undefined && { metadata: body['Metadata'] }),
    ...(body['CreationPolicy'] !== undefined && { creationPolicy: body['CreationPolicy'] }),
    ...(body['DeletionPolicy'] !== undefined && { deletionPolicy: body['DeletionPolicy'] }),
    ...(body['UpdateReplacePolicy'] !== undefined && { updateReplacePolicy: body['UpdateReplacePolicy'] }),
  };
}

function readDependsOn(value: Value | undefined, at: string): string[] {
  const list = value === undefined ? [] : Array.isArray(value) ? (value as Value[]) : [value];
  if (!list.every((item) => typeof item === 'string')) {
    throw formatError(`${at} Every DependsOn value must be a string.`);
  }
  return list;
}

function readOutputs(outputs: Mapping): Map<string, OutputDefinition> {
  checkCount(outputs, 'Outputs', limits.outputs);
  const found = new Map<string, OutputDefinition>();
  for (const [key, body] of Object.entries(outputs)) found.set(key, readOutput(key, body));
  return found;
}

function readOutput(key: string, body: Value): OutputDefinition {
  const at = `[/Outputs/${key}]`;
  if (!/^[A-Za-z0-9]{1,255}$/.test(key)) throw formatError(`Output name ${key} is non alphanumeric.`);
  if (!isMapping(body) || body['Value'] === undefined) {
    throw formatError(`${at} Every Outputs member must contain a Value object.`);
  }
  const unknown = Object.keys(body).find((name) => !outputMembers.includes(name));
  if (unknown !== undefined) {
    throw formatError(`${at} unsupported member ${unknown}.${didYouMean(unknown, outputMembers)}`);
  }
  const exported = body['Export'];
  if (exported !== undefined && (!isMapping(exported) || exported['Name'] === undefined)) {
    throw formatError(`${at} an Export needs a Name.`);
  }
  const condition = nameMember(body, 'Condition', at);
  const description = nameMember(body, 'Description', at);
  return {
    key,
    value: body['Value'],
    ...(description !== undefined && { description }),
    ...(condition !== undefined && { condition }),
    ...(isMapping(exported) && exported['Name'] !== undefined && { exportName: exported['Name'] }),
  };
}

function nameMember(body: Mapping, name: string, at: string): string | undefined {
  const value = body[name];
  if (value === undefined || typeof value === 'string') return value;
  throw formatError(`${at} ${name} must be text.`);
}

function checkMap(name: string, map: Value): void {
  if (!/^[A-Za-z0-9]{1,255}$/.test(name)) throw formatError(`Mappings name ${name} is non alphanumeric.`);
  const isSound =
    isMapping(map) &&
    Object.values(map).every((row) => isMapping(row) && Object.values(row).every((cell) => isCell(cell)));
  if (!isSound) throw formatError(`[/Mappings/${name}] must hold two levels of keys with texts or lists in them.`);
}

function isCell(cell: Value): boolean {
  return isScalar(cell) || (Array.isArray(cell) && cell.every((item) => isScalar(item)));
}

function checkCount(members: Mapping, name: string, max: number): void {
  const count = Object.keys(members).length;
  if (count > max)
    throw formatError(`Number of ${name.toLowerCase()}, ${count}, is greater than maximum allowed, ${max}`);
}

/** @throws ValidationError with the path of the first */
export function refuseNulls(value: Value, path: Path): void {
  if (value === null) throw formatError(`[${formatPath(path)}] 'null' values are not allowed in templates`);
  if (typeof value !== 'object') return;
  for (const [name, member] of Object.entries(value)) refuseNulls(member, [...path, name]);
}
