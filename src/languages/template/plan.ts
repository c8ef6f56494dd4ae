/**
 * What an update would do: the difference between what is deployed and what a template asks for, resource by resource
 * and property by property. It has no effect.
 */
import type { BoundTemplate } from './bound-template.ts';
import { collectReferences } from './references.ts';
import { type Recreation, type SchemaLookup, checkProperties, recreationOf } from './schema.ts';
import type { ResourceView } from './scope.ts';
import { type Resolved, type ResolvedMapping, Unknown, canonicalText, findUnknown, isMapping } from './value.ts';

/** A resource as it stands. */
export interface DeployedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly properties: ResolvedMapping;
  readonly attributes: Readonly<Record<string, Resolved>>;
  readonly deletionPolicy: string;
  readonly metadata?: unknown;
}

export type Replacement = 'True' | 'False' | 'Conditional';

export interface PropertyChange {
  readonly attribute: 'Properties' | 'Metadata' | 'DeletionPolicy' | 'Tags';
  /** Name of the property at the top; absent for the other attributes. */
  readonly name?: string;
  readonly path?: string;
  readonly change: 'Add' | 'Remove' | 'Modify';
  readonly recreation: Recreation;
  /** Dynamic: whether it changes is only known once other resources are. */
  readonly evaluation: 'Static' | 'Dynamic';
  readonly source:
    | 'DirectModification'
    | 'ParameterReference'
    | 'ResourceReference'
    | 'ResourceAttribute'
    | 'Automatic';
  /** The parameter, resource or attribute that the value comes from. */
  readonly cause?: string;
  readonly before?: Resolved;
  readonly after?: Resolved;
}

export interface ResourceChange {
  readonly action: 'Add' | 'Modify' | 'Remove';
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId?: string;
  /** Only for `Modify`. */
  readonly replacement?: Replacement;
  /** What happens to the old one: only for `Remove` and a replacement. */
  readonly policy?: string;
  readonly details: readonly PropertyChange[];
  readonly before?: ResolvedMapping;
  readonly after?: ResolvedMapping;
}

export interface PlanContext {
  readonly schemas: SchemaLookup;
  exportValue(name: string): Resolved | undefined;
  /** Types without update: every change replaces the resource. */
  canUpdate(type: string): boolean;
  /** The tags of the stack change, which every resource that takes tags then follows. */
  readonly tagsChange: boolean;
}

const nestedStack = 'AWS::CloudFormation::Stack';

/** @returns the changes in the order of deployment, removals last in reverse order of the record */
export function planStack(
  deployed: ReadonlyMap<string, DeployedResource>,
  next: BoundTemplate,
  context: PlanContext,
): ResourceChange[] {
  const changes = new Map<string, ResourceChange>();
  const resource = (logicalId: string): ResourceView | undefined =>
    viewOf(logicalId, deployed, changes, next, context.schemas);
  const surroundings = { resource, exportValue: (name: string) => context.exportValue(name) };
  for (const [logicalId, { type, metadata, deletionPolicy }] of next.resources) {
    const schema = context.schemas(type);
    const resolved = next.properties(logicalId, surroundings);
    const after = schema ? checkProperties(schema, resolved, ['Resources', logicalId, 'Properties']) : resolved;
    const before = deployed.get(logicalId);
    if (before === undefined) {
      changes.set(logicalId, { action: 'Add', logicalId, type, details: [], after });
      continue;
    }
    const details = [
      ...planProperties(before, after, type, next, context),
      ...planAttributes(before, { metadata, deletionPolicy }),
    ];
    if (details.length === 0 && before.type === type) continue;
    const replacement = before.type === type ? replacementOf(details) : 'True';
    changes.set(logicalId, {
      action: 'Modify',
      logicalId,
      type,
      physicalId: before.physicalId,
      replacement,
      details,
      before: before.properties,
      after,
      ...(replacement !== 'False' && {
        policy: policyText('ReplaceAnd', next.resources.get(logicalId)?.updateReplacePolicy),
      }),
    });
  }
  const removed = [...deployed.values()].filter(({ logicalId }) => !next.resources.has(logicalId)).reverse();
  return [...changes.values(), ...removed.map((old) => removal(old))];
}

function removal(old: DeployedResource): ResourceChange {
  const { logicalId, type, physicalId } = old;
  const policy = policyText('', old.deletionPolicy);
  return { action: 'Remove', logicalId, type, physicalId, policy, details: [], before: old.properties };
}

function policyText(prefix: string, policy: string | undefined): string {
  return `${prefix}${policy === undefined || policy === 'Delete' ? 'Delete' : 'Retain'}`;
}

/** A resource that stays keeps its id; one that is new or may be replaced has none yet. */
function viewOf(
  logicalId: string,
  deployed: ReadonlyMap<string, DeployedResource>,
  changes: ReadonlyMap<string, ResourceChange>,
  next: BoundTemplate,
  schemas: SchemaLookup,
): ResourceView | undefined {
  const unknown = next.unknownResource(logicalId, schemas);
  const before = deployed.get(logicalId);
  const change = changes.get(logicalId);
  if (before === undefined || (change?.replacement ?? 'False') !== 'False') return unknown;
  return {
    ref: before.physicalId,
    attribute: (name) => (change === undefined ? before.attributes[name] : undefined) ?? unknown?.attribute(name),
  };
}

function planProperties(
  before: DeployedResource,
  after: ResolvedMapping,
  type: string,
  next: BoundTemplate,
  context: PlanContext,
): PropertyChange[] {
  const schema = context.schemas(type);
  const changes: PropertyChange[] = [];
  for (const name of new Set([...Object.keys(before.properties), ...Object.keys(after)])) {
    const old = before.properties[name];
    const now = after[name];
    if (canonicalText(old) === canonicalText(now)) continue;
    const unknown = now === undefined ? undefined : findUnknown(now);
    changes.push({
      attribute: 'Properties',
      name,
      path: firstDifference(old, now, `/Properties/${name}`),
      change: old === undefined ? 'Add' : now === undefined ? 'Remove' : 'Modify',
      recreation: schema && context.canUpdate(type) ? recreationOf(schema, name, old, now) : 'Always',
      evaluation: unknown === undefined ? 'Static' : 'Dynamic',
      ...sourceOf(name, before.logicalId, next, unknown),
      ...(old !== undefined && { before: old }),
      ...(now !== undefined && { after: now }),
    });
  }
  const isNested = type === nestedStack && changes.length === 0;
  // The template behind an unchanged URL may have changed, so a nested stack is always looked at.
  if (isNested) changes.push({ ...automatic, attribute: 'Properties' });
  if (context.tagsChange && schema?.tags !== undefined) changes.push({ ...automatic, attribute: 'Tags' });
  return changes;
}

const automatic = { change: 'Modify', recreation: 'Never', evaluation: 'Dynamic', source: 'Automatic' } as const;

function planAttributes(
  before: DeployedResource,
  after: { metadata?: unknown; deletionPolicy: string },
): PropertyChange[] {
  const changes: PropertyChange[] = [];
  const base = { change: 'Modify', recreation: 'Never', evaluation: 'Static', source: 'DirectModification' } as const;
  if (canonicalText(before.metadata as Resolved) !== canonicalText(after.metadata as Resolved)) {
    changes.push({ ...base, attribute: 'Metadata' });
  }
  if (before.deletionPolicy !== after.deletionPolicy) {
    changes.push({ ...base, attribute: 'DeletionPolicy', before: before.deletionPolicy, after: after.deletionPolicy });
  }
  return changes;
}

function sourceOf(
  property: string,
  logicalId: string,
  next: BoundTemplate,
  unknown: Unknown | undefined,
): Pick<PropertyChange, 'source' | 'cause'> {
  const value = next.resources.get(logicalId)?.properties[property];
  const references = value === undefined ? [] : collectReferences(value, [], (name) => next.condition(name));
  if (unknown !== undefined) {
    const isAttribute = unknown.source.includes('.');
    return { source: isAttribute ? 'ResourceAttribute' : 'ResourceReference', cause: unknown.source };
  }
  const parameter = references.find(({ name }) => next.definitions.has(name));
  return parameter ? { source: 'ParameterReference', cause: parameter.name } : { source: 'DirectModification' };
}

/** The deepest place that holds all of the difference. */
function firstDifference(before: Resolved | undefined, after: Resolved | undefined, path: string): string {
  if (!isMapping(before) || !isMapping(after)) return path;
  const [old, now] = [before as ResolvedMapping, after as ResolvedMapping];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const different = names.filter((name) => canonicalText(old[name]) !== canonicalText(now[name]));
  const [only] = different;
  return different.length === 1 && only !== undefined ? firstDifference(old[only], now[only], `${path}/${only}`) : path;
}

/** A change that may replace the resource and is certain to happen replaces it; the rest stays conditional. */
export function replacementOf(details: readonly PropertyChange[]): Replacement {
  if (details.some(({ recreation, evaluation }) => recreation === 'Always' && evaluation === 'Static')) return 'True';
  return details.some(({ recreation }) => recreation !== 'Never') ? 'Conditional' : 'False';
}
