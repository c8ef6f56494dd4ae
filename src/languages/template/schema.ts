/**
 * The schema of a resource type, as kept under `models/resources/`, and the check of properties against it.
 *
 * Scalars are converted as CloudFormation does: "5" will do for a number and "true" for a boolean, and the other way
 * round. Everything else that does not fit is refused with its path.
 */
import { validationError } from './errors.ts';
import {
  type Path,
  type Resolved,
  type ResolvedMapping,
  Unknown,
  canonicalText,
  didYouMean,
  formatPath,
  isMapping,
  isScalar,
} from './value.ts';

export interface PropertySchema {
  /** `string`, `list<Tag>`, `map<string>`, `json | string`, the name of a definition. */
  readonly type: string;
  readonly required?: true;
  /** Whether a change makes a new resource; absent: never. */
  readonly replacement?: 'always' | 'conditional';
}

export type PropertySchemas = Readonly<Record<string, PropertySchema>>;

export interface ResourceSchema {
  readonly type: string;
  /** Properties or attributes that tell one resource from another. */
  readonly identifier: readonly string[];
  /** What `Fn::GetAtt` can read; `Outputs.*` stands for any name. */
  readonly attributes: readonly string[];
  readonly tags?: { readonly property: string; readonly form: 'list' | 'map' };
  readonly properties: PropertySchemas;
  /** Properties beside those named are taken as they are. */
  readonly otherProperties?: true;
  readonly definitions: Readonly<Record<string, PropertySchemas>>;
}

/** Undefined for a type that is not known. */
export type SchemaLookup = (type: string) => ResourceSchema | undefined;

export function hasAttribute(schema: ResourceSchema, name: string): boolean {
  return schema.attributes.some(
    (known) => known === name || known === '*' || (known.endsWith('.*') && name.startsWith(known.slice(0, -1))),
  );
}

export type Recreation = 'Never' | 'Conditionally' | 'Always';

/** Whether a change of this property, or of a member deep inside it, makes a new resource. */
export function recreationOf(
  schema: ResourceSchema,
  name: string,
  before: Resolved | undefined,
  after: Resolved | undefined,
): Recreation {
  const property = schema.properties[name];
  return property === undefined ? 'Never' : recreationWithin(schema, property, before, after);
}

function recreationWithin(
  schema: ResourceSchema,
  property: PropertySchema,
  before: Resolved | undefined,
  after: Resolved | undefined,
): Recreation {
  if (canonicalText(before) === canonicalText(after)) return 'Never';
  if (property.replacement !== undefined) return property.replacement === 'always' ? 'Always' : 'Conditionally';
  const [old, now] = [membersOf(before), membersOf(after)];
  const inner = Object.entries(schema.definitions[property.type] ?? {}).map(([name, member]) =>
    recreationWithin(schema, member, old[name], now[name]),
  );
  return inner.includes('Always') ? 'Always' : inner.includes('Conditionally') ? 'Conditionally' : 'Never';
}

function membersOf(value: Resolved | undefined): ResolvedMapping {
  return isMapping(value) ? value : {};
}

const tag: PropertySchemas = { Key: { type: 'string', required: true }, Value: { type: 'string', required: true } };

/**
 * @returns the properties with scalars converted
 * @throws ValidationError with the path of the property
 */
export function checkProperties(schema: ResourceSchema, properties: ResolvedMapping, path: Path): ResolvedMapping {
  return checkMembers(schema, schema.properties, properties, path);
}

function checkMembers(
  schema: ResourceSchema,
  known: PropertySchemas,
  members: ResolvedMapping,
  path: Path,
): ResolvedMapping {
  const checked: Record<string, Resolved> = {};
  for (const [name, value] of Object.entries(members)) {
    const property = Object.hasOwn(known, name) ? known[name] : undefined;
    if (property === undefined && schema.otherProperties && known === schema.properties) {
      checked[name] = value;
      continue;
    }
    if (property === undefined) {
      const hint = didYouMean(name, Object.keys(known));
      throw validationError(`[${formatPath([...path, name])}] Encountered unsupported property ${name}.${hint}`);
    }
    checked[name] = checkValue(schema, property.type, value, [...path, name]);
  }
  for (const [name, property] of Object.entries(known)) {
    if (property.required && !Object.hasOwn(checked, name)) {
      throw validationError(`[${formatPath(path)}] Property ${name} cannot be empty.`);
    }
  }
  return checked;
}

function checkValue(schema: ResourceSchema, type: string, value: Resolved, path: Path): Resolved {
  if (value instanceof Unknown) return value;
  const alternatives = alternativesOf(type);
  if (alternatives.length > 1) return checkUnion(schema, alternatives, value, path);
  const inner = /^(list|map)<(.+)>$/.exec(type);
  if (inner?.[1] === 'list') {
    if (!Array.isArray(value)) throw wrongType(path, 'List');
    return value.map((item: Resolved, index) => checkValue(schema, inner[2] ?? '', item, [...path, index]));
  }
  if (inner?.[1] === 'map') {
    if (!isMapping(value)) throw wrongType(path, 'Map');
    const entries = Object.entries(value as ResolvedMapping);
    return Object.fromEntries(
      entries.map(([name, member]) => [name, checkValue(schema, inner[2] ?? '', member, [...path, name])]),
    );
  }
  return checkNamed(schema, type, value, path);
}

function checkNamed(schema: ResourceSchema, type: string, value: Resolved, path: Path): Resolved {
  switch (type) {
    case 'json':
      return value;
    case 'string':
      if (!isScalar(value)) throw wrongType(path, 'String');
      return String(value);
    case 'integer':
    case 'number':
      return toNumber(value, type, path);
    case 'boolean':
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      throw wrongType(path, 'Boolean');
    default: {
      const definition = schema.definitions[type] ?? (type === 'Tag' ? tag : undefined);
      if (definition === undefined || !isMapping(value)) throw wrongType(path, 'Object');
      return checkMembers(schema, definition, value, path);
    }
  }
}

function toNumber(value: Resolved, type: 'integer' | 'number', path: Path): number {
  const isText = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const number = isText ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw wrongType(path, 'Number');
  if (type === 'integer' && !Number.isInteger(number)) throw wrongType(path, 'Integer');
  return number;
}

/** `string | list<a | b>` has two: what stands in brackets stays together. */
function alternativesOf(type: string): string[] {
  if (!type.includes(' | ')) return [type];
  return type.match(/(?:[^<>|\s]|<(?:[^<>]|<[^<>]*>)*>)+/g) ?? [type];
}

/** The first alternative that fits; one that takes anything (`json`) comes last. */
function checkUnion(schema: ResourceSchema, alternatives: readonly string[], value: Resolved, path: Path): Resolved {
  const ordered = [...alternatives].sort((a, b) => Number(a === 'json') - Number(b === 'json'));
  let problem: unknown;
  for (const type of ordered) {
    if (type === 'string' && typeof value === 'object') continue;
    try {
      return checkValue(schema, type, value, path);
    } catch (error) {
      problem ??= error;
    }
  }
  throw problem ?? wrongType(path, alternatives.join(' or '));
}

function wrongType(path: Path, type: string): Error {
  return validationError(`[${formatPath(path)}] Value of property ${String(path.at(-1))} must be of type ${type}.`);
}
