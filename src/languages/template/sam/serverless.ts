/**
 * The transform `AWS::Serverless-2016-10-31`: a template of the Serverless Application Model becomes one of plain
 * CloudFormation, with the logical ids that the model documents ("Generated CloudFormation resources"), since templates
 * refer to them. Pure: what lies on somebody's disk has been uploaded before.
 */
import type { ParameterValue } from '../scope.ts';
import { type Mapping, type Value, formatValue, isMapping } from '../value.ts';
import { serverlessError } from './errors.ts';
import { Expansion, type ServerlessResource } from './expansion.ts';
import { expandFunction } from './function.ts';
import { Globals } from './globals.ts';
import { expandLayerVersion } from './layer-version.ts';
import { renameReferences } from './renaming.ts';
import { expandSimpleTable } from './simple-table.ts';
import { expandStateMachine } from './state-machine.ts';

export const serverlessTransform = 'AWS::Serverless-2016-10-31';
const typePrefix = 'AWS::Serverless::';

/** In this order: layers change their names, and functions put notifications on buckets. */
const kinds: Readonly<Record<string, (expansion: Expansion, resource: ServerlessResource) => void>> = {
  LayerVersion: expandLayerVersion,
  SimpleTable: expandSimpleTable,
  Function: expandFunction,
  StateMachine: expandStateMachine,
};

/**
 * @param template with loops expanded and sections checked
 * @param parameters with their values, for places that must be known before deployment
 * @throws ValidationError for a type, property or event that cannot be expanded, by name
 */
export function expandServerless(
  template: Mapping,
  parameters: ReadonlyMap<string, ParameterValue>,
  partition: string,
): Mapping {
  const { Globals: shared, ...sections } = template;
  const globals = new Globals(shared);
  const resources = template['Resources'] as Mapping;
  const found: (ServerlessResource & { kind: string })[] = [];
  const others: Record<string, Value> = {};
  for (const [logicalId, body] of Object.entries(resources)) {
    const type = isMapping(body) ? body['Type'] : undefined;
    if (typeof type !== 'string' || !type.startsWith(typePrefix)) others[logicalId] = body;
    else found.push(readResource(logicalId, body as Mapping, type.slice(typePrefix.length), globals));
  }
  const expansion = new Expansion(others, partition, parameters);
  for (const [kind, expand] of Object.entries(kinds)) {
    for (const resource of found.filter((candidate) => candidate.kind === kind)) {
      const before = new Set(Object.keys(expansion.resources));
      expand(expansion, resource);
      if (resource.properties['PropagateTags'] === true) propagateTags(expansion, resource, before);
    }
  }
  return renameReferences({ ...sections, Resources: expansion.resources }, expansion.renamed) as Mapping;
}

/** Types that are generated beside a resource and take its tags where it says so. */
const taggable = ['AWS::IAM::Role', 'AWS::SNS::Topic', 'AWS::SQS::Queue'];

function propagateTags(expansion: Expansion, { properties }: ServerlessResource, before: ReadonlySet<string>): void {
  if (!isMapping(properties['Tags'])) return;
  const Tags = Object.entries(properties['Tags']).map(([Key, Value]) => ({ Key, Value }));
  for (const [logicalId, made] of Object.entries(expansion.resources)) {
    if (before.has(logicalId) || !isMapping(made) || !taggable.includes(formatValue(made['Type']))) continue;
    const own = isMapping(made['Properties']) ? made['Properties'] : {};
    if (own['Tags'] === undefined) expansion.resources[logicalId] = { ...made, Properties: { ...own, Tags } };
  }
}

function readResource(
  logicalId: string,
  body: Mapping,
  kind: string,
  globals: Globals,
): ServerlessResource & { kind: string } {
  if (!Object.hasOwn(kinds, kind)) {
    const served = Object.keys(kinds).map((name) => `${typePrefix}${name}`);
    throw serverlessError(
      logicalId,
      `The type ${typePrefix}${kind} is not served here. Supported: ${served.join(', ')}.`,
    );
  }
  const { Type: _type, Properties: properties = {}, Connectors, IgnoreGlobals, ...attributes } = body;
  if (Connectors !== undefined) {
    throw serverlessError(logicalId, 'Connectors are not served here. Give the permission in Policies.');
  }
  if (!isMapping(properties)) throw serverlessError(logicalId, "'Properties' must be a map.");
  return { kind, logicalId, attributes, properties: globals.applyTo(kind, logicalId, properties, IgnoreGlobals) };
}
