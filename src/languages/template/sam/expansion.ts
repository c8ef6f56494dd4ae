/** What the expansion of a serverless template works on: the resources made so far, and names that change. */
import type { ParameterValue } from '../scope.ts';
import { type Mapping, type Value, formatValue, isMapping } from '../value.ts';
import { serverlessError } from './errors.ts';

/** A resource of the template, with the properties that the `Globals` section gives it. */
export interface ServerlessResource {
  readonly logicalId: string;
  readonly properties: Mapping;
  /** `Condition`, `DependsOn`, `Metadata` and the policies, as written beside the properties. */
  readonly attributes: Mapping;
}

/** Members of a resource that what is generated for it has too. */
const inherited = ['Condition', 'DeletionPolicy', 'UpdateReplacePolicy'];

export class Expansion {
  readonly resources: Record<string, Value>;
  /** `aws` or a sibling. */
  readonly partition: string;
  /** What a reference such as `Name.Version` or the name of a layer stands for after the expansion. */
  readonly renamed = new Map<string, string>();
  readonly #parameters: ReadonlyMap<string, ParameterValue>;

  constructor(resources: Mapping, partition: string, parameters: ReadonlyMap<string, ParameterValue>) {
    this.resources = { ...resources };
    this.partition = partition;
    this.#parameters = parameters;
  }

  /** Adds a resource; members that are undefined are left out. @throws ValidationError when the name is taken by another */
  add(logicalId: string, type: string, properties: Members, attributes: Mapping = {}): void {
    const resource: Mapping = { Type: type, ...attributes, Properties: present(properties) };
    const taken = this.resources[logicalId];
    // Events may share a queue by naming it.
    if (taken !== undefined && formatValue(taken) !== formatValue(resource)) {
      throw serverlessError(logicalId, 'Transforming would replace the resource of this name in the template.');
    }
    this.resources[logicalId] = resource;
  }

  /** What a generated resource takes over from the one it is for. */
  inheritedFrom({ attributes }: ServerlessResource): Mapping {
    return Object.fromEntries(Object.entries(attributes).filter(([name]) => inherited.includes(name)));
  }

  /** A value with references to parameters worked out, for places where the expansion has to know it. */
  known(value: Value): Value {
    if (Array.isArray(value)) return value.map((item: Value) => this.known(item));
    if (!isMapping(value)) return value;
    const name = value['Ref'];
    if (typeof name === 'string' && Object.keys(value).length === 1) return this.#parameters.get(name) ?? value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.known(member)]));
  }

  /** A text that must be known before deployment. @throws ValidationError naming the property */
  text(resource: ServerlessResource, value: Value, property: string): string {
    const known = this.known(value);
    if (typeof known === 'string' || typeof known === 'number') return String(known);
    throw serverlessError(resource.logicalId, `'${property}' must be a string or a Ref to a template parameter`);
  }
}

type Members = Readonly<Record<string, Value | undefined>>;

export function present(members: Members): Mapping {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}

/** The named members, as far as they are there. */
export function pick(properties: Mapping, names: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => names.includes(name)));
}

export function ref(name: string): Mapping {
  return { Ref: name };
}

export function attribute(logicalId: string, name: string): Mapping {
  return { 'Fn::GetAtt': [logicalId, name] };
}

/** One or many. */
export function listOf(value: Value | undefined): readonly Value[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Value[]) : [value];
}

/** The function that a mapping calls, such as `Fn::Sub` or `Ref`; undefined for plain data. */
export function intrinsicOf(value: Value | undefined): string | undefined {
  if (!isMapping(value)) return undefined;
  const [name = '', ...others] = Object.keys(value);
  return others.length === 0 && (name === 'Ref' || name.startsWith('Fn::')) ? name : undefined;
}

/** The logical id that `Ref` or `Fn::GetAtt` names. */
export function referredId(value: Value | undefined): string | undefined {
  if (!isMapping(value)) return undefined;
  if (typeof value['Ref'] === 'string') return value['Ref'];
  const parts = value['Fn::GetAtt'];
  const [first] = typeof parts === 'string' ? parts.split('.') : Array.isArray(parts) ? (parts as Value[]) : [];
  return typeof first === 'string' ? first : undefined;
}

/** `{ a: 1 }` to `[{ Key: a, Value: 1 }]`, after the mark that the transform leaves. */
export function tagsOf(mark: string, tags: Value | undefined): Value[] {
  const own = isMapping(tags) ? Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) : [];
  return [{ Key: mark, Value: 'SAM' }, ...own];
}
