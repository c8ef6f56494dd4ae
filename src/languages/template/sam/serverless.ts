/**
 * The transform `AWS::Serverless-2016-10-31`: a template of the Serverless Application Model becomes one of plain
 * CloudFormation, with the logical ids that the model documents ("Generated CloudFormation resources"), since templates
 * refer to them. Pure: what lies on somebody's disk has been uploaded before.
 */
import type { ParameterValue } from '../scope.ts';
import { type Mapping, type Value, formatValue, isMapping } from '../value.ts';
import { expandApplication } from './application.ts';
import { connectorsWithin, expandConnector } from './connectors/connector.ts';
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
const connectorKind = 'Connector';

/** In this order: layers change their names, and functions put notifications on buckets. */
const kinds: Readonly<Record<string, (expansion: Expansion, resource: ServerlessResource) => void>> = {
  LayerVersion: expandLayerVersion,
  SimpleTable: expandSimpleTable,
  Function: expandFunction,
  StateMachine: expandStateMachine,
  Application: expandApplication,
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
  const found: FoundResource[] = [];
  const others: Record<string, Value> = {};
  const writtenTypes = new Map<string, string>();
  for (const [logicalId, whole] of Object.entries(resources)) {
    const { Connectors: within, ...body } = isMapping(whole) ? whole : {};
    const type = body['Type'];
    if (typeof type === 'string') writtenTypes.set(logicalId, type);
    if (typeof type === 'string' && type.startsWith(typePrefix)) {
      found.push(readResource(logicalId, body, type.slice(typePrefix.length), globals));
    } else others[logicalId] = within === undefined ? whole : body;
    if (within === undefined) continue;
    found.push(...connectorsWithin(logicalId, within).map((connector) => ({ ...connector, kind: connectorKind })));
  }
  const expansion = new Expansion(others, partition, parameters);
  for (const [kind, expand] of Object.entries(kinds)) {
    for (const resource of found.filter((candidate) => candidate.kind === kind)) {
      const before = new Set(Object.keys(expansion.resources));
      expand(expansion, resource);
      if (resource.properties['PropagateTags'] === true) propagateTags(expansion, resource, before);
    }
  }
  for (const connector of found.filter(({ kind }) => kind === connectorKind)) {
    expandConnector(expansion, connector, writtenTypes);
  }
  return renameReferences({ ...sections, Resources: expansion.resources }, expansion.renamed) as Mapping;
}

/** Types that a resource becomes or that are generated beside it, and that have its tags and no others where it says so. */
const taggable = [
  'AWS::IAM::Role',
  'AWS::Lambda::Function',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::StepFunctions::StateMachine',
];

function propagateTags(expansion: Expansion, { properties }: ServerlessResource, before: ReadonlySet<string>): void {
  if (!isMapping(properties['Tags'])) return;
  const Tags = Object.entries(properties['Tags']).map(([Key, Value]) => ({ Key, Value }));
  for (const [logicalId, made] of Object.entries(expansion.resources)) {
    if (before.has(logicalId) || !isMapping(made) || !taggable.includes(formatValue(made['Type']))) continue;
    const own = isMapping(made['Properties']) ? made['Properties'] : {};
    expansion.resources[logicalId] = { ...made, Properties: { ...own, Tags } };
  }
}

interface FoundResource extends ServerlessResource {
  /** The type without its prefix: `Function`. */
  readonly kind: string;
}

function readResource(logicalId: string, body: Mapping, kind: string, globals: Globals): FoundResource {
  if (kind !== connectorKind && !Object.hasOwn(kinds, kind)) {
    const served = [...Object.keys(kinds), connectorKind].map((name) => `${typePrefix}${name}`);
    throw serverlessError(
      logicalId,
      `The type ${typePrefix}${kind} is not served here. Supported: ${served.join(', ')}.`,
    );
  }
  const { Type: _type, Properties: properties = {}, IgnoreGlobals, ...attributes } = body;
  if (!isMapping(properties)) throw serverlessError(logicalId, "'Properties' must be a map.");
  return { kind, logicalId, attributes, properties: globals.applyTo(kind, logicalId, properties, IgnoreGlobals) };
}
